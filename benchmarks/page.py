"""Writes the tables of docs/explanation/performance.md from the results of one run.

Each table stands between two comments, `<!-- begin NAME -->` and `<!-- end NAME -->`. The text around them is written by
people, so it makes no claim about single numbers.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from .goals import Verdict
from .measuring import Measured
from .report import Row, machine, number

PAGE = Path(__file__).parent.parent / "docs" / "explanation" / "performance.md"
_WORDS = {
    Verdict.BEST: "aim",
    Verdict.PASSED: "gate",
    Verdict.BELOW: "**below the gate**",
    Verdict.NOT_MEASURED: "not measured",
}
_CELL = re.compile(r"(\d+) ms, (\d+) in flight, (json|orjson), (.+)")
_WHOLE = re.compile(r"whole import of ([\d,]+) records at (\d+) ms, (.+)")
_GROWTH = "growth, "
_COMPARED = (
    "a new process",
    "the usual script",
    "whole import of mixed",
    "whole import of 1,000 per",
    "small read, ",
)
_SHOWN = ("httpx", "httpcore", "attrs", "tenacity", "orjson", "requests", "atlassian-python-api")


def rewritten(text: str, rows: Sequence[Row], measured: Sequence[Measured], seconds: float) -> str:
    """Return the text of the page with the tables of a run.

    Raises:
        ValueError: The page lacks the place of a table.
    """
    others = [value for value in measured if not value.goal]
    server = [value for value in others if "the server" in value.what]
    cells = [value for value in others if _CELL.fullmatch(value.what)]
    whole = [value for value in others if _WHOLE.fullmatch(value.what)]
    growth = [value for value in others if value.what.startswith(_GROWTH)]
    compared = [value for value in others if value.what.startswith(_COMPARED)]
    shown = [*server, *cells, *whole, *growth, *compared]
    tables = {
        "goals": goals_table(rows),
        "machine": machine_line(seconds),
        "server": others_table("the measuring server", server),
        "expected": expected_table(whole),
        "compared": others_table("what is compared", compared),
        "growth": growth_table(growth),
        "latency": latency_table(cells),
        "others": others_table("beside the goals", [value for value in others if value not in shown]),
    }
    for name, table in tables.items():
        pattern = re.compile(rf"(?<=<!-- begin {name} -->\n).*?(?=\n<!-- end {name} -->)", re.DOTALL)
        places = list(pattern.finditer(text))
        if len(places) != 1:
            raise ValueError(f"the page has {len(places)} places for the table {name!r} instead of 1")
        text = f"{text[: places[0].start()]}\n{table}\n{text[places[0].end() :]}"
    return text


def goals_table(rows: Sequence[Row]) -> str:
    """Return the goals with their gates, aims, and measured values."""
    lines = [
        "| goal | what is compared | gate | aim | measured | quartiles | reached |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for goal, value, verdict in rows:
        sign = ">=" if goal.more_is_better else "<="
        aim = "-" if goal.best is None else f"{sign} {number(goal.best)}"
        text, spread = "-", "-"
        if value is not None:
            text = number(value.value)
            spread = "exact" if value.low == value.high else f"{number(value.low)} .. {number(value.high)}"
        lines.append(
            f"| {goal.name} | {goal.what} | {sign} {number(goal.gate)} | {aim} | {text} | {spread} | {_WORDS[verdict]} |"
        )
    return "\n".join(lines)


def machine_line(seconds: float) -> str:
    """Return the sentence that says where and how long was measured."""
    facts = machine()
    libraries = ", ".join(f"{name} {facts[name]}" for name in _SHOWN)
    return (
        f"Measured in {seconds / 60:.0f} minutes on: {facts['processor']}, {facts['cores']} cores, {facts['system']}, "
        f"{facts['python']}; {libraries}; load average at the end {facts['load']}."
    )


def others_table(title: str, values: Sequence[Measured]) -> str:
    """Return measurements that belong to no goal."""
    lines = [f"| {title} | measured | quartiles | |", "| --- | --- | --- | --- |"]
    for value in values:
        spread = "" if value.low == value.high else f"{number(value.low)} .. {number(value.high)}"
        lines.append(f"| {value.what} | {number(value.value)} {value.unit} | {spread} | {value.note} |")
    return "\n".join(lines)


def expected_table(values: Sequence[Measured]) -> str:
    """Return records per second of whole imports, by options and latency, with the number of requests."""
    rates: dict[str, dict[int, str]] = {}
    for value in values:
        match = _WHOLE.fullmatch(value.what)
        if match is None:
            raise ValueError(f"{value.what!r} is not a measurement of a whole import")
        requests = value.note.rpartition(", ")[2]
        rates.setdefault(match[3], {})[int(match[2])] = f"{value.value:,.0f} ({requests})"
    columns = sorted({latency for row in rates.values() for latency in row})
    lines = [
        f"| options | {' | '.join(f'{latency} ms' for latency in columns)} |",
        f"| --- | {' | '.join('---' for _ in columns)} |",
    ]
    lines += (f"| {name} | {' | '.join(_cells(row, columns))} |" for name, row in rates.items())
    return "\n".join(lines)


def growth_table(values: Sequence[Measured]) -> str:
    """Return what a record costs in imports that differ in one thing."""
    lines = ["| import of | microseconds per record | in all |", "| --- | --- | --- |"]
    lines += (
        f"| {value.what.removeprefix(_GROWTH)} | {number(value.value)} | {value.note} |" for value in values
    )
    return "\n".join(lines)


def latency_table(values: Sequence[Measured]) -> str:
    """Return records per second by latency, source, encoder, and number of requests in flight."""
    flights: set[int] = set()
    rates: dict[tuple[int, str, str], dict[int, str]] = {}
    for value in values:
        match = _CELL.fullmatch(value.what)
        if match is None:
            raise ValueError(f"{value.what!r} is not a measurement of latency")
        flights.add(int(match[2]))
        share = value.note.removeprefix("efficiency ")
        rates.setdefault((int(match[1]), match[4], match[3]), {})[int(match[2])] = (
            f"{value.value / 1000:.1f}k ({share})" if share else f"{value.value / 1000:.1f}k"
        )
    columns = sorted(flights)
    lines = [
        f"| latency | records | encoder | {' | '.join(f'{flight} in flight' for flight in columns)} |",
        f"| --- | --- | --- | {' | '.join('---' for _ in columns)} |",
    ]
    lines += (
        f"| {latency} ms | {source} | {encoder} | {' | '.join(_cells(rates[key], columns))} |"
        for key in sorted(rates, key=lambda key: (key[0], key[1] != "ready", key[2]))
        for latency, source, encoder in [key]
    )
    return "\n".join(lines)


def _cells(rates: Mapping[int, str], columns: Sequence[int]) -> list[str]:
    return [rates.get(flight, "-") for flight in columns]
