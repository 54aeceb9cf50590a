"""Material outside of the repository: Okta's public samples, Atlassian's JSON Schema, and cases."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

_BESIDE = Path(__file__).resolve().parents[3] / "shared"


def shared(name: str) -> Path:
    """Return the path of a shared folder or file. Skip the test if it does not exist."""
    path = Path(os.environ.get("JSM_ASSETS_SHARED", _BESIDE)) / name
    if not path.exists():
        pytest.skip(f"{name} does not exist. Set JSM_ASSETS_SHARED to the folder that contains it.")
    return path


def load(path: Path) -> object:
    return json.loads(path.read_text(encoding="utf-8"))
