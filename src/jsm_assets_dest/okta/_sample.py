"""A believable organisation of our own making, in the shape of Okta's answers: for examples, tests and demonstrations.

Everything about a person follows from the seed and the person's number, so that an organisation of any size can be
read again and again, page by page, without being kept. Nobody in it exists.
"""

from __future__ import annotations

import functools
import math
import random
import string
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta

from attrs import field, frozen

from ..exceptions import ConfigurationError
from ._sample_words import (
    CONSOLES,
    DEPARTMENTS,
    DOMAIN,
    EVERYBODYS_APPLICATIONS,
    FAMILY_NAMES,
    GIVEN_NAMES,
    LAPTOPS,
    ORGANIZATION,
    PHONES,
    SITES,
    Department,
    Site,
)
from ._sources import Source
from ._tenant import Tenant

_LETTERS = string.digits + string.ascii_uppercase + string.ascii_lowercase
_NOW = datetime(2025, 11, 3, 8, 0, tzinfo=UTC)
_PAGE = 200
#: People who report to one manager.
_SPAN = 6
#: People per project group.
_TEAM = 40
#: Every fiftieth person goes through these, so that each state of Okta's is there.
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
#: Letters that Unicode does not take apart into a plain one and an accent.
_PLAIN = str.maketrans({"ø": "o", "ı": "i", "ł": "l", "Ø": "O"})


def sample_tenant(people: int = 250, *, seed: int = 7) -> Tenant:
    """The sample organisation.

    Args:
        people: How many people it has; 100,000 work as well, they are made while they are read.
        seed: Another seed is another organisation of the same size.

    Returns:
        A tenant with people, managers, groups, applications, devices, user types, memberships and a user schema with
        custom attributes. The same arguments always give the same tenant.

    Raises:
        ConfigurationError: Fewer than one person.
    """
    if people < 1:
        raise ConfigurationError(
            f"A tenant of {people} people cannot be made.", field="people", fix="Ask for one or more."
        )
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


def _paged(read: Callable[[], Iterator[object]]) -> Callable[[], Iterator[list[object]]]:
    def pages() -> Iterator[list[object]]:
        page: list[object] = []
        for one in read():
            page.append(one)
            if len(page) == _PAGE:
                yield page
                page = []
        if page:
            yield page

    return pages


@functools.cache  # of the few hundred names there are
def _plain(name: str) -> str:
    """A name as it stands in an e-mail address."""
    parts = unicodedata.normalize("NFKD", name.translate(_PLAIN)).lower()
    return "".join(sign for sign in parts if sign.isascii() and (sign.isalnum() or sign == "-"))


def _random(seed: int, *what: object) -> random.Random:
    return random.Random("/".join(map(str, (seed, *what))))


@functools.lru_cache(maxsize=1024)  # groups, applications and user types come again and again
def _id(seed: int, prefix: str, *what: object) -> str:
    chosen = _random(seed, prefix, *what).choices(_LETTERS, k=20 - len(prefix))
    return prefix + "".join(chosen)


