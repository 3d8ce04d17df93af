"""What comes in as a file and leaves as one, or by the clipboard."""

from __future__ import annotations

import csv
import io
import json
import urllib.request
from pathlib import Path

import pytest
from playwright.sync_api import FilePayload, Page, expect

from tests.serve.page.browsing import DATE, FERRY, answer, answering, claim, extract, marks, rows


def test_copied_json_is_to_the_byte_what_the_server_sent(page: Page, server_url: str) -> None:
    extract(page, FERRY, DATE)
    page.get_by_role("button", name="Copy as JSON").click()
    expect(page.get_by_role("status")).to_have_text("Copied 3 claims as JSON.")
    body = json.dumps({"documents": [{"id": "article", "date": DATE, "text": FERRY}]}).encode()
    request = urllib.request.Request(f"{server_url}/v1/extract", body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request) as response:
        sent = response.read().decode()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied.rstrip("\n") in sent
    assert json.loads(copied) == json.loads(sent)["extractions"][0]


def test_csv_quotes_and_disarms_formulas_and_keeps_numbers(page: Page) -> None:
    text = '=SUM(A1), he "said",\n-12345678901234567891 people'
    number = "-12345678901234567891"
    unit = {
        "start": 0,
        "end": 1,
        "text": "\t@x",
        "name": "+cmd|' /C calc'!A0",
        "kind": "count",
        "code": None,
        "of": None,
    }
    answering(page, answer(claim(text, number, int(number), unit={**unit, "per": None, "score": 0.5})))
    extract(page, text)
    expect(rows(page).first).to_contain_text("-12,345,678,901,234,567,891")
    page.get_by_role("button", name="Copy as CSV").click()
    expect(page.get_by_role("status")).to_have_text("Copied 1 claim as CSV.")
    [row] = csv.DictReader(io.StringIO(page.evaluate("navigator.clipboard.readText()"), newline=""))
    assert row["value"] == number
    assert row["sentence"] == f"'{text}"
    assert (row["unit"], row["unit_name"]) == ("'\t@x", "'+cmd|' /C calc'!A0")
    assert (row["claimant"], row["score"]) == ("", "0.5")


@pytest.mark.parametrize(("kind", "ending"), [("JSON", "jsonl"), ("CSV", "csv")])
def test_downloads_hold_what_is_copied(page: Page, tmp_path: Path, kind: str, ending: str) -> None:
    extract(page, FERRY, DATE)
    page.get_by_role("button", name=f"Copy as {kind}").click()
    with page.expect_download() as waiting:
        page.get_by_role("button", name=f"Download as {kind}").click()
    assert waiting.value.suggested_filename == f"article.claims.{ending}"
    waiting.value.save_as(tmp_path / "saved")
    saved = (tmp_path / "saved").read_bytes().decode("utf-8-sig" if ending == "csv" else "utf-8")
    assert saved == page.evaluate("navigator.clipboard.readText()")


def test_copying_works_where_the_browser_offers_no_clipboard(page: Page) -> None:
    extract(page, FERRY, DATE)
    page.evaluate("Object.defineProperty(navigator, 'clipboard', { value: undefined, configurable: true })")
    page.get_by_role("button", name="Copy as CSV").click()
    expect(page.get_by_role("status")).to_have_text("Copied 3 claims as CSV.")
    page.evaluate("delete navigator.clipboard")
    assert page.evaluate("navigator.clipboard.readText()").startswith("quantity,modifier,value")


def test_a_file_keeps_its_line_ends_so_that_offsets_fit_it(page: Page) -> None:
    picked = FilePayload(name="ferry.txt", mimeType="text/plain", buffer=b"\xef\xbb\xbf5 boats\r\n\r\n6 ships")
    page.get_by_label("Text file").set_input_files([picked])
    with page.expect_request("**/v1/extract") as waiting:
        page.keyboard.press("Control+Enter")
    assert json.loads(waiting.value.post_data or "")["documents"] == [
        {"id": "ferry", "date": None, "text": "5 boats\r\n\r\n6 ships"}
    ]
    expect(marks(page)).to_have_text(["5", "boats", "6", "ships"])


READ_LATE = """() => {
    const read = File.prototype.arrayBuffer;
    File.prototype.arrayBuffer = async function () {
        await new Promise((resolve) => setTimeout(resolve, this.name === "slow.txt" ? 600 : 200));
        return read.call(this);
    };
}"""


def pick(page: Page, name: str, content: bytes) -> None:
    page.get_by_label("Text file").set_input_files([FilePayload(name=name, mimeType="text/plain", buffer=content)])


def test_who_extracts_while_a_file_is_being_read_means_that_file(page: Page) -> None:
    page.evaluate(READ_LATE)
    pick(page, "slow.txt", b"5 boats")
    pick(page, "quick.txt", b"6 ships")  # the last one counts, whichever is read first
    page.keyboard.press("Control+Enter")
    expect(marks(page)).to_have_text(["6", "ships"])
    page.wait_for_timeout(600)
    assert page.locator("textarea").input_value() == "6 ships"


def test_a_file_that_cannot_be_read_is_not_taken_for_the_text_before(page: Page) -> None:
    page.locator("textarea").fill("5 boats")
    page.evaluate(READ_LATE)
    pick(page, "ferry.txt", b"\xff")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("alert")).to_contain_text("ferry.txt is not plain text")
    expect(marks(page)).to_have_count(0)


@pytest.mark.parametrize(
    ("content", "outcome"), [("[53, 32, 113]", "5 q"), ("[255, 254, 53, 0]", None), ("[53, 0]", None)]
)
def test_files_can_be_dropped(page: Page, content: str, outcome: str | None) -> None:
    page.evaluate(
        f"""() => {{
            const dataTransfer = new DataTransfer();
            dataTransfer.items.add(new File([new Uint8Array({content})], "a.txt"));
            const drop = new DragEvent("drop", {{ dataTransfer, bubbles: true, cancelable: true }});
            document.querySelector("textarea").dispatchEvent(drop);
        }}"""
    )
    if outcome is not None:
        expect(page.get_by_label("Text of the article")).to_have_value(outcome)
    else:
        expect(page.get_by_role("alert")).to_have_text(
            "a.txt is not plain text in UTF-8. Save it as that, then open it again."
        )
        expect(page.get_by_label("Text of the article")).to_have_value("")
