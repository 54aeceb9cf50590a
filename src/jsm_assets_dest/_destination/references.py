"""References to secrets: where one is, never what it is."""

from __future__ import annotations

import re

from attrs import field, frozen

from .refusing import (
    FORMS,
    forgetful,
    forgetful_class,
    looks_secret,
    refusal,
    refuse_secrets_in,
    secret_refusal,
)

_FORM = re.compile(r"(?P<kind>env|file|keyring):(?P<place>.+)", re.DOTALL)
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


@frozen(init=False, repr=False)
class SecretReference:
    """Where a secret is.

    Args:
        text: `env:NAME` is an environment variable. `file:PATH` is a file that holds nothing else and that only its owner
            can read; `~` is the home folder, and a relative path starts at the folder of the saved destination.
            `keyring:SERVICE/USER` is an entry of the system's keyring and needs the extra `jsm-assets-dest[keyring]`.

    Attributes:
        kind: "env", "file" or "keyring".
        place: The variable's name, the path, or service and user.

    Raises:
        InvalidCredentialError: The text is a secret itself; it is not repeated.
        ConfigurationError: It is no reference; it is not repeated either.
    """

    kind: str
    place: str

    @forgetful
    def __init__(self, text: str | SecretReference, *, field: str = "reference") -> None:
        kind, place = (text.kind, text.place) if isinstance(text, SecretReference) else _parts(text, field)
        object.__setattr__(self, "kind", kind)
        object.__setattr__(self, "place", place)

    def __str__(self) -> str:
        return f"{self.kind}:{self.place}"

    def __repr__(self) -> str:
        return f"SecretReference({str(self)!r})"


def _parts(text: object, field: str) -> tuple[str, str]:
    found = _FORM.fullmatch(text.strip()) if isinstance(text, str) else None
    if found is None:
        if isinstance(text, str) and (looks_secret(text.strip()) or text.startswith("AT")):
            raise secret_refusal(field)
        raise refusal(
            f"`{field}` is no reference to a secret. The value is not shown, as it may be one itself.",
            field,
            f"Write {FORMS}.",
        )
    kind, place = found["kind"], found["place"].strip()
    if looks_secret(place):
        raise secret_refusal(field, f" behind {kind}:")
    if not place.isprintable():
        raise refusal(f"`{field}` holds unprintable characters.", field, f"Write {FORMS}.")
    if kind == "env" and not _VARIABLE.fullmatch(place):
        raise refusal(
            f"`{field}` begins with env:, and what follows is no name of a variable; it is not shown.",
            field,
            "Write the name alone, such as env:JSM_ASSETS_API_TOKEN.",
        )
    if kind == "keyring" and not all(place.rpartition("/")[::2]):
        raise refusal(
            f"`{field}` begins with keyring:, and what follows has not the form SERVICE/USER; it is not shown.",
            field,
            "Write keyring:SERVICE/USER, such as keyring:jsm-assets/ana@acme.com.",
        )
    return kind, place


def _secret(value: str | SecretReference) -> SecretReference:
    return SecretReference(value, field="credentials.secret")


@forgetful_class
@frozen
class CredentialsReference:
    """Credentials without their secret: who, and where the secret is.

    With an e-mail address it is an API token; with a client id, the client secret of a service account; with neither, an
    OAuth access token.

    Attributes:
        secret: Where the secret is, as a `SecretReference` or its text.
        email: The account's e-mail address, for an API token.
        client_id: The client id, for a service account.

    Raises:
        ConfigurationError: Both were given.
        InvalidCredentialError: A secret was given where a reference belongs; it is not repeated.
    """

    secret: SecretReference = field(converter=_secret)
    email: str = ""
    client_id: str = field(default="", kw_only=True)

    def __attrs_post_init__(self) -> None:
        if looks_secret(self.email):
            raise secret_refusal("credentials.email")
        refuse_secrets_in(self.to_dict(), "credentials")
        if self.email and self.client_id:
            raise refusal(
                "`credentials` has both an e-mail address and a client id.",
                "credentials",
                "Give the e-mail address with an API token, or the client id with a client secret.",
            )

    def to_dict(self) -> dict[str, object]:
        """The reference as JSON-ready data; nothing in it is secret."""
        given = {"email": self.email, "client_id": self.client_id}
        return {**{name: text for name, text in given.items() if text}, "secret": str(self.secret)}
