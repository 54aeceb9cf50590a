"""The question groups in their order, and what each one needs."""

from __future__ import annotations

from collections.abc import Callable

import attrs
from attrs import frozen

from ..world.doubts import Doubts
from .client import ProbeError, StoppedError
from .context import Context
from .importing import ask_import, ask_token
from .objects import ask_objects
from .reading import ask_errors, ask_lists, ask_searches, ask_second_account, identify

MOST_REQUESTS = 60
RESERVE = 8

#: Python's errors when a response has another form than every known one: it must not end the probe.
UNEXPECTED_FORMS = (KeyError, IndexError, TypeError, ValueError, AttributeError)

_NEEDS_WRITE = "It needs --write, and a throw-away object schema (--schema)."


@frozen
class QuestionGroup:
    """Questions that share requests.

    Args:
        name: as in `Doubts`.
        most: the requests that it usually sends at most, without those for cleaning up.
        ask: sends them.
        obstacle: returns why it cannot be asked, or "".
        questions: the numbers of the open questions that it answers.
    """

    name: str
    most: int
    ask: Callable[[Context], None]
    obstacle: Callable[[Context], str]
    questions: tuple[int, ...] = ()

    @property
    def names(self) -> list[str]:
        """The switches and questions of the group, as `SiteProfile.not_asked` names them."""
        switches = [
            switch.name for switch in attrs.fields(Doubts) if switch.metadata.get("probe") == self.name
        ]
        return [*switches, *(f"question {number}" for number in self.questions)]


def _nothing(_: Context) -> str:
    return ""


def _schema_obstacle(context: Context) -> str:
    return "" if context.candidates else "There is no object schema to read."


def _second_obstacle(context: Context) -> str:
    if context.options.second is None:
        return "It needs a second account (--second-email)."
    return _schema_obstacle(context)


def _write_obstacle(context: Context) -> str:
    if not context.options.write:
        return _NEEDS_WRITE
    return "" if context.candidates else "There is no object schema with the key of --schema."


def _import_obstacle(context: Context) -> str:
    if context.options.write and context.options.import_credential is None:
        return "It needs the import token of a throw-away import."
    return _write_obstacle(context)


def _token_obstacle(context: Context) -> str:
    if not context.options.replace_token:
        return "It needs --replace-token, which ends the given import token."
    if "import" not in (*context.asked, *context.findings.asked):
        return "It comes after the questions of the import; repeat the command."
    return _import_obstacle(context)


IDENTITY = QuestionGroup("identity", 7, identify, _nothing, (1, 2))
GROUPS = (
    QuestionGroup("lists", 7, ask_lists, _schema_obstacle, (3, 4)),
    QuestionGroup("search", 10, ask_searches, _schema_obstacle),
    QuestionGroup("errors", 6, ask_errors, _nothing, (5, 6)),
    QuestionGroup("second account", 2, ask_second_account, _second_obstacle),
    QuestionGroup("objects", 29, ask_objects, _write_obstacle),
    QuestionGroup("import", 38, ask_import, _import_obstacle, (7, 8, 9, 10)),
    QuestionGroup("token", 10, ask_token, _token_obstacle),
)


def ask_all(context: Context) -> None:
    """Ask the question groups that fit into the limit and that no earlier run asked.

    Raises:
        ProbeError: the account or the workspace cannot be used.
    """
    context.report("Asking: identity")
    context.findings.group = IDENTITY.name
    identify(context)
    context.findings.asked.append(IDENTITY.name)
    _skip_rest(context, IDENTITY, "The responses did not settle it.")
    for group in GROUPS:
        if group.name not in context.asked:
            _ask(context, group)


def _ask(context: Context, group: QuestionGroup) -> None:
    reason = group.obstacle(context)
    if not reason and context.client.remaining < group.most:
        reason = f"The limit of {MOST_REQUESTS} requests per run; repeat the command to continue."
    if not reason:
        context.report(f"Asking: {group.name}")
        context.findings.group = group.name
        reason = "The responses did not settle it."
        try:
            group.ask(context)
        except (StoppedError, ProbeError) as problem:
            reason = str(problem)
        except UNEXPECTED_FORMS:
            reason = "A response has an unexpected form."
        else:
            context.findings.asked.append(group.name)
    _skip_rest(context, group, reason)


def _skip_rest(context: Context, group: QuestionGroup, reason: str) -> None:
    findings = context.findings
    answered = {f"question {number}" for number in findings.questions}
    for name in group.names:
        if name not in findings.not_asked and name not in answered:
            findings.skip(name, reason)
