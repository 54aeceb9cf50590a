"""The asynchronous twin of okta_destination.py; it differs by `await`, `async with` and names of classes.

    python examples/okta_destination_async.py                     on the embedded emulator, with a bundled organisation
    python examples/okta_destination_async.py --okta DIR          with Okta's answers from a folder of JSON files

With JSM_ASSETS_SITE, JSM_ASSETS_EMAIL, JSM_ASSETS_API_TOKEN and JSM_ASSETS_IMPORT_TOKEN set, the same script runs
against that site. The layouts of a folder are in docs/reference/okta.md. With --save FILE the destination is kept in a
file without any secret; docs/how-to/save-a-destination.md shows how a scheduled job imports from it.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
from collections.abc import Sequence
from contextlib import AsyncExitStack

from attrs import evolve

from jsm_assets_dest import (
    AsyncBuildPlan,
    AsyncConnection,
    AsyncDestination,
    AsyncObjectSchema,
    ImportResult,
    OktaModel,
    Resolution,
    SchemaModel,
    SchemaRoles,
    okta,
)
from jsm_assets_dest.exceptions import AssetsError, MassDeletionGuardError, RolesNotSettableError
from jsm_assets_dest.testing import Emulator

EVERYTHING = 1_000_000


async def main(arguments: Sequence[str] | None = None) -> int:
    """Run all steps. Return 0 if Assets confirmed every record."""
    options = argument_parser().parse_args(arguments)
    tenant = (
        okta.Tenant.from_folder(options.okta, org_url=options.org_url)
        if options.okta
        else okta.sample_tenant()
    )
    async with AsyncExitStack() as stack:
        emulator = None if "JSM_ASSETS_SITE" in os.environ else stack.enter_context(Emulator())
        if emulator is not None:
            prepare(emulator)
            options.managers, options.users, options.existing = ["it-ops"], ["service-desk"], "HR"
        environ = dict(os.environ if emulator is None else emulator.settings())
        # All settings of later runs. They contain references to the secrets, never the secrets.
        destination = AsyncDestination(
            name="Okta",
            schema_key=okta.KEY,
            schema_name=okta.NAME,
            schema_description=okta.DESCRIPTION,
            roles=wanted_roles(options),
            import_token="env:JSM_ASSETS_IMPORT_TOKEN",
            model=OktaModel(options.profile, custom_attributes=tenant.custom_attributes()),
            environ=environ,
        )
        connection = await stack.enter_async_context(
            destination.connect(transport=None if emulator is None else emulator.transport)
        )

        step("1. Connect")
        report = await connection.check()
        print(report)
        report.raise_for_problems()

        step("2. Choose the object schema")
        schema = await destination.ensure_object_schema(connection)
        print(f"{schema.name} ({schema.key})")
        print(f"  browse:    {schema.links.browse}")
        print(f"  configure: {schema.links.configure}")
        wanted = destination.schema_model()
        model = await settle(schema, wanted)
        if model != wanted:  # keep the resolution, so that later runs use it too
            destination = evolve(destination, model=model)
        if options.existing:
            print(f"\nIf the data should go into the existing schema {options.existing} instead:")
            await settle(await connection.get_object_schema(options.existing), wanted)

        step("3. Lock down the roles")
        await lock_down(destination, schema, connection, accept=options.accept_roles)

        step("4. Check the import token")
        if emulator is not None:  # on a site, a person does this in Assets
            environ["JSM_ASSETS_IMPORT_TOKEN"] = emulator.add_import_source(okta.KEY, "Okta").token
        if not environ.get("JSM_ASSETS_IMPORT_TOKEN"):
            print(
                f"Open {schema.links.configure}, tab Import: Create import, External import, Generate new token.\n"
                "Then set JSM_ASSETS_IMPORT_TOKEN and run this again."
            )
            return 1
        token = await destination.get_import_token(connection)
        token_report = await token.check()
        print(token_report)
        token_report.raise_for_problems()

        step("5. Build the schema model")
        plan = await destination.plan(connection)
        show_plan(plan, everything=options.verbose)
        await plan.apply()
        status = await destination.status(connection=connection)
        print(f"\n{status}")
        status.raise_for_problems()
        if options.save:
            print(f"Saved as {destination.save(options.save).path}.")

        step("6. Import")
        result = await bring(destination, connection, tenant)
        return 0 if result.ok else 1


async def settle(schema: AsyncObjectSchema, model: SchemaModel) -> SchemaModel:
    """Print the conflicts, resolve each one, and return the resolved model."""
    conflicts = await schema.find_conflicts(model)
    if not conflicts:
        print(f"{schema.key} has no conflicting object type.")
    for conflict in conflicts:
        print(f"  {conflict}")
        for resolution in (Resolution.ADOPT, Resolution.RENAME_INCOMING, Resolution.SKIP):
            if resolution in conflict.choices:
                model = await conflict.resolve(resolution, model)
                print(f"    resolved: {resolution.value}")
                break
            print(f"    {resolution.value} is not possible: {conflict.impossible[resolution]}")
    return model


def wanted_roles(options: argparse.Namespace) -> dict[str, list[str]]:
    """Return only the named groups. Without named managers, keep the role: an empty one could lock all people out."""
    roles = {"developers": [], "users": options.users}
    return {**roles, "managers": options.managers} if options.managers else roles


async def lock_down(
    destination: AsyncDestination, schema: AsyncObjectSchema, connection: AsyncConnection, *, accept: bool
) -> None:
    """Replace the default entries of the roles with the wanted ones."""
    try:
        show_roles("Before", await schema.roles())
        show_roles("After", await destination.set_roles(connection=connection))
    except RolesNotSettableError as error:
        print(error)
        if not accept:
            raise


def show_roles(when: str, roles: SchemaRoles) -> None:
    """Print the groups and users of each role."""
    print(f"{when}:")
    for role in roles.roles:
        print(f"  {role.name}: {', '.join([*role.groups, *role.users]) or 'no one'}")


def show_plan(plan: AsyncBuildPlan, *, everything: bool) -> None:
    """Print the changes that a build would make: first their number, then each one."""
    lines = str(plan).splitlines()
    print(*(lines if everything else [line for line in lines if " attribute " not in line]), sep="\n")


async def bring(
    destination: AsyncDestination, connection: AsyncConnection, tenant: okta.Tenant
) -> ImportResult:
    """Import a hundred people as a test, then everything. Then print the confirmed and the rejected records."""
    model = destination.schema_model()
    sample = okta.records(tenant, model=model, people_limit=100)
    try:
        test = await destination.test_import(sample, count=EVERYTHING, connection=connection)
        print(f"Test: {test.sent:,} records sent, {test.created:,} objects created.\n")
    except MassDeletionGuardError as error:
        # The import may be set to remove what a test does not contain, such as the objects of an earlier import.
        print(f"No test: {error.what}\n")
    records = okta.records(tenant, model=model)
    result = await destination.import_records(records, connection=connection, on_progress=print)
    print("\nConfirmed by Assets:" if result.confirmed else "\nNot confirmed by Assets:")
    print(f"  {'object type':<14} {'sent':>7} {'created':>8} {'updated':>8} {'unchanged':>10} {'failed':>7}")
    for object_type in result.object_types:
        counts = f"{object_type.sent:>7,} {object_type.created:>8,} {object_type.updated:>8,} {object_type.unchanged:>10,} {object_type.failed:>7,}"
        print(f"  {object_type.name:<14} {counts}")
    for message in result.messages:
        print(f"  {message}")
    print("\nFrom Okta:")
    print(records.report)
    return result


def prepare(emulator: Emulator) -> None:
    """Prepare the site as before an Okta import: groups, and a schema that already has People and Groups."""
    emulator.add_group("it-ops")
    emulator.add_group("service-desk")
    existing = emulator.add_object_schema("HR", "Human resources")
    people = existing.add_object_type(
        "People", attributes=["Okta ID", "Primary Email", ("Employee Number", "integer")]
    )
    for number in range(120):
        people.add_object({"Name": f"Person {number}", "Employee Number": number})
    existing.add_object_type("Groups", attributes=["Group Name", "Okta ID"])


def argument_parser() -> argparse.ArgumentParser:
    """Return the arguments of the command."""
    parser = argparse.ArgumentParser(description="Okta's data into Jira Service Management Assets.")
    parser.add_argument(
        "--okta", metavar="DIR", help="a folder of Okta's answers; by default a bundled organisation"
    )
    parser.add_argument(
        "--org-url", default="", help="the organisation's address, to complete relative profile URLs"
    )
    parser.add_argument("--profile", choices=("lean", "standard", "full"), default="standard")
    parser.add_argument(
        "--existing", metavar="KEY", help="show the conflicts with this schema, too; changes nothing"
    )
    parser.add_argument(
        "--managers", nargs="*", default=[], metavar="GROUP", help="who may configure the schema"
    )
    parser.add_argument("--users", nargs="*", default=[], metavar="GROUP", help="who may see the objects")
    parser.add_argument(
        "--accept-roles", action="store_true", help="go on where the roles cannot be set from here"
    )
    parser.add_argument("--save", metavar="FILE", help="keep the destination in a file, for later runs")
    parser.add_argument("--verbose", action="store_true", help="show every attribute of the plan")
    return parser


def step(title: str) -> None:
    """Print a heading."""
    print(f"\n{title}\n{'-' * len(title)}")


if __name__ == "__main__":
    try:
        sys.exit(asyncio.run(main()))
    except AssetsError as error:
        sys.exit(f"\n{error}")
