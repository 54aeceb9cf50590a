"""Entities as the JSON of the service. Unset optional fields are absent."""

from __future__ import annotations

import struct
import zlib
from functools import lru_cache

from ..world.clock import display_timestamp, timestamp
from ..world.entities import (
    DEFAULT_TYPE_NAMES,
    IMAGE_SIZES,
    Account,
    AssetObject,
    Attribute,
    AttributeType,
    HistoryEntry,
    Icon,
    ObjectSchema,
    ObjectType,
    ReferenceType,
    Status,
)
from ..world.json_reading import JsonObject, JsonValue
from ..world.schemas import object_count
from ..world.site import Site
from ..world.values import display
from .exchange import Response

MEDIA_TOKEN = "eyJhbGciOiJub25lIn0.emulated-media-token"
"""
The beginning of every avatar's token. It must not appear in exports, journals, and logs.
"""

LARGEST_IMAGE = 288

ATTRIBUTE_FIELDS = {
    # field of an attribute in requests and responses: its setting
    "label": "label",
    "description": "description",
    "typeValue": "type_value",
    "typeValueMulti": "type_value_multi",
    "additionalValue": "additional_value",
    "minimumCardinality": "minimum",
    "maximumCardinality": "maximum",
    "suffix": "suffix",
    "includeChildObjectTypes": "include_children",
    "hidden": "hidden",
    "uniqueAttribute": "unique",
    "summable": "summable",
    "regexValidation": "regex",
    "qlQuery": "ql_query",
    "iql": "ql_query",
    "options": "options",
    "displayName": "display_name",
}


