"""The linter: every kind of finding, all in one pass, each with its place and a remedy."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from attrs import evolve

import jsm_assets_dest
from jsm_assets_dest._model.findings import Findings, Severity
from jsm_assets_dest._model.schema_model import SchemaModel
from jsm_assets_dest._model.specs import (
    Adoption,
    AttributeSpec,
    IconSpec,
    ObjectTypeSpec,
    ReferenceSpec,
    StatusSpec,
)
from jsm_assets_dest.exceptions import InvalidModelError
from tests.model.samples import GROUPS, ID, MODEL, NAME, one_type, png

REFERRING = ReferenceSpec("things")


def with_attribute(name: str, **options: object) -> SchemaModel:
    """Return a model that has findings only for one attribute."""
    return one_type(AttributeSpec(name, **options))  # type: ignore[arg-type]  # each case gives what it means


def with_icon(key: str = "icon", name: str = "Icon", image: str | None = None) -> SchemaModel:
    """Return a model that has findings only for one icon."""
    return evolve(one_type(), icons=[IconSpec(key, name, png() if image is None else image)])


CASES: list[tuple[str, str, str, SchemaModel]] = [
    ("error", "name-blank", "name", evolve(MODEL, name=" ")),
    ("error", "no-object-types", "object_types", SchemaModel("S")),
    ("error", "nothing-mapped", "object_types", SchemaModel("S", [evolve(GROUPS, mapped=False)])),
    ("error", "namespace-blank", "namespace", SchemaModel("--", [GROUPS])),
    ("error", "namespace-reserved", "namespace", evolve(MODEL, namespace="cmdb::externalId/x")),
    ("error", "key-blank", "object_types[0]", SchemaModel("S", [ObjectTypeSpec("--", [ID, NAME], selector="x")])),
    ("error", "name-blank", "x", SchemaModel("S", [ObjectTypeSpec(" ", [ID, NAME], key="x")])),
    ("warning", "name-reserved-characters", "aB", SchemaModel("S", [ObjectTypeSpec("A.b", [ID, NAME])])),
    ("error", "name-repeated", "b", SchemaModel("S", [GROUPS, ObjectTypeSpec("groups", [ID, NAME], key="b")])),
    ("error", "key-repeated", "groups", SchemaModel("S", [GROUPS, evolve(GROUPS, name="B", selector="b")])),
    ("warning", "icon-unknown", "things.icon_key", one_type(icon_key="gone")),
    ("error", "selector-blank", "things.selector", one_type(selector="a..b")),
    ("warning", "selector-repeated", "b.selector", SchemaModel("S", [GROUPS, evolve(GROUPS, name="B", key="b")])),
    ("error", "identifier-missing", "things", SchemaModel("S", [ObjectTypeSpec("Things", [NAME])])),
    ("advice", "identifier-several", "things", with_attribute("Second", identifier=True)),
    ("error", "label-missing", "things", SchemaModel("S", [ObjectTypeSpec("Things", [ID])])),
    ("error", "label-several", "things", with_attribute("Second", label=True)),
    ("error", "parent-unknown", "things.parent", one_type(parent="gone")),
    ("error", "parent-circle", "things.parent", one_type(parent="things")),
    ("advice", "parent-not-inherited", "b.parent", SchemaModel("S", [GROUPS, evolve(GROUPS, name="B", key="b", parent="groups")])),
    ("advice", "size-attributes", "things", one_type(*[AttributeSpec(f"A{at}") for at in range(34)])),
    ("advice", "size-textareas", "things", one_type(*[AttributeSpec(f"A{at}", "textarea") for at in range(3)])),
    ("advice", "size-references", "things", one_type(*[AttributeSpec(f"A{at}", reference=REFERRING) for at in range(4)])),
    ("error", "key-repeated", "things.x", one_type(AttributeSpec("A", key="x"), AttributeSpec("B", key="x"))),
    ("error", "external-id-repeated", "things.b", one_type(AttributeSpec("A", external_id="x"), AttributeSpec("B", external_id="x"))),
    ("error", "status-repeated", "statuses.in use", evolve(MODEL, statuses=[StatusSpec("In Use", "active"), StatusSpec("in use", "active")])),
    ("error", "status-name", "statuses.IN_USE", evolve(MODEL, statuses=[StatusSpec("IN_USE", "active")])),
    ("warning", "status-unknown", "things.a.statuses", with_attribute("A", type="status", statuses=["Odd"])),
    ("error", "icon-repeated", "icons.icon", evolve(with_icon(), icons=[IconSpec("icon", "A B", png()), IconSpec("icon", "B C", png())])),
    ("error", "icon-key", "icons.", with_icon(key="")),
    ("error", "icon-name", "icons.icon", with_icon(name="?")),
    ("error", "icon-image", "icons.icon", with_icon(image="no base64!")),
    ("error", "icon-image", "icons.icon", with_icon(image="R0lGODlhAQABAAAAACw=")),
    ("error", "icon-image", "icons.icon", with_icon(image=png(16, 16))),
    ("advice", "reference-circle", "a", SchemaModel("S", [
        ObjectTypeSpec("A", [ID, NAME, AttributeSpec("B", reference=ReferenceSpec("b"))]),
        ObjectTypeSpec("B", [ID, NAME, AttributeSpec("A", reference=ReferenceSpec("a"))]),
    ])),
    ("error", "key-blank", "things.attributes[2]", one_type(AttributeSpec("--", locators=["x"]))),
    ("error", "name-blank", "things.x", with_attribute(" ", key="x")),
    ("error", "name-repeated", "things.b", with_attribute("okta id", key="b")),
    ("error", "name-of-system", "things.created", with_attribute("Created")),
    ("warning", "identifier-type", "things.a", with_attribute("A", type="boolean", identifier=True)),
    ("error", "identifier-many", "things.a", with_attribute("A", identifier=True, maximum=-1)),
    ("error", "identifier-unmapped", "things.a", with_attribute("A", identifier=True, mapped=False)),
    ("warning", "label-type", "things.a", with_attribute("A", type="textarea", label=True)),
    ("warning", "label-unmapped", "things.a", with_attribute("A", label=True, mapped=False)),
    ("warning", "unique-type", "things.a", with_attribute("A", type="boolean", unique=True)),
    ("error", "cardinality", "things.a", with_attribute("A", minimum=-1)),
    ("error", "cardinality", "things.a", with_attribute("A", maximum=0)),
    ("error", "cardinality", "things.a", with_attribute("A", maximum=-2)),
    ("error", "cardinality", "things.a", with_attribute("A", type="email", minimum=3, maximum=2)),
    ("warning", "cardinality-type", "things.a", with_attribute("A", maximum=2)),
    ("advice", "size-cardinality", "things.a", with_attribute("A", reference=REFERRING, maximum=11)),
    ("advice", "size-cardinality", "things.a", with_attribute("A", reference=REFERRING, maximum=-1)),
    ("error", "length", "things.a.max_length", with_attribute("A", max_length=0)),
    ("warning", "length-text", "things.a.max_length", with_attribute("A", max_length=256)),
    ("advice", "length-textarea", "things.a.max_length", with_attribute("A", type="textarea", max_length=5001)),
    ("warning", "length-type", "things.a.max_length", with_attribute("A", type="date", max_length=10)),
    ("error", "locator-blank", "things.a.locators", with_attribute("A", locators=["a."])),
    ("error", "locator-characters", "things.a.locators", with_attribute("A", locators=["a{b}"])),
    ("error", "statuses-elsewhere", "things.a.statuses", with_attribute("A", statuses=["Active"])),
    ("error", "statuses-repeated", "things.a.statuses", with_attribute("A", type="status", statuses=["Active"] * 2)),
    ("error", "reference-missing", "things.a", with_attribute("A", type="reference")),
    ("error", "reference-elsewhere", "things.a", with_attribute("A", type="date", reference=REFERRING)),
    ("error", "reference-target-unknown", "things.a", with_attribute("A", reference=ReferenceSpec("gone"))),
    ("warning", "reference-like", "things.a.aql", with_attribute("A", reference=ReferenceSpec("things", aql="Name like ${a}"))),
    ("warning", "reference-constant", "things.a.aql", with_attribute("A", reference=ReferenceSpec("things", aql='Name = "x"'))),
    ("error", "reference-placeholder", "things.a.aql", with_attribute("A", reference=ReferenceSpec("things", aql="Name = ${b}"))),
    ("error", "reference-lookup-unknown", "things.a", with_attribute("A", reference=ReferenceSpec("things", by="gone"))),
    ("error", "reference-lookup-unknown", "groups.a", SchemaModel("S", [
        evolve(GROUPS, attributes=[ID, NAME, AttributeSpec("A", reference=ReferenceSpec("b"))]),
        ObjectTypeSpec("B", [NAME]),
    ])),
    ("error", "reference-locators", "things.a.locators", with_attribute("A", reference=REFERRING, locators=["a", "b"])),
    ("warning", "reference-several-parts", "things.a", one_type(
        AttributeSpec("Second", identifier=True),
        AttributeSpec("A", reference=REFERRING, locators=["a", "b"], maximum=5),
    )),
    ("warning", "reference-not-unique", "things.a", with_attribute("A", reference=ReferenceSpec("things", by="displayName"))),
    ("error", "linked-from", "things.jiraUser.linked_from", with_attribute("Jira User", type="user", linked_from="Mail")),
    ("error", "linked-settings", "things.jiraUser", with_attribute("Jira User", type="user", linked_from="Id", label=True)),
    ("error", "linked-type", "things.nick.linked_from", with_attribute("Nick", linked_from="Id")),
]  # fmt: skip


@pytest.mark.parametrize(
    ("severity", "code", "path", "model"), CASES, ids=[f"{case[1]}@{case[2]}" for case in CASES]
)
def test_each_mistake_is_found(severity: str, code: str, path: str, model: SchemaModel) -> None:
    """Every kind of finding has its severity, its place, a sentence that says what, and one that says what to do."""
    findings = [finding for finding in model.lint() if (finding.code, finding.path) == (code, path)]

    assert [finding.severity.value for finding in findings] == [severity]
    assert findings[0].message.endswith(".")
    assert findings[0].remedy.endswith(".")


def test_every_code_of_the_linter_has_a_case() -> None:
    """A rule that no test breaks is a rule that may not work."""
    folder = Path(jsm_assets_dest.__file__).parent / "_model"
    source = "".join((folder / name).read_text("utf-8") for name in ("lint.py", "lint_attributes.py"))
    codes = set(re.findall(r'yield (?:error|warning|advice)\(\s*"([a-z-]+)"', source))
    codes |= {"size-attributes", "size-textareas", "size-references"}

    assert codes == {code for _, code, _, _ in CASES}


def test_sound_model_has_no_findings() -> None:
    """The samples of these tests are clean, so each case above shows exactly what it says."""
    assert list(MODEL.lint()) == []
    assert list(one_type().lint()) == []


def test_names_of_existing_things_are_accepted() -> None:
    """Assets has that name already, whatever is said about its characters; so it is with attributes it lists."""
    adopted = evolve(GROUPS, name="Dr. No", adopted=Adoption("7", "Dr. No"))
    listed = one_type(AttributeSpec("Key", external_id="cmdb::externalId/1"))

    assert list(SchemaModel("S", [adopted]).lint()) == []
    assert list(listed.lint()) == []


def test_unmapped_type_needs_no_identifier_or_label() -> None:
    """A type that only groups others has no records."""
    folder = ObjectTypeSpec("Folder", mapped=False)
    child = evolve(GROUPS, parent="folder")

    assert [finding.code for finding in SchemaModel("S", [folder, child]).lint()] == ["parent-not-inherited"]


def test_unmapped_reference_needs_no_lookup() -> None:
    """There is no query without a value."""
    attribute = AttributeSpec("A", reference=ReferenceSpec("things", by="gone"), mapped=False)

    assert list(one_type(attribute).lint()) == []


def test_lint_returns_all_findings_errors_first() -> None:
    """No one corrects, runs, corrects and runs again."""
    broken = [AttributeSpec("A", maximum=2), AttributeSpec("B", "reference"), AttributeSpec("Key")]
    model = SchemaModel("S", [ObjectTypeSpec("T", [ID, *broken])])

    findings = model.lint()

    assert [finding.code for finding in findings] == [
        "label-missing",
        "reference-missing",
        "name-of-system",
        "cardinality-type",
    ]
    assert [finding.severity for finding in findings][-1] is Severity.WARNING
    with pytest.raises(InvalidModelError) as caught:
        model.check()
    assert len(caught.value.findings) == 4
    assert str(caught.value).startswith("The schema model has 3 errors: t: No attribute is the label")
    assert len(caught.value.remedies) == 3


def test_model_with_errors_has_no_document() -> None:
    """A mapping without an identifier would create all objects again with every import."""
    with pytest.raises(InvalidModelError, match="No attribute identifies a record"):
        SchemaModel("S", [ObjectTypeSpec("T", [NAME])]).document()


def test_model_with_warnings_has_a_document() -> None:
    """They are for people to weigh."""
    model = one_type(AttributeSpec("Tags", maximum=-1))

    assert model.lint().ok
    assert model.document()["mapping"]


def test_findings_are_shown_as_text_table_and_data() -> None:
    """The table escapes all texts of a model."""
    findings = SchemaModel("S", [evolve(GROUPS, name="<b>.")]).lint()

    assert repr(findings) == "<Findings errors=0 warnings=1 advice=0>"
    assert 'warning at groups: The name "<b>."' in str(findings)
    assert "&lt;b&gt;." in findings._repr_html_()
    assert "<b>" not in findings._repr_html_()
    assert findings.to_dict()["ok"] is True
    assert findings[0].to_dict()["code"] == "name-reserved-characters"
    assert findings[:1] == (findings[0],)
    assert findings.with_code("name-reserved-characters") == findings.warnings
    assert (len(findings), findings.advice, findings.errors) == (1, (), ())
    assert str(Findings()) == "no findings"
    assert "No findings." in Findings()._repr_html_()
