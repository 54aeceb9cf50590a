"""Tables and files as sources of records."""

import os
from collections.abc import Iterator
from pathlib import Path

from ._arguments.checking import checked
from ._imports.exported_records import ExportReading
from ._model.schema_model import SchemaModel

__all__ = ["read_export"]


@checked
def read_export(path: str | os.PathLike[str], model: SchemaModel) -> Iterator[tuple[str, dict[str, object]]]:
    """Read a file that `ObjectSchema.export_objects` wrote, as records that can be imported again.

    The whole file is checked first. References are resolved to the values that the model looks them up by, so the file must
    contain the referenced objects, unless they are looked up by their labels. Their identifiers are held in memory. Attributes
    that the model does not fill are left out, such as users and groups of Jira.

    Args:
        path: Path of the file.
        model: Model of the import. Object types and attributes are found by their names, in any case.

    Returns:
        Pairs of a selector and a record, for `import_records`.

    Raises:
        ConfigurationError: The file can't be read, contains something else, or does not fit the model.
    """
    reading = ExportReading(Path(path), model)
    reading.prepare()
    return reading.records()
