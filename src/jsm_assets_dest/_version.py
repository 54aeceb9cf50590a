"""The version: the only place. The build, the docs and the User-Agent take it from here."""

from __future__ import annotations

from typing import Final

VERSION: Final = "0.1.0"
