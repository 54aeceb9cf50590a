"""Receipt for records that a process submitted to an execution of another process."""

from collections.abc import Mapping
from typing import Self

from .._wire.json_reading import as_object
from ..exceptions import ConfigurationError


class SubmitReceipt(int):
    """Number of records that were sent, with their identifiers.

    It is an integer. If another process started the execution, that process needs the receipt: `add_receipt` shows its guard
    which objects the run contains. Receipts can be pickled.

    Attributes:
        identities: Identifiers of sent and skipped records by object type; empty if no other process needs them.
    """

    __module__ = "jsm_assets_dest"

    identities: Mapping[str, object]

    def __new__(cls, sent: int, identities: Mapping[str, object] | None = None) -> Self:
        """Return a receipt."""
        receipt = super().__new__(cls, sent)
        receipt.identities = {} if identities is None else identities
        return receipt

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), (int(self), dict(self.identities))

    def to_dict(self) -> dict[str, object]:
        """Return the receipt as JSON-ready data."""
        return {"sent": int(self), "identities": dict(self.identities)}

    @classmethod
    def from_dict(cls, data: Mapping[str, object]) -> Self:
        """Read the result of `to_dict`.

        Raises:
            ConfigurationError: The data is not a result of `to_dict`.
        """
        source = as_object(data)
        sent = source.get("sent")
        if type(sent) is not int or not isinstance(source.get("identities"), Mapping):
            raise ConfigurationError(
                "The data is not a receipt.",
                field="receipt",
                fix="Pass the result of `to_dict()` of a receipt.",
            )
        return cls(sent, as_object(source["identities"]))
