"""Small models that the tests start from."""

from __future__ import annotations

import base64
import struct

from jsm_assets_dest._assets.object_types import StatusCategory
from jsm_assets_dest._model.schema_model import SchemaModel
from jsm_assets_dest._model.specs import AttributeSpec, IconSpec, ObjectTypeSpec, ReferenceSpec, StatusSpec


def png(width: int = 48, height: int = 48) -> str:
    """Return the beginning of a PNG of this size as base64, which is all that the linter reads."""
    header = b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + b"IHDR" + struct.pack(">II", width, height)
    return base64.b64encode(header).decode()


ID = AttributeSpec("Okta ID", identifier=True, unique=True)
NAME = AttributeSpec("Display Name", label=True)

GROUPS = ObjectTypeSpec("Groups", [ID, NAME, AttributeSpec("Group Type", "select")], description="Of people.")
PEOPLE = ObjectTypeSpec(
    "People",
    [
        ID,
        NAME,
        AttributeSpec("Primary Email", "email", unique=True, description="At work."),
        AttributeSpec("Status", "status", statuses=["Active", "Locked Out"]),
        AttributeSpec("Groups", reference=ReferenceSpec("groups"), maximum=10),
        AttributeSpec("Manager", reference=ReferenceSpec("people", by="primaryEmail")),
    ],
    icon_key="person",
    description="Who works here.",
)
MODEL = SchemaModel(
    "Okta",
    [PEOPLE, GROUPS],
    description="Auto-generated Okta data.",
    statuses=[StatusSpec("Locked Out", StatusCategory.INACTIVE)],
    icons=[IconSpec("person", "Person", png())],
)


def one_type(*attributes: AttributeSpec, **options: str | bool) -> SchemaModel:
    """Return a model of one object type, `things`, with identifier and label before these attributes."""
    spec = ObjectTypeSpec("Things", [ID, NAME, *attributes], **options)  # type: ignore[arg-type]
    return SchemaModel("Sample", [spec])
