"""Looking secrets up where their references say they are."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

from jsm_assets_dest import ApiToken, ClientCredentials, CredentialsReference, OAuthToken, SecretReference
from jsm_assets_dest._destination.secret_sources import LARGEST_FILE, read_credentials, read_secret
from jsm_assets_dest.exceptions import ConfigurationError, InvalidCredentialError, MissingSettingsError

API_TOKEN = "ATATT3xFfGF0c4n4ry=1A2B3C4D"
NOWHERE = Path("/nowhere")

posix = pytest.mark.skipif(sys.platform == "win32", reason="files have other rights there")


def read(text: str, environ: dict[str, str] | None = None, folder: Path = NOWHERE) -> str:
    """The secret behind a reference."""
    return read_secret(SecretReference(text), environ or {}, folder, "import_token").reveal()


def test_an_environment_variable() -> None:
    assert read("env:TOKEN", {"TOKEN": f" {API_TOKEN}\n"}) == API_TOKEN


@pytest.mark.parametrize("environ", [{}, {"TOKEN": ""}, {"TOKEN": "  "}])
def test_a_variable_that_is_not_set_is_named(environ: dict[str, str]) -> None:
    with pytest.raises(MissingSettingsError, match=r"`import_token`.* TOKEN, which is not set") as caught:
        read("env:TOKEN", environ)

    assert caught.value.missing == ("TOKEN",)


def private(folder: Path, content: bytes, mode: int = 0o600) -> Path:
    """A file with rights."""
    file = folder / "token"
    file.write_bytes(content)
    file.chmod(mode)
    return file


@pytest.mark.parametrize("content", [API_TOKEN, f"{API_TOKEN}\n", f"\ufeff{API_TOKEN}\r\n"])
@pytest.mark.parametrize("mode", [0o600, 0o400])
def test_a_file_of_ones_own(tmp_path: Path, content: str, mode: int) -> None:
    """Relative paths begin at the folder that is given, others stand for themselves."""
    file = private(tmp_path, content.encode(), mode)

    assert read("file:token", folder=tmp_path) == API_TOKEN
    assert read(f"file:{file}") == API_TOKEN


def test_the_home_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    private(tmp_path, API_TOKEN.encode())
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))

    assert read("file:~/token") == API_TOKEN


@posix
@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o602, 0o644, 0o666, 0o610])
def test_a_file_that_others_may_use_is_refused(tmp_path: Path, mode: int) -> None:
    file = private(tmp_path, API_TOKEN.encode(), mode)

    with pytest.raises(ConfigurationError, match=f"mode {mode:o}") as caught:
        read("file:token", folder=tmp_path)

    assert caught.value.field == "import_token"
    assert f"chmod 600 {file}" in caught.value.fix
    assert API_TOKEN not in str(caught.value)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty, or no text"),
        (b" \n", "is empty, or no text"),
        (b"\xff\xfe\x00", "is empty, or no text"),
        (b"x" * (LARGEST_FILE + 1), "is larger than"),
    ],
)
def test_a_file_without_a_secret_is_refused(tmp_path: Path, content: bytes, said: str) -> None:
    private(tmp_path, content)

    with pytest.raises(ConfigurationError, match=said):
        read("file:token", folder=tmp_path)


@pytest.mark.parametrize("place", ["missing", ".", "missing/token", "a\0b"])
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, place: str) -> None:
    if "\0" in place:
        with pytest.raises(ConfigurationError, match="unprintable"):
            read(f"file:{place}", folder=tmp_path)
        return
    with pytest.raises(ConfigurationError, match="which cannot be read") as caught:
        read(f"file:{place}", folder=tmp_path)

    assert str(tmp_path) in str(caught.value)


Keyring = Callable[[Callable[[str, str], str | None]], None]


@pytest.fixture
def keyring(monkeypatch: pytest.MonkeyPatch) -> Keyring:
    """Puts a keyring in place of the real one, which tests must never open."""

    def install(get_password: Callable[[str, str], str | None]) -> None:
        module = ModuleType("keyring")
        module.get_password = get_password  # type: ignore[attr-defined]  # that is all that is used of it
        monkeypatch.setitem(sys.modules, "keyring", module)

    return install


def test_an_entry_of_the_keyring(keyring: Keyring) -> None:
    """What stands behind the last slash is the user, so that a service may be an address."""
    entries = {("https://acme.atlassian.net", "ana"): f"{API_TOKEN}\n"}
    keyring(lambda service, user: entries.get((service, user)))

    assert read("keyring:https://acme.atlassian.net/ana") == API_TOKEN


@pytest.mark.parametrize("found", [None, "", " "])
def test_a_missing_entry_comes_with_the_command_that_makes_it(keyring: Keyring, found: str | None) -> None:
    keyring(lambda _service, _user: found)

    with pytest.raises(ConfigurationError, match="there is nothing") as caught:
        read("keyring:jsm-assets/ana")

    assert caught.value.fix == "Run: keyring set jsm-assets ana"


def test_a_locked_keyring_is_not_called_empty(keyring: Keyring) -> None:
    def locked(_service: str, _user: str) -> str:
        raise PermissionError(f"locked, and this text may hold anything: {API_TOKEN}")

    keyring(locked)

    with pytest.raises(ConfigurationError, match=r"could not be asked \(PermissionError\)") as caught:
        read("keyring:jsm-assets/ana")

    assert API_TOKEN not in str(caught.value)
    assert caught.value.__context__ is None


def test_without_the_extra_the_command_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "keyring", None)

    with pytest.raises(ConfigurationError, match="not installed") as caught:
        read("keyring:jsm-assets/ana")

    assert "jsm-assets-dest[keyring]" in caught.value.fix


def test_each_kind_of_credentials() -> None:
    environ = {"API_TOKEN": API_TOKEN, "SECRET": "c4n4ry-client-secret", "ACCESS": "c4n4ry-access-token"}

    def found(reference: CredentialsReference) -> object:
        return read_credentials(reference, environ, NOWHERE)

    assert found(CredentialsReference("env:API_TOKEN", "ana@acme.com")) == ApiToken("ana@acme.com", API_TOKEN)
    assert found(CredentialsReference("env:SECRET", client_id="hM8vGb1u2X")) == ClientCredentials(
        "hM8vGb1u2X", "c4n4ry-client-secret"
    )
    assert found(CredentialsReference("env:ACCESS")) == OAuthToken("c4n4ry-access-token")


def test_an_api_token_without_its_address_is_not_taken_for_an_access_token() -> None:
    with pytest.raises(ConfigurationError, match="no e-mail address") as caught:
        read_credentials(CredentialsReference("env:API_TOKEN"), {"API_TOKEN": API_TOKEN}, NOWHERE)

    assert caught.value.field == "credentials.email"


def test_what_cannot_be_the_credential_is_refused_as_ever() -> None:
    with pytest.raises(InvalidCredentialError, match="too short"):
        read_credentials(CredentialsReference("env:API_TOKEN", "ana@acme.com"), {"API_TOKEN": "x"}, NOWHERE)
