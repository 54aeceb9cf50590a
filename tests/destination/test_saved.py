"""The file of a destination: what is written, what is read back, and what is refused, with the field and the fix."""

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
    SchemaModel,
)
from jsm_assets_dest._destination import file as destination_file
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

#: A destination in which every setting is set.
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
    options=ImportOptions(
        journal="okta.journal", on_busy="wait", chunk_records=100, fast=False, progress="log"
    ),
)


def test_everything_comes_back(tmp_path: Path) -> None:
    file = tmp_path / "okta.json"

    saved = FULL.save(file)
    loaded = Destination.load(str(file))

    assert loaded == saved == FULL
    assert loaded.path == saved.path == file
    assert FULL.path is None
    assert AsyncDestination.load(file).to_dict() == FULL.to_dict()
    assert {one.name for one in fields(Destination)} - {"path", "_environ"} == set(FULL.to_dict())


def test_the_file_is_readable_and_says_what_it_is(tmp_path: Path) -> None:
    Destination(name="Ökta", schema_key="OKT").save(tmp_path / "okta.json")

    assert (tmp_path / "okta.json").read_text("utf-8") == (
        '{\n  "kind": "jsm_assets_dest destination",\n  "version": 1,\n  "name": "Ökta",\n  "schema_key": "OKT"\n}\n'
    )


@pytest.mark.parametrize("model", [MODEL, OktaModel(), Path("model.json"), None])
def test_every_kind_of_model_comes_back(tmp_path: Path, model: OktaModel | SchemaModel | Path | None) -> None:
    Destination(name="Okta", model=model).save(tmp_path / "okta.json")

    assert Destination.load(tmp_path / "okta.json").model == model


texts = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=20)


@given(
    name=texts.filter(str.strip),
    description=texts,
    groups=st.lists(texts),
    key=st.none() | texts.filter(bool),
)
def test_any_text_comes_back(name: str, description: str, groups: list[str], key: str | None) -> None:
    """A law: from_dict undoes to_dict, through JSON."""
    destination = Destination(
        name=name, schema_key=key, schema_description=description, roles={"users": groups}
    )

    assert Destination.from_dict(json.loads(json.dumps(destination.to_dict()))) == destination


def test_no_secret_is_written(tmp_path: Path) -> None:
    """Not even where it was looked up before."""
    environ = {"JSM_ASSETS_API_TOKEN": "ATATT3-c4n4ry-c4n4ry"}
    destination = evolve(FULL, gateway=None, environ=environ)
    destination.connect()

    destination.save(tmp_path / "okta.json")

    assert "c4n4ry" not in (tmp_path / "okta.json").read_text("utf-8") + repr(destination)


def test_the_environment_is_never_shown_and_does_not_travel() -> None:
    """The secrets of a process stand in it."""
    destination = evolve(FULL, environ={"JSM_ASSETS_API_TOKEN": "ATATT3-c4n4ry-c4n4ry"}, path="okta.json")

    travelled = pickle.loads(pickle.dumps(destination))

    assert (travelled, travelled.path) == (destination, destination.path)
    assert copy.copy(destination) is copy.deepcopy(destination) is destination
    shown = [repr(destination), repr(asdict(destination, recurse=False)), repr(asdict(destination))]
    assert "c4n4ry" not in f"{shown} {pickle.dumps(destination)!r} {destination.to_dict()}"
    assert evolve(destination, gateway=None).connect().site == destination.site


# --- writing --------------------------------------------------------------------------------------------------------


def test_saving_again_replaces_the_file(tmp_path: Path) -> None:
    saved = FULL.save(tmp_path / "okta.json")

    evolve(saved, name="Renamed").save()

    assert Destination.load(tmp_path / "okta.json").name == "Renamed"
    assert [file.name for file in tmp_path.iterdir()] == ["okta.json"]


def test_a_failure_leaves_the_old_file_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
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


