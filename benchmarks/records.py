"""The records of the measurements: users as Okta has them, 30 texts and about 900 bytes of JSON each."""

from __future__ import annotations

from collections.abc import Iterator

from jsm_assets_dest import AttributeSpec, ObjectTypeSpec, SchemaModel

#: Records in a chunk; with them a chunk has about 0.9 MB.
CHUNK = 1_000

_PLACES = ("Austin", "Berlin", "São Paulo", "Kraków", "Tokyo", "Zürich", "Nairobi", "Montréal")
_TEAMS = ("Engineering", "Finance", "People Operations", "Sales", "Legal", "Facilities")
_FIELDS = (
    "id",
    "displayName",
    "email",
    "login",
    "firstName",
    "lastName",
    "title",
    "department",
    "division",
    "organization",
    "costCenter",
    "employeeNumber",
    "manager",
    "city",
    "state",
    "countryCode",
    "zipCode",
    "streetAddress",
    "mobilePhone",
    "primaryPhone",
    "locale",
    "timezone",
    "userType",
    "preferredLanguage",
    "created",
    "activated",
    "lastLogin",
    "lastUpdated",
    "passwordChanged",
    "status",
)


def user(number: int) -> dict[str, str]:
    """Return a user; the same number returns the same user."""
    place = _PLACES[number % 8]
    team = _TEAMS[number % 6]
    return {
        "id": f"00u{number:017d}",
        "displayName": f"Ana Kovačević {number}",
        "email": f"ana.kovacevic.{number}@example.com",
        "login": f"ana.kovacevic.{number}@example.com",
        "firstName": "Ana",
        "lastName": f"Kovačević {number}",
        "title": "Senior Site Reliability Engineer",
        "department": team,
        "division": "Product and Technology",
        "organization": "Example Incorporated",
        "costCenter": f"CC-{number % 97:05d}",
        "employeeNumber": f"{number:08d}",
        "manager": f"manager.{number % 1000}@example.com",
        "city": place,
        "state": "TX",
        "countryCode": "US",
        "zipCode": f"{number % 99999:05d}",
        "streetAddress": f"{number % 9000} Congress Avenue, Floor {number % 30}",
        "mobilePhone": f"+1-512-555-{number % 10000:04d}",
        "primaryPhone": f"+1-512-556-{number % 10000:04d}",
        "locale": "en_US",
        "timezone": "America/Chicago",
        "userType": "Employee",
        "preferredLanguage": "en",
        "created": "2024-02-11T09:21:33.000Z",
        "activated": "2024-02-12T10:02:11.000Z",
        "lastLogin": "2026-01-04T17:45:09.000Z",
        "lastUpdated": "2026-01-03T08:00:00.000Z",
        "passwordChanged": "2025-11-20T12:00:00.000Z",
        "status": "ACTIVE",
    }


def users(count: int) -> Iterator[dict[str, str]]:
    """Yield a number of users, each created when it is read."""
    return map(user, range(count))


def model() -> SchemaModel:
    """Return the schema model of the users."""
    return SchemaModel(
        "Okta",
        [
            ObjectTypeSpec(
                "Users",
                [
                    AttributeSpec(
                        f"Okta {name}",  # Assets has attributes called Created and Updated of its own
                        key=name,
                        label=name == "displayName",
                        identifier=name == "id",
                        unique=name == "id",
                    )
                    for name in _FIELDS
                ],
            )
        ],
        namespace="okta/benchmark",
    )
