"""An import that is repeated changes nothing, and the preview says so, whatever Assets does with the values."""

from __future__ import annotations

import datetime
import pickle
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import pytest
from attrs import evolve

from jsm_assets_dest import (
    AttributeSpec,
    ImportPreview,
    ObjectTypeSpec,
    ReferenceSpec,
    SchemaModel,
    StatusSpec,
    okta,
)
from jsm_assets_dest._assets.object_types import Attribute
from jsm_assets_dest._imports.identities import MappedAttribute, MappedType
from jsm_assets_dest._model.specs import IMPORTABLE_TYPES, AttributeType
from jsm_assets_dest._operations.evidence import Choices
from jsm_assets_dest.testing import Emulator

UTC = datetime.UTC
#: Values in every form that a record may have, by attribute type.
VALUES: Mapping[AttributeType, list[object]] = {
    AttributeType.TEXT: [
        "a",
        " a ",
        " ",
        "",
        None,
        "A\r\nB",
        "<b>x</b>",
        "é",
        "e\u0301",
        7,
        7.0,
        True,
        "x" * 255,
    ],
    AttributeType.TEXTAREA: ["a", "  two\n lines\r\n", "<p>HTML &amp; more</p>", "", None, "x" * 3_000],
    AttributeType.INTEGER: [7, 7.0, "7", " 7 ", "+7", "007", -1, 0, None, ""],
    AttributeType.DOUBLE: [1, 1.0, "1", "1.50", " 2.5 ", 1e21, 0.1, -0.0, 12345678901234567890, None],
    AttributeType.BOOLEAN: [True, False, "true", "FALSE", "True", None, ""],
    AttributeType.DATE: [
        "2026-01-31",
        datetime.date(2026, 1, 31),
        datetime.datetime(2026, 1, 31, tzinfo=UTC),
        None,
    ],
    AttributeType.TIME: ["09:00", "09:00:00", datetime.time(9), datetime.time(9, 0, 1), "", None],
    AttributeType.DATE_TIME: [
        "2026-01-31T16:30:00Z",
        "2026-01-31T16:30:00.123456+01:00",
        "2026-01-31T16:30:00.1239Z",
        datetime.datetime(2026, 1, 31, 16, 30, 0, 999_600, UTC),
        "2026-01-31",
        None,
    ],
    AttributeType.URL: ["https://example.com", "HTTPS://Example.com/A?b=c", "", None],
    AttributeType.EMAIL: ["ana@example.com", "Ana@Example.com", "", None],
    AttributeType.SELECT: ["small", "Small", "SMALL", "huge", "", None],
    AttributeType.IPADDRESS: ["10.0.0.1", "10.0.0.0/24", "2001:DB8::1", "2001:db8:0::1", "", None],
    AttributeType.STATUS: ["Active", "ACTIVE", " active ", "Suspended", "Unheard of", "", None],
    AttributeType.REFERENCE: ["g1", "G1", "g2", "gone", "", None],
}


def model() -> SchemaModel:
    """Return groups, and things with an attribute of each type, with one value and with several ones."""
    attributes = [
        AttributeSpec(
            f"{kind.value} {name}",
            kind,
            key=f"{kind.value}_{name}",
            maximum=maximum,
            reference=ReferenceSpec("groups") if kind is AttributeType.REFERENCE else None,
        )
        for kind in IMPORTABLE_TYPES
        for name, maximum in (("one", 1), ("many", -1))
        if not (kind is AttributeType.BOOLEAN and maximum != 1)
    ]
    return SchemaModel(
        "Things",
        [
            ObjectTypeSpec("Groups", [AttributeSpec("Id", key="id", label=True, identifier=True)]),
            ObjectTypeSpec(
                "Things", [AttributeSpec("Id", key="id", label=True, identifier=True), *attributes]
            ),
        ],
        statuses=[StatusSpec("Suspended", "inactive")],
    )