@pytest.mark.skipif(sys.platform == "win32", reason="links and modes are others there")
def test_a_link_stays_a_link_and_a_mode_a_mode(tmp_path: Path) -> None:
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
def test_another_file_is_never_overwritten_or_deleted(tmp_path: Path, content: str) -> None:
    file = tmp_path / "model.json"
    file.write_text(content)

    with pytest.raises(ConfigurationError):
        FULL.save(file)
    with pytest.raises(ConfigurationError):
        evolve(FULL, path=file).remove()

    assert file.read_text() == content


def test_a_file_of_a_later_version_is_not_overwritten_and_can_be_deleted(tmp_path: Path) -> None:
    file = tmp_path / "okta.json"
    saved = FULL.save(file)
    file.write_text(file.read_text("utf-8").replace('"version": 1', '"version": 2'), "utf-8")

    with pytest.raises(ConfigurationError, match="later version"):
        saved.save()
    saved.remove()

    assert not file.exists()


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="cannot be saved as") as caught:
        FULL.save(tmp_path / "missing" / "okta.json")

    assert caught.value.field == "path"


def test_without_a_file_there_is_nothing_to_save_to_or_remove() -> None:
    with pytest.raises(ConfigurationError, match="has no file"):
        FULL.save()
    with pytest.raises(ConfigurationError, match="has no file"):
        FULL.remove()


def test_removing_twice_says_that_it_is_gone(tmp_path: Path) -> None:
    saved = FULL.save(tmp_path / "okta.json")
    saved.remove()

    with pytest.raises(ConfigurationError, match="cannot be read"):
        saved.remove()


def test_a_file_that_cannot_be_deleted_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    saved = FULL.save(tmp_path / "okta.json")

    def refuse(_path: Path) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "unlink", refuse)
    with pytest.raises(ConfigurationError, match="cannot be deleted: Permission denied"):
        saved.remove()


# --- reading --------------------------------------------------------------------------------------------------------

#: (change of the file's content, field of the error, part of its message or fix)
WRONG: list[tuple[dict[str, Any], str, str]] = [
    ({"version": 2}, "version", "pip install --upgrade jsm-assets-dest"),
    ({"version": 0}, "version", "no version"),
    ({"version": True}, "version", "no version"),
    ({"version": "1"}, "version", "no version"),
    ({"kind": "something"}, "kind", "no saved destination"),
    ({"name": ""}, "name", "empty"),
    ({"name": 7}, "name", "a number"),
    ({"schema_kee": "OKT"}, "schema_kee", "Did you mean schema_key?"),
    ({"kolour": "red", "schema_kee": "OKT"}, "kolour", "`kolour` and no `schema_kee`"),
    ({"path": "x"}, "path", "no `path`"),
    ({"environ": {}}, "environ", "no `environ`"),
    ({"a key; with signs": 1}, "(a key that is no name)", "Take it out"),
    ({"site": None}, "site", "null"),
    ({"site": "http://acme.atlassian.net"}, "site", "unprotected"),
    ({"gateway": "ftp://x"}, "gateway", "not an address"),
    ({"credentials": "env:X"}, "credentials", "is text"),
    ({"credentials": {"email": "ana@acme.com"}}, "credentials.secret", "missing"),
    (
        {"credentials": {"secret": "env:X", "password": "y"}},
        "credentials.password",
        "email, client_id, secret",
    ),
    ({"credentials": {"secret": "hunter2"}}, "credentials.secret", "no reference"),
    ({"import_token": "hunter2"}, "import_token", "no reference"),
    ({"import_token": ["env:X"]}, "import_token", "a list in brackets"),
    ({"roles": {"admins": []}}, "roles.admins", "managers, developers, users"),
    ({"roles": {"users": "everybody"}}, "roles.users", "a list in brackets"),
    ({"roles": {"users": [1]}}, "roles.users[0]", "a number"),
    ({"roles": []}, "roles", "an object in braces"),
    ({"model": {}}, "model", "names 0 models"),
    ({"model": {"okta": {}, "file": "x"}}, "model", "names 2 models"),
    ({"model": {"files": "x"}}, "model.files", "Did you mean model.file?"),
    ({"model": {"file": 1}}, "model.file", "a number"),
    ({"model": {"okta": {"profil": "lean"}}}, "model.okta.profil", "Did you mean model.okta.profile?"),
    ({"model": {"okta": {"without": [None]}}}, "model.okta.without[0]", "null"),
    (
        {"model": {"okta": {"custom_attributes": [{"api": "x"}]}}},
        "model.okta.custom_attributes[0].api",
        "api_name",
    ),
    (
        {"model": {"okta": {"custom_attributes": [{"api_name": "x", "title": "X", "multiple": 1}]}}},
        "model.okta.custom_attributes[0].multiple",
        "true or false",
    ),
    ({"options": {"chunk_recods": 5}}, "options.chunk_recods", "Did you mean options.chunk_records?"),
    ({"options": {"chunk_records": "5"}}, "options.chunk_records", "Leave it out for the default, 500"),
    ({"options": {"chunk_records": True}}, "options.chunk_records", "true or false"),
    ({"options": {"chunk_records": 0}}, "options.chunk_records", "from 1 to"),
    ({"options": {"wait": 1}}, "options.wait", "a number"),
    ({"options": {"on_busy": "panic"}}, "options.on_busy", "'wait'"),
    ({"options": {"progress": "bar"}}, "options.progress", "'tqdm'"),
    ({"options": {"allow_missing": True}}, "options.allow_missing", "guard against mass deletion"),
    ({"options": {"total": 5}}, "options.total", "Pass total="),
]