class Renderer:
    """Renders entities for one request.

    Args:
        site: the site.
        base: the beginning of all links.
        language: that of the reader, for display values.
    """

    def __init__(self, site: Site, base: str, language: str = "en") -> None:
        self._site = site
        self._base = base
        self._language = language
        self._types: dict[int, JsonObject] = {}

    def _identity(self, identifier: int) -> JsonObject:
        workspace = self._site.workspace_id
        return {"workspaceId": workspace, "globalId": f"{workspace}:{identifier}", "id": str(identifier)}

    def schema(
        self, schema: ObjectSchema, *, counts: bool = True, can_manage: bool | None = None
    ) -> JsonObject:
        """Render an object schema; `canManage` only if a value is given."""
        document = self._identity(schema.id)
        document.update(name=schema.name, objectSchemaKey=schema.key, status="Ok")
        if schema.description:
            document["description"] = schema.description
        document.update(
            created=timestamp(schema.created),
            updated=timestamp(schema.updated),
            objectCount=object_count(self._site, schema) if counts else 0,
            objectTypeCount=len(schema.type_ids) if counts else 0,
        )
        if can_manage is not None:
            document["canManage"] = can_manage
        if self._site.doubts.reads_cross_schema_switch:
            document["crossSchemaReferencingAllowed"] = schema.allow_other_object_schema
        return document

    def icon(self, icon: Icon, owner: str | None = None) -> JsonObject:
        """Render an icon with links to its image, below the path of its owner if there is one."""
        link = f"{self._base}{owner or f'/icon/{icon.id}'}/icon.png?size="
        return {"id": icon.id, "name": icon.name, "url16": link + "16", "url48": link + "48"}

    def object_type(self, object_type: ObjectType) -> JsonObject:
        """Render an object type. Its icon links to the type, not to the icon."""
        cached = self._types.get(object_type.id)
        if cached is not None:
            return cached
        document = self._identity(object_type.id)
        document.update(name=object_type.name, type=0)
        if object_type.description:
            document["description"] = object_type.description
        icon = self._site.icons[object_type.icon_id]
        document["icon"] = self.icon(icon, f"/objecttype/{object_type.id}")
        document.update(
            position=object_type.position,
            created=timestamp(object_type.created),
            updated=timestamp(object_type.updated),
            objectCount=len(object_type.object_ids),
        )
        parent_id = object_type.parent_id
        if parent_id is not None:
            as_number = self._site.doubts.parent_id_as_number
            document["parentObjectTypeId"] = parent_id if as_number else str(parent_id)
        document.update(
            objectSchemaId=str(object_type.schema_id),
            inherited=object_type.inherited,
            abstractObjectType=object_type.abstract,
            parentObjectTypeInherited=self._site.inherits(object_type),
        )
        self._types[object_type.id] = document
        return document

    def attribute(self, attribute: Attribute, *, with_type: bool = False) -> JsonObject:
        """Render the definition of an attribute.

        Args:
            attribute: the attribute.
            with_type: add the object type, as some lists do.
        """
        document = self._identity(attribute.id)
        if with_type:
            document["objectType"] = self.object_type(self._site.types[attribute.type_id])
        document.update(name=attribute.name, type=attribute.type)
        if attribute.type == AttributeType.DEFAULT and attribute.default_type is not None:
            name = DEFAULT_TYPE_NAMES[attribute.default_type]
            document["defaultType"] = {"id": attribute.default_type, "name": name}
        if attribute.type == AttributeType.REFERENCE:
            # The target is in `referenceObjectTypeId` and `referenceObjectType`, not in `typeValue`.
            kind = self._site.reference_types[int(attribute.additional_value or "0")]
            target = self._site.types[int(attribute.type_value or "0")]
            document["referenceType"] = self.reference_type(kind)
            document["referenceObjectTypeId"] = str(target.id)
            document["referenceObjectType"] = self.object_type(target)
        for name, setting in ATTRIBUTE_FIELDS.items():
            value = getattr(attribute, setting)
            hides_target = attribute.is_reference and name in ("typeValue", "additionalValue")
            if value not in (None, []) and not hides_target and (value or name != "description"):
                document[name] = value
        document.update(
            editable=attribute.editable,
            system=attribute.system,
            sortable=True,
            indexed=True,
            removable=attribute.removable,
            position=attribute.position,
        )
        return document

    def status(self, status: Status, *, full: bool = False, nested: bool = False) -> JsonObject:
        """Render a status type. Global ones have a null schema; lists leave out workspace and global id."""
        document: JsonObject = self._identity(status.id) if full else {"id": str(status.id)}
        document.update(name=status.name, description=status.description, category=status.category)
        if status.schema_id is not None or not nested:
            document["objectSchemaId"] = str(status.schema_id) if status.schema_id is not None else None
        return document

    def reference_type(self, kind: ReferenceType) -> JsonObject:
        """Render a reference type."""
        document = self._identity(kind.id)
        document["name"] = kind.name
        if kind.description:
            document["description"] = kind.description
        document.update(
            color=kind.color,
            url16=f"{self._base}/config/referencetype/{kind.id}/image.png?size=16",
            removable=kind.removable,
        )
        if kind.schema_id is not None:
            document["objectSchemaId"] = str(kind.schema_id)
        return document

    # Objects ------------------------------------------------------------------------------------------------

    def asset(self, asset: AssetObject, *, attributes: bool = False, definitions: bool = True) -> JsonObject:
        """Render an object.

        Args:
            asset: the object.
            attributes: add its values.
            definitions: add its definition to each attribute; searches return them once per page instead.
        """
        site = self._site
        label = site.label_of(asset)
        document = self._identity(asset.id)
        document.update(
            label=label,
            objectKey=site.key_of(asset),
            avatar=self._avatar(asset),
            objectType=self.object_type(site.types[asset.type_id]),
            created=timestamp(asset.created),
            updated=timestamp(asset.updated),
            hasAvatar=asset.has_avatar,
            timestamp=asset.created,
        )
        if attributes:
            document["attributes"] = self.object_attributes(asset, definitions=definitions)
        document["_links"] = {"self": f"{self._base}/object/{asset.id}"}
        document["name"] = label
        return document

    def _avatar(self, asset: AssetObject) -> JsonObject:
        link = f"{self._base}/objecttype/{asset.type_id}/icon.png?size="
        workspace = self._site.workspace_id
        avatar: JsonObject = {"workspaceId": workspace, "globalId": f"{workspace}:{asset.id}"}
        avatar.update({f"url{size}": f"{link}{size}" for size in IMAGE_SIZES})
        if asset.avatar_uuid is not None:
            avatar["avatarUUID"] = asset.avatar_uuid
        avatar["objectId"] = str(asset.id)
        if self._site.doubts.avatar_token:
            avatar["mediaClientConfig"] = {
                "clientId": self._site.cloud_id,
                "mediaBaseUrl": "https://api.media.atlassian.com",
                "mediaJwtToken": f"{MEDIA_TOKEN}.{asset.id}",
                "fileId": str(asset.id),
            }
        return avatar

    def object_attributes(self, asset: AssetObject, *, definitions: bool = True) -> list[JsonValue]:
        """Render the attributes of an object that have values, by position. System attributes always have one."""
        documents: list[JsonValue] = []
        for attribute in self._site.attributes_of(self._site.types[asset.type_id]):
            if attribute.system:
                values = [self._system_value(asset, attribute)]
            else:
                values = [self.value(attribute, value) for value in asset.values.get(attribute.id, ())]
            if not values:
                continue
            document = self._identity(asset.id * 100_000 + attribute.id)
            if definitions:
                document["objectTypeAttribute"] = self.attribute(attribute)
            document["objectTypeAttributeId"] = str(attribute.id)
            document["objectAttributeValues"] = values
            document["objectId"] = str(asset.id)
            documents.append(document)
        return documents

    def _system_value(self, asset: AssetObject, attribute: Attribute) -> JsonObject:
        if attribute.name == "Key":
            key = self._site.key_of(asset)
            return _plain(key, key)
        moment = asset.created if attribute.name == "Created" else asset.updated
        return _plain(timestamp(moment), display_timestamp(moment, self._language))

    def value(self, attribute: Attribute, value: str) -> JsonObject:
        """One value of an attribute."""
        if attribute.type == AttributeType.REFERENCE:
            target = self._site.objects[int(value)]
            return {
                "referencedObject": self.asset(target),
                "displayValue": self._site.label_of(target),
                "searchValue": self._site.key_of(target),
                "referencedType": True,
            }
        if attribute.type == AttributeType.STATUS:
            status = self._site.statuses[int(value)]
            return self._named(value, status.name, "status", self.status(status, nested=True))
        if attribute.type == AttributeType.USER:
            account = self._site.accounts[value]
            return {**_plain(value, account.display_name), "user": self.user(account)}
        if attribute.type == AttributeType.GROUP:
            group: JsonObject = {"avatarUrl": f"{self._base}/group.png", "name": value}
            return self._named(value, value, "group", group)
        return _plain(value, display(attribute, value, self._language))

    def _named(self, value: str, display_text: str, key: str, detail: JsonObject) -> JsonObject:
        document = _plain(value, display_text)
        if self._site.doubts.group_and_status_values_in_search_value_only:
            del document["value"]
        document[key] = detail
        return document

    def user(self, account: Account) -> JsonObject:
        """Render a user as Assets shows it."""
        return {
            "avatarUrl": f"https://secure.gravatar.com/avatar/{account.account_id[-12:]}?s=48",
            "displayName": account.display_name,
            "name": account.display_name,
            "key": account.account_id,
            "isDeleted": account.deleted,
            **({"emailAddress": account.email} if account.shows_email else {}),
        }

    def jira_user(self, account: Account) -> JsonObject:
        """Render a user as Jira shows it to other users."""
        avatar = f"https://secure.gravatar.com/avatar/{account.account_id[-12:]}?s="
        return {
            "self": f"{self._base}/rest/api/3/user?accountId={account.account_id}",
            "accountId": account.account_id,
            "accountType": account.kind,
            "avatarUrls": {f"{size}x{size}": f"{avatar}{size}" for size in (16, 24, 32, 48)},
            "displayName": account.display_name,
            "active": account.active,
            "locale": "en_US",
            **({"emailAddress": account.email} if account.shows_email else {}),
        }

    def history(self, entry: HistoryEntry) -> JsonObject:
        """Render an entry of an object's history."""
        account = self._site.accounts.get(entry.account_id)
        document: JsonObject = {
            "actor": self.user(account) if account is not None else {"displayName": "Assets import"},
            "id": str(entry.id),
        }
        if entry.attribute is not None:
            document.update(
                affectedAttribute=entry.attribute, oldValue=entry.old_value, newValue=entry.new_value
            )
        document.update(type=entry.type, created=timestamp(entry.created), objectId=str(entry.object_id))
        return document


def _plain(value: str, display_text: str) -> JsonObject:
    return {"value": value, "displayValue": display_text, "searchValue": value, "referencedType": False}


def image_response(seed: str, size: int) -> Response:
    """Return a square image of at most 288 pixels in a color that depends on the seed."""
    return Response(status=200, body=image(min(size, LARGEST_IMAGE), seed), content_type="image/png")


@lru_cache(maxsize=64)
def image(size: int, seed: str) -> bytes:
    """Return a square PNG in one color that depends on the seed."""
    colour = zlib.crc32(seed.encode())
    pixel = bytes(((colour >> shift) & 0x7F) + 0x50 for shift in (0, 8, 16))
    rows = (b"\x00" + pixel * size) * size

    def part(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", size, size, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + part(b"IHDR", header)
        + part(b"IDAT", zlib.compress(rows, 9))
        + part(b"IEND", b"")
    )
