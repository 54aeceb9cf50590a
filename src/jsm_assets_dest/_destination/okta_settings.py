"""The settings of Okta's model and records, as a destination saves them.

The package `okta` is imported only when the model or the records are created, because many destinations import other data.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Literal, TypeAlias, cast, get_args

from attrs import asdict, field, frozen

from .._arguments.checking import checked
from .._arguments.fitting import invalid
from .._display.values import changed_fields, public_value
from .._model.okta_options import CustomAttribute, ManagerBy, Profile
from .._model.schema_model import SchemaModel
from .._secret import Secret
from .secret_references import SecretReference
from .settings_file import construct


def _custom_attributes(values: Sequence[CustomAttribute]) -> tuple[CustomAttribute, ...]:
    return tuple(values)


def _texts(values: Sequence[str]) -> tuple[str, ...]:
    return tuple(values)


@checked
@frozen
@public_value
class OktaModel:
    """Arguments of `okta.schema_model`, stored until the model is needed.

    Attributes:
        profile: "lean", "standard", or "full".
        namespace: First part of the external ids. None for "okta".
        custom_attributes: More fields of Okta's user profile.
        without: Object types and attributes to leave out.
        manager_by: How the manager of a person is found.
        manager_field: Field of Okta's user profile that identifies the manager.
        jira_users: True to link people, managers, and devices to accounts in Jira after each import.
    """

    profile: Profile | str = "standard"
    namespace: str | None = field(default=None, kw_only=True)
    custom_attributes: tuple[CustomAttribute, ...] = field(
        default=(), converter=_custom_attributes, kw_only=True
    )
    without: tuple[str, ...] = field(default=(), converter=_texts, kw_only=True)
    manager_by: ManagerBy | str = field(default="email", kw_only=True)
    manager_field: str = field(default="managerId", kw_only=True)
    jira_users: bool = field(default=False, kw_only=True)

    def schema_model(self) -> SchemaModel:
        """Create the model.

        Raises:
            ConfigurationError: An option is invalid.
            InvalidModelError: Something in the model refers to something that was left out.
        """
        from ..okta import schema_model

        return schema_model(**asdict(self, recurse=False))

    def to_dict(self) -> dict[str, object]:
        """Return the profile, and the options that differ from their defaults, as JSON-ready data."""
        data: dict[str, object] = {"profile": self.profile}
        for option, content in changed_fields(self):
            data[option.name] = list(content) if isinstance(content, tuple) else content
        if self.custom_attributes:
            data["custom_attributes"] = [
                {name: value for name, value in asdict(attribute).items() if value}
                for attribute in self.custom_attributes
            ]
        return data

    @classmethod
    def from_dict(cls, data: Mapping[str, object], path: str = "model.okta") -> "OktaModel":
        """Read the result of `to_dict`.

        Raises:
            ConfigurationError: A key is unknown, or a value has another type. The error names its path.
        """
        attributes = data.get("custom_attributes")
        if isinstance(attributes, list):
            items = [
                construct(CustomAttribute, item, f"{path}.custom_attributes[{index}]")
                for index, item in enumerate(cast("list[object]", attributes))
            ]
            data = {**data, "custom_attributes": items}
        return construct(OktaModel, data, path)


if TYPE_CHECKING:
    from .. import okta

#: Value of `okta.Action`.
PrivacyAction: TypeAlias = Literal["allow", "drop", "mask", "hash"]


def _privacy(value: Mapping[str, str]) -> Mapping[str, PrivacyAction]:
    for path, action in value.items():
        if action not in get_args(PrivacyAction):
            raise invalid(
                "privacy",
                f"contains an unknown action for {path}",
                f"Use one of {', '.join(map(repr, get_args(PrivacyAction)))}.",
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
        return {
            setting.name: str(content) if isinstance(content, SecretReference) else content
            for setting, content in changed_fields(self)
        }

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

    options = asdict(source, recurse=False)
    for name in ("privacy_default", "hash_key"):
        del options[name]
    options["privacy"] = privacy_of(source, hash_key)
    return records(tenant, model=model, **options)