@pytest.mark.parametrize(("change", "field", "said"), WRONG, ids=[repr(change) for change, _, _ in WRONG])
def test_what_is_wrong_in_a_file_is_named_with_its_fix(
    tmp_path: Path, change: dict[str, Any], field: str, said: str
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
    assert said in str(caught.value) + caught.value.fix
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "in line 1, column 1"),
        (b'{"kind":\n oops}', "in line 2, column 2"),
        (b'{"name": "a", "name": "b"}', "the key “name” is there twice"),
        (b"\xff\xfe", "not in UTF-8"),
        (b"[" * 100_000, "nested too deeply"),
        (b"[]", "a list in brackets"),
        (b"7", "a number"),
    ],
)
def test_what_is_no_json_object_is_located(tmp_path: Path, content: bytes, said: str) -> None:
    file = tmp_path / "okta.json"
    file.write_bytes(content)

    with pytest.raises(ConfigurationError, match=said) as caught:
        Destination.load(file)

    assert "oops" not in str(caught.value)


def test_a_file_too_large_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(destination_file, "LARGEST_FILE", 10)
    (tmp_path / "okta.json").write_text(" " * 11)

    with pytest.raises(ConfigurationError, match="larger than 10 bytes"):
        Destination.load(tmp_path / "okta.json")


def test_a_byte_order_mark_is_allowed(tmp_path: Path) -> None:
    """Some editors write one."""
    file = tmp_path / "okta.json"
    FULL.save(file)
    file.write_bytes(b"\xef\xbb\xbf" + file.read_bytes())

    assert Destination.load(file) == FULL


@pytest.mark.parametrize("place", ["missing.json", "."])
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, place: str) -> None:
    with pytest.raises(ConfigurationError, match="cannot be read") as caught:
        Destination.load(tmp_path / place)

    assert caught.value.field == "path"


def test_a_whole_model_that_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidModelError):
        Destination.from_dict({"name": "Okta", "model": {"whole": {"form": 99}}})


# --- settings -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["gateway", "cloud_id", "workspace_id"])
def test_what_belongs_to_a_site_takes_a_site(name: str) -> None:
    with pytest.raises(ConfigurationError, match="`site` is not") as caught:
        Destination.from_dict({"name": "Okta", name: "https://x.example"})

    assert caught.value.field == name


