"""Repeated runs of a saved destination: options, records, privacy rules, and old files."""

from __future__ import annotations

from pathlib import Path

import pytest
from attrs import evolve

from jsm_assets_dest import (
    AsyncDestination,
    CredentialsReference,
    Destination,
    ImportOptions,
    OktaModel,
    OktaSource,
    okta,
)
from jsm_assets_dest.exceptions import ConfigurationError, MissingSettingsError
from jsm_assets_dest.testing import Emulator

FIRST_EDITION = Path(__file__).parent / "first_edition"
TENANT = okta.sample_tenant(people=20)
SOURCE = OktaSource(
    include_inactive=False,
    people_limit=10,
    privacy={"people.mobilePhone": "drop", "people.displayName": "mask", "people.primaryEmail": "hash"},
    hash_key="env:HASH_KEY",
)


# --- old files ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [Destination, AsyncDestination])
def test_file_of_the_first_edition_loads(kind: type[Destination | AsyncDestination]) -> None:
    """The file was written by the first edition. Its options that no longer exist are ignored."""
    destination = kind.load(FIRST_EDITION / "okta.json", environ={})

    assert destination.to_dict() == {
        "name": "Okta, production",
        "site": "https://acme.atlassian.net",
        "credentials": {"email": "ana@acme.com", "secret": "env:JSM_ASSETS_API_TOKEN"},
        "schema_key": "OKT",
        "schema_name": "Okta",
        "roles": {"managers": ["it-ops"], "developers": []},
        "import_source": "Okta",
        "import_token": "file:import-token",
        "model": {
            "okta": {
                "profile": "lean",
                "namespace": "okta-2",
                "custom_attributes": [{"api_name": "location", "title": "Location", "type": "text"}],
                "without": ["devices"],
                "manager_by": "id",
            }
        },
        "options": {"on_progress": "log", "journal": "okta.journal", "on_busy": "wait", "chunk_records": 100},
    }
    assert destination.schema_model().object_type("people").name == "People"


def test_adopted_model_of_the_first_edition_imports() -> None:
    with Emulator() as emulator:
        laptops = emulator.add_object_schema("INV", "Inventory").add_object_type(
            "Laptops", attributes=["Serial"]
        )
        environ = emulator.settings() | {"IMPORT_TOKEN": emulator.add_import_source("INV").token}  # type: ignore[operator]

        destination = Destination.load(
            FIRST_EDITION / "adopted_model.json", environ=environ, transport=emulator.transport
        )

        adopted = destination.schema_model().object_type("laptops").adopted
        assert adopted is not None
        assert adopted.object_type_id == laptops.id
        destination.build()
        result = destination.import_records({"laptops": [{"serial": "L-1"}]})
        assert (result.ok, len(laptops.objects)) == (True, 1)
        assert destination.options == ImportOptions()


# --- the last run ---------------------------------------------------------------------------------------------------


def test_options_of_the_last_run_are_saved(tmp_path: Path) -> None:
    destination = Destination(name="Okta", options=ImportOptions(on_busy="wait"))

    destination.with_options(
        missing_objects="remove",
        max_missing={"people": 0.5},
        only=["people", "groups"],
        journal=tmp_path / "journal",
    ).save(tmp_path / "okta.json")

    assert Destination.load(tmp_path / "okta.json").options == ImportOptions(
        on_busy="wait",
        missing_objects="remove",
        max_missing={"people": 0.5},
        only=["people", "groups"],
        journal=str(tmp_path / "journal"),
    )


