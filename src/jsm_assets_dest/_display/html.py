"""The HTML of everything that a notebook shows: titles, tables, marks and links; escaped, and readable on any page.

Text, ground and most lines take the colours of the page, whatever its theme, and lighter text is the page's own made
fainter. Only the small marks bring colours, with a ground of their own, so that they read alike on light and dark pages
(white on each ground has a contrast of more than 4.5 to 1), and each says in words what its colour says. Nothing is
loaded from anywhere, and there is neither script nor style sheet: notebooks that are not trusted remove those.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Iterable, Sequence
from html import escape

from attrs import frozen


class Tone(enum.Enum):
    """The ground of a mark."""

    GOOD = "#1a7f47"
    BAD = "#c9372c"
    DOUBTFUL = "#946f00"
    CHANGE = "#0c66e4"
    SPECIAL = "#6e5dc6"
    QUIET = "#626f86"


@frozen
class Markup:
    """HTML that is escaped already, to be put into a page as it is."""

    html: str


#: What a cell may hold: text, a number, which is written with separators and stands to the right, or HTML.
Cell = str | int | Markup

_WHOLE = "overflow-x:auto;margin:0.3em 0;line-height:1.45"
# Jupyter puts tables in the middle and text to the right, in smaller letters.
_TABLE = "border-collapse:collapse;margin:0.4em 0;font-size:0.95em;max-width:68em"
_CELL = "vertical-align:top;padding:0.3em 1.2em 0.3em 0.3em;border:0;border-bottom:1px solid rgba(128,128,128,0.35)"
_MARK = (
    "display:inline-block;padding:0 0.55em;border-radius:0.7em;color:#fff;font-size:0.88em;font-weight:600;"
    "white-space:nowrap"
)
_LIST = "margin:0.3em 0;padding-left:1.5em"


def as_html(cell: Cell) -> str:
    """A cell's HTML; text is escaped."""
    if isinstance(cell, Markup):
        return cell.html
    return f"{cell:,}" if isinstance(cell, int) else escape(cell)


def joined(*parts: Cell) -> Markup:
    """Texts and pieces of HTML, one after the other."""
    return Markup("".join(as_html(part) for part in parts))


def mark(text: str, tone: Tone) -> Markup:
    """A word on a ground of its own."""
    return Markup(f'<span style="{_MARK};background:{tone.value}">{escape(text)}</span>')


def faint(text: Cell) -> Markup:
    """Something less important, in smaller and fainter letters."""
    return Markup(f'<small style="opacity:0.75">{as_html(text)}</small>')


def facts(texts: Iterable[Cell]) -> Markup:
    """Short facts in a faint line; it breaks between them and not inside an identifier."""
    whole_ones = (f'<span style="display:inline-block">{as_html(text)}</span>' for text in texts)
    return below(faint(Markup(" · ".join(whole_ones))))


def strong(text: Cell) -> Markup:
    """Something important."""
    return Markup(f"<strong>{as_html(text)}</strong>")


def below(text: Cell) -> Markup:
    """Something on a line of its own."""
    return Markup(f"<div>{as_html(text)}</div>")


def bullets(lines: Iterable[Cell], *, numbered: bool = False) -> Markup:
    """A list; nothing for no lines."""
    items = "".join(f'<li style="margin:0">{as_html(line)}</li>' for line in lines)
    tag = "ol" if numbered else "ul"
    return Markup(f'<{tag} style="{_LIST}">{items}</{tag}>' if items else "")


def link(address: str) -> Markup:
    """A link to a page, where the address is one of the web; plain text otherwise."""
    shown = escape(address)
    if not address.startswith(("https://", "http://")):
        return Markup(shown)
    return Markup(f'<a href="{shown}" target="_blank" rel="noopener noreferrer">{shown}</a>')


def linked(text: str, site: str) -> Markup:
    """A text in which the addresses of a site's pages are links; any other address remains text.

    What is shown may come from the service or from an error page, and a link invites to follow it, so only the site that
    the caller has chosen is linked.

    Args:
        text: The text.
        site: The address of the site, such as `https://acme.atlassian.net`.
    """
    # A sentence may end right behind an address.
    pattern = rf"({re.escape(site.rstrip('/'))}/[^\s()<>\"']*[^\s()<>\"'.,;:])"
    # What the pattern captures has the odd places.
    parts = re.split(pattern, text)
    return joined(*(link(part) if at % 2 else part for at, part in enumerate(parts)))


def whole(*parts: Cell) -> str:
    """Pieces as the one element that a notebook is given; what is wider than the page can be scrolled."""
    return f'<div style="{_WHOLE}">{joined(*parts).html}</div>'


def grid(header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> Markup:
    """A table; a column of numbers stands to the right, and of the other columns only the last one breaks its lines."""
    lines = list(rows)
    to_the_right = [isinstance(cell, int) for cell in lines[0]] if lines else [False] * len(header)

    def style(at: int) -> str:
        side = "text-align:right;font-variant-numeric:tabular-nums" if to_the_right[at] else "text-align:left"
        breaks = (
            "overflow-wrap:break-word;white-space:normal" if at == len(header) - 1 else "white-space:nowrap"
        )
        return f"{side};{breaks};{_CELL}"

    styles = [style(at) for at in range(len(header))]
    cells = "".join(
        f'<th scope="col" style="{styles[at]}">{escape(text)}</th>' for at, text in enumerate(header)
    )
    body = "".join(
        "<tr>"
        + "".join(f'<td style="{styles[at]}">{as_html(cell)}</td>' for at, cell in enumerate(line))
        + "</tr>"
        for line in lines
    )
    return Markup(f'<table style="{_TABLE}"><thead><tr>{cells}</tr></thead><tbody>{body}</tbody></table>')


def folded(summary: str, content: Cell) -> Markup:
    """Something that is shown after a click."""
    shown = f'<summary style="cursor:pointer">{escape(summary)}</summary>'
    return Markup(f"<details>{shown}{as_html(content)}</details>")


def table(
    header: Sequence[str], rows: Iterable[Sequence[Cell]], *, caption: Cell = "", empty: str = ""
) -> str:
    """A table with a title; everything in it is escaped. Without rows, the text that says so."""
    lines = list(rows)
    title = below(strong(caption)) if as_html(caption) else ""
    return whole(title, grid(header, lines) if lines else below(empty))
