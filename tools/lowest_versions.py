"""Print the lower bound of every run-time dependency as a pip constraint: `httpx>=0.27,<1` becomes `httpx==0.27`.

python tools/lowest_versions.py > lowest.txt
pip install -e '.[test]' -c lowest.txt
"""

from __future__ import annotations

import re
import sys
import tomllib
from collections.abc import Sequence
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent / "pyproject.toml"
BOUND = re.compile(r"(?P<name>[A-Za-z0-9._-]+)\s*>=\s*(?P<version>[0-9.]+)")


def lowest(requirements: Sequence[str]) -> list[str]:
    """Return the requirements, each at its lower bound.

    Raises:
        ValueError: A requirement has no lower bound, so that no one knows what it promises.
    """
    pins: list[str] = []
    for requirement in requirements:
        match = BOUND.match(requirement)
        if match is None:
            raise ValueError(f"{requirement!r} has no lower bound")
        pins.append(f"{match['name']}=={match['version']}")
    return pins


def main() -> int:
    """Print the constraints of this project."""
    project = tomllib.loads(PROJECT.read_text("utf-8"))["project"]
    print("\n".join(lowest(project["dependencies"])))
    return 0


if __name__ == "__main__":
    sys.exit(main())
