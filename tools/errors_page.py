"""Complete the errors page of the documentation from the classes of `jsm_assets_dest.exceptions`.

`docs/conf.py` calls `completed` when Sphinx reads the page. To see the result without Sphinx:

    python tools/errors_page.py
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from pathlib import Path

from jsm_assets_dest import exceptions
from jsm_assets_dest.exceptions import AssetsError

PAGE = Path(__file__).resolve().parent.parent / "docs" / "reference" / "errors.md"
TREE_MARKER = "<!-- the tree of errors -->"
CLASSES_MARKER = "<!-- the errors -->"


def error_classes() -> list[type[AssetsError]]:
    """Return all public errors, in the order of the module."""
    return [
        value
        for value in vars(exceptions).values()
        if inspect.isclass(value)
        and issubclass(value, AssetsError)
        and value.__module__ == exceptions.__name__
    ]


def tree(root: type[AssetsError] = AssetsError, indent: str = "") -> Iterator[str]:
    """Yield the lines of the tree below a class; a built-in base class is in brackets."""
    if root is AssetsError:
        yield root.__name__
    children = [kind for kind in error_classes() if kind.__bases__[0] is root]
    for kind in children:
        is_last = kind is children[-1]
        built_in = "".join(f" [{base.__name__}]" for base in kind.__bases__[1:])
        yield f"{indent}{'└── ' if is_last else '├── '}{kind.__name__}{built_in}"
        yield from tree(kind, indent + ("    " if is_last else "│   "))


def section(kind: type[AssetsError]) -> str:
    """Return what the page says about a class: code, cause, remedies, and its attributes."""
    label = "Cause" if kind.cause_is_certain else "Likely cause"
    lines = [f"### `{kind.__name__}`", "", f"**Code:** `{kind('').code}`", ""]
    if kind.cause:
        lines += [f"**{label}:** {kind.cause}", "", "**How to fix:**", ""]
        lines += [f"{number}. {remedy}" for number, remedy in enumerate(kind.remedies, 1)]
    lines += [
        "",
        "```{eval-rst}",
        f".. autoexception:: {exceptions.__name__}.{kind.__name__}",
        "   :show-inheritance:",
        "   :members:",
        "```",
    ]
    return "\n".join(lines)


def completed(page: str) -> str:
    """Return the page with the tree and the classes in place of their markers."""
    return page.replace(TREE_MARKER, "\n".join(["```text", *tree(), "```"])).replace(
        CLASSES_MARKER, "\n\n".join(map(section, error_classes()))
    )


if __name__ == "__main__":
    print(completed(PAGE.read_text("utf-8")))
