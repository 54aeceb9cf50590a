"""Derive the sync handles from the hand-written async ones.

Run `python tools/derive_sync.py` to write every derived file. With `--check`, it writes nothing, prints the
differences, and exits with 1 if there are any.

`_async/connection.py` becomes `_sync/connection.py`, and so on for every module of `_async`. The text is changed token
by token, which keeps comments and layout, and is then formatted. The tool fails if a renaming rule matches nowhere, if
something asynchronous remains, or if the result is not Python.
"""

from __future__ import annotations

import argparse
import difflib
import io
import re
import subprocess
import sys
import tokenize
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "src" / "jsm_assets_dest"

#: Whole names in code, and whole words in strings and comments.
NAMES = {
    "AsyncEngine": "SyncEngine",
    "__aenter__": "__enter__",
    "__aexit__": "__exit__",
    "aclose": "close",
    "async_engine": "sync_engine",
}

#: Sentences and phrases of docstrings and comments, where a word alone would not do.
PHRASES = {
    "an async context manager": "a context manager",
    "everything that runs in the same event loop": "all threads of a process",
}

#: Prefix that the async class names have: `AsyncConnection` becomes `Connection`.
TWIN = re.compile(r"\bAsync(?=[A-Z])")

SURVIVOR_IN_CODE = re.compile(r"async|await|anyio|trio\b|^__a(?:enter|exit|iter|next)__$", re.IGNORECASE)
SURVIVOR_IN_TEXT = re.compile(r"\basync\b|\bawait|\bAsync[A-Z]|\basyncio\b|\banyio\b|\btrio\b")

TEXT_TOKENS = {"STRING", "COMMENT", "FSTRING_MIDDLE", "TSTRING_MIDDLE"}
LAYOUT_TOKENS = {"NEWLINE", "NL", "INDENT", "DEDENT", "COMMENT", "ENCODING", "ENDMARKER"}
PLAIN_OPERAND = {".", "(", ")", "[", "]", ",", "=", ":", "*", "**"}


class DerivationError(Exception):
    """The tool cannot derive the file, and says what to change."""


@dataclass
class Rules:
    """The renaming rules and how often each has matched, over all files of a run."""

    names: dict[str, str] = field(default_factory=lambda: dict(NAMES))
    phrases: dict[str, str] = field(default_factory=lambda: dict(PHRASES))
    used: Counter[str] = field(default_factory=Counter)

    def rename(self, name: str) -> str:
        """Return the name that the sync module uses."""
        if name in self.names:
            self.used[name] += 1
            return self.names[name]
        return TWIN.sub("", name)

    def reword(self, text: str) -> str:
        """Return a string or comment as the sync module contains it."""
        for phrase, replacement in self.phrases.items():
            self.used[phrase] += text.count(phrase)
            text = text.replace(phrase, replacement)
        for name, replacement in self.names.items():
            text, count = re.subn(rf"(?<!\w){re.escape(name)}(?!\w)", replacement, text)
            self.used[name] += count
        return TWIN.sub("", text)

    def unused(self) -> list[str]:
        """Return the rules that matched in none of the files so far."""
        return [rule for rule in (*self.names, *self.phrases) if not self.used[rule]]


def header(source: str) -> str:
    """Return the first line of a derived file."""
    return (
        f"# Derived from {source} by tools/derive_sync.py: do not edit; change {source} and derive again.\n"
    )


def derive(text: str, source: str, rules: Rules) -> str:
    """Derive the text of the sync module from that of an async module, not yet formatted.

    Args:
        text: The async module.
        source: Its file name, for the first line and for errors.
        rules: The rules; their counts go up.

    Raises:
        DerivationError: Something asynchronous survived, or the result is not Python.
    """
    derived = header(source) + _edited(text, rules)
    try:
        compile(derived, source, "exec")
    except SyntaxError as error:
        raise DerivationError(f"{source}: the derived text is not Python: {error}") from error
    body = derived.partition("\n")[2]
    survivors = [f"{source}: {survivor}" for survivor in _survivors(body)]
    if survivors:
        raise DerivationError(
            "something asynchronous survived; add a rule or write it otherwise:\n" + "\n".join(survivors)
        )
    return derived


def _tokens(text: str) -> list[tokenize.TokenInfo]:
    return list(tokenize.generate_tokens(io.StringIO(text).readline))


def _edited(text: str, rules: Rules) -> str:
    lines = text.splitlines(keepends=True)
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line))

    def offset(position: tuple[int, int]) -> int:
        return starts[position[0] - 1] + position[1]

    tokens = _tokens(text)
    dropped = set(_needless_parentheses(tokens))
    pieces: list[str] = []
    done = 0
    for index, token in enumerate(tokens):
        begin, end = offset(token.start), offset(token.end)
        kind = tokenize.tok_name[token.type]
        replacement = token.string
        if token.string in ("async", "await") and kind in ("NAME", "ASYNC", "AWAIT"):
            replacement, end = "", offset(tokens[index + 1].start)
        elif index in dropped:
            replacement = ""
        elif kind == "NAME":
            replacement = rules.rename(token.string)
        elif kind in TEXT_TOKENS:
            # Sliced from the text: the middle of an f-string has its doubled braces undone in the token.
            replacement = rules.reword(text[begin:end])
            if kind == "STRING" and "f" in token.string.partition(token.string[-1])[0].lower():
                # Up to Python 3.11 an f-string is one token, with the code inside it.
                replacement = re.sub(r"\bawait ", "", replacement)
        else:
            continue
        pieces += text[done:begin], replacement
        done = end
    pieces.append(text[done:])
    return "".join(pieces)


