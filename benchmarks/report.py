"""Output at the end: a table, a JSON document, a diagram."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import sys
from collections.abc import Sequence
from pathlib import Path

from attrs import asdict

from .goals import NOT_MEASURED, Goal, Verdict
from .measuring import Measured

_PACKAGES = (
    "jsm-assets-dest",
    "httpx",
    "httpcore",
    "h11",
    "attrs",
    "tenacity",
    "orjson",
    "requests",
    "atlassian-python-api",
)
Row = tuple[Goal, Measured | None, Verdict]


def number(value: float) -> str:
    """Format a number with the digits that a reader needs."""
    size = abs(value)
    if value == int(value) and size < 1e6:
        return f"{int(value):,}"
    return f"{value:,.0f}" if size >= 100 else f"{value:.1f}" if size >= 10 else f"{value:.2f}"


def machine() -> dict[str, str]:
    """Return the facts about this computer."""
    return {
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "system": f"{platform.system()} {platform.release().partition('-')[0]}",
        "processor": _processor(),
        "cores": str(os.cpu_count() or 0),
        "load": _load(),
        **{name: _version(name) for name in _PACKAGES},
    }


def _version(name: str) -> str:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return "not installed"


def _processor() -> str:
    try:
        with Path("/proc/cpuinfo").open(encoding="utf-8") as lines:
            return next(line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


def _load() -> str:
    # Other work on the machine makes all numbers worse; ratios less so.
    return ", ".join(f"{load:.1f}" for load in os.getloadavg()) if sys.platform != "win32" else "unknown"


def table(rows: Sequence[Row], others: Sequence[Measured]) -> str:
    """Return a table of the goals with the measurements, and all other measurements."""
    lines = [
        "| goal | what | gate | best | measured | quartiles | verdict | |",
        "| --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for goal, found, verdict in rows:
        sign = ">=" if goal.more_is_better else "<="
        best = "-" if goal.best is None else f"{sign} {number(goal.best)}"
        value, spread, note = ("-", "-", "")
        if found is not None:
            value, note = number(found.value), found.note
            spread = "exact" if found.low == found.high else f"{number(found.low)} .. {number(found.high)}"
        lines.append(
            f"| {goal.name} | {goal.what} | {sign} {number(goal.gate)} | {best} | {value} | {spread} | {verdict.value} | {note} |"
        )
    lines += ["", *(f"Not measured: {name}, {why}." for name, why in NOT_MEASURED.items())]
    lines += ["", "| beside the goals | measured | quartiles | |", "| --- | --- | --- | --- |"]
    for other in others:
        spread = "" if other.low == other.high else f"{number(other.low)} .. {number(other.high)}"
        lines.append(f"| {other.what} | {number(other.value)} {other.unit} | {spread} | {other.note} |")
    return "\n".join(lines)


def document(
    rows: Sequence[Row], measured: Sequence[Measured], *, quick: bool, seconds: float
) -> dict[str, object]:
    """Everything as JSON-ready data."""
    return {
        "machine": machine(),
        "quick": quick,
        "seconds": round(seconds, 1),
        "goals": [
            {**asdict(goal), "measured": None if row is None else row.value, "verdict": verdict.value}
            for goal, row, verdict in rows
        ],
        "not measured": NOT_MEASURED,
        "measured": [asdict(measurement) for measurement in measured],
    }
