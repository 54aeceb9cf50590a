"""How the outputs that pages show are compared with what their blocks print."""

from __future__ import annotations

import pytest

from tests.documentation import fits


@pytest.mark.parametrize(
    ("shown", "printed"),
    [
        ("one\n", "one\n"),
        ("one\ntwo", "one\ntwo\n\n"),
        ("one\n…\nfour\n", "one\ntwo\nthree\nfour\n"),
        ("…\nfour\n", "one\nfour\n"),
        ("one\n…\n", "one\n"),
        ("id … (ok)\n", "id 12-34 (ok)\n"),
        ("a (b) [c]*\n", "a (b) [c]*\n"),
    ],
)
def test_fits(shown: str, printed: str) -> None:
    """Whole texts fit, and so do abridged ones."""
    assert fits(shown, printed)


@pytest.mark.parametrize(
    ("shown", "printed"),
    [
        ("one\n", "two\n"),
        ("one\n", "one\ntwo\n"),
        ("one\n…\nfour\n", "one\ntwo\n"),
        ("id …\n", "id 1\nid 2\n"),
        ("a.c\n", "abc\n"),
        ("one\n", ""),
    ],
)
def test_does_not_fit(shown: str, printed: str) -> None:
    """What is not shown must be marked by an ellipsis, and nothing but an ellipsis stands for something else."""
    assert not fits(shown, printed)
