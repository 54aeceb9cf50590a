"""Settings for all tests."""

from __future__ import annotations

import gc
import os
import signal
import sys
import tempfile

import pytest
from hypothesis import settings

#: The time of one example depends on the machine, not on the code. Each run chooses other examples.
settings.register_profile("usual", deadline=None, max_examples=50)
#: For a long search: `pytest --hypothesis-profile=thorough tests`.
settings.register_profile("thorough", deadline=None, max_examples=2_000)


def pytest_configure(config: pytest.Config) -> None:
    """Make the outcome of the tests independent of how they were started."""
    settings.load_profile("usual")
    if sys.dont_write_bytecode:
        # Otherwise each of some hundred child processes would compile the whole package. The bytecode is stored in a
        # temporary folder instead of beside the sources.
        folder = tempfile.TemporaryDirectory(prefix="jsm-assets-dest-bytecode-", ignore_cleanup_errors=True)
        config.add_cleanup(folder.cleanup)
        os.environ["PYTHONPYCACHEPREFIX"] = folder.name
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    # A shell makes its background processes ignore SIGINT. Child processes would inherit that, and the tests that
    # interrupt one would wait forever.
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out the tests marked with `once`, unless the command line names a path, as in `pytest tests`."""
    if config.args_source is not pytest.Config.ArgsSource.ARGS:
        left_out = [item for item in items if item.get_closest_marker("once")]
        items[:] = [item for item in items if not item.get_closest_marker("once")]
        config.hook.pytest_deselected(items=left_out)


def pytest_collection_finish() -> None:
    """Leave the tests and the library out of garbage collections, which would look at all of them each time."""
    gc.collect()
    gc.freeze()
