"""Displays of the package with hostile strings.

Displays show text from services, models, and callers inside the reader's own notebook.
"""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Callable
from html.parser import HTMLParser
from xml.etree import ElementTree as ET

import pytest

import jsm_assets_dest
from jsm_assets_dest import (
    Check,
    CheckState,
    ConnectionReport,
    DestinationStatus,
    DestinationStep,
    ImportTokenReport,
    LinkedObject,
    LinkOutcome,
    LinkReason,
    ObjectTypeSpec,
    SchemaModel,
    StepState,
    UserLinkPhase,
    UserLinkProgress,
    UserLinkReport,
    okta,
)
from jsm_assets_dest._assets.directory import JiraUser
from jsm_assets_dest._assets.import_sources import ImportSource
from jsm_assets_dest._assets.object_schemas import ObjectSchemaRecord, SchemaLinks
from jsm_assets_dest._assets.object_types import ObjectType
from jsm_assets_dest._assets.roles import Role, RoleChange, RoleKind, RolesPreview, SchemaRoles
from jsm_assets_dest._destination.status import STEPS
from jsm_assets_dest._display.html import Tone, link, linked
from jsm_assets_dest._imports.execution_results import FailedRecord, ObjectTypeResult, read_execution_status
from jsm_assets_dest._imports.preview import ChangedObject, ImportPreview, MissingObject, ObjectTypePreview
from jsm_assets_dest._imports.problems import ImportProblem
from jsm_assets_dest._imports.progress import ImportPhase, ImportProgress
from jsm_assets_dest._imports.result import ImportResult
from jsm_assets_dest._imports.verification import ImportVerification, VerifiedObjectType
from jsm_assets_dest._model.findings import Finding, Findings, Severity
from jsm_assets_dest._model.specs import AttributeSpec
from jsm_assets_dest._plan.build_plan import BuildPlanRecord, PlanItem, PlanKind, PlanSubject
from jsm_assets_dest._plan.conflicts import ConflictRecord, Resolution
from jsm_assets_dest._plan.differences import Difference, DifferenceKind
from jsm_assets_dest.exceptions import RecordError
from jsm_assets_dest.okta._privacy import Action
from jsm_assets_dest.okta._review import DataMap, DataMapRow
from jsm_assets_dest.testing import Emulator

SITE = "https://acme.atlassian.net"
HOSTILE = "\"'><script>alert(1)</script><img src=x onerror=alert(1)></style></svg></table>&amp;<b>"
SPEC = ObjectTypeSpec(
    HOSTILE, [AttributeSpec(HOSTILE, label=True, description=HOSTILE, key="a")], description=HOSTILE, key="t"
)
MODEL = SchemaModel(HOSTILE, [SPEC], namespace="n")
CHECKS = tuple(
    Check(name=HOSTILE, state=state, summary=HOSTILE, evidence=HOSTILE, cause=HOSTILE, remedies=(HOSTILE,))
    for state in CheckState
)
SOURCE = ImportSource(
    id=HOSTILE,
    name=HOSTILE,
    validity="INVALID_CONFIGURATION",
    invalid_because={HOSTILE: HOSTILE},
    empty_values=HOSTILE,
)
DIFFERENCE = Difference(kind=DifferenceKind.LABEL, attribute=HOSTILE, message=HOSTILE, harmless=False)


def hostile_emulator() -> Emulator:
    emulator = Emulator()
    schema = emulator.add_object_schema("OKT", description=HOSTILE)
    schema.add_object_type("People")
    emulator.add_import_source(schema, HOSTILE)
    return emulator


ROLE = Role(
    id="1",
    name=HOSTILE,
    kind=RoleKind.OTHER,
    users=(HOSTILE,),
    groups=(HOSTILE,),
    people=(JiraUser(account_id=HOSTILE, display_name=HOSTILE),),
)

