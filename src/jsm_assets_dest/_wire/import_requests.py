"""Requests of the Imports API. All but the first go to links that the service sent, with the import token."""

from __future__ import annotations

import json
from collections.abc import Mapping

from attrs import field, frozen

from .._secret import Secret
from ..exceptions import MalformedAnswerError
from .addresses import address, trusted_link
from .json_reading import as_object, read_object, read_text
from .request import Credential, Host, Repeat, Request
from .response import Response


def _request(
    operation: str,
    method: str,
    url: str,
    secret: Secret,
    *,
    body: bytes | None = None,
    repeat: Repeat = Repeat.SAFE,
    empty_answer: bool = False,
    listing: bool = False,
    headers: tuple[tuple[str, str], ...] = (),
) -> Request:
    return Request(
        operation=operation,
        method=method,
        url=url,
        host=Host.GATEWAY,
        body=body,
        repeat=repeat,
        credential=Credential.IMPORT_TOKEN,
        authorization=secret,
        empty_answer=empty_answer,
        listing=listing,
        headers=headers,
    )


def _json(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":"), allow_nan=False).encode("ascii")


def _path_part(url: str, after: str) -> str:
    """The path segment that follows a segment."""
    segments = url.partition("://")[2].partition("?")[0].split("/")
    return segments[segments.index(after) + 1] if after in segments[:-1] else ""


@frozen(kw_only=True)
class ImportLinks:
    """Where an import token leads: the links of `imports/info`, checked. They are never stored.

    Attributes:
        status: The import's state.
        start: Where an execution is started.
        mapping: Where the schema and mapping are submitted.
        workspace_id: The workspace in the links.
        import_source_id: The import source in the links.
    """

    status: str
    start: str
    mapping: str
    workspace_id: str
    import_source_id: str

    @property
    def schema_and_mapping(self) -> str:
        """Where the present document is read: the one address that no link gives; the mapping link's neighbour."""
        return self.mapping.partition("?")[0].removesuffix("/mapping") + "/schema-and-mapping"


def import_info(gateway: str, secret: Secret) -> Request:
    """Ask where the token leads."""
    return _request(
        "read import info", "GET", address(gateway, "jsm", "assets", "v1", "imports", "info"), secret
    )


def _links(response: Response, base: str, what: str, *names: str) -> list[str]:
    links = read_object(read_object(response.json(), what).get("links"), "links")
    return [trusted_link(links.get(name), base, "/") for name in names]


def read_import_links(response: Response, gateway: str) -> ImportLinks:
    """The links of `imports/info`.

    Raises:
        UnsafeLinkError: A link leads away from the gateway.
        MalformedAnswerError: The links do not name a workspace and an import source.
    """
    status, start, mapping = _links(response, gateway, "import information", "getStatus", "start", "mapping")
    workspace_id, source_id = _path_part(status, "workspace"), _path_part(status, "importsource")
    if not workspace_id or not source_id:
        raise MalformedAnswerError("The import's links name no workspace and no import source.")
    return ImportLinks(
        status=status, start=start, mapping=mapping, workspace_id=workspace_id, import_source_id=source_id
    )


@frozen(kw_only=True)
class ImportState:
    """What `configstatus` says.

    Attributes:
        status: IDLE, DISABLED, MISSING_MAPPING, RUNNING, or a word nobody has seen yet.
        execution_status: While RUNNING, the link to the execution's status, where the service gives one.
        cancel: While RUNNING, the link that cancels it, where the service gives one.
    """

    status: str
    execution_status: str = ""
    cancel: str = ""


def import_status(links: ImportLinks, secret: Secret) -> Request:
    """Ask for the import's state."""
    return _request("read import status", "GET", links.status, secret)


def read_import_state(response: Response, gateway: str) -> ImportState:
    """The import's state."""
    source = read_object(response.json(), "an import's state")
    links = as_object(source.get("links"))
    return ImportState(
        status=read_text(source, "status"),
        execution_status=trusted_link(links["getExecutionStatus"], gateway)
        if "getExecutionStatus" in links
        else "",
        cancel=trusted_link(links["cancel"], gateway) if "cancel" in links else "",
    )


def read_mapping(links: ImportLinks, secret: Secret) -> Request:
    """Ask for the schema and mapping as they are now."""
    return _request("read mapping", "GET", links.schema_and_mapping, secret, listing=True)


def send_mapping(
    links: ImportLinks, secret: Secret, document: Mapping[str, object], *, first: bool
) -> Request:
    """Submit the schema and mapping: PUT the first time, PATCH with what changed afterwards.

    Done asynchronously by the service; it answers 303 with the address of the progress, or 204 when it is done.
    """
    separator = "&" if "?" in links.mapping else "?"
    return _request(
        "submit mapping" if first else "update mapping",
        "PUT" if first else "PATCH",
        f"{links.mapping}{separator}async=true",
        secret,
        body=_json(document),
        empty_answer=True,
    )


def mapping_progress(location: str, gateway: str, secret: Secret) -> Request:
    """Ask how far the service is with a mapping.

    Args:
        location: The Location of the 303; HTTP lets it be a path alone.
        gateway: The address that it must be on.
        secret: The token.

    Raises:
        UnsafeLinkError: It leads somewhere else.
    """
    is_path = location.startswith("/") and not location.startswith("//")
    return _request(
        "read mapping progress",
        "GET",
        trusted_link(gateway + location if is_path else location, gateway),
        secret,
    )