def _needless_parentheses(tokens: Sequence[tokenize.TokenInfo]) -> Iterator[int]:
    """Return the parentheses of `(await call()).name`, which are not needed without the await."""
    for index, token in enumerate(tokens[:-1]):
        if token.string != "(" or tokens[index + 1].string != "await":
            continue
        before = tokens[index - 1] if index else None
        if before is not None and _is_operand(before):
            continue  # the parentheses of a call
        closing = _closing(tokens, index)
        inside = tokens[index + 2 : closing]
        depth = 0
        simple = True
        for part in inside:
            depth += (part.string in "([{") - (part.string in ")]}") if part.type == tokenize.OP else 0
            name = part.type == tokenize.NAME and part.string not in (
                "if",
                "else",
                "or",
                "and",
                "not",
                "in",
                "is",
            )
            if depth == 0 and not (name or part.string in (".", ")", "]")):
                simple = False
        if simple and tokens[closing + 1].string in (".", "["):
            yield index
            yield closing


def _is_operand(token: tokenize.TokenInfo) -> bool:
    keywords = {
        "return",
        "yield",
        "in",
        "not",
        "and",
        "or",
        "if",
        "else",
        "is",
        "await",
        "lambda",
        "assert",
        "from",
    }
    return (token.type == tokenize.NAME and token.string not in keywords) or token.string in (")", "]")


def _closing(tokens: Sequence[tokenize.TokenInfo], opening: int) -> int:
    depth = 0
    for index in range(opening, len(tokens)):
        if tokens[index].type == tokenize.OP:
            depth += (tokens[index].string in "([{") - (tokens[index].string in ")]}")
            if depth == 0:
                return index
    raise DerivationError("unbalanced parentheses")


def _survivors(text: str) -> Iterator[str]:
    for token in _tokens(text):
        kind = tokenize.tok_name[token.type]
        pattern = SURVIVOR_IN_TEXT if kind in TEXT_TOKENS else SURVIVOR_IN_CODE
        if kind not in LAYOUT_TOKENS - TEXT_TOKENS and (match := pattern.search(token.string)):
            yield f"line {token.start[0]}: {match.group()!r} in {token.line.strip()}"


def formatted(text: str, path: Path) -> str:
    """Format the text, because renaming changes lengths and the order of imports."""
    for command in (
        ("check", "--quiet", "--select", "I,F401,UP037", "--fix-only", "--stdin-filename", str(path), "-"),
        ("format", "--quiet", "--stdin-filename", str(path), "-"),
    ):
        finished = subprocess.run(
            [sys.executable, "-m", "ruff", *command],
            input=text,
            capture_output=True,
            text=True,
            encoding="utf-8",
            check=False,
            cwd=ROOT,
        )
        if finished.returncode:
            raise DerivationError(f"{path.name}: ruff {command[0]} failed:\n{finished.stderr}")
        text = finished.stdout
    return text


def main(arguments: Sequence[str] | None = None) -> int:
    """Write or check the derived files; the exit code says whether all is well."""
    parser = argparse.ArgumentParser(description="Derive the sync handles from the async ones.")
    parser.add_argument(
        "--check", action="store_true", help="write nothing; fail if a derived file is not current"
    )
    only_check = parser.parse_args(arguments).check
    rules = Rules()
    problems: list[str] = []
    sources = sorted(path for path in (PACKAGE / "_async").glob("*.py") if path.name != "__init__.py")
    if not sources:
        problems.append(f"{PACKAGE / '_async'} has no module")
    for source in sources:
        target = PACKAGE / "_sync" / source.name
        try:
            wanted = formatted(derive(source.read_text("utf-8"), f"_async/{source.name}", rules), target)
        except DerivationError as error:
            problems.append(str(error))
            continue
        present = target.read_text("utf-8") if target.exists() else ""
        if present == wanted:
            continue
        if only_check:
            difference = difflib.unified_diff(
                present.splitlines(keepends=True),
                wanted.splitlines(keepends=True),
                f"_sync/{target.name} as checked in",
                f"_sync/{target.name} as derived",
            )
            problems.append("".join(difference))
        else:
            target.write_text(wanted, "utf-8")
            print(f"wrote {target.relative_to(ROOT)}")
    problems += [f"the rule for {rule!r} matched nowhere: remove it" for rule in rules.unused()]
    for problem in problems:
        print(problem, file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
