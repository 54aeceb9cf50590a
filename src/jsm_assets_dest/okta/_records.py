"""Okta's answers as import records."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from attrs import define, field, frozen

from ..exceptions import ConfigurationError
from ..model import SchemaModel
from ._fields import TYPES, TypeFields, device_users
from ._okta_objects import as_mapping, error_summary, text_at
from ._privacy import Privacy
from ._record_building import Known, Part, Record, build, identity_of, parts
from ._report import Report
from ._schema import schema_model
from ._sources import Links, Located, Source, links, objects
from ._store import Store
from ._tenant import Tenant
from ._values import Rules

#: Okta's own consoles, which its list of applications shows among the others, by their name in the catalogue
#: (recorded answers of test organisations).
CONSOLE_APPLICATIONS = frozenset({"saasure", "okta_enduser", "okta_browser_plugin"})

#: Which links fill a table: the source, whether the listing is turned round, and where a child names its id.
_TABLES: Mapping[str, tuple[Callable[[Tenant], Links | None], bool, tuple[str, ...]]] = {
    "application_group": (lambda tenant: tenant.app_groups, False, ()),
    "person_group": (lambda tenant: tenant.group_members, True, ()),
    "person_application": (lambda tenant: tenant.app_users, True, ()),
    "device_person": (lambda tenant: tenant.device_users, False, ("user", "id")),
}

_SOURCES: Mapping[str, Callable[[Tenant], Source | None]] = {
    "userTypes": lambda tenant: tenant.user_types,
    "groups": lambda tenant: tenant.groups,
    "applications": lambda tenant: tenant.apps,
    "people": lambda tenant: tenant.users,
    "devices": lambda tenant: tenant.devices,
}


@frozen(kw_only=True)
class Options:
    """What `records` was asked for."""

    include_inactive: bool
    include_console_applications: bool
    caps: Mapping[str, int | None]
    people_limit: int | None
    rules: Rules
    privacy: Privacy


@define(repr=False)
class Records:
    """The records of a tenant, to be iterated: pairs of a selector and a record.

    Every iteration reads the tenant anew and fills a new `report`. Memory stays bounded whatever the tenant's size:
    people and their memberships are kept in a temporary file, groups and applications as ids.

    Attributes:
        report: What became of the objects in the latest iteration; complete once that has ended.
    """

    _tenant: Tenant
    _model: SchemaModel
    _options: Options
    report: Report = field(factory=Report, init=False)

    @property
    def model(self) -> SchemaModel:
        """The model that the records are for."""
        return self._model

    def __iter__(self) -> Iterator[tuple[str, Mapping[str, object]]]:
        self.report = Report()
        return self._read(self.report)

    def __repr__(self) -> str:
        return f"<Records for {', '.join(self._model.selectors)}>"

    def _read(self, report: Report) -> Iterator[tuple[str, Mapping[str, object]]]:
        with Store.opened() as store:
            known = Known(store)
            for fields in TYPES:
                if self._model.has_object_type(fields.key) and self._model.object_type(fields.key).mapped:
                    yield from self._type(fields, known, report)
            for skipped in self._tenant.not_importable() if self._tenant.not_importable else ():
                report.skip(skipped.what, skipped.id, skipped.where, skipped.reason)
            report.complete = True

    def _type(self, fields: TypeFields, known: Known, report: Report) -> Iterator[tuple[str, Record]]:
        spec = self._model.object_type(fields.key)
        options = self._options
        transforms = options.privacy.transforms(self._model, spec)
        caps: Mapping[str, int | None] = options.caps if fields.key == "people" else {}
        dropped = options.privacy.dropped(spec)
        of = parts(spec, fields, options.rules, caps=caps, transforms=transforms, dropped=dropped)
        for part in of:
            self._load(part, known.store)
        source = _SOURCES[fields.key](self._tenant)
        if source is not None and fields.key != "people":
            known.ranks[fields.key] = {}
        for found in objects(source):
            item = self._accepted(found, fields, known, report)
            if item is None:
                continue
            identity = identity_of(item)
            if not known.store.first_time(fields.key, identity):
                reason = "met before; another answer about it was imported"
                report.skip(fields.noun, identity, found.where, reason)
                continue
            if fields.key in known.ranks:
                ranks = known.ranks[fields.key]
                ranks[identity] = len(ranks) + (1 << 40 if text_at(item, "type") == "BUILT_IN" else 0)
            record = build(item, identity, of, known, report, fields.key)
            report.imported(spec.selector)
            yield spec.selector, record
            if fields.key == "people" and report.counts[spec.selector] == options.people_limit:
                break
        if source is not None:
            self._finish(fields, of, known, report)

    def _load(self, part: Part, store: Store) -> None:
        if part.table:
            source, inverted, child_path = _TABLES[part.table]
            pairs = links(source(self._tenant), *child_path)
            store.load(part.table, ((child, parent) for parent, child in pairs) if inverted else pairs)

    def _finish(self, fields: TypeFields, of: tuple[Part, ...], known: Known, report: Report) -> None:
        if fields.key == "people":
            known.people_read = True
            if self._options.people_limit is not None:
                return
        for part in of:
            if part.table:
                count, examples = known.store.owners_unseen(part.table, fields.key)
                if count:
                    reason = f"references left out, of {fields.name.lower()} that are not imported"
                    report.note(part.title, reason, ", ".join(examples), count)

    def _accepted(
        self, found: Located, fields: TypeFields, known: Known, report: Report
    ) -> Mapping[str, object] | None:
        """The object, when it gives a record; otherwise it is named in the report."""
        item = as_mapping(found.value)
        identity = identity_of(item) if item is not None else ""
        if item is None:
            reason = f"not an object: {type(found.value).__name__}"
        elif summary := error_summary(item):
            reason = f"an error answer of Okta's, {summary}"
        elif not identity:
            reason = "it has no id"
        else:
            reason = self._unwanted(item, fields, known)
        if reason:
            report.skip(fields.noun, identity, found.where, reason)
            return None
        return item

    def _unwanted(self, item: Mapping[str, object], fields: TypeFields, known: Known) -> str:
        options = self._options
        if fields.key == "applications" and not options.include_console_applications:
            name = text_at(item, "name")
            return f"one of Okta's own consoles, {name}" if name in CONSOLE_APPLICATIONS else ""
        if (
            fields.key == "people"
            and not options.include_inactive
            and text_at(item, "status") == "DEPROVISIONED"
        ):
            return "deactivated in Okta, and inactive people are not wanted"
        if fields.key == "devices" and options.people_limit is not None:
            users = [text_at(link, "user", "id") for link in device_users(item)]
            if self._model.has_object_type("people") and not any(
                known.store.has_seen("people", one) for one in users
            ):
                return "none of its people is among the first ones"
        return ""


def records(
    tenant: Tenant,
    *,
    model: SchemaModel | None = None,
    include_inactive: bool = True,
    include_console_applications: bool = False,
    groups_per_person: int | None = None,
    applications_per_person: int | None = None,
    people_limit: int | None = None,
    truncate: bool = False,
    privacy: Privacy | None = None,
) -> Records:
    """Okta's answers as import records, in the order in which they should be sent: what is referred to comes first.

    Args:
        tenant: Where the answers come from; read when the result is iterated.
        model: The model that the records are for; by default `schema_model()`. A renamed, adopted or shortened model
            is followed: object types are known by their keys, and a record holds nothing that the model does not want.
        include_inactive: Whether deactivated people (DEPROVISIONED) give records. Suspended and locked people always
            do: they are still there.
        include_console_applications: Whether Okta's own consoles give records.
        groups_per_person: The greatest number of groups of a person; never more than the model's attribute takes. What
            is left out is counted in the report. Built-in groups, such as Everyone, are the first to go.
        applications_per_person: The same for applications.
        people_limit: Read only so many people, and only the devices of those, for a test import.
        truncate: Whether text that is too long for its attribute is cut; otherwise it is left out, except in labels.
        privacy: What is dropped, masked or hashed before a record leaves this function.

    Returns:
        An iterable of pairs (selector, record), with a `report` of everything that was left out.

    Raises:
        ConfigurationError: A limit below zero; or the privacy rules do not fit the model.
    """
    for name, limit in (
        ("groups_per_person", groups_per_person),
        ("applications_per_person", applications_per_person),
        ("people_limit", people_limit),
    ):
        if limit is not None and limit < (1 if name == "people_limit" else 0):
            raise ConfigurationError(
                f"{name} cannot be {limit}.", field=name, fix="Give a positive number, or None."
            )
    wanted = schema_model() if model is None else model
    rules = privacy if privacy is not None else Privacy()
    rules.check(wanted)
    options = Options(
        include_inactive=include_inactive,
        include_console_applications=include_console_applications,
        caps={"groups": groups_per_person, "applications": applications_per_person},
        people_limit=people_limit,
        rules=Rules(org_url=tenant.org_url.rstrip("/"), truncate=truncate),
        privacy=rules,
    )
    return Records(tenant, wanted, options)


__all__ = ["CONSOLE_APPLICATIONS", "Records", "records"]
