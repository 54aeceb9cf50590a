"""Hidden setup of the pages that do not yet run from a clean prompt (see `WITH_HIDDEN_SETUP` in test_documentation.py).

A page shows what a reader would write, so it names a site and credentials and nothing of the emulator. Therefore,
while a page runs, connections that name no transport go to an emulator of the page's own and live by its clock.
Nothing else differs from a reader's machine; the emulator answers HTTP below all of the library's code.

A block of text right after a Python block is what that block prints, and is compared with it. An ellipsis on a line of
its own stands for any lines, and inside a line for anything up to its end or to what follows.
"""

from __future__ import annotations

import contextlib
import io
import logging
import os
import re
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest import mock

from sybil import Example
from sybil.evaluators.python import PythonEvaluator

from jsm_assets_dest import AsyncConnection, Connection, okta
from jsm_assets_dest.testing import Emulator
from tests.documentation import fits

#: What `page_opened` has put into the namespace for `page_left`, under a name that no page can write.
OPENED = "what the page opened"

#: What the last Python block has printed.
PRINTED = "what the last block printed"

#: The end of a page's text up to an output: a Python block and nothing behind it.
PYTHON_BEFORE = re.compile(r"```python\n(?:(?!```).)*```\s*(?:Output:\s*)?\Z", re.DOTALL)


class KeepingEvaluator(PythonEvaluator):
    """Runs a Python block and keeps what it prints."""

    def __call__(self, example: Example) -> None:
        """Run a block."""
        printed = io.StringIO()
        try:
            with contextlib.redirect_stdout(printed):
                super().__call__(example)
        finally:
            example.namespace[PRINTED] = printed.getvalue()
            sys.stdout.write(printed.getvalue())


def compare_output(example: Example) -> None:
    """Compare a block of text with what the Python block right before it has printed; other texts are only read."""
    if not PYTHON_BEFORE.search(example.document.text[: example.region.start]):
        return
    shown = str(example.parsed)
    printed = str(example.namespace[PRINTED])

    assert fits(shown, printed), f"the page shows\n{shown}\nbut the block prints\n{printed}"


def page_opened(namespace: dict[str, object]) -> None:
    """Give a page its site, with a schema `OKT` that is ready for imports, and the names that pages take for granted."""
    stack = contextlib.ExitStack()
    emulator = stack.enter_context(Emulator())
    stack.enter_context(mock.patch.dict(os.environ))
    stack.callback(_restore_logging, list(logging.root.handlers), logging.root.level)
    answering = [emulator]
    for kind in (Connection, AsyncConnection):
        stack.enter_context(_going_to(answering, kind))

    def configure_current_site(other: Emulator) -> None:
        """For hidden blocks: from here on an emulator that the page made stands for the site of the environment."""
        answering[0] = other
        os.environ.update(other.settings())

    folder = Path(stack.enter_context(TemporaryDirectory()))
    stack.enter_context(contextlib.chdir(folder))
    emulator.add_group("it-ops")
    emulator.add_group("service-desk")
    namespace[OPENED] = stack
    namespace.update(
        __name__="__main__",
        emulator=emulator,
        configure_current_site=configure_current_site,
        API_TOKEN=emulator.api_token,
        ACCESS_TOKEN=emulator.oauth_token(),
        CLIENT_SECRET=emulator.client_credentials()[1],
    )
    _prepare(emulator, namespace)


def page_left(namespace: dict[str, object]) -> None:
    """Undo what `page_opened` did."""
    stack = namespace.pop(OPENED)
    assert isinstance(stack, contextlib.ExitStack)
    namespace.clear()
    stack.close()


def _restore_logging(handlers: list[logging.Handler], level: int) -> None:
    logging.root.handlers[:] = handlers
    logging.root.setLevel(level)
    logging.getLogger("jsm_assets_dest").setLevel(logging.NOTSET)


def _going_to(answering: list[Emulator], kind: type) -> contextlib.AbstractContextManager[object]:
    constructor = kind.__init__  # type: ignore[misc]  # a plain function, called with the instance

    def connect(self: object, *positional: object, **options: object) -> None:
        if options.get("transport") is None:
            options["transport"] = answering[0].transport
        if options.get("clock") is None:
            options["clock"] = answering[0].clock
        constructor(self, *positional, **options)

    return mock.patch.object(kind, "__init__", connect)


def _prepare(emulator: Emulator, namespace: dict[str, object]) -> None:
    connection = emulator.connect()
    schema = connection.ensure_object_schema("OKT", name="Okta", description="Auto-generated Okta data.")
    source = emulator.add_import_source("OKT")
    model = okta.schema_model("standard")
    token = connection.import_token(source.token, schema=schema)
    token.build(model)
    namespace.update(
        connection=connection, schema=schema, model=model, token=token, IMPORT_TOKEN=source.token
    )
