"""`examples/doctor.py`: the report for the current site, or a tour of the failures."""

from __future__ import annotations

import importlib.util
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import cast

import pytest

from jsm_assets_dest.testing import Emulator

FILE = Path(__file__).parents[2] / "examples" / "doctor.py"


@pytest.fixture
def doctor(monkeypatch: pytest.MonkeyPatch) -> Callable[[list[str]], int]:
    """Return the example's main function, in a process without a configured site."""
    for name in os.environ:
        if name.startswith("JSM_ASSETS_"):
            monkeypatch.delenv(name)
    spec = importlib.util.spec_from_file_location("doctor", FILE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return cast("Callable[[list[str]], int]", module.main)


def test_tour_shows_each_failure(
    doctor: Callable[[list[str]], int], capsys: pytest.CaptureFixture[str]
) -> None:
    """Without settings: eleven sites, the first one good, each other with its own first problem."""
    assert doctor(["--json"]) == 0

    reports = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    problems = [
        next((check["error"]["error"] for check in report["checks"] if check["error"]), None)
        for report in reports
    ]
    assert problems == [
        None,
        "BadCredentialsError",
        "CaptchaRequiredError",
        "IpAllowlistError",
        "NotJiraAdminError",
        "JsmLicenseRequiredError",
        "AssetsNotAvailableError",
        "AssetsNotAvailableError",
        "SiteNotFoundError",
        "ServiceUnavailableError",
        "HtmlResponseError",
    ]


def test_tour_is_for_people(doctor: Callable[[list[str]], int], capsys: pytest.CaptureFixture[str]) -> None:
    """Titles, causes, remedies."""
    assert doctor([]) == 0

    text = capsys.readouterr().out
    assert "=== The API token was revoked" in text
    assert "An organization admin: in Atlassian Administration > Security > IP allowlists" in text
    assert "A site admin: in Atlassian Administration > Users" in text


@pytest.mark.parametrize("good", [True, False])
def test_current_site(
    doctor: Callable[[list[str]], int],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    good: bool,
) -> None:
    """With settings: the connection and the import token, and an exit status that a script can use."""
    emulator = Emulator()
    schema = emulator.add_object_schema("OKT", "Okta")
    token = emulator.add_import_source(schema).token
    with emulator.serve() as url:
        for name, value in emulator.settings(url).items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("JSM_ASSETS_IMPORT_TOKEN", token)
        if not good:
            emulator.access.revoke_admin()

        assert doctor([]) == (0 if good else 1)

    text = capsys.readouterr().out
    assert "ok: import token accepted" in text
    assert ("failed: jira admin" in text) is not good
    assert token not in text
    assert emulator.api_token not in text


def test_missing_settings_are_named(
    doctor: Callable[[list[str]], int], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Half a configuration is an error that names the other half."""
    monkeypatch.setenv("JSM_ASSETS_SITE", "https://acme.atlassian.net")

    assert doctor([]) == 1

    assert "JSM_ASSETS_EMAIL" in capsys.readouterr().err
