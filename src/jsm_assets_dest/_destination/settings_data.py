"""The settings of a destination as values, and as JSON-ready data without secrets.

The package `okta` is imported only when the model or the records are created, because many destinations import other data.
Of the import options, those that apply to one run only are not saved.
"""

from collections.abc import Callable, Mapping, Sequence
from os import PathLike, fspath
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, cast, get_args

from attrs import asdict, field, fields, frozen

from .._arguments.checking import checked
from .._arguments.fitting import invalid
from .._assets.roles import RoleEntry, role_entries
from .._display.values import changed_fields, plain, public_value
from .._imports.options import ImportOptions, ImportSettings
from .._model.okta_options import CustomAttribute, ManagerBy, Profile
from .._model.schema_model import SchemaModel
from .._secret import Secret
from ..exceptions import ConfigurationError
from .secret_references import CredentialsReference, SecretReference
from .settings_file import at_path, construct, read_object, reject_unknown_keys

if TYPE_CHECKING:
    from .. import okta


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
@frozen(kw_only=True)
@public_value
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
    from ..okta import Privacy

    return Privacy(
        source.privacy,
        default=source.privacy_default,
        hash_key=None if hash_key is None else hash_key.reveal(),
    )


def records_of(
    source: OktaSource, tenant: "okta.Tenant", model: SchemaModel, hash_key: Secret | None
) -> "okta.Records":
    from ..okta import records

    options = asdict(source, recurse=False)
    for name in ("privacy_default", "hash_key"):
        del options[name]
    options["privacy"] = privacy_of(source, hash_key)
    return records(tenant, model=model, **options)


# --- all settings ---------------------------------------------------------------------------------------------------

_DISPLAYS = ("log", "tqdm", "rich")

#: Options that can't be saved, with the reason.
_OF_ONE_RUN: Mapping[str, str] = {
    "model": "a destination has a setting of its own for the model",
    "total": "each run has another number of records",
    "allow_missing": "it accepts the missing objects of one preview",
}

#: Options in files of the first edition that were renamed or removed.
_RENAMED = {"progress": "on_progress"}
_REMOVED = frozenset({"fast", "record_failure", "busy_seconds", "compress"})


def changed_options(options: ImportOptions) -> dict[str, object]:
    """Return the options that differ from their defaults."""
    return {option.name: content for option, content in changed_fields(options)}


def reject_unsavable(options: ImportOptions) -> None:
    """Reject options that apply to one run only.

    Raises:
        ConfigurationError: An option can't be saved. The error names the option and the reason.
    """
    for name, value in changed_options(options).items():
        _reject_option_of_one_run(name)
        if name == "on_progress" and not isinstance(value, str):
            raise _unsavable("on_progress", "a function can't be saved, but the name of a display can")


def _reject_option_of_one_run(name: str) -> None:
    if name in _OF_ONE_RUN:
        raise _unsavable(name, _OF_ONE_RUN[name])


def _unsavable(name: str, reason: str) -> ConfigurationError:
    return ConfigurationError(
        f"`options.{name}` can't be saved: {reason}.",
        field=f"options.{name}",
        fix=f"Pass {name}=… to import_records() in the runs that need it.",
    )


def options_to_dict(options: ImportOptions) -> dict[str, object]:
    """Return the options that differ from their defaults as JSON-ready data."""
    return {name: _json_value(value) for name, value in changed_options(options).items()}


def _json_value(value: object) -> object:
    if isinstance(value, PathLike):
        return fspath(cast("PathLike[str]", value))
    return list(cast("tuple[object, ...]", value)) if isinstance(value, tuple) else value


def options_from_dict(data: Mapping[str, object]) -> ImportOptions:
    """Read the result of `options_to_dict`.

    Raises:
        ConfigurationError: An option is unknown, can't be saved, or has an invalid value. The error names it.
    """
    data = {_RENAMED.get(name, name): value for name, value in data.items() if name not in _REMOVED}
    for name in data:
        _reject_option_of_one_run(name)
    names = [option.name for option in fields(ImportOptions) if option.name not in _OF_ONE_RUN]
    reject_unknown_keys(data, "options", names)
    if data.get("on_progress") not in (None, *_DISPLAYS):
        raise ConfigurationError(
            "`options.on_progress` is not the name of a display.",
            field="options.on_progress",
            fix=f"Write one of {', '.join(map(repr, _DISPLAYS))}.",
        )
    try:
        return ImportOptions(**cast(ImportSettings, dict(data)))
    except ConfigurationError as error:
        raise at_path(error, "options") from None


#: The model of a destination: the Okta model with options, a whole model, or the path of a JSON file.
ModelChoice: TypeAlias = OktaModel | SchemaModel | Path

#: Roles that a destination can set.
ROLES = ("managers", "developers", "users")


def settings_to_data(settings: Mapping[str, object]) -> dict[str, object]:
    """Return the settings that are set, as JSON-ready data."""
    data = {name: _WRITERS.get(name, plain)(value) for name, value in settings.items() if value is not None}
    return {name: value for name, value in data.items() if value not in ("", {})}


def settings_from_data(data: Mapping[str, object]) -> dict[str, Any]:
    """Return the settings that the data contains.

    Raises:
        ConfigurationError: A setting is invalid. The error names its path.
    """
    return {name: _READERS[name](value) if name in _READERS else value for name, value in data.items()}


def checked_roles(value: object) -> Mapping[str, tuple[str, ...]]:
    """Return the entries by role.

    Raises:
        ConfigurationError: A role is unknown, or an entry is invalid.
    """
    roles = read_object(value, "roles")
    reject_unknown_keys(roles, "roles", ROLES)
    return {
        name: role_entries(cast("list[RoleEntry]", entries), f"roles.{name}")
        for name, entries in roles.items()
    }


def _source(value: object) -> OktaSource:
    data = read_object(value, "source")
    reject_unknown_keys(data, "source", ("okta",))
    return OktaSource.from_dict(read_object(data.get("okta", {}), "source.okta"))


def _model(value: object) -> ModelChoice:
    data = read_object(value, "model")
    reject_unknown_keys(data, "model", ("okta", "whole", "file"))
    if len(data) != 1:
        raise ConfigurationError(
            f"`model` contains {len(data)} models.",
            field="model",
            fix="Write one of okta, whole, and file, and remove the others.",
        )
    if "okta" in data:
        return OktaModel.from_dict(read_object(data["okta"], "model.okta"))
    if "whole" in data:
        return SchemaModel.from_dict(read_object(data["whole"], "model.whole"))
    if not isinstance(data["file"], str):
        raise ConfigurationError(
            "`model.file` is not a string.",
            field="model.file",
            fix="Write the path of a JSON file in quotes.",
        )
    return Path(data["file"])


def _model_to_data(model: ModelChoice) -> dict[str, object]:
    if isinstance(model, OktaModel):
        return {"okta": model.to_dict()}
    if isinstance(model, SchemaModel):
        return {"whole": model.to_dict()}
    return {"file": str(model)}


#: Functions for settings whose data differ from their values.
_WRITERS: Mapping[str, Callable[[Any], object]] = {
    "import_token": str,
    "model": _model_to_data,
    "source": lambda source: {"okta": source.to_dict()},
    "options": options_to_dict,
}
_READERS: Mapping[str, Callable[[object], object]] = {
    "credentials": lambda value: construct(CredentialsReference, value, "credentials"),
    "model": _model,
    "source": _source,
    "roles": checked_roles,
    "options": lambda value: options_from_dict(read_object(value, "options")),
}
