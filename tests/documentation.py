"""Runs the Python blocks of a page the way a reader does: in a fresh interpreter, from the top, exactly as printed.

* A page runs in a temporary folder, without settings for a site and without any code that the page does not show.
* A `bash` block whose last command is `.venv/bin/python` starts another fresh interpreter. It is for the reader's own
  site, so it finds the settings of a served emulator in its environment.
* Each block can be typed at the prompt of Python 3.11 and 3.12, where an empty line ends an indented block.
* A line that ends with "as `name.py`:" before a block saves the block as that file instead of running it.
* A `text` block after the line `Output:` is compared with what the block before it prints. A block that prints something
  must have one. An ellipsis on a line of its own stands for any lines; inside a line, for any characters.
"""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
import sys
from codeop import compile_command
from collections.abc import Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from attrs import evolve, field, frozen, mutable

from jsm_assets_dest.testing import Emulator

#: A fenced block. Its code starts at the beginning of a line.
BLOCK = re.compile(r"^```(?P<language>\w+)\n(?P<code>.*?)^```$", re.MULTILINE | re.DOTALL)
OUTPUT = "Output:"
FILE = re.compile(r"as `(\w+\.py)`:$")
NEW_INTERPRETER = re.compile(r"^\.venv/bin/python\n\Z", re.MULTILINE)
#: Printed behind each block, so that the output can be divided.
SEPARATOR = "----- end of the block -----"


class PageError(AssertionError):
    """A page that does not run as printed, or prints something else."""


@frozen
class Block:
    """A Python block of a page.

    Attributes:
        line: Number of the first line of the code.
        code: The code.
        output: The output that the page shows; None if it shows none.
    """

    line: int
    code: str
    output: str | None = None


@mutable
class Interpreter:
    """The files and blocks of a page that belong to one interpreter."""

    files: dict[str, str] = field(factory=dict)
    blocks: list[Block] = field(factory=list)

    def script(self) -> str:
        """Return one script whose line numbers are those of the page."""
        lines: list[str] = []
        for block in self.blocks:
            lines += [""] * (block.line - 1 - len(lines))
            lines += [*block.code.splitlines(), f"print({SEPARATOR!r}, flush=True)"]
        return "\n".join(lines) + "\n"


def read_page(text: str) -> list[Interpreter]:
    """Divide a page into interpreters, or raise a `PageError` for an output without a marker."""
    interpreters = [Interpreter()]
    previous_language, previous_end = "", 0
    for match in BLOCK.finditer(text):
        language, code = match["language"], match["code"]
        between = text[previous_end : match.start()].strip()
        blocks = interpreters[-1].blocks
        line = text.count("\n", 0, match.start("code")) + 1
        if language == "python" and (file := FILE.search(between)):
            interpreters[-1].files[file[1]] = code
        elif language == "python":
            blocks.append(Block(line, code))
        elif language == "bash" and NEW_INTERPRETER.search(code) and blocks:
            interpreters.append(Interpreter(files=dict(interpreters[-1].files)))
        elif language == "text" and previous_language == "python" and between in {"", OUTPUT}:
            if not between:
                raise PageError(f"line {line}: the output needs the line {OUTPUT!r} before it")
            blocks[-1] = evolve(blocks[-1], output=code)
        previous_language, previous_end = language, match.end()
    if sum(match["language"] == "python" for match in BLOCK.finditer(text)) != text.count("```python"):
        raise PageError("a Python block is indented, so it would not run")
    return interpreters


def check_prompt(block: Block) -> None:
    """Compile a block line by line, as the prompt does, or raise a `PageError`."""
    statement: list[str] = []
    for number, line in enumerate([*block.code.splitlines(), ""], block.line):
        statement.append(line)
        try:
            compiled = compile_command("\n".join(statement), symbol="single")
        except SyntaxError as error:
            raise PageError(f"line {number}: the prompt rejects this line: {error}") from error
        if compiled is not None:
            statement.clear()


def run_page(path: Path) -> None:
    """Run all blocks of a page and compare their outputs."""
    interpreters = read_page(path.read_text("utf-8"))
    with TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        for position, interpreter in enumerate(interpreters):
            with contextlib.ExitStack() as stack:
                settings = stack.enter_context(own_site()) if position else {}
                run_interpreter(interpreter, Path(folder), settings)


def run_interpreter(interpreter: Interpreter, folder: Path, settings: Mapping[str, str]) -> None:
    """Run the blocks of one interpreter in a new process and compare their outputs."""
    for block in interpreter.blocks:
        check_prompt(block)
    for name, code in interpreter.files.items():
        (folder / name).write_text(code, encoding="utf-8")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("JSM_ASSETS_")}
    process = subprocess.run(
        [sys.executable, "-u", "-W", "error", "-W", "ignore::ResourceWarning", "-"],
        input=interpreter.script(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,  # a reader sees log lines and tracebacks in the same place
        cwd=folder,
        env={**environment, "PYTHONIOENCODING": "utf-8", **settings},
        encoding="utf-8",
        timeout=60,
        check=False,
    )
    *outputs, remainder = process.stdout.split(f"{SEPARATOR}\n")
    if process.returncode or remainder or len(outputs) != len(interpreter.blocks):
        raise PageError(f"the page ended with {process.returncode}:\n{remainder}")
    for block, printed in zip(interpreter.blocks, outputs, strict=True):
        if block.output is None and printed.strip():
            raise PageError(f"line {block.line}: the page does not show this output:\n{printed}")
        if not fits(block.output or "", printed):
            raise PageError(
                f"line {block.line}: the page shows\n{block.output}\nbut the block prints\n{printed}"
            )


@contextlib.contextmanager
def own_site() -> Iterator[Mapping[str, str]]:
    """Serve an emulator with an object schema OKT and an External import, and return the settings for it."""
    with Emulator() as emulator:
        emulator.add_object_schema("OKT", "Okta")
        source = emulator.add_import_source("OKT")
        with emulator.serve() as url:
            yield {**emulator.settings(url), "JSM_ASSETS_IMPORT_TOKEN": source.token}


def fits(expected: str, printed: str) -> bool:
    """Compare an output that may be abridged by ellipses with a printed one."""
    pattern = "".join(
        r"(?:.*\n)*?" if line.strip() == "…" else f"{re.escape(line.rstrip()).replace('…', '.*?')}[ ]*\n"
        for line in expected.splitlines()
    )
    return re.fullmatch(pattern or r"\n", f"{printed.rstrip()}\n") is not None
