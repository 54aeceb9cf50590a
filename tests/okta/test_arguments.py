"""Arguments of the public functions of `jsm_assets_dest.okta` are checked on entry."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from jsm_assets_dest import okta as typed_okta
from jsm_assets_dest.exceptions import ConfigurationError

#: The module without its types, because every call below is a type error.
okta: Any = typed_okta


@pytest.mark.parametrize(
    ("call", "argument"),
    [
        (lambda: okta.records("folder"), "tenant"),
        (lambda: okta.records(okta.Tenant(), include_inactive="false"), "include_inactive"),
        (lambda: okta.records(okta.Tenant(), include_console_applications=1), "include_console_applications"),
        (lambda: okta.records(okta.Tenant(), truncate=None), "truncate"),
        (lambda: okta.records(okta.Tenant(), groups_per_person="3"), "groups_per_person"),
        (lambda: okta.records(okta.Tenant(), people_limit=True), "people_limit"),
        (lambda: okta.records(okta.Tenant(), privacy={"people.title": "drop"}), "privacy"),
        (lambda: okta.records(okta.Tenant(), on_defect="ignore"), "on_defect"),
        (lambda: okta.schema_model("huge"), "profile"),
        (lambda: okta.schema_model(["lean"]), "profile"),
        (lambda: okta.schema_model(manager_by="name"), "manager_by"),
        (lambda: okta.schema_model(manager_field=None), "manager_field"),
        (lambda: okta.schema_model(custom_attributes="badge"), "custom_attributes"),
        (lambda: okta.schema_model(custom_attributes=[{"api_name": "badge"}]), "custom_attributes"),
        (lambda: okta.schema_model(without=[7]), "without"),
        (lambda: okta.sample_tenant("5"), "people"),
        (lambda: okta.sample_tenant(seed="x"), "seed"),
        (lambda: okta.write_folder(okta.Tenant(), "out", page_size=0), "page_size"),
        (lambda: okta.Privacy([("people.title", "drop")]), "rules"),
        (lambda: okta.Privacy(default="blur"), "default"),
        (lambda: okta.Privacy(hash_key=7), "hash_key"),
        (lambda: okta.Tenant(org_url=None), "org_url"),
        (lambda: okta.CustomAttribute("badge", None), "title"),
    ],
)
def test_invalid_argument_is_rejected_by_name(
    call: Callable[[], object], argument: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigurationError) as problem:
        call()
    assert problem.value.field == argument
    assert list(tmp_path.iterdir()) == []
