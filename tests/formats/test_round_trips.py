"""What a format writes it reads back whole, over texts, spans and records of every kind."""

from __future__ import annotations

import tempfile
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from claimex.errors import InputError
from claimex.formats.offsets import OffsetUnit
from claimex.formats.registry import FORMATS, Format, format_of
from claimex.formats.rows import Options
from claimex.jsonl import read_examples
from claimex.schema import Document, Example, Record, Tag
from tests.formats.examples import EXAMPLE, examples, ids, regular, round_trip

FOREIGN = ("brat", "conll", "label-studio", "prodigy", "doccano", "jsonl")
CHOICES = [(form, unit) for form in FORMATS.values() for unit in ([None, *OffsetUnit] if form.offsets else [None])]


@pytest.mark.parametrize("name", FOREIGN)
@given(st.lists(examples(), max_size=3, unique_by=ids), st.sampled_from(OffsetUnit))
@settings(deadline=None, max_examples=10)
def test_nothing_is_lost(name: str, written: list[Example], unit: OffsetUnit) -> None:
    form = FORMATS[name]
    if name == "brat":
        written = [example for example in written if "\0" not in example.document.text] or [EXAMPLE]
    with tempfile.TemporaryDirectory() as directory:
        back = round_trip(form, written, Path(directory) / "x", Options(unit if form.offsets else None))
    assert sorted(back, key=ids) == sorted(written, key=ids)
    if name != "brat":
        assert back == written


@given(st.lists(regular(), max_size=3, unique_by=ids))
@settings(deadline=None, max_examples=15)
def test_markup_loses_nothing_and_is_written_in_one_way(written: list[Example]) -> None:
    form = FORMATS["markup"]
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "x.claims"
        back = round_trip(form, written, path)
        text = path.read_bytes()
        form.write(path, back)
        assert path.read_bytes() == text
    assert back == written


@given(st.lists(examples(), max_size=3, unique_by=ids))
@settings(deadline=None, max_examples=10)
def test_standoff_loses_names_that_the_text_does_not_have(written: list[Example]) -> None:
    texts = {example.document.id: Document(example.document.id, example.document.text) for example in written}
    with tempfile.TemporaryDirectory() as directory:
        back = round_trip(FORMATS["standoff"], written, Path(directory) / "x", Options(texts=texts))
    for before, after in zip(written, back, strict=True):
        assert (after.document, after.spans, after.annotated) == (before.document, before.spans, before.annotated)
        for old, new in zip(before.records, after.records, strict=True):
            assert new.name == (old.name if old.name is not None and old.name in before.document.text else None)
            assert _nameless(new) == _nameless(old)


def _nameless(record: Record) -> tuple[object, ...]:
    return tuple(getattr(record, field) for field in Record.__slots__ if field != "name")


@pytest.mark.parametrize(("form", "unit"), CHOICES)
def test_a_small_document_comes_back(form: Format, unit: OffsetUnit | None, tmp_path: Path) -> None:
    texts = {EXAMPLE.document.id: EXAMPLE.document}
    assert round_trip(form, [EXAMPLE], tmp_path / "x", Options(unit, texts=texts)) == [EXAMPLE]


@given(examples())
@settings(deadline=None, max_examples=10)
def test_our_own_lines_are_what_read_examples_reads(written: Example) -> None:
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "x.jsonl"
        FORMATS["jsonl"].write(path, [written])
        assert list(read_examples(path)) == list(FORMATS["jsonl"].read(path)) == [written]


@pytest.mark.parametrize("form", [form for form in FORMATS.values() if form.name != "brat"])
def test_files_may_be_packed(form: Format, tmp_path: Path) -> None:
    options = Options(texts={EXAMPLE.document.id: EXAMPLE.document})
    back = round_trip(form, [EXAMPLE], tmp_path / "x.gz", options)
    assert (tmp_path / "x.gz").read_bytes().startswith(b"\x1f\x8b")
    assert [example.spans for example in back] == [EXAMPLE.spans]


@pytest.mark.parametrize(
    ("value", "low", "high"),
    [("0.12345678901234567891",) * 3, (None, "24", None), ("5", "4", "6"), ("1e400", "1e400", "1e400")],
)
def test_amounts_that_json_would_change_are_refused(
    tmp_path: Path, value: str | None, low: str, high: str | None
) -> None:
    amount = [end and Decimal(end) for end in (value, low, high)]
    example = Example(Document("a", "x"), (), frozenset(Tag), (Record((0, 1), *amount),))  # type: ignore[arg-type]
    for name in ("jsonl", "doccano", "conll", "brat", "standoff"):
        with pytest.raises(InputError, match="of a record have no form in JSON: shorten them to 15 digits"):
            FORMATS[name].write(tmp_path / name, [example])


# --- Which format


@pytest.mark.parametrize(
    ("path", "name"),
    [("a.jsonl", "jsonl"), ("a.claims.gz", "markup"), ("a.b.CONLL", "conll"), ("d/a.ann", "brat"), (".", "brat")],
)
def test_a_path_tells_its_format(path: str, name: str) -> None:
    assert format_of(path).name == name


@pytest.mark.parametrize("path", ["a.json", "a", "-", "a.gz"])
def test_other_paths_need_a_name(path: str) -> None:
    with pytest.raises(InputError, match="name one of jsonl, markup"):
        format_of(path)
    assert format_of(path, "doccano").name == "doccano"


def test_an_unknown_name_is_told_the_known_ones() -> None:
    with pytest.raises(InputError, match="'spacy' is no format: use one of jsonl, markup, standoff, brat"):
        format_of("a.jsonl", "spacy")


def test_a_format_that_has_one_unit_takes_no_other(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="conll always counts code points"):
        FORMATS["conll"].read(tmp_path / "x", Options(OffsetUnit.UTF_16))


def test_tags_said_to_be_annotated_go_for_documents_that_do_not_say(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    path.write_text('{"text": "x", "label": []}\n{"text": "y", "label": [], "claimex": {"annotated": ["UNIT"]}}')
    form, options = FORMATS["doccano"], Options(annotated=frozenset([Tag.DATE]))
    assert [example.annotated for example in form.read(path, options)] == [{Tag.DATE}, {Tag.UNIT}]
    assert [example.annotated for example in form.read(path)] == [set(Tag), {Tag.UNIT}]
