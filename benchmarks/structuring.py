"""P10: a listing of 10,000 attribute definitions, from bytes to values."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import httpx
from attrs import field, frozen

from jsm_assets_dest._operations import object_schemas as schemas
from jsm_assets_dest._session.site import Site
from jsm_assets_dest._wire.response import Response

from .measuring import Measured, take_turns
from .server import ATTRIBUTE_COUNT, ATTRIBUTES, WORKSPACE
from .stage import ACCOUNT, Stage


@frozen(kw_only=True)
class Direct:
    """A minimal frozen class with the fields that the library reads, made by a constructor call."""

    id: str
    name: str
    type: str
    label: bool
    unique: bool
    minimum: int
    maximum: int
    system: bool
    editable: bool
    removable: bool
    hidden: bool
    description: str
    reference_object_type_id: str | None
    status_ids: tuple[str, ...]
    options: str
    object_type_id: str
    position: int
    raw: Mapping[str, object] = field(repr=False, eq=False)


_TYPES = {0: "text", 1: "integer"}


def _direct(value: Mapping[str, Any]) -> Direct:
    return Direct(
        id=value["id"],
        name=value["name"],
        type=_TYPES[value["defaultType"]["id"]],
        label=value["label"],
        unique=value["uniqueAttribute"],
        minimum=value["minimumCardinality"],
        maximum=value["maximumCardinality"],
        system=value["system"],
        editable=value["editable"],
        removable=value["removable"],
        hidden=value["hidden"],
        description=value["description"],
        reference_object_type_id=value.get("referenceObjectTypeId"),
        status_ids=tuple(value.get("typeValueMulti", ())),
        options=value["options"],
        object_type_id=value["objectType"]["id"],
        position=value["position"],
        raw=value,
    )


def run(stage: Stage) -> Sequence[Measured]:
    """Measure."""
    with httpx.Client(trust_env=False) as client:
        body = client.get(stage.server.url + ATTRIBUTES).content
    site = Site(url=stage.server.url, credentials=ACCOUNT, workspace_id=WORKSPACE)
    headers = {"content-type": "application/json"}

    def library() -> None:
        operation = schemas.attributes(site, "1")
        operation.send(None)
        try:
            operation.send(Response(200, headers, body))
        except StopIteration as end:
            if len(end.value) != ATTRIBUTE_COUNT:
                raise AssertionError("attributes are missing") from None
            return
        raise AssertionError("one answer is enough")

    def direct() -> None:
        if len([_direct(value) for value in json.loads(body)]) != ATTRIBUTE_COUNT:
            raise AssertionError("attributes are missing")

    rounds = take_turns(
        {"library": library, "direct": direct, "json alone": lambda: json.loads(body)},
        rounds=stage.choose(40, 9),
        seconds=stage.choose(10, 3),
    )
    return [
        Measured.of(
            "P10",
            "listing 10,000 attributes / json and a frozen constructor",
            rounds.ratios("library", "direct"),
            note=f"{rounds.median('library') * 1000:.0f} ms for {len(body) / 1e6:.1f} MB",
        ),
        Measured.of(
            "", "json.loads alone / json and a frozen constructor", rounds.ratios("json alone", "direct")
        ),
    ]
