"""The command line: its output, its one-line errors, its exit status."""

from __future__ import annotations

import datetime as dt
import gzip
import io
import json
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any, Protocol

import pytest

import claimex
from claimex import cli
from claimex.errors import ModelError
from claimex.jsonl import read_examples
from claimex.schema import (
    AnyMention,
    Claim,
    Document,
    Extraction,
    Grain,
    Mention,
    Modifier,
    Period,
    Quantity,
    Source,
    Span,
    Tag,
    Unparsed,
)
from claimex.table import extraction_lines

TEXT = "Eva [b] counted 🙂 1500 geese today. Then umpteen more."


class FakeExtractor:
    """Numbers in digits, "umpteen", "today" and "Eva"; stands in for the model."""

    def extract(self, documents: Iterable[Document]) -> Iterator[Extraction]:
        for document in documents:
            if document.text == "interrupt":
                raise KeyboardInterrupt
            yield extracted(document)


def extracted(document: Document) -> Extraction:
    text, whole = document.text, (0, len(document.text))
    claims, mentions = [], list[AnyMention]()
    for found in re.finditer(r"\d+|umpteen", text):
        number = Decimal(found.group()) if found.group().isdigit() else None
        value = Unparsed("no number") if number is None else Quantity(number, number, number)
        quantity: Mention[Quantity] = Mention(Span(*found.span(), Tag.QUANTITY, 0.75), found.group(), value)
        when = Period("XXXX-XX-XX", Grain.DAY, document.date, document.date)
        day = text.find("today")
        date: Mention[Period] | None = Mention(Span(day, day + 5, Tag.DATE), "today", when) if day >= 0 else None
        eva: Mention[Source] = Mention(Span(0, 3, Tag.CLAIMANT), "Eva", Source("Eva Moe"))
        mentions.append(quantity)
        claims.append(Claim(quantity, Modifier.GE, None, date, eva if number and "Eva" in text else None, whole, 0.5))
    return Extraction(document, tuple(mentions), tuple(claims))


