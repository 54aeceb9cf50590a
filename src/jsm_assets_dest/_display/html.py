"""HTML for notebooks: titles, tables, marks, and links. All text is escaped.

Text, background, and most lines have the colors of the page, so that they are readable in each theme. Only the small marks
have a background of their own. White text on it has a contrast of more than 4.5 to 1, and the text says the same as the color.
There are no scripts, style sheets, or external files, because untrusted notebooks remove them.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Iterable, Sequence
from html import escape

from attrs import frozen


class Tone(enum.Enum):
    """Background color of a mark."""

    GOOD = "#1a7f47"
    BAD = "#c9372c"
    DOUBTFUL = "#946f00"
    CHANGE = "#0c66e4"
    SPECIAL = "#6e5dc6"
    QUIET = "#626f86"


@frozen
class Markup:
    """HTML that is already escaped."""

    html: str


#: Content of a cell: text, a number (shown with separators, right-aligned), or HTML.
Cell = str | int | Markup

_ROOT = "overflow-x:auto;margin:0.3em 0;line-height:1.45"
# Jupyter centers tables, aligns text to the right, and uses a smaller font.
_TABLE = "border-collapse:collapse;margin:0.4em 0;font-size:0.95em;max-width:68em"
_CELL = "vertical-align:top;padding:0.3em 1.2em 0.3em 0.3em;border:0;border-bottom:1px solid rgba(128,128,128,0.35)"
_MARK = (
    "display:inline-block;padding:0 0.55em;border-radius:0.7em;color:#fff;font-size:0.88em;font-weight:600;"
    "white-space:nowrap"
)
_LIST = "margin:0.3em 0;padding-left:1.5em"


def as_html(cell: Cell) -> str:
    """Return the HTML of a cell, with escaped text."""
    if isinstance(cell, Markup):
        return cell.html
    return f"{cell:,}" if isinstance(cell, int) else escape(cell)


def joined(*parts: Cell) -> Markup:
    """Concatenate texts and HTML."""
    return Markup("".join(as_html(part) for part in parts))


def mark(text: str, tone: Tone) -> Markup:
    """Return a word with a background color."""
    return Markup(f'<span style="{_MARK};background:{tone.value}">{escape(text)}</span>')


def faint(text: Cell) -> Markup:
    """Return less important content in a smaller and lighter font."""
    return Markup(f'<small style="opacity:0.75">{as_html(text)}</small>')


def facts(texts: Iterable[Cell]) -> Markup:
    """Return short facts in a light line, which breaks only between them."""
    blocks = (f'<span style="display:inline-block">{as_html(text)}</span>' for text in texts)
    return below(faint(Markup(" · ".join(blocks))))


def strong(text: Cell) -> Markup:
    """Return important content in bold."""
    return Markup(f"<strong>{as_html(text)}</strong>")


def below(text: Cell) -> Markup:
    """Return content on a line of its own."""
    return Markup(f"<div>{as_html(text)}</div>")


def bullets(lines: Iterable[Cell], *, numbered: bool = False) -> Markup:
    """Return a list, or nothing if there are no lines."""
    items = "".join(f'<li style="margin:0">{as_html(line)}</li>' for line in lines)
    tag = "ol" if numbered else "ul"
    return Markup(f'<{tag} style="{_LIST}">{items}</{tag}>' if items else "")


def link(address: str) -> Markup:
    """Return a link to a web address, or escaped text for other addresses."""
    escaped = escape(address)
    if not address.startswith(("https://", "http://")):
        return Markup(escaped)
    return Markup(f'<a href="{escaped}" target="_blank" rel="noopener noreferrer">{escaped}</a>')


def linked(text: str, site: str) -> Markup:
    """Escape a text, and turn the addresses of a site into links. Other addresses remain text.

    The text may come from the service or from an error page. Therefore only addresses of the caller's site become links.

    Args:
        text: The text.
        site: Address of the site, such as `https://acme.atlassian.net`.
    """
    # An address may be followed by the end of a sentence.
    pattern = rf"({re.escape(site.rstrip('/'))}/[^\s()<>\"']*[^\s()<>\"'.,;:])"
    # The captured addresses have odd indexes.
    parts = re.split(pattern, text)
    return joined(*(link(part) if index % 2 else part for index, part in enumerate(parts)))


def whole(*parts: Cell) -> str:
    """Put content into the one element that a notebook shows. Wide content can be scrolled."""
    return f'<div style="{_ROOT}">{joined(*parts).html}</div>'


def grid(header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> Markup:
    """Return a table. Columns of numbers are right-aligned, and only the last column breaks lines."""
    lines = list(rows)
    is_number = [isinstance(cell, int) for cell in lines[0]] if lines else [False] * len(header)

    def style(column: int) -> str:
        side = (
            "text-align:right;font-variant-numeric:tabular-nums" if is_number[column] else "text-align:left"
        )
        is_last = column == len(header) - 1
        breaks = "overflow-wrap:break-word;white-space:normal" if is_last else "white-space:nowrap"
        return f"{side};{breaks};{_CELL}"

    styles = [style(column) for column in range(len(header))]
    cells = "".join(
        f'<th scope="col" style="{styles[column]}">{escape(text)}</th>' for column, text in enumerate(header)
    )
    body = "".join(
        "<tr>"
        + "".join(f'<td style="{styles[column]}">{as_html(cell)}</td>' for column, cell in enumerate(line))
        + "</tr>"
        for line in lines
    )
    return Markup(f'<table style="{_TABLE}"><thead><tr>{cells}</tr></thead><tbody>{body}</tbody></table>')


def folded(summary: str, content: Cell) -> Markup:
    """Return content that is hidden until the reader clicks its summary."""
    title = f'<summary style="cursor:pointer">{escape(summary)}</summary>'
    return Markup(f"<details>{title}{as_html(content)}</details>")


def table(
    header: Sequence[str], rows: Iterable[Sequence[Cell]], *, caption: Cell = "", empty: str = ""
) -> str:
    """Return a table with a title, or the text `empty` if there are no rows."""
    lines = list(rows)
    title = below(strong(caption)) if as_html(caption) else ""
    return whole(title, grid(header, lines) if lines else below(empty))
