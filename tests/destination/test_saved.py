"""The file of a destination: writing, reading, and the errors, each with its field and fix."""

from __future__ import annotations

import copy
import json
import os
import pickle
import stat
import sys
from pathlib import Path
from typing import Any

import pytest
from attrs import asdict, evolve, fields
from hypothesis import given
from hypothesis import strategies as st

from jsm_assets_dest import (
    AsyncDestination,
    AttributeSpec,
    CredentialsReference,
    Destination,
    ImportOptions,
    ObjectTypeSpec,
    OktaModel,
    OktaSource,
    SchemaModel,
)
from jsm_assets_dest._destination import settings_file
from jsm_assets_dest._destination.settings_data import options_from_dict
from jsm_assets_dest.exceptions import (
    AssetsError,
    ConfigurationError,
    InvalidModelError,
    MissingSettingsError,
)
from jsm_assets_dest.okta import CustomAttribute, schema_model

MODEL = SchemaModel(
    "Inventory",
    [ObjectTypeSpec("Laptops", [AttributeSpec("Serial", label=True, identifier=True, unique=True)])],
    namespace="inventory",
)

#: A destination with all settings.
FULL = Destination(
    name="Okta, production",
    site="https://acme.atlassian.net",
    credentials=CredentialsReference("env:JSM_ASSETS_API_TOKEN", email="ana@acme.com"),
    gateway="https://gateway.acme.com",
    cloud_id="11111111-2222-3333-4444-555555555555",
    workspace_id="66666666-7777-8888-9999-000000000000",
    schema_key="OKT",
    schema_name="Okta",
    schema_description="Auto-generated Okta data.",
    roles={"managers": ["it-ops"], "developers": []},
    import_source="Okta",
    import_token="file:import-token",
    model=OktaModel(
        "lean",
        namespace="okta-2",
        custom_attributes=[CustomAttribute("location", "Location", "textarea", description="Where.")],
        without=["devices", "people.groups"],
        manager_by="id",
        manager_field="boss",
    ),
    source=OktaSource(
        include_inactive=False,
        people_limit=5_000,
        privacy={"people.mobilePhone": "drop", "people.primaryEmail": "hash"},
        hash_key="env:HASH_KEY",
    ),
    options=ImportOptions(journal="okta.journal", on_busy="wait", chunk_records=100, on_progress="log"),
)


def test_saved_destination_is_read_back_unchanged(tmp_path: Path) -> None:
    file = tmp_path / "okta.json"

    saved = FULL.save(file)
    loaded = Destination.load(str(file))

    assert loaded == saved == FULL
    assert loaded.path == saved.path == file
    assert FULL.path is None
    assert AsyncDestination.load(file).to_dict() == FULL.to_dict()
    assert {setting.name for setting in fields(Destination)} - {"path", "_environ", "_transport"} == set(
        FULL.to_dict()
    )


def test_file_is_readable_and_names_its_kind(tmp_path: Path) -> None:
    Destination(name="Ökta", schema_key="OKT").save(tmp_path / "okta.json")

    assert (tmp_path / "okta.json").read_text("utf-8") == (
        '{\n  "kind": "jsm_assets_dest destination",\n  "version": 1,\n  "name": "Ökta",\n  "schema_key": "OKT"\n}\n'
    )


@pytest.mark.parametrize("model", [MODEL, OktaModel(), Path("model.json"), None])
def test_each_kind_of_model_is_read_back_unchanged(
    tmp_path: Path, model: OktaModel | SchemaModel | Path | None
) -> None:
    Destination(name="Okta", model=model).save(tmp_path / "okta.json")

    assert Destination.load(tmp_path / "okta.json").model == model


texts = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=20)


@pytest.mark.once
@given(
    name=texts.filter(str.strip),
    description=texts,
    groups=st.lists(texts.map(str.strip).filter(bool), unique=True),
    key=st.none() | texts.filter(bool),
)
def test_any_text_is_read_back_unchanged(
    name: str, description: str, groups: list[str], key: str | None
) -> None:
    """Law: from_dict is the inverse of to_dict, also through JSON."""
    destination = Destination(
        name=name, schema_key=key, schema_description=description, roles={"users": groups}
    )

    assert Destination.from_dict(json.loads(json.dumps(destination.to_dict()))) == destination


