"""Import a CSV file of laptops, with a model from attrs classes.

    python examples/custom_source.py                 on the emulator, with a few sample laptops
    python examples/custom_source.py --csv FILE      with the laptops of a file

The columns are asset_tag, model, purchased, price, owner_email and office. With JSM_ASSETS_SITE, JSM_ASSETS_EMAIL,
JSM_ASSETS_API_TOKEN and JSM_ASSETS_IMPORT_TOKEN set, the same script runs against that site.
"""

from __future__ import annotations

import argparse
import csv
import io
import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from datetime import date
from pathlib import Path
from typing import Annotated, TextIO

from attrs import frozen

from jsm_assets_dest import Connection, SchemaModel, attribute
from jsm_assets_dest.exceptions import AssetsError
from jsm_assets_dest.testing import Emulator

LAPTOPS = """\
asset_tag,model,purchased,price,owner_email,office
LT-0001,ThinkPad X1 Carbon,2024-03-14,1890.00,ana@example.com,Austin
LT-0002,MacBook Air 13,2025-01-20,1299.00,kwame@example.com,Berlin
LT-0003,Latitude 7450,2023-11-02,1540.50,,Berlin
LT-0004,MacBook Pro 14,2025-06-30,2499.00,mei@example.com,Austin
"""


@frozen
class Office:
    """An office with laptops."""

    name: Annotated[str, attribute(label=True, identifier=True, unique=True)]


@frozen
class Laptop:
    """A laptop. The attribute types in Assets follow from the types of the fields."""

    asset_tag: Annotated[str, attribute(label=True, identifier=True, unique=True)]
    model: str
    purchased: date | None
    price: float | None
    owner_email: Annotated[str | None, attribute(type="email")]
    office: Annotated[str | None, attribute(reference=Office)]  # the identifier of the office


def main(arguments: Sequence[str] | None = None) -> int:
    """Run all steps. Return 0 if Assets confirmed every record."""
    parser = argparse.ArgumentParser(description="Import laptops from a CSV file into Assets.")
    parser.add_argument("--csv", type=Path, help="the file; by default a few sample laptops")
    options = parser.parse_args(arguments)
    model = SchemaModel.from_classes(Office, Laptop, name="Laptops")
    with ExitStack() as stack:
        emulator = None if "JSM_ASSETS_SITE" in os.environ else stack.enter_context(Emulator())
        connection = stack.enter_context(
            Connection.current_site() if emulator is None else emulator.connect()
        )
        connection.check().raise_for_problems()
        schema = connection.ensure_object_schema(
            "LAP", name="Laptops", description="Laptops, from the purchase list."
        )
        schema.set_roles(developers=[])
        secret = os.environ.get("JSM_ASSETS_IMPORT_TOKEN", "")
        token = connection.import_token(
            secret if emulator is None else emulator.add_import_source("LAP").token, schema
        )
        token.check().raise_for_problems()
        plan = token.build(model)
        print(str(plan).splitlines()[0])

        file = stack.enter_context(options.csv.open(newline="")) if options.csv else io.StringIO(LAPTOPS)
        result = token.import_records(by_selector(read_laptops(file)), model=model)
        print(result)
        return 0 if result.ok else 1


def read_laptops(file: TextIO) -> Iterator[Laptop]:
    """Return one laptop per line."""
    for line in csv.DictReader(file):
        yield Laptop(
            asset_tag=line["asset_tag"],
            model=line["model"],
            purchased=date.fromisoformat(line["purchased"]) if line["purchased"] else None,
            price=float(line["price"]) if line["price"] else None,
            owner_email=line["owner_email"] or None,
            office=line["office"] or None,
        )


def by_selector(laptops: Iterable[Laptop]) -> Iterator[tuple[str, object]]:
    """Return each office once, before its first laptop."""
    offices: set[str] = set()
    for laptop in laptops:
        if laptop.office is not None and laptop.office not in offices:
            offices.add(laptop.office)
            yield "office", Office(laptop.office)
        yield "laptop", laptop


if __name__ == "__main__":
    try:
        sys.exit(main())
    except AssetsError as error:
        sys.exit(f"\n{error}")
