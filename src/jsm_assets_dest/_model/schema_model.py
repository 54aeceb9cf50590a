"""The wanted model of an object schema.

A `SchemaModel` is a plain value and sends nothing. Everything else follows from it: the mapping document, the external
ids, the queries that resolve references, the findings of the linter, the import order, and a diagram.

Modules that few programs need are imported when they are first used, so that importing the model takes less time.
"""

import enum
from collections.abc import Mapping
from typing import Any, Self, cast, get_args, get_origin

from attrs import NOTHING, fields, frozen, has

from .._arguments.checking import checked
from .._assets.directory import GroupLink, UserLink
from .._display.values import plain_data, public_value
from .._wire.json_reading import JsonObject, as_object, digest_of
from .changes import renamed, without
from .findings import FindingCollector, Findings
from .graph import Graph
from .lint import lint
from .mapping_document import write_document
from .object_schema_spec import ObjectSchemaSpec, targets_first
from .references import link_of

#: Increased when older versions can't read the data of `to_dict` any more.
FORM = 1


@checked
@frozen
@public_value
class SchemaModel(ObjectSchemaSpec):
    """The object types, attributes, references, and statuses that an import needs in its object schema.

    Args:
        name: The name of the object schema. Assets keeps the schema's own name.
        object_types: In the order in which they are created.
        description: The description of the object schema.
        statuses: The statuses that the schema declares. The seven statuses of every workspace need no declaration.
        icons: The icons that the schema adds.
        namespace: The prefix of every external id. External ids must be unique in the whole workspace, so give two
            sources of the same kind, such as two Okta tenants, different namespaces. The default follows from the name.
        extra: Keys of the mapping document that have no argument here, nested as in the document. They are sent
            unchanged.
    """

    def import_order(self) -> tuple[str, ...]:
        """Return the selectors in the order in which to send records: targets of references first.

        Object types that refer to each other in a circle keep the order of the model.
        """
        return tuple(dict.fromkeys(spec.selector for spec in targets_first(self) if spec.mapped))

    @property
    def links(self) -> tuple[UserLink | GroupLink, ...]:
        """The links to users and groups of Jira that the model declares, for `ObjectSchema.link_users`."""
        return tuple(
            link_of(self, spec, attribute)
            for spec in self.object_types
            for attribute in spec.linked_attributes
        )

    def renamed(self, key: str, name: str) -> Self:
        """Rename an object type (`"people"`) or an attribute (`"people.primaryEmail"`).

        Keys, selectors, locators, and external ids don't change. Queries that are built for references use the new name.

        Raises:
            KeyError: There is no such object type or attribute.
            InvalidModelError: The name is taken, or a query of your own contains the old name of the attribute.
        """
        return renamed(self, key, name)

    def without(self, *keys: str) -> Self:
        """Remove object types (`"devices"`) and attributes (`"people.manager"`).

        Raises:
            KeyError: There is no such object type or attribute.
            InvalidModelError: A remaining part depends on a removed one: a reference points to it or looks objects up
                by it, or it is the parent of a remaining type. The error lists all such dependencies.
        """
        return without(self, keys)

    def lint(self) -> Findings:
        """Find everything that is wrong or inadvisable. Each finding has a path and a remedy."""
        return lint(self)

    def check(self) -> None:
        """Reject a model with errors. Warnings and advice pass.

        Raises:
            InvalidModelError: All errors are in its `findings`.
        """
        self.lint().raise_for_errors()

    def document(self) -> JsonObject:
        """Return the schema-and-mapping document in the edition of 2023-10-19, as `PUT …/mapping` accepts it.

        Raises:
            InvalidModelError: The model has errors, such as a mapped object type without an identifier.
        """
        self.check()
        return write_document(self)

    @classmethod
    def from_document(cls, document: Mapping[str, object]) -> Self:
        """Return the model that a schema-and-mapping document describes.

        Keys come from external ids of the form "<namespace>/<type key>/<attribute key>", otherwise from names. What the
        mapping does not fill has `mapped=False`. System attributes, which Assets lists without an external id, are left
        out. Documents contain neither `max_length` nor `adopted`.

        Raises:
            InvalidModelError: It is not such a document, a value has a wrong type, the mapping doesn't fit the schema, or an
                attribute has a type that imports don't have.
        """
        from .document_reading import read_document

        return read_document(document, cls)

    def with_document(self, document: Mapping[str, object]) -> Self:
        """Return the model after a partial schema-and-mapping document, as `PATCH …/mapping` accepts it.

        The document contains only what it changes or adds. It removes nothing, and it replaces the mapping of an object
        type as a whole. Keys, adoptions, and maximum lengths of the model don't change.

        Raises:
            InvalidModelError: A value of the document has a wrong type, or the result has a mapping of an object type or
                attribute that doesn't exist, or an attribute type that imports don't have.
        """
        from .document_contents import reject_wrong_types
        from .document_reading import read_document
        from .mapping_document import apply_document

        reject_wrong_types(document)
        return read_document(apply_document(write_document(self), document), type(self), base=self)

    def to_dict(self) -> dict[str, object]:
        """Return the whole model as JSON-ready data. `from_dict` restores it."""
        return {"form": FORM, **plain_data(self)}

    @classmethod
    def from_dict(cls, data: Mapping[str, object]) -> Self:
        """Restore a model from the data of `to_dict`.

        Raises:
            InvalidModelError: It is something else, or a later version wrote it. The error lists all mistakes.
        """
        reader = _Reader()
        if data.get("form", FORM) != FORM:
            reader.report("form", f"This version cannot read the form {data.get('form')!r}.")
        elif not isinstance(data.get("object_types"), (list, tuple)):
            reader.report("object_types", "The list of object types is missing.")
        reader.collector.raise_for_errors()
        model = reader.instance(cls, {key: value for key, value in data.items() if key != "form"}, "")
        reader.collector.raise_for_errors()
        return cast("Self", model)

    @property
    def digest(self) -> str:
        """The SHA-256 of the model, 64 hexadecimal digits. Models with the same digest are equal."""
        return digest_of(self.to_dict())

    def graph(self) -> Graph:
        """Return a diagram of the object types, attributes, and references, as Mermaid text and as SVG."""
        return Graph.of(self)

    @classmethod
    def from_classes(cls, *classes: type, name: str = "", namespace: str = "", description: str = "") -> Self:
        """Return the model that plain attrs classes or dataclasses describe. Their instances are records.

        Each class is an object type, and each field an attribute. The type of an attribute follows from the annotation;
        further options come from `Annotated[str, attribute(label=True)]`. See `jsm_assets_dest.attribute` and
        `jsm_assets_dest.object_type`.

        Args:
            classes: attrs classes or dataclasses.
            name: The name of the object schema. The default is the name of the module of the first class.
            namespace: The prefix of every external id. The default follows from the name.
            description: The description of the object schema.

        Raises:
            InvalidModelError: An annotation has no counterpart in Assets. The error lists all such fields.
        """
        from .classes import read_classes

        return read_classes(classes, cls, name=name, namespace=namespace, description=description)

    def __repr__(self) -> str:
        attribute_count = sum(len(spec.attributes) for spec in self.object_types)
        types, attributes = (
            len(self.object_types),
            f"{attribute_count} attribute{'s' * (attribute_count != 1)}",
        )
        return f'<SchemaModel "{self.name}": {types} object type{"s" * (types != 1)}, {attributes}>'

    def _repr_html_(self) -> str:
        return self.graph()._repr_html_()


