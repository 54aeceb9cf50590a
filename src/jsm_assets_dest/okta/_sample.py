"""Invented organization in the shape of Okta's responses, for examples, tests, and demonstrations.

Everything about a person follows from the seed and the person's number. Therefore an organization of any size can be
read repeatedly, page by page, without being stored. None of these people exists.
"""

import functools
import math
import random
import string
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta

from attrs import frozen

from .._arguments.checking import checked
from ._sample_words import (
    CONSOLES,
    DEPARTMENTS,
    DOMAIN,
    FAMILY_NAMES,
    GIVEN_NAMES,
    LAPTOPS,
    ORGANIZATION,
    PHONES,
    SHARED_APPLICATIONS,
    SITES,
    Department,
    Site,
)
from ._sources import Source, pages_of
from ._tenant import Tenant
from ._values import check_count

_LETTERS = string.digits + string.ascii_uppercase + string.ascii_lowercase
_NOW = datetime(2025, 11, 3, 8, 0, tzinfo=UTC)
_PAGE = 200
#: Number of people who report to one manager.
_SPAN = 6
#: Number of people per project group.
_TEAM = 40
#: State by the last part of a person's number (modulo 50), so that every state of Okta occurs.
_STATES: Mapping[int, str] = {
    7: "SUSPENDED",
    13: "LOCKED_OUT",
    19: "PASSWORD_EXPIRED",
    24: "STAGED",
    31: "PROVISIONED",
    37: "RECOVERY",
    43: "DEPROVISIONED",
    48: "DEPROVISIONED",
}
#: Letters that Unicode does not decompose into a plain letter and an accent.
_PLAIN = str.maketrans({"ø": "o", "ı": "i", "ł": "l", "Ø": "O"})


@checked
def sample_tenant(people: int = 250, *, seed: int = 7) -> Tenant:
    """Create an invented organization.

    Args:
        people: Number of people. Large numbers such as 100,000 work too, because people are generated while reading.
        seed: Seed of all random values. Another seed gives another organization of the same size.

    Returns:
        A tenant with people, managers, groups, applications, devices, user types, memberships, and a user schema with
        custom attributes. The same arguments always return the same data.

    Raises:
        ConfigurationError: The number of people is less than 1.
    """
    check_count(people, 1, "people")
    sample = _Sample(people, seed)
    return Tenant(
        users=_paged(sample.users),
        groups=_paged(sample.groups),
        apps=_paged(sample.applications),
        devices=_paged(sample.devices),
        user_types=_paged(sample.user_types),
        group_members=sample.group_members,
        app_users=sample.application_users,
        app_groups=sample.application_groups,
        user_schemas=(_USER_SCHEMA,),
        org_url=f"https://{ORGANIZATION.lower()}.okta.example",
    )


sample_tenant.__module__ = "jsm_assets_dest.okta"


def _paged(read: Callable[[], Iterator[object]]) -> Callable[[], Iterator[list[object]]]:
    return lambda: pages_of(read(), _PAGE)


@functools.cache  # There are only a few hundred names.
def _plain(name: str) -> str:
    """Convert a name to the form in an email address."""
    letters = unicodedata.normalize("NFKD", name.translate(_PLAIN)).lower()
    return "".join(letter for letter in letters if letter.isascii() and (letter.isalnum() or letter == "-"))


def _random(seed: int, *subject: object) -> random.Random:
    return random.Random("/".join(map(str, (seed, *subject))))


@functools.lru_cache(maxsize=1024)  # Groups, applications, and user types are needed repeatedly.
def _id(seed: int, prefix: str, *subject: object) -> str:
    letters = _random(seed, prefix, *subject).choices(_LETTERS, k=20 - len(prefix))
    return prefix + "".join(letters)


def _timestamp(time: datetime) -> str:
    return time.isoformat(timespec="milliseconds").replace("+00:00", "Z")


@frozen
class _Person:
    """Facts about a person that follow from the number."""

    number: int
    id: str
    first_name: str
    last_name: str
    login: str
    department: Department
    site: Site
    manager: int | None
    leads: bool
    state: str
    contractor: bool


