"""The inline markup: what it means, and what it says about each fault."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path

import pytest

from claimex.errors import InputError
from claimex.formats.markup import markup_lines, read_markup
from claimex.schema import Document, Example, Modifier, Record, Span, Tag
from tests.formats.examples import EXAMPLE

FERRY = r"""# Two documents
== ferry-wire-01 2024-03-14
At least [57|q1] [people|u1] drowned on [Monday|d1], [the coast guard|c1] said \[sic\].

[It|c2] had counted [-3.50|q2] [wrecks|u2] in [May|d2] and [two-thirds|q3] \\ \|; [200 to 300|q4] [sheep|u3].
\== no header
\--
--
d1 2024-03-11
d2 2024-05-01..2024-05-31
# the second mention
c2 the coast guard of the bay
q1 ge 57 u1 d1 c1
q2 -3.50 u2 d2 c2
q3 0.6666667 u2
q4 200..300 u3 c2

# and the other one
== b-2 -
[dozens|q1]
--
q1 ?
"""


def read(tmp_path: Path, content: str) -> list[Example]:
    path = tmp_path / "a.claims"
    path.write_bytes(content.encode())
    return list(read_markup(path))


def faults(tmp_path: Path, content: str) -> list[str]:
    """Every fault, as LINE: MESSAGE."""
    path = tmp_path / "a.claims"
    path.write_bytes(content.encode())
    errors: list[InputError] = []
    list(read_markup(path, on_error=errors.append))
    return [str(error).removeprefix(f"{path}:") for error in errors]


def document(text: str = "[57|q1] [geese|u1] on [Monday|d1], [Eva|c1] said.", facts: str = "q1 57 u1 d1 c1") -> str:
    return f"== a-1 2024-03-14\n{text}\n--\n{facts}\n"


def test_documents_are_read_whole(tmp_path: Path) -> None:
    ferry, dozens = read(tmp_path, FERRY)
    text = ferry.document.text
    assert ferry.document.id == "ferry-wire-01"
    assert ferry.document.date == dt.date(2024, 3, 14)
    assert text.startswith("At least 57 people drowned on Monday, the coast guard said [sic].\n\nIt had")
    assert text.endswith("two-thirds \\ |; 200 to 300 sheep.\n== no header\n--")
    surfaces = [text[span.start : span.end] for span in ferry.spans if span.tag != Tag.QUANTITY]
    assert surfaces == ["people", "Monday", "the coast guard", "It", "wrecks", "May", "sheep"]
    assert ferry.annotated == frozenset(Tag)
    assert ferry.unsure == ()
    assert [text[slice(*record.quantity)] for record in ferry.records] == ["57", "-3.50", "two-thirds", "200 to 300"]
    first, second, third, fourth = ferry.records
    monday = dt.date(2024, 3, 11)
    assert [first.value, first.low, first.high] == [57, 57, 57]
    assert first.modifier == Modifier.GE
    assert (first.first, first.last, first.name) == (monday, monday, "the coast guard")
    assert (second.value, second.modifier, second.name) == (Decimal("-3.5"), Modifier.EQ, "the coast guard of the bay")
    assert (second.first, second.last) == (dt.date(2024, 5, 1), dt.date(2024, 5, 31))
    assert (third.value, third.unit, third.date, third.first, third.claimant, third.name) == (
        Decimal("0.6666667"), second.unit, None, None, None, None,
    )  # fmt: skip
    assert [fourth.value, fourth.low, fourth.high] == [None, 200, 300]
    assert dozens == Example(
        Document("b-2", "dozens"), (Span(0, 6, Tag.QUANTITY),), frozenset(Tag), (Record((0, 6), None, None, None),)
    )


def test_a_span_may_go_over_lines_and_a_text_may_be_empty(tmp_path: Path) -> None:
    [ferry, empty] = read(tmp_path, "== a -\n[Eva\n\\--\nMoe|c1]\n--\n\n== b -\n--\n")
    assert ferry.spans == (Span(0, 10, Tag.CLAIMANT),)
    assert ferry.document.text == "Eva\n--\nMoe"
    assert empty.document.text == ""


def test_facts_that_no_record_uses_are_checked_and_dropped(tmp_path: Path) -> None:
    content = document(facts="d1 2024-03-11\nc1 Eva Moe\nq1 57")
    [example] = read(tmp_path, content)
    assert example.records == (Record((0, 2), Decimal(57), Decimal(57), Decimal(57)),)
    assert faults(tmp_path, content.replace("-03-11", "-02-30")) == [
        "4: '2024-02-30' is no date: write an existing day as YYYY-MM-DD"
    ]


def test_the_first_fault_is_raised(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"a\.claims:3: no line for q1 follows: add one, such as q1 VALUE"):
        read(tmp_path, document(facts="c1 Eva Moe"))


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("[57|q1", "a [ that no |NAME] closes"),
        ("57|q1]", "|q1] closes no span: put a [ before the surface"),
        ("[57]", "a ] inside a span, without a name: end the span with |NAME]"),
        ("[5|7|q1]", r"a | inside a span, without a name: end the span with |NAME], or write \| for the"),
        ("] 57", "] closes no span"),
        ("[a [57|q1]", "a [ inside a span: spans never nest"),
        ("[57|x1]", "'x1' names no span: write one of q, u, d, c and a number"),
        ("[57|q01]", "'q01' names no span"),
        ("[57|]", "'' names no span"),
        ("[|q1]", "the span q1 is empty"),
        ("[5|q1] [6|q1]", "the name q1 stands twice"),
        ("[5|q2] [6|q1]", "q2 where q1 is due: number the q spans 1, 2, 3, ... in text order"),
        (r"C:\temp", r"\t is no escape: write \\ for a backslash"),
        ("a\\", "\\ is no escape"),
        ("x \\-- y", r"\- is no escape"),
    ],
)
def test_faults_of_the_text(tmp_path: Path, text: str, fault: str) -> None:
    found = faults(tmp_path, document(f"Eva\n{text}", "# none"))
    assert found[0].startswith(f"3: {fault}") or f"3: {fault}" in "\n".join(found)


@pytest.mark.parametrize(
    ("facts", "fault"),
    [
        ("q1 57\nq1 57", "5: q1 has line 4 already: take one of them away"),
        ("q1 57\nu1 geese", "5: u1 is a unit, which has no facts"),
        ("q1 57\nq2 57", "5: 'q2' names no span of this document"),
        ("q1 57\nnote", "5: 'note' names no span of this document"),
        ("q1", "4: q1 with nothing, or with stray blanks"),
        ("q1  57", "4: q1 with nothing, or with stray blanks"),
        ("q1 57 ", "4: q1 with nothing, or with stray blanks"),
        (
            "q1 about 57",
            "4: 'about' is no value: write 57, -3.5, 200..300 or ?, before it one of approx, gt, ge, lt, le",
        ),
        ("q1 eq 57", "4: 'eq' is no value"),
        ("q1 ge", "4: '' is no value"),
        ("q1 1,200", "4: '1,200' is no value"),
        ("q1 1e3", "4: '1e3' is no value"),
        ("q1 1..2..3", "4: '1..2..3' is no value"),
        ("q1 ٣", "4: '٣' is no value"),
        ("q1 300..200", "4: the range 300..200 runs down"),
        ("q1 57 c1 u1", "4: 'c1 u1' behind a value: write at most one uN, one dN and one cN, in this order"),
        ("q1 57 u1 u1", "4: 'u1 u1' behind a value"),
        ("q1 57 geese", "4: 'geese' behind a value"),
        ("q1 57 u2", "4: u2 names no span of this document"),
        ("q1 57\nd1 Monday", "5: 'Monday' is no date"),
        ("q1 57\nd1 2024-3-1", "5: '2024-3-1' is no date"),
        ("q1 57\nd1 2024-03-02..2024-03-01", "5: the last day, 2024-03-01, comes before the first, 2024-03-02"),
        ("q1 57\n\nc1 Eva Moe", "6: outside of a document: start one with == ID DATE, a comment with #"),
    ],
)
def test_faults_of_the_facts(tmp_path: Path, facts: str, fault: str) -> None:
    assert faults(tmp_path, document(facts=facts))[0].startswith(fault)


def test_q_lines_come_in_order(tmp_path: Path) -> None:
    [fault] = faults(tmp_path, document("[5|q1] [6|q2]", "q2 6\nq1 5"))
    assert fault == "5: q1 after q2: bring the q lines into order"


@pytest.mark.parametrize("header", ["==a -", "== a", "== A -", "== a_b -", "== a-  -", "===", "== -a -", "== a - b"])
def test_faults_of_the_header(tmp_path: Path, header: str) -> None:
    [fault] = faults(tmp_path, f"{header}\nx\n--\n")
    assert fault.startswith("1: no header: write == ID DATE, with lower case letters, digits and hyphens in the ID")


def test_every_document_is_read_on_its_own_and_every_fault_named(tmp_path: Path) -> None:
    content = "stray\n== a -\nno end\n== a 2024-02-30\n[x|q1\n--\n== ok -\ny\n--\n== a -\nz\n--\n== b -\nlast"
    path = tmp_path / "a.claims"
    path.write_text(content)
    errors: list[InputError] = []
    assert [example.document.id for example in read_markup(path, on_error=errors.append)] == ["ok"]
    assert [str(error).removeprefix(f"{path}:").partition(" ")[0] for error in errors] == [
        "1:", "2:", "4:", "5:", "5:", "10:", "13:",
    ]  # fmt: skip
    assert "the document that starts here has no line --" in str(errors[1])
    assert "the document of line 2 has the id a too" in str(errors[2])


def test_a_file_that_is_no_text_is_one_fault(tmp_path: Path) -> None:
    path = tmp_path / "a.claims"
    path.write_bytes(b"== a -\nEm\xe9lie\n--\n")
    with pytest.raises(InputError, match=r"a\.claims: not UTF-8 at byte 9"):
        list(read_markup(path))


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"document": Document("A.1", EXAMPLE.document.text)}, "an id here is unique and has lower case letters"),
        ({"document": Document("a", EXAMPLE.document.text + "\0")}, "it has a NUL"),
        ({"annotated": frozenset([Tag.DATE])}, "not all tags are annotated"),
        ({"unsure": ((0, 1),)}, "it has unsure ranges"),
        ({"records": EXAMPLE.records[:1]}, "its records are not one for each QUANTITY"),
        ({"records": EXAMPLE.records[::-1]}, "its records are not one for each QUANTITY"),
    ],
)
def test_what_has_no_place_is_refused(changes: dict[str, object], fault: str) -> None:
    fields: dict[str, object] = {name: getattr(EXAMPLE, name) for name in Example.__slots__} | changes
    with pytest.raises(InputError, match=f"does not fit the markup: {fault}.*: choose another format"):
        list(markup_lines([Example(**fields)]))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"unit": (0, 1)}, r"a record's range \[0, 1\] is no UNIT span"),
        ({"unit": EXAMPLE.records[0].date}, "is no UNIT span"),
        ({"first": None}, "are no first and last day"),
        ({"last": dt.date(2031, 5, 1)}, "are no first and last day"),
        ({"date": None}, "a fact about a DATE that it does not have"),
        ({"claimant": None}, "a fact about a CLAIMANT that it does not have"),
        ({"name": None}, "None is no claimant's name on a line"),
        ({"name": "two\nlines"}, "is no claimant's name on a line"),
        ({"name": "another"}, "two records differ on the CLAIMANT c1: 'another', 'the coast guard'"),
        ({"first": dt.date(2031, 5, 1)}, "two records differ on the DATE d1"),
        ({"high": Decimal(58)}, "is no number, no range and no vague magnitude"),
        ({"high": None}, "is no number, no range and no vague magnitude"),
        (dict.fromkeys(("value", "low", "high"), Decimal("1E+999")), "has no plain form of at most 400 digits"),
    ],
)
def test_records_that_have_no_place_are_refused(changes: dict[str, object], fault: str) -> None:
    first, *others = EXAMPLE.records
    fields: dict[str, object] = {name: getattr(first, name) for name in Record.__slots__} | changes
    records = (Record(**fields), *others)  # type: ignore[arg-type]
    with pytest.raises(InputError, match=fault):
        list(markup_lines([Example(EXAMPLE.document, EXAMPLE.spans, EXAMPLE.annotated, records)]))
