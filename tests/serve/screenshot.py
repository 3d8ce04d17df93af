"""A picture of the page for the README: ``python -m tests.serve.screenshot http://127.0.0.1:8000``."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator
from pathlib import Path

import typer
from playwright.sync_api import Browser, Page, sync_playwright

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
QUIET = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
PICTURE = Path("docs/page.png")


@contextlib.contextmanager
def open_browser() -> Iterator[Browser]:
    """The installed Chromium, headless, with an empty profile, asking nothing of the network by itself."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(QUIET))
        try:
            yield browser
        finally:
            browser.close()


def extract_example(page: Page) -> None:
    """Fill in the page's own example and wait for its claims."""
    page.get_by_role("button", name="Example", exact=True).click()
    page.keyboard.press("Control+Enter")
    page.locator("tbody tr").first.wait_for()


def main(url: str, path: Path = PICTURE) -> None:
    """Write what the page at URL looks like with the claims of its example to PATH."""
    with open_browser() as browser:
        page = browser.new_page(viewport={"width": 1280, "height": 860}, color_scheme="light", locale="en-GB")
        page.emulate_media(reduced_motion="reduce")
        page.goto(url)
        extract_example(page)
        page.locator("tbody tr").nth(1).hover()
        page.screenshot(path=path)


if __name__ == "__main__":
    typer.run(main)
