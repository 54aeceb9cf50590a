"""The layout of an error's message: what happened, the server's words, the cause, the remedies, and the details."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    # Creating a protocol takes a millisecond, and this module is loaded with the package.
    from collections.abc import Sequence
    from typing import Protocol

    class Message(Protocol):
        """The facts of an error that its message shows."""

        what: str
        cause: str
        cause_is_certain: bool
        remedies: tuple[str, ...]
        details: str
        status: int | None
        method: str
        path: str
        host: str
        messages: tuple[str, ...]
        field_errors: dict[str, str]
        request_id: str
        account: str
        attempts: int
        elapsed: float | None

        @property
        def technical(self) -> str: ...


#: Limits for what a message quotes of the server: texts, and characters of each.
_QUOTED_TEXTS = 3
QUOTED_CHARACTERS = 200

#: The beginning of a path up to the ids of a site, a workspace, or an import.
_IDS = r"^.*?/ex/jira/[^/]+(?=/rest/)|^.*/workspace/[^/]+/v1(?:/importsource/[^/]+(?=/))?"
_YOU = r"(Or )?[Yy]ou: ([\w-]*(?:_\w|\(|\.\w)|.)"


def message_of(error: Message, quoted: str) -> str:
    """Return the message of an error, with `quoted` after the first line."""
    lines = [error.what, quoted]
    if error.cause:
        lines.append(f"{cause_label(certain=error.cause_is_certain)} {error.cause}")
    if error.remedies:
        lines.append("How to fix:")
        lines += [f"  {number}. {remedy}" for number, remedy in enumerate(addressed(error.remedies), 1)]
    if error.technical:
        lines.append(f"Details: {error.technical}")
    return "\n".join(line for line in lines if line)


def cause_label(*, certain: bool) -> str:
    """Return the label of a proven or of an inferred cause."""
    return "Cause:" if certain else "Likely cause:"


def technical_line(error: Message) -> str:
    """Return the status, the request, the trace ID, the account, and the attempts."""
    parts: list[str] = []
    if error.status is not None:
        parts.append(f"HTTP {error.status}")
    if error.host:
        parts.append(f"{error.method} {error.host}{re.sub(_IDS, '/…', error.path)}".strip())
    if error.details:
        parts.append(error.details)
    if error.request_id:
        parts.append(f"trace {error.request_id}")
    if error.account:
        parts.append(f"account {error.account}")
    if error.attempts > 1:
        # One attempt is usual, and its time does not help anyone.
        parts.append(f"{error.attempts} attempts")
        if error.elapsed is not None:
            parts.append(f"{error.elapsed:.1f} s")
    return ", ".join(parts)


def quoted_server(error: Message) -> str:
    """Return the server's messages as a quotation, or "" if they say nothing."""
    texts = [*error.messages, *(f"{name}: {text}" for name, text in error.field_errors.items())]
    texts = [text[:QUOTED_CHARACTERS] for text in texts if text not in ("Unauthorized", "Forbidden")]
    server = "Assets" if "/jsm/" in error.path else "Jira" if error.host else "The server"
    return f'{server} says: "{"; ".join(texts[:_QUOTED_TEXTS])}"' if texts else ""


def addressed(remedies: Sequence[str]) -> list[str]:
    """Return the remedies for people: without "You:" if only the reader can act."""
    if not all(re.match(_YOU, remedy) for remedy in remedies):
        return list(remedies)
    return [
        re.sub(_YOU, lambda match: f"Or {match[2]}" if match[1] else _capitalized(match[2]), remedy, count=1)
        for remedy in remedies
    ]


def _capitalized(beginning: str) -> str:
    """Return the beginning of a sentence; a name of code, such as "import_records(", is unchanged."""
    return beginning.upper() if len(beginning) == 1 else beginning
