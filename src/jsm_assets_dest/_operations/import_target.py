"""The import that a call is about: one value instead of four parameters of every function."""

from __future__ import annotations

from attrs import define, field, frozen

from .._assets.import_sources import ImportSource
from .._assets.object_schemas import ObjectSchemaRecord
from .._model.schema_model import SchemaModel
from .._secret import Secret
from .._session.site import Site


@define(eq=False)
class Memory:
    """Facts that an import token remembers, so that an import right after a build requests nothing twice.

    Attributes:
        model: The model that was built or read last.
        import_source: The import source that was proved to belong to the expected object schema.
        missing_objects: What the caller declared last that the import does with missing objects.
    """

    model: SchemaModel | None = field(default=None, repr=False)
    import_source: ImportSource | None = field(default=None, repr=False)
    missing_objects: str = "unknown"


@frozen(kw_only=True)
class ImportTarget:
    """An import on a site, as its token names it.

    Attributes:
        site: The site.
        secret: The import token.
        schema: The object schema that the caller expects; None accepts the one that the token belongs to.
        memory: What earlier calls with this token learned.
    """

    site: Site = field(eq=False)
    secret: Secret = field(repr=False)
    schema: ObjectSchemaRecord | None = None
    memory: Memory = field(factory=Memory, repr=False, eq=False)

    @property
    def bearer(self) -> Secret:
        """Value of the Authorization header."""
        return Secret(f"Bearer {self.secret.reveal()}")