def records() -> dict[str, list[dict[str, object]]]:
    """Return a record for each value, and one with all values of a type."""
    things: list[dict[str, object]] = []
    for kind, values in VALUES.items():
        things += [
            {"id": f"{kind.value} {number}", f"{kind.value}_one": value}
            for number, value in enumerate(values)
        ]
        if kind is not AttributeType.BOOLEAN:
            things.append({"id": f"{kind.value} all", f"{kind.value}_many": list(filter(None, values))})
            things.append({"id": f"{kind.value} two", f"{kind.value}_many": values[:2]})
    return {"groups": [{"id": "g1"}, {"id": "g2"}], "things": things}


@contextmanager
def destination(wanted: SchemaModel, **settings: Any) -> Iterator[tuple[Any, Any, Emulator]]:
    """Build a model in an empty object schema; yield the token, the object schema, and the emulator."""
    with Emulator() as emulator, emulator.connect() as connection:
        schema = connection.ensure_object_schema("THG", name="Things")
        token = connection.import_token(emulator.add_import_source("THG", **settings).token, schema=schema)
        token.build(wanted)
        yield token, schema, emulator


SETTINGS = pytest.mark.parametrize(
    "settings",
    [
        {},
        {"empty_values": "remove"},
        {"unknown_values": "add"},
        {"empty_values": "remove", "unknown_values": "add"},
    ],
    ids=lambda settings: "+".join(settings.values()) or "ignore",
)
SKIP: dict[str, Any] = {"on_bad_record": "skip"}


@pytest.mark.once
@SETTINGS
def test_preview_after_import_has_no_changes(settings: dict[str, str]) -> None:
    """No value of any type counts as created, changed, or lost. The counts of Assets agree."""
    with destination(model(), **settings) as (token, _, _):
        token.import_records(records(), **SKIP)
        preview = token.preview(records(), **SKIP)
        again = token.import_records(records(), **SKIP)
        verification = token.verify(records(), **SKIP, visible_seconds=0)

    assert (
        (preview.created, preview.changed, preview.missing) == (again.created, again.updated, 0) == (0, 0, 0)
    )
    assert preview.object_type("things").emptied == 0
    codes = {problem.code for problem in verification.problems}
    assert codes == {"skipped", "dangling"} | (
        {"unknown_status"} if "unknown_values" not in settings else set()
    )
    assert preview.object_type("things").dangling == 2


@pytest.mark.once
@SETTINGS
def test_preview_of_okta_sample_after_import_has_no_changes(settings: dict[str, str]) -> None:
    """Select values without an option are ignored, so the objects stay unchanged, and the values are named."""
    wanted = okta.schema_model("standard")
    tenant = okta.sample_tenant(people=20)
    with destination(wanted, **settings) as (token, _, _):
        result = token.import_records(okta.records(tenant, model=wanted), verify="all", visible_seconds=0)
        preview = token.preview(okta.records(tenant, model=wanted))

    assert (preview.created, preview.changed, preview.missing) == (0, 0, 0)
    assert result.problems == ()
    assert result.ok
    ignored = preview.object_type("devices").ignored_values
    ignored_notes = [note for note in preview.notes if "that Assets does not have" in note]
    if "unknown_values" in settings:
        assert (ignored, ignored_notes) == ({}, [])
        return
    assert result.verification is not None
    assert set(ignored_notes) <= set(result.verification.notes)
    assert set(ignored) == {"Platform", "Disk Encryption Type", "Management Status", "Screen Lock Type"}
    assert len(ignored_notes) == len({note.split(" that ")[0] for note in ignored_notes}) == 7


SIZE = SchemaModel(
    "Things",
    [
        ObjectTypeSpec(
            "Things",
            [
                AttributeSpec("Id", key="id", label=True, identifier=True),
                AttributeSpec("Size", "select", key="size"),
                AttributeSpec("State", "status", key="state"),
                AttributeSpec("Phone", key="phone"),
                AttributeSpec("Nickname", key="nickname"),
            ],
        )
    ],
)


def thing(**values: object) -> dict[str, list[dict[str, object]]]:
    return {"things": [{"id": "1", **values}, {"id": "2", "phone": "7"}]}