#: A value of each class with a display. All its texts are hostile.
SAMPLES: dict[str, object] = {
    "Report": ConnectionReport(checks=CHECKS, site=HOSTILE, account=HOSTILE, proxies=(HOSTILE,)),
    "Report, of a token": ImportTokenReport(checks=CHECKS, site=SITE, import_source=SOURCE, status=HOSTILE),
    "Emulator": hostile_emulator(),
    "UserLinkReport": UserLinkReport(
        checks=CHECKS,
        site=SITE,
        schema_key=HOSTILE,
        account=HOSTILE,
        objects=tuple(
            LinkedObject(
                object_type=HOSTILE,
                attribute=HOSTILE,
                key=HOSTILE,
                label=HOSTILE,
                outcome=LinkOutcome.NOT_FOUND,
                reason=reason,
                message=HOSTILE,
            )
            for reason in LinkReason
        ),
    ),
    "UserLinkProgress": UserLinkProgress(phase=UserLinkPhase.WRITING, sent=1, total=2),
    "SchemaModel": MODEL,
    "Graph": MODEL.graph(),
    "Findings": Findings([Finding(severity, "c", HOSTILE, HOSTILE, HOSTILE) for severity in Severity]),
    "ConflictRecord": ConflictRecord(
        key="t",
        name=HOSTILE,
        existing=ObjectType(id="1", name=HOSTILE, object_count=2),
        wanted=SPEC,
        differences=(DIFFERENCE,) * 2,
        impossible={Resolution.SKIP: HOSTILE},
    ),
    "BuildPlanRecord": BuildPlanRecord(
        items=tuple(
            PlanItem(kind=kind, subject=PlanSubject.ATTRIBUTE, path=HOSTILE, message=HOSTILE, remedy=HOSTILE)
            for kind in PlanKind
            for _ in range(4)
        ),
        model=MODEL,
        verb="PUT",
        document=None,
        current_digest="",
        model_digest="",
    ),
    "ImportPreview": ImportPreview(
        object_types=(
            ObjectTypePreview(
                name=HOSTILE,
                selector=HOSTILE,
                evidence="assets",
                missing=1,
                examples_created=(HOSTILE,),
                examples_changed=(ChangedObject(HOSTILE, HOSTILE, HOSTILE, (HOSTILE,)),),
                examples_missing=(MissingObject(HOSTILE, HOSTILE, HOSTILE),),
            ),
        ),
        evidence="assets",
        is_complete=True,
        notes=(HOSTILE,),
    ),
    "ImportVerification": ImportVerification(
        scope="all",
        object_types=(VerifiedObjectType(name=HOSTILE, selector=HOSTILE, compared=1, differing=1),),
        problems=(ImportProblem(code="lost", count=1, object_type=HOSTILE, examples=(HOSTILE,)),),
        notes=(HOSTILE,),
    ),
    "ImportResult": ImportResult(
        confirmed=False,
        status=read_execution_status({"status": HOSTILE, "progressResult": {"errorMessages": [HOSTILE]}}),
        object_types=(ObjectTypeResult(name=HOSTILE, selector=HOSTILE, sent=1),),
        failed=(
            FailedRecord.from_error(
                RecordError(HOSTILE, selector=HOSTILE, index=1, path=HOSTILE, reason=HOSTILE, record={})
            ),
        ),
        refused=1,
        unknown_keys={HOSTILE: {HOSTILE: 1}},
        notes=(HOSTILE,),
    ),
    "ImportProgress": ImportProgress(
        phase=ImportPhase.SENDING, sent=1, state=HOSTILE, selectors={HOSTILE: 1}
    ),
    "ImportSource": SOURCE,
    "SchemaRoles": SchemaRoles(roles=(ROLE,)),
    "RolesPreview": RolesPreview(
        changes=(RoleChange(role=ROLE, added=ROLE.members, removed=(JiraUser(account_id=HOSTILE),)),)
    ),
    "ObjectSchemaRecord": ObjectSchemaRecord(
        id=HOSTILE,
        key=HOSTILE,
        name=HOSTILE,
        description=HOSTILE,
        links=SchemaLinks(browse=f"{SITE}/{HOSTILE}", configure=f"javascript:{HOSTILE}", all_schemas=HOSTILE),
    ),
    "DestinationStatus": DestinationStatus(
        name=HOSTILE,
        site=SITE,
        steps=tuple(
            DestinationStep(
                code=code,
                state=state,
                summary=HOSTILE,
                evidence=HOSTILE,
                link=f"javascript:{HOSTILE}",
                remedies=(HOSTILE,),
                cause=HOSTILE,
            )
            for code, state in zip(STEPS, [*StepState, *StepState], strict=False)
        ),
    ),
    "DataMap": DataMap((DataMapRow(HOSTILE, HOSTILE, HOSTILE, HOSTILE, Action.HASH),)),
}

