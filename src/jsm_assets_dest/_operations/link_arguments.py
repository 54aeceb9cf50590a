"""Check the arguments of `link_users`, and read a mapping of addresses to accounts."""

from __future__ import annotations

import csv
import json
import math
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TypeAlias, cast

from .._assets.directory import JiraUser
from .._assets.links import GroupLink, UserLink
from .._display.progress_bars import resolve_progress
from ..exceptions import ConfigurationError
from .account_finding import normal
from .linking import LinkOptions

#: Account IDs by email address: a mapping, pairs, users, or a file.
Accounts: TypeAlias = Mapping[str, str] | Iterable[tuple[str, str] | JiraUser] | str | os.PathLike[str]

_FIX = 'Pass {"ana@acme.com": "5b10a2844c20165700ede21g"}, pairs of both, or a CSV or JSON file with them.'


def checked_links(links: Sequence[object]) -> tuple[UserLink | GroupLink, ...]:
    """Return the links.

    Raises:
        ConfigurationError: There are none, or one is something else.
    """
    if not links or not all(isinstance(link, UserLink | GroupLink) for link in links):
        raise ConfigurationError(
            "`links` are not links. Nothing was sent." if links else "There are no links. Nothing was sent.",
            field="links",
            fix='Pass links, such as UserLink("People", email="Primary Email").',
        )
    return cast("tuple[UserLink | GroupLink, ...]", tuple(links))


def checked_options(
    *,
    accounts: Accounts | None,
    per_minute: float,
    on_progress: str | Callable[..., object] | None,
    **flags: bool,
) -> LinkOptions:
    """Check the other arguments. Their types were checked before.

    Raises:
        ConfigurationError: An argument is invalid. Nothing was sent.
    """
    if not 0 < per_minute < math.inf:
        raise ConfigurationError(
            f"`per_minute` is {per_minute!r}. Nothing was sent.",
            field="per_minute",
            fix="Pass a number of requests above 0, such as 300.",
        )
    return LinkOptions(
        accounts=read_accounts(accounts),
        per_minute=per_minute,
        display=resolve_progress(on_progress),
        **flags,
    )


def read_accounts(accounts: Accounts | None) -> dict[str, str]:
    """Return account IDs by the normal form of their address.

    Raises:
        ConfigurationError: It is not such a mapping. The message contains no address.
    """
    result: dict[str, str] = {}
    for number, (address, account_id) in enumerate(_pairs(accounts), 1):
        if not isinstance(address, str) or not isinstance(account_id, str):
            raise _invalid(f"entry {number} is not a pair of strings")
        key, value = normal(address), account_id.strip()
        if "@" not in key or not value or "@" in value:
            raise _invalid(f"entry {number} is not an email address with an account ID")
        if result.setdefault(key, value) != value:
            raise _invalid(f"entry {number} has the address of another entry, but another account ID")
    return result


def _invalid(reason: str) -> ConfigurationError:
    return ConfigurationError(f"`accounts`: {reason}. Nothing was sent.", field="accounts", fix=_FIX)


def _pairs(accounts: object) -> Iterator[tuple[object, object]]:
    if accounts is None:
        return
    if isinstance(accounts, str | os.PathLike):
        accounts = _file(Path(cast("str", accounts)))
    if isinstance(accounts, Mapping):
        yield from cast("Mapping[object, object]", accounts).items()
    else:
        for number, entry in enumerate(cast("Iterable[object]", accounts), 1):
            if isinstance(entry, JiraUser):
                yield entry.email, entry.account_id
            elif isinstance(entry, list | tuple) and len(cast("Sequence[object]", entry)) == 2:
                address, account_id = cast("Sequence[object]", entry)
                yield address, account_id
            else:
                raise _invalid(f"entry {number} is not a pair of an address and an account ID")


def _file(path: Path) -> object:
    """Return the content of a file: a JSON object, or rows of CSV. A header is skipped."""
    try:
        text = path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise _invalid(f"the file can't be read ({type(error).__name__})") from None
    if path.suffix.lower() == ".json":
        try:
            content: object = json.loads(text)
        except ValueError:
            raise _invalid("the file is not JSON") from None
        return content
    first_line = text.partition("\n")[0]
    separator = next((mark for mark in "\t;" if mark in first_line), ",")
    rows = [row[:2] for row in csv.reader(text.splitlines(), delimiter=separator) if any(row)]
    return rows[1:] if rows and "@" not in rows[0][0] else rows
