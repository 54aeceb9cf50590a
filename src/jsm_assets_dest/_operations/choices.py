"""Values that Assets has for select and status attributes, from the definitions of the attributes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from attrs import frozen

from .._assets.object_types import Attribute, Status
from .._imports.identities import MappedAttribute, MappedType
from .._model.names import same_name


@frozen
class Choices:
    """Choices of the attributes of an object schema.

    Attributes:
        definitions: Attributes of all object types.
        statuses: Statuses of the object schema, and those that all object schemas share.
        parents: Id of the parent by id of the object type.
    """

    definitions: Sequence[Attribute]
    statuses: Sequence[Status]
    parents: Mapping[str, str | None]

    def of(self, mapped: MappedType, attribute: MappedAttribute) -> Mapping[str, str] | None:
        """Return the stored forms of the choices of an attribute; None if it takes any value, or if they are unknown."""
        if attribute.type not in {"select", "status"}:
            return None
        definition = self._definition(mapped, attribute)
        if definition is None:
            return None
        if attribute.type == "select":
            options = [option.strip() for option in definition.options.split(",")]
            return {option: option for option in options if option}
        allowed = [
            status
            for status in self.statuses
            if not definition.status_ids or status.id in definition.status_ids
        ]
        names = {status.name.casefold(): status.name.casefold() for status in allowed}
        return names | {status.id: status.name.casefold() for status in allowed}

    def _definition(self, mapped: MappedType, attribute: MappedAttribute) -> Attribute | None:
        # A child type inherits attributes of its parents.
        type_id: str | None = mapped.object_type_ids[0] if mapped.object_type_ids else None
        while type_id:
            for definition in self.definitions:
                if definition.object_type_id == type_id and same_name(definition.name, attribute.name):
                    return definition
            type_id = self.parents.get(type_id)
        return None
