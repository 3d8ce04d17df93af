"""Colours, widths and motion, as the reader's device and taste want them."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, expect

from tests.serve.page.browsing import FERRY, extract, marks, rows, visit

CONTRASTS = """() => {
    const channels = (colour) => colour.match(/[\\d.]+/g).map(Number);
    const luminance = (colour) => channels(colour).slice(0, 3)
        .map((value) => value / 255)
        .map((value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4))
        .reduce((sum, value, index) => sum + value * [0.2126, 0.7152, 0.0722][index], 0);
    const ground = (node) => {
        const colour = getComputedStyle(node).backgroundColor;
        return channels(colour)[3] === 0 ? ground(node.parentElement) : colour;
    };
    const shown = [...document.querySelectorAll("body *")].filter((node) => node.checkVisibility()
        && [...node.childNodes].some((child) => child.nodeType === Node.TEXT_NODE && child.data.trim()));
    return shown.map((node) => {
        const [dark, light] = [luminance(getComputedStyle(node).color), luminance(ground(node))].sort((a, b) => a - b);
        return [node.outerHTML.slice(0, 80), (light + 0.05) / (dark + 0.05)];
    });
}"""


@pytest.mark.parametrize(("scheme", "paper"), [("light", "rgb(250, 248, 244)"), ("dark", "rgb(19, 20, 23)")])
def test_all_text_has_contrast_in_light_and_in_dark(browser: Browser, server_url: str, scheme: str, paper: str) -> None:
    with visit(browser, server_url, color_scheme=scheme) as page:
        extract(page, FERRY)
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") == paper
        expect(marks(page).first).to_have_class("tag quantity lit")
        faint = [(text, ratio) for text, ratio in page.evaluate(CONTRASTS) if ratio < 4.5]
        assert faint == []


def test_a_phone_shows_cards_and_never_scrolls_sideways(browser: Browser, server_url: str) -> None:
    with visit(browser, server_url, viewport={"width": 360, "height": 740}, has_touch=True, is_mobile=True) as page:
        width = "document.documentElement.scrollWidth"
        assert page.evaluate(width) == 360
        extract(page, f"5 {'boats' * 60} sank and {'7' * 90} ships, the ministry said on Monday. " * 5)
        assert page.evaluate(width) == 360
        assert rows(page).first.evaluate("row => getComputedStyle(row).display") == "grid"
        rows(page).last.tap()
        expect(marks(page).filter(has_text="ships").last).to_have_class("tag unit lit")
        expect(marks(page).filter(has_text="ships").last).to_be_in_viewport()
        marks(page).filter(has_text="ships").last.tap()
        expect(rows(page).last).to_be_in_viewport()


def test_who_prefers_less_motion_gets_none(browser: Browser, server_url: str) -> None:
    script = """() => [getComputedStyle(document.querySelector("#reader")).scrollBehavior,
        getComputedStyle(document.querySelector("#progress"), "::before").animationName]"""
    with visit(browser, server_url, reduced_motion="reduce") as page:
        assert page.evaluate(script) == ["auto", "none"]
    with visit(browser, server_url, reduced_motion="no-preference") as page:
        assert page.evaluate(script) == ["smooth", "run"]
