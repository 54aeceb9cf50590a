"""The scopes that calls need, for tokens that have scopes."""

from __future__ import annotations

import pytest

from jsm_assets_dest._wire.phrases import scopes_for
from jsm_assets_dest._wire.request import Request

ASSETS = "https://api.atlassian.com/ex/jira/c/jsm/assets/workspace/w/v1"
JIRA = "https://api.atlassian.com/ex/jira/c"


@pytest.mark.parametrize(
    ("method", "url", "scope"),
    [
        ("GET", f"{ASSETS}/objectschema/list", "read:cmdb-schema:jira"),
        ("POST", f"{ASSETS}/objectschema/create", "write:cmdb-schema:jira"),
        ("DELETE", f"{ASSETS}/objectschema/5", "delete:cmdb-schema:jira"),
        ("GET", f"{ASSETS}/objectschema/5/objecttypes/flat", "read:cmdb-type:jira"),
        ("GET", f"{ASSETS}/objectschema/5/attributes", "read:cmdb-attribute:jira"),
        ("PUT", f"{ASSETS}/objecttype/7", "write:cmdb-type:jira"),
        ("GET", f"{ASSETS}/objecttype/7/attributes", "read:cmdb-attribute:jira"),
        ("POST", f"{ASSETS}/objecttypeattribute/7", "write:cmdb-attribute:jira"),
        ("POST", f"{ASSETS}/object/create", "write:cmdb-object:jira"),
        ("POST", f"{ASSETS}/object/aql?startAt=0", "read:cmdb-object:jira"),
        ("POST", f"{ASSETS}/object/aql/totalcount", "read:cmdb-object:jira"),
        ("GET", f"{ASSETS}/config/statustype", "read:cmdb-config:jira"),
        ("GET", f"{ASSETS}/icon/global", "read:cmdb-icon:jira"),
        ("POST", f"{ASSETS}/importsource/i/token", "import:import-configuration:cmdb"),
        ("GET", "https://api.atlassian.com/jsm/assets/v1/imports/info", "import:import-configuration:cmdb"),
        ("GET", f"{JIRA}/rest/api/3/myself?expand=groups", "read:jira-user"),
        ("GET", f"{JIRA}/rest/api/3/user/search?query=ana", "read:jira-user"),
        ("GET", f"{JIRA}/rest/api/3/groups/picker?query=it", "read:jira-user"),
        ("GET", f"{JIRA}/rest/api/3/mypermissions?permissions=ADMINISTER", "read:jira-work"),
        ("GET", f"{JIRA}/rest/servicedeskapi/assets/workspace", "read:servicedesk-request"),
    ],
)
def test_scope_of_a_call(method: str, url: str, scope: str) -> None:
    """As in Atlassian's OpenAPI documents; a search reads although it is a POST."""
    assert scopes_for(Request(operation="x", method=method, url=url)) == (scope,)


def test_unknown_call_has_no_known_scope() -> None:
    """Nothing is made up."""
    assert scopes_for(Request(operation="x", method="GET", url="https://api.atlassian.com/elsewhere")) == ()
