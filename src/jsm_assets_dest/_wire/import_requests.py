"""Requests of the Imports API. All but the first go to links that the server sent, with the import token."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from urllib.parse import urlsplit

from attrs import asdict, field, frozen

from .._secret import Secret
from ..exceptions import MalformedAnswerError
from .addresses import address, trusted_link
from .json_reading import as_object, read_object, read_text
from .request import Credential, Repeat, Request, json_body
from .response import Response

#: A request with the import token, which it receives as `authorization`.
_request = partial(Request, credential=Credential.IMPORT_TOKEN)


def _path_part(url: str, after: str) -> str:
    """Return the path segment after a given one."""
    segments = url.partition("://")[2].partition("?")[0].split("/")
    return segments[segments.index(after) + 1] if after in segments[:-1] else ""


@frozen(kw_only=True)
class ImportLinks:
    """The checked links of `imports/info` for an import token. They are never stored.

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
        """Address of the current document. No link contains it; it is next to the mapping."""
        return self.mapping.partition("?")[0].removesuffix("/mapping") + "/schema-and-mapping"


def import_info(gateway: str, secret: Secret) -> Request:
    return _request(
        "read import info",
        "GET",
        address(gateway, "jsm", "assets", "v1", "imports", "info"),
        authorization=secret,
    )


def _links(response: Response, what: str) -> Mapping[str, object]:
    return read_object(read_object(response.json(), what).get("links"), "links")


def _trusted(links: Mapping[str, object], gateway: str, *names: str) -> list[str]:
    return [trusted_link(links.get(name), gateway) for name in names]


def _trusted_if_present(links: Mapping[str, object], gateway: str, name: str) -> str:
    return trusted_link(links[name], gateway) if links.get(name) else ""


def read_import_links(response: Response, gateway: str) -> ImportLinks:
    """Return the links of `imports/info`.

    Raises:
        UnsafeLinkError: A link points to another host than the gateway.
        MalformedAnswerError: The links contain no workspace or no import source.
    """
    links = _links(response, "import information")
    status, start, mapping = _trusted(links, gateway, "getStatus", "start", "mapping")
    workspace_id, source_id = _path_part(status, "workspace"), _path_part(status, "importsource")
    if not workspace_id or not source_id:
        raise MalformedAnswerError("The links of the import contain no workspace or no import source.")
    return ImportLinks(
        status=status, start=start, mapping=mapping, workspace_id=workspace_id, import_source_id=source_id
    )


@frozen(kw_only=True)
class ImportState:
    """The state that `configstatus` returns.

    Attributes:
        status: IDLE, DISABLED, MISSING_MAPPING, RUNNING, or an unknown one.
        execution_status: While RUNNING, the link to the execution's status, if there is one.
        cancel: While RUNNING, the link that cancels it, if there is one.
    """

    status: str
    execution_status: str = ""
    cancel: str = ""


def import_status(links: ImportLinks, secret: Secret) -> Request:
    return _request("read import status", "GET", links.status, authorization=secret)


def read_import_state(response: Response, gateway: str) -> ImportState:
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
    """Request the current schema and mapping."""
    return _request("read mapping", "GET", links.schema_and_mapping, authorization=secret, listing=True)


def send_mapping(
    links: ImportLinks, secret: Secret, document: Mapping[str, object], *, first: bool
) -> Request:
    """Submit the schema and mapping: PUT the first time, PATCH with what changed afterwards.

    The server works asynchronously: it returns 303 with the address of the progress, or 204 if it has finished.
    """
    separator = "&" if "?" in links.mapping else "?"
    return _request(
        "submit mapping" if first else "update mapping",
        "PUT" if first else "PATCH",
        f"{links.mapping}{separator}async=true",
        authorization=secret,
        body=json_body(document),
        empty_answer=True,
    )


def progress_address(response: Response) -> str:
    """Return the address of a mapping's progress from a 303; "" if it is missing or can't be parsed."""
    location = response.headers.get("location", "").strip()
    try:
        parts = urlsplit(location)
        is_address = bool(parts.path) and (parts.port is None or parts.port > 0)
    except ValueError:
        return ""
    return location if is_address else ""


def mapping_progress(location: str, gateway: str, secret: Secret) -> Request:
    """Request the progress of a mapping.

    Args:
        location: The Location of the 303, an address or a path.
        gateway: The only host that is allowed.
        secret: The token.

    Raises:
        UnsafeLinkError: It points to another host.
    """
    is_path = location.startswith("/") and not location.startswith("//")
    return _request(
        "read mapping progress",
        "GET",
        trusted_link(gateway + location if is_path else location, gateway),
        authorization=secret,
    )


