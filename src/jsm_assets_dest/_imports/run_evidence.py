"""Evidence of a run: what exists, which records the run contains, and what the user accepts to be missing."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import define, field

from .._assets.import_sources import ImportSource
from ..exceptions import AssetsError
from .comparison import Comparison


@define(eq=False)
class RunEvidence:
    """Knowledge about the objects of a run.

    Attributes:
        comparison: The existing objects, and the records of the run.
        import_source: Settings of the import; None if the account can't read them.
        unreadable: Why objects in Assets could not be read; None if all of them were read.
        last_counts: Records of the last execution by lowercase name of the object type.
        is_read: False in a process that submits records to an execution of another process, which has the evidence.
        is_accepted: True if the guard has compared the records and accepts the run.
    """

    comparison: Comparison
    import_source: ImportSource | None = None
    unreadable: AssetsError | None = None
    last_counts: Mapping[str, int] = field(factory=dict)
    is_read: bool = True
    is_accepted: bool = False
