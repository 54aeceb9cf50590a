"""What a destination is without a connection: its fields, the file they are kept in, and the model they name."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from attrs import evolve, field, fields, frozen

from .._imports.options import ImportOptions, ImportSettings
from .._model.schema_model import SchemaModel
from .._session.credentials import import_token_secret
from .._session.opening import Whereabouts, from_environment
from .._wire.addresses import GATEWAY, checked_base
from ..exceptions import AssetsError
from .checklist import Wanted
from .file import read_file, read_json, remove_file, write_file
from .okta_model import OktaModel
from .reading import mapping, refuse_unknown, text, texts
from .references import CredentialsReference, SecretReference
from .refusing import forgetful, forgetful_class, refusal, refuse_secrets_in
from .saved_options import given, options_from_dict, options_to_dict, refuse_unsavable
from .secret_sources import Environment, read_credentials, read_secret

if TYPE_CHECKING:
    from typing import Self

    from .._secret import Secret
    from .._session.credentials import Credentials

#: Which model a destination has: Okta's with options, a whole one, or the path of a JSON file that holds one.
ModelChoice: TypeAlias = OktaModel | SchemaModel | Path

#: The roles whose entries can be wanted.
ROLES = ("managers", "developers", "users")


def _reference(value: str | SecretReference | None) -> SecretReference | None:
    return None if value is None else SecretReference(value, field="import_token")


def _model(value: OktaModel | SchemaModel | str | os.PathLike[str] | None) -> ModelChoice | None:
    if value is None or isinstance(value, (OktaModel, SchemaModel)):
        return value
    if isinstance(value, (str, os.PathLike)):
        return Path(value)
    raise refusal(
        f"`model` is {type(value).__name__}.",
        "model",
        "Pass an OktaModel, a SchemaModel (SchemaModel.from_dict() makes one of JSON), or the path of a JSON file.",
    )


def _roles(value: Mapping[str, Iterable[str]]) -> Mapping[str, tuple[str, ...]]:
    refuse_unknown(dict(value), "roles", ROLES)
    return {name: texts({name: [*entries]}, name, "roles") for name, entries in value.items()}


def _path(value: str | os.PathLike[str] | None) -> Path | None:
    return None if value is None else Path(os.path.abspath(value))  # noqa: PTH100 - resolve() would follow links


def _environment(value: Mapping[str, str] | Environment | None) -> Environment:
    return value if isinstance(value, Environment) else Environment(os.environ if value is None else value)


@forgetful_class
@frozen(kw_only=True)
class SavedDestination:
    """What a destination remembers. See `Destination`, which adds what can be done with it."""

    name: str
    site: str | None = None
    credentials: CredentialsReference | None = None
    gateway: str | None = field(default=None, repr=False)
    cloud_id: str | None = field(default=None, repr=False)
    workspace_id: str | None = field(default=None, repr=False)
    schema_key: str | None = None
    schema_name: str | None = field(default=None, repr=False)
    schema_description: str = field(default="", repr=False)
    roles: Mapping[str, tuple[str, ...]] = field(factory=dict, converter=_roles, repr=False)
    import_source: str | None = None
    import_token: SecretReference | None = field(default=None, converter=_reference)
    model: ModelChoice | None = field(default=None, converter=_model, repr=False)
    options: ImportOptions = field(factory=ImportOptions, repr=False)
    path: Path | None = field(default=None, converter=_path, eq=False)
    _environ: Environment = field(default=None, converter=_environment, repr=False, eq=False, alias="environ")

    def __attrs_post_init__(self) -> None:
        if not self.name.strip():
            raise refusal("`name` is empty.", "name", "Give the destination a name that people recognise.")
        if not isinstance(self.credentials, (CredentialsReference, type(None))):
            raise refusal(
                f"`credentials` is {type(self.credentials).__name__}, which cannot be saved.",
                "credentials",
                'Pass CredentialsReference("env:JSM_ASSETS_API_TOKEN", email="ana@acme.com"), which says where the '
                "secret is.",
            )
        refuse_unsavable(self.options)
        refuse_secrets_in(self.to_dict())
        for name in ("site", "gateway"):
            if getattr(self, name) is not None:
                checked_base(
                    getattr(self, name), name, GATEWAY if name == "gateway" else "https://acme.atlassian.net"
                )
        if self.site is None:
            for name in ("gateway", "cloud_id", "workspace_id"):
                if getattr(self, name) is not None:
                    raise refusal(
                        f"`{name}` is given and `site` is not, so that both would come from different places.",
                        name,
                        "Give the site as well, or leave both to the environment.",
                    )

    # --- the file ---------------------------------------------------------------------------------------------------

    @classmethod
    @forgetful
    def load(cls, path: str | os.PathLike[str], *, environ: Mapping[str, str] | None = None) -> Self:
        """Read a saved destination. Nothing is sent, and no secret is looked up.

        Args:
            path: The file.
            environ: Where `env:` references are looked up later; None for this process's environment.

        Raises:
            ConfigurationError: There is no such file, a setting in it is unknown or wrong, or a later version of the
                library wrote it. The error names the field and the fix.
            InvalidCredentialError: Somebody put a secret into the file; it is not repeated.
            InvalidModelError: The model in the file cannot be read.
        """
        where = Path(path)
        return cls.from_dict(read_file(where), path=where, environ=environ)

    def save(self, path: str | os.PathLike[str] | None = None) -> Self:
        """Write the destination to a file: the old one is replaced as a whole, or not at all.

        Args:
            path: The file; None for the one it was loaded from or saved to.

        Returns:
            The destination with its path.

        Raises:
            ConfigurationError: No file was named, it cannot be written, or another kind of file is there.
        """
        saved = self if path is None else evolve(self, path=path)
        write_file(saved._file(), saved.to_dict())
        return saved

    def remove(self) -> None:
        """Delete the saved file. Nothing is sent: the object schema, the import and the secrets stay as they are.

        Raises:
            ConfigurationError: The destination was not saved, or something else is there by now.
        """
        remove_file(self._file())

    def to_dict(self) -> dict[str, object]:
        """The settings as JSON-ready data, without those that are left to the library, and without any secret."""
        written: dict[str, object] = {}
        for one in fields(type(self)):
            value = getattr(self, one.name)
            if one.name in _NOT_SAVED or value in (None, ""):
                continue
            if one.name == "credentials":
                written[one.name] = value.to_dict()
            elif one.name == "import_token":
                written[one.name] = str(value)
            elif one.name == "model":
                written[one.name] = _model_to_dict(value)
            elif one.name == "roles":
                written[one.name] = {name: list(entries) for name, entries in value.items()}
            elif one.name == "options":
                written[one.name] = options_to_dict(value)
            else:
                written[one.name] = value
        return {name: value for name, value in written.items() if value != {}}

    @classmethod
    @forgetful
    def from_dict(
        cls,
        data: Mapping[str, object],
        *,
        path: str | os.PathLike[str] | None = None,
        environ: Mapping[str, str] | None = None,
    ) -> Self:
        """The destination back from `to_dict`.

        Args:
            data: The settings.
            path: The file they belong to; relative paths in them start at its folder.
            environ: Where `env:` references are looked up later; None for this process's environment.

        Raises:
            ConfigurationError: A setting is unknown or wrong; it is named.
        """
        refuse_unknown(data, "", [one.name for one in fields(SavedDestination) if one.name not in _NOT_SAVED])
        plain = {name: text(data, name) for name in _TEXTS if name in data}
        credentials = _credentials(data["credentials"]) if "credentials" in data else None
        roles = mapping(data.get("roles", {}), "roles")
        return cls(
            name=plain.get("name", ""),
            site=plain.get("site"),
            credentials=credentials,
            gateway=plain.get("gateway"),
            cloud_id=plain.get("cloud_id"),
            workspace_id=plain.get("workspace_id"),
            schema_key=plain.get("schema_key"),
            schema_name=plain.get("schema_name"),
            schema_description=plain.get("schema_description", ""),
            roles={name: texts(roles, name, "roles") for name in roles},
            import_source=plain.get("import_source"),
            import_token=plain.get("import_token"),
            model=_model_from_dict(mapping(data["model"], "model")) if "model" in data else None,
            options=options_from_dict(mapping(data.get("options", {}), "options")),
            path=path,
            environ=environ,
        )

    def __reduce__(self) -> tuple[object, ...]:
        # The environment stays behind: the secrets of a process do not travel, and the other one has its own.
        return _restored, (type(self), self.to_dict(), self.path)

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: object) -> Self:
        return self

    def _file(self) -> Path:
        if self.path is None:
            raise refusal(
                f"The destination “{self.name}” has no file.",
                "path",
                "Name one in save(path), and go on with what it returns.",
            )
        return self.path

    @property
    def _folder(self) -> Path:
        """Where relative paths begin: beside the file, so that a scheduled run finds them from any folder."""
        return Path.cwd() if self.path is None else self.path.parent

    # --- what the settings stand for --------------------------------------------------------------------------------

    def schema_model(self) -> SchemaModel:
        """The model that the destination names, made or read now. Nothing is sent.

        Raises:
            ConfigurationError: It names none, or the file cannot be read.
            InvalidModelError: The file holds something else, or the options contradict each other.
        """
        if isinstance(self.model, OktaModel):
            return self.model.schema_model()
        if isinstance(self.model, SchemaModel):
            return self.model
        if self.model is None:
            raise refusal(
                f"The destination “{self.name}” names no model.",
                "model",
                "Set model= to an OktaModel, a SchemaModel or the path of a JSON file, and save the destination.",
            )
        return SchemaModel.from_dict(
            read_json(self._folder / self.model.expanduser(), "model", "a schema model")
        )

    def _whereabouts(self, auth: Credentials | None) -> Whereabouts:
        credentials = auth
        if credentials is None and self.credentials is not None:
            credentials = read_credentials(self.credentials, self._environ.variables(), self._folder)
        if self.site is None:
            return from_environment(credentials, self._environ.variables())
        if credentials is None:
            raise refusal(
                f"The destination “{self.name}” names the site {self.site} and no credentials.",
                "credentials",
                "Set credentials=CredentialsReference(…), or pass credentials to connect().",
            )
        return Whereabouts(
            site=self.site,
            credentials=credentials,
            gateway=self.gateway or GATEWAY,
            cloud_id=self.cloud_id,
            workspace_id=self.workspace_id,
        )

    def _token(self) -> Secret:
        if self.import_token is None:
            raise refusal(
                f"The destination “{self.name}” names no import token.",
                "import_token",
                "Make one on the schema's configuration page, tab Import, and set import_token= to where it is, such as "
                "env:JSM_ASSETS_IMPORT_TOKEN.",
            )
        return import_token_secret(
            read_secret(self.import_token, self._environ.variables(), self._folder, "import_token")
        )

    def _schema_key(self) -> str:
        if self.schema_key is None:
            raise refusal(
                f"The destination “{self.name}” names no object schema.",
                "schema_key",
                "Set schema_key= to the schema's key, such as OKT.",
            )
        return self.schema_key

    def _settings(self, run: ImportSettings) -> ImportSettings:
        """The options of one import: the saved ones, and over them those of the call."""
        settings: ImportSettings = {**given(self.options), **run}  # type: ignore[typeddict-item]  # names of options
        if "model" not in settings and self.model is not None:
            settings["model"] = self.schema_model()
        if "journal" not in run and self.options.journal is not None:
            settings["journal"] = self._folder / Path(self.options.journal).expanduser()
        return settings

    def _wanted(self) -> Wanted:
        """What the checklist compares with Assets. What cannot be read is part of it, as an error."""
        model: SchemaModel | AssetsError | None = None
        secret: Secret | AssetsError | None = None
        if self.model is not None:
            try:
                model = self.schema_model()
            except AssetsError as error:
                model = error
        if self.import_token is not None:
            try:
                secret = self._token()
            except AssetsError as error:
                secret = error
        return Wanted(
            name=self.name,
            schema_key=self.schema_key,
            roles=self.roles,
            import_source=self.import_source,
            model=model,
            secret=secret,
            requires_roles=self.options.require_roles,
        )


def _restored(
    kind: type[SavedDestination], data: Mapping[str, object], path: Path | None
) -> SavedDestination:
    return kind.from_dict(data, path=path)


#: Fields that are not in the file: where it is, and where secrets are looked up.
_NOT_SAVED = ("path", "_environ")
#: Fields that are text and nothing else.
_TEXTS = (
    "name",
    "site",
    "gateway",
    "cloud_id",
    "workspace_id",
    "schema_key",
    "schema_name",
    "schema_description",
    "import_source",
    "import_token",
)


def _credentials(value: object) -> CredentialsReference:
    data = mapping(value, "credentials")
    refuse_unknown(data, "credentials", ("email", "client_id", "secret"))
    if "secret" not in data:
        raise refusal(
            "`credentials.secret` is missing.",
            "credentials.secret",
            "Write where the secret is, such as env:JSM_ASSETS_API_TOKEN.",
        )
    return CredentialsReference(
        text(data, "secret", "credentials"),
        text(data, "email", "credentials"),
        client_id=text(data, "client_id", "credentials"),
    )


def _model_to_dict(model: ModelChoice) -> dict[str, object]:
    if isinstance(model, OktaModel):
        return {"okta": model.to_dict()}
    if isinstance(model, SchemaModel):
        return {"whole": model.to_dict()}
    return {"file": str(model)}


def _model_from_dict(data: Mapping[str, object]) -> ModelChoice:
    refuse_unknown(data, "model", ("okta", "whole", "file"))
    if len(data) != 1:
        raise refusal(
            f"`model` names {len(data)} models.",
            "model",
            "Write one of okta, whole and file, and leave the others out.",
        )
    if "okta" in data:
        return OktaModel.from_dict(mapping(data["okta"], "model.okta"))
    if "whole" in data:
        return SchemaModel.from_dict(mapping(data["whole"], "model.whole"))
    return Path(text(data, "file", "model"))
