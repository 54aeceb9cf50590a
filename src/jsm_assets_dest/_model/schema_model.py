"""The wanted model of an object schema.

A `SchemaModel` is a plain value and sends nothing. Everything else follows from it: the mapping document, the external
ids, the queries that resolve references, the findings of the linter, the import order, and a diagram.

Modules that few programs need are imported when they are first used, so that importing the model takes less time.
"""

from collections.abc import Mapping
from typing import Self

from attrs import frozen

from .._arguments.checking import checked
from .._assets.directory import GroupLink, UserLink
from .._wire.json_reading import JsonObject, digest_of
from .changes import renamed, without
from .findings import Findings
from .graph import Graph
from .links import links_of
from .lint import lint
from .mapping_document import write_document
from .object_schema_spec import ObjectSchemaSpec, targets_first
from .portable import model_from_dict, model_to_dict


@checked
@frozen(repr=False)
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

    __module__ = "jsm_assets_dest"

    def import_order(self) -> tuple[str, ...]:
        """Return the selectors in the order in which to send records: targets of references first.

        Object types that refer to each other in a circle keep the order of the model.
        """
        return tuple(dict.fromkeys(spec.selector for spec in targets_first(self) if spec.mapped))

    @property
    def links(self) -> tuple[UserLink | GroupLink, ...]:
        """The links to users and groups of Jira that the model declares, for `ObjectSchema.link_users`."""
        return links_of(self)

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
        from .document_reading import read_document
        from .document_types import reject_wrong_types
        from .mapping_document import apply_document

        reject_wrong_types(document)
        return read_document(apply_document(write_document(self), document), type(self), base=self)

    def to_dict(self) -> dict[str, object]:
        """Return the whole model as JSON-ready data. `from_dict` restores it."""
        return model_to_dict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, object]) -> Self:
        """Restore a model from the data of `to_dict`.

        Raises:
            InvalidModelError: It is something else.
        """
        return model_from_dict(data, cls)

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