class Run(Protocol):
    def __call__(self, *argv: str | Path, stdin: str = "") -> tuple[int, str, str]: ...


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs the command line with the fake model: exit status, standard output, standard error."""

    def call(*argv: str | Path, stdin: str = "") -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin.encode())))
        status = cli.main([str(word) for word in argv])
        out, err = capsys.readouterr()
        return status, out, err

    monkeypatch.setattr(claimex, "load", lambda model=None, dtype=None: FakeExtractor(), raising=False)
    monkeypatch.setenv("COLUMNS", "200")
    return call


@pytest.fixture
def geese(tmp_path: Path) -> Path:
    path = tmp_path / "geese.txt"
    path.write_text(TEXT)
    return path


def rows(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def assert_fails(outcome: tuple[int, str, str], *reasons: str) -> None:
    status, out, err = outcome
    assert (status, out) == (2, "")
    assert err.startswith("claimex: error: ")
    assert err.count("\n") == 1
    assert "Traceback" not in err
    for reason in reasons:
        assert reason in err


# --- extract


def test_json_lines_on_a_pipe(run: Run, geese: Path) -> None:
    status, out, err = run("extract", geese, "--date", "2031-05-06")
    assert (status, err) == (0, "")
    (row,) = rows(out)
    assert (row["id"], row["date"]) == ("geese", "2031-05-06")
    quantity, date = row["claims"][0]["quantity"], row["claims"][0]["date"]
    assert (quantity["text"], quantity["value"], quantity["modifier"]) == ("1500", 1500, "ge")
    assert TEXT[quantity["start"] : quantity["end"]] == "1500"
    assert (date["from"], date["to"]) == ("2031-05-06", "2031-05-06")
    assert row["claims"][1]["quantity"]["unparsed"] == "no number"


def test_many_inputs_in_order(run: Run, tmp_path: Path, geese: Path) -> None:
    more = tmp_path / "more.jsonl.gz"
    more.write_bytes(gzip.compress(b'\xef\xbb\xbf{"id": "x", "text": "5\\r\\nducks"}\r\n{"text": "6"}'))
    status, out, _ = run("extract", geese, more, "-", geese, stdin="7")
    assert status == 0
    assert [row["id"] for row in rows(out)] == ["geese", "x", "more:2", "stdin", "geese"]


def test_an_empty_text_gives_a_line_with_nothing_found(run: Run) -> None:
    assert run("extract", "-") == (0, '{"id": "stdin", "date": null, "spans": [], "claims": []}\n', "")


def test_no_documents_need_no_model(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(claimex, "load", None)
    (tmp_path / "none.jsonl").write_text("\n")
    assert run("extract", tmp_path / "none.jsonl") == (0, "", "")


@pytest.mark.parametrize("name", ["out.jsonl", "out.jsonl.gz"])
def test_output_to_a_file(run: Run, geese: Path, tmp_path: Path, name: str) -> None:
    _, expected, _ = run("extract", geese)
    assert run("extract", geese, "-o", tmp_path / name) == (0, "", "")
    raw = (tmp_path / name).read_bytes()
    assert (gzip.decompress(raw) if name.endswith(".gz") else raw).decode() == expected


def test_an_error_on_the_way_leaves_the_old_output(run: Run, geese: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    out.write_text("old")
    assert_fails(run("extract", geese, tmp_path / "none.txt", "-o", out), "none.txt: no such file")
    assert out.read_text() == "old"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["geese.txt", "out.jsonl"]


def test_ctrl_c_is_quiet(run: Run, geese: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    assert run("extract", geese, "-", "-o", out, stdin="interrupt") == (130, "", "")
    assert not out.exists()


@pytest.mark.parametrize(
    ("name", "content", "reasons"),
    [
        ("a.txt", None, ["a.txt: no such file"]),
        ("a.txt", b"caf\xe9", ["a.txt: not UTF-8 at byte 3", "iconv"]),
        ("a.txt", b"\0\0", ["a.txt: binary"]),
        ("a.jsonl", b"\n{", ["a.jsonl:2: not JSON"]),
        ("a.jsonl", b'{"id": 1}', ["a.jsonl:1: ", 'no "text"']),
        ("a.jsonl", b'{"text": "\\udfff"}', ["a.jsonl:1: ", "surrogate"]),
        ("a.jsonl", b'{"text": "", "date": "2031-13-01"}', ["a.jsonl:1: ", "YYYY-MM-DD"]),
        ("a.jsonl", b"[" * 100_000, ["a.jsonl:1: ", "nested"]),
        ("a.jsonl.gz", b"no gzip", ["a.jsonl.gz: damaged gzip"]),
    ],
)
def test_a_bad_input_is_one_line_or_skipped(
    run: Run, tmp_path: Path, name: str, content: bytes | None, reasons: list[str]
) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    assert_fails(run("extract", tmp_path / name), *reasons)
    status, out, err = run("extract", tmp_path / name, "-", "--on-error", "skip", stdin="7")
    assert (status, [row["id"] for row in rows(out)]) == (0, ["stdin"])
    assert err.startswith("claimex: inputs skipped: 1; the first: ")
    assert err.count("\n") == 1


@pytest.mark.parametrize(
    "argv",
    [
        ["extract"],
        ["extract", "-", "--date", "yesterday"],
        ["extract", "-", "--date", "2031-02-30"],
        ["extract", "-", "--format", "xml"],
        ["extract", "-", "--nonsense"],
        ["extract", "-", "-o", "/no/such/directory/out"],
        ["exract", "-"],
        ["score", "only-gold"],
        ["score", "a", "b", "--errors", "many"],
        ["score", "a\nb", "c"],
    ],
)
def test_wrong_usage_is_one_line(run: Run, argv: list[str]) -> None:
    assert_fails(run(*argv))


def test_a_model_error_is_one_line(run: Run, geese: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(model: str | None = None, dtype: str | None = None) -> None:
        raise ModelError(f"{model}: no weights here:\ngive a directory that holds them")

    monkeypatch.setattr(claimex, "load", broken)
    assert_fails(run("extract", geese, "--model", "here"), "here: no weights here: give a directory")


def test_a_table_for_people(run: Run, geese: Path, tmp_path: Path) -> None:
    status, out, err = run("extract", geese, "--format", "table", "--date", "2031-05-06")
    assert (status, err) == (0, "")
    lines = out.splitlines()
    assert lines[0].strip() == "geese"
    (first,) = (line for line in lines if "≥ 1,500" in line)
    for cell in ("2031-05-06", "Eva Moe", "0.50", TEXT):
        assert cell in first
    assert lines[-1] == (
        "2 claims; 1 without claimant; 0 without date; not understood: 1 number, 0 units, 0 dates, 0 claimants"
    )
    run("extract", geese, "--format", "table", "--date", "2031-05-06", "-o", tmp_path / "out.txt")
    assert (tmp_path / "out.txt").read_text() == out


def test_a_draft_for_annotators_reads_as_their_work(run: Run, geese: Path, tmp_path: Path) -> None:
    draft = tmp_path / "draft.jsonl"
    assert run("extract", geese, "--format", "annotated", "-o", draft) == (0, "", "")
    [example] = read_examples(draft)
    assert example.document.text == TEXT
    assert [TEXT[span.start : span.end] for span in example.spans] == ["1500", "umpteen"]
    counted, unread = example.records
    assert (counted.value, counted.modifier, counted.name) == (Decimal(1500), Modifier.GE, "Eva Moe")
    assert (unread.value, unread.low, unread.high) == (None, None, None)


def test_an_open_magnitude_is_written_down_without_ends() -> None:
    dozens: Mention[Quantity] = Mention(Span(0, 6, Tag.QUANTITY), "Dozens", Quantity(None, Decimal(24), None))
    record = Claim(dozens, Modifier.EQ, None, None, None, (0, 12)).record
    assert (record.value, record.low, record.high) == (None, None, None)


def test_a_table_on_a_terminal(run: Run, geese: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    assert "Evidence" in run("extract", geese)[1]
    assert rows(run("extract", geese, "--format", "jsonl")[1])


def test_the_evidence_is_cut_around_the_quantity_and_cannot_steer_the_terminal() -> None:
    text = "\x1b[J" + "word " * 100 + "31 cats " + "\nword" * 100
    table, closing = extraction_lines([extracted(Document("a\x1bb", text, dt.date(2031, 5, 6)))], colour=False)
    assert "31 cats" in table.replace("\n", " ")
    assert table.count("…") == 2
    assert table.count("word") < 30
    assert "\x1b" not in table
    assert closing.startswith("1 claim; 1 without claimant; 1 without date; not understood: 0 numbers")


def test_progress_is_for_terminals_and_long_runs(run: Run, geese: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cli, "PATIENCE", 0.0)
    assert run("extract", geese)[2] == ""
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    assert "documents" in run("extract", geese)[2]
    monkeypatch.setattr(cli, "PATIENCE", 60.0)
    assert run("extract", geese)[2] == ""


# --- score


@pytest.fixture
def gold(tmp_path: Path) -> Path:
    spans = [{"start": 18, "end": 22, "tag": "QUANTITY"}, {"start": 0, "end": 3, "tag": "CLAIMANT"}]
    record = {"quantity": [18, 22], "value": 1500, "modifier": "ge", "claimant": [0, 3], "name": "Eva Moe"}
    row = {"id": "geese", "text": TEXT, "spans": spans, "records": [record]}
    path = tmp_path / "gold.jsonl"
    path.write_text(json.dumps(row) + "\n" + json.dumps({**row, "id": "unread"}))
    return path


def test_scores(run: Run, geese: Path, gold: Path, tmp_path: Path) -> None:
    run("extract", geese, "-o", tmp_path / "out.jsonl")
    status, out, err = run("score", gold, tmp_path / "out.jsonl", "--json")
    assert (status, err) == (0, "claimex: 1 of 2 documents have no prediction\n")
    table = json.loads(out)
    assert table["QUANTITY"] == {
        "precision": 0.5,
        "recall": 0.5,
        "f1": 0.5,
        "gold": 2,
        "predicted": 2,
        "relaxed_f1": 0.5,
    }
    assert table["record value"]["recall"] == 0.5
    status, out, _ = run("score", gold, tmp_path / "out.jsonl", "--errors", "1")
    lines = out.splitlines()
    assert lines[0].split() == ["precision", "recall", "f1", "gold", "predicted", "relaxed", "f1", "accuracy"]
    assert lines[1].split() == ["QUANTITY", "0.500", "0.500", "0.500", "2", "2", "0.500"]
    assert lines[-1] == "geese: '1500': date"
    assert len(lines) == 13


def test_two_annotators_are_scored(run: Run, gold: Path) -> None:
    status, out, _ = run("score", gold, gold, "--json")
    assert status == 0
    assert {row["f1"] for name, row in json.loads(out).items() if name in ("QUANTITY", "record all four")} == {1.0}


def test_what_only_one_annotator_was_asked_for_is_not_scored(run: Run, gold: Path, tmp_path: Path) -> None:
    rows = [{**json.loads(line), "annotated": ["QUANTITY", "UNIT"]} for line in gold.read_text().splitlines()]
    again = tmp_path / "again.jsonl"
    again.write_text("\n".join(map(json.dumps, rows)))
    table = json.loads(run("score", gold, again, "--json")[1])
    assert table["QUANTITY"]["gold"] > 0
    assert table["CLAIMANT"]["gold"] == table["record claimant"]["gold"] == table["record all four"]["gold"] == 0


def test_score_names_what_it_cannot_read(run: Run, gold: Path, tmp_path: Path) -> None:
    assert_fails(run("score", gold, tmp_path / "none.jsonl"), "none.jsonl: no such file")
    (tmp_path / "bad.jsonl").write_text(
        '{"id": "geese", "spans": [], "claims": [{"quantity": {"start": 1, "end": 999}}]}'
    )
    assert_fails(run("score", gold, tmp_path / "bad.jsonl"), "bad.jsonl:1: document 'geese'", "no range")


# --- The shell itself


def test_help_and_version(run: Run) -> None:
    status, out, err = run()
    assert (status, err) == (0, "")
    assert "extract" in out
    assert run("--help") == (0, out, "")
    status, out, _ = run("--version")
    assert status == 0
    assert re.fullmatch(r"claimex \d+\.\d+\.\d+\S*\n", out)


def test_the_command_line_imports_nothing_slow() -> None:
    slow = {"torch", "transformers", "openvino", "rich", "tqdm", "babel", "pint"}
    code = f"import sys, claimex.cli; print({slow} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
