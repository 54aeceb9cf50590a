"""Sphinx settings: MyST pages, autodoc reference, furo; built with `-W -n`, so that a dead link is an error."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from importlib.metadata import version as installed_version
from pathlib import Path
from typing import TYPE_CHECKING

import attrs
from sphinx.ext.napoleon import GoogleDocstring

import jsm_assets_dest

if TYPE_CHECKING:
    from docutils import nodes
    from sphinx.addnodes import pending_xref
    from sphinx.application import Sphinx
    from sphinx.environment import BuildEnvironment

project = "jsm_assets_dest"
copyright = "2026, the jsm_assets_dest maintainers"
version = release = installed_version("jsm-assets-dest")

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
exclude_patterns = ["_build"]
html_theme = "furo"
html_title = f"jsm_assets_dest {release}"
html_static_path = ["_static"]
html_css_files = ["custom.css"]
html_theme_options = {
    "light_css_variables": {
        "color-brand-primary": "#0052cc",
        "color-brand-content": "#0052cc",
    },
    "dark_css_variables": {
        "color-brand-primary": "#85b8ff",
        "color-brand-content": "#85b8ff",
    },
}
# Readers search for the messages that they copy, so quotation marks stay straight.
smartquotes_action = "De"
pygments_style = "friendly"
pygments_dark_style = "monokai"

myst_enable_extensions = [
    "colon_fence",
    "deflist",
    "attrs_inline",
    "attrs_block",
]
myst_heading_anchors = 3

# A name in single backticks is a link if the object is documented, and plain code otherwise.
default_role = "py:obj"
autodoc_mock_imports = ["pyspark"]
autodoc_member_order = "bysource"
autodoc_class_signature = "mixed"
autodoc_typehints = "signature"
autodoc_typehints_format = "short"
autodoc_preserve_defaults = True
autodoc_type_aliases = {
    "JsonObject": "JsonObject",
    "JsonValue": "JsonValue",
    "Credentials": "Credentials",
    "Records": "Records",
    "AsyncRecords": "AsyncRecords",
}
python_use_unqualified_type_names = True
python_display_short_literal_types = True
python_maximum_signature_line_length = 88
# Napoleon reads "Result: a name" of a property as a type and a description; see `google_docstring`.
napoleon_google_docstring = False
napoleon_numpy_docstring = False
napoleon_use_ivar = True
napoleon_use_rtype = False
toc_object_entries_show_parents = "hide"

#: Names in signatures that have no entry in the reference.
PLAIN_NAMES = frozenset(
    {
        "AsyncRecords",
        "BadRecords",
        "Busy",
        "DanglingReference",
        "ExecutionStatus",
        "JsonObject",
        "JsonValue",
        "Ledger",
        "ManagerBy",
        "ObjectTypeStatus",
        "PathLike",
        "Profile",
        "Progress",
        "Records",
        "Scheme",
        "Secret",
        "Self",
        "T",
        "TokenProvider",
        "TypeAliasForwardRef",
        "Verb",
    }
)
FOREIGN = frozenset(
    {
        "httpx",
        "pyspark",
        "attr",
        "attrs",
        "typing_extensions",
        "tenacity",
        "pytest",
        *sys.stdlib_module_names,
    }
)


def resolve_name(
    app: Sphinx,
    env: BuildEnvironment,
    node: pending_xref,
    contnode: nodes.TextElement,
) -> nodes.Node | None:
    """Link a name to its entry in the reference, even if an annotation names its private module.

    An unknown name of this project remains an error.
    """
    if node.get("refdomain") != "py":
        return None
    target: str = node["reftarget"].removeprefix("~").removesuffix("()")
    top, last = target.partition(".")[0], target.rpartition(".")[2]
    domain = env.domains.python_domain
    candidates = (
        [f"jsm_assets_dest.{last}"] if last in jsm_assets_dest.__all__ else []
    )
    candidates += [
        f"jsm_assets_dest.{target}",
        f"jsm_assets_dest.exceptions.{last}",
    ]
    for candidate in candidates:
        if candidate in domain.objects:
            link = domain.resolve_xref(
                env,
                node["refdoc"],
                app.builder,
                "obj",
                candidate,
                node,
                contnode,
            )
            if link is not None:
                return link
    literal = target[:1] in "'\""
    plain = node["reftype"] == "obj" or literal or last in PLAIN_NAMES
    private = top == "jsm_assets_dest" and any(
        part.startswith("_") for part in target.split(".")
    )
    # Of the emulator, only the names of `jsm_assets_dest.testing` have entries.
    private |= target.startswith(
        (
            "jsm_assets_dest.testing.",
            "jsm_assets_dest.okta.",
        )
    )
    if plain or private or top in FOREIGN:
        return contnode
    return None


def unfenced(lines: list[str]) -> Iterator[str]:
    """Convert Markdown's code fences in docstrings to directives."""
    inside = False
    for line in lines:
        if line.strip().startswith("```"):
            inside = not inside
            yield from (
                (f".. code-block:: {line.strip()[3:] or 'text'}", "")
                if inside
                else ("",)
            )
        else:
            yield f"    {line}" if inside else line


def google_docstring(
    app: Sphinx,
    what: str,
    name: str,
    obj: object,
    options: object,
    lines: list[str],
) -> None:
    """Convert the sections of a docstring to reStructuredText, reading a property like a method."""
    kind = "method" if what in {"property", "attribute", "data"} else what
    lines[:] = GoogleDocstring(
        list(unfenced(lines)), app.config, app, kind, name, obj, options
    ).lines()


#: Alias of a type that a signature names as a string.
FORWARD_REFERENCE = re.compile(r"TypeAliasForwardRef\('(\w+)'\)")

#: Default in a signature that attrs generates.
ATTRS_DEFAULT = re.compile(r"attr_dict\['(\w+)'\]\.default")


def attrs_defaults(
    app: Sphinx,
    what: str,
    name: str,
    obj: object,
    options: object,
    signature: str | None,
    annotation: str | None,
) -> tuple[str, str | None] | None:
    """Show the defaults of attrs classes, with an ellipsis for computed ones, and no constructor of handles.

    Methods of a connection return the handles, so users do not call their constructors.
    """
    if signature is None:
        return None
    signature = FORWARD_REFERENCE.sub(r"\1", signature)
    if isinstance(obj, type) and "Session" in signature:
        return "", annotation
    if not isinstance(obj, type) or not attrs.has(obj):
        return signature, annotation
    defaults = {field.name: field.default for field in attrs.fields(obj)}

    def display(match: re.Match[str]) -> str:
        default = defaults.get(match[1], attrs.NOTHING)
        plain = default is None or isinstance(
            default, (bool, int, float, str, tuple)
        )
        return repr(default) if plain else "..."

    shortened = ATTRS_DEFAULT.sub(display, signature).replace("NOTHING", "...")
    return shortened, annotation


def complete_errors(app: Sphinx, docname: str, source: list[str]) -> None:
    """Write the errors page from the classes when it is read."""
    if docname == "reference/errors":
        sys.path.insert(0, str(Path(__file__).parent.parent / "tools"))
        from errors_page import completed

        source[0] = completed(source[0])


def setup(app: Sphinx) -> None:
    """Connect the handlers to Sphinx's events."""
    app.connect("source-read", complete_errors)
    app.connect("autodoc-process-docstring", google_docstring)
    app.connect("autodoc-process-signature", attrs_defaults)
    app.connect("missing-reference", resolve_name)
