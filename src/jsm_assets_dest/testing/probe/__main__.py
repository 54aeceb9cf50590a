"""`python -m jsm_assets_dest.testing.probe`: ask a site what no document answers."""

# ruff: noqa: T201  # the command prints its findings
from __future__ import annotations

import argparse
import datetime
import getpass
import os
import re
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import attrs
from attrs import frozen

from ..site_profile import SiteProfile
from ..world.doubts import Doubts
from .client import Client, Credential, ProbeError, StoppedError, is_address
from .findings import Context, Findings, Options
from .importing import ask_import, ask_token
from .objects import ask_objects
from .reading import ask_errors, ask_lists, ask_searches, ask_second_account, identify

MOST_REQUESTS = 60
RESERVE = 8

#: Python's errors when a response has another form than every known one: it must not end the probe.
UNEXPECTED_FORMS = (KeyError, IndexError, TypeError, ValueError, AttributeError)

_NEEDS: dict[str, tuple[Callable[[Context], object], str]] = {
    # name: True if it is there, and why questions cannot be asked without it
    "schema": (lambda context: context.candidates, "The account can read no object schema."),
    "second": (lambda context: context.options.second, "It needs a second account (--second-email)."),
    "write": (
        lambda context: context.options.write,
        "It needs --write, and a throw-away object schema (--schema).",
    ),
    "own schema": (
        lambda context: context.candidates,
        "No object schema has the key of --schema.",
    ),
    "import token": (
        lambda context: context.options.import_credential,
        "It needs the import token of a throw-away import.",
    ),
    "replace": (
        lambda context: context.options.replace_token,
        "It needs --replace-token, which ends the given import token.",
    ),
    "import": (
        lambda context: "import" in (*context.asked, *context.findings.asked),
        "It comes after the questions of the import; repeat the command.",
    ),
}


@frozen
class QuestionGroup:
    """Questions that share requests.

    Args:
        name: as in `Doubts`.
        most: the requests that it usually sends at most, without those for cleaning up.
        ask: sends them.
        needs: what must be there, as in `_NEEDS`.
        questions: the numbers of the open questions that it responds.
    """

    name: str
    most: int
    ask: Callable[[Context], None]
    needs: tuple[str, ...] = ()
    questions: tuple[int, ...] = ()

    @property
    def names(self) -> list[str]:
        """The switches and questions of the group, as `SiteProfile.not_asked` names them."""
        switches = [
            switch.name for switch in attrs.fields(Doubts) if switch.metadata.get("probe") == self.name
        ]
        return [*switches, *(f"question {number}" for number in self.questions)]


