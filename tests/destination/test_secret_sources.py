"""Reading secrets from the places that their references name."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

from jsm_assets_dest import (
    ApiToken,
    ClientCredentials,
    CredentialsReference,
    OAuthToken,
    SecretReference,
)
from jsm_assets_dest._destination.secret_references import LARGEST_SECRET, read_credentials, read_secret
from jsm_assets_dest.exceptions import ConfigurationError, InvalidCredentialError, MissingSettingsError

API_TOKEN = "ATATT3xFfGF0c4n4ry=1A2B3C4D"
NOWHERE = Path("/nowhere")

posix = pytest.mark.skipif(sys.platform == "win32", reason="Windows has other permissions")


def read(text: str, environ: dict[str, str] | None = None, folder: Path = NOWHERE) -> str:
    """Return the secret that a reference points to."""
    return read_secret(SecretReference(text), environ or {}, folder, "import_token").reveal()


def test_secret_is_read_from_a_variable() -> None:
    assert read("env:TOKEN", {"TOKEN": f" {API_TOKEN}\n"}) == API_TOKEN


@pytest.mark.parametrize("environ", [{}, {"TOKEN": ""}, {"TOKEN": "  "}])
def test_unset_variable_is_named(environ: dict[str, str]) -> None:
    with pytest.raises(MissingSettingsError, match=r"variable TOKEN is not set. `import_token`") as caught:
        read("env:TOKEN", environ)

    assert caught.value.missing == ("TOKEN",)


def private(folder: Path, content: bytes, mode: int = 0o600) -> Path:
    """Write a file with this mode."""
    file = folder / "token"
    file.write_bytes(content)
    file.chmod(mode)
    return file


@pytest.mark.parametrize("content", [API_TOKEN, f"{API_TOKEN}\n", f"\ufeff{API_TOKEN}\r\n"])
@pytest.mark.parametrize("mode", [0o600, 0o400])
def test_secret_is_read_from_a_private_file(tmp_path: Path, content: str, mode: int) -> None:
    """Relative paths start at the given folder."""
    file = private(tmp_path, content.encode(), mode)

    assert read("file:token", folder=tmp_path) == API_TOKEN
    assert read(f"file:{file}") == API_TOKEN


def test_tilde_is_the_home_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    private(tmp_path, API_TOKEN.encode())
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))

    assert read("file:~/token") == API_TOKEN


@posix
@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o602, 0o644, 0o666, 0o610])
def test_file_that_others_can_use_is_rejected(tmp_path: Path, mode: int) -> None:
    file = private(tmp_path, API_TOKEN.encode(), mode)

    with pytest.raises(ConfigurationError, match=f"mode {mode:o}") as caught:
        read("file:token", folder=tmp_path)

    assert caught.value.field == "import_token"
    assert f"chmod 600 {file}" in caught.value.fix
    assert API_TOKEN not in str(caught.value)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty or not text"),
        (b" \n", "is empty or not text"),
        (b"\xff\xfe\x00", "is empty or not text"),
        (b"x" * (LARGEST_SECRET + 1), "is larger than"),
    ],
)
def test_file_without_a_secret_is_rejected(tmp_path: Path, content: bytes, message: str) -> None:
    private(tmp_path, content)

    with pytest.raises(ConfigurationError, match=message):
        read("file:token", folder=tmp_path)


@pytest.mark.parametrize("place", ["missing", ".", "missing/token", "a\0b"])
def test_unreadable_file_is_named(tmp_path: Path, place: str) -> None:
    if "\0" in place:
        with pytest.raises(ConfigurationError, match="unprintable"):
            read(f"file:{place}", folder=tmp_path)
        return
    with pytest.raises(ConfigurationError, match="Could not read the secret") as caught:
        read(f"file:{place}", folder=tmp_path)

    assert str(tmp_path) in str(caught.value)


Keyring = Callable[[Callable[[str, str], str | None]], None]


@pytest.fixture
def keyring(monkeypatch: pytest.MonkeyPatch) -> Keyring:
    """Replace the real keyring, which tests must not open."""

    def install(get_password: Callable[[str, str], str | None]) -> None:
        module = ModuleType("keyring")
        module.get_password = get_password  # type: ignore[attr-defined]  # only this function is used
        monkeypatch.setitem(sys.modules, "keyring", module)

    return install


def test_secret_is_read_from_the_keyring(keyring: Keyring) -> None:
    """The user follows the last slash, so a service can be an address."""
    entries = {("https://acme.atlassian.net", "ana"): f"{API_TOKEN}\n"}
    keyring(lambda service, user: entries.get((service, user)))

    assert read("keyring:https://acme.atlassian.net/ana") == API_TOKEN


@pytest.mark.parametrize("password", [None, "", " "])
def test_missing_keyring_entry_names_the_command(keyring: Keyring, password: str | None) -> None:
    keyring(lambda _service, _user: password)

    with pytest.raises(ConfigurationError, match="has no entry") as caught:
        read("keyring:jsm-assets/ana")

    assert caught.value.fix == "Run: keyring set jsm-assets ana"


def test_locked_keyring_is_not_reported_as_empty(keyring: Keyring) -> None:
    def locked(_service: str, _user: str) -> str:
        raise PermissionError(f"locked, and this text may hold anything: {API_TOKEN}")

    keyring(locked)

    with pytest.raises(
        ConfigurationError, match=r"Could not open the keyring .* \(PermissionError\)"
    ) as caught:
        read("keyring:jsm-assets/ana")

    assert API_TOKEN not in str(caught.value)
    assert caught.value.__context__ is None


def test_missing_keyring_library_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "keyring", None)

    with pytest.raises(ConfigurationError, match="not installed") as caught:
        read("keyring:jsm-assets/ana")

    assert "Install the library keyring" in caught.value.fix


def test_each_kind_of_credentials_is_read() -> None:
    environ = {"API_TOKEN": API_TOKEN, "SECRET": "c4n4ry-client-secret", "ACCESS": "c4n4ry-access-token"}

    def read_from_environ(reference: CredentialsReference) -> object:
        return read_credentials(reference, environ, NOWHERE)

    assert read_from_environ(CredentialsReference("env:API_TOKEN", "ana@acme.com")) == ApiToken(
        "ana@acme.com", API_TOKEN
    )
    assert read_from_environ(CredentialsReference("env:SECRET", client_id="hM8vGb1u2X")) == ClientCredentials(
        "hM8vGb1u2X", "c4n4ry-client-secret"
    )
    assert read_from_environ(CredentialsReference("env:ACCESS")) == OAuthToken("c4n4ry-access-token")


def test_api_token_without_an_email_is_rejected() -> None:
    with pytest.raises(ConfigurationError, match="no email address") as caught:
        read_credentials(CredentialsReference("env:API_TOKEN"), {"API_TOKEN": API_TOKEN}, NOWHERE)

    assert caught.value.field == "credentials.email"


def test_invalid_api_token_is_rejected() -> None:
    with pytest.raises(InvalidCredentialError, match="too short"):
        read_credentials(CredentialsReference("env:API_TOKEN", "ana@acme.com"), {"API_TOKEN": "x"}, NOWHERE)
