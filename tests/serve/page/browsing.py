"""Steps and views that the tests of the page share."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from typing import Any

from playwright.sync_api import Browser, Locator, Page, expect

FERRY = (
    "🚢⚓ Cafe\u0301 Zoë, 👩‍👩‍👧: 57 people drowned on Monday, the ministry said.\n\n"
    "🧭 Another 112 passengers swam 3 q."
)
DATE = "2024-03-14"
VIOLATIONS = """addEventListener("securitypolicyviolation", (event) => console.error("CSP", event.violatedDirective))"""


@contextlib.contextmanager
def visit(browser: Browser, url: str, **options: Any) -> Iterator[Page]:
    """The page in a context of its own. Afterwards: nothing logged as an error, and no other host was asked."""
    problems: list[str] = []
    context = browser.new_context(**{"reduced_motion": "reduce", **options})
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    context.add_init_script(VIOLATIONS)
    page = context.new_page()
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
    page.on("request", lambda request: problems.append(request.url) if elsewhere(request.url, url) else None)
    try:
        response = page.goto(url)
        assert response is not None
        assert "script-src 'self'" in response.headers["content-security-policy"]
        yield page
    finally:
        context.close()
    assert [problem for problem in problems if not problem.startswith("Failed to load resource")] == []


def elsewhere(asked: str, url: str) -> bool:
    return not asked.startswith((url.rstrip("/") + "/", "data:", "blob:"))


def extract(page: Page, text: str, date: str = "") -> None:
    page.get_by_label("Text of the article").fill(text)
    page.get_by_label("Published on").fill(date)
    page.get_by_role("button", name="Extract").click()
    expect(page.get_by_role("status")).to_contain_text("claim")


def rows(page: Page) -> Locator:
    return page.locator("tbody tr")


def marks(page: Page) -> Locator:
    return page.locator("#reader mark")


def answering(page: Page, body: object, status: int = 200, headers: dict[str, str] | None = None) -> None:
    """Let requests for an extraction have this answer."""
    text = body if isinstance(body, str) else json.dumps(body)
    page.route("**/v1/extract", lambda route: route.fulfill(status=status, body=text, headers=headers or {}))


def claim(text: str, quantity: str, value: float, **more: object) -> dict[str, Any]:
    """A claim of a made-up answer: a quantity in ``text``, and further keys of the record."""
    start = text.index(quantity)
    number = {
        "start": start,
        "end": start + len(quantity),
        "text": quantity,
        "value": value,
        "low": value,
        "high": value,
    }
    rest = {"unit": None, "date": None, "claimant": None, "sentence": {"start": 0, "end": len(text)}, "score": 0.5}
    return {"quantity": {**number, "modifier": "eq", "score": 0.5}, **rest, **more}


def answer(*claims: dict[str, Any]) -> dict[str, Any]:
    """An answer with these claims and the spans of their mentions."""
    spans = [
        {"tag": role.upper(), **{key: claim[role][key] for key in ("start", "end", "text", "score")}}
        for claim in claims
        for role in ("quantity", "unit", "date", "claimant")
        if claim[role]
    ]
    spans.sort(key=lambda span: span["start"])
    return {"extractions": [{"id": "article", "date": None, "spans": spans, "claims": list(claims)}]}
