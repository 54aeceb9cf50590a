"""`python -m jsm_assets_dest.testing.probe`, `SiteProfile`, and `Emulator(profile=…)`."""

from __future__ import annotations

import getpass
import io
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from jsm_assets_dest.testing import Doubts, Emulator, Fault, SiteProfile
from jsm_assets_dest.testing.__main__ import parser as emulator_parser
from jsm_assets_dest.testing.probe.__main__ import main, network_client
from jsm_assets_dest.testing.probe.client import Client
from jsm_assets_dest.testing.probe.findings import Options
from tests.emulator.api import Api
from tests.emulator.probing import KEY, Sandbox
from tests.emulator.test_probe import SWITCHES


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class Command:
    """Runs the command on a sandbox."""

    def __init__(self, folder: Path, **sandbox: Any) -> None:
        self.sandbox = Sandbox(**sandbox)
        self.path = folder / "profile.json"
        self.options: Options | None = None
        emulator = self.sandbox.emulator
        self.environ = {
            "JSM_ASSETS_EMAIL": emulator.email,
            "JSM_ASSETS_API_TOKEN": emulator.api_token,
            "JSM_ASSETS_IMPORT_TOKEN": self.sandbox.source.token,
            "JSM_ASSETS_SECOND_API_TOKEN": self.sandbox.second.api_token,
        }

    def client(self, options: Options, _: float) -> Client:
        self.options = options
        return self.sandbox.client(options)

    def __call__(self, *arguments: str, ask: Any = None) -> int:
        command = ["--site", "acme.atlassian.net", "--output", str(self.path), *arguments]
        return main(command, environ=self.environ, ask=ask or getpass.getpass, client=self.client)

    @property
    def profile(self) -> SiteProfile:
        return SiteProfile.load(self.path)


@pytest.fixture
def command(tmp_path: Path) -> Command:
    return Command(tmp_path)


@pytest.fixture
def no_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", None)