@frozen(kw_only=True)
class MappingProgress:
    """The progress of a mapping.

    Attributes:
        finished: True if the server has finished.
        result: "OK", another code, or empty.
        message: The server's message.
    """

    finished: bool
    result: str = ""
    message: str = ""


def read_mapping_progress(response: Response) -> MappingProgress:
    """Return the progress of a mapping; only FINISHED is documented."""
    source = read_object(response.json(), "a mapping's progress")
    return MappingProgress(
        finished=read_text(source, "progressStatus", "").upper() == "FINISHED",
        result=read_text(source, "result", ""),
        message=read_text(source, "resultMessage", ""),
    )


@frozen(kw_only=True)
class ExecutionLinks:
    """The links of an execution.

    Attributes:
        submit: Accepts chunks; empty for an execution of someone else, which is known from the state of the import.
        status: Returns the state.
        cancel: Cancels it.
        progress: Accepts the progress that Assets displays; empty if there is no such link.
        execution_id: The id from the links; there is no field for it.
    """

    submit: str
    status: str
    cancel: str
    progress: str = field(default="")
    execution_id: str

    def to_dict(self) -> dict[str, str]:
        """Return the links by name."""
        links = asdict(self)
        del links["execution_id"]
        return links

    @classmethod
    def from_dict(cls, links: Mapping[str, object], gateway: str) -> ExecutionLinks:
        """Return the links from the result of `to_dict`, after checking them again."""
        status, cancel = _trusted(links, gateway, "status", "cancel")
        return cls(
            submit=_trusted_if_present(links, gateway, "submit"),
            status=status,
            cancel=cancel,
            progress=_trusted_if_present(links, gateway, "progress"),
            execution_id=_path_part(status, "executions"),
        )


def start_import(links: ImportLinks, secret: Secret) -> Request:
    """Start an execution. It is repeated only if the server rejected it, because there can be one at a time."""
    return _request("start import", "POST", links.start, authorization=secret, repeat=Repeat.WHEN_REJECTED)


def read_execution_links(response: Response, gateway: str) -> ExecutionLinks:
    links = _links(response, "an execution")
    submit, status, cancel = _trusted(links, gateway, "submitResults", "getExecutionStatus", "cancel")
    progress = _trusted_if_present(links, gateway, "submitProgress")
    execution_id = _path_part(submit, "executions")
    if not execution_id:
        raise MalformedAnswerError("The links of the execution contain no execution id.")
    return ExecutionLinks(
        submit=submit, status=status, cancel=cancel, progress=progress, execution_id=execution_id
    )


def submit_chunk(links: ExecutionLinks, secret: Secret, body: bytes) -> Request:
    """Send a chunk. Repeating it is safe, because every attempt sends the same bytes with the same id."""
    return _request("submit chunk", "POST", links.submit, authorization=secret, body=body, empty_answer=True)


def complete_import(links: ExecutionLinks, secret: Secret) -> Request:
    """Complete the import. After an unknown outcome, the caller reads the state and decides."""
    return _request(
        "submit chunk",
        "POST",
        links.submit,
        authorization=secret,
        body=json_body({"completed": True}),
        repeat=Repeat.WHEN_REJECTED,
        empty_answer=True,
        subject="the end of the import",
    )


def submit_progress(links: ExecutionLinks, secret: Secret, processed: int, total: int | None) -> Request:
    """Send the progress that Assets displays."""
    objects = {"total": total if total is not None else processed, "processed": processed}
    return _request(
        "submit progress",
        "PUT",
        links.progress,
        authorization=secret,
        body=json_body({"objects": objects}),
        empty_answer=True,
    )


def execution_status(links: ExecutionLinks, secret: Secret) -> Request:
    return _request("read execution status", "GET", links.status, authorization=secret, listing=True)


def latest_execution_status(links: ImportLinks, secret: Secret) -> Request:
    """Request the state of the newest execution. Its address is next to the start link."""
    url = links.start.partition("?")[0] + "/status"
    return _request("read latest execution status", "GET", url, authorization=secret, listing=True)


def cancel_import(links: ExecutionLinks, secret: Secret) -> Request:
    return _request("cancel import", "DELETE", links.cancel, authorization=secret, empty_answer=True)
