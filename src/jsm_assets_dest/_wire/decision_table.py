"""The decision table of access failures, as one pure function.

`judge` returns a good answer and raises a typed error for everything else. The order of the rules matters, and the first
that fits counts:

* The phrase of the IP allowlist comes before everything, because nothing else says it.
* The import token comes before scopes, because an import token has no scopes that anybody could add.
* A rejected login comes before "not found" and before success: Jira answers a wrong token as if nobody had logged in,
  with an empty list or with "not found", and tells the truth only in a header (measured on two sites).

The numbers in the comments are the rows of the table in the project's documentation of errors. Three readings differ
from the table's letter, on purpose. Row 29, "answered as if nobody had logged in", comes before row 28, "no workspace":
an anonymous visitor sees no workspace either. Row 8, "the import token was not accepted", holds only for requests that
were made with an import token: an account's request about an import source has its own reasons. And the phrase of row 3
counts inside a successful answer only where it is the answer's message, since objects in Assets may quote it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from .. import exceptions as errors
from .._errors.facts import Place
from . import address_book
from .case import Case
from .error_bodies import Body, looks_like_html
from .request import Credential, Host
from .response import Response, is_answered_to

_IP_REJECTED: Final = "ip address has been rejected"
_ALLOWLIST: Final = re.compile(r"allow(?:ed)? ?list")
#: The authorization server's words for credentials that it does not take.
_GRANT_REFUSED: Final = ("unauthorized_client", "invalid_grant", "invalid_client", "access_denied")
#: Operations whose good answer is no JSON.
_BINARY: Final = ("load icon image",)

_CONFLICTS: Final[Mapping[str, tuple[type[errors.ImportConflictError], str]]] = {
    "IN_PROGRESS": (errors.ImportBusyError, "another execution of this import is running"),
    "RUNNING": (errors.ImportBusyError, "another execution of this import is running"),
    "MISSING_MAPPING": (errors.MissingMappingError, "the import has no mapping yet"),
    "DISABLED": (errors.ImportDisabledError, "the import is switched off"),
    "INVALID_IMPORT_MODULE_KEY": (errors.ImportModuleKeyError, "the import's module key is not valid"),
}
_MAPPING_CODES: Final[Mapping[str, type[errors.MappingRejectedError]]] = {
    "SCHEMA_INVALID_EXTERNAL_ID": errors.ExternalIdTakenError,
    "EXTERNAL_ID_MISMATCH": errors.ExternalIdMismatchError,
    "UNKNOWN_EXTERNAL_ID_MAPPING": errors.UnknownExternalIdError,
    "MAPPING_INVALID_EXTERNAL_ID": errors.MappingExternalIdError,
    "DUPLICATE_EXTERNAL_ID_ILLEGAL": errors.DuplicateExternalIdError,
    "UNKNOWN_REFERENCE": errors.UnknownReferenceError,
    "REFERENCED_OBJECT_TYPE_CHANGED": errors.ReferencedObjectTypeChangedError,
}
_MAPPING_OPERATIONS: Final = ("submit mapping", "update mapping")


def judge(case: Case) -> Response:
    """Judge an answer by the whole table.

    Returns:
        The answer, when it is good.

    Raises:
        AssetsError: What `classify` names.
    """
    request, response = case.request, case.response
    # A 303 tells where the progress of a mapping can be read; nothing is followed.
    if 200 <= response.status < 300 or (response.status == 303 and request.operation in _MAPPING_OPERATIONS):
        _check_success(case)
        return response
    raise _refusal(case)


def _check_success(case: Case) -> None:
    """Rows 3, 4, 7, 10, 28 and 29: failures that come with a status of success."""
    request, response = case.request, case.response
    headers = response.headers
    body = response.body
    html = looks_like_html(headers.get("content-type", ""), body)
    # The body is read as a refusal only when something hints at one; success stays cheap.
    if b"ejected" in body[:4096]:
        content = case.body()
        if _IP_REJECTED in " ".join(content.messages).lower() or (html and _IP_REJECTED in content.text):
            raise case.ip_allowlist(content)
    reason = headers.get("x-seraph-loginreason", "")
    if reason or "x-authentication-denied-reason" in headers:
        _check_login(case)
    if html and request.operation not in _BINARY:
        raise case.html(case.body())
    if "SCOPE" in headers.get("x-failure-category", "").upper():
        raise case.scope_mismatch(case.body())
    _check_identity(case)  # 29
    content_problem = _content_problem(case)
    if request.operation == "find workspace" and not content_problem and _has_no_workspace(case):
        raise case.assets_not_available(  # 28
            Body(),
            "the site names no Assets workspace",
            "Assets is probably not part of the site's plan of Jira Service Management.",
        )
    if content_problem:
        raise errors.MalformedAnswerError(
            f"“{request.operation}” was answered with {content_problem}.",
            **case.facts(Body()),
            sent="unknown",
        )


def _content_problem(case: Case) -> str:
    """What is wrong with the content of a success, or ""."""
    request, response = case.request, case.response
    if request.operation in _BINARY or response.status == 303:
        return ""
    # Whoever sends nothing, or a word, where nothing is needed, has said yes; half an answer says nothing.
    if request.empty_answer and not response.body.lstrip().startswith((b"{", b"[")):
        return ""
    if response.status == 204 and request.method != "GET":
        return ""
    if not response.body.strip():
        return "nothing where data was expected"
    try:
        response.json()
    except ValueError:
        return "content that is not JSON, or only half of it"
    return ""


def _has_no_workspace(case: Case) -> bool:
    """Whether the list of workspaces is empty."""
    content = case.response.json()
    return isinstance(content, dict) and not content.get("values") and not content.get("start")


def _check_identity(case: Case) -> None:
    """Row 29: the site answered an anonymous visitor, or somebody else, and said nothing about it."""
    request = case.request
    if is_answered_to(request, case.response, case.account_id, basic_on_site=case.basic_on_site):
        return
    ran_as = case.response.headers.get("x-aaccountid", "")
    who = "as another account" if ran_as else "as if nobody had logged in"
    raise errors.BadCredentialsError(
        f"“{request.operation}” was answered {who}; the answer was not used.",
        silent=True,
        cause=(
            f"The login{case.of_account()} was probably not accepted: the site answers a wrong token like an "
            "anonymous visitor. A proxy that takes headers away is the other possibility."
        ),
        remedies=case.login_remedies(),
        **case.facts(Body()),
    )


def _refusal(case: Case) -> errors.AssetsError:
    """The error that an answer other than success means."""
    request, status, headers = case.request, case.response.status, case.response.headers
    body = case.body()
    text = body.text
    category = headers.get("x-failure-category", "").upper()
    doing = f"“{request.operation}”"
    facts = case.facts(body)

    if status == 407:  # 2
        return errors.ProxyAuthenticationError(
            f"{doing} did not get through: a proxy on the way to {request.hostname} wants credentials.",
            **facts,
        )
    if _IP_REJECTED in text or (  # 3
        status in (401, 403) and "ip address" in text and _ALLOWLIST.search(text)
    ):
        return case.ip_allowlist(body)
    if case.is_captcha():  # 4
        return case.captcha(body)
    if status == 429 or (status >= 400 and "RATE" in category):  # 5
        return case.rate_limited(body)
    if status >= 500 or status in (408, 425):  # 6
        return case.unavailable(body)
    if 300 <= status < 400 or (body.is_html and not case.is_from_atlassian(body)):  # 7
        return case.elsewhere(body)
    if request.credential is Credential.IMPORT_TOKEN and status in (401, 403):  # 8
        return errors.ImportTokenError(
            f"{doing} was refused: the import token was not accepted.",
            remedies=(
                address_book.SCHEMA_IMPORT.asked_to("generate a new token; the old one stops at once"),
                "You: store it as the import token. An API token or an OAuth token does not work here.",
            ),
            **facts,
        )
    if status == 409 and request.is_import:  # 9
        return _import_conflict(case, body)
    if case.is_login_refused():  # 10
        return case.bad_credentials(body)
    if "scope does not match" in text or "SCOPE" in category:  # 11
        return case.scope_mismatch(body)
    if request.host is Host.AUTHORIZATION and (status == 401 or body.code in _GRANT_REFUSED):  # 13a
        return errors.BadCredentialsError(
            f"{doing} was refused: the authorization server did not accept the credentials{case.of_account()}.",
            cause="The client id or the client secret is probably wrong, expired or revoked.",
            remedies=(
                address_book.SERVICE_ACCOUNTS.asked_to("create a new client secret for the service account"),
                "You: use the new client id and secret together.",
            ),
            **facts,
        )
    if status == 401:  # 12
        return case.bad_credentials(body)
    if status in (400, 402, 403, 422) and (status == 402 or "free plan" in text):  # 17, and 26's exception
        return errors.PlanLimitError(
            f"{doing} was refused: the site's plan does not include it.",
            remedies=(address_book.PLANS.asked_to("change to a plan that includes it"),),
            **facts,
        )
    if status == 403:
        return _forbidden(case, body)
    if status == 404:
        return _not_found(case, body, category)
    if status == 410:  # 25
        return errors.ApiRemovedError(f"{doing} failed: Atlassian has removed this call.", **facts)
    if status == 409:  # 27
        return errors.ConflictError(
            f"{doing} was refused: the state of things does not allow it now.", **facts
        )
    if status == 413:
        return errors.TooLargeError(f"{doing} was refused: the request was too large.", **facts)
    if status == 415:
        return errors.UnsupportedMediaError(
            f"{doing} was refused: the kind of content was not accepted.", **facts
        )
    if status in (400, 422):  # 26
        return _invalid(case, body)
    return errors.ApiError(f"{doing} was refused with HTTP {status}, which is not expected here.", **facts)


def _forbidden(case: Case, body: Body) -> errors.ApiError:
    """Rows 13 to 21."""
    request, text = case.request, body.text
    doing = f"“{request.operation}”"
    facts = case.facts(body)
    path = request.path
    if "connect session auth token" in text:  # 13
        return errors.BadCredentialsError(
            f"{doing} was refused: {request.hostname} does not take this kind of token.",
            cause="A bearer token was certainly sent to the site itself, which takes e-mail address and API token.",
            remedies=(
                "You: use ApiToken with the e-mail address and the API token.",
                "Or you: use an OAuth token, which goes to the gateway, for this site.",
            ),
            **facts,
        )
    if "caller cannot access confluence" in text:  # 13b
        return case.bad_credentials(body)
    if "xsrf" in text:  # 14
        return errors.XsrfError(f"{doing} was refused: the site took it for a forged request.", **facts)
    if "access to assets api was denied" in text:  # 15
        return case.assets_not_available(body, "access to Assets was denied", "")
    if "administrator" in text or "only admins" in text or "administer jira" in text:  # 16
        return errors.NotJiraAdminError(
            f"{doing} was refused:{case.of_account(' ', 'the account')} is no Jira administrator.",
            remedies=(
                address_book.GLOBAL_PERMISSIONS.asked_to("give the account Administer Jira", case.site()),
                "Or a Jira admin: do this step.",
            ),
            **facts,
        )
    if "not installed on this instance" in text:  # 18
        return errors.AppNotInstalledError(
            f"{doing} was refused: the app is not installed on this site.",
            remedies=(address_book.APPS.asked_to("install the app, or consent to it again for this site"),),
            **facts,
        )
    if "/rest/servicedeskapi/" in path and not case.response.body.strip():  # 19
        return errors.JsmLicenseRequiredError(
            f"{doing} was refused:{case.of_account(' ', 'the account')} has no access to Jira Service Management.",
            remedies=(
                address_book.USERS.asked_to("give the account access to Jira Service Management as an agent"),
            ),
            **facts,
        )
    if path.endswith("/rest/servicedeskapi/assets/workspace"):
        # Seen by clients: without Assets or without access, the list is refused rather than empty.
        return case.assets_not_available(body, "the list of Assets workspaces is closed to this account", "")
    if "/jsm/assets/" in path or "/jsm/insight/" in path:  # 20
        return errors.SchemaPermissionError(
            f"{doing} was refused:{case.of_account(' ', 'the account')} lacks a role in Assets.",
            remedies=(
                address_book.SCHEMA_ROLES.asked_to(
                    "add the account, as manager for structure and imports, as developer to write objects, "
                    "as user to read"
                ),
            ),
            **facts,
        )
    return errors.AccessDeniedError(  # 21
        f"{doing} was refused:{case.of_account(' ', 'the account')} may not do this.", **facts
    )


def _not_found(case: Case, body: Body, category: str) -> errors.ApiError:
    """Rows 22 to 24."""
    request = case.request
    doing = f"“{request.operation}”"
    facts = case.facts(body)
    if (  # 22
        (body.is_html and "page unavailable" in f"{body.title.lower()} {body.text}")
        or case.response.headers.get("atl-missing-tcs", "").lower() == "true"
        or "TCS" in category
    ):
        gateway = "/ex/jira/" in request.path
        what = "no Jira site with this cloud id" if gateway else f"no Jira site named {request.hostname}"
        return errors.SiteNotFoundError(f"{doing} failed: there is {what}.", **facts)
    content_type = case.response.headers.get("content-type", "").lower()
    if (  # 23
        body.is_html
        or "no endpoint" in body.text
        or "application/problem+json" in content_type
        or (body.is_path_unknown and not category)
    ):
        return errors.EndpointNotFoundError(
            f"{doing} failed: {request.hostname} does not know the path {request.path}.", **facts
        )
    if request.path.endswith("/rest/servicedeskapi/assets/workspace"):
        return case.assets_not_available(body, "the site knows no Assets workspaces", "")
    kind: type[errors.NotFoundError] = errors.NotFoundError
    thing = "what was asked for"
    if re.search(r"/objectschema/[^/]+", request.path):
        kind, thing = errors.ObjectSchemaNotFoundError, "the object schema"
    elif re.search(r"/objecttype/[^/]+", request.path):
        kind, thing = errors.ObjectTypeNotFoundError, "the object type"
    cause = f"{thing.capitalize()} does not exist, or it is hidden from the account; the service answers both alike."
    if case.basic_on_site and case.account_id is None:
        cause += " A login that was not accepted is the third possibility."
    return kind(f"{doing} failed: {thing} was not found.", cause=cause, **facts)  # 24


def _invalid(case: Case, body: Body) -> errors.ApiError:
    """Row 26: the content was refused; a mapping's objections have errors of their own."""
    doing = f"“{case.request.operation}”"
    if body.codes or body.code in _MAPPING_CODES or case.request.operation in _MAPPING_OPERATIONS:
        return refused_mapping(f"{doing} was refused", body, case.facts(body))
    said = "; ".join([*(f"{name}: {text}" for name, text in body.field_errors.items()), *body.messages])
    return errors.ValidationError(
        f"{doing} was refused: the service does not accept its content.",
        **case.facts(body),
        cause="A value certainly breaks a rule of the service." if said else "The service did not say why.",
    )


