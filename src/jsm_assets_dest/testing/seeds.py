"""Content for demonstrations: an IT department with people, sites, hardware and services."""

from __future__ import annotations

from .emulated_site import EmulatedSite
from .handles import SeededObject, SeededSchema
from .world import schemas
from .world.entities import Account, ObjectSchema

_SITES = (
    ("Madrid", "Calle de Alcalá 45", "Europe/Madrid"),
    ("Lisbon", "Rua Augusta 12", "Europe/Lisbon"),
    ("Gdańsk", "ul. Długa 7", "Europe/Warsaw"),
    ("Osaka", "1-1 Umeda, Kita-ku", "Asia/Tokyo"),
)
_TEAMS = ("Platform", "Service Desk", "Finance", "Sales", "Design")
_GIVEN = (
    "Ana", "Bruno", "Chiara", "Dai", "Elif", "Farid", "Grażyna", "Hugo", "Ingrid", "João", "Keiko", "Liam",
)  # fmt: skip
_FAMILY = ("Almeida", "Berg", "Costa", "Dąbrowska", "Eguchi", "Ferreira", "García", "Haddad", "Ito", "Jansen")
_MODELS = (
    ("Laptop", "ThinkPad X1"),
    ("Laptop", "MacBook Pro 14"),
    ("Phone", "Pixel 9"),
    ("Monitor", "U2723QE"),
)
_SERVICES = (
    ("Payroll", "Running", "High"),
    ("Web shop", "Running", "High"),
    ("Wiki", "Running", "Low"),
    ("Old intranet", "Stopped", "Low"),
)


def seed_demo(emulator: EmulatedSite) -> SeededSchema:
    """Add a schema `ITSM` with content and an import source "Okta", and the read-only built-in schema `SVC`."""
    emulator.add_group("it-operations", jsm=True)
    emulator.add_account("bruno@acme.com", admin=False, agent=True, name="Bruno Berg")
    emulator.add_account("carla@acme.com", admin=False, agent=False, name="Carla Costa")
    schema = emulator.add_object_schema(
        "ITSM", "IT service management", "What the IT department looks after."
    )
    sites = _add_sites(schema)
    people = _add_people(schema, sites)
    _add_hardware(schema, people, sites)
    _add_services(schema, people)
    emulator.add_import_source(schema, "Okta")
    _add_built_in_schema(emulator)
    return schema


def seed_directory(emulator: EmulatedSite) -> dict[str, Account]:
    """Add accounts and groups that show the traps of finding users by email address.

    Returns:
        The accounts: "visible", "hidden", "inactive", "deleted", "customer" and "customer twin" (one address),
        "app", "prefix" and "longer" (one address begins with the other), and "named" (its name is an address).
    """
    for name in ("it-operations", "IT-Operations-leads", "finance"):
        emulator.add_group(name)
    directory = {
        "visible": emulator.add_account("vera@acme.com", name="Vera Visible"),
        "hidden": emulator.add_account("hana@acme.com", name="Hana Hidden", shows_email=False),
        "inactive": emulator.add_account("ivo@acme.com", name="Ivo Inactive", active=False),
        "deleted": emulator.add_account("dora@acme.com", name="Former user", active=False, shows_email=False),
        "customer": emulator.add_account("carl@acme.com", name="Carl Customer", kind="customer"),
        "customer twin": emulator.add_account("carl@acme.com", name="Carl Customer"),
        "app": emulator.add_account("bot@acme.com", name="Vera Bot", kind="app"),
        "prefix": emulator.add_account("ann@x.org", name="Ann Short"),
        "longer": emulator.add_account("ann@x.org.uk", name="Ann Long"),
        "named": emulator.add_account("nora@acme.com", name="hana@acme.com (external)"),
    }
    directory["deleted"].deleted = True
    return directory


