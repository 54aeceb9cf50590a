"""Import records from Okta's responses."""

from collections.abc import Iterator, Mapping
from typing import Literal, TypeAlias

from attrs import define, field, frozen

from .._arguments.checking import checked
from .._display.values import public_value
from .._model.schema_model import SchemaModel
from ._fields import TYPES, TypeFields, device_users
from ._privacy import Privacy
from ._record_building import Part, RecordBuilder, Store, Targets, plan_parts
from ._report import DEACTIVATED_ADVICE, Notice, Report
from ._schema import schema_model
from ._sources import LISTS, ListReader, Located, Source
from ._tenant import Tenant
from ._values import Rules, as_mapping, check_count, text_at

#: Okta's own consoles by their name in the catalog. Okta lists them among the applications (recorded responses).
CONSOLE_APPLICATIONS = frozenset({"saasure", "okta_enduser", "okta_browser_plugin"})

#: What to do if Okta's data has a defect.
OnDefect: TypeAlias = Literal["report", "stop"]

#: Number of people from which an organization without any deactivated person is suspicious.
_MANY_PEOPLE = 1000

#: Links by table: the list, and True if the children are the owners.
_TABLES: Mapping[str, tuple[str, bool]] = {
    "application_group": ("app_groups", False),
    "person_group": ("group_members", True),
    "person_application": ("app_users", True),
    "device_person": ("device_users", False),
}


@frozen(kw_only=True)
class Options:
    """Arguments of `records`."""

    include_inactive: bool
    include_console_applications: bool
    caps: Mapping[str, int | None]
    people_limit: int | None
    rules: Rules
    privacy: Privacy
    on_defect: OnDefect


@define
@public_value
class Records:
    """Records of a tenant: an iterable of pairs of a selector and a record.

    Every iteration reads the tenant again and fills a new `report`. Memory stays bounded for a tenant of any size: people
    and their memberships are stored in a temporary file, and only ids of groups and applications in memory.

    Attributes:
        report: Report of the latest iteration. It is complete when the iteration has ended.
    """

    _tenant: Tenant
    _model: SchemaModel
    _options: Options
    report: Report = field(factory=Report, init=False)

    @property
    def model(self) -> SchemaModel:
        """Model of the records."""
        return self._model

    def __iter__(self) -> Iterator[tuple[str, Mapping[str, object]]]:
        self.report = Report(stop=self._options.on_defect == "stop")
        return _Pass(self._tenant, self._model, self._options, self.report).read()

    def __repr__(self) -> str:
        return f"<Records for {', '.join(self._model.selectors)}>"


@define
class _Pass:
    """One iteration over a tenant."""

    tenant: Tenant
    model: SchemaModel
    options: Options
    report: Report
    has_deactivated: bool = field(default=False, init=False)

    def read(self) -> Iterator[tuple[str, Mapping[str, object]]]:
        self._check_outside_of_records()
        targets = Targets(Store())
        for fields in TYPES:
            if self.model.has_object_type(fields.key) and self.model.object_type(fields.key).mapped:
                yield from self._read_type(fields, targets)
        self.report.complete = True

    def _check_outside_of_records(self) -> None:
        """Report defects of files and user schemas, from which no records are made."""
        for item in self.tenant.not_importable() if self.tenant.not_importable else ():
            if isinstance(item, Notice):
                self.report.notify(item)
            else:
                self.report.skip(item.what, item.id, item.where, item.reason)
        identities: set[str] = set()
        for located in ListReader(LISTS["user_schemas"], self.report).read(self.tenant.user_schemas):
            identity = text_at(located.value, "id")
            if "definitions" not in (as_mapping(located.value) or {}):
                reason = "not a user schema, it has no definitions"
                self.report.skip("user schema", identity, located.where, reason, is_defect=True)
            elif identity in identities:
                self.report.skip("user schema", identity, located.where, "an earlier schema has the same id")
            identities.update({identity} - {""})

    def _read_type(self, fields: TypeFields, targets: Targets) -> Iterator[tuple[str, Mapping[str, object]]]:
        spec = self.model.object_type(fields.key)
        options = self.options
        parts = plan_parts(
            spec,
            fields,
            options.rules,
            caps=options.caps if fields.key == "people" else {},
            transforms=options.privacy.transforms(self.model, spec),
            dropped=options.privacy.dropped(spec),
        )
        for part in parts:
            self._load_links(part, targets.store)
        builder = RecordBuilder(fields.key, parts, targets, self.report)
        source: Source | None = getattr(self.tenant, fields.source)
        if source is not None and fields.key != "people":
            targets.ranks[fields.key] = {}
        for located in ListReader(LISTS[fields.source], self.report).read(source):
            item = self._accepted(located, fields, targets)
            if item is None:
                continue
            identity = text_at(item, "id")
            if fields.key in targets.ranks:
                ranks = targets.ranks[fields.key]
                ranks[identity] = len(ranks) + (1 << 40 if text_at(item, "type") == "BUILT_IN" else 0)
            record = builder.build(item, identity)
            self.report.imported(spec.selector)
            yield spec.selector, record
            if fields.key == "people" and self.report.counts[spec.selector] == options.people_limit:
                break
        if source is not None:
            self._finish_type(fields, parts, targets)

    def _load_links(self, part: Part, store: Store) -> None:
        if part.table:
            name, is_inverted = _TABLES[part.table]
            pairs = ListReader(LISTS[name], self.report).read_links(getattr(self.tenant, name))
            store.load(part.table, ((child, parent) for parent, child in pairs) if is_inverted else pairs)

    def _finish_type(self, fields: TypeFields, parts: tuple[Part, ...], targets: Targets) -> None:
        if fields.key == "people":
            targets.people_read = True
            if self.options.people_limit is not None:
                return
            self._check_deactivated(self.report.counts.get(self.model.object_type(fields.key).selector, 0))
        for part in parts:
            if part.table:
                count, examples = targets.store.unknown_owners(part.table, fields.key)
                if count:
                    reason = f"references left out, of {fields.name.lower()} that are not imported"
                    self.report.note(part.title, reason, ", ".join(examples), count)

    def _check_deactivated(self, people_count: int) -> None:
        if people_count >= _MANY_PEOPLE and not self.has_deactivated:
            reason = f"none of the {people_count:,} people is deactivated. {DEACTIVATED_ADVICE}"
            self.report.notify(Notice("no_deactivated_people", "people", "", reason))

    def _accepted(
        self, located: Located, fields: TypeFields, targets: Targets
    ) -> Mapping[str, object] | None:
        """Return the object if it becomes a record. Otherwise, name it in the report."""
        item = as_mapping(located.value)
        identity = text_at(item, "id")
        if item is None or not identity:
            reason = "it has no id" if item is not None else f"not an object: {type(located.value).__name__}"
            self.report.skip(fields.noun, "", located.where, reason, is_defect=True)
            return None
        reason = self._unwanted(item, fields, targets)
        # Only imported objects are remembered, because references to other objects are left out.
        if not reason and not targets.store.first_time(fields.key, identity):
            reason = "an earlier response about it was imported"
        if reason:
            self.report.skip(fields.noun, identity, located.where, reason)
            return None
        return item

    def _unwanted(self, item: Mapping[str, object], fields: TypeFields, targets: Targets) -> str:
        """Return the reason why an object has no record, or an empty string."""
        options = self.options
        if fields.key == "groups":
            is_rule = text_at(item, "type") == "group_rule" or (
                "conditions" in item and "profile" not in item
            )
            return "a group rule (GET /api/v1/groups/rules), not a group" if is_rule else ""
        if fields.key == "applications" and not options.include_console_applications:
            name = text_at(item, "name")
            return f"one of Okta's own consoles, {name}" if name in CONSOLE_APPLICATIONS else ""
        is_deactivated = fields.key == "people" and text_at(item, "status") == "DEPROVISIONED"
        self.has_deactivated |= is_deactivated
        if is_deactivated and not options.include_inactive:
            return "deactivated in Okta, and include_inactive is False"
        if (
            fields.key == "devices"
            and options.people_limit is not None
            and self.model.has_object_type("people")
        ):
            users = (text_at(link, "user", "id") for link in device_users(item))
            if not any(targets.store.has_seen("people", user) for user in users):
                return "none of its users is among the first people"
        return ""


