"""Material that is not part of the repository: Okta's public samples and Atlassian's JSON Schema."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

_BESIDE = Path(__file__).resolve().parents[3] / "shared"


def shared(name: str) -> Path:
    """A folder or file of the shared material; the test is skipped where it is not at hand."""
    path = Path(os.environ.get("JSM_ASSETS_SHARED", _BESIDE)) / name
    if not path.exists():
        pytest.skip(f"{name} is not here; JSM_ASSETS_SHARED names the folder that has it")
    return path


def load(path: Path) -> object:
    return json.loads(path.read_text(encoding="utf-8"))
