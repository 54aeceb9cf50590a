"""Counts of words and names that the project's style replaces; they may not return."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

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
    )
)
REMOVED_WORDS = re.compile(
    r"certainly|\bshall\b|\banew\b|afresh|whoever|somebody|nobody|\bways? out\b|led by hand|to live by|in peace"
    r"|cannot be right|name service|disturbance|what became of|(?:small|capital) letters|\be-mail\b",
    re.IGNORECASE,
)
LONGEST_TEST_NAME = 60


def trees() -> Iterator[ast.Module]:
    for path in (*SOURCE.rglob("*.py"), *EXAMPLES.glob("*.py")):
        yield ast.parse(path.read_text("utf-8"))


def test_no_docstring_begins_with_a_question_word() -> None:
    kinds = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    docstrings = [
        docstring
        for tree in trees()
        for node in ast.walk(tree)
        if isinstance(node, kinds) and (docstring := ast.get_docstring(node))
    ]

    assert docstrings
    assert not [text for text in docstrings if text.split()[0].strip(":,.`*") in QUESTION_WORDS]


def test_few_variables_have_filler_names() -> None:
    names = [
        node.arg if isinstance(node, ast.arg) else node.id
        for tree in trees()
        for node in ast.walk(tree)
        if isinstance(node, ast.arg) or (isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store))
    ]

    assert sum(name in FILLER_NAMES for name in names) < 50


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