@checked
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
    on_defect: OnDefect = "report",
) -> Records:
    """Convert Okta's responses to import records, in the order of the import: targets of references come first.

    Args:
        tenant: Sources of the data. They are read while you iterate over the result.
        model: Model of the records. Default: `schema_model()`. Pass the same model that you build in Assets, including
            renamed, adopted, or removed object types. Object types are recognized by their keys, and a record contains
            only attributes of the model.
        include_inactive: True includes deactivated people (DEPROVISIONED), so that Assets shows who has left. False leaves
            them out: if the import ignores missing objects, Assets keeps showing their earlier status. Suspended and
            locked people are always included.
        include_console_applications: True includes Okta's own consoles, which Okta lists among the applications.
        groups_per_person: Maximum number of groups per person. The limit of the model's attribute applies too. The report
            counts the groups left out. Built-in groups such as Everyone are left out first. None means no limit.
        applications_per_person: Maximum number of applications per person. None means no limit.
        people_limit: Maximum number of people, for a test import. Only their devices are included. None means no limit.
        truncate: True cuts text that is too long for its attribute. False leaves it out, except in labels.
        privacy: Rules that drop, mask, or hash values before a record leaves this function. Default: no rules.
        on_defect: Reaction to a page that is an error response, that occurs twice, or that has an unread next page, and to
            an object or a member without an id. "report" names it in the report and continues without the missing
            objects. "stop" raises a `ConfigurationError` while you iterate, so that the import is not completed. Use
            "stop" for unattended imports that remove missing objects or empty values. A file that is not valid JSON
            always stops the iteration.

    Returns:
        An iterable of pairs of a selector and a record. Its `report` names everything that was left out.

    Raises:
        ConfigurationError: An argument has the wrong type, a limit is too small, `on_defect` is unknown, or the privacy
            rules do not fit the model.
    """
    for name, limit, minimum in (
        ("groups_per_person", groups_per_person, 0),
        ("applications_per_person", applications_per_person, 0),
        ("people_limit", people_limit, 1),
    ):
        if limit is not None:
            check_count(limit, minimum, name)
    model = schema_model() if model is None else model
    privacy = Privacy() if privacy is None else privacy
    privacy.check(model)
    options = Options(
        include_inactive=include_inactive,
        include_console_applications=include_console_applications,
        caps={"groups": groups_per_person, "applications": applications_per_person},
        people_limit=people_limit,
        rules=Rules(org_url=tenant.org_url.rstrip("/"), truncate=truncate),
        privacy=privacy,
        on_defect=on_defect,
    )
    return Records(tenant, model, options)


records.__module__ = "jsm_assets_dest.okta"
