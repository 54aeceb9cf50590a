"""The language of a response, and the translation of its messages.

Jira responds in the language of the account, and in that of the site to accounts that chose none. English is forced by
`Accept-Language: en` with `X-Force-Accept-Language: true`; the first header alone changes nothing (measured on Jira's
addresses). Whether Assets follows both is unknown: `Doubts` has a switch for each.

Messages of the edge and the gateway have no translation, because they were only ever seen in English.
"""

from __future__ import annotations

import importlib.resources
import re
from collections.abc import Mapping
from functools import lru_cache

from ..world.entities import Account
from ..world.json_reading import JsonValue
from ..world.site import Site

_LANGUAGES = {"de": 0, "ko": 1}

#: Keys of error bodies and progress documents whose strings are for people.
_PROSE_KEYS = frozenset({"errorMessages", "errorMessage", "errors", "message", "resultMessage"})


def _translations() -> dict[str, tuple[str, str]]:
    """Return the German and the Korean message by the English one."""
    text = (
        importlib.resources.files("jsm_assets_dest.testing.http")
        .joinpath("translations.tsv")
        .read_text("utf-8")
    )
    rows = (line.split("\t") for line in text.splitlines() if not line.startswith("#"))
    return {english: (german, korean) for english, german, korean in rows}


TRANSLATIONS = _translations()


def _pattern(english: str) -> re.Pattern[str]:
    parts = (re.escape(part) for part in english.split("{}"))
    return re.compile("(.+?)".join(parts), re.DOTALL)


# Specific texts come first: a text that begins with a variable part also matches many others.
_PATTERNS = [
    (_pattern(english), texts)
    for english, texts in sorted(TRANSLATIONS.items(), key=lambda item: item[0].startswith("{}"))
    if "{}" in english
]


def language_of(site: Site, account: Account | None, headers: Mapping[str, str], family: str) -> str:
    """Return the language of a response: "en", "de" or "ko".

    Args:
        site: the site, with its default language.
        account: the caller; None for anonymous callers and import tokens.
        headers: of the request, with names in lowercase.
        family: of the operation, see `addresses`.
    """
    doubts = site.doubts
    if family != "jira" and not doubts.assets_texts_translated:
        return "en"
    headers_count = family == "jira" or doubts.assets_follows_language_headers
    if headers_count and headers.get("x-force-accept-language", "").lower() == "true":
        requested = headers.get("accept-language", "")[:2].lower()
        if requested:
            return requested if requested in _LANGUAGES else "en"
    locale = account.locale if account is not None and account.locale else site.locale
    return locale[:2]


@lru_cache(maxsize=4096)
def translate(text: str, language: str) -> str:
    """Return a message in another language; unchanged if it is not one of the service's messages."""
    index = _LANGUAGES.get(language)
    if index is None:
        return text
    texts = TRANSLATIONS.get(text)
    if texts is not None:
        return texts[index]
    for pattern, texts in _PATTERNS:
        match = pattern.fullmatch(text)
        if match is not None:
            # The variable part of a frame, such as "The value provided is invalid: {}", is a message itself.
            return texts[index].format(*(translate(part, language) for part in match.groups()))
    return text


def translated(value: JsonValue, language: str, *, is_prose: bool = False) -> JsonValue:
    """Return a document whose messages are in another language."""
    if isinstance(value, str):
        return translate(value, language) if is_prose else value
    if isinstance(value, list):
        return [translated(item, language, is_prose=is_prose) for item in value]
    if isinstance(value, dict):
        return {
            key: translated(item, language, is_prose=is_prose or key in _PROSE_KEYS)
            for key, item in value.items()
        }
    return value