def set_sizes(emulator: Emulator, *sizes: str) -> None:
    """Set the options of the attribute Size in Assets, as an administrator does."""
    emulator.object_schema("THG")["Things"].attribute("Size").options = ",".join(sizes)


@pytest.mark.parametrize("value", ["huge", "", None])
def test_earlier_value_stays_if_no_value_arrives(value: object) -> None:
    """The preview names the object before the import, and the verification afterwards."""
    with destination(SIZE) as (token, _, emulator):
        set_sizes(emulator, "small", "large")
        token.import_records(thing(size="small", phone="1"))

        preview = token.preview(thing(size=value, phone=""))
        result = token.import_records(thing(size=value, phone=""), verify="all", visible_seconds=0)

    things = preview.object_type("things")
    is_ignored = value == "huge"
    assert (things.changed, things.unchanged, things.emptied) == (0, 2, 1)
    assert things.emptied_attributes == {"Size": 1, "Phone": 1}
    assert things.examples_emptied[0].key == "THG-1"
    assert things.ignored_values == ({"Size": {"huge": 1}} if is_ignored else {})
    (problem,) = result.problems
    assert (problem.code, problem.count) == ("emptied", 2 if is_ignored else 1)
    assert not result.ok
    # No record fills the attribute Size, so its value may come from someone else: that is a note.
    unfilled = [note for note in result.verification.notes if "no record fills" in note]
    assert [": Size." in note for note in unfilled] == [True] * (not is_ignored)


def test_options_and_statuses_of_assets_decide() -> None:
    """An option that Assets has arrives. A status can be named by its id, and by a name that the model does not contain."""
    with destination(SIZE) as (token, schema, emulator):
        set_sizes(emulator, "small", " large ")
        schema.create_status("Lost", "inactive")
        status_id = schema.find_status("Lost").id
        source = thing(size="large", state=status_id)
        source["things"].append({"id": "3", "size": "Large", "state": "LOST"})
        result = token.import_records(source, verify="all", visible_seconds=0)
        preview = token.preview(source)

    assert result.problems == ()
    assert (preview.changed, preview.object_type("things").ignored_values) == (0, {"Size": {"Large": 1}})


def test_unknown_status_is_one_problem_everywhere() -> None:
    """The check of records, the verification, and both together count the same."""
    with destination(SIZE) as (token, _, _):
        source = thing(state="Unheard of")
        checked = token.import_records(source)
        verified = token.import_records(source, verify="all", visible_seconds=0)
        verification = token.verify(source, visible_seconds=0)
        preview = token.preview(source)

    assert checked.problems == verified.problems == verification.problems
    (problem,) = checked.problems
    assert str(problem) == "unknown_status: Things: 1 value is an unknown status name"
    assert problem.examples == ('"Unheard of": 1 record',)
    assert preview.object_type("things").ignored_values == {"State": {"Unheard of": 1}}


def test_unreadable_options_are_assumed_to_exist() -> None:
    """Then it is unknown which values the import ignores, and the preview says so."""
    with destination(SIZE) as (token, _, emulator):
        token.import_records(thing(size="huge"))
        emulator.faults.next("list schema attributes", status=403)

        preview = token.preview(thing(size="huge"))

    assert preview.object_type("things").changed_attributes == {"Size": 1}
    assert any("options of select attributes" in note for note in preview.notes)


def test_ignored_values_are_named_once_and_limited() -> None:
    with destination(SIZE) as (token, _, _):
        preview = token.preview(
            {"things": [{"id": str(number), "size": f"s{number % 12}"} for number in range(24)]}
        )

    (note,) = [note for note in preview.notes if "that Assets does not have" in note]
    assert note.startswith(
        'The import ignores values of Things.Size that Assets does not have: "s0" (2 records), '
    )
    assert note.endswith('"s9" (2 records), ….')
    assert "To import these values, add them in Assets, or set unknown values to Add in" in str(preview)
    assert preview.object_type("things").ignored_values["Size"][""] == 4


