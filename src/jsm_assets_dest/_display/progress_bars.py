"""Ready-made displays of an import's progress: `progress="log"`, `"tqdm"`, `"rich"` or `"notebook"`.

A display is any callable that takes an `ImportProgress`. Two of the bars need their library, which the extra
`jsm-assets-dest[progress]` brings; the notebook's needs IPython, which every Jupyter has; the log needs nothing. A display is called by the import's own thread, between other
work, so it should be quick.
"""

from __future__ import annotations

import importlib
import logging
from collections.abc import Callable
from typing import Any, Protocol

from ..exceptions import ConfigurationError


class Report(Protocol):
    """The parts of a progress report that a display shows; `str(report)` is the report as text."""

    @property
    def phase(self) -> str: ...
    @property
    def sent(self) -> int: ...
    @property
    def total(self) -> int | None: ...
    @property
    def elapsed(self) -> float: ...
    @property
    def is_last(self) -> bool: ...


#: Seconds between two lines of the log, unless the phase changes.
LOG_INTERVAL = 10.0


class LogDisplay:
    """Writes a line to the logger `jsm_assets_dest.progress` when the phase changes and every ten seconds."""

    def __init__(self, logger: logging.Logger | None = None, interval: float = LOG_INTERVAL) -> None:
        self._logger = logger or logging.getLogger("jsm_assets_dest.progress")
        self._interval = interval
        self._phase: str | None = None
        self._last = 0.0

    def __call__(self, progress: Report) -> None:
        """Take a report."""
        if progress.phase is self._phase and progress.elapsed - self._last < self._interval:
            return
        self._phase, self._last = progress.phase, progress.elapsed
        self._logger.info("%s", progress)


class _Tqdm(Protocol):
    """The part of a tqdm bar that is used here."""

    n: float

    def set_description_str(self, desc: str) -> None: ...
    def refresh(self) -> object: ...
    def close(self) -> None: ...


class TqdmDisplay:
    """A tqdm bar: in a terminal, or as a widget in a notebook."""

    def __init__(self, make: Callable[..., _Tqdm]) -> None:
        self._make = make
        self._bar: _Tqdm | None = None

    def __call__(self, progress: Report) -> None:
        """Take a report; the last one closes the bar."""
        if self._bar is None:
            self._bar = self._make(total=progress.total, unit=" records", unit_scale=True)
        self._bar.set_description_str(str(progress.phase))
        self._bar.n = progress.sent
        self._bar.refresh()
        if progress.is_last:
            self._bar.close()
            self._bar = None


class _Rich(Protocol):
    """The part of a rich progress display that is used here."""

    def start(self) -> None: ...
    def stop(self) -> None: ...
    def add_task(self, description: str, *, total: float | None) -> int: ...
    def update(self, task_id: int, *, completed: float, description: str, total: float | None) -> None: ...


class RichDisplay:
    """A rich progress bar."""

    def __init__(self, make: Callable[[], _Rich]) -> None:
        self._make = make
        self._display: _Rich | None = None
        self._task = 0

    def __call__(self, progress: Report) -> None:
        """Take a report; the last one stops the display."""
        if self._display is None:
            self._display = self._make()
            self._task = self._display.add_task(str(progress.phase), total=progress.total)
            self._display.start()
        self._display.update(
            self._task, completed=progress.sent, description=str(progress.phase), total=progress.total
        )
        if progress.is_last:
            self._display.stop()
            self._display = None


class _Handle(Protocol):
    """Something that a notebook shows and that can be shown anew in its place."""

    def update(self, obj: object) -> object: ...


class NotebookDisplay:
    """A bar below the cell of a notebook: always the newest report, as the report shows itself."""

    def __init__(self, show: Callable[..., _Handle]) -> None:
        self._show = show
        self._handle: _Handle | None = None

    def __call__(self, progress: Report) -> None:
        """Take a report; the last one stays where it is."""
        if self._handle is None:
            self._handle = self._show(progress, display_id=True)
        else:
            self._handle.update(progress)
        if progress.is_last:
            self._handle = None


def _library(display: str, module: str) -> object:
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        name = module.partition(".")[0]
        bring = "Run it in Jupyter" if display == "notebook" else "Install jsm-assets-dest[progress]"
        raise ConfigurationError(
            f"The progress display “{display}” needs the library {name}, which is not installed.",
            field="progress",
            fix=f"{bring}, or take the display “log”.",
        ) from error


def resolve_progress(progress: str | Callable[[Any], object] | None) -> Callable[[Any], object] | None:
    """The display to call, or None for no reports at all.

    Args:
        progress: "log", "tqdm", "rich", "notebook", a callable of your own, or None.

    Raises:
        ConfigurationError: There is no such display, or its library is not installed.
    """
    match progress:
        case None:
            return None
        case "log":
            return LogDisplay()
        case "tqdm":
            # The variant that finds out by itself whether it is in a notebook.
            return TqdmDisplay(_library("tqdm", "tqdm.auto").tqdm)  # type: ignore[attr-defined]
        case "rich":
            return RichDisplay(_library("rich", "rich.progress").Progress)  # type: ignore[attr-defined]
        case "notebook":
            return NotebookDisplay(_library("notebook", "IPython.display").display)  # type: ignore[attr-defined]
        case display if callable(display):
            return display
        case _:
            raise ConfigurationError(
                f"There is no progress display {progress!r}.",
                field="progress",
                fix="Take “log”, “tqdm”, “rich” or “notebook”, or a callable that takes an ImportProgress.",
            )