@frozen(kw_only=True)
class MappingProgress:
    """How far the service is with a mapping.

    Attributes:
        finished: Whether it is done.
        result: "OK", or another word, or empty.
        message: What the service says about it.
    """

    finished: bool
    result: str = ""
    message: str = ""


def read_mapping_progress(response: Response) -> MappingProgress:
    """The progress of a mapping; only FINISHED is documented."""
    source = read_object(response.json(), "a mapping's progress")
    return MappingProgress(
        finished=read_text(source, "progressStatus", "").upper() == "FINISHED",
        result=read_text(source, "result", ""),
        message=read_text(source, "resultMessage", ""),
    )


@frozen(kw_only=True)
class ExecutionLinks:
    """Where an execution takes data, progress and cancellation, and tells its state.

    Attributes:
        submit: Takes chunks.
        status: Tells the state.
        cancel: Cancels it.
        progress: Takes the progress that Assets displays; empty where the service gave none.
        execution_id: The id cut out of the links; there is no field for it.
    """

    submit: str
    status: str
    cancel: str
    progress: str = field(default="")
    execution_id: str

    def to_dict(self) -> dict[str, str]:
        """The links by name."""
        return {
            "submit": self.submit,
            "status": self.status,
            "cancel": self.cancel,
            "progress": self.progress,
        }

    @classmethod
    def from_dict(cls, links: Mapping[str, object], gateway: str) -> ExecutionLinks:
        """The links back from `to_dict`, checked again."""
        submit, status, cancel = (
            trusted_link(links.get(name), gateway) for name in ("submit", "status", "cancel")
        )
        progress = links.get("progress")
        return cls(
            submit=submit,
            status=status,
            cancel=cancel,
            progress=trusted_link(progress, gateway) if progress else "",
            execution_id=_path_part(submit, "executions"),
        )


def start_import(links: ImportLinks, secret: Secret) -> Request:
    """Start an execution. Never sent again unless the first was certainly refused: there can be one at a time."""
    return _request("start import", "POST", links.start, secret, repeat=Repeat.WHEN_REJECTED)


def read_execution_links(response: Response, gateway: str) -> ExecutionLinks:
    """The links of a started execution."""
    submit, status, cancel = _links(
        response, gateway, "an execution", "submitResults", "getExecutionStatus", "cancel"
    )
    links = read_object(read_object(response.json(), "an execution").get("links"), "links")
    execution_id = _path_part(submit, "executions")
    if not execution_id:
        raise MalformedAnswerError("The execution's links name no execution.")
    progress = links.get("submitProgress")
    return ExecutionLinks(
        submit=submit,
        status=status,
        cancel=cancel,
        progress=trusted_link(progress, gateway) if progress else "",
        execution_id=execution_id,
    )


def submit_chunk(links: ExecutionLinks, secret: Secret, body: bytes, *, gzip: bool = False) -> Request:
    """Send a chunk: the same bytes with the same id at every attempt, so that repeating it is safe."""
    headers = (("Content-Encoding", "gzip"),) if gzip else ()
    return _request(
        "submit chunk", "POST", links.submit, secret, body=body, empty_answer=True, headers=headers
    )


def complete_import(links: ExecutionLinks, secret: Secret) -> Request:
    """Say that all data is there. After an unknown outcome the state is asked, then decided."""
    return _request(
        "submit chunk",
        "POST",
        links.submit,
        secret,
        body=_json({"completed": True}),
        repeat=Repeat.WHEN_REJECTED,
        empty_answer=True,
    )


def submit_progress(links: ExecutionLinks, secret: Secret, processed: int, total: int | None) -> Request:
    """Feed the progress that Assets displays."""
    objects = {"total": total if total is not None else processed, "processed": processed}
    return _request(
        "submit progress", "PUT", links.progress, secret, body=_json({"objects": objects}), empty_answer=True
    )


def execution_status(links: ExecutionLinks, secret: Secret) -> Request:
    """Ask for an execution's state."""
    return _request("read execution status", "GET", links.status, secret, listing=True)


def latest_execution_status(links: ImportLinks, secret: Secret) -> Request:
    """Ask for the state of the newest execution; the address is the start link's neighbour."""
    url = links.start.partition("?")[0] + "/status"
    return _request("read latest execution status", "GET", url, secret, listing=True)


def cancel_import(links: ExecutionLinks, secret: Secret) -> Request:
    """Cancel an execution."""
    return _request("cancel import", "DELETE", links.cancel, secret, empty_answer=True)


def record_failure(links: ExecutionLinks, secret: Secret, reason: str) -> Request:
    """Close an execution that takes data as failed, with a reason of at most 1,024 characters in its history."""
    url = links.submit.partition("?")[0].removesuffix("/data") + "/history/failed"
    return _request(
        "record failed import",
        "POST",
        url,
        secret,
        body=_json({"failureReason": reason[:1024]}),
        repeat=Repeat.WHEN_REJECTED,
        empty_answer=True,
    )
