# Derived from _async/build_plan.py by tools/derive_sync.py: do not edit; change _async/build_plan.py and derive again.
"""What building a model would do to an import, to be looked at and then carried out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import asdict, field, frozen

from .._plan.build_plan import BuildPlanRecord

if TYPE_CHECKING:
    from typing import Self

    from .import_token import ImportToken


@frozen(kw_only=True)
class BuildPlan(BuildPlanRecord):
    """What building a model would do to an import: one item for everything, as text, data and a table in a notebook.

    Making one sends only reads, and nothing is sent while an item is impossible.
    """

    _token: ImportToken = field(repr=False, eq=False, alias="token")

    @classmethod
    def bound(cls, token: ImportToken, record: BuildPlanRecord) -> Self:
        """Bind a plan to the import token it was made with."""
        values = asdict(record, recurse=False, filter=lambda attribute, _: attribute.name != "_token")
        return cls(**values, token=token)

    def apply(self, *, timeout: float = 600.0) -> BuildPlan:
        """Carry the plan out; what Assets has is read once more before anything is sent.

        Args:
            timeout: Seconds to wait for Assets to be done with it.

        Returns:
            The plan itself; its `model` is the one that records follow.

        Raises:
            ImpossibleChangeError: The plan holds impossible items; nothing was sent.
            StalePlanError: The schema or the mapping has changed since the plan was made; nothing was sent.
            MappingRejectedError: Assets refused it; there is a class for each of its reasons.
            ImportTimeoutError: Assets was not done in time; it goes on with it.
        """
        return self._token.build(self.model, plan=self, timeout=timeout)
