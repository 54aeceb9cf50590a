"""Displays of the progress of an import: "log", "tqdm", "rich", and "notebook".

A display is a callable that accepts an `ImportProgress`. The import calls it between other work, so it should return quickly.
The bars need the libraries tqdm and rich. The display for notebooks needs IPython, which is part of Jupyter.
"""

from __future__ import annotations

import importlib
import logging
from collections.abc import Callable
from typing import Any, Literal, Protocol, TypeAlias

from attrs import define, field

from .._arguments.fitting import invalid
from ..exceptions import ConfigurationError


class Report(Protocol):
    """The part of a progress report that displays use. `str(report)` is its text."""

    @property
    def phase(self) -> str: ...
    @property
    def sent(self) -> int: ...
    @property
    def total(self) -> int | None: ...
    @property
    def elapsed(self) -> float: ...
    @property
    def waiting(self) -> float: ...
    @property
    def is_last(self) -> bool: ...


def _phase_text(progress: Report) -> str:
    """Return the phase, and whether a rate limit blocks the import."""
    waiting = progress.waiting >= _SHORT_WAIT
    return f"{progress.phase}, waiting for the rate limit" if waiting else str(progress.phase)


#: Seconds of a wait that displays don't show.
_SHORT_WAIT = 1.0
#: Seconds between two lines in the log, unless the phase changes or a wait is longer than that.
LOG_INTERVAL = 10.0


@define(eq=False)
class LogDisplay:
    """Write a line to the logger `jsm_assets_dest.progress` when the phase changes, and every ten seconds."""

    _logger: logging.Logger = field(factory=lambda: logging.getLogger("jsm_assets_dest.progress"))
    _interval: float = LOG_INTERVAL
    _phase: str | None = field(default=None, init=False)
    _last: float = field(default=0.0, init=False)

    def __call__(self, progress: Report) -> None:
        is_recent = progress.elapsed - self._last < self._interval
        if progress.phase is self._phase and is_recent and progress.waiting < self._interval:
            return
        self._phase, self._last = progress.phase, progress.elapsed
        self._logger.info("%s", progress)


@define(eq=False)
class TqdmDisplay:
    """A tqdm bar in a terminal, or as a widget in a notebook."""

    _create: Callable[..., Any]
    _bar: Any = field(default=None, init=False)

    def __call__(self, progress: Report) -> None:
        if self._bar is None:
            self._bar = self._create(total=progress.total, unit=" records", unit_scale=True)
        self._bar.set_description_str(_phase_text(progress))
        self._bar.n = progress.sent
        self._bar.refresh()
        if progress.is_last:
            self._bar.close()
            self._bar = None


@define(eq=False)
class RichDisplay:
    """A rich progress bar."""

    _create: Callable[[], Any]
    _display: Any = field(default=None, init=False)
    _task: int = field(default=0, init=False)

    def __call__(self, progress: Report) -> None:
        if self._display is None:
            self._display = self._create()
            self._task = self._display.add_task(str(progress.phase), total=progress.total)
            self._display.start()
        self._display.update(
            self._task, completed=progress.sent, description=_phase_text(progress), total=progress.total
        )
        if progress.is_last:
            self._display.stop()
            self._display = None


@define(eq=False)
class NotebookDisplay:
    """The latest report, below the cell of a notebook."""

    _show: Callable[..., Any]
    _handle: Any = field(default=None, init=False)

    def __call__(self, progress: Report) -> None:
        if self._handle is None:
            self._handle = self._show(progress, display_id=True)
        else:
            self._handle.update(progress)
        if progress.is_last:
            self._handle = None


def _library(display: str, module: str) -> Any:
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        name = module.partition(".")[0]
        fix = "Run the import in Jupyter" if display == "notebook" else f"Install the library {name}"
        raise ConfigurationError(
            f'The progress display "{display}" needs the library {name}, which is not installed.',
            field="on_progress",
            fix=f'{fix}, or use the display "log".',
        ) from error


#: Names of the progress displays.
DisplayName: TypeAlias = Literal["log", "tqdm", "rich", "notebook"]


def resolve_progress(progress: str | Callable[[Any], object] | None) -> Callable[[Any], object] | None:
    """Return the display with a name. Return a callable or None unchanged.

    Args:
        progress: "log", "tqdm", "rich", "notebook", a callable, or None.

    Raises:
        ConfigurationError: The display does not exist, or its library is not installed.
    """
    match progress:
        case None:
            return None
        case "log":
            return LogDisplay()
        case "tqdm":
            # This variant detects notebooks.
            return TqdmDisplay(_library("tqdm", "tqdm.auto").tqdm)
        case "rich":
            return RichDisplay(_library("rich", "rich.progress").Progress)
        case "notebook":
            return NotebookDisplay(_library("notebook", "IPython.display").display)
        case display if callable(display):
            return display
        case _:
            raise invalid(
                "on_progress",
                f"is {progress!r}",
                'Pass "log", "tqdm", "rich", "notebook", a function, or None.',
            )
