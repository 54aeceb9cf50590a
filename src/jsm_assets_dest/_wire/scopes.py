"""The scopes that requests need, from Atlassian's OpenAPI documents of Assets, Jira, and JSM."""

from __future__ import annotations

import re

from .request import Request

#: All scopes that the job needs. A token's scopes can't be changed later, so a message names all of them.
ALL_SCOPES = (
    "read:jira-user",
    "read:jira-work",
    "read:servicedesk-request",
    "read:cmdb-schema:jira",
    "write:cmdb-schema:jira",
    "read:cmdb-type:jira",
    "read:cmdb-attribute:jira",
    "write:cmdb-attribute:jira",
    "read:cmdb-object:jira",
    "write:cmdb-object:jira",
    "import:import-configuration:cmdb",
)

_FAMILIES: tuple[tuple[str, str], ...] = (
    # The first match applies.
    (r"/importsource/|/import/start|/imports/|/progress/", "import:import-configuration:cmdb"),
    (r"/objecttypeattribute/|/attributes$", "{verb}:cmdb-attribute:jira"),
    (r"/objecttype/|/objecttypes(/|$)", "{verb}:cmdb-type:jira"),
    (r"/objectschema", "{verb}:cmdb-schema:jira"),
    (r"/icon", "read:cmdb-icon:jira"),
    (r"/config/|/usage", "{verb}:cmdb-config:jira"),
    (r"/object/|/objectconnectedtickets/|/aql/", "{verb}:cmdb-object:jira"),
    (r"/rest/servicedeskapi/", "read:servicedesk-request"),
    (r"/myself$|/rest/api/3/(users?|groups?)/", "read:jira-user"),
    (r"/rest/api/", "read:jira-work"),
)


def scopes_for(request: Request) -> tuple[str, ...]:
    """Return the scopes that a request needs, if known."""
    # A search is a POST that reads.
    reads = request.method == "GET" or request.path.endswith(("/aql", "/totalcount"))
    verb = "read" if reads else "delete" if request.method == "DELETE" else "write"
    path = request.path.partition("/v1/")[2] if "/jsm/" in request.path else request.path
    for pattern, scope in _FAMILIES:
        if re.search(pattern, f"/{path.lstrip('/')}"):
            return (scope.format(verb=verb),)
    return ()