def test_inherited_options_are_those_of_the_parent() -> None:
    """The definition of an inherited attribute can belong to the parent type."""
    parent, child = Attribute("1", "Size", "select", options="small", object_type_id="1"), "2"
    choices = Choices([parent], [], {"2": "1", "1": None})
    attribute = MappedAttribute("size", "select", (("size",),))
    mapped = MappedType(key="t", name="T", selector="t", object_type_ids=(child,))

    assert choices.of(mapped, attribute) == {"small": "small"}
    assert choices.of(evolve(mapped, object_type_ids=()), attribute) is None
    assert choices.of(mapped, evolve(attribute, name="Other")) is None
    assert choices.of(mapped, evolve(attribute, type="text")) is None


def test_references_in_another_case_and_form_are_found() -> None:
    """Assets finds the target of a reference in any letter case, and numbers in any form."""
    numbered = SchemaModel(
        "Things",
        [
            ObjectTypeSpec(
                "Rooms", [AttributeSpec("Number", "integer", key="id", label=True, identifier=True)]
            ),
            ObjectTypeSpec("Groups", [AttributeSpec("Id", key="id", label=True, identifier=True)]),
            ObjectTypeSpec(
                "Things",
                [
                    AttributeSpec("Id", key="id", label=True, identifier=True),
                    AttributeSpec("Group", "reference", key="group", reference=ReferenceSpec("groups")),
                    AttributeSpec("Room", "reference", key="room", reference=ReferenceSpec("rooms")),
                ],
            ),
        ],
    )
    source = {
        "rooms": [{"id": 7}],
        "groups": [{"id": "g1"}],
        "things": [{"id": "1", "group": "G1", "room": 7}, {"id": "2", "group": "g1", "room": "7"}],
    }
    with destination(numbered) as (token, _, _):
        created = token.preview(source)
        result = token.import_records(source, verify="all", visible_seconds=0)
        preview = token.preview(source)
        sample = token.verify(source, sample=5, visible_seconds=0)

    assert (created.object_type("things").dangling, preview.object_type("things").dangling) == (0, 0)
    assert preview.changed == 0
    assert result.problems == sample.problems == ()


@pytest.mark.slow
def test_lost_manager_is_named_although_only_assets_resolves_it() -> None:
    """The manager of a person is unknown, but not that the record has none any more."""
    wanted = okta.schema_model("lean")
    people = [{"oktaId": "1", "displayName": "Ana", "manager": "eva@example.com"}]
    people.append({"oktaId": "2", "displayName": "Eva", "primaryEmail": "eva@example.com"})
    for settings, counts in (({}, (0, 1)), ({"empty_values": "remove"}, (1, 0))):
        with destination(wanted, **settings) as (token, _, _):
            token.import_records({"people": people})
            same: ImportPreview = token.preview({"people": people})
            del people[0]["manager"]
            preview: ImportPreview = token.preview({"people": people})
            verification = token.verify({"people": people}, visible_seconds=0)
            people[0]["manager"] = "eva@example.com"

        assert (same.changed, same.object_type("people").emptied) == (0, 0)
        assert (preview.changed, preview.object_type("people").emptied) == counts
        (kept,) = [
            *preview.object_type("people").examples_changed,
            *preview.object_type("people").iter_emptied(),
        ]
        assert str(kept) == '"Ana" (THG-1): Manager'
        assert any("Ana" in note or "1 (THG-1): Manager" in note for note in verification.notes)
        assert list(pickle.loads(pickle.dumps(preview)).object_type("people").iter_emptied()) == list(
            preview.object_type("people").iter_emptied()
        )


def test_statuses_are_read_only_if_they_are_mapped() -> None:
    (things,) = SIZE.object_types
    attributes = tuple(attribute for attribute in things.attributes if attribute.type != "status")
    with destination(evolve(SIZE, object_types=[evolve(things, attributes=attributes)])) as (
        token,
        _,
        emulator,
    ):
        emulator.requests.clear()
        preview = token.preview(thing(size="huge"))

    assert "list statuses" not in [request.operation for request in emulator.requests]
    assert preview.object_type("things").ignored_values == {"Size": {"huge": 1}}
