"""The Assets query language: parsing a query and finding the objects that match it."""

from __future__ import annotations

from .parsing import parse
from .search import Search, UnknownAttribute

__all__ = ["Search", "UnknownAttribute", "parse"]
