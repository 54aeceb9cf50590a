"""Create the images of the README and the docs.

    python tools/draw_pictures.py

A test compares the drawings. The screenshots of a check report and of the notebook need Chromium and are skipped without it.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from jsm_assets_dest import okta
from jsm_assets_dest.testing import Emulator

ROOT = Path(__file__).resolve().parent.parent
PICTURES = ROOT / "docs" / "_static"
NOTEBOOK = ROOT / "examples" / "explore.ipynb"
#: Transitions of an execution: from state, cause, to state. "" is before the start.
TRANSITIONS = (
    ("", "start", "INGESTING"),
    ("INGESTING", "submit a chunk", "INGESTING"),
    ("INGESTING", "complete", "PROCESSING"),
    ("PROCESSING", "all is written", "DONE"),
    ("INGESTING", "cancel", "CANCELLED"),
    ("PROCESSING", "cancel", "CANCELLED"),
)
#: Centers of the states in the drawing, in pixels.
PLACES = {
    "": (30, 90),
    "INGESTING": (190, 90),
    "PROCESSING": (420, 90),
    "DONE": (665, 90),
    "CANCELLED": (305, 220),
}
WIDTH, HEIGHT = 130, 44

BROWSERS = ("chromium", "chromium-browser", "google-chrome")


def schema_graph() -> str:
    """Return the object types of the lean Okta model as SVG."""
    return okta.schema_model("lean").graph().svg


def execution_states() -> str:
    """Return the states and transitions of an execution as SVG, in the color of the surrounding text."""
    frame = (
        '<svg xmlns="http://www.w3.org/2000/svg" role="img" viewBox="0 0 740 260" width="740" fill="none" '
        'stroke="currentColor" stroke-width="1.4" font-family="sans-serif" font-size="13" text-anchor="middle">'
    )
    tip = (
        '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" orient="auto">'
        '<path d="M0 0 L8 4 L0 8 z" fill="currentColor" stroke="none"/></marker></defs>'
    )
    parts = [frame, "<title>States of an execution</title>", tip]
    for state, (x, y) in PLACES.items():
        if state:
            parts.append(
                f'<rect x="{x - WIDTH // 2}" y="{y - HEIGHT // 2}" width="{WIDTH}" height="{HEIGHT}" rx="6"/>'
            )
            parts.append(_text(x, y + 5, state, bold=True))
        else:
            parts.append(f'<circle cx="{x}" cy="{y}" r="6" fill="currentColor"/>')
    for source, cause, target in TRANSITIONS:
        parts += _arrow(source, cause, target)
    return "\n".join([*parts, "</svg>", ""])


def _text(x: int, y: int, words: str, *, bold: bool = False) -> str:
    weight = ' font-weight="600"' if bold else ""
    return f'<text x="{x}" y="{y}" fill="currentColor" stroke="none"{weight}>{words}</text>'


def _arrow(source: str, cause: str, target: str) -> list[str]:
    (x1, y1), (x2, y2) = PLACES[source], PLACES[target]
    if source == target:
        path = f"M{x1 - 30} {y1 - HEIGHT // 2} C{x1 - 40} {y1 - 70} {x1 + 40} {y1 - 70} {x1 + 30} {y1 - HEIGHT // 2}"
        label = _text(x1, y1 - 64, cause)
    elif y1 == y2:
        begin = x1 + (WIDTH // 2 if source else 6)
        path = f"M{begin} {y1} L{x2 - WIDTH // 2} {y2}"
        label = _text((begin + x2 - WIDTH // 2) // 2, y1 - 9 if source else y1 - 14, cause)
    else:
        side = -1 if x1 < x2 else 1
        path = f"M{x1} {y1 + HEIGHT // 2} L{x2 + side * 30} {y2 - HEIGHT // 2}"
        label = _text((x1 + x2) // 2 + side * 48, (y1 + y2) // 2 + 6, cause)
    return [f'<path d="{path}" marker-end="url(#tip)"/>', label]


def report_page() -> str:
    """Return a page with a check report that has one failed check."""
    emulator = Emulator()
    emulator.account.admin = False
    with emulator.connect() as connection:
        report = connection.check()._repr_html_()
    return page_of(report)


def notebook_page(*, dark: bool) -> str:
    """Return a page with the outputs of some cells of the notebook, in the colors of JupyterLab."""
    cells = {cell["id"]: cell for cell in json.loads(NOTEBOOK.read_text("utf-8"))["cells"]}
    cell_ids = ("conflict-people", "plan", "import-all", "result")
    outputs = [output for cell_id in cell_ids for output in cells[cell_id]["outputs"]]
    return page_of("<br>".join("".join(output["data"]["text/html"]) for output in outputs), dark=dark)


def page_of(content: str, *, dark: bool = False) -> str:
    """Return a page with this content."""
    colors = "background:#111;color:#e0e0e0;color-scheme:dark" if dark else "background:#fff;color:#212121"
    style = f"{colors};font:14px system-ui,'DejaVu Sans',sans-serif;margin:16px"
    return f'<!doctype html><meta charset=utf-8><body style="{style}">{content}'


def take_screenshot(page: str, target: Path, *, width: int, height: int) -> bool:
    """Save a screenshot of a page. Return False if there is no browser."""
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None:
        return False
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "page.html"
        source.write_text(page, "utf-8")
        subprocess.run(
            [
                browser,
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--hide-scrollbars",
                "--disable-background-networking",
                "--no-first-run",
                f"--user-data-dir={folder}/profile",
                f"--window-size={width},{height}",
                f"--screenshot={target}",
                source.as_uri(),
            ],
            check=True,
            capture_output=True,
        )
    return True


def main() -> int:
    """Write all images."""
    (PICTURES / "execution-states.svg").write_text(execution_states(), "utf-8")
    (PICTURES / "okta-schema.svg").write_text(schema_graph(), "utf-8")
    screenshots = (
        (report_page(), "check-report.png", 520),
        (notebook_page(dark=False), "notebook-light.png", 1110),
        (notebook_page(dark=True), "notebook-dark.png", 1110),
    )
    for page, name, height in screenshots:
        if not take_screenshot(page, PICTURES / name, width=960, height=height):
            print(f"Chromium is not installed: {name} is not updated", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