_IMPORT = ("write", "import token", "own schema")
IDENTITY = QuestionGroup("identity", 7, identify, questions=(1, 2))
GROUPS = (
    QuestionGroup("lists", 7, ask_lists, ("schema",), (3, 4)),
    QuestionGroup("search", 10, ask_searches, ("schema",)),
    QuestionGroup("errors", 6, ask_errors, questions=(5, 6)),
    QuestionGroup("second account", 2, ask_second_account, ("second", "schema")),
    QuestionGroup("objects", 29, ask_objects, ("write", "own schema")),
    QuestionGroup("import", 38, ask_import, _IMPORT, (7, 8, 9, 10)),
    QuestionGroup("token", 10, ask_token, ("replace", "import", *_IMPORT)),
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
    missing = (reason for is_there, reason in map(_NEEDS.__getitem__, group.needs) if not is_there(context))
    reason = next(missing, "")
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


_VARIABLE = re.compile("[A-Z][A-Z0-9_]*")


def parser() -> argparse.ArgumentParser:
    """Return the argument parser of the command."""
    argument_parser = argparse.ArgumentParser(
        prog="python -m jsm_assets_dest.testing.probe",
        description="Ask a sandbox site what no document answers, and write a profile for the emulator. The profile "
        "contains statuses, header names, field names and types, never contents, ids, names or secrets. Secrets are "
        "read from environment variables, or asked for.",
        allow_abbrev=False,  # `--api-token SECRET` must not pass as `--api-token-variable`
    )
    add = argument_parser.add_argument
    add("--site", required=True, help="address of the site, such as https://acme.atlassian.net")
    add("--gateway", default="https://api.atlassian.com", help="Atlassian's gateway (default: %(default)s)")
    add("--email", help="of the account (default: the variable JSM_ASSETS_EMAIL)")
    add(
        "--api-token-variable",
        default="JSM_ASSETS_API_TOKEN",
        metavar="NAME",
        help="the variable with its classic API token (default: %(default)s)",
    )
    add(
        "--second-email", help="of a second account, without a license or without a role in the object schema"
    )
    add(
        "--second-token-variable",
        default="JSM_ASSETS_SECOND_API_TOKEN",
        metavar="NAME",
        help="the variable with its API token (default: %(default)s)",
    )
    add("--write", action="store_true", help="also ask questions that write to a throw-away object schema")
    add("--schema", default="", metavar="KEY", help="key of the throw-away object schema")
    add(
        "--import-token-variable",
        default="JSM_ASSETS_IMPORT_TOKEN",
        metavar="NAME",
        help="the variable with the token of a throw-away import of this schema (default: %(default)s)",
    )
    add("--replace-token", action="store_true", help="replace the import token; the given one ends")
    add("--hold", type=float, default=0.0, metavar="SECONDS", help="leave an execution open for this time")
    add("--output", type=Path, default=Path("site-profile.json"), help="the profile (default: %(default)s)")
    add("--again", action="store_true", help="ask everything again, instead of continuing an earlier profile")
    add("--interval", type=float, default=0.5, help="seconds between two requests (default: %(default)s)")
    return argument_parser


def _variable(name: str) -> str:
    """Return the name of a variable; reject anything else without showing it, because it may be the secret itself."""
    if not _VARIABLE.fullmatch(name):
        raise ProbeError(
            "A secret was passed where the name of its variable belongs, such as JSM_ASSETS_API_TOKEN."
        )
    return name


def _secret(name: str, what: str, environ: Mapping[str, str], ask: Callable[[str], str]) -> str:
    """Return a secret from a variable, or ask for it."""
    value = environ.get(_variable(name), "").strip()
    if not value and sys.stdin is not None and sys.stdin.isatty():
        value = ask(f"{what}: ").strip()
    if not value:
        raise ProbeError(f"The variable {name} is empty. Set it to: {what}.")
    return value


def _address(option: str, text: str) -> str:
    address = text.rstrip("/")
    address = address if "://" in address else f"https://{address}"
    if not is_address(address):
        raise ProbeError(f"{option} is not the address of a site, such as https://acme.atlassian.net.")
    return address


def _earlier(path: Path, *, again: bool) -> SiteProfile:
    """Return the profile to continue, after checking that the new one can be written.

    Raises:
        ProbeError: it cannot be written.
        ValueError: the file is not a profile.
    """
    draft = path.with_name(f"{path.name}.new")
    try:
        if path.is_dir():
            raise IsADirectoryError
        draft.touch()
        draft.unlink()
    except OSError as problem:
        raise ProbeError(f"The profile can't be written to {path}: {type(problem).__name__}.") from None
    return SiteProfile.load(path) if path.exists() and not again else SiteProfile()


def options_from(
    arguments: argparse.Namespace, environ: Mapping[str, str], ask: Callable[[str], str]
) -> Options:
    """Return the options with the secrets that the arguments name.

    Raises:
        ProbeError: something is missing.
    """
    email = arguments.email or environ.get("JSM_ASSETS_EMAIL", "")
    if not email:
        raise ProbeError("There is no account. Pass --email, or set JSM_ASSETS_EMAIL.")
    if arguments.write and not arguments.schema:
        raise ProbeError("--write needs --schema, the key of a throw-away object schema.")
    token = _secret(arguments.api_token_variable, f"the API token of {email}", environ, ask)
    second = None
    if arguments.second_email:
        what = f"the API token of {arguments.second_email}"
        secret = _secret(arguments.second_token_variable, what, environ, ask)
        second = Credential.basic(arguments.second_email, secret)
    name = _variable(arguments.import_token_variable)
    import_token = environ.get(name, "").strip() if arguments.write else ""
    return Options(
        site=_address("--site", arguments.site),
        gateway=_address("--gateway", arguments.gateway),
        email=email,
        account=Credential.basic(email, token),
        schema_key=arguments.schema,
        write=arguments.write,
        import_credential=Credential.bearer(import_token) if import_token else None,
        second=second,
        replace_token=arguments.replace_token,
        hold_seconds=arguments.hold,
    )


def run(
    options: Options,
    client: Client,
    earlier: SiteProfile,
    *,
    day: str,
    report: Callable[[str], None],
) -> tuple[SiteProfile, int]:
    """Ask, and return the profile with what earlier runs found, and the exit code."""
    findings = Findings()
    for switch in attrs.fields(Doubts):
        if "unprobed" in switch.metadata:
            findings.skip(switch.name, switch.metadata["unprobed"])
    code = 0
    try:
        ask_all(
            Context(client=client, findings=findings, options=options, report=report, asked=earlier.asked)
        )
    except ProbeError as problem:
        report(f"Stopped: {problem}")
        code = 1
    except KeyboardInterrupt:
        report("Stopped. What was created is removed; if that was interrupted too, repeat the command.")
        code = 130
    finally:
        client.close()
    return earlier.updated(findings.profile(client.sent, day)), code


def main(
    arguments: Sequence[str] | None = None,
    *,
    environ: Mapping[str, str] | None = None,
    ask: Callable[[str], str] = getpass.getpass,
    client: Callable[[Options, float], Client] | None = None,
) -> int:
    """Probe a site.

    Returns:
        0 if everything was asked that could be, 1 if the site cannot be probed, 130 after Ctrl-C.
    """
    parsed = parser().parse_args(arguments)
    try:
        options = options_from(parsed, os.environ if environ is None else environ, ask)
        earlier = _earlier(parsed.output, again=parsed.again)
    except (ProbeError, ValueError) as problem:
        print(problem, file=sys.stderr)
        return 1
    if earlier.asked:
        print(f"Continuing {parsed.output}. For another site, pass another --output.")
    requests = (client or network_client)(options, parsed.interval)
    begin = requests.monotonic()
    day = datetime.datetime.now(datetime.UTC).date().isoformat()
    profile, code = run(options, requests, earlier, day=day, report=lambda line: print(line, flush=True))
    profile.save(parsed.output)
    seconds = requests.monotonic() - begin
    print(f"\n{requests.sent} requests in {seconds:.0f} s, {requests.throttled} throttled.\n\n{profile}")
    print(f"\nThe profile is {parsed.output}. Use it: Emulator(profile={str(parsed.output)!r})")
    return code


def network_client(options: Options, interval: float) -> Client:
    """Return the client of a real site."""
    origins = (options.site, options.gateway)
    return Client(
        origins,
        limit=MOST_REQUESTS,
        reserve=RESERVE,
        interval=interval,
        sleep=time.sleep,
        monotonic=time.monotonic,
    )


if __name__ == "__main__":  # pragma: no cover  # a process of its own, which test_probe starts
    sys.exit(main())