def test_a_model_of_another_kind_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="`model` is dict") as caught:
        Destination(name="Okta", model={"okta": {}})  # type: ignore[arg-type]  # what people try

    assert caught.value.field == "model"


@pytest.mark.parametrize(
    "options", [ImportOptions(on_progress=print), ImportOptions(progress=print), ImportOptions(model=MODEL)]
)
def test_options_that_cannot_be_saved_are_refused_at_once(options: ImportOptions) -> None:
    with pytest.raises(ConfigurationError, match="cannot be saved") as caught:
        Destination(name="Okta", options=options)

    assert caught.value.field.startswith("options.")
    assert "import_records()" in caught.value.fix


@pytest.mark.parametrize("option", fields(ImportOptions), ids=lambda option: option.name)
def test_every_option_can_be_saved_or_says_why_not(option: Any) -> None:
    """Each option's default can be written down in the file, but for those of one run."""
    data = {"name": "Okta", "options": {option.name: option.default}}
    if option.name in {"model", "on_progress", "total", "allow_missing"}:
        with pytest.raises(ConfigurationError, match="cannot be saved"):
            Destination.from_dict(data)
    else:
        assert Destination.from_dict(data) == Destination(name="Okta")


def test_a_journal_may_be_a_path() -> None:
    destination = Destination(name="Okta", options=ImportOptions(journal=Path("okta.journal")))

    assert destination.to_dict()["options"] == {"journal": "okta.journal"}


def test_the_model_of_a_destination(tmp_path: Path) -> None:
    (tmp_path / "model.json").write_text(json.dumps(MODEL.to_dict()))
    beside = Destination(name="x", model="model.json").save(tmp_path / "x.json")

    assert beside.schema_model() == MODEL
    assert Destination(name="x", model=MODEL).schema_model() == MODEL
    assert Destination(name="x", model=OktaModel("lean", without="devices")).schema_model() == schema_model(
        "lean", without=["devices"]
    )
    with pytest.raises(ConfigurationError, match="names no model"):
        Destination(name="x").schema_model()


def test_a_model_file_that_is_none_is_named(tmp_path: Path) -> None:
    (tmp_path / "model.json").write_text("{")
    (tmp_path / "other.json").write_text("{}")

    with pytest.raises(ConfigurationError, match="is not a schema model") as caught:
        Destination(name="x", model=tmp_path / "model.json").schema_model()
    assert caught.value.field == "model"
    with pytest.raises(InvalidModelError):
        Destination(name="x", model=tmp_path / "other.json").schema_model()


def test_an_unknown_profile_is_told_when_the_model_is_made() -> None:
    """A later version may know more profiles; a wizard must still be able to load the file and show it."""
    destination = Destination.from_dict({"name": "x", "model": {"okta": {"profile": "huge"}}})

    with pytest.raises(ConfigurationError, match="profile 'huge'"):
        destination.schema_model()


def test_before_it_is_saved_relative_paths_begin_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "model.json").write_text(json.dumps(MODEL.to_dict()))
    monkeypatch.chdir(tmp_path)

    assert Destination(name="x", model="model.json").schema_model() == MODEL


def test_the_current_site_names_all_that_is_missing() -> None:
    with pytest.raises(MissingSettingsError) as caught:
        Destination(name="Here", environ={}).connect()

    assert caught.value.missing == ("JSM_ASSETS_SITE", "JSM_ASSETS_EMAIL", "JSM_ASSETS_API_TOKEN")


def test_the_environment_of_the_process_is_the_usual_one(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("JSM_ASSETS_API_TOKEN", "ATATT3-c4n4ry-c4n4ry")
    FULL.save(tmp_path / "okta.json")

    for destination in (FULL, Destination.load(tmp_path / "okta.json")):
        with destination.connect() as connection:
            assert connection.site == "https://acme.atlassian.net"


def test_errors_of_loading_are_errors_of_ours(tmp_path: Path) -> None:
    """One `except AssetsError` is enough around a load."""
    with pytest.raises(AssetsError):
        Destination.load(tmp_path / "missing.json")