HTML_TAGS = {
    "a",
    "details",
    "div",
    "em",
    "li",
    "ol",
    "progress",
    "small",
    "span",
    "strong",
    "summary",
    "table",
    "tbody",
    "td",
    "th",
    "thead",
    "tr",
    "ul",
}
SVG_TAGS = {"defs", "g", "marker", "path", "rect", "style", "svg", "text", "title"}
HTML_ATTRIBUTES = {"href", "max", "rel", "scope", "style", "target", "value"}
SVG_ATTRIBUTES = {
    "class",
    "d",
    "height",
    "id",
    "marker-end",
    "markerheight",
    "markerwidth",
    "orient",
    "refx",
    "refy",
    "role",
    "rx",
    "text-anchor",
    "viewbox",
    "width",
    "x",
    "xmlns",
    "y",
}


class Page(HTMLParser):
    """Parse a page like a browser, and collect its parts. Tags must be closed in order."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.styles: set[str] = set()
        self.links: list[str] = []
        self.text = ""
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.open.append(tag)
        self.tags.add(tag)
        for name, value in attrs:
            self.attributes.add(name)
            if name == "href":
                self.links.append(value or "")
            if name == "style":
                self.styles.add(value or "")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def html_of(value: object) -> str:
    display: Callable[[], str] = value._repr_html_  # type: ignore[attr-defined]
    return display()


def classes_with_displays() -> set[str]:
    """Return the names of all classes that define `_repr_html_`."""
    names: set[str] = set()
    for module in pkgutil.walk_packages(jsm_assets_dest.__path__, "jsm_assets_dest."):
        # `spark` needs PySpark, and has no displays.
        if not module.name.endswith(("__main__", "pytest_plugin", ".spark")):
            for value in vars(importlib.import_module(module.name)).values():
                if isinstance(value, type) and "_repr_html_" in vars(value):
                    names.add(value.__name__)
    return names


def test_samples_contain_every_display() -> None:
    assert {name.partition(",")[0] for name in SAMPLES} == classes_with_displays()


@pytest.mark.parametrize("name", SAMPLES)
def test_displays_escape_hostile_text(name: str) -> None:
    """The text adds no tag, attribute, style, or link, and every tag is closed."""
    page = Page(html_of(SAMPLES[name]))

    assert page.open == []
    assert page.tags <= HTML_TAGS | SVG_TAGS
    assert page.attributes <= HTML_ATTRIBUTES | SVG_ATTRIBUTES
    assert not [style for style in page.styles if re.search(r"alert|url\(|expression|@import", style)]
    assert all(address.startswith(f"{SITE}/") for address in page.links)
    if name not in ("ImportProgress", "UserLinkProgress"):  # which show none of its texts
        assert "<script>alert(1)</script>" in page.text


@pytest.mark.parametrize("name", SAMPLES)
def test_displays_load_nothing(name: str) -> None:
    """A display refers to no image, script, font, or style sheet."""
    page = html_of(SAMPLES[name])

    assert not re.search(r"@import|@font-face", page)
    assert {
        target for target in re.findall(r"url\(([^)]{0,9})", page) if not target.startswith("#jsm-tip")
    } == set()


def test_drawing_with_hostile_text_is_valid_xml() -> None:
    texts = ["".join(element.itertext()) for element in ET.fromstring(MODEL.graph().svg).iter()]

    assert HOSTILE in texts


def test_links_point_only_to_the_site() -> None:
    """Addresses of other schemes and sites remain text, and an address can't end its attribute."""
    assert Page(link("javascript:alert(1)").html).links == []
    assert Page(link(f'{SITE}/"onclick=alert(1)').html).links == [f'{SITE}/"onclick=alert(1)']
    assert Page(linked(f"{SITE}.evil.example/a {SITE}@evil.example/", SITE).html).links == []
    assert Page(linked(f"Open {SITE}/a/b?c=1&d=2.", SITE).html).links == [f"{SITE}/a/b?c=1&d=2"]
    assert Page(linked("javascript:/x", "javascript:").html).links == []
    assert linked("Nothing to open.", "").html == "Nothing to open."


@pytest.mark.parametrize("tone", Tone)
def test_marks_have_enough_contrast(tone: Tone) -> None:
    """White text on each color has the contrast of 4.5 to 1 that WCAG 2 requires."""
    parts = [int(tone.value[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    red, green, blue = (
        (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4) for part in parts
    )
    luminance = 0.2126 * red + 0.7152 * green + 0.0722 * blue

    assert 1.05 / (luminance + 0.05) >= 4.5


def test_okta_model_refers_to_no_address() -> None:
    """The only address is the XML namespace."""
    page = html_of(okta.schema_model("lean"))

    assert re.findall(r"https?://[^\s\"'<]*", page) == ["http://www.w3.org/2000/svg"]
