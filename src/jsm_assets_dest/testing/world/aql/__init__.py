"""The Assets query language: reading a query and finding the objects that fulfil it."""

from __future__ import annotations

from .parsing import parse
from .search import Search

__all__ = ["Search", "parse"]
