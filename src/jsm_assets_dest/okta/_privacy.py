"""What leaves the process: per attribute allowed, dropped, masked or hashed, before anything is encoded or sent."""

from __future__ import annotations

import enum
import hashlib
import hmac
import re
from collections.abc import Callable, Mapping
from typing import TypeAlias

from attrs import field, frozen

from .._secret import Secret
from ..exceptions import ConfigurationError
from ..model import AttributeSpec, AttributeType, ObjectTypeSpec, SchemaModel
from ._custom_attributes import PREFIX
from ._fields import TYPES
from ._values import Scalar

#: What is done to one value.
Transform: TypeAlias = Callable[[Scalar], Scalar]

#: Characters of a hashed value: 128 bits, enough that two of some million values never meet.
HASH_LENGTH = 32
#: Where hashed e-mail addresses live; reserved by RFC 2606, so that no mail ever gets there.
HASHED_DOMAIN = "hashed.invalid"

_WORD = re.compile(r"\w+")
_CHANGEABLE = frozenset({AttributeType.TEXT, AttributeType.TEXTAREA, AttributeType.EMAIL})


class Action(enum.Enum):
    """What happens to an attribute's values."""

    #: Sent as they are.
    ALLOW = "allow"
    #: Not sent, and the attribute is not even created when the model went through `Privacy.model`.
    DROP = "drop"
    #: The first letter of every word stays: "Ana García" is "A** G*****".
    MASK = "mask"
    #: A keyed hash: equal values stay equal, so that objects can be told apart and references still resolve.
    HASH = "hash"


def _actions(rules: Mapping[str, Action | str]) -> Mapping[str, Action]:
    try:
        return {path: Action(action) for path, action in rules.items()}
    except ValueError as problem:
        raise ConfigurationError(
            f"A privacy rule names an unknown action: {problem}.",
            field="rules",
            fix=f"Use one of: {', '.join(action.value for action in Action)}.",
        ) from None


def _key(key: str | bytes | None) -> Secret | None:
    if key is None:
        return None
    text = key.decode("latin-1") if isinstance(key, bytes) else key
    return Secret(text)


