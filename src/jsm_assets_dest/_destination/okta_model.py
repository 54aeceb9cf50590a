"""The Okta model with its options, as a destination keeps it.

The modules about Okta are imported when a model of Okta's data is really made: most destinations of other data never do.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from attrs import asdict, field, fields, frozen

from .._model.schema_model import SchemaModel
from .reading import array, mapping, refuse_unknown, text, texts, truth

if TYPE_CHECKING:
    from ..okta import CustomAttribute, ManagerBy, Profile


def _custom(values: Iterable[CustomAttribute]) -> tuple[CustomAttribute, ...]:
    return tuple(values)


def _texts(values: Iterable[str]) -> tuple[str, ...]:
    return (values,) if isinstance(values, str) else tuple(values)


@frozen
class OktaModel:
    """Which model of Okta's data is wanted: the arguments of `okta.schema_model`, kept until the model is needed.

    Attributes:
        profile: "lean", "standard" or "full".
        namespace: What the external ids begin with; None for "okta".
        custom_attributes: Further fields of Okta's user profile.
        without: Object types and attributes to leave out.
        manager_by: How a person's manager is found.
        manager_field: The field of Okta's user profile that says who it is.
    """

    profile: Profile = "standard"
    namespace: str | None = field(default=None, kw_only=True)
    custom_attributes: tuple[CustomAttribute, ...] = field(default=(), converter=_custom, kw_only=True)
    without: tuple[str, ...] = field(default=(), converter=_texts, kw_only=True)
    manager_by: ManagerBy = field(default="email", kw_only=True)
    manager_field: str = field(default="managerId", kw_only=True)

    def schema_model(self) -> SchemaModel:
        """The model.

        Raises:
            ConfigurationError: An option cannot be right.
            InvalidModelError: Something kept refers to something left out.
        """
        from ..okta import schema_model

        return schema_model(
            self.profile,
            namespace=self.namespace,
            custom_attributes=self.custom_attributes,
            without=self.without,
            manager_by=self.manager_by,
            manager_field=self.manager_field,
        )

    def to_dict(self) -> dict[str, object]:
        """The options that are not left to the library, and the profile, as JSON-ready data."""
        written: dict[str, object] = {"profile": self.profile}
        for one in fields(OktaModel)[1:]:
            value = getattr(self, one.name)
            if value != one.default:
                written[one.name] = list(value) if isinstance(value, tuple) else value
        if self.custom_attributes:
            written["custom_attributes"] = [
                {name: value for name, value in asdict(one).items() if value}
                for one in self.custom_attributes
            ]
        return written

    @classmethod
    def from_dict(cls, data: Mapping[str, object], path: str = "model.okta") -> OktaModel:
        """The options back from `to_dict`.

        Raises:
            ConfigurationError: Something is unknown or of another type; its place is named.
        """
        refuse_unknown(data, path, [one.name for one in fields(OktaModel)])
        return cls(
            text(data, "profile", path, "standard"),  # type: ignore[arg-type]  # refused by schema_model if it is none
            namespace=text(data, "namespace", path) if "namespace" in data else None,
            custom_attributes=[
                _custom_attribute(one, f"{path}.custom_attributes[{at}]")
                for at, one in enumerate(array(data, "custom_attributes", path))
            ],
            without=texts(data, "without", path),
            manager_by=text(data, "manager_by", path, "email"),  # type: ignore[arg-type]  # the same
            manager_field=text(data, "manager_field", path, "managerId"),
        )


def _custom_attribute(value: object, path: str) -> CustomAttribute:
    from ..okta import CustomAttribute

    data = mapping(value, path)
    refuse_unknown(data, path, [one.name for one in fields(CustomAttribute)])
    return CustomAttribute(
        text(data, "api_name", path),
        text(data, "title", path),
        text(data, "type", path, "text"),
        multiple=truth(data, "multiple", path),
        description=text(data, "description", path),
    )
