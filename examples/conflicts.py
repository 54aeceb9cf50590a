"""Find and resolve conflicts with object types that the object schema already has.

    python examples/conflicts.py

Without settings, the script creates an emulated site with a schema of a human resources department. It shows all five
resolutions there, each with its own schema. With the settings of a site (JSM_ASSETS_SITE, JSM_ASSETS_EMAIL,
JSM_ASSETS_API_TOKEN), it only reads:

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


def directory_model(namespace: str) -> SchemaModel:
    """Return a model with offices and the people in them."""
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
    """Show the conflicts of a schema of the current site, or all resolutions on an emulated site."""
    parser = argparse.ArgumentParser(description="Show conflicts between an object schema and a model.")
    parser.add_argument("key", nargs="?", help="key of an object schema of the current site")
    key = parser.parse_args(arguments).key
    try:
        if key is None:
            with Emulator() as emulator, emulator.connect() as connection:
                show_all_resolutions(emulator, connection)
        elif "JSM_ASSETS_SITE" not in os.environ:
            parser.error(
                "a key needs a site: set JSM_ASSETS_SITE, JSM_ASSETS_EMAIL, and JSM_ASSETS_API_TOKEN"
            )
        else:
            with Connection.current_site() as connection:
                show_conflicts(connection.get_object_schema(key), directory_model("directory"))
    except AssetsError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def show_conflicts(schema: ObjectSchema, model: SchemaModel) -> None:
    """Print every conflict with its differences and resolutions."""
    conflicts = schema.find_conflicts(model)
    if not conflicts:
        print(f"{schema.key} has no object type with a name of the model.")
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


def show_all_resolutions(emulator: Emulator, connection: Connection) -> None:
    """Carry out each resolution with a schema that people filled before."""
    for number, resolution in enumerate(Resolution, 1):
        schema, token = add_department(emulator, connection, number, badge_type="text")
        print(f"\n=== {resolution.value} in {schema.key}\n")
        model = directory_model(f"directory-{number}")
        conflicts = schema.find_conflicts(model)
        if not conflicts:
            print("An earlier run has resolved the conflict.")
            build_and_import(schema, token, model)
            continue
        (conflict,) = conflicts
        if number == 1:
            print("Badge is a text attribute here, which can't store numbers:\n")
            explain(conflict)
            print()
            show_rejection(conflict, Resolution.ADOPT, model)
            schema, token = add_department(emulator, connection, 6, badge_type="integer")
            print(f"In {schema.key}, Badge is a number:\n")
            (conflict,) = schema.find_conflicts(model)
            explain(conflict)
            print()
        delete_objects = None
        if resolution is Resolution.DELETE_EXISTING:
            show_rejection(conflict, resolution, model)
            delete_objects = conflict.object_count
        model = conflict.resolve(resolution, model, delete_objects=delete_objects)
        build_and_import(schema, token, model)


def add_department(
    emulator: Emulator, connection: Connection, number: int, *, badge_type: str
) -> tuple[ObjectSchema, ImportToken]:
    """Add a schema in which people created an object type People, with an External import."""
    department = emulator.add_object_schema(f"HR{number}", f"Human resources {number}")
    people = department.add_object_type("People", attributes=["Login", ("Badge", badge_type), "Shoe size"])
    people.add_object(Name="Old Hand", Login="old", Badge="7")
    schema = connection.get_object_schema(department.key)
    return schema, connection.import_token(emulator.add_import_source(department).token, schema=schema)


def show_rejection(conflict: ObjectTypeConflict, resolution: Resolution, model: SchemaModel) -> None:
    """Try a resolution that is not possible, and print the error."""
    try:
        conflict.resolve(resolution, model)
    except AssetsError as error:
        print(f"{error}\n")


def build_and_import(schema: ObjectSchema, token: ImportToken, model: SchemaModel) -> None:
    """Plan, build, and import. Then print what the schema contains."""
    plan = token.plan(model)
    print(f"The plan: {plan.summary}")
    plan.apply()
    # The import is new, and its "Missing objects" setting is Ignore. So an adopted object type keeps its other objects.
    result = token.import_records(
        {selector: RECORDS[selector] for selector in model.selectors}, missing_objects="ignore"
    )
    print(f"The import: {result.created} created, {result.failed_objects} failed")
    for object_type in schema.object_types():
        print(f"  {object_type.name}, objects: {object_type.object_count}")
    conflicts, changes = schema.find_conflicts(plan.model), token.plan(model).changes
    print(f"Left to resolve: {len(conflicts)}, left to build: {len(changes)}")


if __name__ == "__main__":
    sys.exit(main())
