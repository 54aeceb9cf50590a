"""The settings of a destination, and how they are saved and read. Nothing here needs a connection."""

import os
from collections import ChainMap
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Self, TypeVar, Unpack, cast

from attrs import evolve, field, fields, frozen

from .._arguments.checking import checked, forgetful, forgetful_class
from .._arguments.fitting import wrong_type
from .._assets.directory import GroupLink, UserLink
from .._assets.object_schemas import schema_key
from .._assets.roles import RoleEntry
from .._imports.options import ImportOptions, ImportSettings
from .._model.schema_model import SchemaModel
from .._secret import Secret
from .._session.credentials import Credentials, import_token_secret
from .._session.opening import SiteSettings, from_environment
from .._wire.addresses import GATEWAY, checked_base
from ..exceptions import AssetsError, ConfigurationError, LinkAttributeError
from .checklist import Wanted
from .secret_references import (
    FORMS,
    CredentialsReference,
    Environment,
    SecretReference,
    read_credentials,
    read_secret,
    reject_secrets,
    write_secret,
)
from .settings_data import (
    ModelChoice,
    OktaModel,
    OktaSource,
    changed_options,
    checked_roles,
    privacy_of,
    reject_unsavable,
    settings_from_data,
    settings_to_data,
)
from .settings_file import read_file, read_object_file, reject_unknown_keys, remove_file, write_file

T = TypeVar("T")


def _reference(value: str | SecretReference | None) -> SecretReference | None:
    return None if value is None else SecretReference(value, field="import_token")


_MODEL_FIX = (
    "Pass an OktaModel, a SchemaModel (SchemaModel.from_dict() reads JSON), or the path of a JSON file."
)


def _model(value: OktaModel | SchemaModel | str | os.PathLike[str] | None) -> ModelChoice | None:
    if value is None or isinstance(value, (OktaModel, SchemaModel)):
        return value
    if isinstance(value, (str, os.PathLike)):
        return Path(value)
    raise wrong_type("model", value, _MODEL_FIX)


def _roles(value: Mapping[str, Sequence[RoleEntry]]) -> Mapping[str, tuple[str, ...]]:
    return checked_roles(value)


def _normalized_key(value: str | None) -> str | None:
    # A blank key, as from an empty input field, means that none was chosen.
    return schema_key(value or "") or None


def _path(value: str | os.PathLike[str] | None) -> Path | None:
    return None if value is None else Path(os.path.abspath(value))  # noqa: PTH100 - resolve() would follow links


def _environment(value: Mapping[str, str] | Environment | None) -> Environment:
    return value if isinstance(value, Environment) else Environment(os.environ if value is None else value)


