"""Settings for all tests, and the pages under docs/ that still have a hidden setup (see tests/hidden_setup.py)."""

from __future__ import annotations

import os
import signal
import sys
import tempfile
from pathlib import Path

import pytest
from hypothesis import settings
from sybil import Sybil
from sybil.parsers.myst import CodeBlockParser

from tests.hidden_setup import KeepingEvaluator, compare_output, page_left, page_opened

pytest_collect_file = Sybil(
    parsers=[CodeBlockParser("python", KeepingEvaluator()), CodeBlockParser("text", compare_output)],
    patterns=(Path(__file__).parent / "tests" / "pages_with_hidden_setup.txt").read_text("utf-8").split(),
    setup=page_opened,
    teardown=page_left,
).pytest()


#: How long one example takes says something about the machine, not about the code.
settings.register_profile("untimed", deadline=None)


def pytest_configure(config: pytest.Config) -> None:
    """Make the outcome of the tests independent of how they were started."""
    settings.load_profile("untimed")
    if sys.dont_write_bytecode:
        # Then each of some forty child processes would compile the whole package. What is not to be written beside
        # the sources is kept for them elsewhere, as long as the tests run.
        kept = tempfile.TemporaryDirectory(prefix="jsm-assets-dest-bytecode-", ignore_cleanup_errors=True)
        config.add_cleanup(kept.cleanup)
        os.environ["PYTHONPYCACHEPREFIX"] = kept.name
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    # A shell that starts something in the background lets it ignore SIGINT. Child processes would inherit that, and
    # the tests that interrupt one would wait for it in vain.
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep the blocks of a page together and in order: tests run in random order, a page is read from the top."""
    pages: dict[object, list[pytest.Item]] = {}
    for item in items:
        if item.path.suffix == ".md":
            pages.setdefault(item.path, []).append(item)
    ordered: list[pytest.Item] = []
    for item in items:
        if item.path not in pages or item.path.suffix != ".md":
            ordered.append(item)
        elif item is pages[item.path][0]:
            ordered += sorted(pages[item.path], key=lambda block: block.location[1] or 0)
    items[:] = ordered