@pytest.mark.parametrize("key", ["", "  ", None])
def test_blank_schema_key_is_not_a_key(key: str | None) -> None:
    assert Destination(name="Okta", schema_key=key).schema_key is None


def test_file_contains_no_secret_after_connect(tmp_path: Path) -> None:
    environ = {"JSM_ASSETS_API_TOKEN": "ATATT3-c4n4ry-c4n4ry"}
    destination = evolve(FULL, gateway=None, environ=environ)
    destination.connect()

    destination.save(tmp_path / "okta.json")

    assert "c4n4ry" not in (tmp_path / "okta.json").read_text("utf-8") + repr(destination)


def test_environment_is_not_shown_and_not_pickled() -> None:
    """The environment of a process contains its secrets."""
    destination = evolve(FULL, environ={"JSM_ASSETS_API_TOKEN": "ATATT3-c4n4ry-c4n4ry"}, path="okta.json")

    unpickled = pickle.loads(pickle.dumps(destination))

    assert (unpickled, unpickled.path) == (destination, destination.path)
    assert copy.copy(destination) is copy.deepcopy(destination) is destination
    texts_for_people = [
        repr(destination),
        repr(asdict(destination, recurse=False)),
        repr(asdict(destination)),
    ]
    assert "c4n4ry" not in f"{texts_for_people} {pickle.dumps(destination)!r} {destination.to_dict()}"
    assert evolve(destination, gateway=None).connect().site == destination.site


# --- writing --------------------------------------------------------------------------------------------------------


def test_second_save_replaces_the_file(tmp_path: Path) -> None:
    saved = FULL.save(tmp_path / "okta.json")

    evolve(saved, name="Renamed").save()

    assert Destination.load(tmp_path / "okta.json").name == "Renamed"
    assert [file.name for file in tmp_path.iterdir()] == ["okta.json"]


def test_failed_save_leaves_the_old_file_unchanged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    saved = FULL.save(tmp_path / "okta.json")

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(ConfigurationError, match="No space left on device") as caught:
        evolve(saved, name="Renamed").save()
    monkeypatch.undo()

    assert caught.value.field == "path"
    assert Destination.load(tmp_path / "okta.json") == FULL
    assert [file.name for file in tmp_path.iterdir()] == ["okta.json"]


@pytest.mark.skipif(sys.platform == "win32", reason="links and modes work differently on Windows")
def test_save_keeps_links_and_modes(tmp_path: Path) -> None:
    target = tmp_path / "real.json"
    FULL.save(target)
    target.chmod(0o640)
    link = tmp_path / "link.json"
    link.symlink_to(target)

    evolve(FULL, name="Renamed").save(link)

    assert link.is_symlink()
    assert stat.S_IMODE(target.stat().st_mode) == 0o640
    assert Destination.load(target).name == "Renamed"


@pytest.mark.parametrize("content", ['{"name": "x"}', "[]", "not JSON", "", '{"kind": "other"}'])
def test_save_and_remove_reject_other_files(tmp_path: Path, content: str) -> None:
    file = tmp_path / "model.json"
    file.write_text(content)

    with pytest.raises(ConfigurationError):
        FULL.save(file)
    with pytest.raises(ConfigurationError):
        evolve(FULL, path=file).remove()

    assert file.read_text() == content


def test_file_of_a_later_version_can_only_be_removed(tmp_path: Path) -> None:
    file = tmp_path / "okta.json"
    saved = FULL.save(file)
    file.write_text(file.read_text("utf-8").replace('"version": 1', '"version": 2'), "utf-8")

    with pytest.raises(ConfigurationError, match="later version"):
        saved.save()
    saved.remove()

    assert not file.exists()


def test_save_names_a_missing_folder(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="Could not save the destination as") as caught:
        FULL.save(tmp_path / "missing" / "okta.json")

    assert caught.value.field == "path"


def test_save_and_remove_need_a_path() -> None:
    with pytest.raises(ConfigurationError, match="has no file"):
        FULL.save()
    with pytest.raises(ConfigurationError, match="has no file"):
        FULL.remove()


