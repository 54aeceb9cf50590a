"""Receipt for records that a process submitted to an execution of another process."""

from collections.abc import Mapping
from typing import Self

from .._arguments.checking import checked_methods
from .._wire.json_reading import as_number, as_object, as_text
from ..exceptions import ConfigurationError


@checked_methods
class SubmitReceipt(int):
    """Number of records that were sent, with what the leader of the execution needs to know of them.

    It is an integer. If another process leads the execution, that process needs the receipt: `add_receipt` adds the counts to
    its result and shows its guard which objects the run contains. Receipts can be pickled.

    Attributes:
        counts: Number of sent records by selector.
        chunks: Number of sent chunks.
        refused: Number of records that were not sent.
        part: Name of the records, from `submit`. A part is counted once, however often its task ran.
        execution_id: Id of the execution that received the records. Only that execution accepts the receipt.
        identities: Identifiers of sent and skipped records by object type; empty if no other process needs them.
    """

    __module__ = "jsm_assets_dest"

    counts: Mapping[str, int]
    chunks: int
    refused: int
    part: str
    execution_id: str
    identities: Mapping[str, object]

    def __new__(
        cls,
        counts: Mapping[str, int],
        *,
        chunks: int = 0,
        refused: int = 0,
        part: str = "",
        execution_id: str = "",
        identities: Mapping[str, object] | None = None,
    ) -> Self:
        """Return a receipt.

        Raises:
            ConfigurationError: A number is negative.
        """
        if min(chunks, refused, *counts.values()) < 0:
            raise ConfigurationError(
                "The receipt contains a negative number.",
                field="receipt",
                fix="Pass what `submit` returned in the other process, or the result of its `to_dict()`.",
            )
        receipt = super().__new__(cls, sum(counts.values()))
        receipt.counts = dict(counts)
        receipt.chunks = chunks
        receipt.refused = refused
        receipt.part = part
        receipt.execution_id = execution_id
        receipt.identities = {} if identities is None else identities
        return receipt

    def __reduce__(self) -> tuple[object, ...]:
        return type(self).from_dict, (self.to_dict(),)

    def to_dict(self) -> dict[str, object]:
        """Return the receipt as JSON-ready data."""
        return {
            "counts": dict(self.counts),
            "chunks": self.chunks,
            "refused": self.refused,
            "part": self.part,
            "execution_id": self.execution_id,
            "identities": dict(self.identities),
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, object]) -> Self:
        """Read the result of `to_dict`.

        Raises:
            ConfigurationError: The data is not a result of `to_dict`.
        """
        source = as_object(data)
        counts, identities = source.get("counts"), source.get("identities")
        if (
            not isinstance(counts, Mapping)
            or not isinstance(identities, Mapping)
            or any(type(count) is not int for count in as_object(counts).values())
        ):
            raise ConfigurationError(
                "The data is not a receipt.",
                field="receipt",
                fix="Pass the result of `to_dict()` of a receipt.",
            )
        return cls(
            {selector: as_number(count, 0) for selector, count in as_object(counts).items()},
            chunks=as_number(source.get("chunks"), 0),
            refused=as_number(source.get("refused"), 0),
            part=as_text(source.get("part")),
            execution_id=as_text(source.get("execution_id")),
            identities=as_object(identities),
        )
