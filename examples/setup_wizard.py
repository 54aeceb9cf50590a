"""Terminal wizard that sets up the import of Okta's data, step by step.

    python examples/setup_wizard.py okta-destination.json

It needs JSM_ASSETS_SITE, JSM_ASSETS_EMAIL, and JSM_ASSETS_API_TOKEN. The answers are saved in the file, so the wizard can be
stopped and continued. The import token is saved beside it, readable only by you. Enter "skip" to leave a step as it is.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path

from attrs import define, evolve

from jsm_assets_dest import Connection, Destination, DestinationStatus, OktaModel, StepAction, okta
from jsm_assets_dest.exceptions import AssetsError


@define
class Wizard:
    """Carry out the actions of the checklist until an import can start."""

    destination: Destination
    connection: Connection
    ask: Callable[[str], str]

    def run(self) -> None:
        """Show the first step with an action, carry it out, save the destination, and repeat."""
        skipped: set[str] = set()
        while True:
            status = self.destination.status(connection=self.connection)
            step = next((step for step in status.steps if step.action and step.code not in skipped), None)
            if step is None or step.action is None:
                print(f"\n{status}")
                return
            print(f"\n{step}")
            try:
                answer = self.act(step.action, status)
            except AssetsError as error:
                print(error)
                answer = self.ask("Press Enter to try again: ")
            if answer == "skip" or step.is_done:
                skipped.add(step.code)
            self.destination = self.destination.save()

    def act(self, action: StepAction, status: DestinationStatus) -> str:
        """Ask what the action needs, and carry it out. Return the answer."""
        destination, connection = self.destination, self.connection
        match action.code:
            case "choose_schema":
                answer = self.ask(f"Key of the object schema [{okta.KEY}]: ") or okta.KEY
                name = self.ask("Name, if it is new: ") or None
                self.destination = evolve(destination, schema_key=answer, schema_name=name)
            case "create_schema":
                if (answer := self.ask("Press Enter to create it: ")) != "skip":
                    destination.ensure_object_schema(connection)
            case "resolve_conflicts":
                for conflict in status.conflicts:
                    default, *others = conflict.choices
                    choice = self.ask(f"{conflict.name}: {default} (default), {', '.join(others)}: ")
                    self.destination = self.destination.resolve_conflict(
                        conflict, choice or default, connection=connection
                    )
                answer = ""
            case "restrict_roles":
                part = self.ask("Part of the name of the groups that can see the objects: ")
                groups = [group.name for group in connection.find_groups(part)] if part else []
                self.destination = evolve(destination, roles={"developers": [], "users": groups})
                print(self.destination.preview_roles(connection=connection))
                if (answer := self.ask("Press Enter to set these roles: ")) == "skip":
                    self.destination = destination
                else:
                    self.destination.set_roles(connection=connection)
            case "paste_token" | "fix_token":
                if (answer := self.ask("Import token: ").strip()) != "skip":
                    file = Path(str(destination.path)).with_suffix(".token").name
                    self.destination = destination.save_import_token(
                        answer, f"file:{file}", connection=connection
                    )
            case "fix_model" if "suggested_namespace" in action.parameters and isinstance(
                destination.model, OktaModel
            ):
                suggestion = str(action.parameters["suggested_namespace"])
                answer = self.ask(f"Namespace of the model [{suggestion}]: ") or suggestion
                self.destination = evolve(destination, model=evolve(destination.model, namespace=answer))
            case "fix_model":
                answer = self.ask("Size of the model: lean, standard, or full [standard]: ") or "standard"
                self.destination = evolve(destination, model=OktaModel.from_dict({"profile": answer}))
            case "build":
                if (answer := self.ask("Press Enter to build the model: ")) != "skip":
                    accept_risky = "accept_risky" in action.parameters  # the step has shown the risks
                    destination.build(accept_risky=accept_risky, connection=connection)
            case "import":
                if (answer := self.ask("Press Enter to import 20 sample records: ")) != "skip":
                    records = okta.records(okta.sample_tenant(), model=destination.schema_model())
                    print(destination.test_import(records, 20, connection=connection))
            case _:  # fix_connection, create_import_source, enable_import_source: done outside of the wizard
                answer = self.ask("Press Enter when it is done: ")
        return answer


def main(file: str, ask: Callable[[str], str] = input, connection: Connection | None = None) -> None:
    """Load or create the destination, and run the wizard."""
    destination = Destination.load(file) if Path(file).exists() else Destination(name="Okta").save(file)
    with nullcontext(connection) if connection else destination.connect() as used_connection:
        Wizard(destination, used_connection, ask).run()


if __name__ == "__main__":
    main(sys.argv[1])