def _stamp(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


@frozen
class _Person:
    """What the others need to know about a person, worked out from the number."""

    number: int
    id: str
    given: str
    family: str
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
    _domain: str = field(default=DOMAIN, init=False)

    # --- identities

    def _random(self, *what: object) -> random.Random:
        return _random(self.seed, *what)

    def _id(self, prefix: str, *what: object) -> str:
        return _id(self.seed, prefix, *what)

    def _person_id(self, number: int) -> str:
        return self._id("00u", number)

    def _group_id(self, name: str) -> str:
        return self._id("00g", name)

    def _application_id(self, label: str) -> str:
        return self._id("0oa", label)

    def _user_type_id(self, name: str) -> str:
        return self._id("oty", name)

    # --- people

    def _manager(self, number: int) -> int | None:
        """Person 0 leads all, the next ones a department each, and so on, `_SPAN` people to a manager."""
        if number == 0:
            return None
        return 0 if number <= len(DEPARTMENTS) else 1 + (number - 1 - len(DEPARTMENTS)) // _SPAN

    def _department(self, number: int) -> Department:
        while number > len(DEPARTMENTS):
            manager = self._manager(number)
            assert manager is not None  # only person 0 has none
            number = manager
        return DEPARTMENTS[(number or 1) - 1]

    def _names(self, number: int) -> tuple[str, str, str]:
        """A person's given name, family name and login."""
        # Steps that share no factor with the number of names meet every pair of names once before one comes again.
        pairs = len(GIVEN_NAMES) * len(FAMILY_NAMES)
        pair = (number * 7919 + self.seed * 104729) % pairs
        given, family = GIVEN_NAMES[pair % len(GIVEN_NAMES)], FAMILY_NAMES[pair // len(GIVEN_NAMES)]
        again = number // pairs
        return given, family, f"{_plain(given)}.{_plain(family)}{again + 1 if again else ''}@{self._domain}"

    def _person(self, number: int) -> _Person:
        given, family, login = self._names(number)
        leads = 1 + (number - 1) * _SPAN + len(DEPARTMENTS) < self.people if number else self.people > 1
        state = "ACTIVE" if leads else _STATES.get(number % 50, "ACTIVE")
        return _Person(
            number=number,
            id=self._person_id(number),
            given=given,
            family=family,
            login=login,
            department=self._department(number),
            site=SITES[self._random("site", number).randrange(len(SITES))],
            manager=self._manager(number),
            leads=leads,
            state=state,
            contractor=not leads and number % 11 == 3,
        )

    def _title(self, person: _Person, chance: random.Random) -> str:
        if person.number == 0:
            return "Chief Executive Officer"
        if person.number <= len(DEPARTMENTS):
            return f"Head of {person.department.name}"
        return (
            f"{person.department.name} Manager" if person.leads else chance.choice(person.department.titles)
        )

    def users(self) -> Iterator[Mapping[str, object]]:
        # Okta does not list managers first; here half of the people come before theirs, too.
        step = next(step for step in (97, 89, 83, 1) if math.gcd(step, self.people) == 1)
        for number in range(self.people):
            yield self._user(self._person(number * step % self.people))

    def _user(self, person: _Person) -> Mapping[str, object]:
        chance = self._random("person", person.number)
        created = _NOW - timedelta(days=chance.randrange(30, 3000), seconds=chance.randrange(86_400))
        changed = created + (_NOW - created) * chance.random()
        started = person.state not in {"STAGED", "PROVISIONED"}
        last_login = _NOW - timedelta(minutes=chance.randrange(5, 40_000)) if started else None
        boss = self._names(person.manager) if person.manager is not None else None
        name = f"{person.given} {person.family}"
        kind = "contractor" if person.contractor else "user"
        return {
            "id": person.id,
            "status": person.state,
            "created": _stamp(created),
            "activated": None if person.state == "STAGED" else _stamp(created + timedelta(hours=1)),
            "statusChanged": _stamp(changed),
            "lastLogin": None if last_login is None else _stamp(max(last_login, changed)),
            "lastUpdated": _stamp(changed),
            "passwordChanged": _stamp(changed) if started else None,
            "type": {"id": self._user_type_id(kind)},
            "profile": {
                "login": person.login,
                "email": person.login,
                "secondEmail": None,
                "firstName": person.given,
                "lastName": person.family,
                # Okta leaves the display name empty unless somebody fills it.
                "displayName": None if person.number % 5 == 2 else name,
                "nickName": person.given[:3] if person.number % 17 == 4 else None,
                "title": self._title(person, chance),
                "department": person.department.name,
                "division": person.department.division,
                "organization": ORGANIZATION,
                "costCenter": person.department.cost_center,
                "userType": "Contractor" if person.contractor else "Employee",
                "employeeNumber": f"L{10_000 + person.number}",
                "managerId": boss[2] if boss is not None else None,
                "manager": f"{boss[0]} {boss[1]}" if boss is not None else None,
                "mobilePhone": f"{person.site.phone}{chance.randrange(10, 99)}"
                if chance.random() < 0.7
                else None,
                "primaryPhone": f"{person.site.phone}{chance.randrange(10, 99)}",
                "streetAddress": f"{chance.randrange(1, 400)} {person.site.street}",
                "city": person.site.city,
                "state": person.site.state or None,
                "zipCode": person.site.zip_code,
                "countryCode": person.site.country,
                "preferredLanguage": person.site.language,
                "locale": person.site.language.replace("-", "_"),
                "timezone": person.site.timezone,
                "profileUrl": f"/people/{_plain(person.given)}-{person.number}" if person.leads else None,
                "badgeNumber": 200_000 + person.number,
                "remote": chance.random() < 0.3,
                "startDate": created.date().isoformat(),
                "languages": sorted({person.site.language[:2], chance.choice(("en", "es", "fr"))}),
            },
            "credentials": {"provider": {"type": "OKTA", "name": "OKTA"}},
            "_links": {"self": {"href": f"https://lumenworks.okta.example/api/v1/users/{person.id}"}},
        }

    # --- groups

    def _group_names(self) -> Iterator[tuple[str, str, str]]:
        """Name, type and description of every group."""
        yield "Everyone", "BUILT_IN", "All users in your organization"
        yield "Contractors", "OKTA_GROUP", "People who are not employed"
        yield "Managers", "OKTA_GROUP", "Everybody who leads people"
        yield "Remote", "OKTA_GROUP", "People without a desk of their own"
        for department in DEPARTMENTS:
            yield department.name, "OKTA_GROUP", f"All of {department.name}"
        for site in SITES:
            yield f"AD-{_plain(site.city)}-office", "APP_GROUP", f"Office {site.city}, from the directory"
        for number in range(1 + self.people // _TEAM):
            yield f"Project {number + 1}", "OKTA_GROUP", f"Team of project {number + 1}"

    def groups(self) -> Iterator[Mapping[str, object]]:
        for name, kind, description in self._group_names():
            chance = self._random("group", name)
            created = _NOW - timedelta(days=chance.randrange(400, 3000))
            profile: dict[str, object] = {"name": name, "description": description}
            directory = kind == "APP_GROUP"
            if directory:
                profile |= {
                    "samAccountName": name,
                    "dn": f"CN={name},OU=Groups,DC=lumenworks,DC=example",
                    "windowsDomainQualifiedName": f"LUMENWORKS\\{name}",
                }
            yield {
                "id": self._group_id(name),
                "created": _stamp(created),
                "lastUpdated": _stamp(created + timedelta(days=chance.randrange(300))),
                "lastMembershipUpdated": _stamp(_NOW - timedelta(days=chance.randrange(30))),
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
        chance = self._random("teams", person.number)
        if chance.random() < 0.3:
            yield "Remote"
        teams = range(1 + self.people // _TEAM)
        for team in chance.sample(teams, k=min(len(teams), chance.randrange(4))):
            yield f"Project {team + 1}"

    def group_members(self) -> Iterator[tuple[str, Source]]:
        identities = {name: self._group_id(name) for name, _, _ in self._group_names()}
        for number in range(self.people):
            person = self._person(number)
            if person.state != "DEPROVISIONED":
                for name in self._groups_of(person):
                    yield identities[name], [person.id]

    # --- applications

    def applications(self) -> Iterator[Mapping[str, object]]:
        of_departments = [
            (label, label.lower().replace(" ", "_"), "SAML_2_0" if number % 2 else "OPENID_CONNECT")
            for number, label in enumerate(
                one for department in DEPARTMENTS for one in department.applications
            )
        ]
        retired = [("Old Intranet", "bookmark", "BOOKMARK")]
        for label, name, mode in (*CONSOLES, *EVERYBODYS_APPLICATIONS, *of_departments, *retired):
            chance = self._random("application", label)
            created = _NOW - timedelta(days=chance.randrange(200, 2500))
            provisioned = mode == "SAML_2_0"
            yield {
                "id": self._application_id(label),
                "name": name,
                "label": label,
                "status": "INACTIVE" if mode == "BOOKMARK" else "ACTIVE",
                "created": _stamp(created),
                "lastUpdated": _stamp(created + timedelta(days=chance.randrange(200))),
                "signOnMode": mode,
                "features": ["PUSH_NEW_USERS", "PUSH_USER_DEACTIVATION"] if provisioned else [],
                "visibility": {"autoSubmitToolbar": False, "hide": {"iOS": False, "web": False}},
            }

    def application_users(self) -> Iterator[tuple[str, Source]]:
        everybodys = [self._application_id(label) for label, _, _ in EVERYBODYS_APPLICATIONS]
        of_departments = {
            one.name: [self._application_id(label) for label in one.applications] for one in DEPARTMENTS
        }
        for number in range(self.people):
            person = self._person(number)
            if person.state != "DEPROVISIONED":
                for application in (*everybodys, *of_departments[person.department.name]):
                    yield application, [{"id": person.id, "scope": "GROUP", "status": "ACTIVE"}]

    def application_groups(self) -> Iterator[tuple[str, Source]]:
        for label, _, _ in EVERYBODYS_APPLICATIONS:
            yield self._application_id(label), [{"id": self._group_id("Everyone"), "priority": 0}]
        for department in DEPARTMENTS:
            for label in department.applications:
                yield self._application_id(label), [{"id": self._group_id(department.name), "priority": 0}]

    # --- devices and user types

    def devices(self) -> Iterator[Mapping[str, object]]:
        for number in range(self.people):
            person = self._person(number)
            if person.state in {"STAGED", "DEPROVISIONED"}:
                continue
            chance = self._random("devices", number)
            yield self._device(person, "laptop", chance.choice(LAPTOPS), chance)
            if chance.random() < 0.2:
                yield self._device(person, "phone", chance.choice(PHONES), chance)

    def _device(
        self, person: _Person, kind: str, model: tuple[str, str, str, str], chance: random.Random
    ) -> Mapping[str, object]:
        identity = self._id("guo", kind, person.number)
        platform, manufacturer, name, version = model
        created = _NOW - timedelta(days=chance.randrange(10, 900))
        label = f"{_plain(person.family)[:8].upper()}-{kind.upper()}-{person.number}"
        serial = "".join(chance.choices(string.ascii_uppercase + string.digits, k=12))
        mobile = kind == "phone"
        return {
            "id": identity,
            "status": ("SUSPENDED" if person.state == "SUSPENDED" else "ACTIVE"),
            "created": _stamp(created),
            "lastUpdated": _stamp(created + timedelta(hours=chance.randrange(1, 200))),
            "profile": {
                "displayName": label,
                "platform": platform,
                "manufacturer": manufacturer,
                "model": name,
                "osVersion": version,
                "serialNumber": serial,
                "imei": str(chance.randrange(10**14, 10**15)) if mobile else None,
                "udid": None if mobile else f"{chance.getrandbits(64):016X}",
                "registered": True,
                "managed": chance.random() < 0.9,
                "secureHardwarePresent": chance.random() < 0.95,
                "integrityJailbreak": False if mobile else None,
                "diskEncryptionType": "USER"
                if mobile
                else chance.choice(("FULL", "ALL_INTERNAL_VOLUMES", "NONE")),
            },
            "resourceType": "UDDevice",
            "resourceId": identity,
            "resourceDisplayName": {"value": label, "sensitive": False},
            "_embedded": {
                "users": [
                    {
                        "managementStatus": "MANAGED" if chance.random() < 0.9 else "NOT_MANAGED",
                        "screenLockType": chance.choice(("BIOMETRIC", "PASSCODE", "NONE")),
                        "created": _stamp(created),
                        "user": {"id": person.id},
                    }
                ]
            },
        }

    def user_types(self) -> Iterator[Mapping[str, object]]:
        for name, label, description in (
            ("user", "User", "Okta user profile template with default permission settings"),
            ("contractor", "Contractor", "People who work for us and are employed elsewhere"),
            ("service", "Service account", "Accounts of programs; no person stands behind them"),
        ):
            yield {
                "id": self._user_type_id(name),
                "name": name,
                "displayName": label,
                "description": description,
                "default": name == "user",
                "created": _stamp(_NOW - timedelta(days=3000)),
                "lastUpdated": _stamp(_NOW - timedelta(days=200)),
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
