"""Ready-made displays, and what they need."""

from __future__ import annotations

import logging
import sys
import types

import pytest

from jsm_assets_dest._display.progress_bars import LogDisplay, resolve_progress
from jsm_assets_dest._imports.options import Progress
from jsm_assets_dest._imports.progress import ImportPhase, ImportProgress
from jsm_assets_dest.exceptions import ConfigurationError


def report(phase: ImportPhase, sent: int, elapsed: float = 0.0, total: int | None = 100) -> ImportProgress:
    """Return a report of an import."""
    return ImportProgress(phase=phase, sent=sent, elapsed=elapsed, sending=elapsed, total=total, chunks=1)


REPORTS = [
    report(ImportPhase.STARTING, 0),
    report(ImportPhase.SENDING, 50, 1.0),
    report(ImportPhase.SENDING, 100, 2.0),
    report(ImportPhase.DONE, 100, 3.0),
]


class Recorder:
    """Stands in for a library's bar and writes down what is asked of it."""

    def __init__(self, calls: list[object]) -> None:
        self.calls = calls
        self.n = 0.0

    def set_description_str(self, desc: str) -> None:
        self.calls.append(desc)

    def refresh(self) -> None:
        self.calls.append(self.n)

    def close(self) -> None:
        self.calls.append("closed")

    def start(self) -> None:
        self.calls.append("started")

    def stop(self) -> None:
        self.calls.append("stopped")

    def add_task(self, description: str, *, total: float | None) -> int:
        self.calls.append((description, total))
        return 7

    def update(self, task_id: int, *, completed: float, description: str, total: float | None) -> None:
        self.calls.append((task_id, completed, description, total))


def test_none_and_callables_are_taken_as_they_are() -> None:
    """Nothing is wrapped."""
    assert resolve_progress(None) is None
    assert resolve_progress(print) is print


@pytest.mark.parametrize("progress", ["bar", "", 5, True])
def test_unknown_displays_are_rejected_with_the_known_ones(progress: Progress) -> None:
    """The error names the setting and the choices."""
    with pytest.raises(ConfigurationError, match="`on_progress` is ") as caught:
        resolve_progress(progress)

    assert caught.value.field == "on_progress"
    assert '"tqdm"' in str(caught.value)


def test_log_says_each_phase_and_then_now_and_then(caplog: pytest.LogCaptureFixture) -> None:
    """A line per phase, and one every ten seconds, however many chunks are sent."""
    display = LogDisplay()
    with caplog.at_level(logging.INFO, logger="jsm_assets_dest.progress"):
        for elapsed in (0.0, 1.0, 9.0, 10.0, 15.0, 25.0):
            display(report(ImportPhase.SENDING, int(elapsed), elapsed))
        display(report(ImportPhase.DONE, 26, 26.0))

    assert [record.getMessage().partition(" records")[0] for record in caplog.records] == [
        "sending: 0 of 100",
        "sending: 10 of 100",
        "sending: 25 of 100",
        "done: 26 of 100",
    ]


def test_log_is_chosen_by_name(caplog: pytest.LogCaptureFixture) -> None:
    """`on_progress="log"` needs no library."""
    display = resolve_progress("log")
    assert display is not None
    with caplog.at_level(logging.INFO):
        display(REPORTS[0])

    assert caplog.records[0].name == "jsm_assets_dest.progress"


def test_tqdm_bar_follows_and_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    """One bar from the first report to the last; the same display can show another import afterwards."""
    calls: list[object] = []

    def make(**options: object) -> Recorder:
        calls.append(options)
        return Recorder(calls)

    monkeypatch.setitem(sys.modules, "tqdm", types.ModuleType("tqdm"))
    library = types.ModuleType("tqdm.auto")
    library.tqdm = make  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "tqdm.auto", library)
    display = resolve_progress("tqdm")
    assert display is not None
    for report in REPORTS:
        display(report)

    assert calls == [
        {"total": 100, "unit": " records", "unit_scale": True},
        *("starting", 0, "sending", 50, "sending", 100, "done", 100, "closed"),
    ]
    display(REPORTS[0])
    assert calls.count("starting") == 2


def test_rich_bar_follows_and_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    """One task from the first report to the last."""
    calls: list[object] = []
    monkeypatch.setitem(sys.modules, "rich", types.ModuleType("rich"))
    library = types.ModuleType("rich.progress")
    library.Progress = lambda: Recorder(calls)  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "rich.progress", library)
    display = resolve_progress("rich")
    assert display is not None
    for report in REPORTS:
        display(report)

    assert calls == [
        ("starting", 100),
        "started",
        (7, 0, "starting", 100),
        (7, 50, "sending", 100),
        (7, 100, "sending", 100),
        (7, 100, "done", 100),
        "stopped",
    ]


def test_notebook_shows_the_newest_report_in_one_place(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first report is displayed, the others take its place; another import has a place of its own."""
    calls: list[object] = []

    class Handle:
        def update(self, value: object) -> None:
            calls.append(value)

    def show(value: object, *, display_id: bool) -> Handle:
        calls.append(("new", value, display_id))
        return Handle()

    monkeypatch.setitem(sys.modules, "IPython", types.ModuleType("IPython"))
    library = types.ModuleType("IPython.display")
    library.display = show  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "IPython.display", library)
    display = resolve_progress("notebook")
    assert display is not None
    for report in (*REPORTS, REPORTS[0]):
        display(report)

    assert calls == [("new", REPORTS[0], True), *REPORTS[1:], ("new", REPORTS[0], True)]


def test_notebooks_display_names_jupyter_where_there_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """It belongs to no extra: who works in Jupyter has it."""
    monkeypatch.setitem(sys.modules, "IPython.display", None)

    with pytest.raises(ConfigurationError, match="needs the library IPython") as caught:
        resolve_progress("notebook")

    assert "Run the import in Jupyter" in str(caught.value)


@pytest.mark.parametrize(("display", "module"), [("tqdm", "tqdm.auto"), ("rich", "rich.progress")])
def test_missing_library_is_named_with_the_extra(
    display: Progress, module: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Asking for a display whose library is missing is an error before anything is sent."""
    monkeypatch.setitem(sys.modules, module, None)

    with pytest.raises(ConfigurationError, match="is not installed") as caught:
        resolve_progress(display)

    assert "nstall the library" in str(caught.value)
