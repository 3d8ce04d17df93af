"""The commands about annotated documents."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from claimex import cli
from claimex.formats.offsets import OffsetUnit
from claimex.formats.registry import FORMATS
from claimex.formats.rows import Options
from claimex.schema import Example, Tag
from tests.formats.examples import EXAMPLE, SPANS

MARKUP = "== a-1 2031-05-06\n[57|q1] [geese|u1] on [Monday|d1]; [it|c1] said.\n--\nd1 2031-05-05\nq1 ge 57 u1 d1\n"


def run(capsys: pytest.CaptureFixture[str], *argv: str | Path) -> tuple[int, str, str]:
    status = cli.main([str(word) for word in argv])
    out, err = capsys.readouterr()
    return status, out, err


@pytest.fixture
def gold(tmp_path: Path) -> Path:
    path = tmp_path / "gold.jsonl"
    FORMATS["jsonl"].write(path, [EXAMPLE])
    return path


# --- convert


@pytest.mark.parametrize("name", [name for name in FORMATS if name not in ("jsonl", "standoff")])
def test_there_and_back(gold: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str) -> None:
    there, back = tmp_path / "there", tmp_path / "back.jsonl"
    assert run(capsys, "convert", gold, there, "--to", name) == (0, "", "")
    assert run(capsys, "convert", there, back, "--from", name) == (0, "", "")
    assert back.read_text() == gold.read_text()


def test_the_texts_of_standoff_come_from_another_file(
    gold: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bare, back = tmp_path / "bare", tmp_path / "back.jsonl"
    assert run(capsys, "convert", gold, bare, "--to", "standoff") == (0, "", "")
    assert run(capsys, "convert", bare, back, "--from", "standoff", "--texts", gold) == (0, "", "")
    assert back.read_text() == gold.read_text()
    gold.write_text(gold.read_text() + gold.read_text().replace("57", "58"))
    status, _, err = run(capsys, "convert", bare, back, "--from", "standoff", "--texts", gold)
    assert (status, err) == (2, f"claimex: error: {gold}: two texts have the id 'ferry-1': keep one of them\n")


def test_offsets_go_for_the_side_that_has_a_choice(
    gold: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    there = tmp_path / "there"
    assert run(capsys, "convert", gold, there, "--to", "label-studio", "--offsets", "utf-16")[0] == 0
    assert list(FORMATS["label-studio"].read(there, Options(OffsetUnit.UTF_16))) == [EXAMPLE]
    assert run(capsys, "convert", there, "-", "--from", "label-studio", "--to", "jsonl", "--offsets", "utf-16")[0] == 0
    for argv in (("--to", "conll"), ("--from", "label-studio", "--to", "doccano")):
        status, _, err = run(capsys, "convert", gold, "-", *argv, "--offsets", "byte")
        assert status == 2
        assert "--offsets is for one of IN and OUT (brat code-point, label-studio code-point, doccano utf-16)" in err


def test_tags_name_what_is_annotated(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "x").write_text('{"text": "57", "label": []}')
    argv = ("convert", tmp_path / "x", "-", "--from", "doccano", "--to", "jsonl", "--tags")
    status, out, _ = run(capsys, *argv, "DATE,QUANTITY")
    assert (status, json.loads(out)["annotated"]) == (0, ["QUANTITY", "DATE"])
    status, _, err = run(capsys, *argv, "DATE,ORG")
    assert status == 2
    assert "'DATE,ORG': write some of QUANTITY,UNIT,DATE,CLAIMANT, with commas between" in err


def test_a_fault_leaves_the_old_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bad, old = tmp_path / "x.claims", tmp_path / "old.jsonl"
    bad.write_text(MARKUP + "\n== a-2 -\nEva\n")
    old.write_text("old")
    status, _, err = run(capsys, "convert", bad, old)
    assert (status, old.read_text()) == (2, "old")
    assert err.startswith(f"claimex: error: {bad}:7: the document that starts here has no line --")


# --- validate


def test_files_without_fault_are_counted(tmp_path: Path, gold: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "x.claims"
    path.write_text(MARKUP)
    status, out, err = run(capsys, "validate", path, gold)
    assert (status, err) == (0, "")
    assert out.splitlines() == [
        f"{path}: 1 documents, 1 QUANTITY, 1 UNIT, 1 DATE, 1 CLAIMANT, "
        "1 records, 1 with unit, 1 with date, 0 with claimant; 0 faults, 0 warnings",
        f"{gold}: 1 documents, 3 QUANTITY, 2 UNIT, 1 DATE, 1 CLAIMANT, "
        "3 records, 2 with unit, 2 with date, 2 with claimant; 0 faults, 0 warnings",
    ]


def test_every_fault_and_warning_is_one_line(tmp_path: Path, gold: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path, twice, lines = tmp_path / "x.claims", tmp_path / "twice.jsonl", tmp_path / "y.jsonl"
    path.write_text(MARKUP.replace("u1 d1", "u2 d1") + "\n== a-2 -\n[5|q1]\n--\n")
    twice.write_text(gold.read_text())
    odd = Example(EXAMPLE.document, tuple(span for span in SPANS if span.tag != Tag.DATE), EXAMPLE.annotated)
    FORMATS["jsonl"].write(lines, [odd])
    lines.write_text(lines.read_text().replace("ferry-1", "ferry-2") + "{}\n[\n")
    status, out, err = run(capsys, "validate", path, gold, twice, lines, tmp_path / "none.jsonl")
    assert (status, err) == (2, "")
    counts = [line.rpartition("; ")[2] for line in out.splitlines() if " documents, " in line]
    assert counts == [
        "2 faults, 0 warnings", "0 faults, 0 warnings", "1 faults, 0 warnings", "2 faults, 1 warnings",
        "1 faults, 0 warnings",
    ]  # fmt: skip
    assert [line for line in out.splitlines() if " documents, " not in line] == [
        f"fault: {path}:5: u2 names no span of this document: mark it in the text, or take it away here",
        f"fault: {path}:9: no line for q1 follows: add one, such as q1 VALUE",
        f"fault: {twice}: document 'ferry-1': {gold} has one of this id: give each its own",
        f'fault: {lines}:2: no "text": add the text of the document',
        f"fault: {lines}:3: not JSON (Expecting value, column 1): write one object a line",
        f"warning: {lines}: document 'ferry-2': no records, 3 QUANTITY spans",
        f"fault: {tmp_path / 'none.jsonl'}: no such file: check the path",
    ]


# --- stats


def test_numbers_as_a_table_and_as_json(tmp_path: Path, gold: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "x[y].claims"
    path.write_text(MARKUP)
    status, out, _ = run(capsys, "stats", path, gold)
    table = [line.split() for line in out.splitlines() if not line.startswith(" ─")]
    assert status == 0
    assert table[0] == ["documents", *Tag, "records", "with", "unit", "with", "date", "with", "claimant"]
    assert table[-3] == [str(path), *["1", "1", "1", "1", "1", "1", "100.0", "%", "100.0", "%", "0.0", "%"]]
    assert table[-2] == [str(gold), *["1", "3", "2", "1", "1", "3", "66.7", "%", "66.7", "%", "66.7", "%"]]
    assert table[-1] == ["total", *["2", "4", "3", "2", "2", "4", "75.0", "%", "75.0", "%", "50.0", "%"]]
    status, out, _ = run(capsys, "stats", "--json", gold)
    numbers = {"documents": 1, "QUANTITY": 3, "UNIT": 2, "DATE": 1, "CLAIMANT": 1, "records": 3}
    expected = {**numbers, "with_unit": 2, "with_date": 2, "with_claimant": 2}
    assert (status, json.loads(out)) == (0, {"files": {str(gold): expected}, "total": expected})


def test_nothing_has_no_shares(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "x.jsonl").write_text("")
    status, out, _ = run(capsys, "stats", tmp_path / "x.jsonl")
    assert (status, out.splitlines()[-1].split()[1:]) == (0, ["0"] * 6)
