"""The template that every message obeys."""

from __future__ import annotations

import re

from jsm_assets_dest._wire.phrases import PHRASES
from jsm_assets_dest.exceptions import AssetsError

#: Everyone who may have to act.
ACTORS = {
    "You",
    "You, in Python",
    "Your network team",
    "A Jira admin",
    "A site admin",
    "An organization admin",
    "An object schema manager",
    "An object schema manager or a Jira admin",
    "The owner of the account",
}
LONGEST_LINE, MOST_LINES, MOST_CHARACTERS = 120, 12, 1000
#: A list of all scopes is longer than a message should be, but it has to be complete.
MOST_CHARACTERS_WITH_SCOPES = 1400

REMOVED_WORDS = re.compile(
    r"\b(certainly|probably|shall|anew|afresh|whoever|somebody|nobody|everybody|e-mail|time-out|licence|"
    r"(?<!here )(is|are) no (?!longer)|cannot be right|name service|disturbance|put right)\b"
)


def check(error: AssetsError) -> None:
    """Check length, order, and words of a message."""
    message = str(error)
    lines = message.splitlines()
    assert lines[0] == error.what.splitlines()[0]
    assert len(lines[0]) <= LONGEST_LINE, lines[0]
    assert lines[0].endswith((".", ":")), lines[0]
    codes = [code for code in PHRASES if f'"{code}"' in message or f"“{code}”" in message]
    assert not codes
    assert "“" not in message
    assert not REMOVED_WORDS.search(message), message
    cause = next(line for line in lines if line.startswith(("Cause: ", "Likely cause: ")))
    assert cause.startswith("Cause: ") is error.cause_is_certain
    assert lines.index(cause) < lines.index("How to fix:")
    assert error.remedies
    for remedy in error.remedies:
        who, colon, action = remedy.partition(": ")
        assert colon, remedy
        actor = who.removeprefix("Or ")
        assert actor[:1].upper() + actor[1:] in ACTORS, remedy
        assert action.endswith("."), remedy
    assert len(lines) <= MOST_LINES, message
    scopes = "all of these scopes" in message
    assert len(message) <= (MOST_CHARACTERS_WITH_SCOPES if scopes else MOST_CHARACTERS), message
