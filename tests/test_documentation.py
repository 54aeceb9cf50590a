"""Each page runs from a clean prompt, exactly as printed, and prints the outputs that it shows."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

import pytest

from tests.documentation import PageError, fits, read_page, run_interpreter, run_page

ROOT = Path(__file__).parent.parent
PAGES = [
    str(path.relative_to(ROOT).as_posix())
    for path in [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
    if "```python\n" in path.read_text("utf-8")
]

#: Words that the style guide replaces by standard terms.
REMOVED_WORDS = re.compile(
    r"\b(certainly|shall|anew|afresh|whoever|somebody|nobody|ways? out|led by hand|made up|to live by|in peace"
    r"|cannot be right|name service|disturbance|what became of|(small|capital) letters|e-mail)\b"
    r"|(?<!there )\b(is|are) no\b",
    re.IGNORECASE,
)


def test_pages_use_standard_terms() -> None:
    texts = {
        path.relative_to(ROOT).as_posix(): path.read_text("utf-8")
        for path in [ROOT / "README.md", ROOT / "SECURITY.md", *(ROOT / "docs").rglob("*.md")]
    }
    findings = {page: match[0] for page, text in texts.items() if (match := REMOVED_WORDS.search(text))}

    assert not findings


def test_pages_name_no_extra_of_an_unpublished_package() -> None:
    texts = [path.read_text("utf-8") for path in [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]]

    assert not [text for text in texts if "jsm-assets-dest[" in text]


#: Pages that need an optional library.
NEEDS = {"docs/how-to/send-logs-and-traces.md": "opentelemetry.sdk"}


@pytest.mark.once
@pytest.mark.parametrize("page", PAGES)
def test_page_runs_from_a_clean_prompt(page: str) -> None:
    if page in NEEDS:
        pytest.importorskip(NEEDS[page], reason=f"the page needs {NEEDS[page]}")
    run_page(ROOT / page)


@pytest.mark.parametrize("page", PAGES)
def test_page_has_no_hidden_blocks(page: str) -> None:
    assert "invisible-code" not in (ROOT / page).read_text("utf-8")


def test_programs_in_shell_blocks_exist() -> None:
    """The scripts and modules of this project that pages start exist."""
    commands = "\n".join(
        block
        for path in [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]
        for block in re.findall(r"```(?:bash|sh|console)\n(.*?)```", path.read_text("utf-8"), re.DOTALL)
    )
    scripts = set(re.findall(r"\bexamples/\w+\.py\b", commands))

    assert scripts
    assert not [script for script in scripts if not (ROOT / script).exists()]
    assert not {
        module
        for module in re.findall(r"-m (jsm_assets_dest[\w.]*)", commands)
        if importlib.util.find_spec(f"{module}.__main__") is None
    }


def page(*blocks: str) -> str:
    return "\n\n".join(blocks) + "\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (page("```python\nprint(1)\n```"), "does not show this output"),
        (page("```python\nprint(1)\n```", "```text\n1\n```"), "needs the line 'Output:'"),
        (page("```python\nprint(1)\n```", "Output:", "```text\n2\n```"), "line 2: the page shows\n2"),
        (page("```python\nx = 1\n```", "Output:", "```text\n1\n```"), "but the block prints"),
        (page("```python\nmissing\n```"), "NameError"),
        (page("# Title", "```python\nx = 1\nx.y\n```"), "line 5"),
        (page("```python\nraise SystemExit\n```", "```python\nx = 1\n```"), "ended with 0"),
        (page("```python\nimport warnings\nwarnings.warn('old')\n```"), "UserWarning"),
        (page("* item", "  ```python\n  x = 1\n  ```"), "indented"),
        (page("```python\ndef double(x):\n    y = 2 * x\n\n    return y\n```"), "line 5: the prompt rejects"),
        (page("```python\nfor x in range(3):\n    y = x\nz = y\n```"), "line 4: the prompt rejects"),
    ],
    ids=[
        "missing",
        "unmarked",
        "different",
        "none",
        "name",
        "line",
        "exit",
        "warning",
        "indented",
        "blank line",
        "no blank line",
    ],
)
def test_page_with_a_mistake_fails(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "page.md").write_text(text, encoding="utf-8")

    with pytest.raises(PageError, match=re.escape(message)):
        run_page(tmp_path / "page.md")


def test_page_output_includes_log_lines(tmp_path: Path) -> None:
    code = "import logging\nlogging.warning('late')\nprint('done')"
    (tmp_path / "page.md").write_text(
        page(f"```python\n{code}\n```", "Output:", "```text\nWARNING:root:late\ndone\n```"), encoding="utf-8"
    )

    run_page(tmp_path / "page.md")


def test_second_interpreter_has_a_site_and_files_only(tmp_path: Path) -> None:
    (tmp_path / "page.md").write_text(
        page(
            "Save this as `numbers_of_page.py`:",
            "```python\nfirst = 1\n```",
            "```python\nfrom numbers_of_page import first\nsecond = 2\n```",
            "```bash\nexport JSM_ASSETS_SITE=https://your-site.atlassian.net\n.venv/bin/python\n```",
            "```python\nimport os\nfrom numbers_of_page import first\n"
            "print(first, 'second' in globals(), os.environ['JSM_ASSETS_EMAIL'])\n```",
            "Output:",
            "```text\n1 False ana@acme.com\n```",
        ),
        encoding="utf-8",
    )

    run_page(tmp_path / "page.md")


def test_interpreter_has_no_settings_by_default(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JSM_ASSETS_SITE", "https://acme.atlassian.net")
    (interpreter,) = read_page(
        page(
            "```python\nimport os, sys\nprint(sorted(set(globals())))\nprint('JSM_ASSETS_SITE' in os.environ)\n```",
            "Output:",
            "```text\n['__annotations__', '__builtins__', …, 'os', 'sys']\nFalse\n```",
        )
    )

    run_interpreter(interpreter, tmp_path, {})


@pytest.mark.parametrize(
    ("expected", "printed"),
    [
        ("one\n", "one\n"),
        ("one\ntwo", "one\ntwo\n\n"),
        ("one\n…\nfour\n", "one\ntwo\nthree\nfour\n"),
        ("…\nfour\n", "one\nfour\n"),
        ("one\n…\n", "one\n"),
        ("id … (ok)\n", "id 12-34 (ok)\n"),
        ("a (b) [c]*\n", "a (b) [c]*\n"),
        ("", ""),
    ],
)
def test_fits_accepts_complete_and_abridged_output(expected: str, printed: str) -> None:
    assert fits(expected, printed)


@pytest.mark.parametrize(
    ("expected", "printed"),
    [
        ("one\n", "two\n"),
        ("one\n", "one\ntwo\n"),
        ("one\n…\nfour\n", "one\ntwo\n"),
        ("id …\n", "id 1\nid 2\n"),
        ("a.c\n", "abc\n"),
        ("one\n", ""),
        ("", "one\n"),
    ],
)
def test_fits_rejects_missing_and_different_lines(expected: str, printed: str) -> None:
    assert not fits(expected, printed)