def refused_mapping(happened: str, body: Body, facts: Place | None = None) -> errors.MappingRejectedError:
    """The error for a refused mapping, by the service's word for the reason.

    Args:
        happened: What happened, without a full stop: "“submit mapping” was refused".
        body: What the service said, in an answer or about the progress of a mapping.
        facts: Where and when.
    """
    found = [code for code in (*body.codes, body.code) if code in _MAPPING_CODES]
    if not found:
        # The codes are known, the document around them is not: look for the words.
        found = [code for code in _MAPPING_CODES if re.search(rf"\b{code.lower()}\b", body.text)]
    codes = tuple(dict.fromkeys([*found, *body.codes]))
    kind = _MAPPING_CODES[found[0]] if found else errors.MappingRejectedError
    facts = facts if facts is not None else Place(messages=body.messages)
    facts["code"] = codes[0] if codes else "mapping_rejected"
    reason = ", ".join(codes) + (f" at {body.location}" if body.location else "")
    return kind(
        f"{happened}: the service does not accept the mapping{f' ({reason})' if codes else ''}.",
        location=body.location,
        codes=codes,
        **facts,
    )


def _import_conflict(case: Case, body: Body) -> errors.ApiError:
    """Row 9: the state of the import, by the service's word for it."""
    doing = f"“{case.request.operation}”"
    reason = body.code if body.code in _CONFLICTS else ""
    if not reason:
        reason = next((word for word in _CONFLICTS if re.search(rf"\b{word.lower()}\b", body.text)), "")
    facts = case.facts(body)
    if reason:
        facts["code"] = reason
        kind, what = _CONFLICTS[reason]
        return kind(f"{doing} was refused: {what}.", reason=reason, **facts)
    if case.request.operation in _MAPPING_OPERATIONS:
        return errors.MappingExistsError(f"{doing} was refused: the import has a mapping already.", **facts)
    return errors.ImportConflictError(
        f"{doing} was refused: the import is in another state than this needs.", reason=body.code, **facts
    )


def _check_login(case: Case) -> None:
    """Rows 4 and 10, for an answer of success."""
    if case.is_captcha():
        raise case.captcha(case.body())
    if case.is_login_refused():
        raise case.bad_credentials(case.body())
