"""Decompressing the body of a response within a limit.

httpx decompresses a received piece completely, so a few kilobytes can become gigabytes. Here, no more is decompressed than
the limit allows.
"""

from __future__ import annotations

import zlib

from ..exceptions import AnswerTooLargeError, MalformedAnswerError

#: Encoding that requests ask for.
ACCEPTED = "gzip"

#: zlib's code for detecting gzip or zlib.
_EITHER_HEADER = 47


class BodyReader:
    """Collector of a response's body, piece by piece.

    Args:
        encoding: The Content-Encoding of the response.
        limit: Maximum number of decompressed bytes.

    Raises:
        MalformedAnswerError: The encoding is unknown.
    """

    def __init__(self, encoding: str, limit: int) -> None:
        name = encoding.strip().lower()
        if name in ("", "identity"):
            self._unpacker = None
        elif name in ("gzip", "x-gzip", "deflate"):
            self._unpacker = zlib.decompressobj(_EITHER_HEADER)
        else:
            raise MalformedAnswerError(f"The response has the unexpected encoding {name[:40]}.")
        self._limit = limit
        self._size = 0
        self._pieces: list[bytes] = []

    def feed(self, piece: bytes) -> None:
        """Add the next piece as received.

        Raises:
            AnswerTooLargeError: The body is larger than the limit.
            MalformedAnswerError: The piece can't be decompressed.
        """
        if self._unpacker is not None:
            try:
                piece = self._unpacker.decompress(piece, self._limit - self._size + 1)
            except zlib.error:
                raise MalformedAnswerError("The response can't be decompressed.") from None
        self._size += len(piece)
        if self._size > self._limit:
            raise AnswerTooLargeError(f"The response is larger than {self._limit:,} bytes.")
        self._pieces.append(piece)

    def finish(self) -> bytes:
        """Return the whole body.

        Raises:
            MalformedAnswerError: The compressed body is truncated.
        """
        if self._unpacker is not None and self._pieces and not self._unpacker.eof:
            raise MalformedAnswerError("The compressed response is truncated.")
        return b"".join(self._pieces)
