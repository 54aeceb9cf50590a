"""Steps of the checklist that are done, wait, or report a problem, in words for an administrator.

Remedies of errors are written for developers too. Those that contain Python are left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from .._assets.reports import NOT_KNOWN, Check, CheckState
from ..exceptions import AssetsError
from .status import ActionCode, DestinationStep, StepAction, StepCode, StepState

#: What to do, for steps whose error does not say it to an administrator.
REMEDIES: Mapping[ActionCode, str] = {
    "fix_connection": "You: correct the site or the credentials of the destination, and check again.",
    "choose_schema": "You: choose an object schema, or enter the key and the name of a new one.",
    "create_schema": "A Jira admin: create the object schema.",
    "resolve_conflicts": "You: choose a resolution for each of these object types.",
    "restrict_roles": "You: choose the groups and people of each role.",
    "create_import_source": "An object schema manager: create an External import on the tab Import.",
    "enable_import_source": "An object schema manager: enable the import on the tab Import.",
    "paste_token": "You: paste the token.",
    "fix_token": "You: replace the import token.",
    "fix_model": "You: correct the model.",
    "build": "You: review the changes, and build the model.",
    "import": "You: start a test import.",
}

_WEB_ADDRESS = re.compile(r"https?://\S+")
#: Calls, keyword arguments, and constants, which an administrator can't use.
_PYTHON = re.compile(r"\w\(|\w=|\b(None|True|False)\b")


def contains_python(text: str) -> bool:
    return _PYTHON.search(_WEB_ADDRESS.sub("", text)) is not None


def done_step(code: StepCode, summary: str, evidence: str = "", link: str = "") -> DestinationStep:
    return DestinationStep(code=code, state=StepState.DONE, summary=summary, evidence=evidence, link=link)


def waiting_step(
    code: StepCode, waits_for: Iterable[StepCode], summary: str = "", link: str = ""
) -> DestinationStep:
    codes = tuple(waits_for)
    return DestinationStep(
        code=code,
        state=StepState.WAITING,
        summary=summary or f"These steps come first: {', '.join(code.replace('_', ' ') for code in codes)}.",
        waits_for=codes,
        link=link,
    )


def failed_step(code: StepCode, error: AssetsError, action: ActionCode, link: str = "") -> DestinationStep:
    is_unknown = isinstance(error, NOT_KNOWN)
    if is_unknown:
        action = "fix_connection"
    return DestinationStep(
        code=code,
        state=StepState.UNKNOWN if is_unknown else StepState.FAILED,
        summary=error.what,
        action=StepAction(action),
        evidence=_facts(error),
        link=link,
        remedies=_for_administrators(error.remedies, action),
        cause="" if contains_python(error.cause) else error.cause,
        error=error,
    )


def failed_checks_step(
    code: StepCode, problems: tuple[Check, ...], action: ActionCode, link: str
) -> DestinationStep:
    first = problems[0]
    failed = any(check.state is CheckState.FAILED for check in problems)
    return DestinationStep(
        code=code,
        state=StepState.FAILED if failed else StepState.UNKNOWN,
        summary=" ".join(dict.fromkeys(check.summary for check in problems)),
        action=StepAction(action, {"checks": [check.name for check in problems]}),
        evidence=first.evidence or ("" if first.error is None else _facts(first.error)) or first.name,
        link=link,
        remedies=_for_administrators((remedy for check in problems for remedy in check.remedies), action),
        cause="" if contains_python(first.cause) else first.cause,
        error=first.error,
    )


def _facts(error: AssetsError) -> str:
    return error.technical or error.code


def _for_administrators(remedies: Iterable[str], action: ActionCode) -> tuple[str, ...]:
    usable = [remedy for remedy in remedies if not contains_python(remedy)]
    return tuple(dict.fromkeys(usable)) or (REMEDIES[action],)
