"""Decisions about which account an email address belongs to."""

from __future__ import annotations

from jsm_assets_dest import JiraUser
from jsm_assets_dest._operations.directory import judge

OLD = JiraUser(account_id="old", email="ana@example.com", account_type="atlassian", active=False)
HIDDEN = JiraUser(account_id="new", display_name="Ana", account_type="atlassian", active=True)


def test_inactive_account_alone_is_inactive() -> None:
    assert judge("ana@example.com", [OLD]).reason == "inactive account"


def test_inactive_and_hidden_account_are_several() -> None:
    """The person may have a new account with a hidden address, so the link must not be cleared."""
    assert judge("ana@example.com", [OLD, HIDDEN]).reason == "several accounts"
