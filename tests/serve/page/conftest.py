"""A real browser on the page, for each test a context of its own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.serve.page.browsing import visit
from tests.serve.screenshot import CHROMIUM, open_browser


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        pytest.skip("no Chromium is installed: apt-get install chromium")
    with open_browser() as opened:
        yield opened


@pytest.fixture
def page(browser: Browser, server_url: str) -> Iterator[Page]:
    with visit(browser, server_url) as visited:
        yield visited
