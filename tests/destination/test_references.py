"""References to secrets: valid forms, rejected values, and that no rejected secret remains anywhere."""

from __future__ import annotations

import pickle
import traceback
from collections.abc import Callable
from pathlib import Path

import pytest

from jsm_assets_dest import CredentialsReference, Destination, SecretReference
from jsm_assets_dest.exceptions import AssetsError, ConfigurationError, InvalidCredentialError

CANARY = "c4n4ryT0k3n"
API_TOKEN = f"ATATT3xFfGF0{CANARY}=1A2B3C4D"
IMPORT_TOKEN = f"ATCTT3xFfGN0{CANARY}=5E6F7A8B"


@pytest.mark.parametrize(
    ("text", "kind", "place"),
    [
        ("env:JSM_ASSETS_API_TOKEN", "env", "JSM_ASSETS_API_TOKEN"),
        (" env:_x1 ", "env", "_x1"),
        ("file:~/secrets/token", "file", "~/secrets/token"),
        ("file:C:\\secrets\\token", "file", "C:\\secrets\\token"),
        ("keyring:jsm-assets/ana@acme.com", "keyring", "jsm-assets/ana@acme.com"),
        ("keyring:https://acme.atlassian.net/ana", "keyring", "https://acme.atlassian.net/ana"),
    ],
)
def test_reference_reads_its_three_forms(text: str, kind: str, place: str) -> None:
    reference = SecretReference(text)

    assert (reference.kind, reference.place) == (kind, place)
    assert str(reference) == f"{kind}:{place}"
    assert SecretReference(str(reference)) == reference
    assert SecretReference(reference) == reference
    assert pickle.loads(pickle.dumps(reference)) == reference
    assert repr(reference) == f"SecretReference({str(reference)!r})"


@pytest.mark.parametrize(
    "text",
    [
        API_TOKEN,
        IMPORT_TOKEN,
        f"env:{API_TOKEN}",
        f"file:{IMPORT_TOKEN}",
        f"keyring:{API_TOKEN}/x",
        f"Bearer {CANARY}{CANARY}",
        f"{CANARY}{CANARY}{CANARY}",
        f"env:{CANARY}{CANARY}{CANARY}",
        f"AT{CANARY}",
    ],
)
def test_reference_rejects_a_secret_without_repeating_it(text: str) -> None:
    with pytest.raises(InvalidCredentialError) as caught:
        SecretReference(text, field="import_token")

    assert caught.value.field == "import_token"
    assert "env:NAME" in caught.value.fix
    assert CANARY not in str(caught.value) + repr(caught.value.to_dict())


@pytest.mark.parametrize(
    "text",
    [
        "",
        "env:",
        "hunter2",
        "ENV:NAME",
        "vault:secret/x",
        "env:two words",
        "env:1X",
        "env:NAME\nOTHER",
        "file:a\nb",
        "keyring:service",
        "keyring:/user",
        "keyring:service/",
    ],
)
def test_reference_rejects_other_values_without_repeating_them(text: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        SecretReference(text, field="credentials.secret")

    assert caught.value.field == "credentials.secret"
    assert caught.value.fix
    assert "hunter2" not in str(caught.value)


#: Ways to pass a secret where a reference belongs.
MISTAKES: dict[str, Callable[[], object]] = {
    "reference": lambda: SecretReference(API_TOKEN),
    "credentials": lambda: CredentialsReference(API_TOKEN, email="ana@acme.com"),
    "swapped": lambda: CredentialsReference("env:API_TOKEN", email=API_TOKEN),
    "client id": lambda: CredentialsReference("env:API_TOKEN", client_id=API_TOKEN),
    "import token": lambda: Destination(name="Okta", import_token=IMPORT_TOKEN),
    "name": lambda: Destination(name=f"Okta {API_TOKEN}"),
    "site": lambda: Destination(name="Okta", site=f"https://ana:{API_TOKEN}@acme.atlassian.net"),
    "role": lambda: Destination(name="Okta", roles={"managers": [API_TOKEN]}),
    "dict": lambda: Destination.from_dict({"name": "Okta", "import_token": IMPORT_TOKEN}),
    "dict of credentials": lambda: Destination.from_dict(
        {"name": "Okta", "credentials": {"secret": API_TOKEN}}
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_traceback_of_a_rejected_secret_does_not_contain_it(mistake: str) -> None:
    """A traceback that prints local variables does not show the secret either."""
    with pytest.raises(InvalidCredentialError) as caught:
        MISTAKES[mistake]()

    assert CANARY not in str(caught.value)
    assert not frames_with_the_canary(caught.value)


def test_traceback_of_a_secret_in_a_file_does_not_contain_it(tmp_path: Path) -> None:
    file = tmp_path / "okta.json"
    Destination(name="Okta").save(file)
    file.write_text(file.read_text().replace('"Okta"', f'"{API_TOKEN}"'))

    with pytest.raises(InvalidCredentialError) as caught:
        Destination.load(file)

    assert caught.value.field == "name"
    assert "revoke it" in str(caught.value)
    assert not frames_with_the_canary(caught.value)


def frames_with_the_canary(error: BaseException) -> list[str]:
    """Return the functions of the package whose frames contain the secret, for the whole chain of errors."""
    functions: list[str] = []
    chained: BaseException | None = error
    while chained is not None:
        for frame, _ in traceback.walk_tb(chained.__traceback__):
            if "jsm_assets_dest" in frame.f_code.co_filename and CANARY in repr(frame.f_locals):
                functions.append(frame.f_code.co_name)
        chained = chained.__cause__ or chained.__context__
    return functions


def test_credentials_reject_email_with_client_id() -> None:
    with pytest.raises(ConfigurationError, match="both an email address and a client id") as caught:
        CredentialsReference("env:X", email="ana@acme.com", client_id="abc")

    assert caught.value.field == "credentials"


def test_destination_rejects_credentials_that_are_a_string() -> None:
    with pytest.raises(ConfigurationError, match="names the place of the secret") as caught:
        Destination(name="Okta", credentials="env:X")  # type: ignore[arg-type]  # what people try first

    assert isinstance(caught.value, AssetsError)
    assert caught.value.field == "credentials"
