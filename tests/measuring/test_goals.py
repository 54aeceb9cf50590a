"""Verdicts, table, and diagram of the benchmarks. Nothing is timed here."""

from __future__ import annotations

import importlib
import json
import re
import statistics
from pathlib import Path
from typing import cast
from xml.etree import ElementTree as ET

import pytest

pytest.importorskip("benchmarks.goals", reason="the source distribution has no benchmarks")

from benchmarks import goals, page, plot
from benchmarks.goals import GOALS, Goal, Verdict, judged
from benchmarks.measuring import Measured, take_turns
from benchmarks.report import table
from benchmarks.server import Server
from benchmarks.stage import Stage


def measured(goal: str, value: float) -> Measured:
    return Measured.exactly(goal, "something", value, "x")


@pytest.mark.parametrize(
    ("value", "verdict"), [(1.0, Verdict.BEST), (1.1, Verdict.PASSED), (1.2, Verdict.BELOW)]
)
def test_small_number_reaches_the_aim_the_gate_or_neither(value: float, verdict: Verdict) -> None:
    goal = Goal(name="P0", what="time", gate=1.1, best=1.0)
    assert goal.judge(value) is verdict


@pytest.mark.parametrize(
    ("value", "verdict"), [(1.1, Verdict.BEST), (1.0, Verdict.PASSED), (0.9, Verdict.BELOW)]
)
def test_large_value_reaches_a_goal_where_more_is_better(value: float, verdict: Verdict) -> None:
    goal = Goal(name="P0", what="speed", gate=1.0, best=1.1, more_is_better=True)
    assert goal.judge(value) is verdict


def test_no_number_at_all_is_below_the_gate() -> None:
    assert {goal.judge(float("nan")) for goal in GOALS} == {Verdict.BELOW}


def test_goal_that_was_forgotten_is_not_passed() -> None:
    rows = judged([], quick=False)

    assert [goal for goal, _, _ in rows] == list(GOALS)
    assert {verdict for _, _, verdict in rows} == {Verdict.NOT_MEASURED}


def test_quick_run_leaves_out_only_what_takes_long() -> None:
    left_out = {goal.name for goal in GOALS} - {goal.name for goal, _, _ in judged([], quick=True)}

    assert left_out == {"P14", "P14b", "P15b", "P15b.preview", "P15b.verify", "P16", "P7.20", "P7.300", "P8"}


def test_each_goal_is_measured_or_named_as_unmeasured() -> None:
    names = {goal.name.partition(".")[0] for goal in GOALS} | set(goals.NOT_MEASURED)

    assert names >= {f"P{number}" for number in range(1, 14)}
    assert names >= {
        "P15",
        "P14",
        "P14b",
        "P15b",
        "P16",
        "P1b",
        "P1c",
        "P3b",
        "P6b",
        "P6c",
        "P6d",
        "P7b",
        "P7c",
        "P8b",
        "P8c",
        "P10b",
    }


def test_table_says_what_is_not_measured() -> None:
    text = table(judged([measured("P3", 1.0)], quick=True), [])

    assert "| P3 | small read / httpx | <= 1.20 | <= 1.05 | 1 | exact | best |" in text
    assert "Not measured: P10b, " in text


def test_picture_shows_each_number_that_was_measured() -> None:
    rows = judged([measured(goal.name, goal.gate) for goal in GOALS], quick=False)

    picture = ET.fromstring(plot.picture(rows, "a <title>"))

    assert len(picture.findall(".//{*}circle")) == len(GOALS)


@pytest.mark.once
def test_contestants_take_turns_and_ratios_are_those_of_a_round() -> None:
    slow = iter([2.0, 20.0, 200.0])
    quick = iter([1.0, 10.0, 50.0])

    rounds = take_turns(
        {"slow": lambda: next(slow), "quick": lambda: next(quick)}, rounds=3, seconds=60.0, warm_up=0
    )

    assert rounds.ratios("slow", "quick") == [2.0, 2.0, 4.0]
    assert rounds.best_of("slow", "quick") == "quick"
    measurement = Measured.of("P0", "slow / quick", rounds.ratios("slow", "quick"))
    assert (measurement.value, measurement.low, measurement.high) == (2.0, 2.0, 3.0)
    assert measurement.value == statistics.median(rounds.ratios("slow", "quick"))


