"""What to do where the object schema already has object types like yours: see the conflicts, take each way out.

    python examples/conflicts.py

Without settings it makes an emulated site with a schema of a human resources department, and goes through all five ways
out there, each on a schema of its own. With the settings of a site (JSM_ASSETS_SITE, JSM_ASSETS_EMAIL,
JSM_ASSETS_API_TOKEN) it only looks, and changes nothing:

    python examples/conflicts.py HR
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

from jsm_assets_dest import (
    AssetsError,
    AttributeSpec,
    Connection,
    ImportToken,
    ObjectSchema,
    ObjectTypeConflict,
    ObjectTypeSpec,
    ReferenceSpec,
    Resolution,
    SchemaModel,
)
from jsm_assets_dest.testing import Emulator


def wanted(namespace: str) -> SchemaModel:
    """Offices, and people who sit in them."""
    return SchemaModel(
        "Directory",
        [
            ObjectTypeSpec(
                "Offices",
                [
                    AttributeSpec("Code", identifier=True, unique=True),
                    AttributeSpec("City", label=True),
                ],
            ),
            ObjectTypeSpec(
                "People",
                [
                    AttributeSpec("Login", identifier=True, unique=True),
                    AttributeSpec("Name", label=True),
                    AttributeSpec("Badge", "integer"),
                    AttributeSpec("Office", reference=ReferenceSpec("offices")),
                ],
            ),
        ],
        namespace=namespace,
    )


RECORDS: dict[str, list[dict[str, object]]] = {
    "offices": [{"code": "OPO", "city": "Porto"}],
    "people": [
        {"login": "ana", "name": "Ana", "badge": 1, "office": "OPO"},
        {"login": "bo", "name": "Bo", "badge": 2, "office": "OPO"},
    ],
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Look at a schema of the current site, or go through the ways out on an emulated one."""
    parser = argparse.ArgumentParser(description="Conflicts between a schema and a wanted model.")
    parser.add_argument("key", nargs="?", help="key of an object schema of the current site")
    key = parser.parse_args(arguments).key
    try:
        if key is None:
            with Emulator() as emulator, emulator.connect() as connection:
                tour(emulator, connection)
        elif "JSM_ASSETS_SITE" not in os.environ:
            parser.error("a key needs a site: set JSM_ASSETS_SITE, JSM_ASSETS_EMAIL and JSM_ASSETS_API_TOKEN")
        else:
            with Connection.current_site() as connection:
                look(connection.get_object_schema(key), wanted("directory"))
    except AssetsError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def look(schema: ObjectSchema, model: SchemaModel) -> None:
    """Print every conflict with its differences and its ways out."""
    conflicts = schema.find_conflicts(model)
    if not conflicts:
        print(f"{schema.key} has no object type that the model wants, too.")
    for conflict in conflicts:
        explain(conflict)


def explain(conflict: ObjectTypeConflict) -> None:
    """Print a conflict."""
    print(f"{conflict} (harmless)" if conflict.is_harmless else conflict)
    for difference in conflict.differences:
        print(f"  {'-' if difference.harmless else '!'} {difference.message}")
    for resolution in Resolution:
        if resolution in conflict.impossible:
            print(f"  not possible: {resolution.value}, because {conflict.impossible[resolution]}")
        else:
            print(f"  possible: {resolution.value}")


def tour(emulator: Emulator, connection: Connection) -> None:
    """Each way out on a schema that was filled by people before."""
    for number, resolution in enumerate(Resolution, 1):
        schema, token = department(emulator, connection, number, badge_type="text")
        print(f"\n=== {resolution.value} in {schema.key}\n")
        model = wanted(f"directory-{number}")
        (conflict,) = schema.find_conflicts(model)
        if number == 1:
            print("Somebody typed badges as texts, and numbers cannot be put there:\n")
            explain(conflict)
            print()
            refused(conflict, Resolution.ADOPT, model)
            schema, token = department(emulator, connection, 6, badge_type="integer")
            print(f"In {schema.key} badges are numbers:\n")
            (conflict,) = schema.find_conflicts(model)
            explain(conflict)
            print()
        counted = None
        if resolution is Resolution.DELETE_EXISTING:
            refused(conflict, resolution, model)
            counted = conflict.object_count
        model = conflict.resolve(resolution, model, delete_objects=counted)
        carry_out(schema, token, model)


def department(
    emulator: Emulator, connection: Connection, number: int, *, badge_type: str
) -> tuple[ObjectSchema, ImportToken]:
    """A schema in which people have made an object type People, with an External import."""
    seeded = emulator.add_object_schema(f"HR{number}", f"Human resources {number}")
    people = seeded.add_object_type("People", attributes=["Login", ("Badge", badge_type), "Shoe size"])
    people.add_object(Name="Old Hand", Login="old", Badge="7")
    schema = connection.get_object_schema(seeded.key)
    return schema, connection.import_token(emulator.add_import_source(seeded).token, schema=schema)


def refused(conflict: ObjectTypeConflict, resolution: Resolution, model: SchemaModel) -> None:
    """Show what happens when a way out is taken that is not possible."""
    try:
        conflict.resolve(resolution, model)
    except AssetsError as error:
        print(f"Taken all the same:\n{error}\n")


def carry_out(schema: ObjectSchema, token: ImportToken, model: SchemaModel) -> None:
    """Plan, build, import, and show what the schema has then."""
    plan = token.plan(model)
    print(f"The plan: {plan.summary}")
    plan.apply()
    result = token.import_records({selector: RECORDS[selector] for selector in model.selectors})
    print(f"The import: {result.created} created, {result.failed_objects} failed")
    for object_type in schema.object_types():
        print(f"  {object_type.name}, objects: {object_type.object_count}")
    print(
        f"Left to resolve: {len(schema.find_conflicts(plan.model))}, left to build: {len(token.plan(model).changes)}"
    )


if __name__ == "__main__":
    sys.exit(main())
