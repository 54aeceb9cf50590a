"""What a process that was forked must not go on using: connections of its parent, and locks that a thread held which the
child does not have.
"""

from __future__ import annotations

import os
import weakref
from typing import Protocol


class Forkable(Protocol):
    """Something that several threads share, and that a forked process needs anew."""

    def after_fork(self) -> None:
        """Start anew in the child, before anything else runs there."""
        ...


_known: weakref.WeakSet[Forkable] = weakref.WeakSet()


def renew_after_fork(shared: Forkable) -> None:
    """Have something start anew in every process that is forked off from now on; it is forgotten when it is gone."""
    _known.add(shared)


def _forked() -> None:
    for shared in list(_known):
        shared.after_fork()


if hasattr(os, "register_at_fork"):  # pragma: no branch - there is no fork on Windows
    os.register_at_fork(after_in_child=_forked)