class TestCommand:
    @pytest.mark.slow
    def test_repeated_command_continues(self, command: Command, capsys: pytest.CaptureFixture[str]) -> None:
        assert command("--second-email", "bruno@acme.com") == 0
        output = capsys.readouterr().out
        assert output.startswith("Asking: identity\nAsking: lists\nAsking: search\nAsking: errors\n")
        assert "requests in " in output
        assert f"Use it: Emulator(profile={str(command.path)!r})" in output
        first = command.profile
        for _ in range(2):
            assert command("--write", "--schema", KEY, "--hold", "60") == 0
        second = command.profile
        assert set(second.asked) == {
            "identity",
            "lists",
            "search",
            "errors",
            "second account",
            "objects",
            "import",
        }
        assert second.requests == sum(client.sent for client in command.sandbox.clients) > first.requests
        assert set(first.switches) < set(second.switches)
        assert second.questions[10]["import"].endswith("open execution after 60 s: INGESTING")
        output = capsys.readouterr().out
        assert output.count("Asking: import") == output.count("Asking: objects") == 1
        command("--again")
        assert set(command.profile.asked) == {"identity", "lists", "search", "errors"}

    @pytest.mark.usefixtures("no_terminal")
    @pytest.mark.parametrize(
        ("missing", "arguments", "message"),
        [
            ("JSM_ASSETS_EMAIL", (), "There is no account. Pass --email, or set JSM_ASSETS_EMAIL."),
            ("JSM_ASSETS_API_TOKEN", (), "The variable JSM_ASSETS_API_TOKEN is empty. Set it to: the API token of ana@acme.com."),
            ("", ("--write",), "--write needs --schema, the key of a throw-away object schema."),
            ("JSM_ASSETS_SECOND_API_TOKEN", ("--second-email", "b@acme.com"), "The variable JSM_ASSETS_SECOND_API_TOKEN is empty. Set it to: the API token of b@acme.com."),
        ],
    )  # fmt: skip
    def test_missing_setting_is_named(
        self,
        command: Command,
        capsys: pytest.CaptureFixture[str],
        missing: str,
        arguments: tuple[str, ...],
        message: str,
    ) -> None:
        command.environ.pop(missing, None)
        assert command(*arguments) == 1
        assert capsys.readouterr().err == f"{message}\n"
        assert not command.path.exists()

    def test_token_is_asked_for_on_a_terminal(
        self, command: Command, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(sys, "stdin", Terminal())
        token = command.environ.pop("JSM_ASSETS_API_TOKEN")
        prompts: list[str] = []

        def ask(prompt: str) -> str:
            prompts.append(prompt)
            return token

        assert command(ask=ask) == 0
        assert prompts == ["the API token of ana@acme.com: "]

    def test_no_argument_takes_a_secret(self, command: Command) -> None:
        assert command("--email", "ana@acme.com", "--gateway", "api.atlassian.com/") == 0
        assert command.options is not None
        assert command.options.site == "https://acme.atlassian.net"
        assert command.options.gateway == "https://api.atlassian.com"
        with pytest.raises(SystemExit):
            command("--api-token", "secret")

    def test_secret_in_place_of_a_variable_is_not_shown(
        self, command: Command, capsys: pytest.CaptureFixture[str]
    ) -> None:
        for option in ("--api-token-variable", "--second-token-variable", "--import-token-variable"):
            extra = ("--second-email", "b@acme.com", "--write", "--schema", KEY)
            assert command(option, "ATATT3xSecret", *extra) == 1
            error = capsys.readouterr().err
            assert error.startswith("A secret was passed where the name of its variable belongs")
            assert "ATATT3xSecret" not in error

    def test_wrong_token_ends_with_the_reason(
        self, command: Command, capsys: pytest.CaptureFixture[str]
    ) -> None:
        command.environ["JSM_ASSETS_API_TOKEN"] = "wrong"
        assert command() == 1
        assert "Stopped: The login was rejected: HTTP 401." in capsys.readouterr().out
        assert command.profile.switches == {}

    def test_interrupted_command_saves_what_it_found(
        self, command: Command, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def interrupt(_: object) -> None:
            raise KeyboardInterrupt

        monkeypatch.setattr(command.sandbox.emulator.clock, "sleep", interrupt)
        assert command() == 130
        assert "Stopped. What was created is removed" in capsys.readouterr().out
        assert command.profile.requests == 1

    def test_other_file_is_not_overwritten(
        self, command: Command, capsys: pytest.CaptureFixture[str]
    ) -> None:
        command.path.write_text("[1]")
        assert command() == 1
        assert "not a site profile" in capsys.readouterr().err
        assert command.path.read_text() == "[1]"

    @pytest.mark.parametrize("name", ["", "missing/profile.json"])
    def test_output_that_cannot_be_written_is_rejected_unsent(
        self, command: Command, capsys: pytest.CaptureFixture[str], name: str
    ) -> None:
        command.path = command.path.parent / name
        assert command() == 1
        assert "The profile can't be written" in capsys.readouterr().err
        assert not command.sandbox.emulator.requests

    def test_earlier_profile_is_named(self, command: Command, capsys: pytest.CaptureFixture[str]) -> None:
        assert command() == 0
        assert "Continuing" not in capsys.readouterr().out
        assert command() == 0
        assert capsys.readouterr().out.startswith(
            f"Continuing {command.path}. For another site, pass another --output.\n"
        )

    def test_site_that_is_not_an_address_is_a_reason(
        self, command: Command, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert command("--site", "https://acme.atlassian.net:port") == 1
        assert "--site is not the address of a site" in capsys.readouterr().err

    def test_client_of_a_real_site_has_the_limits(self) -> None:
        client = network_client(Sandbox().options(), 0.5)
        assert (client.remaining, client.is_trusted("https://api.atlassian.com/x")) == (52, True)
        client.close()

    @pytest.mark.once
    def test_command_runs_as_a_process(self, tmp_path: Path) -> None:
        with Emulator() as emulator, emulator.serve() as url:
            emulator.seed_demo()
            arguments = ["--site", url, "--gateway", url, "--interval", "0", "--output", "p.json"]
            environ = {**os.environ, **emulator.settings(url)}
            done = subprocess.run(
                [sys.executable, "-m", "jsm_assets_dest.testing.probe", *arguments],
                cwd=tmp_path,
                env=environ,
                capture_output=True,
                text=True,
                timeout=60,
                check=False,
            )
        assert (done.returncode, done.stderr) == (0, "")
        assert "agrees with this site in all of them" in done.stdout
        assert SiteProfile.load(tmp_path / "p.json").requests <= 60


class TestObstacles:
    """Sites that do not respond as expected."""

    def not_asked(self, operation: str, fault: Fault, switch: str, *, times: int = 9, **sandbox: Any) -> str:
        site = Sandbox(**sandbox)
        site.emulator.faults.add(operation, fault, times=times)
        profile = site.probe()
        profile = site.probe(site.writing(), profile)
        profile = site.probe(site.writing(), profile)
        site.emulator.faults.clear()
        assert switch not in profile.switches
        return profile.not_asked[switch]

    @pytest.mark.once
    @pytest.mark.parametrize(
        ("operation", "fault", "switch", "reason"),
        [
            ("search objects", Fault(status=500), "is_last_as_text", "The responses did not settle it."),
            ("search objects", Fault(status=200, body={}), "larger_pages", "The responses did not settle it."),
            ("search objects", Fault(status=200, body={}), "avatar_token", "The object schema has no objects."),
            ("list icons", Fault(status=500), "icon_ids_as_uuid", "The responses did not settle it."),
            ("list object types", Fault(status=500), "object_types_in_entries", "The responses did not settle it."),
            ("list reference types", Fault(status=500), "schema_reference_types_present", "The site responded with HTTP 500."),
            ("read import status", Fault(status=500), "unknown_import_source_status", "The site responds in a way that the emulator does not have."),
            ("read server info", Fault(status=500), "seraph_header_on_success", "The responses did not settle it."),
            ("submit mapping", Fault(status=500), "repeated_mapping_put", "The site responded with HTTP 500."),
            ("update mapping", Fault(status=400, body={}), "created_query_in", "The mapping was rejected: HTTP 400."),
            ("start import", Fault(status=500), "created_query_in", "The import could not be started: HTTP 500."),
            ("read mapping progress", Fault(status=200, body={}), "mapping_seconds", "The mapping took longer than half a minute."),
            ("read execution status", Fault(status=200, body={}), "created_query_in", "The import took longer than a minute."),
            ("count objects", Fault(status=500), "count_lag_seconds", "The imported objects were not visible within half a minute."),
            ("read legacy import progress", Fault(status=404), "created_query_in", "The progress resource returned HTTP 404."),
            ("list roles", Fault(status=404), "roles_writable", "The object schema has no readable role without entries."),
            ("update object schema", Fault(status=403), "schema_key_can_change", "The site responded with HTTP 403."),
            ("create object", Fault(status=400), "delete_object_status", "The responses did not settle it."),
            ("create attribute", Fault(status=500), "attribute_update_needs_configure", "The responses did not settle it."),
            ("get object", Fault(status=500), "object_update_replaces", "The responses did not settle it."),
            ("get object", Fault(status=500), "identical_objects_are_touched", "The responses did not settle it."),
            ("update attribute", Fault(status=500), "attribute_update_needs_configure", "The responses did not settle it."),
            ("update object", Fault(status=500), "search_snapshot", "The responses did not settle it."),
            ("read import info", Fault(status=200, body={"links": {"mapping": "https://api.atlassian.com/importsource/1/mapping"}}), "repeated_mapping_put", "A response has an unexpected form."),
            ("list object types flat", Fault(status=200, body=[{"name": "JSM probe x"}]), "two_labels_accepted", "A response has an unexpected form."),
            ("list statuses", Fault(status=500), "group_and_status_values_in_search_value_only", "The responses did not settle it."),
            ("create object type", Fault(status=403), "two_labels_accepted", "An object type could not be created: HTTP 403."),
            ("list roles", Fault(status=200, body={"A": "x/y"}), "roles_writable", "The object schema has no readable role without entries."),
            ("get import source", Fault(status=500), "missing_objects_key", "The responses did not settle it."),
            ("read execution status", Fault(status=200, body={"status": "DONE"}), "import_errors_fail_result", "The site reported no error for a bad number."),
        ],
    )  # fmt: skip
    def test_unexpected_response_is_a_reason(
        self, operation: str, fault: Fault, switch: str, reason: str
    ) -> None:
        assert self.not_asked(operation, fault, switch) == reason

    def test_account_without_groups(self) -> None:
        site = Sandbox()
        site.emulator.account.groups.clear()
        profile = site.probe(site.writing(), SiteProfile(asked=("lists", "search", "errors", "import")))
        assert profile.not_asked["group_values"] == "The account is in no group, or its id is unknown."

    def test_site_without_schemas(self) -> None:
        site = Sandbox()
        site.emulator.world.schemas.clear()
        profile = site.probe()
        assert profile.not_asked["roles_readable"] == "The account can read no object schema."
        assert profile.not_asked["non_agents_can_search"] == "The account can read no object schema."

    def test_site_without_assets(self) -> None:
        site = Sandbox()
        lines: list[str] = []
        site.emulator.access.disable_assets()
        site.probe(report=lines.append)
        assert lines[-1] == "Stopped: No Assets workspace was found: HTTP 200."
        site.emulator.access.disable_assets("denied")
        site.probe(report=lines.append)
        assert lines[-1] == "Stopped: No base URL of Assets accepts the account."

    def test_schema_without_an_id_settles_nothing(self) -> None:
        site = Sandbox()
        site.emulator.faults.add("list object schemas", Fault(status=200, body={"values": [{}]}), times=3)
        profile = site.probe()
        assert profile.not_asked["roles_readable"] == "A response has an unexpected form."
        assert set(profile.questions) == {1, 2, 5}

    def test_second_account_with_a_role(self) -> None:
        site = Sandbox()
        other = site.emulator.add_account("carla@acme.com")
        profile = site.probe(site.options(second=site.credential(other)))
        reason = "The second account has a role in the object schema."
        assert profile.not_asked["schema_without_role_status"] == reason

    @pytest.mark.slow
    def test_used_import_skips_the_first_put(self) -> None:
        site = Sandbox()
        site.probe_everything()
        profile = site.probe(site.writing(), SiteProfile(asked=("lists", "search", "errors", "objects")))
        assert profile.not_asked["mapping_seconds"] == "The import had a mapping already; use a new import."
        assert profile.questions[7]["import"].startswith(
            "first PUT 409, second PUT 409, PATCH 204; Location: none"
        )

    @pytest.mark.parametrize(
        ("nth", "operation", "switch"),
        [(2, "create object type", ""), (3, "create attribute", "group_values")],
    )
    def test_single_failure_leaves_one_switch_open(self, nth: int, operation: str, switch: str) -> None:
        site = Sandbox()
        site.emulator.faults.add(operation, Fault(status=400), nth=nth)
        groups = ("lists", "search", "errors", "second account", "import", "token")
        profile = site.probe(site.writing(), SiteProfile(asked=groups))
        group = {name for name, item in SWITCHES.items() if item.metadata.get("probe") == "objects"}
        assert group - set(profile.switches) == {switch} - {""}

    def test_small_limits_are_reasons(self) -> None:
        profile = Sandbox(doubts=Doubts(longest_query=100)).probe()
        for switch in ("longest_query", "largest_in_list"):
            assert profile.not_asked[switch] == "All tried sizes were rejected."
        profile = Sandbox(doubts=Doubts(larger_pages="honored")).probe()
        assert profile.differences == {"larger_pages": ("cut", "honored")}
        assert profile.not_asked["largest_page"].startswith("Pages of 1001 objects are accepted")

    @pytest.mark.once
    def test_pages_without_marks_settle_nothing(self) -> None:
        profile = Sandbox(objects=1001, doubts=Doubts(is_last_absent=True, total_present=False)).probe()
        assert set(profile.differences) == {"is_last_absent", "total_present"}
        assert {"is_last_too_early", "total_capped_at"} <= set(profile.not_asked)

    @pytest.mark.once
    def test_token_that_takes_long_settles_nothing(self) -> None:
        for doubts, fault in ((Doubts(fresh_token_seconds=60.0), None), (Doubts(), Fault(status=500))):
            site = Sandbox(doubts=doubts)
            if fault is not None:
                site.emulator.faults.add("create import token", fault)
            earlier = SiteProfile(asked=("lists", "search", "errors", "objects", "import"))
            profile = site.probe(site.writing(replace_token=True), earlier)
            assert profile.not_asked["fresh_token_seconds"] == "The responses did not settle it."

    def test_missing_objects_settle_nothing(self) -> None:
        """The site counts no object as created, and its search returns none."""
        site = Sandbox()
        site.emulator.faults.add("count objects", Fault(status=200, body={"totalCount": 0}), times=9)
        status = {"status": "DONE", "progressResult": {"objectTypeResultMap": {"1": {"objectsCreated": 0}}}}
        site.emulator.faults.add("read execution status", Fault(status=200, body=status), times=9)
        site.emulator.faults.add("search objects", Fault(status=200, body={"values": []}), times=9)
        groups = ("lists", "search", "errors", "second account", "objects")
        profile = site.probe(site.writing(), SiteProfile(asked=groups))
        site.emulator.faults.clear()
        open_switches = {
            "identifiers_ignore_case",
            "identical_objects_are_touched",
            "ties_differ_between_queries",
        }
        assert open_switches <= set(profile.not_asked)
        assert "import" in profile.asked

    def test_failed_cleaning_is_reported(self) -> None:
        site = Sandbox()
        site.emulator.faults.add("list object types flat", Fault(status=500), nth=2)
        lines: list[str] = []
        site.probe(
            site.writing(), SiteProfile(asked=("lists", "search", "errors", "import")), report=lines.append
        )
        assert lines[-1].startswith("Not everything could be removed; repeat the command.")


class TestSiteProfile:
    def test_profile_survives_its_file(self, tmp_path: Path) -> None:
        profile = Sandbox().probe()
        profile.save(tmp_path / "p.json")
        assert SiteProfile.load(tmp_path / "p.json") == profile
        assert [path.name for path in tmp_path.iterdir()] == ["p.json"]

    @pytest.mark.parametrize(
        ("text", "message"),
        [
            ("{", "is not JSON"),
            ("[]", "not a site profile of version 1"),
            ('{"version": 2}', "not a site profile of version 1"),
            ('{"version": 1}', "incomplete: 'switches'"),
            ('{"version": 1, "switches": {}, "questions": []}', "incomplete"),
        ],
    )
    def test_invalid_file_is_rejected(self, tmp_path: Path, text: str, message: str) -> None:
        path = tmp_path / "p.json"
        path.write_text(text)
        with pytest.raises(ValueError, match=message):
            Emulator(profile=path)

    @pytest.mark.parametrize(
        ("switches", "message"),
        [
            ({"nothing": True}, "switches has unknown names: nothing"),
            ({"larger_pages": "huge"}, "larger_pages is 'huge'"),
        ],
    )
    def test_invalid_switch_is_rejected(self, switches: dict[str, Any], message: str) -> None:
        with pytest.raises(ValueError, match=message):
            SiteProfile(switches=switches)

    @pytest.mark.once
    def test_emulator_responds_as_the_site_does(self, tmp_path: Path) -> None:
        doubts = Doubts(is_last_as_text=True, delete_object_status=204, created_query_in="")
        profile = Sandbox(doubts=doubts).probe_everything()
        profile.save(tmp_path / "p.json")
        emulator = Emulator(profile=tmp_path / "p.json")
        assert emulator.doubts == doubts
        emulator.add_object_schema("OKT").add_object_type("T").add_object(Name="A")
        page = Api(emulator).post("/object/aql", {"qlQuery": "Name = A"}, status=200)
        assert page["isLast"] == "true"
        assert Api(emulator).ask("DELETE", "/object/1").status_code == 204
        assert Sandbox(profile=profile).probe_everything().switches == profile.switches

    def test_profile_and_doubts_contradict_each_other(self) -> None:
        with pytest.raises(ValueError, match="pass doubts or profile, not both"):
            Emulator(profile=SiteProfile(), doubts=Doubts())

    def test_command_of_the_emulator_takes_a_profile(self) -> None:
        assert emulator_parser().parse_args(["--profile", "p.json"]).profile == Path("p.json")

    def test_text_lists_differences_and_reasons(self) -> None:
        profile = SiteProfile(
            switches={"is_last_as_text": True, "total_present": True},
            questions={2: {"identity": "short: 200"}},
            not_asked={
                "question 7": "no token",
                "search_lag_seconds": "no token",
                "count_lag_seconds": "no token",
            },
        )
        text = str(profile)
        assert "      short: 200\n" in text
        assert "      not asked: no token\n" in text
        assert "      not asked: the probe did not get that far\n" in text
        assert (
            "2 switches of Doubts were settled. The emulator's default differs from this site in 1:" in text
        )
        assert "  is_last_as_text  default False, this site True" in text
        assert text.endswith("Switches not asked: 2\n  no token\n    search_lag_seconds, count_lag_seconds")
        assert json.dumps(profile.to_dict())
        assert "agrees with this site in all" in str(SiteProfile())

    def test_newer_profile_takes_precedence(self) -> None:
        older = SiteProfile(
            switches={"is_last_as_text": True},
            questions={4: {"lists": "a"}},
            not_asked={"search_snapshot": "x", "question 7": "y"},
            probed="2026-11-27",
            requests=3,
        )
        newer = SiteProfile(
            switches={"is_last_as_text": False, "search_snapshot": True},
            questions={4: {"import": "b"}, 7: {"import": "c"}},
            not_asked={"is_last_as_text": "z"},
            requests=4,
        )
        profile = older.updated(newer)
        assert profile.switches == {"is_last_as_text": False, "search_snapshot": True}
        assert profile.questions == {4: {"lists": "a", "import": "b"}, 7: {"import": "c"}}
        assert (profile.not_asked, profile.requests, profile.probed) == ({}, 7, "2026-11-27")
