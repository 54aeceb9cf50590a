"""Names, keys and external ids: how one follows from the other, and which ones the service keeps for itself."""

from __future__ import annotations

import re

#: What stands before the external ids that Assets makes up for things made without one (observed by clients).
MADE_UP_PREFIX = "cmdb::externalId"

#: Attributes that every object type has from the start and that Assets fills itself (Atlassian's OpenAPI
#: document).
SYSTEM_ATTRIBUTES = frozenset({"key", "created", "updated"})

#: The statuses of a fresh workspace (an example of Atlassian's OpenAPI document), usable without declaring
#: them.
GLOBAL_STATUSES = frozenset(
    {"action needed", "active", "closed", "in service", "running", "stopped", "support requested"}
)

#: What the import document allows in the names of statuses and icons (Atlassian's JSON Schema of 2023-10-19).
PLAIN_NAME = re.compile(r"[a-zA-Z0-9 \-]{2,30}")

#: Characters that a client saw refused in the names of schemas and object types (on Data Center).
RESERVED_CHARACTERS = '=;:?."'

_WORD = re.compile(r"[^\W_]+")


def same_name(first: str, second: str) -> bool:
    """Whether two names are the same to people: Assets keeps names apart, but not by case."""
    return first.strip().casefold() == second.strip().casefold()


def camel_case(name: str) -> str:
    """The key that a name gives: "Primary Email" is primaryEmail, "Okta ID" is oktaId, "IMEI" is imei."""
    words = [word.lower() if word.isupper() else word for word in _WORD.findall(name)]
    return "".join(
        word[:1].lower() + word[1:] if not at else word[:1].upper() + word[1:]
        for at, word in enumerate(words)
    )


def slug(name: str) -> str:
    """A namespace for a name: "Okta (EU)" is okta-eu."""
    return "-".join(word.lower() for word in _WORD.findall(name))


def plain_name(name: str) -> str:
    """The nearest name that a status or an icon may have: "LOCKED_OUT" is "Locked Out"."""
    words = re.sub(r"[^a-zA-Z0-9\-]+", " ", name).split()
    if name.upper() == name:
        words = [word.capitalize() for word in words]
    return " ".join(words)[:30].strip()


def is_made_up(external_id: str) -> bool:
    """Whether Assets made up an external id itself."""
    return external_id.startswith(MADE_UP_PREFIX)


def external_id_part(key: str) -> str:
    """A key as one step of an external id; a slash in it cannot pass for the one between two steps."""
    return key.replace("%", "%25").replace("/", "%2F")


def key_of_part(part: str) -> str:
    """The key that an external id's step was made from."""
    return part.replace("%2F", "/").replace("%25", "%")


def unused(name: str, taken: set[str]) -> str:
    """The name, or the name with the first number that makes it one nobody has; `taken` is in lower case."""
    if name.casefold() not in taken:
        return name
    number = 2
    while f"{name}{number}".casefold() in taken:
        number += 1
    return f"{name}{number}"
