"""Make `import httpx` return httpx2 and `import httpcore` return httpcore2, in this virtual environment only.

The library imports only `httpx` and `httpcore`. httpx2 has the same interface under another name, so its tests need no
other code: two modules of one line in site-packages replace the uninstalled packages, in child processes too.
`httpx2.alias_httpx()` would do the same, but it imports httpx2 at the start of every process, and some tests check
that httpx is imported late.

    pip uninstall -y httpx httpcore
    python tools/use_httpx2.py
"""

from __future__ import annotations

import sys
import sysconfig
from importlib.util import find_spec
from pathlib import Path

SUCCESSORS = {"httpx": "httpx2", "httpcore": "httpcore2"}


def replace_packages(site_packages: Path) -> None:
    """Write the modules that stand in for the uninstalled packages.

    Raises:
        FileExistsError: A package is still installed.
    """
    for name, successor in SUCCESSORS.items():
        if (site_packages / name).exists():
            raise FileExistsError(f"{name} is still installed: pip uninstall -y {name}")
        text = f"import sys\n\nimport {successor}\n\nsys.modules[__name__] = {successor}\n"
        (site_packages / f"{name}.py").write_text(text, "utf-8")


def main() -> int:
    """Replace the packages of this virtual environment."""
    if sys.prefix == sys.base_prefix:
        print("This is not a virtual environment. Nothing was changed.", file=sys.stderr)
        return 1
    missing = [successor for successor in SUCCESSORS.values() if find_spec(successor) is None]
    if missing:
        print(f"Not installed: {', '.join(missing)}. Nothing was changed.", file=sys.stderr)
        return 1
    replace_packages(Path(sysconfig.get_path("purelib")))
    return 0


if __name__ == "__main__":
    sys.exit(main())