def _add_sites(schema: SeededSchema) -> list[SeededObject]:
    office = schema.add_object_type("Office", description="Where people work", icon_id="13")
    office.add_attribute("Address")
    office.add_attribute("Time zone")
    return [
        office.add_object({"Name": name, "Address": address, "Time zone": zone})
        for name, address, zone in _SITES
    ]


def _add_people(schema: SeededSchema, sites: list[SeededObject]) -> list[SeededObject]:
    team = schema.add_object_type("Team", description="An organizational unit", icon_id="131")
    teams = [team.add_object({"Name": name}) for name in _TEAMS]
    person = schema.add_object_type("Person", description="An employee", icon_id="126")
    person.add_attribute("Email", "email", unique=True)
    person.add_attribute("Employee number", "integer")
    person.add_attribute("Started", "date")
    person.add_attribute("Remote", "boolean")
    person.add_attribute("Office", references=schema["Office"])
    person.add_attribute("Teams", references=team, multiple=True)
    person.add_attribute("Manager", references=person)
    people: list[SeededObject] = []
    for number in range(40):
        first_name = _GIVEN[number % len(_GIVEN)]
        family = _FAMILY[(number * 7 + number // 10) % len(_FAMILY)]
        plain = "".join(letter for letter in f"{first_name}.{family}".lower() if letter.isascii())
        people.append(
            person.add_object(
                {
                    "Name": f"{first_name} {family}",
                    "Email": f"{plain}.{number + 1}@acme.com",
                    "Employee number": 1000 + number,
                    "Started": f"20{14 + number % 11}-{number % 12 + 1:02}-{number % 27 + 1:02}",
                    "Remote": number % 3 == 0,
                    "Office": sites[number % len(sites)],
                    "Teams": [teams[number % 5], teams[(number + 2) % 5]]
                    if number % 4 == 0
                    else [teams[number % 5]],
                    "Manager": people[number // 8] if number else None,
                }
            )
        )
    return people


def _add_hardware(schema: SeededSchema, people: list[SeededObject], sites: list[SeededObject]) -> None:
    hardware = schema.add_object_type(
        "Hardware", description="Everything with a serial number", icon_id="49", inherited=True, abstract=True
    )
    hardware.add_attribute("Serial number", unique=True)
    hardware.add_attribute("Model")
    hardware.add_attribute("Owner", references=schema["Person"])
    hardware.add_attribute("Office", references=schema["Office"])
    hardware.add_attribute("Status", "status", statuses=["Active", "In Service", "Closed"])
    for kind, icon in (("Laptop", "61"), ("Phone", "78"), ("Monitor", "84")):
        schema.add_object_type(kind, icon_id=icon, parent=hardware)
    for number in range(60):
        kind, model = _MODELS[number % len(_MODELS)]
        owner = people[number % len(people)]
        schema[kind].add_object(
            {
                "Name": f"{model} of {owner.label}",
                "Serial number": f"{kind[:2].upper()}{number * 7919 + 100_003:08}",
                "Model": model,
                "Owner": owner,
                "Office": sites[number % len(sites)],
                "Status": "Closed" if number % 13 == 0 else "Active",
            }
        )


def _add_services(schema: SeededSchema, people: list[SeededObject]) -> None:
    service = schema.add_object_type("Service", description="What customers ask for", icon_id="164")
    service.add_attribute("Status", "status", statuses=["Running", "Stopped"])
    service.add_attribute("Tier", "select", choices=["High", "Low"])
    service.add_attribute("Owner", references=schema["Person"])
    for number, (name, status, tier) in enumerate(_SERVICES):
        asset = service.add_object({"Name": name, "Status": status, "Tier": tier, "Owner": people[number]})
        if status == "Running":
            asset.connect_ticket(f"ITH-{number + 1}")


def _add_built_in_schema(emulator: EmulatedSite) -> None:
    """Add the Services schema, which every site has and no one can change."""
    schema: ObjectSchema = schemas.create_schema(
        emulator.world, name="Services", key="SVC", description="Services of this site"
    )
    emulator.object_schema("SVC").add_object_type("Service", icon_id="164")
    schema.read_only = True
