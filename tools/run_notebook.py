"""Run the notebook of the examples and keep what its cells show.

    python tools/run_notebook.py            run examples/explore.ipynb and write its outputs into it
    python tools/run_notebook.py --check    only compare its outputs with those of a run

It needs no Jupyter: cells are plain Python with `await` at the top level, run in one event loop, and what they show is
kept as Jupyter keeps it. A test runs the notebook in a kernel as well, where there is one, and compares.

A cell with the tag `needs-pandas` keeps its saved outputs if pandas is not installed.
"""

from __future__ import annotations

import argparse
import ast
import asyncio
import contextlib
import importlib.util
import inspect
import io
import json
import sys
import types
from collections.abc import Generator
from copy import deepcopy
from pathlib import Path
from typing import Any

NOTEBOOK = Path(__file__).resolve().parent.parent / "examples" / "explore.ipynb"


class Shown:
    """Something that a cell displayed; `update` shows something else in its place."""

    def __init__(self, output: dict[str, Any]) -> None:
        self._output = output

    def update(self, value: object) -> None:
        """Show something else in the same place."""
        self._output["data"] = bundle(value)


class Outputs(io.TextIOBase):
    """The outputs of one cell; as a stream, it takes what is printed."""

    def __init__(self) -> None:
        self.collected: list[dict[str, Any]] = []

    def write(self, text: str) -> int:
        """Take something that is printed."""
        if not self.collected or self.collected[-1]["output_type"] != "stream":
            self.collected.append({"name": "stdout", "output_type": "stream", "text": ""})
        self.collected[-1]["text"] += text
        return len(text)

    def display(self, value: object, *, display_id: bool = False) -> Shown | None:
        """Show something, as `display` of a notebook does."""
        self.collected.append({"data": bundle(value), "metadata": {}, "output_type": "display_data"})
        return Shown(self.collected[-1]) if display_id else None

    def result(self, value: object, count: int) -> None:
        """Keep the value of a cell's last line."""
        if value is not None:
            self.collected.append(
                {
                    "data": bundle(value),
                    "execution_count": count,
                    "metadata": {},
                    "output_type": "execute_result",
                }
            )


def bundle(value: object) -> dict[str, str]:
    """Return the stored forms of a value: its text, and its HTML if it has one."""
    page = getattr(value, "_repr_html_", None)
    return ({"text/html": page()} if page is not None else {}) | {"text/plain": repr(value)}


def run(notebook: dict[str, Any]) -> dict[str, Any]:
    """Return the notebook with the current outputs of its cells."""
    fresh = deepcopy(notebook)
    namespace: dict[str, Any] = {"__name__": "__main__"}
    with asyncio.Runner() as runner:
        code_cells = [cell for cell in fresh["cells"] if cell["cell_type"] == "code"]
        for count, cell in enumerate(code_cells, 1):
            if not can_run(cell):
                continue
            outputs = Outputs()
            with _jupyter(outputs), contextlib.redirect_stdout(outputs):
                runner.run(_run_cell("".join(cell["source"]), namespace, outputs, count))
            cell["execution_count"], cell["outputs"] = count, outputs.collected
    return tidied(fresh)


def can_run(cell: dict[str, Any]) -> bool:
    """Return False if a tag of the cell names a library that is not installed."""
    needed = [
        tag.removeprefix("needs-") for tag in cell["metadata"].get("tags", ()) if tag.startswith("needs-")
    ]
    return all(importlib.util.find_spec(name) is not None for name in needed)


async def _run_cell(source: str, namespace: dict[str, Any], outputs: Outputs, count: int) -> None:
    # Cells run inside the event loop even where they await nothing, as in a kernel.
    *before, last = ast.parse(source).body
    shows = isinstance(last, ast.Expr) and not source.rstrip().endswith(";")
    if not shows:
        before.append(last)
    await _execute(
        compile(ast.Module(before, []), "<cell>", "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT), namespace
    )
    if isinstance(last, ast.Expr) and shows:
        code = compile(ast.Expression(last.value), "<cell>", "eval", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
        outputs.result(await _execute(code, namespace), count)


async def _execute(code: types.CodeType, namespace: dict[str, Any]) -> object:
    value = eval(code, namespace)  # noqa: S307 - the notebook is ours
    return await value if code.co_flags & inspect.CO_COROUTINE else value


@contextlib.contextmanager
def _jupyter(outputs: Outputs) -> Generator[None, None, None]:
    """Make `IPython.display` show things in a cell's outputs."""
    package, module = types.ModuleType("IPython"), types.ModuleType("IPython.display")
    vars(module)["display"] = vars(package)["display"] = outputs.display
    ours = {"IPython": package, "IPython.display": module}
    before = {name: sys.modules.get(name) for name in ours}
    sys.modules.update(ours)
    try:
        yield
    finally:
        # Only these two: what a cell has imported stays imported.
        for name, content in before.items():
            if content is None:
                del sys.modules[name]
            else:
                sys.modules[name] = content


def tidied(notebook: dict[str, Any]) -> dict[str, Any]:
    """Return a notebook in its stored form: without values that differ between machines, and with texts as lists of lines."""
    tidy = deepcopy(notebook)
    tidy["metadata"] = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    for cell in tidy["cells"]:
        cell["metadata"] = {key: value for key, value in cell["metadata"].items() if key == "tags"}
        cell["source"] = _lines(cell["source"])
        for output in cell.get("outputs", ()):
            if "text" in output:
                output["text"] = _lines(output["text"])
            for kind, text in output.get("data", {}).items():
                output["data"][kind] = _lines(text)
    return tidy


def _lines(text: str | list[str]) -> list[str]:
    return (text if isinstance(text, str) else "".join(text)).splitlines(keepends=True)


def written(notebook: dict[str, Any]) -> str:
    """Return a notebook as the text of its file."""
    return json.dumps(notebook, indent=1, ensure_ascii=False, sort_keys=True) + "\n"


def main(arguments: list[str] | None = None) -> int:
    """Run the notebook, and write or compare it."""
    parser = argparse.ArgumentParser(description="Run the notebook of the examples.")
    parser.add_argument("--check", action="store_true", help="change nothing")
    options = parser.parse_args(arguments)
    before = NOTEBOOK.read_text("utf-8")
    after = written(run(json.loads(before)))
    if not options.check:
        NOTEBOOK.write_text(after, "utf-8")
    elif after != before:
        print(f"{NOTEBOOK.name} holds other outputs than a run gives: python {sys.argv[0]}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
