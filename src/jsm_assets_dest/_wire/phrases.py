"""Operations, durations, and times in messages; operations in the words of a user, with the scopes that they need.

Operation codes stay in `error.operation`, in logs, and in planned faults. A part in brackets is left out if its value is
unknown.
"""

from __future__ import annotations

import datetime
import math
import re
from collections.abc import Mapping
from typing import Final

from .request import Request

PHRASES: Final[Mapping[str, str]] = {
    "read myself": "log in[ to {site}][ as {account}]",
    "request access token": "log in[ to {site}][ as {account}]",
    "list accessible resources": "read the sites that the OAuth token was granted for",
    "read tenant info": "reach the Jira site[ {site}]",
    "read server info": "reach the Jira site[ {site}]",
    "find workspace": "find Assets[ on {site}]",
    "read permissions": "read the permissions[ of {account}][ on {site}]",
    "read licence": "read the plan[ of {site}]",
    "read service desk info": "read the plan[ of {site}]",
    "list service desks": "read the service desks[ of {site}]",
    "list object schemas": "read the object schemas",
    "get object schema": "read the object schema[ {subject}]",
    "create object schema": "create the object schema[ {subject}]",
    "update object schema": "update the object schema[ {subject}]",
    "delete object schema": "delete the object schema[ {subject}]",
    "read schema properties": "read the settings of the object schema[ {subject}]",
    "update schema properties": "change the settings of the object schema[ {subject}]",
    "list object types flat": "read the object types[ of {subject}]",
    "list schema attributes": "read the object types[ of {subject}]",
    "search objects": "read the objects[ of {subject}]",
    "count objects": "count the objects[ of {subject}]",
    "get object type": "read the object type[ {subject}]",
    "update object type": "rename the object type[ {subject}]",
    "delete object type": "delete the object type[ {subject}]",
    "list statuses": "read the statuses[ of {subject}]",
    "create status": "create the status[ {subject}]",
    "list roles": "read the roles[ of {subject}]",
    "get role": "read the roles[ of {subject}]",
    "set role": "set the roles[ of {subject}]",
    "create attribute": "create the attribute[ {subject}]",
    "update object": "change the object[ {subject}]",
    "get object": "read the object[ {subject}]",
    "list object history": "read the history of objects",
    "search users": "search the users[ of {site}]",
    "get users": "read the users[ of {site}]",
    "list users": "read the users[ of {site}]",
    "pick groups": "search the groups[ of {site}]",
    "find groups": "read the groups[ of {site}]",
    "list import sources": "read the imports[ of {subject}]",
    "get import source": "read the import[ {subject}]",
    "create import token": "generate an import token[ for {subject}]",
    "read import info": "check the import token[ for {subject}]",
    "read import status": "check the import token[ for {subject}]",
    "read mapping": "build the model[ in {subject}]",
    "submit mapping": "build the model[ in {subject}]",
    "update mapping": "build the model[ in {subject}]",
    "read mapping progress": "build the model[ in {subject}]",
    "start import": "start the import[ into {subject}]",
    "submit chunk": "send[ {subject}]",
    "complete import": "complete the import[ into {subject}]",
    "submit progress": "report the progress of the import[ into {subject}]",
    "read execution status": "read the progress of the import[ into {subject}]",
    "read latest execution status": "read the progress of the import[ into {subject}]",
    "cancel import": "cancel the import[ into {subject}]",
    "record failed import": "cancel the import[ into {subject}]",
}
_OPTIONAL = r"\[([^\[\]{}]*)\{(\w+)\}\]"


def could_not(operation: str, *, site: str = "", account: str = "", subject: str = "") -> str:
    """Return the beginning of a first line: "Could not create the object schema OKT".

    Args:
        operation: The operation code.
        site: The host of the site.
        account: The account, such as an email address.
        subject: The item that the operation is about.
    """
    values = {"site": site, "account": account, "subject": subject}
    phrase = re.sub(
        _OPTIONAL,
        lambda part: f"{part[1]}{values[part[2]]}" if values[part[2]] else "",
        PHRASES.get(operation, operation),
    )
    return f"Could not {'send the records' if phrase == 'send' else phrase}"


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


MINUTE, HOUR, DAY = 60, 3600, 86_400


def duration(seconds: float) -> str:
    """Return a duration in its two largest units, rounded up: "1 hour 5 minutes"."""
    if 0 < seconds < 1:
        return f"{seconds:.2g} seconds"
    seconds = max(0, math.ceil(seconds))
    if seconds < MINUTE:
        return _count(seconds, "second")
    if seconds < HOUR:
        return _two_units(seconds, (MINUTE, "minute"), (1, "second"))
    if math.ceil(seconds / MINUTE) * MINUTE < DAY:
        return _two_units(seconds, (HOUR, "hour"), (MINUTE, "minute"))
    return _two_units(seconds, (DAY, "day"), (HOUR, "hour"))


def _two_units(seconds: int, large: tuple[int, str], small: tuple[int, str]) -> str:
    rounded = math.ceil(seconds / small[0]) * small[0]
    large_count, rest = divmod(rounded, large[0])
    text = _count(large_count, large[1])
    return f"{text} {_count(rest // small[0], small[1])}" if rest else text


def _count(number: int, unit: str) -> str:
    return f"{number:,} {unit}" if number == 1 else f"{number:,} {unit}s"


def clock_time(timestamp: float, now: float | None = None) -> str:
    """Return a time of day, rounded up to the minute: "17:05 UTC"; with the date if it is not today.

    Args:
        timestamp: Seconds since 1970.
        now: The current time, in the same unit, or None if the day doesn't matter.
    """
    time = datetime.datetime.fromtimestamp(math.ceil(timestamp / MINUTE) * MINUTE, datetime.UTC)
    if now is not None and time.date() != datetime.datetime.fromtimestamp(now, datetime.UTC).date():
        return f"{time:%Y-%m-%d %H:%M} UTC"
    return f"{time:%H:%M} UTC"


def wait_text(seconds: float, until: float | None) -> str:
    """Return a wait, with the time of its end if it is a minute or longer: "1 hour 5 minutes, until 17:05 UTC"."""
    if until is None or seconds < MINUTE or seconds > 365 * DAY:
        return duration(seconds)
    return f"{duration(seconds)}, until {clock_time(until, until - seconds)}"
