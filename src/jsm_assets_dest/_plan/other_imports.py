"""Other imports of the site that use the same external ids or fill the same object types.

External ids are unique in the whole workspace, and each import that is set to remove missing objects removes every object
of its types that its own records do not contain (Atlassian's guide to the mapping document, and its help pages).
"""

from collections.abc import Collection, Iterator, Mapping

from attrs import frozen

from .._model.mapping_document import walk
from .._model.schema_model import SchemaModel
from .._wire.json_reading import as_object, as_objects, as_text
from .build_plan import UNIQUE, PlanItem, PlanKind, PlanSubject, item_maker
from .matching import Match


@frozen
class OtherImport:
    """Another import of the site.

    Attributes:
        name: Its name.
        schema_key: The key of its object schema.
        is_neighbor: True if it belongs to the same object schema.
        document: Its schema and mapping.
    """

    name: str
    schema_key: str
    is_neighbor: bool
    document: Mapping[str, object]

    def __str__(self) -> str:
        return f'the import "{self.name}" of the object schema {self.schema_key}'

    @property
    def external_ids(self) -> frozenset[str]:
        """The external ids of its object types and attributes."""
        schema = as_object(as_object(self.document.get("schema")).get("objectSchema"))
        types = [entry for entry, _ in walk(schema.get("objectTypes"))]
        attributes = [attribute for entry in types for attribute in as_objects(entry.get("attributes"))]
        return frozenset(as_text(entry.get("externalId")) for entry in [*types, *attributes]) - {""}

    @property
    def mapped_types(self) -> frozenset[str]:
        """The external ids of the object types that it fills."""
        mappings = as_objects(as_object(self.document.get("mapping")).get("objectTypeMappings"))
        return frozenset(as_text(mapping.get("objectTypeExternalId")) for mapping in mappings) - {""}


def used_namespaces(others: Collection[OtherImport]) -> frozenset[str]:
    """Return the namespaces of other imports in lowercase."""
    return frozenset(
        external_id.partition("/")[0].casefold() for other in others for external_id in other.external_ids
    )


def other_import_items(
    model: SchemaModel, matches: Mapping[str, Match], others: Collection[OtherImport], suggestion: str
) -> Iterator[PlanItem]:
    """Yield what other imports prevent or endanger.

    Args:
        model: The model, with the external ids of what exists.
        matches: What exists of each of its object types, by key.
        others: The other imports of the site.
        suggestion: A namespace that none of them uses.
    """
    for other in others:
        if not other.is_neighbor:
            yield from _taken_external_ids(model, matches, other, suggestion)
    for spec in model.object_types:
        external_id = model.external_id(spec.key)
        names = [
            f'"{other.name}"' for other in others if other.is_neighbor and external_id in other.mapped_types
        ]
        if spec.mapped and names:
            fill = (
                f"The import {names[0]} fills" if len(names) == 1 else f"The imports {', '.join(names)} fill"
            )
            yield item_maker(PlanSubject.MAPPING, spec.key)(
                PlanKind.WARNING,
                f"{fill} this object type too. An import that is set to remove missing objects removes those that only another "
                "import has.",
                "An object schema manager: set missing objects to Ignore on the pages of these imports.",
            )


def _taken_external_ids(
    model: SchemaModel, matches: Mapping[str, Match], other: OtherImport, suggestion: str
) -> Iterator[PlanItem]:
    wanted = [
        external_id
        for key, match in matches.items()
        for external_id in _created_external_ids(model, key, match)
    ]
    taken = [external_id for external_id in wanted if external_id in other.external_ids]
    if not taken:
        return
    if any(external_id.startswith(f"{model.namespace}/") for external_id in taken):
        path, what, remedy = (
            model.namespace,
            f'The namespace "{model.namespace}" is',
            (
                f"You: set namespace= of SchemaModel or okta.schema_model to another namespace, such as "
                f'"{suggestion}", and plan again.'
            ),
        )
    else:
        path, what, remedy = (
            taken[0],
            f'The external id "{taken[0]}" is',
            "You: set external_id= to one that no other import uses.",
        )
    item = item_maker(PlanSubject.NAMESPACE, path)
    yield item(PlanKind.IMPOSSIBLE, f"{what} already used by {other}. {UNIQUE}", remedy)


def _created_external_ids(model: SchemaModel, key: str, match: Match) -> Iterator[str]:
    if match.existing is None:
        yield model.external_id(key)
    for attribute in match.spec.attributes:
        if attribute.key not in match.attributes:
            yield model.external_id(key, attribute.key)
