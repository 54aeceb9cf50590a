"""Pictures of models."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest
from attrs import evolve
from hypothesis import given

from jsm_assets_dest._model.schema_model import SchemaModel
from jsm_assets_dest._model.specs import AttributeSpec, ObjectTypeSpec, ReferenceSpec
from tests.model.samples import GROUPS, ID, MODEL, NAME, PEOPLE, one_type
from tests.model.strategies import models

SVG = "{http://www.w3.org/2000/svg}"


def parsed(model: SchemaModel) -> ElementTree.Element:
    """Return the SVG of a model, which must be valid XML."""
    return ElementTree.fromstring(model.graph().svg)


def texts(model: SchemaModel) -> list[str]:
    """Everything that can be read in the picture."""
    return [element.text or "" for element in parsed(model).iter(f"{SVG}text")]


def curves(model: SchemaModel) -> list[str]:
    """Return the titles of the curves."""
    return [
        element.findtext(f"{SVG}title") or ""
        for element in parsed(model).iter(f"{SVG}path")
        if "edge" in element.get("class", "")
    ]


def test_mermaid_draws_types_attributes_and_references() -> None:
    """A reference with many values has a star."""
    lines = MODEL.graph().mermaid.splitlines()

    assert lines[0] == "flowchart LR"
    assert lines[1].startswith(
        '    t0["<b>People</b><br/>Okta ID: text (identifier)<br/>Display Name: text (label)<br/>'
    )
    assert "Primary Email: email (unique)" in lines[1]
    assert lines[3:] == ['    t0 -->|"Groups *"| t1', '    t0 -->|"Manager"| t0']
    assert str(MODEL.graph()) == MODEL.graph().mermaid


def test_mermaid_escapes_special_characters() -> None:
    """Names are text, whatever is in them; what is below another is joined by a broken line."""
    model = SchemaModel(
        "S", [ObjectTypeSpec('A"]\n<x>;', [AttributeSpec("B|#")], key="a"), ObjectTypeSpec("C", parent="a")]
    )

    assert model.graph().mermaid == (
        'flowchart LR\n    t0["<b>A#34;#93; #60;x#62;#59;</b><br/>B#124;#35;: text"]\n    t1["<b>C</b>"]\n    t0 -.-o t1\n'
    )


def test_svg_shows_every_type_attribute_and_reference() -> None:
    """Flags stand behind the type."""
    labels = texts(MODEL)

    assert {"People", "Groups", "Primary Email", "email · unique", "reference *", "text · identifier"} <= set(
        labels
    )
    assert curves(MODEL) == ["People: Groups → Groups", "People: Manager → People"]


def test_references_point_to_the_right() -> None:
    """An object type is in a column to the left of the types that it refers to."""
    places = {
        group.findtext(f"{SVG}text"): float(rectangle.get("x", "0"))
        for group in parsed(MODEL).iter(f"{SVG}g")
        for rectangle in group.findall(f"{SVG}rect")
    }

    assert places["People"] < places["Groups"]


def test_names_and_descriptions_are_escaped() -> None:
    """A model may come from anywhere, and notebooks run scripts; control characters would break the XML."""
    script = "<script>alert(1)</script>\x07"
    spec = ObjectTypeSpec(
        script, [evolve(ID, description=script), evolve(NAME, name=script)], description=script, key="a"
    )
    model = SchemaModel(script, [spec], namespace="s")

    assert "<script" not in model._repr_html_()
    assert "<script>alert(1)</script>" in texts(model)
    assert "alert" in model._repr_html_()


def test_svg_has_colors_for_dark_pages() -> None:
    """Its boxes have grounds of their own in both; a theme of JupyterLab or VS Code comes first."""
    svg = MODEL.graph().svg

    assert "prefers-color-scheme:dark" in svg
    assert ".box{fill:#ffffff" in svg
    assert ".box{fill:#22272b" in svg
    assert "fill:var(--jp-layout-color1,var(--vscode-editor-background,#ffffff))" in svg


def test_long_types_are_cut_but_keep_their_references() -> None:
    """Forty rows, the references, and a count of the rest."""
    many = [AttributeSpec(f"A{at}") for at in range(60)]
    model = one_type(*many, AttributeSpec("Next", reference=ReferenceSpec("things")))
    labels = texts(model)

    assert "and 22 more" in labels
    assert "A37" in labels
    assert "A38" not in labels
    assert "Next" in labels


def test_circles_parents_and_missing_targets_are_drawn() -> None:
    """Everything that a model under construction may have."""
    model = SchemaModel(
        "S",
        [
            ObjectTypeSpec("A", [AttributeSpec("B", reference=ReferenceSpec("b"))]),
            ObjectTypeSpec("B", [AttributeSpec("A", reference=ReferenceSpec("a"))], parent="gone"),
            ObjectTypeSpec("C", [AttributeSpec("D", reference=ReferenceSpec("gone"))], parent="a"),
            ObjectTypeSpec("設備", parent="a"),
        ],
    )

    assert curves(model) == ["A: B → B", "B: A → A", "C is below A", "設備 is below A"]


def test_empty_model_has_an_empty_diagram() -> None:
    """It says so in its title."""
    assert parsed(SchemaModel("S")).findtext(f"{SVG}title") == "S: 0 object types"
    assert parsed(SchemaModel("S", [GROUPS])).findtext(f"{SVG}title") == "S: 1 object type"


def test_diagrams_on_one_page_share_no_ids() -> None:
    """Ids are unique in a page, so each model has its own."""
    other = MODEL.with_object_type(evolve(PEOPLE, description="Other."))

    assert MODEL.graph().svg.count(f"jsm-tip-{MODEL.graph().digest[:12]}") == 3
    assert MODEL.graph().digest[:12] not in other.graph().svg


@pytest.mark.once
@given(models())
def test_every_model_can_be_drawn(model: SchemaModel) -> None:
    """As sound XML, with as many boxes as there are types."""
    boxes = list(parsed(model).iter(f"{SVG}rect"))

    assert len(boxes) == len(model.object_types)
    assert model.graph()._repr_html_().startswith("<div")