def test_second_remove_reports_the_missing_file(tmp_path: Path) -> None:
    saved = FULL.save(tmp_path / "okta.json")
    saved.remove()

    with pytest.raises(ConfigurationError, match="Could not read"):
        saved.remove()


def test_remove_names_a_file_that_it_cannot_delete(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    saved = FULL.save(tmp_path / "okta.json")

    def deny(_path: Path) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "unlink", deny)
    with pytest.raises(ConfigurationError, match=r"Could not delete .*: Permission denied"):
        saved.remove()


# --- reading --------------------------------------------------------------------------------------------------------

#: (change of the file's content, field of the error, part of its message or fix)
WRONG: list[tuple[dict[str, Any], str, str]] = [
    ({"version": 2}, "version", "Update jsm_assets_dest"),
    ({"version": 0}, "version", "invalid version"),
    ({"version": True}, "version", "invalid version"),
    ({"version": "1"}, "version", "invalid version"),
    ({"kind": "something"}, "kind", "not a saved destination"),
    ({"name": ""}, "name", "empty"),
    ({"name": 7}, "name", "of the type int"),
    ({"schema_kee": "OKT"}, "schema_kee", "Did you mean schema_key?"),
    ({"kolour": "red", "schema_kee": "OKT"}, "kolour", "`kolour`, `schema_kee`"),
    ({"path": "x"}, "path", "Unknown setting: `path`"),
    ({"environ": {}}, "environ", "Unknown setting: `environ`"),
    ({"a key; with signs": 1}, "(a key that is not a name)", "Remove it"),
    ({"site": "http://acme.atlassian.net"}, "site", "unprotected"),
    ({"gateway": "ftp://x"}, "gateway", "not an address"),
    ({"credentials": "env:X"}, "credentials", "not an object"),
    ({"credentials": {"email": "ana@acme.com"}}, "credentials.secret", "missing"),
    (
        {"credentials": {"secret": "env:X", "password": "y"}},
        "credentials.password",
        "secret, email, client_id",
    ),
    ({"credentials": {"secret": "hunter2"}}, "credentials.secret", "not a reference"),
    ({"import_token": "hunter2"}, "import_token", "not a reference"),
    ({"import_token": ["env:X"]}, "import_token", "of the type list"),
    ({"roles": {"admins": []}}, "roles.admins", "managers, developers, users"),
    ({"roles": {"users": "everybody"}}, "roles.users", "Pass a list of group names"),
    ({"roles": {"users": [1]}}, "roles.users[0]", "is a value of the type int"),
    ({"roles": {"users": [" "]}}, "roles.users[0]", "is empty"),
    ({"roles": []}, "roles", "an object in braces"),
    ({"model": {}}, "model", "contains 0 models"),
    ({"model": {"okta": {}, "file": "x"}}, "model", "contains 2 models"),
    ({"model": {"files": "x"}}, "model.files", "Did you mean model.file?"),
    ({"model": {"file": 1}}, "model.file", "not a string"),
    (
        {"model": {"okta": {"custom_attributes": [{"title": "X"}]}}},
        "model.okta.custom_attributes[0].api_name",
        "missing",
    ),
    ({"model": {"okta": {"custom_attributes": {}}}}, "model.okta.custom_attributes", "of the type dict"),
    ({"model": {"okta": {"profil": "lean"}}}, "model.okta.profil", "Did you mean model.okta.profile?"),
    ({"model": {"okta": {"without": [None]}}}, "model.okta.without", "contains"),
    (
        {"model": {"okta": {"custom_attributes": [{"api": "x"}]}}},
        "model.okta.custom_attributes[0].api",
        "api_name",
    ),
    (
        {"model": {"okta": {"custom_attributes": [{"api_name": "x", "title": "X", "multiple": 1}]}}},
        "model.okta.custom_attributes[0].multiple",
        "Pass True or False",
    ),
    ({"source": {"csv": {}}}, "source.csv", "okta"),
    ({"source": {"okta": []}}, "source.okta", "an object in braces"),
    ({"source": {"okta": {"people": 5}}}, "source.okta.people", "people_limit"),
    (
        {"source": {"okta": {"people_limit": "5"}}},
        "source.okta.people_limit",
        "`source.okta.people_limit` is",
    ),
    ({"source": {"okta": {"privacy": []}}}, "source.okta.privacy", "of the type list"),
    ({"source": {"okta": {"privacy": {"people.email": "hide"}}}}, "source.okta.privacy", "'mask'"),
    ({"source": {"okta": {"hash_key": "hunter2"}}}, "source.okta.hash_key", "not a reference"),
    ({"options": {"chunk_recods": 5}}, "options.chunk_recods", "Did you mean options.chunk_records?"),
    ({"options": {"chunk_records": "5"}}, "options.chunk_records", "Pass a whole number"),
    ({"options": {"chunk_records": True}}, "options.chunk_records", "type bool"),
    ({"options": {"chunk_records": 0}}, "options.chunk_records", "from 1 to"),
    ({"options": {"wait": 1}}, "options.wait", "True or False"),
    ({"options": {"on_busy": "panic"}}, "options.on_busy", '"wait"'),
    ({"options": {"on_progress": "bar"}}, "options.on_progress", "'tqdm'"),
    ({"options": {"allow_missing": True}}, "options.allow_missing", "the missing objects of one preview"),
    ({"options": {"total": 5}}, "options.total", "Pass total="),
]


