"""
What the Python blocks of a page find when they begin: an emulated site, and nothing left of the page before.
"""

from __future__ import annotations


def page_opened(namespace: dict[str, object]) -> None:
    """
    Prepare the namespace of a page.
    """
    namespace["__name__"] = "__main__"


def page_left(namespace: dict[str, object]) -> None:
    """
    Undo what `page_opened` did.
    """
    namespace.clear()
