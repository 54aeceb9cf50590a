"""Reports for people, programs and notebooks."""

from __future__ import annotations

import json
import pickle
import re
from html.parser import HTMLParser

import attrs
import pytest

from jsm_assets_dest import Check, CheckState, ConnectionReport, ImportTokenReport
from jsm_assets_dest.exceptions import NotJiraAdminError, ProblemsFoundError

SITE = "https://acme.atlassian.net"
ERROR = NotJiraAdminError("The account is not a Jira administrator.", status=403, request_id="2f8a9cbb")
GOOD = Check(
    name="site", state=CheckState.OK, summary="The site answers.", evidence="cloud id 1", seconds=0.1234
)
BAD = Check(
    name="jira admin",
    state=CheckState.FAILED,
    summary="The account is not a Jira administrator.",
    cause="It lacks the permission.",
    remedies=("A Jira admin: give it the permission.", "Or you: use another account."),
    error=ERROR,
)
LEFT = Check(name="import", state=CheckState.SKIPPED, summary="Not checked.")
OPEN = Check(
    name="assets",
    state=CheckState.UNKNOWN,
    summary="The service was not available.",
    remedies=("You: wait.",),
)


def report(*checks: Check, account: str = "ana@acme.com") -> ConnectionReport:
    """Return a report with some facts."""
    return ConnectionReport(
        checks=checks,
        site=SITE,
        account=account,
        cloud_id="1",
        workspace_id="2",
        proxies=("https://api.atlassian.com",),
    )


def test_skipped_check_is_not_a_problem() -> None:
    """Failed and unknown are; ok and skipped are not."""
    assert report(GOOD, LEFT).ok
    assert not report(GOOD, BAD).ok
    assert not report(GOOD, OPEN).ok
    assert report(GOOD, BAD, LEFT, OPEN).problems == (BAD, OPEN)


def test_first_remedy_names_who_must_act() -> None:
    """Unless it is said otherwise; no one has to act where nothing failed."""
    assert BAD.who == "A Jira admin"
    assert GOOD.who == ""
    assert Check(name="x", state=CheckState.FAILED, remedies=("no colon",)).who == ""
    assert Check(name="x", state=CheckState.FAILED, remedies=("You: wait.",), who="Nobody").who == "Nobody"


def test_good_report_raises_nothing() -> None:
    """And says that it is ready."""
    good = report(GOOD, LEFT)

    good.raise_for_problems()

    assert repr(good) == f"<ConnectionReport {SITE}: ready>"


def test_problems_are_raised_together() -> None:
    """One exception that names them all, carries the report and all remedies, and comes from the first one's error."""
    bad = report(GOOD, BAD, OPEN)

    with pytest.raises(ProblemsFoundError) as caught:
        bad.raise_for_problems()

    assert caught.value.report is bad
    assert caught.value.__cause__ is ERROR
    assert caught.value.what.startswith("2 checks failed for ana@acme.com on acme.atlassian.net: ")
    assert "\n  assets: The service was not available." in caught.value.what
    assert caught.value.request_id == "2f8a9cbb"
    assert caught.value.remedies == (*BAD.remedies, *OPEN.remedies)


def test_same_remedy_is_named_once() -> None:
    """Two checks may fail for one reason."""
    with pytest.raises(ProblemsFoundError) as caught:
        report(OPEN, attrs.evolve(OPEN, name="assets data")).raise_for_problems()

    assert caught.value.remedies == ("You: wait.",)


def test_single_problem_has_singular_text() -> None:
    """Grammar."""
    with pytest.raises(
        ProblemsFoundError, match=r"1 check failed for ana@acme\.com on acme\.atlassian\.net: "
    ):
        report(BAD).raise_for_problems()
    assert repr(report(BAD)) == f"<ConnectionReport {SITE}: 1 problem>"


def test_check_is_found_by_its_name() -> None:
    """For programs that look at one thing."""
    assert report(GOOD, BAD)["jira admin"] is BAD
    with pytest.raises(KeyError):
        report(GOOD)["no such check"]


def test_text_is_for_people() -> None:
    """A report shows account, site, facts, checks, and for each problem its cause, remedies, and trace ID."""
    assert str(report(GOOD, BAD, LEFT)).splitlines() == [
        f"{SITE} as ana@acme.com: 1 problem",
        "  account: ana@acme.com",
        "  cloud id: 1",
        "  workspace id: 2",
        "  proxies from the environment: https://api.atlassian.com",
        "  ok: site. The site answers. (cloud id 1)",
        "  failed: jira admin. The account is not a Jira administrator.",
        "      Likely cause: It lacks the permission.",
        "      1. A Jira admin: give it the permission.",
        "      2. Or you: use another account.",
        "      Details: HTTP 403, trace 2f8a9cbb",
        "  skipped: import. Not checked.",
    ]