@pytest.mark.parametrize(("change", "field", "message"), WRONG, ids=[repr(change) for change, _, _ in WRONG])
def test_load_names_an_invalid_setting_and_its_fix(
    tmp_path: Path, change: dict[str, Any], field: str, message: str
) -> None:
    file = tmp_path / "okta.json"
    content = {
        "kind": "jsm_assets_dest destination",
        "version": 1,
        "name": "Okta",
        "site": "https://acme.com",
    }
    file.write_text(json.dumps({**content, **change}))

    with pytest.raises(ConfigurationError) as caught:
        Destination.load(file)

    assert caught.value.field == field
    assert caught.value.fix
    assert message in str(caught.value) + caught.value.fix
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "in line 1, column 1"),
        (b'{"kind":\n oops}', "in line 2, column 2"),
        (b'{"name": "a", "name": "b"}', 'the key "name" occurs twice'),
        (b"\xff\xfe", "not in UTF-8"),
        (b"[" * 100_000, "nested too deeply"),
        (b"[]", "`path` is not an object"),
        (b"7", "`path` is not an object"),
    ],
)
def test_load_locates_invalid_json(tmp_path: Path, content: bytes, message: str) -> None:
    file = tmp_path / "okta.json"
    file.write_bytes(content)

    with pytest.raises(ConfigurationError, match=message) as caught:
        Destination.load(file)

    assert "oops" not in str(caught.value)


def test_load_rejects_a_file_that_is_too_large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings_file, "LARGEST_FILE", 10)
    (tmp_path / "okta.json").write_text(" " * 11)

    with pytest.raises(ConfigurationError, match="larger than 10 bytes"):
        Destination.load(tmp_path / "okta.json")


def test_load_accepts_a_byte_order_mark(tmp_path: Path) -> None:
    """Some editors write a byte order mark."""
    file = tmp_path / "okta.json"
    FULL.save(file)
    file.write_bytes(b"\xef\xbb\xbf" + file.read_bytes())

    assert Destination.load(file) == FULL


@pytest.mark.parametrize("place", ["missing.json", "."])
def test_load_names_an_unreadable_file(tmp_path: Path, place: str) -> None:
    with pytest.raises(ConfigurationError, match="Could not read") as caught:
        Destination.load(tmp_path / place)

    assert caught.value.field == "path"


def test_from_dict_rejects_an_invalid_model(tmp_path: Path) -> None:
    with pytest.raises(InvalidModelError):
        Destination.from_dict({"name": "Okta", "model": {"whole": {"form": 99}}})


# --- settings -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["gateway", "cloud_id", "workspace_id"])
def test_addresses_without_a_site_are_rejected(name: str) -> None:
    with pytest.raises(ConfigurationError, match="`site` is not") as caught:
        Destination.from_dict({"name": "Okta", name: "https://x.example"})

    assert caught.value.field == name