@pytest.mark.parametrize(
    ("options", "field"),
    [({"total": 5}, "options.total"), ({"max_missing": 7}, "max_missing"), ({"model": OktaModel()}, "model")],
)
def test_options_that_cannot_be_saved_are_rejected(options: dict[str, object], field: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        Destination(name="Okta").with_options(**options)  # type: ignore[arg-type]

    assert caught.value.field == field


# --- records and privacy rules --------------------------------------------------------------------------------------


def people_of(destination: Destination) -> list[dict[str, object]]:
    return [dict(record) for selector, record in destination.okta_records(TENANT) if selector == "people"]


def test_saved_settings_are_applied_to_the_records() -> None:
    destination = Destination(
        name="Okta", model=OktaModel("standard"), source=SOURCE, environ={"HASH_KEY": "secret"}
    )

    people = people_of(destination)

    assert len(people) <= 10
    assert not any("mobilePhone" in person for person in people)
    assert all(str(person["primaryEmail"]).endswith("@hashed.invalid") for person in people)
    assert all("*" in str(person["displayName"]) for person in people)
    assert "mobilePhone" not in {
        attribute.key for attribute in destination.schema_model().object_type("people").attributes
    }


def test_records_without_settings_are_complete() -> None:
    destination = Destination(name="Okta", model=OktaModel("standard"))

    people = people_of(destination)

    assert len(people) == 20
    assert destination.schema_model() == okta.schema_model("standard")


def test_settings_without_rules_do_not_change_the_model() -> None:
    destination = Destination(name="Okta", model=OktaModel("lean"), source=OktaSource(people_limit=3))

    assert destination.schema_model() == okta.schema_model("lean")
    assert len(people_of(destination)) == 3


def test_missing_hash_key_is_named(tmp_path: Path) -> None:
    destination = Destination(name="Okta", model=OktaModel(), source=SOURCE, environ={})

    with pytest.raises(MissingSettingsError, match="HASH_KEY"):
        destination.schema_model()
    with pytest.raises(ConfigurationError, match="Hashing needs a hash_key"):
        evolve(destination, source=evolve(SOURCE, hash_key=None)).schema_model()


def test_default_privacy_action_is_applied() -> None:
    source = OktaSource(privacy={"people.primaryEmail": "allow"}, privacy_default="drop")
    destination = Destination(name="Okta", model=OktaModel("lean", without=["people.manager"]), source=source)

    (person, *_) = people_of(destination)

    assert set(person) <= {"oktaId", "displayName", "primaryEmail"}


@pytest.mark.once
def test_destination_is_finished_on_another_machine(tmp_path: Path) -> None:
    """One machine prepares the destination. Another one has its own folder, environment, and secrets, and finishes."""
    (tmp_path / "office").mkdir()
    (tmp_path / "server").mkdir()
    with Emulator() as emulator:
        emulator.add_object_schema("OKT", "Okta")
        source = emulator.add_import_source("OKT", "Okta")
        Destination(
            name="Okta",
            site=emulator.site,
            credentials=CredentialsReference("env:API_TOKEN", email=emulator.email),
            schema_key="OKT",
            roles={"developers": []},
            model=OktaModel("standard"),
            source=SOURCE,
            options=ImportOptions(journal="okta.journal"),
            import_token="file:import-token",
            path=tmp_path / "office" / "okta.json",
            environ={"API_TOKEN": emulator.api_token, "HASH_KEY": "secret"},
            transport=emulator.transport,
        ).save_import_token(source.token).save()
        (tmp_path / "office" / "okta.json").rename(tmp_path / "server" / "okta.json")
        environ = {"API_TOKEN": emulator.api_token, "HASH_KEY": "secret"}

        loaded = Destination.load(
            tmp_path / "server" / "okta.json", environ=environ, transport=emulator.transport
        )
        assert loaded.status()["token"].action is not None
        loaded = loaded.rotate_import_token().save()
        loaded.set_roles()
        loaded.build()
        result = loaded.import_records(loaded.okta_records(TENANT))

        assert result.ok
        assert loaded.status().ok
        assert len(emulator.object_schema("OKT")["People"].objects) <= 10
        assert sorted(file.name for file in (tmp_path / "server").iterdir()) == [
            "import-token",
            "okta.journal",
            "okta.json",
        ]
        assert sorted(file.name for file in (tmp_path / "office").iterdir()) == ["import-token"]
        assert "secret" not in (tmp_path / "server" / "okta.json").read_text("utf-8").replace('"secret"', "")
