"""The wanted model of an object schema: object types, attributes, references, statuses, and where records fill
them.

A `SchemaModel` is a plain value. From it follow the mapping document that Assets takes, the external ids, the
queries that resolve references, the findings of the linter, the order of the import and a picture. It never
talks to anything; `jsm_assets_dest._plan.build_plan` compares it with what an import source has,
`jsm_assets_dest._plan.conflicts` with what a schema has.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from attrs import evolve, field, frozen

from .._wire.json_reading import JsonObject, digest_of
from .names import external_id_part, same_name, slug
from .specs import (
    IconSpec,
    ObjectTypeSpec,
    StatusSpec,
)

if TYPE_CHECKING:
    from .findings import Findings
    from .graph import Graph


def _object_types(values: Iterable[ObjectTypeSpec]) -> tuple[ObjectTypeSpec, ...]:
    return tuple(values)


def _statuses(values: Iterable[StatusSpec]) -> tuple[StatusSpec, ...]:
    return tuple(values)


def _icons(values: Iterable[IconSpec]) -> tuple[IconSpec, ...]:
    return tuple(values)


@frozen
class SchemaModel:
    """What an import wants to find in its object schema.

    Args:
        name: The name of the object schema; for people, Assets keeps the schema's own name.
        object_types: In the order in which they shall be created.
        description: Of the object schema.
        statuses: Statuses that the schema declares; the seven of every workspace need no declaring.
        icons: Icons that the schema brings along.
        namespace: Stands at the front of every external id, which have to be unique in the whole workspace:
            give two sources of the same kind, such as two Okta tenants, two namespaces. By default made from
            the name.
    """

    name: str
    object_types: tuple[ObjectTypeSpec, ...] = field(default=(), converter=_object_types)
    description: str = field(default="", kw_only=True)
    statuses: tuple[StatusSpec, ...] = field(default=(), converter=_statuses, kw_only=True)
    icons: tuple[IconSpec, ...] = field(default=(), converter=_icons, kw_only=True)
    namespace: str = field(default="", kw_only=True)

    def __attrs_post_init__(self) -> None:
        if not self.namespace:
            object.__setattr__(self, "namespace", slug(self.name))

    # --- looking things up

    def has_object_type(self, key: str) -> bool:
        """Whether an object type has this key."""
        return any(spec.key == key for spec in self.object_types)

    def object_type(self, key: str) -> ObjectTypeSpec:
        """The object type with this key.

        Raises:
            KeyError: There is none.
        """
        for spec in self.object_types:
            if spec.key == key:
                return spec
        known = ", ".join(spec.key for spec in self.object_types) or "none"
        raise KeyError(f"the model has no object type with the key “{key}”; it has: {known}")

    def find_object_type(self, name_or_key: str) -> ObjectTypeSpec | None:
        """The object type with this key, else the one with this name in any case, else None."""
        for spec in self.object_types:
            if spec.key == name_or_key:
                return spec
        return next((spec for spec in self.object_types if same_name(spec.name, name_or_key)), None)

    def external_id(self, key: str, attribute_key: str | None = None) -> str:
        """The external id of an object type, or of one of its attributes: its own, or the one the namespace
        gives it.

        Raises:
            KeyError: There is no such object type or attribute.
        """
        spec = self.object_type(key)
        if attribute_key is None:
            return spec.external_id or f"{self.namespace}/{external_id_part(key)}"
        attribute = spec.attribute(attribute_key)
        parts = f"{external_id_part(key)}/{external_id_part(attribute_key)}"
        return attribute.external_id or f"{self.namespace}/{parts}"

    @property
    def selectors(self) -> tuple[str, ...]:
        """The selectors under which records are given, in the model's order."""
        return tuple(spec.selector for spec in self.object_types if spec.mapped)

    def import_order(self) -> tuple[str, ...]:
        """The selectors in the order in which records should be sent: targets of references first.

        Object types that refer to each other in a circle keep the model's order.
        """
        from .order import targets_first

        return tuple(spec.selector for spec in targets_first(self) if spec.mapped)

    # --- changing, as a new value

    def with_object_type(self, spec: ObjectTypeSpec) -> SchemaModel:
        """The model with an object type put in the place of the one with the same key, or at the end."""
        if not self.has_object_type(spec.key):
            return evolve(self, object_types=(*self.object_types, spec))
        return evolve(
            self, object_types=tuple(spec if one.key == spec.key else one for one in self.object_types)
        )

    def renamed(self, key: str, name: str) -> SchemaModel:
        """The model with another name for an object type (`"people"`) or an attribute (`"people.primaryEmail"`).

        Keys, selectors, locators and external ids stay; queries built for references follow the new name.

        Raises:
            KeyError: There is no such object type or attribute.
            InvalidModelError: The name is taken, or a query of your own names the attribute by its old name.
        """
        from .changes import renamed

        return renamed(self, key, name)

    def without(self, *keys: str) -> SchemaModel:
        """The model without these object types (`"devices"`) and attributes (`"people.manager"`).

        Raises:
            KeyError: There is no such object type or attribute.
            InvalidModelError: Something kept depends on something dropped: a reference points to it or looks
                it up by it, or it is the parent of a kept type. All such dependencies are named.
        """
        from .changes import without

        return without(self, keys)

    # --- checking

    def lint(self) -> Findings:
        """Everything that is wrong or unwise, in one pass, each with its path and a remedy."""
        from .lint import lint

        return lint(self)

    def check(self) -> None:
        """Refuse a model with errors; warnings and advice pass.

        Raises:
            InvalidModelError: With all errors in `findings`.
        """
        self.lint().raise_for_errors()

    # --- documents

    def document(self) -> JsonObject:
        """The schema-and-mapping document in the edition of 2023-10-19, as `PUT …/mapping` takes it.

        Raises:
            InvalidModelError: The model has errors, such as a mapped object type without an identifier.
        """
        from .._plan.mapping_document import write_document

        self.check()
        return write_document(self)

    @classmethod
    def from_document(cls, document: Mapping[str, object]) -> SchemaModel:
        """The model that a document describes: one of ours, or what `GET …/schema-and-mapping` answers.

        Keys come from external ids of the form "<namespace>/<type key>/<attribute key>", else from names.
        What the mapping does not fill is there with `mapped=False`. System attributes, which Assets lists
        without an external id, are left out. Documents do not carry `max_length` and `adopted`.

        Raises:
            InvalidModelError: It is no such document, or it uses an attribute type that imports do not have.
        """
        from .._plan.document_reading import read_document

        return read_document(document)

    def to_dict(self) -> dict[str, object]:
        """The whole model as JSON-ready data; `from_dict` reads it back, equal."""
        from .portable import model_to_dict

        return model_to_dict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, object]) -> SchemaModel:
        """Read what `to_dict` wrote.

        Raises:
            InvalidModelError: It is something else.
        """
        from .portable import model_from_dict

        return model_from_dict(data)

    @property
    def digest(self) -> str:
        """The SHA-256 of the model, 64 hexadecimal digits: two models with the same digest are equal."""
        return digest_of(self.to_dict())

    # --- pictures and classes

    def graph(self) -> Graph:
        """A picture of the object types, their attributes and references, as Mermaid text and as SVG."""
        from .graph import Graph

        return Graph.of(self)

    def _repr_html_(self) -> str:
        return self.graph()._repr_html_()

    @classmethod
    def from_classes(
        cls, *classes: type, name: str = "", namespace: str = "", description: str = ""
    ) -> SchemaModel:
        """The model that plain attrs classes or dataclasses describe, so that their instances can be imported.

        Each class is an object type, each field an attribute; the type of an attribute follows from the
        annotation, further flags from `Annotated[str, attribute(label=True)]`. See
        `jsm_assets_dest.attribute` and `jsm_assets_dest.object_type`.

        Args:
            classes: attrs classes or dataclasses.
            name: The name of the object schema; by default the name of the module of the first class.
            namespace: As for the model itself.
            description: Of the object schema.

        Raises:
            InvalidModelError: An annotation has no counterpart in Assets; all such fields are named.
        """
        from .classes import read_classes

        return read_classes(classes, name=name, namespace=namespace, description=description)
