"""The blocking shells are derived: what is renamed, what stays, and what makes the tool fail."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools import derive_sync
from tools.derive_sync import DerivationError, Rules, derive, header

SOURCE = "_async/thing.py"


def derived(text: str) -> str:
    """Return the derived text without its first line."""
    return derive(text, SOURCE, Rules()).removeprefix(header(SOURCE))


def test_first_line_warns() -> None:
    """The first line of a derived file says where it comes from and not to edit it."""
    first = derive("x = 1\n", SOURCE, Rules()).splitlines()[0]

    assert SOURCE in first
    assert "do not edit" in first


@pytest.mark.parametrize(
    ("written", "wanted"),
    [
        ("async def f(): pass\n", "def f(): pass\n"),
        ("async def f():\n    return await g()\n", "def f():\n    return g()\n"),
        ("async def f():\n    async with a as b: pass\n", "def f():\n    with a as b: pass\n"),
        ("async def f():\n    async for a in b: pass\n", "def f():\n    for a in b: pass\n"),
        ("async def f():\n    return [a async for a in b]\n", "def f():\n    return [a for a in b]\n"),
        ("async def __aenter__(self): pass\n", "def __enter__(self): pass\n"),
        ("from .thing import AsyncThing\n", "from .thing import Thing\n"),
        ("from .._http.async_engine import AsyncEngine\n", "from .._http.sync_engine import SyncEngine\n"),
        ("x: AsyncIterable[int]\n", "x: Iterable[int]\n"),
    ],
)
def test_code(written: str, wanted: str) -> None:
    """Every asynchronous word of code has its blocking twin."""
    assert derived(written) == wanted


@pytest.mark.parametrize(
    ("written", "wanted"),
    [
        ("(await f()).links", "f().links"),
        ("(await f(1, (2)))[0]", "f(1, (2))[0]"),
        ("g(await f())", "g(f())"),
        ("g((await f()).x, 1)", "g(f().x, 1)"),
        ("(await f() or 1).x", "(f() or 1).x"),
    ],
)
def test_parentheses_only_for_await(written: str, wanted: str) -> None:
    """Parentheses that only the await needed go with it; others stay."""
    before, after = (f"def h():\n    return {body}\n" for body in (written, wanted))

    assert derived(f"async {before}") == after


def test_text() -> None:
    """Docstrings, comments and f-strings speak of the blocking twin; doubled braces and words that only look alike stay."""
    written = (
        "async def f():\n"
        '    """`AsyncThing()`, an async context manager of the async_engine."""\n'
        "    # then `thing.aclose()`\n"
        "    return f'{{braces}} {await g()!r} AsyncThing'\n"
    )

    assert derived(written) == (
        "def f():\n"
        '    """`Thing()`, a context manager of the sync_engine."""\n'
        "    # then `thing.close()`\n"
        "    return f'{{braces}} {g()!r} Thing'\n"
    )


@pytest.mark.parametrize(
    "text",
    [
        "import asyncio\n",
        "import anyio\n",
        "x: Awaitable[int]\n",
        "raise StopAsyncIteration\n",
        "# asyncio only\n",
        "'needs trio'\n",
        "'use async with'\n",
    ],
)
def test_survivors(text: str) -> None:
    """Something asynchronous that no rule turns into something blocking is an error, in code and in text."""
    with pytest.raises(DerivationError, match="survived"):
        derived(text)


def test_not_python() -> None:
    """A result that Python cannot read is an error, not a file."""
    with pytest.raises(DerivationError, match="not Python"):
        derived("async def f():\n    await\n")


def test_unused_rules() -> None:
    """A rule counts as used once it has matched in some file, and is reported until then."""
    rules = Rules(names={"aclose": "close", "AsyncEngine": "SyncEngine"}, phrases={})
    derive("x.aclose()\n", SOURCE, rules)

    assert rules.unused() == ["AsyncEngine"]


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a package with one async module, and rules that match in it."""
    monkeypatch.setattr(derive_sync, "ROOT", tmp_path)
    monkeypatch.setattr(derive_sync, "PACKAGE", tmp_path)
    monkeypatch.setattr(derive_sync, "NAMES", {"aclose": "close"})
    monkeypatch.setattr(derive_sync, "PHRASES", {})
    # The formatter is a tool of developers, not of the tests.
    monkeypatch.setattr(derive_sync, "formatted", lambda text, _path: text)
    (tmp_path / "_async").mkdir()
    (tmp_path / "_sync").mkdir()
    (tmp_path / SOURCE).write_text("async def f(x):\n    await x.aclose()\n", "utf-8")
    return tmp_path


def test_write_then_check(package: Path) -> None:
    """A file that was just written is current."""
    assert derive_sync.main([]) == 0
    assert (package / "_sync" / "thing.py").read_text("utf-8").endswith("def f(x):\n    x.close()\n")
    assert derive_sync.main(["--check"]) == 0


@pytest.mark.parametrize("change", ["\n", "# more\n"])
def test_check_compares_whole_texts(package: Path, change: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A derived file with something after the derived text is not current, and the difference is shown."""
    derive_sync.main([])
    target = package / "_sync" / "thing.py"
    target.write_text(target.read_text("utf-8") + change, "utf-8")

    assert derive_sync.main(["--check"]) == 1
    assert "thing.py as derived" in capsys.readouterr().err
    assert target.read_text("utf-8").endswith(change)


def test_missing_source(package: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A package without any async module is a failure: the tool looks in the wrong place."""
    (package / SOURCE).unlink()

    assert derive_sync.main([]) == 1
    assert "_async has no module" in capsys.readouterr().err


def test_dead_rule(
    package: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A rule that matches in no module is a failure: it is dead, or the code has moved away from it."""
    monkeypatch.setattr(derive_sync, "NAMES", {"aclose": "close", "AsyncOther": "Other"})

    assert derive_sync.main([]) == 1
    assert "'AsyncOther' matched nowhere" in capsys.readouterr().err
    assert (package / "_sync" / "thing.py").exists()
