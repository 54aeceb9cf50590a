"""State that a forked process must replace.

These are the connections of its parent, and locks of threads that the child does not have.
"""

from __future__ import annotations

import os
import weakref
from typing import Protocol


class Forkable(Protocol):
    """An object that several threads share, and that a forked process must replace."""

    def after_fork(self) -> None:
        """Replace the shared state in the child, before other code runs there."""
        ...


_known: weakref.WeakSet[Forkable] = weakref.WeakSet()


def renew_after_fork(shared: Forkable) -> None:
    """Register an object to be replaced in each forked process. The registration does not keep the object alive."""
    _known.add(shared)


def _forked() -> None:
    for shared in list(_known):
        shared.after_fork()


if hasattr(os, "register_at_fork"):  # pragma: no branch - there is no fork on Windows
    os.register_at_fork(after_in_child=_forked)