def test_model_of_another_type_is_rejected() -> None:
    with pytest.raises(ConfigurationError, match="`model` is a value of the type dict") as caught:
        Destination(name="Okta", model={"okta": {}})  # type: ignore[arg-type]  # what people try

    assert caught.value.field == "model"


@pytest.mark.parametrize("options", [ImportOptions(on_progress=print), ImportOptions(model=MODEL)])
def test_options_of_one_run_are_rejected(options: ImportOptions) -> None:
    with pytest.raises(ConfigurationError, match="can't be saved") as caught:
        Destination(name="Okta", options=options)

    assert caught.value.field.startswith("options.")
    assert "import_records()" in caught.value.fix


@pytest.mark.parametrize("option", fields(ImportOptions), ids=lambda option: option.name)
def test_each_option_is_saved_or_rejected_with_a_reason(option: Any) -> None:
    """The default of each option can be saved, except for options of one run."""
    data = {"name": "Okta", "options": {option.name: option.default}}
    if option.name in {"model", "total", "allow_missing"}:
        with pytest.raises(ConfigurationError, match="can't be saved"):
            Destination.from_dict(data)
    else:
        assert Destination.from_dict(data) == Destination(name="Okta")


def test_journal_path_is_saved_as_text() -> None:
    destination = Destination(name="Okta", options=ImportOptions(journal=Path("okta.journal")))

    assert destination.to_dict()["options"] == {"journal": "okta.journal"}


def test_schema_model_reads_each_kind_of_model(tmp_path: Path) -> None:
    (tmp_path / "model.json").write_text(json.dumps(MODEL.to_dict()))
    beside = Destination(name="x", model="model.json").save(tmp_path / "x.json")

    assert beside.schema_model() == MODEL
    assert Destination(name="x", model=MODEL).schema_model() == MODEL
    assert Destination(name="x", model=OktaModel("lean", without=["devices"])).schema_model() == schema_model(
        "lean", without=["devices"]
    )
    with pytest.raises(ConfigurationError, match="has no model"):
        Destination(name="x").schema_model()


def test_schema_model_rejects_a_file_without_a_model(tmp_path: Path) -> None:
    (tmp_path / "model.json").write_text("{")
    (tmp_path / "other.json").write_text("{}")

    with pytest.raises(ConfigurationError, match="is not a schema model") as caught:
        Destination(name="x", model=tmp_path / "model.json").schema_model()
    assert caught.value.field == "model"
    with pytest.raises(InvalidModelError):
        Destination(name="x", model=tmp_path / "other.json").schema_model()


def test_unknown_profile_is_rejected_by_schema_model() -> None:
    """A later version may have more profiles. A wizard must still be able to load and show the file."""
    destination = Destination.from_dict({"name": "x", "model": {"okta": {"profile": "huge"}}})

    with pytest.raises(ConfigurationError, match="`profile` is 'huge'"):
        destination.schema_model()


def test_unsaved_destination_uses_the_current_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "model.json").write_text(json.dumps(MODEL.to_dict()))
    monkeypatch.chdir(tmp_path)

    assert Destination(name="x", model="model.json").schema_model() == MODEL


def test_connect_names_all_missing_variables() -> None:
    with pytest.raises(MissingSettingsError) as caught:
        Destination(name="Here", environ={}).connect()

    assert caught.value.missing == ("JSM_ASSETS_SITE", "JSM_ASSETS_EMAIL", "JSM_ASSETS_API_TOKEN")


def test_default_environment_is_that_of_the_process(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("JSM_ASSETS_API_TOKEN", "ATATT3-c4n4ry-c4n4ry")
    FULL.save(tmp_path / "okta.json")

    for destination in (FULL, Destination.load(tmp_path / "okta.json")):
        with destination.connect() as connection:
            assert connection.site == "https://acme.atlassian.net"


def test_load_raises_only_assets_errors(tmp_path: Path) -> None:
    """One `except AssetsError` is enough."""
    with pytest.raises(AssetsError):
        Destination.load(tmp_path / "missing.json")


def test_options_of_the_first_edition_still_load() -> None:
    """Renamed options keep their value; options that no longer exist are ignored."""
    data = {"progress": "log", "fast": True, "record_failure": True, "busy_seconds": 30, "compress": True}

    assert options_from_dict(data) == ImportOptions(on_progress="log")
