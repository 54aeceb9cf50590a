"""
Draw the README's pictures anew.

    python tools/draw_pictures.py

The schema graph is compared by a test; the photograph of a check report needs Chromium and is skipped without it.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from jsm_assets_dest import okta
from jsm_assets_dest.testing import Emulator

PICTURES = Path(__file__).resolve().parent.parent / "docs" / "_static"
BROWSERS = ("chromium", "chromium-browser", "google-chrome")


def schema_graph() -> str:
    """
    The object types of the lean Okta model, as SVG.
    """
    return okta.schema_model("lean").graph().svg


def report_page() -> str:
    """
    A check report with one failed check, as a page of its own.
    """
    emulator = Emulator()
    emulator.account.admin = False
    with emulator.connect() as connection:
        report = connection.check()._repr_html_()
    return f"<!doctype html><meta charset=utf-8><body style='font-family:sans-serif;margin:16px'>{report}"


def photograph(page: str, target: Path, *, width: int, height: int) -> bool:
    """
    Take a picture of a page, where there is a browser that can be run without a screen.
    """
    browser = next((found for name in BROWSERS if (found := shutil.which(name))), None)
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
                f"--window-size={width},{height}",
                f"--screenshot={target}",
                source.as_uri(),
            ],
            check=True,
            capture_output=True,
        )
    return True


def main() -> int:
    """
    Write both pictures.
    """
    (PICTURES / "okta-schema.svg").write_text(schema_graph(), "utf-8")
    if not photograph(report_page(), PICTURES / "check-report.png", width=960, height=560):
        print("no Chromium here: the photograph of the report stays as it is", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
