"""The options of the Okta model, as a destination saves them.

The package `okta` is imported only when the model is created, because many destinations import other data.
"""

from collections.abc import Mapping, Sequence
from typing import cast

from attrs import asdict, field, fields, frozen

from .._arguments.checking import checked
from .._display.short_repr import short_repr
from .._model.okta_options import CustomAttribute, ManagerBy, Profile
from .._model.schema_model import SchemaModel
from .settings_file import construct


def _custom_attributes(values: Sequence[CustomAttribute]) -> tuple[CustomAttribute, ...]:
    return tuple(values)


def _texts(values: Sequence[str]) -> tuple[str, ...]:
    return tuple(values)


@checked
@frozen
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

    __module__ = "jsm_assets_dest"
    __repr__ = short_repr

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

        return schema_model(
            self.profile,  # type: ignore[arg-type]  # okta.schema_model checks it; a later version may have more
            namespace=self.namespace,
            custom_attributes=self.custom_attributes,
            without=self.without,
            manager_by=self.manager_by,  # type: ignore[arg-type]  # the same
            manager_field=self.manager_field,
            jira_users=self.jira_users,
        )

    def to_dict(self) -> dict[str, object]:
        """Return the profile, and the options that differ from their defaults, as JSON-ready data."""
        data: dict[str, object] = {"profile": self.profile}
        for option in fields(OktaModel)[1:]:
            value = getattr(self, option.name)
            if value != option.default:
                data[option.name] = list(value) if isinstance(value, tuple) else value
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
                _custom_attribute(item, f"{path}.custom_attributes[{index}]")
                for index, item in enumerate(cast("list[object]", attributes))
            ]
            data = {**data, "custom_attributes": items}
        return construct(OktaModel, data, path)


def _custom_attribute(value: object, path: str) -> CustomAttribute:
    return construct(CustomAttribute, value, path)