@frozen
class Privacy:
    """Which attributes may leave the process, and how.

    Args:
        rules: Actions by attribute: "people.mobilePhone", or "*.description" for that attribute of every object type,
            or "people.*" for a whole type; the most exact rule wins. A reference follows the rule of the attribute it
            looks up, so that it still finds its object.
        default: What happens to attributes without a rule; `Action.DROP` makes the rules an allow list. Labels and
            identifiers without a rule are allowed even then: without them there is no object.
        hash_key: A secret for `Action.HASH`; without one, anybody could hash a list of names and compare. It has to
            stay the same from import to import, or every hashed value changes.
    """

    rules: Mapping[str, Action] = field(factory=dict[str, Action], converter=_actions)
    default: Action = field(default=Action.ALLOW, converter=Action, kw_only=True)
    _hash_key: Secret | None = field(default=None, converter=_key, kw_only=True, alias="hash_key", repr=False)

    def action(self, type_key: str, attribute: AttributeSpec) -> Action:
        """What happens to an attribute, by the rules alone."""
        for path in (f"{type_key}.{attribute.key}", f"*.{attribute.key}", f"{type_key}.*"):
            if (found := self.rules.get(path)) is not None:
                return found
        return Action.ALLOW if attribute.label or attribute.identifier else self.default

    def check(self, model: SchemaModel) -> None:
        """Refuses rules that cannot be kept.

        Raises:
            ConfigurationError: A rule names no attribute of the model, drops a label or an identifier, masks an
                identifier or what references are looked up by, masks or hashes something other than text, or asks for
                a hash without a key. All such rules are named.
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
        if problems:
            raise ConfigurationError(
                f"The privacy rules do not fit the model: {'; '.join(problems)}.",
                field="privacy",
                fix="Allow or hash identifiers, allow or hash what references look up, and mask or hash only text.",
            )

    def _unknown(self, model: SchemaModel) -> list[str]:
        known = {"*." + attribute.key for spec in model.object_types for attribute in spec.attributes}
        known |= {
            f"{spec.key}.{attribute.key}" for spec in model.object_types for attribute in spec.attributes
        }
        known |= {f"{spec.key}.*" for spec in model.object_types}
        # What a rule drops may be gone from the model already; but a misspelt rule must not pass for that.
        gone = {f"{one.key}.{each.key}" for one in TYPES for each in one.fields} | {
            f"{one.key}.*" for one in TYPES
        }
        return [
            f"the model has no {path}"
            for path, action in self.rules.items()
            if path not in known
            and not (action is Action.DROP and (path in gone or path.startswith(f"people.{PREFIX}")))
        ]

    def _problem(self, spec: ObjectTypeSpec, attribute: AttributeSpec, *, looked_up: bool) -> str:
        action = self.action(spec.key, attribute)
        if action is Action.DROP and (attribute.label or attribute.identifier):
            return "is a label or an identifier and cannot be dropped"
        if action is Action.DROP and looked_up:
            return "is looked up by a reference and cannot be dropped; drop the reference too"
        if action is Action.MASK and (attribute.identifier or looked_up or attribute.unique):
            return "tells objects apart and cannot be masked"
        if action in {Action.MASK, Action.HASH} and attribute.is_reference:
            return "is a reference; it follows the rule of what it looks up"
        if action in {Action.MASK, Action.HASH} and attribute.type not in _CHANGEABLE:
            return f"is of the type {attribute.type.value} and cannot be masked or hashed"
        return ""

    def model(self, model: SchemaModel) -> SchemaModel:
        """The model without the attributes that are dropped, so that Assets is not even told of them.

        Raises:
            ConfigurationError: As for `check`.
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
        """The keys of an object type's attributes that are not sent."""
        return frozenset(
            one.key for one in spec.mapped_attributes if self.action(spec.key, one) is Action.DROP
        )

    def transforms(self, model: SchemaModel, spec: ObjectTypeSpec) -> Mapping[str, Transform]:
        """What is done to values of an object type, by attribute key; nothing is done to the others."""
        found: dict[str, Transform] = {}
        for attribute in spec.mapped_attributes:
            for of_key, of in self.governing(model, spec, attribute):
                action = self.action(of_key, of)
                if action is Action.HASH and self._hash_key is not None:
                    found[attribute.key] = self._hasher(of.type is AttributeType.EMAIL, self._hash_key)
                elif action is Action.MASK:
                    found[attribute.key] = _mask_email if of.type is AttributeType.EMAIL else _mask
        return found

    def governing(
        self, model: SchemaModel, spec: ObjectTypeSpec, attribute: AttributeSpec
    ) -> list[tuple[str, AttributeSpec]]:
        """The attribute whose rule counts: of a reference, what it looks up."""
        reference = attribute.reference
        if reference is None:
            return [(spec.key, attribute)]
        if not model.has_object_type(reference.target):
            return []
        target = model.object_type(reference.target)
        return [
            (target.key, one)
            for one in target.attributes
            if (one.key == reference.by if reference.by else one.identifier)
        ]

    def _hasher(self, email: bool, key: Secret) -> Transform:  # noqa: FBT001 - called right here
        secret = key.reveal().encode()

        def transform(value: Scalar) -> Scalar:
            # An address is the same in any case, wherever Okta holds it; an Okta id is not.
            text = str(value).casefold() if email else str(value)
            digest = hmac.new(secret, text.encode(), hashlib.sha256).hexdigest()[:HASH_LENGTH]
            return f"{digest}@{HASHED_DOMAIN}" if email else digest

        return transform


def _mask(value: Scalar) -> Scalar:
    return _WORD.sub(lambda word: word.group()[0] + "*" * (len(word.group()) - 1), str(value))


def _mask_email(value: Scalar) -> Scalar:
    """Mask "ana@example.com" as "a***@e***.invalid", which Assets accepts as an email address."""
    name, _, domain = str(value).partition("@")
    return f"{name[:1]}***@{domain[:1]}***.invalid"
