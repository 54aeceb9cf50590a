"""Journal of imports for readers, such as a nightly report."""

from __future__ import annotations

import os
from pathlib import Path
from types import TracebackType
from typing import Self

from .._arguments.checking import checked_methods
from ..exceptions import JournalError
from .journal import Journal as ImportJournal
from .journal_values import JournalRun


@checked_methods
class Journal:
    """Journal of imports, opened to read it.

    While it is open, no import can use it. It is also a context manager.
    """

    __module__ = "jsm_assets_dest"

    def __init__(self, journal: ImportJournal) -> None:
        self._journal = journal

    @classmethod
    def open(cls, path: str | os.PathLike[str]) -> Self:
        """Open the journal in a file.

        Args:
            path: Path of the file, which must exist.

        Raises:
            ConfigurationError: The argument is not a path.
            JournalLockedError: An import uses the file.
            JournalError: The file does not exist, is not a journal, or is damaged.
        """
        if not Path(path).exists():
            raise JournalError(
                f"Could not open the journal {Path(path).name}: there is no such file.",
                cause="The path is another one than that of the imports, or none of them has run yet.",
                remedies=("You: pass the path that an import received as journal=….",),
            )
        return cls(ImportJournal(path))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<Journal {self._journal.path.name}>"

    def close(self) -> None:
        """Release the file for imports. A second call does nothing."""
        self._journal.close()

    def runs(self) -> list[JournalRun]:
        """Return all runs in the order of their start.

        A run says which records the service accepted, and when it started and ended. The counts of an open run are those
        that were accepted so far.
        """
        return self._journal.runs()
