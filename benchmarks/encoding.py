"""P5: a chunk's bytes beside one call of the encoder, which is the least that it can cost."""

from __future__ import annotations

from collections.abc import Sequence

from jsm_assets_dest._imports.chunker import Chunker
from jsm_assets_dest._imports.encoding import encoder_named

from . import loops
from .measuring import Measured, take_turns
from .records import CHUNK, user
from .stage import Stage


def run(stage: Stage) -> Sequence[Measured]:
    """Measure."""
    chunks = stage.choose(10, 4)
    records = [[user(number * CHUNK + at) for at in range(CHUNK)] for number in range(chunks)]
    results: list[Measured] = []
    for goal, fast in (("P5", False), ("P5f", True)):
        encode = loops.orjson_bytes() if fast else loops.json_bytes
        encoder = encoder_named("orjson" if fast else "json")

        def chunked() -> None:
            chunker = Chunker("run", limit_count=CHUNK, encoder=encoder)  # noqa: B023 - called in this turn
            for part in records:
                if len(chunker.feed("users", part)) != 1:
                    raise AssertionError("a part is a chunk")

        def plain() -> None:
            for part in records:
                encode({"clientGeneratedId": "run-0", "data": {"users": part}})  # noqa: B023 - called in this turn

        rounds = take_turns(
            {"library": chunked, "encoder": plain},
            rounds=stage.choose(60, 15),
            seconds=stage.choose(10, 1),
        )
        microseconds = rounds.median("library") / chunks / CHUNK * 1e6
        results.append(
            Measured.of(
                goal,
                f"encoding a chunk / one call of {encoder.name}",
                rounds.ratios("library", "encoder"),
                note=f"{microseconds:.2f} us per record",
            )
        )
    return results
