"""Names and external ids: what is allowed, and what is made up."""

from __future__ import annotations

from .site import Site

RESERVED = set('=;:?."')
"""
Characters the Data Center edition refuses in names of schemas, types and objects.
"""


def name_problem(name: str) -> str | None:
    """What is wrong with a name of a schema or type, if anything."""
    if not name.strip():
        return "The name is required."
    if set(name) & RESERVED:
        return 'The name must not contain any of the characters = ; : ? . "'
    return None


def made_up_external_id(site: Site) -> str:
    """An external id in the form clients observed for types and attributes that were not made by an import."""
    return "cmdb::externalId/" + site.ids.uuid("external id")
