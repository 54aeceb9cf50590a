"""
The control interface of a served emulator, for clients that cannot call Python.

    POST   /_emulator/importsource                {"schema": "OKT", "name": "Okta", ...}
    POST   /_emulator/importsource/{id}/enable    and /disable, /token, /delete
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, cast

from .http.exchange import Answer, Inbound, json_answer
from .json_types import JsonObject, JsonValue

if TYPE_CHECKING:
    from .emulator import Emulator


class ControlError(Exception):
    """
    A request to the control interface is wrong.
    """

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


class Control:
    """
    Answers what is no part of the emulated site.

    Args:
        emulator: what is controlled.
    """

    def __init__(self, emulator: Emulator) -> None:
        self._emulator = emulator

    def answer(self, inbound: Inbound) -> Answer | None:
        """
        The answer, or None for the paths of the site itself.
        """
        if not inbound.path.startswith("/_emulator/"):
            return None
        try:
            return json_answer(self._act(inbound), headers={"X-Emulator": "control"})
        except ControlError as problem:
            return json_answer({"error": str(problem)}, problem.status)
        except (KeyError, ValueError, TypeError) as problem:
            return json_answer({"error": str(problem)}, 400)

    def _act(self, inbound: Inbound) -> JsonValue:
        parts = inbound.path.removeprefix("/_emulator/").strip("/").split("/")
        body = cast(JsonObject, json.loads(inbound.body)) if inbound.body.strip() else {}
        if parts == ["importsource"] and inbound.method == "POST":
            return self._add_import_source(body)
        raise ControlError(404, f"unknown: {inbound.method} {inbound.path}")

    def _add_import_source(self, body: JsonObject) -> JsonValue:
        options = {key: value for key, value in body.items() if key not in ("schema", "name")}
        source = self._emulator.add_import_source(
            str(body["schema"]),
            str(body.get("name", "Okta")),
            **options,  # type: ignore[arg-type]  # checked by the emulator
        )
        return {"id": source.id, "token": source.token, "schema": source.schema.key}
