"""Names, keys, and external ids: how they follow from each other, and which ones Assets reserves."""

import re
from collections.abc import Collection, Iterable
from typing import Protocol, TypeVar

#: The prefix of external ids that Assets generates for what was created without one (seen by clients).
GENERATED_PREFIX = "cmdb::externalId"

#: Attributes that Assets adds to every object type and fills itself (Atlassian's OpenAPI document).
SYSTEM_ATTRIBUTES = frozenset({"key", "created", "updated"})

#: The statuses of a new workspace (an example of Atlassian's OpenAPI document). They need no declaration.
GLOBAL_STATUSES = frozenset(
    {"action needed", "active", "closed", "in service", "running", "stopped", "support requested"}
)

#: The names of statuses and icons (Atlassian's JSON Schema of 2023-10-19).
PLAIN_NAME = re.compile(r"[a-zA-Z0-9 \-]{2,30}")

#: Characters that Data Center rejected in the names of schemas and object types (seen by a client).
RESERVED_CHARACTERS = '=;:?."'

_WORD = re.compile(r"[^\W_]+")


def same_name(first: str, second: str) -> bool:
    """Compare two names without case, as Assets does."""
    return first.strip().casefold() == second.strip().casefold()


class _Named(Protocol):
    @property
    def name(self) -> str: ...


_NamedT = TypeVar("_NamedT", bound=_Named)


def with_name(items: Iterable[_NamedT], name: str) -> _NamedT | None:
    """Return the first item with this name in any case, or None."""
    return next((item for item in items if same_name(item.name, name)), None)


def camel_case(name: str) -> str:
    """Make a key of a name: "Primary Email" becomes primaryEmail, "Okta ID" oktaId, "IMEI" imei."""
    words = [word.lower() if word.isupper() else word for word in _WORD.findall(name)]
    return "".join(
        word[:1].upper() + word[1:] if position else word[:1].lower() + word[1:]
        for position, word in enumerate(words)
    )


def slug(name: str) -> str:
    """Make a namespace of a name: "Okta (EU)" becomes okta-eu."""
    return "-".join(word.lower() for word in _WORD.findall(name))


def plain_name(name: str) -> str:
    """Make a name that a status or an icon can have: "LOCKED_OUT" becomes "Locked Out". Return "" if too little remains."""
    words = re.sub(r"[^a-zA-Z0-9\-]+", " ", name).split()
    if name.upper() == name:
        words = [word.capitalize() for word in words]
    plain = " ".join(words)[:30].strip()
    return plain if PLAIN_NAME.fullmatch(plain) else ""


def is_generated(external_id: str) -> bool:
    """Return True if Assets generated this external id."""
    return external_id.startswith(GENERATED_PREFIX)


def external_id_part(key: str) -> str:
    """Escape a key as one step of an external id."""
    return key.replace("%", "%25").replace("/", "%2F")


def key_of_part(part: str) -> str:
    """Restore the key from one step of an external id."""
    return part.replace("%2F", "/").replace("%25", "%")


def next_namespace(namespace: str, used: Collection[str]) -> str:
    """Return the namespace with the next number that is not in use. `used` contains namespaces in lowercase."""
    base, _, number = namespace.rpartition("-")
    if not (base and number.isdecimal()):
        base, number = namespace, "1"
    next_number = int(number) + 1
    while f"{base}-{next_number}".casefold() in used:
        next_number += 1
    return f"{base}-{next_number}"


def unused(name: str, used: Collection[str]) -> str:
    """Append the first number that makes a name unique. `used` contains names in lowercase."""
    if name.casefold() not in used:
        return name
    number = 2
    while f"{name}{number}".casefold() in used:
        number += 1
    return f"{name}{number}"
