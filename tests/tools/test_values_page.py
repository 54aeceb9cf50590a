"""The page about values is current; `tools/write_values_page.py` writes it."""

from __future__ import annotations

import pytest

from jsm_assets_dest._imports.record_forms import FAMILIES, family_of
from jsm_assets_dest._model.specs import IMPORTABLE_TYPES, AttributeType
from tools.write_values_page import COLUMNS, PAGE, SAMPLES, page


@pytest.mark.slow
def test_page_shows_what_the_checker_does() -> None:
    assert page() == PAGE.read_text("utf-8"), "run tools/write_values_page.py"


def test_page_has_every_attribute_type_and_family() -> None:
    """A type that is rejected everywhere, or that comes from a missing package, needs no row."""
    shared = {AttributeType.TEXTAREA, AttributeType.SELECT, AttributeType.STATUS, AttributeType.REFERENCE}
    families = {family for family in FAMILIES.values() if not family.startswith("NumPy")}

    assert {AttributeType(kind) for kind in COLUMNS.values()} | shared == set(IMPORTABLE_TYPES)
    assert {family_of(type(value)) for _, value, _ in SAMPLES} == families - {
        "set",
        "object",
        "bytes",
        "other",
    }
