"""The decision table of access failures, as one pure function.

`decide` returns a good response and raises a typed error for everything else. The order of the rows matters; the first row
that matches applies:

* The phrase of the IP allowlist comes first, because nothing else says it.
* The import token comes before scopes, because an import token has no scopes that a user could add.
* A rejected login comes before "not found" and before success: Jira responds to a wrong token as to an anonymous user, with
  an empty list or with "not found", and shows the truth only in a header (measured on two sites).

The numbers in the comments are the rows of the table in the project's documentation of errors. The code differs from that
table in three places. Row 29, an anonymous response, comes before row 28, "no workspace", because an anonymous user sees no
workspace either. Row 8, "the import token was rejected", applies only to requests with an import token. The phrase of row 3
counts inside a successful response only if it is the message of the response, because objects in Assets may contain it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from .. import exceptions as errors
from ..exceptions._declared import Place
from . import address_book
from .case import LOGIN_ADVICE, Case
from .error_bodies import Body, looks_like_html
from .json_reading import as_object
from .phrases import could_not
from .request import Credential, CredentialKind, Host
from .response import Response, is_answered_to

_IP_REJECTED: Final = "ip address has been rejected"
_ALLOWLIST: Final = re.compile(r"allow(?:ed)? ?list")
#: Operations whose good response is not JSON.
_BINARY: Final = ("load icon image",)

_CONFLICTS: Final[Mapping[str, tuple[type[errors.ImportConflictError], str]]] = {
    "IN_PROGRESS": (errors.ImportBusyError, "another execution of this import is in progress"),
    "RUNNING": (errors.ImportBusyError, "another execution of this import is in progress"),
    "MISSING_MAPPING": (errors.MissingMappingError, "the import has no mapping yet"),
    "DISABLED": (errors.ImportDisabledError, "the import is disabled"),
    "INVALID_IMPORT_MODULE_KEY": (errors.ImportModuleKeyError, "the module key of its app is invalid"),
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

#: What needs the permission "Browse users and groups" (Jira's OpenAPI document).
_BROWSING: Final = ("list users", "find groups")
#: What only Jira administrators can do, and what one can do instead of granting the permission.
_ADMINS_ONLY: Final[Mapping[str, str]] = {
    "create object schema": "Only Jira administrators can create object schemas.",
    "delete object schema": "Only Jira administrators can delete object schemas.",
}
_ADMIN_STEPS: Final[Mapping[str, str]] = {
    "create object schema": "create the object schema, and add the account as an object schema manager",
    "delete object schema": "delete the object schema",
}


def decide(case: Case) -> Response:
    """Classify a response by the whole table.

    Returns:
        The response, if it is good.

    Raises:
        AssetsError: As documented for `classify`.
    """
    request, response = case.request, case.response
    # A 303 says where the progress of a mapping can be read; it is not followed.
    if 200 <= response.status < 300 or (response.status == 303 and request.operation in _MAPPING_OPERATIONS):
        _check_success(case)
        return response
    raise _rejection(case)


def _check_success(case: Case) -> None:
    """Rows 3, 4, 7, 10, 28, and 29: failures with a status of success."""
    request, response = case.request, case.response
    headers = response.headers
    body = response.body
    html = looks_like_html(headers.get("content-type", ""), body)
    # The body is read as an error only if something hints at one, so that success stays cheap.
    if b"ejected" in body[:4096]:
        content = case.body()
        if _IP_REJECTED in " ".join(content.messages).lower() or (html and _IP_REJECTED in content.text):
            raise case.ip_allowlist(content)
    if "x-seraph-loginreason" in headers or "x-authentication-denied-reason" in headers:
        if case.is_captcha():  # 4
            raise case.captcha(case.body())
        if case.is_login_rejected():  # 10
            raise case.bad_credentials(case.body())
    if html and request.operation not in _BINARY:
        raise case.html(case.body())
    if "SCOPE" in case.category:
        raise case.scope_mismatch(case.body())
    _check_identity(case)  # 29
    content_problem = _content_problem(case)
    if request.operation == "find workspace" and not content_problem and _has_no_workspace(case):
        raise case.assets_not_available(Body())  # 28
    if content_problem:
        raise errors.MalformedAnswerError(
            f"{case.could_not}: the response {content_problem}.", **case.facts(Body()), sent="unknown"
        )


def _content_problem(case: Case) -> str:
    """Return what is wrong with the content of a success, or ""."""
    request, response = case.request, case.response
    if request.operation in _BINARY or response.status == 303:
        return ""
    # If no body is required, accept an empty or non-JSON body, but reject truncated JSON.
    if request.empty_answer and not response.body.lstrip().startswith((b"{", b"[")):
        return ""
    if response.status == 204 and request.method != "GET":
        return ""
    if not response.body.strip():
        return "is empty"
    try:
        response.json()
    except ValueError:
        return "is not JSON, or truncated JSON"
    return ""


def _has_no_workspace(case: Case) -> bool:
    """Return True if the first page lists no workspace. A response without the list is malformed, not a fact."""
    content = as_object(case.response.json())
    return content.get("values") == [] and not content.get("start")


def _check_identity(case: Case) -> None:
    """Rows 29 and 29a: the response is for another account, or it does not show for which one."""
    request = case.request
    if is_answered_to(request, case.response, case.account_id, basic_on_site=case.basic_on_site):
        return
    login = could_not("read myself", site=case.site, account=case.account)
    if case.response.account_id:
        raise errors.BadCredentialsError(
            f"{login}: the response is for another account, and was not used.",
            silent=True,
            seen=True,
            cause="The site names an account that does not own the credential.",
            remedies=case.login_remedies(),
            **case.facts(Body()),
        )
    raise errors.BadCredentialsError(
        f"{login}: the response does not name an account, and was not used.",
        silent=True,
        cause="The site may have rejected the login: it responds to a wrong token as to an anonymous user. "
        "A proxy that removes headers is the other possibility.",
        remedies=case.login_remedies(),
        **case.facts(Body()),
    )


def _rejection(case: Case) -> errors.AssetsError:
    """Return the error for a response other than success."""
    request, status = case.request, case.response.status
    body = case.body()
    text, category = body.text, case.category
    doing, facts = case.could_not, case.facts(body)

    if status == 407:  # 2
        return errors.ProxyAuthenticationError(
            f"Could not reach {request.hostname}: a proxy requires a login.", **facts
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
    if 300 <= status < 400 or (body.is_html and not case.is_from_atlassian(body)):  # 6a, 7
        return case.elsewhere(body)
    if request.credential is Credential.IMPORT_TOKEN and status in (401, 403):  # 8
        target = f" for the object schema {request.subject}" if request.subject else ""
        return errors.ImportTokenError(f"Assets rejected the import token{target}.", **facts)
    if status == 409 and request.is_import:  # 9
        return _import_conflict(case, body)
    if case.is_login_rejected():  # 10
        return case.bad_credentials(body)
    if "scope does not match" in text or "SCOPE" in category:  # 11
        return case.scope_mismatch(body)
    if request.host is Host.AUTHORIZATION and status in (400, 401, 403):  # 13a
        is_malformed = body.code == "invalid_request"
        return errors.BadCredentialsError(
            f"{doing}: {request.hostname} rejected the client id or the client secret.",
            cause="The authorization server could not read the client id or the client secret: one of them has a wrong form."
            if is_malformed
            else "The client id or the client secret is wrong, has expired, or was revoked.",
            remedies=case.login_remedies() if case.kind else LOGIN_ADVICE[CredentialKind.CLIENT],
            **facts,
        )
    if status == 401 or (status == 403 and "FAILURE_CLIENT_AUTH" in category):  # 12
        return case.bad_credentials(body)
    if status in (400, 402, 403, 422) and (status == 402 or "free plan" in text):  # 17, and 26's exception
        return errors.PlanLimitError(
            f"{doing}: the plan of the site does not include it.", cause_is_certain=status == 402, **facts
        )
    if status == 403:
        return _forbidden(case, body)
    if status == 404:
        return _not_found(case, body)
    if status == 410:  # 25
        return errors.ApiRemovedError(f"{doing}: Atlassian has removed this request.", **facts)
    if status == 409:  # 27
        return errors.ConflictError(f"{doing}: the current state does not allow it.", **facts)
    if status == 413:
        return errors.TooLargeError(f"{doing}: the request is too large.", **facts)
    if status == 415:
        return errors.UnsupportedMediaError(f"{doing}: the server rejected the content type.", **facts)
    if status in (400, 422):  # 26
        return _invalid(case, body)
    return errors.ApiError(
        f"{doing}: {request.hostname} responded with the unexpected status {status}.", **facts
    )


def _forbidden(case: Case, body: Body) -> errors.ApiError:
    """Rows 13 to 21."""
    request, text = case.request, body.text
    doing, facts, who = case.could_not, case.facts(body), case.who
    path = request.path
    if "connect session auth token" in text:  # 13
        return errors.BadCredentialsError(
            f"{doing}: {request.hostname} does not accept this kind of token.",
            cause="A bearer token was sent to the site itself, which accepts an email address and an API token.",
            remedies=(
                "You: use ApiToken with the email address and the API token.",
                "Or you: use an OAuth token, which goes to api.atlassian.com, for this site.",
            ),
            **facts,
        )
    if "caller cannot access confluence" in text:  # 13b
        return case.bad_credentials(body)
    if "xsrf" in text:  # 14
        return errors.XsrfError(f"{doing}: the site treated the request as forged.", **facts)
    if "access to assets api was denied" in text:  # 15
        return case.assets_not_available(
            body, "The plan does not include Assets, or the account has no access to Jira Service Management."
        )
    if "administrator" in text or "only admins" in text or "administer jira" in text:  # 16
        return _not_admin(case, body)
    if "not installed on this instance" in text:  # 18
        return errors.AppNotInstalledError(f"{doing}: the app is not installed on this site.", **facts)
    if "/rest/servicedeskapi/" in path and not case.response.body.strip():  # 19
        return no_license(case.could_not, who, facts)
    if path.endswith("/rest/servicedeskapi/assets/workspace"):
        # Seen by clients: without Assets or without access, the list is denied instead of empty.
        return case.assets_not_available(body)
    if request.operation in _ADMINS_ONLY:  # 16, in the language of the account
        return _not_admin(case, body, certain=False)
    if "/jsm/assets/" in path or "/jsm/insight/" in path:  # 20
        return errors.SchemaPermissionError(
            f"{doing}: {who} lacks a role in Assets.",
            remedies=(
                address_book.SCHEMA_ROLES.remedy(
                    f"add {who}: as manager for the structure and imports, as developer to write objects, as user to read"
                ),
            ),
            **facts,
        )
    if request.operation in _BROWSING:
        return errors.BrowseUsersPermissionError(
            f"{doing}: {who} may not browse users and groups.",
            remedies=(address_book.browse_users(who, case.site),),
            **facts,
        )
    return errors.AccessDeniedError(f"{doing}: {who} is not permitted to do this.", **facts)  # 21


def _not_admin(case: Case, body: Body, *, certain: bool = True) -> errors.NotJiraAdminError:
    """Row 16: only Jira administrators can do this."""
    request, who = case.request, case.who
    return errors.NotJiraAdminError(
        f"{case.could_not}: {who} is not a Jira administrator.",
        cause=_ADMINS_ONLY.get(request.operation, ""),
        cause_is_certain=certain,
        remedies=(
            address_book.GLOBAL_PERMISSIONS.remedy(f"give {who} the Administer Jira permission", case.site),
            f"Or a Jira admin: {_ADMIN_STEPS.get(request.operation, 'do this step')}.",
        ),
        **case.facts(body),
    )


def no_license(
    doing: str, who: str, facts: Place, *, certain: bool = False
) -> errors.JsmLicenseRequiredError:
    """Row 19: the account has no access to Jira Service Management."""
    return errors.JsmLicenseRequiredError(
        f"{doing}: {who} has no access to Jira Service Management.",
        cause="Jira Service Management is not among the products of this account.",
        cause_is_certain=certain,
        remedies=(
            address_book.USERS.remedy(
                f"give {who} access to Jira Service Management as an agent. An agent seat is a paid license"
            ),
        ),
        **facts,
    )


def _not_found(case: Case, body: Body) -> errors.ApiError:
    """Rows 22 to 24."""
    request = case.request
    doing, facts = case.could_not, case.facts(body)
    if (  # 22
        (body.is_html and "page unavailable" in f"{body.title.lower()} {body.text}")
        or case.response.headers.get("atl-missing-tcs", "").lower() == "true"
        or "TCS" in case.category
    ):
        where = "with this cloud id" if "/ex/jira/" in request.path else f"at {request.hostname}"
        return errors.SiteNotFoundError(f"There is no Jira site {where}.", **facts)
    content_type = case.response.headers.get("content-type", "").lower()
    if (  # 23
        body.is_html
        or "no endpoint" in body.text
        or "application/problem+json" in content_type
        or (body.is_path_unknown and not case.category)
    ):
        return errors.EndpointNotFoundError(
            f"{doing}: {request.hostname} does not have the requested path.", **facts
        )
    if request.path.endswith("/rest/servicedeskapi/assets/workspace"):
        return case.assets_not_available(body)
    kind: type[errors.NotFoundError] = errors.NotFoundError
    item = "the requested item"
    if re.search(r"/objectschema/[^/]+", request.path):
        kind, item = errors.ObjectSchemaNotFoundError, "the object schema"
    elif re.search(r"/objecttype/[^/]+", request.path):
        kind, item = errors.ObjectTypeNotFoundError, "the object type"
    cause = f"{item.capitalize()} does not exist, or it is hidden from {case.who}; the response is the same in both cases."
    if case.basic_on_site and case.account_id is None:
        cause += " A rejected login is the third possibility."
    return kind(f"{doing}: {item} was not found.", cause=cause, **facts)  # 24


def _invalid(case: Case, body: Body) -> errors.ApiError:
    """Row 26: the content was rejected. There are separate errors for mappings."""
    if body.codes or body.code in _MAPPING_CODES or case.request.operation in _MAPPING_OPERATIONS:
        return refused_mapping(case.could_not, body, case.facts(body))
    if case.request.operation in ("search objects", "count objects"):
        return errors.ValidationError(
            f"{case.could_not}: Assets rejected the query.",
            cause="The query is not valid AQL, or it names an attribute that no object type has.",
            remedies=(
                "You: correct the query. Put names and texts into quotation marks, and check the names of attributes.",
            ),
            **case.facts(body),
        )
    has_reason = bool(body.field_errors or body.messages)
    return errors.ValidationError(
        f"{case.could_not}: the server rejected its content.",
        **case.facts(body),
        cause="" if has_reason else "The server did not say why.",
    )


def refused_mapping(happened: str, body: Body, facts: Place | None = None) -> errors.MappingRejectedError:
    """Return the error for a rejected mapping, by the server's code.

    Args:
        happened: What happened, without a full stop: "Could not build the model".
        body: What the server said, in a response or about the progress of a mapping.
        facts: Where and when.
    """
    known_codes = [code for code in (*body.codes, body.code) if code in _MAPPING_CODES]
    if not known_codes:
        # The codes are documented, the document around them is not: search the text.
        known_codes = [code for code in _MAPPING_CODES if re.search(rf"\b{code.lower()}\b", body.text)]
    codes = tuple(dict.fromkeys([*known_codes, *body.codes]))
    kind = _MAPPING_CODES[known_codes[0]] if known_codes else errors.MappingRejectedError
    facts = facts if facts is not None else Place(messages=body.messages)
    facts["code"] = codes[0] if codes else "mapping_rejected"
    reason = ", ".join(codes) + (f" at {body.location}" if body.location else "")
    return kind(
        f"{happened}: Assets rejected the mapping{f' ({reason})' if codes else ''}.",
        location=body.location,
        codes=codes,
        **facts,
    )


def _import_conflict(case: Case, body: Body) -> errors.ApiError:
    """Row 9: the state of the import, by the server's code."""
    doing = case.could_not
    reason = body.code if body.code in _CONFLICTS else ""
    if not reason:
        reason = next((word for word in _CONFLICTS if re.search(rf"\b{word.lower()}\b", body.text)), "")
    facts = case.facts(body)
    if reason:
        facts["code"] = reason
        kind, state = _CONFLICTS[reason]
        return kind(f"{doing}: {state}.", reason=reason, **facts)
    if case.request.operation in _MAPPING_OPERATIONS:
        return errors.MappingExistsError(f"{doing}: the import already has a mapping.", **facts)
    return errors.ImportConflictError(
        f"{doing}: the import is in another state than this needs.", reason=body.code, **facts
    )
