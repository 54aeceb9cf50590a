"""Find the attributes that links read and fill, and create the missing ones."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from attrs import evolve, frozen

from .._assets.directory import GroupLink, UserLink
from .._assets.object_schemas import ObjectSchemaRecord
from .._assets.object_types import Attribute, ExistingObjectType
from .._http.commands import Operation
from .._model.names import same_name
from .._model.references import READABLE_TYPES
from .._plan.differences import existing_attribute
from .._session.site import Site
from .._session.workspace import ask_assets
from .._wire import object_requests as wire
from ..exceptions import (
    ConfigurationError,
    LinkAttributeError,
    ObjectTypeNotFoundError,
    ServiceUnavailableError,
    TransportError,
    ValidationError,
)
from .object_schemas import existing
from .pacing import Pace


@frozen
class Source:
    """Attribute with addresses or names, in the object itself or in an object that it refers to.

    Attributes:
        name: Name of the attribute in the object itself.
        is_multiple: True if an object can have several addresses or names.
        target_type_id: ID of the object type that a reference points to. Empty without a reference.
        target_name: Name of the attribute there.
        is_label: True if the address is the label of the object there, which references contain.
    """

    name: str
    is_multiple: bool
    target_type_id: str = ""
    target_name: str = ""
    is_label: bool = False


@frozen(kw_only=True)
class Target:
    """A link, with everything that was found for it.

    Attributes:
        link: The link.
        type_id: ID of the object type.
        type_name: Name of the object type.
        source: Attribute to read.
        attribute: Attribute to fill, or None if it must be created.
        wanted_maximum: Maximum number of values of an attribute that is created. None: what the source needs.
    """

    link: UserLink | GroupLink
    type_id: str
    type_name: str
    source: Source
    attribute: Attribute | None
    wanted_maximum: int | None = None

    @property
    def is_user(self) -> bool:
        """True for a link to users."""
        return isinstance(self.link, UserLink)

    @property
    def attribute_name(self) -> str:
        """Name of the attribute to fill."""
        return self.link.attribute if self.attribute is None else self.attribute.name

    @property
    def maximum(self) -> int:
        """Maximum number of values of the attribute to fill. -1 means no limit."""
        if self.attribute is not None:
            return self.attribute.maximum
        if self.wanted_maximum is not None:
            return self.wanted_maximum
        return -1 if self.source.is_multiple or not self.is_user else 1


def linkable_types(site: Site, schema: ObjectSchemaRecord) -> Operation[tuple[ExistingObjectType, ...]]:
    """Read the object types with all of their attributes, including the inherited ones.

    Assets lists an attribute with the object type that defines it.
    """
    types = yield from existing(site, schema.id)
    by_id = {kind.object_type.id: kind for kind in types}

    def every_attribute(kind: ExistingObjectType) -> tuple[Attribute, ...]:
        parent = by_id.get(kind.object_type.parent_id or "") if kind.object_type.parent_inherits else None
        return kind.attributes if parent is None else (*kind.attributes, *every_attribute(parent))

    return tuple(evolve(kind, attributes=every_attribute(kind)) for kind in types)


def resolve(
    schema: ObjectSchemaRecord, types: Sequence[ExistingObjectType], links: Sequence[UserLink | GroupLink]
) -> list[Target]:
    """Find the object types and attributes of links.

    Raises:
        ObjectTypeNotFoundError: An object type does not exist.
        LinkAttributeError: An attribute is missing or has another type.
        ConfigurationError: Two links fill the same attribute.
    """
    targets = [_target(schema, types, link) for link in links]
    seen: set[tuple[str, str]] = set()
    for target in targets:
        place = (target.type_id, target.attribute_name.casefold())
        if place in seen:
            raise ConfigurationError(
                f"Two links fill {target.attribute_name} of {target.type_name}. Nothing was written.",
                field="links",
                fix="Pass one link for each attribute.",
            )
        seen.add(place)
    return targets


def _target(
    schema: ObjectSchemaRecord, types: Sequence[ExistingObjectType], link: UserLink | GroupLink
) -> Target:
    kind = next((kind for kind in types if same_name(kind.object_type.name, link.object_type)), None)
    if kind is None:
        raise ObjectTypeNotFoundError(
            f'The object schema {schema.key} has no object type "{link.object_type}". Nothing was written.'
        )
    expected = "user" if isinstance(link, UserLink) else "group"
    attribute = existing_attribute(kind, link.attribute)
    type_name = kind.object_type.name
    if attribute is not None and attribute.type != expected:
        raise LinkAttributeError(
            f"Could not fill {attribute.name} of {type_name}: it has the type {attribute.type}, not {expected}.",
            cause="An attribute with this name exists, and its type and values are never changed.",
            object_type=type_name,
            attribute=attribute.name,
        )
    if attribute is not None and not attribute.editable:
        raise LinkAttributeError(
            f"Could not fill {attribute.name} of {type_name}: the attribute can't be edited.",
            object_type=type_name,
            attribute=attribute.name,
        )
    path = link.email if isinstance(link, UserLink) else link.name
    return Target(
        link=link,
        type_id=kind.object_type.id,
        type_name=type_name,
        source=_source(types, kind, path),
        attribute=attribute,
    )


def _source(types: Sequence[ExistingObjectType], kind: ExistingObjectType, path: str) -> Source:
    attribute = existing_attribute(kind, path)
    if attribute is not None:
        if attribute.type == "referenced_object":
            target = _type_of(types, attribute)
            text = ", ".join(f'"{attribute.name}.{name}"' for name in _readable_names(target)) or "none"
            raise LinkAttributeError(
                f"Could not read addresses or names from {attribute.name} of {kind.object_type.name}: it is a reference.",
                cause="An object that is referred to has several attributes, and this library does not guess.",
                remedies=(f"You: name one of its attributes after a dot: {text}.",),
                object_type=kind.object_type.name,
                attribute=attribute.name,
            )
        return Source(_readable(kind, attribute).name, attribute.maximum != 1)
    for head, tail in _splits(path):
        reference = existing_attribute(kind, head)
        if reference is not None and reference.type == "referenced_object":
            target = _type_of(types, reference)
            inner = None if target is None else existing_attribute(target, tail)
            if target is None or inner is None:
                raise _missing(kind, path, f"the objects that {reference.name} refers to have no {tail}")
            return Source(
                reference.name,
                reference.maximum != 1 or inner.maximum != 1,
                target.object_type.id,
                _readable(target, inner).name,
                inner.label,
            )
    raise _missing(kind, path, "the attribute does not exist")


def _splits(path: str) -> Iterator[tuple[str, str]]:
    """Yield the two parts of a path at each of its dots, because names can contain dots too."""
    for position, character in enumerate(path):
        if character == ".":
            yield path[:position], path[position + 1 :]


def _type_of(types: Sequence[ExistingObjectType], reference: Attribute) -> ExistingObjectType | None:
    wanted = reference.reference_object_type_id
    return next((kind for kind in types if kind.object_type.id == wanted), None)


def _readable_names(kind: ExistingObjectType | None) -> list[str]:
    attributes = () if kind is None else kind.attributes
    emails = [attribute.name for attribute in attributes if attribute.type == "email"]
    return emails or [
        attribute.name for attribute in attributes if attribute.type == "text" and not attribute.system
    ]


def _readable(kind: ExistingObjectType, attribute: Attribute) -> Attribute:
    if attribute.type not in READABLE_TYPES:
        raise LinkAttributeError(
            f"Could not read addresses or names from {attribute.name} of {kind.object_type.name}: it has the type "
            f"{attribute.type}.",
            cause="Addresses and names are text.",
            remedies=("You: name an attribute of the type text or email.",),
            object_type=kind.object_type.name,
            attribute=attribute.name,
        )
    return attribute


def _missing(kind: ExistingObjectType, path: str, reason: str) -> LinkAttributeError:
    names = ", ".join(_readable_names(kind)[:10])
    return LinkAttributeError(
        f"Could not read {path} of {kind.object_type.name}: {reason}.",
        cause=f"The name is misspelled. Attributes that can have an address: {names or 'none'}.",
        remedies=("You: correct the name of the attribute.",),
        object_type=kind.object_type.name,
        attribute=path,
    )


def require_attributes(targets: Sequence[Target]) -> None:
    """Check that the attributes to fill exist.

    Raises:
        LinkAttributeError: One is missing.
    """
    for target in targets:
        if target.attribute is None:
            kind = "User" if target.is_user else "Group"
            place = f"the object schema > {target.type_name} > Attributes"
            raise LinkAttributeError(
                f"Could not link {target.type_name}: it has no attribute {target.attribute_name}.",
                cause="An attribute is created only if you ask for it.",
                remedies=(
                    "You: pass create_attribute=True.",
                    f"Or an object schema manager: in Assets > {place}, add {target.attribute_name} with the type {kind}.",
                ),
                object_type=target.type_name,
                attribute=target.attribute_name,
            )


def create_missing(
    site: Site, schema: ObjectSchemaRecord, targets: Sequence[Target], pace: Pace
) -> Operation[list[Target]]:
    """Create the attributes to fill that do not exist."""
    result: list[Target] = []
    for target in targets:
        attribute = target.attribute
        if attribute is None:
            attribute = yield from pace.insist(_create, site, schema, target)
        result.append(evolve(target, attribute=attribute))
    return result


def _create(site: Site, schema: ObjectSchemaRecord, target: Target) -> Operation[Attribute]:
    number = wire.USER if target.is_user else wire.GROUP

    def request(maximum: int) -> Operation[Attribute]:
        response = yield from ask_assets(
            site, wire.create_attribute, target.type_id, target.attribute_name, number, maximum
        )
        return Attribute.from_json(response.json(), target.type_id)

    try:
        return (yield from request(target.maximum))
    except ValidationError:
        if target.maximum == 1:
            raise
        # One migration program reports that Assets rejects an unlimited number of values.
        return (yield from request(wire.MOST_VALUES))
    except (TransportError, ServiceUnavailableError):
        # The outcome is unknown, and names are unique: read what exists.
        for kind in (yield from linkable_types(site, schema)):
            attribute = existing_attribute(kind, target.attribute_name)
            if kind.object_type.id == target.type_id and attribute is not None:
                return attribute
    return (yield from request(target.maximum))
