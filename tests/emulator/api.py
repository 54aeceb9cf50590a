"""A plain httpx client for the emulator: these tests use nothing of the SDK."""

from __future__ import annotations

from typing import Any

import httpx

from jsm_assets_dest.testing import Emulator, SeededImportSource

GATEWAY = "https://api.atlassian.com"


class Api:
    """The Assets API on one of its base URLs, with the credentials given."""

    def __init__(
        self,
        emulator: Emulator,
        *,
        base: str | None = None,
        auth: tuple[str, str] | None = None,
        bearer: str | None = None,
    ) -> None:
        self.emulator = emulator
        self.base = base or f"{GATEWAY}/jsm/assets/workspace/{emulator.workspace_id}/v1"
        headers = {"Authorization": f"Bearer {bearer}"} if bearer else {}
        basic = None if bearer else auth or (emulator.email, emulator.api_token)
        self.client = httpx.Client(transport=emulator.transport, auth=basic, headers=headers)

    def ask(self, method: str, path: str, body: Any = None, **options: Any) -> httpx.Response:
        """Ask, with a path below the base or a whole address."""
        url = path if path.startswith("http") else self.base + path
        if body is not None:
            options["json"] = body
        return self.client.request(method, url, **options)

    def get(self, path: str, **query: Any) -> Any:
        """Return the JSON of a GET that must succeed."""
        answer = self.ask("GET", path, params=query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def post(self, path: str, body: Any = None, status: int = 201) -> Any:
        """Return the JSON of a POST that must succeed."""
        answer = self.ask("POST", path, body)
        assert answer.status_code == status, answer.text
        return answer.json() if answer.content else None

    def put(self, path: str, body: Any) -> Any:
        """Return the JSON of a PUT that must succeed."""
        answer = self.ask("PUT", path, body)
        assert answer.status_code == 200, answer.text
        return answer.json() if answer.content else None

    def refused(self, method: str, path: str, body: Any = None, **options: Any) -> tuple[int, dict[str, str]]:
        """Status and field errors of a request that must fail in shape A."""
        answer = self.ask(method, path, body, **options)
        assert answer.status_code >= 400, answer.text
        document = answer.json()
        assert set(document) == {"errorMessages", "errors"}
        return answer.status_code, document["errors"] or {"": " ".join(document["errorMessages"])}

    def find(self, query: str, **parameters: Any) -> list[str]:
        """Return the labels of the objects that match a query."""
        answer = self.ask("POST", "/object/aql", {"qlQuery": query}, params={"maxResults": 100, **parameters})
        assert answer.status_code == 200, answer.text
        return [value["label"] for value in answer.json()["values"]]


def site_gateway(emulator: Emulator) -> str:
    """Return the base URL on the site itself."""
    return f"{emulator.site}/gateway/api/jsm/assets/workspace/{emulator.workspace_id}/v1"


def ex_jira(emulator: Emulator) -> str:
    """Return the base URL for tokens with scopes."""
    return f"{GATEWAY}/ex/jira/{emulator.cloud_id}/jsm/assets/workspace/{emulator.workspace_id}/v1"


class ImportApi(Api):
    """Requests with an import token."""

    def __init__(self, emulator: Emulator, source: SeededImportSource) -> None:
        super().__init__(emulator, bearer=source.token)
        self.links: dict[str, str] = self.get(f"{GATEWAY}/jsm/assets/v1/imports/info")["links"]
        self.source_url = self.links["mapping"].removesuffix("/mapping")

    def submit_mapping(self, document: Any, method: str = "PUT") -> httpx.Response:
        """Send a mapping."""
        return self.ask(method, self.links["mapping"], document)

    def codes(self, document: Any, method: str = "PUT") -> list[str]:
        """Return the codes with which a mapping is rejected."""
        answer = self.submit_mapping(document, method)
        assert answer.status_code == 400, answer.text
        return [item["code"] for item in answer.json()["dataValidationErrors"]]

    def run(self, *chunks: Any) -> dict[str, Any]:
        """Run a whole import of the chunks.

        Returns:
            The status at its end.
        """
        links = self.post(self.links["start"], status=200)["links"]
        for chunk in chunks:
            self.post(links["submitResults"], {"data": chunk}, status=200)
        self.post(links["submitResults"], {"completed": True}, status=200)
        status: dict[str, Any] = self.get(links["getExecutionStatus"])
        return status

    def counts(self, status: dict[str, Any], name: str) -> dict[str, int]:
        """Return the counters of an object type that are not zero, from the status of an execution."""
        results = status["progressResult"]["objectTypeResultMap"].values()
        mapping = next(item for item in results if item["objectTypeName"] == name)
        skipped = ("id", "objectTypeId")
        return {
            key: value
            for key, value in mapping.items()
            if key not in skipped and not key.endswith("InMs") and isinstance(value, int) and value
        }
