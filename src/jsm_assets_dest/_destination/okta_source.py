"""The settings of Okta's records, as a destination saves them: what is left out, and the privacy rules.

The package `okta` is imported only when the records are created, because many destinations import other data.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Literal, TypeAlias, cast, get_args

from attrs import field, fields, frozen

from .._arguments.checking import checked
from .._model.schema_model import SchemaModel
from .._secret import Secret
from ..exceptions import ConfigurationError
from .secret_references import SecretReference
from .settings_file import construct

if TYPE_CHECKING:
    from .. import okta

#: Value of `okta.Action`.
PrivacyAction: TypeAlias = Literal["allow", "drop", "mask", "hash"]


def _privacy(value: Mapping[str, str]) -> Mapping[str, PrivacyAction]:
    for path, action in value.items():
        if action not in get_args(PrivacyAction):
            raise ConfigurationError(
                f"`privacy` contains an unknown action for {path}. Nothing was sent.",
                field="privacy",
                fix=f"Use one of {', '.join(map(repr, get_args(PrivacyAction)))}.",
            )
    return cast("Mapping[str, PrivacyAction]", dict(value))


def _reference(value: str | SecretReference | None) -> SecretReference | None:
    return None if value is None else SecretReference(value, field="hash_key")


@checked
@frozen(kw_only=True, repr=False)
class OktaSource:
    """Arguments of `okta.records` and `okta.Privacy`, stored until the records are needed.

    Attributes:
        include_inactive: True includes deactivated people.
        include_console_applications: True includes Okta's own consoles.
        groups_per_person: Maximum number of groups per person. None means no limit.
        applications_per_person: Maximum number of applications per person. None means no limit.
        people_limit: Maximum number of people. None means no limit.
        truncate: True cuts text that is too long. False leaves it out.
        on_defect: Reaction to a defect of Okta's data: "report" or "stop".
        privacy: Privacy rules: "allow", "drop", "mask", or "hash" by attribute, such as `{"people.mobilePhone": "drop"}`.
        privacy_default: Action for attributes without a rule.
        hash_key: Reference to the secret for the action "hash", as a `SecretReference` or its text.
    """

    __module__ = "jsm_assets_dest"

    include_inactive: bool = True
    include_console_applications: bool = False
    groups_per_person: int | None = None
    applications_per_person: int | None = None
    people_limit: int | None = None
    truncate: bool = False
    on_defect: Literal["report", "stop"] = "report"
    privacy: Mapping[str, PrivacyAction] = field(factory=dict, converter=_privacy, hash=False)
    privacy_default: PrivacyAction = "allow"
    hash_key: SecretReference | None = field(default=None, converter=_reference)

    @property
    def has_privacy_rules(self) -> bool:
        """True if a value can be dropped, masked, or hashed."""
        return {*self.privacy.values(), self.privacy_default} != {"allow"}

    def __repr__(self) -> str:
        return f"OktaSource({', '.join(f'{name}={value!r}' for name, value in self.to_dict().items())})"

    def to_dict(self) -> dict[str, object]:
        """Return the settings that differ from their defaults as JSON-ready data, which contains no secret."""
        data: dict[str, object] = {}
        defaults = OktaSource()
        for setting in fields(OktaSource):
            value = getattr(self, setting.name)
            if value != getattr(defaults, setting.name):
                data[setting.name] = str(value) if isinstance(value, SecretReference) else value
        return data

    @classmethod
    def from_dict(cls, data: Mapping[str, object], path: str = "source.okta") -> "OktaSource":
        """Read the result of `to_dict`.

        Raises:
            ConfigurationError: A key is unknown, or a value has another type. The error names its path.
        """
        return construct(OktaSource, data, path)


def privacy_of(source: OktaSource, hash_key: Secret | None) -> "okta.Privacy":
    """Return the privacy rules of a source."""
    from ..okta import Privacy

    return Privacy(
        source.privacy,
        default=source.privacy_default,
        hash_key=None if hash_key is None else hash_key.reveal(),
    )


def records_of(
    source: OktaSource, tenant: "okta.Tenant", model: SchemaModel, hash_key: Secret | None
) -> "okta.Records":
    """Return the records of a tenant."""
    from ..okta import records

    return records(
        tenant,
        model=model,
        include_inactive=source.include_inactive,
        include_console_applications=source.include_console_applications,
        groups_per_person=source.groups_per_person,
        applications_per_person=source.applications_per_person,
        people_limit=source.people_limit,
        truncate=source.truncate,
        on_defect=source.on_defect,
        privacy=privacy_of(source, hash_key),
    )
