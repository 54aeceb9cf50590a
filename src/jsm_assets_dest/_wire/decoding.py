"""Unpacking the body of an answer within a limit, whatever the server claims.

httpx unpacks a received piece at once and whole, so that a few kilobytes may become gigabytes; here no more is ever
unpacked than the limit allows.
"""

from __future__ import annotations

import zlib

from ..exceptions import AnswerTooLargeError, MalformedAnswerError

#: What requests ask for; the only encoding besides none that is unpacked.
ACCEPTED = "gzip"

#: zlib's word for "find out whether this is gzip or zlib".
_EITHER_HEADER = 47


class BodyReader:
    """Collects an answer's body piece by piece.

    Args:
        encoding: The answer's Content-Encoding.
        limit: Unpacked bytes allowed.

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
            raise MalformedAnswerError(
                f"The answer came in the encoding “{name[:40]}”, which was not asked for."
            )
        self._limit = limit
        self._size = 0
        self._pieces: list[bytes] = []

    def feed(self, piece: bytes) -> None:
        """Take the next piece as received.

        Raises:
            AnswerTooLargeError: More than the limit has been unpacked.
            MalformedAnswerError: It cannot be unpacked.
        """
        if self._unpacker is not None:
            try:
                piece = self._unpacker.decompress(piece, self._limit - self._size + 1)
            except zlib.error:
                raise MalformedAnswerError(
                    "The answer says it is compressed, but cannot be unpacked."
                ) from None
        self._size += len(piece)
        if self._size > self._limit:
            raise AnswerTooLargeError(f"The answer is larger than {self._limit:,} bytes.")
        self._pieces.append(piece)

    def finish(self) -> bytes:
        """The whole body.

        Raises:
            MalformedAnswerError: The compressed body broke off.
        """
        if self._unpacker is not None and self._pieces and not self._unpacker.eof:
            raise MalformedAnswerError("The compressed answer broke off before its end.")
        return b"".join(self._pieces)
