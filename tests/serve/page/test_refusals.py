"""What the page says and does where the server does not answer with claims."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Route, expect

from tests.serve.page.browsing import FERRY, answering, rows

REFUSALS: list[tuple[int, dict[str, str], str]] = [
    (400, {}, "The server could not read the request. It says: because. (Request r-1)"),
    (413, {}, "The article is too long for this server, which takes up to"),
    (422, {}, "The server does not take this article. It says: because. (Request r-1)"),
    (429, {"Retry-After": "7"}, "The server is busy. Try again in 7 seconds."),
    (429, {}, "The server is busy. Try again in a moment."),
    (500, {}, "Something went wrong on the server (status 500)."),
    (503, {"Retry-After": "1"}, "The server is starting or shutting down. Try again in 1 second."),
    (504, {}, "The server gave up: this took too long. Try again later, or with a shorter text."),
]


@pytest.mark.parametrize(("status", "headers", "words"), REFUSALS)
def test_refusals_come_in_clear_words(page: Page, status: int, headers: dict[str, str], words: str) -> None:
    answering(page, {"error": {"type": "any", "message": "because.", "request_id": "r-1"}}, status, headers)
    page.get_by_label("Text of the article").fill("5 boats")
    page.get_by_role("button", name="Extract").click()
    expect(page.get_by_role("alert")).to_contain_text(words)
    expect(page.get_by_role("alert")).to_contain_text("(Request r-1)")
    expect(page.get_by_role("button", name="Extract")).to_be_enabled()


def test_once_the_wait_is_over_the_page_says_so(page: Page) -> None:
    answering(page, "<html>busy</html>", 429, {"Retry-After": "1"})
    page.get_by_label("Text of the article").fill("5 boats")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("alert")).to_have_text("The server is busy. Try again in 1 second.")
    expect(page.get_by_role("status")).to_have_text("You can try again now.")


@pytest.mark.parametrize(
    ("answered", "words"),
    [
        (lambda route: route.abort(), "The server cannot be reached. Check the connection and try again."),
        (lambda route: route.fulfill(body="<html>a portal</html>"), "The server's answer is not understood."),
    ],
)
def test_what_is_no_answer_of_the_server_is_said(page: Page, answered: Callable[[Route], None], words: str) -> None:
    page.route("**/v1/extract", answered)
    page.get_by_label("Text of the article").fill("5 boats")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("alert")).to_contain_text(words)


def test_what_cannot_be_sent_is_said_before(page: Page) -> None:
    page.get_by_role("button", name="Extract").click()
    expect(page.get_by_role("alert")).to_have_text("There is no text yet: paste an article first.")
    expect(page.get_by_label("Text of the article")).to_be_focused()


def test_a_token_is_asked_for_sent_and_kept_in_memory_only(page: Page) -> None:
    error = {"error": {"type": "unauthorized", "message": "no token", "request_id": "r-1"}}
    tokens: list[str | None] = []

    def answered(route: Route) -> None:
        tokens.append(route.request.headers.get("authorization"))
        route.fulfill(status=401, json=error) if tokens[-1] is None else route.fallback()

    expect(page.get_by_label("Access token")).to_be_hidden()
    page.route("**/v1/extract", answered)
    page.get_by_label("Text of the article").fill(FERRY)
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("alert")).to_contain_text("This server wants an access token")
    expect(page.get_by_label("Access token")).to_be_focused()
    page.keyboard.insert_text("s3cret")
    page.keyboard.press("Enter")
    expect(rows(page)).to_have_count(3)
    assert tokens == [None, "Bearer s3cret"]
    assert page.evaluate("localStorage.length + sessionStorage.length + document.cookie.length") == 0


def test_a_server_with_tokens_asks_for_one_at_once(page: Page) -> None:
    info = page.request.get(page.url + "info").json()
    page.route("**/info", lambda route: route.fulfill(json={**info, "auth": True}))
    page.reload()
    expect(page.get_by_label("Access token")).to_be_visible()
    expect(page.get_by_role("contentinfo")).to_contain_text(f"model {info['model']['revision']}")


def test_a_request_under_way_shows_and_can_be_cancelled(page: Page) -> None:
    page.route("**/v1/extract", lambda route: None)
    page.get_by_label("Text of the article").fill("5 boats")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("status")).to_have_text("Reading 2 words…")
    expect(page.get_by_role("button", name="Extract")).to_be_disabled()
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_role("status")).to_have_text("Cancelled.")
    expect(page.get_by_role("button", name="Extract")).to_be_enabled()