@frozen
class _Sample:
    people: int
    seed: int

    # --- identities

    def _random(self, *subject: object) -> random.Random:
        return _random(self.seed, *subject)

    def _id(self, prefix: str, *subject: object) -> str:
        return _id(self.seed, prefix, *subject)

    # --- people

    def _manager(self, number: int) -> int | None:
        """Return the manager's number. Person 0 leads everyone, and the next people lead one department each."""
        if number == 0:
            return None
        return 0 if number <= len(DEPARTMENTS) else 1 + (number - 1 - len(DEPARTMENTS)) // _SPAN

    def _department(self, number: int) -> Department:
        while number > len(DEPARTMENTS):
            manager = self._manager(number)
            assert manager is not None  # Only person 0 has no manager.
            number = manager
        return DEPARTMENTS[(number or 1) - 1]

    def _names(self, number: int) -> tuple[str, str, str]:
        """Return a person's first name, last name, and login."""
        # A step without a common factor visits every pair of names once before one is repeated.
        pairs = len(GIVEN_NAMES) * len(FAMILY_NAMES)
        pair = (number * 7919 + self.seed * 104729) % pairs
        first_name, last_name = GIVEN_NAMES[pair % len(GIVEN_NAMES)], FAMILY_NAMES[pair // len(GIVEN_NAMES)]
        round_number = number // pairs
        suffix = round_number + 1 if round_number else ""
        return first_name, last_name, f"{_plain(first_name)}.{_plain(last_name)}{suffix}@{DOMAIN}"

    def _person(self, number: int) -> _Person:
        first_name, last_name, login = self._names(number)
        leads = 1 + (number - 1) * _SPAN + len(DEPARTMENTS) < self.people if number else self.people > 1
        state = "ACTIVE" if leads else _STATES.get(number % 50, "ACTIVE")
        return _Person(
            number=number,
            id=self._id("00u", number),
            first_name=first_name,
            last_name=last_name,
            login=login,
            department=self._department(number),
            site=SITES[self._random("site", number).randrange(len(SITES))],
            manager=self._manager(number),
            leads=leads,
            state=state,
            contractor=not leads and number % 11 == 3,
        )

    def _title(self, person: _Person, generator: random.Random) -> str:
        if person.number == 0:
            return "Chief Executive Officer"
        if person.number <= len(DEPARTMENTS):
            return f"Head of {person.department.name}"
        return (
            f"{person.department.name} Manager"
            if person.leads
            else generator.choice(person.department.titles)
        )

    def users(self) -> Iterator[Mapping[str, object]]:
        # As in Okta, half of the people come before their manager.
        step = next(step for step in (97, 89, 83, 1) if math.gcd(step, self.people) == 1)
        for number in range(self.people):
            yield self._user(self._person(number * step % self.people))

    def _user(self, person: _Person) -> Mapping[str, object]:
        generator = self._random("person", person.number)
        created = _NOW - timedelta(days=generator.randrange(30, 3000), seconds=generator.randrange(86_400))
        changed = created + (_NOW - created) * generator.random()
        has_started = person.state not in {"STAGED", "PROVISIONED"}
        last_login = _NOW - timedelta(minutes=generator.randrange(5, 40_000)) if has_started else None
        boss = self._names(person.manager) if person.manager is not None else None
        name = f"{person.first_name} {person.last_name}"
        kind = "contractor" if person.contractor else "user"
        return {
            "id": person.id,
            "status": person.state,
            "created": _timestamp(created),
            "activated": None if person.state == "STAGED" else _timestamp(created + timedelta(hours=1)),
            "statusChanged": _timestamp(changed),
            "lastLogin": None if last_login is None else _timestamp(max(last_login, changed)),
            "lastUpdated": _timestamp(changed),
            "passwordChanged": _timestamp(changed) if has_started else None,
            "type": {"id": self._id("oty", kind)},
            "profile": {
                "login": person.login,
                "email": person.login,
                "secondEmail": None,
                "firstName": person.first_name,
                "lastName": person.last_name,
                # In Okta, the display name is empty by default.
                "displayName": None if person.number % 5 == 2 else name,
                "nickName": person.first_name[:3] if person.number % 17 == 4 else None,
                "title": self._title(person, generator),
                "department": person.department.name,
                "division": person.department.division,
                "organization": ORGANIZATION,
                "costCenter": person.department.cost_center,
                "userType": "Contractor" if person.contractor else "Employee",
                "employeeNumber": f"L{10_000 + person.number}",
                "managerId": boss[2] if boss is not None else None,
                "manager": f"{boss[0]} {boss[1]}" if boss is not None else None,
                "mobilePhone": f"{person.site.phone}{generator.randrange(10, 99)}"
                if generator.random() < 0.7
                else None,
                "primaryPhone": f"{person.site.phone}{generator.randrange(10, 99)}",
                "streetAddress": f"{generator.randrange(1, 400)} {person.site.street}",
                "city": person.site.city,
                "state": person.site.state or None,
                "zipCode": person.site.zip_code,
                "countryCode": person.site.country,
                "preferredLanguage": person.site.language,
                "locale": person.site.language.replace("-", "_"),
                "timezone": person.site.timezone,
                "profileUrl": f"/people/{_plain(person.first_name)}-{person.number}"
                if person.leads
                else None,
                "badgeNumber": 200_000 + person.number,
                "remote": generator.random() < 0.3,
                "startDate": created.date().isoformat(),
                "languages": sorted({person.site.language[:2], generator.choice(("en", "es", "fr"))}),
            },
            "credentials": {"provider": {"type": "OKTA", "name": "OKTA"}},
            "_links": {"self": {"href": f"https://lumenworks.okta.example/api/v1/users/{person.id}"}},
        }

    # --- groups

    def _group_names(self) -> Iterator[tuple[str, str, str]]:
        """Yield the name, type, and description of every group."""
        yield "Everyone", "BUILT_IN", "All users in your organization"
        yield "Contractors", "OKTA_GROUP", "People who are not employed"
        yield "Managers", "OKTA_GROUP", "Everyone who leads people"
        yield "Remote", "OKTA_GROUP", "People without a desk of their own"
        for department in DEPARTMENTS:
            yield department.name, "OKTA_GROUP", f"All of {department.name}"
        for site in SITES:
            yield f"AD-{_plain(site.city)}-office", "APP_GROUP", f"Office {site.city}, from the directory"
        for number in range(1 + self.people // _TEAM):
            yield f"Project {number + 1}", "OKTA_GROUP", f"Team of project {number + 1}"

    def groups(self) -> Iterator[Mapping[str, object]]:
        for name, kind, description in self._group_names():
            generator = self._random("group", name)
            created = _NOW - timedelta(days=generator.randrange(400, 3000))
            profile: dict[str, object] = {"name": name, "description": description}
            directory = kind == "APP_GROUP"
            if directory:
                profile |= {
                    "samAccountName": name,
                    "dn": f"CN={name},OU=Groups,DC=lumenworks,DC=example",
                    "windowsDomainQualifiedName": f"LUMENWORKS\\{name}",
                }
            yield {
                "id": self._id("00g", name),
                "created": _timestamp(created),
                "lastUpdated": _timestamp(created + timedelta(days=generator.randrange(300))),
                "lastMembershipUpdated": _timestamp(_NOW - timedelta(days=generator.randrange(30))),
                "objectClass": ["okta:windows_security_principal" if directory else "okta:user_group"],
                "type": kind,
                "profile": profile,
            }

    def _groups_of(self, person: _Person) -> Iterator[str]:
        yield "Everyone"
        yield person.department.name
        yield f"AD-{_plain(person.site.city)}-office"
        if person.contractor:
            yield "Contractors"
        if person.leads:
            yield "Managers"
        generator = self._random("teams", person.number)
        if generator.random() < 0.3:
            yield "Remote"
        teams = range(1 + self.people // _TEAM)
        for team in generator.sample(teams, k=min(len(teams), generator.randrange(4))):
            yield f"Project {team + 1}"

    def group_members(self) -> Iterator[tuple[str, Source]]:
        identities = {name: self._id("00g", name) for name, _, _ in self._group_names()}
        for number in range(self.people):
            person = self._person(number)
            if person.state != "DEPROVISIONED":
                for name in self._groups_of(person):
                    yield identities[name], [person.id]

    # --- applications

    def applications(self) -> Iterator[Mapping[str, object]]:
        department_applications = [
            (label, label.lower().replace(" ", "_"), "SAML_2_0" if number % 2 else "OPENID_CONNECT")
            for number, label in enumerate(
                label for department in DEPARTMENTS for label in department.applications
            )
        ]
        retired = [("Old Intranet", "bookmark", "BOOKMARK")]
        for label, name, mode in (*CONSOLES, *SHARED_APPLICATIONS, *department_applications, *retired):
            generator = self._random("application", label)
            created = _NOW - timedelta(days=generator.randrange(200, 2500))
            provisioned = mode == "SAML_2_0"
            yield {
                "id": self._id("0oa", label),
                "name": name,
                "label": label,
                "status": "INACTIVE" if mode == "BOOKMARK" else "ACTIVE",
                "created": _timestamp(created),
                "lastUpdated": _timestamp(created + timedelta(days=generator.randrange(200))),
                "signOnMode": mode,
                "features": ["PUSH_NEW_USERS", "PUSH_USER_DEACTIVATION"] if provisioned else [],
                "visibility": {"autoSubmitToolbar": False, "hide": {"iOS": False, "web": False}},
            }

    def application_users(self) -> Iterator[tuple[str, Source]]:
        shared = [self._id("0oa", label) for label, _, _ in SHARED_APPLICATIONS]
        department_applications = {
            department.name: [self._id("0oa", label) for label in department.applications]
            for department in DEPARTMENTS
        }
        for number in range(self.people):
            person = self._person(number)
            if person.state != "DEPROVISIONED":
                for application in (*shared, *department_applications[person.department.name]):
                    yield application, [{"id": person.id, "scope": "GROUP", "status": "ACTIVE"}]

    def application_groups(self) -> Iterator[tuple[str, Source]]:
        for label, _, _ in SHARED_APPLICATIONS:
            yield self._id("0oa", label), [{"id": self._id("00g", "Everyone"), "priority": 0}]
        for department in DEPARTMENTS:
            for label in department.applications:
                yield self._id("0oa", label), [{"id": self._id("00g", department.name), "priority": 0}]

    # --- devices and user types

    def devices(self) -> Iterator[Mapping[str, object]]:
        for number in range(self.people):
            person = self._person(number)
            if person.state in {"STAGED", "DEPROVISIONED"}:
                continue
            generator = self._random("devices", number)
            yield self._device(person, "laptop", generator.choice(LAPTOPS), generator)
            if generator.random() < 0.2:
                yield self._device(person, "phone", generator.choice(PHONES), generator)

    def _device(
        self, person: _Person, kind: str, model: tuple[str, str, str, str], generator: random.Random
    ) -> Mapping[str, object]:
        identity = self._id("guo", kind, person.number)
        platform, manufacturer, name, version = model
        created = _NOW - timedelta(days=generator.randrange(10, 900))
        label = f"{_plain(person.last_name)[:8].upper()}-{kind.upper()}-{person.number}"
        serial = "".join(generator.choices(string.ascii_uppercase + string.digits, k=12))
        mobile = kind == "phone"
        return {
            "id": identity,
            "status": ("SUSPENDED" if person.state == "SUSPENDED" else "ACTIVE"),
            "created": _timestamp(created),
            "lastUpdated": _timestamp(created + timedelta(hours=generator.randrange(1, 200))),
            "profile": {
                "displayName": label,
                "platform": platform,
                "manufacturer": manufacturer,
                "model": name,
                "osVersion": version,
                "serialNumber": serial,
                "imei": str(generator.randrange(10**14, 10**15)) if mobile else None,
                "udid": None if mobile else f"{generator.getrandbits(64):016X}",
                "registered": True,
                "managed": generator.random() < 0.9,
                "secureHardwarePresent": generator.random() < 0.95,
                "integrityJailbreak": False if mobile else None,
                "diskEncryptionType": "USER"
                if mobile
                else generator.choice(("FULL", "ALL_INTERNAL_VOLUMES", "NONE")),
            },
            "resourceType": "UDDevice",
            "resourceId": identity,
            "resourceDisplayName": {"value": label, "sensitive": False},
            "_embedded": {
                "users": [
                    {
                        "managementStatus": "MANAGED" if generator.random() < 0.9 else "NOT_MANAGED",
                        "screenLockType": generator.choice(("BIOMETRIC", "PASSCODE", "NONE")),
                        "created": _timestamp(created),
                        "user": {"id": person.id},
                    }
                ]
            },
        }

    def user_types(self) -> Iterator[Mapping[str, object]]:
        for name, label, description in (
            ("user", "User", "Okta user profile template with default permission settings"),
            ("contractor", "Contractor", "People who work for us and are employed elsewhere"),
            ("service", "Service account", "Accounts of programs, not of people"),
        ):
            yield {
                "id": self._id("oty", name),
                "name": name,
                "displayName": label,
                "description": description,
                "default": name == "user",
                "created": _timestamp(_NOW - timedelta(days=3000)),
                "lastUpdated": _timestamp(_NOW - timedelta(days=200)),
            }


def _property(title: str, kind: str, **more: object) -> Mapping[str, object]:
    return {"title": title, "type": kind, **more}


_USER_SCHEMA: Mapping[str, object] = {
    "id": "https://lumenworks.okta.example/meta/schemas/user/default",
    "name": "user",
    "title": "User",
    "type": "object",
    "definitions": {
        "custom": {
            "id": "#custom",
            "type": "object",
            "properties": {
                "badgeNumber": _property("Badge Number", "integer"),
                "remote": _property("Works Remotely", "boolean"),
                "startDate": _property("Start Date", "string", format="date"),
                "languages": _property("Languages", "array", items={"type": "string"}),
            },
        }
    },
}
