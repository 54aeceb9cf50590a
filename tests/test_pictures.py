"""The drawings in the README and the docs are current; `tools/draw_pictures.py` draws them anew."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree as ET

from jsm_assets_dest._imports import execution_status as status
from tools.draw_pictures import PLACES, TRANSITIONS, execution_states, schema_graph

ROOT = Path(__file__).parent.parent
PICTURES = ROOT / "docs" / "_static"


def test_schema_graph() -> None:
    """The schema graph is the one that the model draws today."""
    assert (PICTURES / "okta-schema.svg").read_text("utf-8") == schema_graph()


def test_execution_states() -> None:
    """The drawing of the states is the one that follows from the table, and can be read as XML."""
    drawn = execution_states()

    assert (PICTURES / "execution-states.svg").read_text("utf-8") == drawn
    assert ET.fromstring(drawn).tag.endswith("svg")


def test_the_states_are_those_of_the_library() -> None:
    """The table has every state that the library knows, and the page explains each of them."""
    states = {status.INGESTING, status.PROCESSING, status.DONE, status.CANCELLED}
    page = (ROOT / "docs" / "explanation" / "how-imports-work.md").read_text("utf-8")

    assert {target for _, _, target in TRANSITIONS} == states == set(PLACES) - {""}
    assert not [state for state in states if f"| `{state}` |" not in page]
