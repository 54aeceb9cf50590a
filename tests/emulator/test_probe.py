"""The probe on emulated sites: it finds each flipped switch, cleans up, and notes no content."""

from __future__ import annotations

from typing import Any

import attrs
import pytest

from jsm_assets_dest.testing import Doubts
from jsm_assets_dest.testing.probe.__main__ import GROUPS, IDENTITY, MOST_REQUESTS
from jsm_assets_dest.testing.site_profile import QUESTIONS
from tests.emulator.probing import Sandbox

SWITCHES = {switch.name: switch for switch in attrs.fields(Doubts)}
PROBED = [name for name, switch in SWITCHES.items() if "probe" in switch.metadata]

#: Readings other than the opposite of the default.
OTHER: dict[str, Any] = {
    "mapping_seconds": 5.0,
    "unknown_external_id_code": "MAPPING_INVALID_EXTERNAL_ID",
    "unknown_import_source_status": 404,
    "unknown_id_in_body_status": 404,
    "execution_link_spelling": "assets",
    "delete_object_status": 204,
    "unlicensed_workspace_status": 404,
    "fresh_token_seconds": 3.0,
    "total_capped_at": 0,
    "largest_page": 500,
    "larger_pages": "rejected",
    "search_lag_seconds": 3.0,
    "count_lag_seconds": 3.0,
    "longest_query": 5000,
    "largest_in_list": 200,
    "container_token_status": 403,
    "missing_objects_key": "missingObjects",
    "created_query_in": "status",
    "group_values": "name",
    "unknown_workspace_status": 403,
    "schema_without_role_status": 404,
    "chunk_after_completed_status": 409,
}

#: What a site needs so that the switch can be seen.
NEEDS: dict[str, dict[str, Any]] = {
    "is_last_too_early": {"objects": 1001},
    "total_capped_at": {"objects": 1001},
    "assets_texts_translated": {"locale": "ko_KR"},
    "assets_follows_language_headers": {"locale": "ko_KR"},
    "schema_without_role_status": {"second_is_licensed": True},
}

#: Durations are measured between two looks, so the profile has an upper limit.
DURATIONS = ("mapping_seconds", "search_lag_seconds", "count_lag_seconds", "fresh_token_seconds")
#: Limits are found by trying a few sizes, so the profile has the largest accepted one.
TRIED = {"longest_query": 2000, "largest_in_list": 100}


@pytest.mark.once
@pytest.mark.parametrize("name", PROBED)
def test_probe_finds_exactly_the_flipped_switch(name: str) -> None:
    value = OTHER.get(name, not getattr(Doubts(), name))
    sandbox = Sandbox(doubts=Doubts(**{name: value}), **NEEDS.get(name, {}))
    profile = sandbox.probe_everything()
    assert set(profile.differences) == {name}
    reading = profile.differences[name][1]
    if name in DURATIONS:
        assert value <= reading <= value + 5
    else:
        assert reading == TRIED.get(name, value)
    assert all(client.sent <= MOST_REQUESTS for client in sandbox.clients)


#: One switch per question group.
COMBINED: dict[str, Any] = {
    "assets_has_account_header": True,
    "object_types_in_entries": True,
    "is_last_as_text": True,
    "unknown_workspace_status": 403,
    "unlicensed_workspace_status": 404,
    "delete_object_status": 204,
    "last_duplicate_wins": True,
    "fresh_token_seconds": 3.0,
}


@pytest.mark.slow
def test_probe_finds_several_flipped_switches() -> None:
    sandbox = Sandbox(doubts=Doubts(**COMBINED))
    profile = sandbox.probe_everything()
    assert set(profile.differences) == set(COMBINED)
    assert {SWITCHES[name].metadata["probe"] for name in COMBINED} == {
        IDENTITY.name,
        *(group.name for group in GROUPS),
    }
    assert all(client.sent <= MOST_REQUESTS for client in sandbox.clients)


@pytest.mark.once
@pytest.mark.parametrize(
    "needs",
    [
        pytest.param({}, id="small"),
        pytest.param(NEEDS["total_capped_at"], id="many objects", marks=pytest.mark.slow),
        pytest.param(NEEDS["assets_texts_translated"], id="Korean"),
        pytest.param(NEEDS["schema_without_role_status"], id="licensed second account"),
    ],
)
def test_probe_of_the_default_finds_no_difference(needs: dict[str, Any]) -> None:
    sandbox = Sandbox(**needs)
    profile = sandbox.probe_everything()
    assert profile.differences == {}
    assert set(profile.switches) | set(profile.not_asked) >= set(SWITCHES)
    assert set(profile.asked) == {IDENTITY.name, *(group.name for group in GROUPS)}
    unsettled = set(PROBED) - set(profile.switches)
    assert unsettled <= set(NEEDS) | {"unlicensed_workspace_status", "non_agents_can_search"}


@pytest.mark.slow
def test_operations_have_the_names_of_the_emulator() -> None:
    profile = Sandbox().probe_everything()
    names = {name.rpartition(" ")[0] for name in profile.responses}
    assert names <= set(Sandbox().emulator.operation_names)
    assert len(names) > 30


def test_every_group_is_named_by_a_switch_and_question() -> None:
    names = {group.name for group in (IDENTITY, *GROUPS)}
    assert {SWITCHES[name].metadata["probe"] for name in PROBED} == names
    numbers = [number for group in (IDENTITY, *GROUPS) for number in group.questions]
    assert sorted(set(numbers)) == list(QUESTIONS)


@pytest.mark.slow
def test_all_questions_but_the_language_have_a_verdict() -> None:
    profile = Sandbox().probe_everything()
    assert set(profile.questions) == set(QUESTIONS) - {6}
    assert "language is English" in profile.not_asked["question 6"]
    profile = Sandbox(locale="de_DE").probe()
    assert profile.questions[6] == {
        "errors": "the account's language; the headers do not switch it to English"
    }
