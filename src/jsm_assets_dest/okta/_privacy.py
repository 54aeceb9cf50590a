"""Privacy rules: each attribute is allowed, dropped, masked, or hashed before anything is encoded or sent."""

import enum
import hashlib
import hmac
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import TypeAlias

from attrs import field, frozen

from .._arguments.checking import checked
from .._display.values import public_value
from .._model.okta_options import PREFIX
from .._model.references import dependent_links
from .._model.schema_model import SchemaModel
from .._model.specs import AttributeSpec, AttributeType, ObjectTypeSpec
from .._secret import Secret
from ..exceptions import ConfigurationError
from ._fields import TYPES
from ._values import Scalar

#: Function that changes one value.
Transform: TypeAlias = Callable[[Scalar], Scalar]

#: Characters of a hashed value. These 128 bits make collisions among millions of values practically impossible.
HASH_LENGTH = 32
#: Domain of hashed email addresses. RFC 2606 reserves it, so no mail is delivered there.
HASHED_DOMAIN = "hashed.invalid"

_WORD = re.compile(r"\w+")
_CHANGEABLE = frozenset({AttributeType.TEXT, AttributeType.TEXTAREA, AttributeType.EMAIL})


class Action(enum.Enum):
    """Treatment of the values of an attribute.

    Attributes:
        ALLOW: Send the values unchanged.
        DROP: Do not send the values. `Privacy.model` also removes the attribute from the model.
        MASK: Send the first letter of every word: "A** G*****" for "Ana García".
        HASH: Send a keyed hash. Equal values stay equal, so objects stay distinct and references still resolve.
    """

    __module__ = "jsm_assets_dest.okta"

    ALLOW = "allow"
    DROP = "drop"
    MASK = "mask"
    HASH = "hash"


def _actions(rules: Mapping[str, Action | str]) -> Mapping[str, Action]:
    return {path: Action(action) for path, action in rules.items()}


def _action(action: Action | str) -> Action:
    return Action(action)


def _key(key: str | bytes | None) -> Secret | None:
    if key is None:
        return None
    return Secret(key.decode("latin-1") if isinstance(key, bytes) else key)