def test_problem_without_advice_is_shown_all_the_same() -> None:
    """Nothing is known but that it failed."""
    bare = report(Check(name="x", state=CheckState.FAILED, summary="It failed."))

    assert str(bare).splitlines()[-1] == "  failed: x. It failed."
    assert "<ol>" not in bare._repr_html_()
    assert "<em>" not in bare._repr_html_()


def test_it_can_be_stored_as_json() -> None:
    """With the error behind each failure."""
    stored = json.loads(json.dumps(report(GOOD, BAD).to_dict()))

    assert stored["ok"] is False
    assert stored["site"] == SITE
    assert stored["account"] == "ana@acme.com"
    assert stored["proxies_from_the_environment"] == ["https://api.atlassian.com"]
    assert stored["checks"][0] == {
        "name": "site",
        "state": "ok",
        "summary": "The site answers.",
        "evidence": "cloud id 1",
        "cause": "",
        "cause_is_certain": False,
        "remedies": [],
        "who": "",
        "seconds": 0.123,
        "error": None,
    }
    assert stored["checks"][1]["error"]["error"] == "NotJiraAdminError"


class Tags(HTMLParser):
    """Collects the tags and the text of a page, and watches that they are closed."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: set[str] = set()
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.add(tag)
        if tag != "br":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def test_notebook_form_is_escaped_and_whole() -> None:
    """Texts of the service are escaped; the state is a word, not only a color; no page color is assumed."""
    hostile = "<script>alert(1)</script> & <img src=x>"
    page = report(
        GOOD,
        attrs.evolve(
            BAD,
            name=hostile,
            summary=hostile,
            evidence=hostile,
            cause=hostile,
            remedies=(hostile, f"{SITE}/x"),
        ),
        account=hostile,
    )._repr_html_()
    tags = Tags()
    tags.feed(page)
    tags.close()

    assert tags.open == []
    assert tags.seen == {
        "a",
        "div",
        "span",
        "strong",
        "small",
        "table",
        "thead",
        "tr",
        "th",
        "tbody",
        "td",
        "em",
        "ol",
        "li",
    }
    assert tags.text.count(hostile) >= 6
    assert "failed" in tags.text
    assert "http://" not in page


def test_notebook_form_colors_only_its_marks() -> None:
    """A mark has a ground and white letters; all else takes the colors of the page."""
    page = report(GOOD, BAD)._repr_html_()
    styles = re.findall(r'<(\w+)[^>]*style="([^"]*)"', page)

    assert {tag for tag, style in styles if re.search(r"(?<!-)(color|background):", style)} == {"span"}
    assert all("background:" in style for _, style in styles if "color:#fff" in style)


def test_pages_of_the_site_are_links_and_no_others() -> None:
    """A remedy may repeat what a server said, and no one must be led to another site by it."""
    other = f"{SITE}.evil.example/x"
    remedy = f"You: open {SITE}/secure/Global!default.jspa?a=1&b=2, not {other} or javascript:alert(1)."
    page = report(attrs.evolve(BAD, remedies=(remedy,)))._repr_html_()

    assert re.findall(r'href="([^"]*)"', page) == [f"{SITE}/secure/Global!default.jspa?a=1&amp;b=2"]
    assert 'rel="noopener noreferrer"' in page
    assert other in page


def test_reports_are_values_that_travel() -> None:
    """They compare by content and can be pickled, errors included."""
    bad = report(GOOD, BAD)
    travelled = pickle.loads(pickle.dumps(bad))

    assert travelled == bad
    assert str(travelled["jira admin"].error) == str(ERROR)
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        bad.site = "x"  # type: ignore[misc]


def test_report_on_an_import_token() -> None:
    """The same forms; where the token leads, when that is known."""
    token = ImportTokenReport(checks=(GOOD,), site=SITE, status="IDLE")

    assert token.ok
    assert repr(token) == f"<ImportTokenReport {SITE}: ready>"
    assert str(token).splitlines()[:2] == [f"the import token for {SITE}: ready", "  status: IDLE"]
    assert token.to_dict()["status"] == "IDLE"
    assert token.to_dict()["import_source"] is None
    assert "IDLE" in token._repr_html_()