class _Reader:
    """Reads values by the types of the fields, and collects all mistakes for one error."""

    def __init__(self) -> None:
        self.collector = FindingCollector()

    def report(self, path: str, message: str) -> None:
        self.collector.error("unreadable", path, message, "Pass the data of `to_dict` unchanged.")

    def instance(self, cls: type[Any], source: Mapping[str, object], path: str) -> object:
        """Read an instance of an attrs class. If anything is wrong, report it and return None."""
        prefix = f"{path}." if path else ""
        class_fields = fields(cls)
        for name in sorted(set(source) - {field.name for field in class_fields}):
            self.report(f"{prefix}{name}", "A model has no such key.")
        arguments: dict[str, object] = {}
        for field in class_fields:
            if field.name in source:
                arguments[field.name] = self._value(field.type, source[field.name], f"{prefix}{field.name}")
            elif field.default is NOTHING:
                self.report(f"{prefix}{field.name}", "It is missing.")
        return None if len(self.collector.findings()) else cls(**arguments)

    def _value(self, kind: Any, value: object, path: str) -> object:
        origin, options = get_origin(kind), get_args(kind)
        if type(None) in options:
            return None if value is None else self._value(options[0], value, path)
        if origin is tuple and isinstance(value, (list, tuple)):
            return [
                self._value(options[0], item, f"{path}[{position}]")
                for position, item in enumerate(cast("list[object]", value))
            ]
        if origin is Mapping and isinstance(value, Mapping):
            return as_object(value)
        if origin is None and has(kind) and isinstance(value, Mapping):
            return self.instance(kind, as_object(value), path)
        if kind in (str, bool, int) and type(value) is kind:
            return value
        if isinstance(kind, enum.EnumMeta):
            choices = [str(member.value) for member in cast("type[enum.Enum]", kind)]
            if value in choices:
                return value
            self.report(path, f"{value!r} is not one of: {', '.join(choices)}.")
        else:
            self.report(
                path, f"{value!r} is not {_KINDS.get(kind, 'a list' if origin is tuple else 'an object')}."
            )
        return None


_KINDS: dict[object, str] = {str: "a string", bool: "true or false", int: "a whole number"}
