"""The drawings in the README and the docs are current. `tools/draw_pictures.py` creates them."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree as ET

from jsm_assets_dest._imports import execution_results as status
from tools.draw_pictures import PLACES, TRANSITIONS, execution_states, schema_graph

ROOT = Path(__file__).parent.parent
PICTURES = ROOT / "docs" / "_static"


def test_schema_graph_is_current() -> None:
    assert (PICTURES / "okta-schema.svg").read_text("utf-8") == schema_graph()


def test_execution_states_are_current_and_valid_xml() -> None:
    drawing = execution_states()

    assert (PICTURES / "execution-states.svg").read_text("utf-8") == drawing
    assert ET.fromstring(drawing).tag.endswith("svg")


def test_drawing_and_page_contain_all_known_states() -> None:
    states = {status.INGESTING, status.PROCESSING, status.DONE, status.CANCELLED}
    page = (ROOT / "docs" / "explanation" / "how-imports-work.md").read_text("utf-8")

    assert {target for _, _, target in TRANSITIONS} == states == set(PLACES) - {""}
    assert not [state for state in states if f"| `{state}` |" not in page]
