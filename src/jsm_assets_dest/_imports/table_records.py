"""Records of a table, and how its columns fit an object type."""

from __future__ import annotations

import difflib
import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence

from .._model.specs import AttributeSpec, ObjectTypeSpec
from ..exceptions import ConfigurationError
from .table_forms import Table

_log = logging.getLogger("jsm_assets_dest.import")


class TableRecords(Iterable[dict[str, object]]):
    """Records of a table, read in batches.

    Args:
        table: The table.
        columns: Names of the columns in the records, by the names in the table, or names of the columns to take.
    """

    def __init__(self, table: Table, columns: Mapping[str, str] | Sequence[str] | None) -> None:
        self._table = table
        self._is_read = False
        self._is_reported = False
        table.takes_all = columns is None
        self._positions = _positions(table.names, columns)
        #: Keys of the records that the object type does not have.
        self._unknown: frozenset[str] = frozenset()

    def __repr__(self) -> str:
        return f"<TableRecords: {len(self._positions)} columns>"

    def __iter__(self) -> Iterator[dict[str, object]]:
        """Read the table.

        Raises:
            ConfigurationError: It was read before, and can be read only once.
        """
        if self._table.is_read_once and self._is_read:
            raise ConfigurationError(
                "The table was read before, and its rows can be read only once.",
                field="table",
                fix="Open the reader or execute the query again, and call tables.records() again.",
            )
        self._is_read = True
        return self._read()

    def _read(self) -> Iterator[dict[str, object]]:
        keys = [key for key in self._positions if key not in self._unknown]
        for rows in self._table.batches([self._positions[key] for key in keys]):
            for row in rows:
                yield dict(zip(keys, row, strict=True))

    def fit(self, specs: Sequence[ObjectTypeSpec]) -> tuple[str, ...]:
        """Compare the columns with the object types of a selector. Unknown columns are then left out.

        Returns:
            Notes for the result of the import.

        Raises:
            ConfigurationError: No column fits, or the column of an identifier contains floats.
        """
        attributes = [attribute for spec in specs for attribute in spec.mapped_attributes]
        type_name = specs[0].name if specs else ""
        keys = {locator for attribute in attributes for locator in attribute.locators}
        keys |= {locator.partition(".")[0] for locator in keys}
        names = {attribute.name.casefold(): attribute.locators[0] for attribute in attributes}
        names |= {key.casefold(): key for key in keys}
        unknown = {key: _nearest(key, names) for key in self._positions if key not in keys}
        if unknown and len(unknown) == len(self._positions):
            raise _nothing_fits(type_name, unknown, sorted(keys))
        for attribute in attributes:
            if attribute.identifier:
                self._reject_floats(attribute, type_name)
        self._unknown = frozenset(unknown)
        if not unknown:
            return ()
        columns = ", ".join(
            f'"{key}"' + (f' (similar: "{name}")' if name else "") for key, name in unknown.items()
        )
        note = f"Columns that {type_name} does not have were not sent: {columns}."
        if not self._is_reported:
            self._is_reported = True
            _log.warning(note)
        return (note,)

    def _reject_floats(self, attribute: AttributeSpec, type_name: str) -> None:
        for locator in attribute.locators:
            position = self._positions.get(locator)
            if position is not None and self._table.has_floats(position):
                column = self._table.names[position]
                raise ConfigurationError(
                    f'The column "{column}" contains floats, but it identifies {type_name}. Nothing was sent.',
                    cause="7 and 7.0 are two identifiers. In pandas, a column of integers with a gap contains floats.",
                    field="table",
                    fix=f'Convert the column to integers or strings: in pandas, table["{column}"].astype("Int64").',
                )


def _nothing_fits(type_name: str, unknown: Mapping[str, str], keys: Sequence[str]) -> ConfigurationError:
    pairs = [f'"{key}": "{name}"' for key, name in unknown.items() if name] or [f'"…": "{keys[0]}"']
    return ConfigurationError(
        f"None of the columns of the table is a key of {type_name}: {', '.join(unknown)}. Nothing was sent.",
        cause=f"The records of {type_name} have the keys {', '.join(keys)}.",
        field="columns",
        fix=f"Name the columns, such as tables.records(table, columns={{{', '.join(pairs)}}}).",
    )


def _nearest(key: str, names: Mapping[str, str]) -> str:
    matches = difflib.get_close_matches(key.casefold(), names, 1, 0.55)
    return names[matches[0]] if matches else ""


def _positions(names: Sequence[str], columns: Mapping[str, str] | Sequence[str] | None) -> dict[str, int]:
    """Return the positions of the columns to take, by their keys in the records.

    Raises:
        ConfigurationError: A column does not exist, or two columns have the same name.
    """
    if not names:  # rows of a query without a result have no names
        return {}
    if isinstance(columns, Mapping):
        wanted = columns
    else:
        wanted = {name: name for name in (names if columns is None else columns)}
    missing = [name for name in wanted if name not in names]
    if missing:
        nearest = _nearest(missing[0], {name.casefold(): name for name in names})
        raise ConfigurationError(
            f'The table has no column "{missing[0]}". Nothing was sent.',
            field="columns",
            fix=f'Use "{nearest}".' if nearest else f"Use some of {', '.join(names)}.",
        )
    keys = list(wanted.values())
    repeated = [
        *(name for name in wanted if names.count(name) > 1),
        *(key for key in keys if keys.count(key) > 1),
    ]
    if repeated:
        raise ConfigurationError(
            f'Two columns have the name "{repeated[0]}". Nothing was sent.',
            field="columns",
            fix="Rename one of them, or pass the columns to take with columns=.",
        )
    return {key: names.index(name) for name, key in wanted.items()}
