"""Okta's life cycle states as statuses that Assets accepts.

A declared status has 2 to 30 letters, digits, spaces and hyphens (Atlassian's JSON Schema of the import mapping), so
"LOCKED_OUT" cannot be one: it is declared, and sent, as "Locked Out". The states are Okta's (its OpenAPI document);
what each means for an asset, its category, is our reading.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from attrs import frozen

from .._assets.statuses import StatusCategory
from .._model.specs import StatusSpec


@frozen
class OktaStatus:
    """A state of Okta's, and the status it becomes.

    Attributes:
        state: As Okta's API spells it.
        category: What it means in Assets.
        description: Shown beside the status in Assets.
    """

    state: str
    category: StatusCategory
    description: str

    @property
    def name(self) -> str:
        """The status's legal name."""
        return status_name(self.state)


def status_name(state: str) -> str:
    """A state of Okta's as a legal status name: "LOCKED_OUT" is "Locked Out"."""
    return " ".join(word.capitalize() for word in state.replace("_", " ").split())


_ACTIVE, _INACTIVE, _PENDING = StatusCategory.ACTIVE, StatusCategory.INACTIVE, StatusCategory.PENDING

#: States of people, of applications and of devices, by the key of the object type.
STATES: Mapping[str, tuple[OktaStatus, ...]] = {
    "people": (
        OktaStatus("ACTIVE", _ACTIVE, "In use"),
        OktaStatus("STAGED", _PENDING, "Created in Okta, not activated yet"),
        OktaStatus("PROVISIONED", _PENDING, "Activated in Okta, has not signed in yet"),
        OktaStatus("RECOVERY", _PENDING, "Recovering a forgotten password"),
        OktaStatus("PASSWORD_EXPIRED", _PENDING, "Has to set a new password"),
        OktaStatus("LOCKED_OUT", _INACTIVE, "Locked after too many failed sign-ins"),
        OktaStatus("SUSPENDED", _INACTIVE, "Suspended by an administrator"),
        OktaStatus("DEPROVISIONED", _INACTIVE, "Deactivated in Okta"),
    ),
    "applications": (
        OktaStatus("ACTIVE", _ACTIVE, "In use"),
        OktaStatus("INACTIVE", _INACTIVE, "Switched off in Okta"),
    ),
    # "CREATED" is only in the examples of Okta's OpenAPI document, not in its list of device states.
    "devices": (
        OktaStatus("ACTIVE", _ACTIVE, "In use"),
        OktaStatus("CREATED", _PENDING, "Known to Okta, not activated yet"),
        OktaStatus("SUSPENDED", _INACTIVE, "Suspended by an administrator"),
        OktaStatus("UNSUSPENDED", _ACTIVE, "In use again after a suspension"),
        OktaStatus("DEACTIVATED", _INACTIVE, "Deactivated in Okta"),
    ),
}


def declared(keys: Iterable[str]) -> tuple[StatusSpec, ...]:
    """The statuses that object types need, each declared once.

    Args:
        keys: Keys of the object types that a model keeps.
    """
    found: dict[str, StatusSpec] = {}
    for key in keys:
        for one in STATES.get(key, ()):
            found.setdefault(one.name, StatusSpec(one.name, one.category, one.description))
    return tuple(found.values())
