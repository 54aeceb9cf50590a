"""Differences between the mapping of an object type in Assets and the wanted one, in words."""

from collections.abc import Iterator, Mapping

from .current import CurrentMapping

#: Maximum number of attributes that are named.
_LISTED = 4


def mapping_changes(
    existing: CurrentMapping, wanted: CurrentMapping, names: Mapping[str, str]
) -> Iterator[str]:
    """Yield what changes.

    Args:
        existing: The mapping in Assets.
        wanted: The mapping of the model.
        names: The names of attributes by their external ids.
    """
    if existing.selector != wanted.selector:
        yield f'its selector becomes "{wanted.selector}" instead of "{existing.selector}"'
    changes = list(_attribute_changes(existing, wanted, names))
    yield from changes[:_LISTED]
    if len(changes) > _LISTED:
        yield f"{len(changes) - _LISTED:,} more attributes change"
    for key in sorted({*existing.extra, *wanted.extra}):
        if existing.extra.get(key) != wanted.extra.get(key):
            yield f"its `{key}` changes"


def _attribute_changes(
    existing: CurrentMapping, wanted: CurrentMapping, names: Mapping[str, str]
) -> Iterator[str]:
    for external_id in {**wanted.attributes, **existing.attributes}:
        before, after = existing.attributes.get(external_id), wanted.attributes.get(external_id)
        name = f'"{names.get(external_id, external_id)}"'
        if before is None or after is None:
            yield f"{name} is filled" if before is None else f"{name} is no longer filled"
        elif before.locators != after.locators:
            yield f"{name} is read from {_places(after.locators)} instead of {_places(before.locators)}"
        elif before.is_identifier != after.is_identifier:
            yield (
                f"{name} identifies a record"
                if after.is_identifier
                else f"{name} no longer identifies a record"
            )
        elif before != after:
            yield f"the {'query' if before.query != after.query else 'settings'} of {name} changes"


def _places(locators: tuple[str, ...]) -> str:
    return " and ".join(f"`{locator}`" for locator in locators)
