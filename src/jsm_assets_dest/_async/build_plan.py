"""Plan of the changes that building a model makes to an import."""

from typing import Self

from attrs import field, frozen

from .._arguments.checking import checked_methods
from .._operations import building
from .._operations.import_target import ImportTarget
from .._plan.build_plan import BuildPlanRecord
from .session import AsyncSession, values_of


@checked_methods
@frozen(kw_only=True, repr=False)
class AsyncBuildPlan(BuildPlanRecord):
    """Plan of the changes that building a model makes to an import, one item per change.

    Creating a plan sends only read requests. `apply` sends nothing if an item is impossible.
    """

    __module__ = "jsm_assets_dest"

    _session: AsyncSession = field(repr=False, eq=False, alias="session")
    _target: ImportTarget = field(repr=False, eq=False, alias="target")

    @classmethod
    def bound(cls, session: AsyncSession, target: ImportTarget, record: BuildPlanRecord) -> Self:
        """Return a handle for the plan."""
        return cls(**values_of(record), session=session, target=target)

    async def apply(self, *, timeout: float = 600.0, accept_risky: bool = False) -> Self:
        """Apply the plan, after checking that the import has not changed since the plan was made.

        Args:
            timeout: Seconds to wait until Assets has applied the changes.
            accept_risky: Apply risky changes too, such as another identifier.

        Returns:
            The plan. Its `model` is the model for the records.

        Raises:
            ImpossibleChangeError: The plan contains impossible changes. Nothing was sent.
            RiskyChangeError: The plan contains risky changes, and they are not accepted. Nothing was sent.
            StalePlanError: The schema or the mapping has changed since the plan was made. Nothing was sent.
            MappingRejectedError: Assets rejected the mapping. There is a subclass for each reason.
            ImportTimeoutError: Assets did not finish in time. It continues.
        """
        record = await self._session.run(
            building.build(self._target, self.model, self, timeout, accept_risky=accept_risky)
        )
        return self.bound(self._session, self._target, record)