@checked
@frozen
@public_value
class Privacy:
    """Rules that decide which values leave the process, and in which form.

    Args:
        rules: Action by attribute: `{"people.mobilePhone": "drop"}`. The path is the key of the object type (userTypes,
            groups, applications, people, devices) and the key of the attribute. "*.description" means this attribute
            of every object type, and "people.*" all attributes of one type. The most specific rule wins. A reference
            follows the rule of the attribute that it looks up, so that it still finds its object.
        default: Action for attributes without a rule. "drop" turns the rules into an allow list. Labels and
            identifiers without a rule are allowed even then, because an object cannot exist without them.
        hash_key: Secret for the action "hash". Without a secret, anyone could hash a list of names and compare.
            Use the same key for every import. Otherwise, all hashed values change.
    """

    rules: Mapping[str, Action] = field(factory=dict[str, Action], converter=_actions)
    default: Action = field(default=Action.ALLOW, converter=_action, kw_only=True)
    _hash_key: Secret | None = field(default=None, converter=_key, kw_only=True, alias="hash_key", repr=False)

    def __repr__(self) -> str:
        counts = Counter(action.value for action in self.rules.values())
        rules = ", ".join(f"{count} {action}" for action, count in counts.items())
        return f"<Privacy rules: {rules or 'none'}, default {self.default.value}>"

    def action(self, type_key: str, attribute: AttributeSpec) -> Action:
        """Return the action for an attribute according to the rules.

        Args:
            type_key: Key of the object type, such as "people".
            attribute: The attribute.
        """
        for path in (f"{type_key}.{attribute.key}", f"*.{attribute.key}", f"{type_key}.*"):
            if (action := self.rules.get(path)) is not None:
                return action
        return Action.ALLOW if attribute.label or attribute.identifier else self.default

    def check(self, model: SchemaModel) -> None:
        """Reject rules that do not fit a model.

        Args:
            model: The model of the records.

        Raises:
            ConfigurationError: The error names all rules that cannot be followed. A rule names an unknown attribute,
                drops a label or an identifier, changes the source of a link to Jira, masks an identifier or an attribute that references look up, masks or
                hashes something other than text, or needs a hash key that is missing.
        """
        problems = [*self._unknown(model)]
        if self._hash_key is None and Action.HASH in {*self.rules.values(), self.default}:
            problems.append("Hashing needs a hash_key")
        looked_up = {
            (attribute.reference.target, attribute.reference.by)
            for spec in model.object_types
            for attribute in spec.attributes
            if attribute.reference is not None and attribute.reference.by
            if self.action(spec.key, attribute) is not Action.DROP
        }
        for spec in model.object_types:
            for attribute in spec.mapped_attributes:
                problem = self._problem(spec, attribute, looked_up=(spec.key, attribute.key) in looked_up)
                if problem:
                    problems.append(f"{spec.key}.{attribute.key} {problem}")
        problems += self._link_problems(model)
        if problems:
            raise ConfigurationError(
                f"The privacy rules do not fit the model: {'; '.join(problems)}.",
                field="privacy",
                fix="Allow or hash identifiers and attributes that references look up. Mask or hash only text. Allow the sources of "
                "links to Jira.",
            )

    def _link_problems(self, model: SchemaModel) -> list[str]:
        """Return the sources of links to Jira that are not sent unchanged: no account would have the changed address."""
        return [
            f"{owner}.{source.key} is the source of the link {spec.key}.{attribute.key}"
            for spec in model.object_types
            for attribute, owner, source in dependent_links(model, spec)
            if self.action(owner, source) is not Action.ALLOW
        ]

    def _unknown(self, model: SchemaModel) -> list[str]:
        model_paths = _paths(
            (spec.key, attribute.key) for spec in model.object_types for attribute in spec.attributes
        )
        # An attribute to drop may already be removed from the model, but a misspelled rule must not pass as that.
        okta_paths = _paths((fields.key, field.key) for fields in TYPES for field in fields.fields)
        return [
            f"the model has no {path}"
            for path, action in self.rules.items()
            if path not in model_paths
            and not (action is Action.DROP and (path in okta_paths or path.startswith(f"people.{PREFIX}")))
        ]

    def _problem(self, spec: ObjectTypeSpec, attribute: AttributeSpec, *, looked_up: bool) -> str:
        action = self.action(spec.key, attribute)
        if action is Action.DROP and (attribute.label or attribute.identifier):
            return "is a label or an identifier and cannot be dropped"
        if action is Action.DROP and looked_up:
            return "is looked up by a reference and cannot be dropped unless the reference is dropped too"
        if action is Action.MASK and (attribute.identifier or looked_up or attribute.unique):
            return "distinguishes objects and cannot be masked"
        if action in {Action.MASK, Action.HASH} and attribute.is_reference:
            return "is a reference and follows the rule of the attribute that it looks up"
        if action in {Action.MASK, Action.HASH} and attribute.type not in _CHANGEABLE:
            return f"has the type {attribute.type.value} and cannot be masked or hashed"
        return ""

    def model(self, model: SchemaModel) -> SchemaModel:
        """Return the model without the dropped attributes, so that Assets does not create them.

        Args:
            model: The model of the records.

        Raises:
            ConfigurationError: The rules do not fit the model, as in `check`.
        """
        self.check(model)
        dropped = [
            f"{spec.key}.{attribute.key}"
            for spec in model.object_types
            for attribute in spec.mapped_attributes
            if self.action(spec.key, attribute) is Action.DROP
        ]
        return model.without(*dropped) if dropped else model

    def dropped(self, spec: ObjectTypeSpec) -> frozenset[str]:
        """Return the keys of an object type's attributes that are not sent.

        Args:
            spec: The object type.
        """
        return frozenset(
            attribute.key
            for attribute in spec.mapped_attributes
            if self.action(spec.key, attribute) is Action.DROP
        )

    def transforms(self, model: SchemaModel, spec: ObjectTypeSpec) -> Mapping[str, Transform]:
        """Return the functions that change values, by attribute key. Other attributes are sent unchanged.

        Args:
            model: The model of the records.
            spec: The object type.
        """
        transforms: dict[str, Transform] = {}
        for attribute in spec.mapped_attributes:
            for type_key, governing in self.governing_attributes(model, spec, attribute):
                action, is_email = self.action(type_key, governing), governing.type is AttributeType.EMAIL
                if action is Action.HASH and self._hash_key is not None:
                    transforms[attribute.key] = _hasher(self._hash_key, is_email=is_email)
                elif action is Action.MASK:
                    transforms[attribute.key] = _mask_email if is_email else _mask
        return transforms

    def governing_attributes(
        self, model: SchemaModel, spec: ObjectTypeSpec, attribute: AttributeSpec
    ) -> list[tuple[str, AttributeSpec]]:
        """Return the attributes whose rule applies, with their type's key: for a reference, those it looks up.

        Args:
            model: The model of the records.
            spec: The object type.
            attribute: The attribute.
        """
        reference = attribute.reference
        if reference is None:
            return [(spec.key, attribute)]
        if not model.has_object_type(reference.target):
            return []
        target = model.object_type(reference.target)
        return [
            (target.key, candidate)
            for candidate in target.attributes
            if (candidate.key == reference.by if reference.by else candidate.identifier)
        ]


def _paths(keys: Iterable[tuple[str, str]]) -> set[str]:
    """Return all paths that a rule may have for pairs of type key and attribute key."""
    return {
        path
        for type_key, attribute_key in keys
        for path in (f"{type_key}.{attribute_key}", f"*.{attribute_key}", f"{type_key}.*")
    }


def _hasher(key: Secret, *, is_email: bool) -> Transform:
    secret = key.reveal().encode()

    def transform(value: Scalar) -> Scalar:
        # An address is the same in any case, and Okta repeats it in several places. An Okta id is case-sensitive.
        text = str(value).casefold() if is_email else str(value)
        digest = hmac.new(secret, text.encode(), hashlib.sha256).hexdigest()[:HASH_LENGTH]
        return f"{digest}@{HASHED_DOMAIN}" if is_email else digest

    return transform


def _mask(value: Scalar) -> Scalar:
    return _WORD.sub(lambda word: word.group()[0] + "*" * (len(word.group()) - 1), str(value))


def _mask_email(value: Scalar) -> Scalar:
    """Mask "ana@example.com" as "a***@e***.invalid", which Assets accepts as an email address."""
    name, _, domain = str(value).partition("@")
    return f"{name[:1]}***@{domain[:1]}***.invalid"