def test_skipped_data_can_be_written_as_json() -> None:
    assert json.loads(json.dumps(goals.NOT_MEASURED)) == goals.NOT_MEASURED


def test_page_gets_the_tables_of_a_run() -> None:
    """Each table replaces the one of the run before, and the text around it stays."""
    text = page.PAGE.read_text("utf-8")
    values = [
        measured("P1", 0.5),
        Measured.exactly("", "the server answers a small read of a raw client", 59.0, "us"),
        Measured.exactly("", "100 ms, 8 in flight, orjson, ready", 68_800, "records/s", "efficiency 0.97"),
        Measured.exactly("", "100 ms, 1 in flight, json, ready", 9_800, "records/s", "efficiency 0.99"),
        Measured.exactly("", "small read, requests / httpx", 1.31, "x", "346 us"),
        *(
            Measured.exactly(
                "",
                f"whole import of 5,000 records at {latency} ms, default options",
                rate,
                "records/s",
                "1.00 s, 17 requests",
            )
            for latency, rate in ((0, 40_000), (100, 9_000))
        ),
        Measured.exactly("", "growth, 10,000 records of 50 object types", 18.8, "us", "0.19 s, 25 requests"),
    ]

    first = page.rewritten(text, judged(values, quick=False), values, 600)

    assert "| P1 | " in first
    assert "| 0.50 | exact | aim |" in first
    assert "| 100 ms | ready | json | 9.8k (0.99) | - |" in first
    assert "| 100 ms | ready | orjson | - | 68.8k (0.97) |" in first
    assert "| small read, requests / httpx | 1.31 x |  | 346 us |" in first
    assert "| the server answers a small read of a raw client | 59 us |  |  |" in first
    assert "| default options | 40,000 (17 requests) | 9,000 (17 requests) |" in first
    assert "| 10,000 records of 50 object types | 18.8 | 0.19 s, 25 requests |" in first
    assert "Measured in 10 minutes on: " in first
    assert page.rewritten(first, judged(values, quick=False), values, 600) == first
    prose = re.compile(r"<!-- begin .*?<!-- end \w+ -->", re.DOTALL)
    assert prose.sub("", first) == prose.sub("", text)


def test_page_without_a_place_for_a_table_is_rejected() -> None:
    with pytest.raises(ValueError, match="0 places for the table 'goals'"):
        page.rewritten("# Performance\n", [], [], 1)


@pytest.mark.slow
def test_every_measurement_can_be_imported() -> None:
    """The command imports all of them; a renamed function must not stop it."""
    pytest.importorskip("orjson")
    pytest.importorskip("requests")
    main = importlib.import_module("benchmarks.__main__")

    assert set(main.MEASUREMENTS) >= {"bulk", "objects", "previews", "whole", "nightly", "emulator"}


@pytest.mark.slow
def test_subject_below_a_gate_is_judged_by_all_rounds() -> None:
    """Two rounds in a slow minute do not decide. A number that is counted is the same in each minute."""
    pytest.importorskip("orjson")
    pytest.importorskip("requests")
    main = importlib.import_module("benchmarks.__main__")
    first = [Measured.of("P6b", "bulk", [0.6, 0.62]), measured("P11", 6)]
    second = [Measured.of("P6b", "bulk", [0.74, 0.76, 0.78]), measured("P11", 5)]

    bulk, counted = main.together(first, second)

    assert main.below(first)
    assert not main.below([measured("P11", 6)])
    assert (bulk.value, bulk.values) == (0.74, (0.6, 0.62, 0.74, 0.76, 0.78))
    assert not main.below([bulk])
    assert counted.value == 6
    assert main.together(first, []) == first


@pytest.mark.slow
def test_subject_that_is_measured_again_finds_no_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the journal of the first time, each record of the second one is known: a full run would send nothing."""
    pytest.importorskip("orjson")
    pytest.importorskip("requests")
    main = importlib.import_module("benchmarks.__main__")
    found: list[list[Path]] = []

    def nightly(stage: Stage) -> list[Measured]:
        found.append([*stage.folder.iterdir()])
        (stage.folder / "journal").touch()
        return []

    monkeypatch.setitem(main.MEASUREMENTS, "nightly", nightly)
    stage = Stage(server=cast("Server", None), quick=True, folder=tmp_path)
    for _ in range(2):
        main.timed("nightly", stage)

    assert found == [[], []]
