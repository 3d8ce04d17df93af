"""Marks in the text, claims in the table, and what links the two."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from playwright.sync_api import Page, expect

from tests.serve.page.browsing import DATE, FERRY, answer, answering, claim, extract, marks, rows
from tests.serve.screenshot import extract_example

SURFACES = [
    ("57", "quantity"),
    ("people", "unit"),
    ("Monday", "date"),
    ("the ministry", "claimant"),
    ("112", "quantity"),
    ("passengers", "unit"),
    ("3", "quantity"),
    ("q", "unit"),
]


def lit_texts(page: Page) -> set[str]:
    return set(page.locator("mark.lit").all_text_contents())


def test_marks_stand_at_their_surfaces_behind_emoji_and_combining_marks(page: Page) -> None:
    extract(page, FERRY, DATE)
    found = [(mark.text_content(), str(mark.get_attribute("title"))) for mark in marks(page).all()]
    assert found == [(text, f"{name}, 90%") for text, name in SURFACES]
    assert page.locator("#reader").text_content() == FERRY
    underlines = {mark.evaluate("mark => getComputedStyle(mark).textDecorationStyle") for mark in marks(page).all()}
    assert len(underlines) == 4, "every tag shows without colours too"


def test_code_points_are_sliced_as_python_does(page: Page) -> None:
    @settings(deadline=None, max_examples=20)
    @given(st.lists(st.tuples(st.text(), st.integers(0, 9), st.integers(0, 9)), min_size=5))
    def check(cases: list[tuple[str, int, int]]) -> None:
        ranges = [
            (text, min(first, second, len(text)), min(max(first, second), len(text))) for text, first, second in cases
        ]
        script = """async (cases) => {
            const { CodePoints } = await import("/static/offsets.js");
            return cases.map(([text, start, end]) => new CodePoints(text).slice({ start, end }));
        }"""
        assert page.evaluate(script, ranges) == [text[start:end] for text, start, end in ranges]

    check()


def test_rows_say_how_many_of_what_when_and_who(page: Page) -> None:
    extract(page, FERRY, DATE)
    cells = rows(page).first.locator(".reading").all_text_contents()
    assert cells[:4] == ["57", "person", "11 Mar 2024", "ministry"]
    assert cells[4].endswith("%")
    expect(rows(page).nth(2)).to_contain_text("not understood: a single letter that is no unit's symbol")
    expect(page.get_by_role("status")).to_have_text("3 claims in 19 words; 1 not understood in part.")


def test_without_a_date_a_weekday_is_no_day(page: Page) -> None:
    extract(page, FERRY)
    expect(rows(page).first).to_contain_text("no day without the article’s date")


def test_the_pointer_links_claims_and_spans_both_ways(page: Page) -> None:
    extract(page, FERRY, DATE)
    rows(page).nth(1).hover()
    assert {"112", "passengers"} <= lit_texts(page) <= {"112", "passengers", "Monday", "the ministry"}
    assert page.evaluate("[...CSS.highlights.get('evidence')].map(String)") == ["🧭 Another ", " ", " swam ", " ", "."]
    marks(page).filter(has_text="people").hover()
    expect(rows(page).nth(0)).to_have_class("lit")
    expect(rows(page).nth(1)).not_to_have_class("lit")
    assert "57" in lit_texts(page)


def test_a_claim_far_down_brings_its_span_into_view(page: Page) -> None:
    lines = [f"{number} boats sank, the ministry said." for number in range(100, 400)]
    extract(page, "\n\n".join(lines))
    rows(page).first.focus()
    page.keyboard.press("End")
    expect(rows(page).last).to_be_focused()
    expect(marks(page).filter(has_text="399")).to_be_in_viewport()
    marks(page).filter(has_text="250").hover()
    expect(rows(page).nth(150)).to_be_in_viewport()


def test_everything_works_from_the_keyboard(page: Page) -> None:
    press = page.keyboard.press
    for _ in range(3):
        press("Tab")
    expect(page.get_by_label("Text of the article")).to_be_focused()
    page.keyboard.insert_text(FERRY)
    press("Control+Enter")
    expect(rows(page).first).to_be_focused()
    press("ArrowDown")
    expect(rows(page).nth(1)).to_be_focused()
    assert {"112", "passengers"} <= lit_texts(page) <= {"112", "passengers", "Monday", "the ministry"}
    outline = rows(page).nth(1).evaluate("row => getComputedStyle(row).outlineStyle")
    assert outline == "solid"
    press("Enter")
    expect(marks(page).nth(4)).to_be_focused()
    press("Home")
    expect(marks(page).first).to_be_focused()
    press("Enter")
    expect(rows(page).first).to_be_focused()
    press("Shift+Tab")
    expect(page.get_by_role("button", name="Download as CSV")).to_be_focused()
    page.get_by_role("button", name="Edit text").press("Enter")
    expect(page.get_by_label("Text of the article")).to_have_value(FERRY)


def test_markup_in_a_text_stays_text(page: Page) -> None:
    text = "<img src=x onerror=alert(1)> 5 <script>alert(2)</script> 7 <b>people</b> & the ministry"
    name = "<img src=x onerror=alert(3)>"
    source = {"start": 0, "end": 4, "text": name, "name": name, "score": 0.5}
    answering(page, answer(claim(text, "5", 5, claimant=source), claim(text, "7", 7)))
    extract(page, text)
    assert page.locator("#reader").text_content() == text
    expect(rows(page).first).to_contain_text(name)
    assert page.locator("main :is(img, script, b)").count() == 0


def test_a_changed_text_or_date_outdates_the_claims(page: Page) -> None:
    note = page.get_by_text("has changed since")
    extract(page, FERRY, DATE)
    expect(note).to_be_hidden()
    page.get_by_label("Published on").fill("2024-03-15")
    expect(note).to_be_visible()
    page.get_by_label("Published on").fill(DATE)
    expect(note).to_be_hidden()
    page.get_by_role("button", name="Edit text").click()
    page.get_by_label("Text of the article").fill("6 boats")
    expect(note).to_be_visible()


def test_a_book_of_100_000_words_stays_usable(page: Page) -> None:
    number = claim("5 boats", "5", 5)
    step = len("5 boats" + " word" * 18) + 1
    text = ("5 boats" + " word" * 18 + "\n") * 5_000
    shifted = [{**number, "sentence": {"start": at, "end": at + step - 1}} for at in range(0, step * 5_000, step)]
    claims = [
        {**each, "quantity": {**number["quantity"], "start": at, "end": at + 1}}
        for at, each in zip(range(0, step * 5_000, step), shifted, strict=True)
    ]
    answering(page, answer(*claims))
    # Playwright's own "fill" types, and takes longer with every word.
    page.get_by_label("Text of the article").evaluate("(box, text) => { box.value = text }", text)
    page.get_by_role("button", name="Extract").click()
    expect(page.get_by_role("status")).to_contain_text("5,000 claims in 100,000 words", timeout=60_000)
    page.keyboard.press("End")
    expect(rows(page).last).to_be_focused()
    expect(marks(page).last).to_be_in_viewport()


def test_the_example_is_one_click_away(page: Page) -> None:
    extract_example(page)
    assert rows(page).count() > 5
    expect(page.get_by_label("Published on")).not_to_have_value("")
