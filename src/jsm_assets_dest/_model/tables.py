"""
A small HTML table for notebooks: escaped, and readable on light and dark pages.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

# No colours of our own: text and lines take those of the page, whatever its theme.
_CELL = "text-align:left;vertical-align:top;padding:0.2em 0.8em 0.2em 0;border-bottom:1px solid rgba(128,128,128,0.4)"


def table(header: Sequence[str], rows: Iterable[Sequence[str]], *, caption: str = "", empty: str = "") -> str:
    """
    A table; everything in it is escaped. Without rows, the text that says so.
    """
    lines = list(rows)
    head = f"<p><strong>{escape(caption)}</strong></p>" if caption else ""
    if not lines:
        return f"{head}<p>{escape(empty)}</p>"
    cells = "".join(f'<th scope="col" style="{_CELL}">{escape(text)}</th>' for text in header)
    body = "".join(
        "<tr>" + "".join(f'<td style="{_CELL}">{escape(text)}</td>' for text in line) + "</tr>"
        for line in lines
    )
    style = "border-collapse:collapse"
    return f'{head}<table style="{style}"><thead><tr>{cells}</tr></thead><tbody>{body}</tbody></table>'