@checked
@forgetful_class
@frozen(kw_only=True)
class SavedDestination:
    """The settings of a destination. `Destination` adds the methods that need a connection."""

    name: str
    site: str | None = None
    credentials: CredentialsReference | None = None
    gateway: str | None = field(default=None, repr=False)
    cloud_id: str | None = field(default=None, repr=False)
    workspace_id: str | None = field(default=None, repr=False)
    schema_key: str | None = field(default=None, converter=_normalized_key)
    schema_name: str | None = field(default=None, repr=False)
    schema_description: str = field(default="", repr=False)
    roles: Mapping[str, tuple[str, ...]] = field(factory=dict, converter=_roles, repr=False)
    import_source: str | None = None
    import_token: SecretReference | None = field(default=None, converter=_reference)
    model: ModelChoice | None = field(default=None, converter=_model, repr=False)
    source: OktaSource | None = field(default=None, repr=False)
    options: ImportOptions = field(factory=ImportOptions, repr=False)
    path: Path | None = field(default=None, converter=_path, eq=False)
    _environ: Environment = field(default=None, converter=_environment, repr=False, eq=False, alias="environ")
    _transport: object | None = field(default=None, repr=False, eq=False, alias="transport")

    def __attrs_post_init__(self) -> None:
        if not self.name.strip():
            raise ConfigurationError(
                "`name` is empty.", field="name", fix="Enter a name that people recognize."
            )
        reject_unsavable(self.options)
        reject_secrets(self.to_dict())
        for name, example in (("site", "https://acme.atlassian.net"), ("gateway", GATEWAY)):
            address: str | None = getattr(self, name)
            if address is not None:
                checked_base(address, name, example)
        if self.site is None:
            for name in ("gateway", "cloud_id", "workspace_id"):
                if getattr(self, name) is not None:
                    raise ConfigurationError(
                        f"`{name}` is set, but `site` is not. Both must come from the same place.",
                        field=name,
                        fix="Set the site too, or leave both to the environment.",
                    )

    # --- the file ---------------------------------------------------------------------------------------------------

    @classmethod
    @forgetful
    def load(
        cls,
        path: str | os.PathLike[str],
        *,
        environ: Mapping[str, str] | None = None,
        transport: object | None = None,
    ) -> Self:
        """Read a saved destination. Nothing is sent, and no secret is read.

        Args:
            path: The file.
            environ: Environment in which `env:` references are looked up later. Default: the environment of this process.
            transport: httpx transport of its connections. Default: the network.

        Raises:
            ConfigurationError: The file does not exist, contains an unknown or invalid setting, or was written by a later
                version of the library. The error names the setting and how to correct it.
            InvalidCredentialError: The file contains a secret. The error does not repeat it.
            InvalidModelError: The model in the file is invalid.
        """
        file = Path(path)
        return cls.from_dict(read_file(file), path=file, environ=environ, transport=transport)

    def save(self, path: str | os.PathLike[str] | None = None) -> Self:
        """Write the destination to a file. An existing file is replaced completely, or not at all.

        Args:
            path: The file. Default: the file that the destination was loaded from or saved to.

        Returns:
            The destination with its path.

        Raises:
            ConfigurationError: No path is known, the file is not writable, or it is another kind of file.
        """
        destination = self if path is None else evolve(self, path=path)
        write_file(destination._file(), destination.to_dict())
        return destination

    def remove(self) -> None:
        """Delete the saved file. Nothing is sent: the object schema, the import, and the secrets do not change.

        Raises:
            ConfigurationError: The destination was not saved, or its file was replaced by another kind of file.
        """
        remove_file(self._file())

    def to_dict(self) -> dict[str, object]:
        """Return the settings that differ from their defaults as JSON-ready data, which contains no secret."""
        return settings_to_data({name: getattr(self, name) for name in _saved_names()})

    @classmethod
    @forgetful
    def from_dict(
        cls,
        data: Mapping[str, object],
        *,
        path: str | os.PathLike[str] | None = None,
        environ: Mapping[str, str] | None = None,
        transport: object | None = None,
    ) -> Self:
        """Read the result of `to_dict`.

        Args:
            data: The settings.
            path: Their file. Relative paths in the settings start at its folder.
            environ: Environment in which `env:` references are looked up later. Default: the environment of this process.
            transport: httpx transport of its connections. Default: the network.

        Raises:
            ConfigurationError: A setting is unknown or invalid. The error names it.
        """
        reject_unknown_keys(data, "", _saved_names())
        settings: dict[str, Any] = {"name": "", **settings_from_data(data)}
        return cls(**settings, path=path, environ=environ, transport=transport)

    def __reduce__(self) -> tuple[object, ...]:
        # The environment is not pickled, because it may contain secrets. The other process has its own, and its own network.
        return _restored, (type(self), self.to_dict(), self.path)

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: object) -> Self:
        return self

    def _file(self) -> Path:
        if self.path is None:
            fix = "Pass a path to save(), and use the destination that it returns."
            raise self._lacks("file", "path", fix)
        return self.path

    def _lacks(self, what: str, field: str, fix: str) -> ConfigurationError:
        return ConfigurationError(f'The destination "{self.name}" has no {what}.', field=field, fix=fix)

    @property
    def _folder(self) -> Path:
        """Start of relative paths: the folder of the file, so that a scheduled run works from any folder."""
        return Path.cwd() if self.path is None else self.path.parent

    @forgetful
    def _token_place(
        self, reference: SecretReference | str | None, environment_file: str | os.PathLike[str] | None
    ) -> SecretReference:
        """Return the place for an import token.

        Raises:
            ConfigurationError: There is none, or the environment file is missing.
        """
        place = self.import_token if reference is None else SecretReference(reference, field="import_token")
        if place is None:
            raise ConfigurationError(
                "There is no place for the import token.",
                field="import_token",
                fix=f"Write where to store it: {FORMS}.",
            )
        if place.kind == "env" and environment_file is None:
            raise ConfigurationError(
                f"`import_token` refers to the environment variable {place.place}, but no environment file was passed.",
                field="environment_file",
                fix="Pass the path of the environment file of the job, or use file: or keyring: instead.",
            )
        return place

    def _with_token(
        self, place: SecretReference, secret: Secret, environment_file: str | os.PathLike[str] | None
    ) -> Self:
        """Store an import token, and return the destination that refers to it."""
        file = None if environment_file is None else self._folder / Path(environment_file).expanduser()
        write_secret(place, secret, self._folder, "import_token", file)
        variables = self._environ.variables()
        if place.kind == "env":
            # The environment of this process does not contain the new token.
            variables = ChainMap({place.place: secret.reveal()}, dict(variables))
        return evolve(self, import_token=place, environ=variables)

    # --- what the settings refer to ---------------------------------------------------------------------------------

    def schema_model(self) -> SchemaModel:
        """Create or read the model, without the attributes that the privacy rules drop. Nothing is sent.

        Raises:
            ConfigurationError: The destination has no model, the file of the model is not readable, or the privacy rules
                do not fit the model.
            InvalidModelError: The file contains something else, or the options contradict each other.
        """
        model = self._chosen_model()
        if self.source is None or not self.source.has_privacy_rules:
            return model
        return privacy_of(self.source, self._hash_key()).model(model)

    def _links(self) -> tuple[UserLink | GroupLink, ...]:
        """Return the links to users and groups of Jira that the model declares.

        Raises:
            LinkAttributeError: There are some, and the destination has no object schema that its account can read.
        """
        links = () if self.model is None else self.schema_model().links
        if links and self.schema_key is None:
            raise LinkAttributeError(
                f"Could not link {links[0].object_type} to Jira: the import token alone can't fill attributes of the types "
                "User and Group. Nothing was imported.",
                cause="Such attributes are filled with the account, in the object schema, which the destination does not name.",
                remedies=(
                    "You: set schema_key= to the key of the object schema.",
                    "Or you: remove the linked attributes from the model.",
                ),
                object_type=links[0].object_type,
                attribute=links[0].attribute,
            )
        return links

    def _chosen_model(self) -> SchemaModel:
        if isinstance(self.model, OktaModel):
            return self.model.schema_model()
        if isinstance(self.model, SchemaModel):
            return self.model
        if self.model is None:
            raise self._lacks(
                "model",
                "model",
                "Set model= to an OktaModel, a SchemaModel, or the path of a JSON file, and save the destination.",
            )
        return SchemaModel.from_dict(
            read_object_file(self._folder / self.model.expanduser(), "model", "a schema model")
        )

    def with_options(self, **options: Unpack[ImportSettings]) -> Self:
        """Return the destination with these import options, for example those of the last run.

        Args:
            options: See `ImportOptions`. Other saved options do not change.

        Raises:
            ConfigurationError: An option has an invalid value, or can't be saved.
        """
        settings = cast("ImportSettings", {**changed_options(self.options), **options})
        return evolve(self, options=ImportOptions(**settings))

    def _hash_key(self) -> Secret | None:
        reference = None if self.source is None else self.source.hash_key
        if reference is None:
            return None
        return read_secret(reference, self._environ.variables(), self._folder, "source.hash_key")

    def _site_settings(self, auth: Credentials | None) -> SiteSettings:
        credentials = auth
        if credentials is None and self.credentials is not None:
            credentials = read_credentials(self.credentials, self._environ.variables(), self._folder)
        if self.site is None:
            return from_environment(credentials, self._environ.variables())
        if credentials is None:
            raise ConfigurationError(
                f'The destination "{self.name}" has the site {self.site}, but no credentials.',
                field="credentials",
                fix="Set credentials=CredentialsReference(…), or pass credentials to connect().",
            )
        return SiteSettings(
            site=self.site,
            auth=credentials,
            gateway=self.gateway or GATEWAY,
            cloud_id=self.cloud_id,
            workspace_id=self.workspace_id,
        )

    def _token(self) -> Secret:
        if self.import_token is None:
            raise self._lacks(
                "import token",
                "import_token",
                "In Assets, open the configuration of the object schema, tab Import, and generate a token. Then set "
                "import_token= to its place, such as env:JSM_ASSETS_IMPORT_TOKEN.",
            )
        return import_token_secret(
            read_secret(self.import_token, self._environ.variables(), self._folder, "import_token")
        )

    def _readable_token(self) -> Secret | None:
        with suppress(ConfigurationError):
            return self._token()
        return None

    def _schema_key(self) -> str:
        if self.schema_key is None:
            fix = "Set schema_key= to the key of the object schema, such as OKT."
            raise self._lacks("object schema", "schema_key", fix)
        return self.schema_key

    def _settings(self, run: ImportSettings) -> ImportSettings:
        """Return the options of one import. The options of the call override the saved ones."""
        settings: ImportSettings = {**changed_options(self.options), **run}  # type: ignore[typeddict-item]  # names of options
        if "model" not in settings and self.model is not None:
            settings["model"] = self.schema_model()
        if "journal" not in run and self.options.journal is not None:
            settings["journal"] = self._folder / Path(self.options.journal).expanduser()
        return settings

    def _wanted(self) -> Wanted:
        """Return what the checklist compares with Assets. What can't be read is included as an error."""
        return Wanted(
            name=self.name,
            schema_key=self.schema_key,
            schema_name=self.schema_name,
            roles=self.roles,
            import_source=self.import_source,
            model=None if self.model is None else _read(self.schema_model),
            secret=None if self.import_token is None else _read(self._token),
            requires_roles=self.options.require_roles,
        )


def _read(read: Callable[[], T]) -> T | AssetsError:
    try:
        return read()
    except AssetsError as error:
        return error


def _restored(
    kind: type[SavedDestination], data: Mapping[str, object], path: Path | None
) -> SavedDestination:
    return kind.from_dict(data, path=path)


def _saved_names() -> list[str]:
    """Return the settings in the file: all but its path, the environment, and the transport."""
    return [
        setting.name
        for setting in fields(SavedDestination)
        if setting.name not in ("path", "_environ", "_transport")
    ]
