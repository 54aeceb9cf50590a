"""`python -m benchmarks`: measure everything, print the table of goals, and fail when a gate is missed."""

from __future__ import annotations

import argparse
import json
import math
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import attrs

from . import (
    bulk,
    checking,
    checks,
    emulator,
    encoding,
    growth,
    limited,
    memory,
    nightly,
    objects,
    page,
    plot,
    previews,
    report,
    small,
    starting,
    structuring,
    waiting,
    whole,
)
from .goals import Verdict, judged
from .measuring import Measured
from .server import serving
from .stage import Stage

MEASUREMENTS: dict[str, Callable[[Stage], Sequence[Measured]]] = {
    "server": checks.run,
    "starting": starting.run,
    "small": small.run,
    "encoding": encoding.run,
    "bulk": bulk.run,
    "checking": checking.run,
    "waiting": waiting.run,
    "memory": memory.run,
    "previews": previews.run,
    "limited": limited.run,
    "objects": objects.run,
    "structuring": structuring.run,
    "whole": whole.run,
    "nightly": nightly.run,
    "growth": growth.run,
    "emulator": emulator.run,
}

#: How often a subject with a goal below its gate is measured again. On a machine whose speed changes within a minute, the
#: rounds of one minute say little.
AGAIN = 2
#: Seconds of a quick run. It measures again only what ends within them.
MINUTE = 60.0


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "--quick", action="store_true", help="end within a minute, with what can be checked in that time"
    )
    parser.add_argument(
        "--only", nargs="+", choices=MEASUREMENTS, metavar="NAME", help=f"some of: {', '.join(MEASUREMENTS)}"
    )
    parser.add_argument(
        "--output", type=Path, metavar="DIR", help="write results.json, results.md and results.svg there"
    )
    parser.add_argument(
        "--page", action="store_true", help="write the tables and the picture of the performance page"
    )
    return parser


def timed(name: str, stage: Stage) -> tuple[Sequence[Measured], float]:
    """Measure a subject, and print how long it took. Return the numbers and the seconds.

    It has an empty folder, because it may be measured again: the journal of the first time would shorten the second one.
    """
    started = time.monotonic()
    measured = MEASUREMENTS[name](attrs.evolve(stage, folder=Path(tempfile.mkdtemp(dir=stage.folder))))
    seconds = time.monotonic() - started
    print(f"{name}: {seconds:.1f} s", file=sys.stderr, flush=True)
    return measured, seconds


def below(measured: Sequence[Measured]) -> bool:
    """Return True if a number that varies from round to round is below its gate."""
    return any(
        verdict is Verdict.BELOW and measurement is not None and measurement.values
        for _, measurement, verdict in judged(measured, quick=False)
    )


def together(first: Sequence[Measured], second: Sequence[Measured]) -> list[Measured]:
    """Return the numbers of the first measurement, with the rounds of both."""
    repeated = {(measurement.goal, measurement.what): measurement for measurement in second}
    return [
        measurement if other is None else measurement.with_rounds_of(other)
        for measurement in first
        for other in [repeated.get((measurement.goal, measurement.what))]
    ]


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure; 0 when no gate was missed."""
    options = parser().parse_args(arguments)
    chosen = options.only or list(MEASUREMENTS)
    began = time.monotonic()
    until = began + (MINUTE if options.quick else math.inf)
    by_subject: dict[str, Sequence[Measured]] = {}
    durations: dict[str, float] = {}
    with serving() as server, tempfile.TemporaryDirectory() as folder:
        stage = Stage(server=server, quick=options.quick, folder=Path(folder))
        for name in chosen:
            by_subject[name], durations[name] = timed(name, stage)
        for _ in range(AGAIN):
            for name in [name for name, values in by_subject.items() if below(values)]:
                if time.monotonic() + durations[name] < until:
                    again, _ = timed(name, stage)
                    by_subject[name] = together(by_subject[name], again)
    measured = [measurement for values in by_subject.values() for measurement in values]
    seconds = time.monotonic() - began
    rows = judged(measured, quick=options.quick)
    if options.only:
        rows = [row for row in rows if row[1] is not None]
    text = report.table(rows, [measurement for measurement in measured if not measurement.goal])
    print(text)
    print(
        f"\n{seconds:.0f} seconds on {', '.join(f'{name} {value}' for name, value in report.machine().items())}"
    )
    if options.output is not None:
        options.output.mkdir(parents=True, exist_ok=True)
        found = report.document(rows, measured, quick=options.quick, seconds=seconds)
        (options.output / "results.json").write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
        (options.output / "results.md").write_text(text + "\n", encoding="utf-8")
        title = f"Goals of jsm_assets_dest, {report.machine()['python']}"
        (options.output / "results.svg").write_text(plot.picture(rows, title), encoding="utf-8")
    if options.page:
        text = page.PAGE.read_text("utf-8")
        page.PAGE.write_text(page.rewritten(text, rows, measured, seconds), "utf-8")
        picture = plot.picture(rows, f"Goals of jsm_assets_dest, {report.machine()['python']}")
        page.PAGE.with_suffix(".svg").write_text(picture, "utf-8")
    missed = [goal.name for goal, _, verdict in rows if verdict in (Verdict.BELOW, Verdict.NOT_MEASURED)]
    if missed:
        print(f"Below the gate: {', '.join(missed)}")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
