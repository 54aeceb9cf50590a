"""Counts of words and names that the project's style replaces; they may not return."""

from __future__ import annotations

import ast
import functools
import re
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import pytest

import jsm_assets_dest

ROOT = Path(__file__).parents[2]
SOURCE = Path(jsm_assets_dest.__file__).parent
EXAMPLES = ROOT / "examples"
QUESTION_WORDS = frozenset(
    ("What", "Whether", "How", "Where", "Who", "Whose", "Which", "Why", "When", "Whatever", "Whoever")
)
FILLER_NAMES = frozenset(
    (
        "one",
        "found",
        "each",
        "there",
        "left",
        "said",
        "made",
        "told",
        "asked",
        "shown",
        "kept",
        "taken",
        "noted",
        "given",
        "known",
    )
)
REMOVED_WORDS = re.compile(
    r"certainly|\bshall\b|\banew\b|afresh|whoever|somebody|nobody|\bways? out\b|led by hand|to live by|in peace"
    r"|cannot be right|name service|disturbance|what became of|(?:small|capital) letters|\be-mail\b",
    re.IGNORECASE,
)
#: House words that the style replaces with standard terms, in comments and docstrings.
HOUSE_WORDS = re.compile(
    r"\brefus(?:es?|ing|als?)\b|\bcolours?\b|\beverybody\b|\banybody\b|\btime-outs?\b|\bflies on\b|\bled by hand\b",
    re.IGNORECASE,
)
LONGEST_TEST_NAME = 60
MOST_FILLER_NAMES = 40
FOLDERS = (SOURCE, EXAMPLES, ROOT / "tests", ROOT / "tools", ROOT / "benchmarks")


def modules(*folders: Path) -> Iterator[Path]:
    for folder in folders:
        yield from (path for path in folder.rglob("*.py") if path != Path(__file__))


@functools.cache
def nodes(folder: Path) -> list[ast.AST]:
    """Return the nodes that bind names or have docstrings."""
    kinds = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef, ast.arg, ast.Name)
    return [
        node
        for path in modules(folder)
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, kinds)
    ]


def docstrings(folder: Path) -> Iterator[str]:
    for node in nodes(folder):
        if not isinstance(node, ast.arg | ast.Name) and (
            docstring := ast.get_docstring(cast("ast.Module", node))
        ):
            yield docstring


def comments(folder: Path) -> Iterator[str]:
    for path in modules(folder):
        yield from re.findall(r"(?:^|\s)#.*", path.read_text("utf-8"))


@pytest.mark.once
@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_no_docstring_begins_with_a_question_word(folder: Path) -> None:
    texts = list(docstrings(folder))

    assert texts
    assert not [text for text in texts if text.split()[0].strip(":,.`*") in QUESTION_WORDS]


@pytest.mark.once
@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_few_variables_have_filler_names(folder: Path) -> None:
    names = [
        node.arg if isinstance(node, ast.arg) else node.id
        for node in nodes(folder)
        if isinstance(node, ast.arg) or (isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store))
    ]

    assert sum(name in FILLER_NAMES for name in names) < MOST_FILLER_NAMES


@pytest.mark.once
@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_comments_and_docstrings_use_standard_terms(folder: Path) -> None:
    texts = [*docstrings(folder), *comments(folder)]

    assert not {match[0]: text for text in texts if (match := HOUSE_WORDS.search(text))}


@pytest.mark.once
def test_removed_words_do_not_return() -> None:
    findings = {
        f"{path.name}: {match[0]}"
        for path in (*SOURCE.rglob("*.py"), *EXAMPLES.glob("*.py"))
        if (match := REMOVED_WORDS.search(path.read_text("utf-8")))
    }

    assert not findings


def test_names_of_tests_are_short() -> None:
    names = [
        name
        for path in (ROOT / "tests").rglob("*.py")
        for name in re.findall(r"def (test_\w+)", path.read_text("utf-8"))
    ]

    assert not [name for name in names if len(name) > LONGEST_TEST_NAME]
