"""``claimex link``: spans in, claims out."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from claimex import cli

TEXT = "The lock keeper counted 31 barges on Friday. She saw two canoes."
SURFACES = {"CLAIMANT": ("The lock keeper", "She"), "QUANTITY": ("31", "two"), "UNIT": ("barges", "canoes")}


@pytest.fixture
def spans(tmp_path: Path) -> Path:
    path = tmp_path / "canal.jsonl"
    found = [
        {"start": TEXT.index(surface), "end": TEXT.index(surface) + len(surface), "tag": tag}
        for tag, surfaces in (*SURFACES.items(), ("DATE", ("Friday",)))
        for surface in surfaces
    ]
    path.write_text(json.dumps({"id": "canal", "date": "2031-05-07", "text": TEXT, "spans": found}) + "\n")
    return path


def test_given_spans_become_claims(spans: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "out.jsonl"
    assert cli.main(["link", str(spans), "-o", str(out)]) == 0
    assert capsys.readouterr() == ("", "")
    row = json.loads(out.read_text())
    assert [span["text"] for span in row["spans"]] == [
        "The lock keeper", "31", "barges", "Friday", "She", "two", "canoes",
    ]  # fmt: skip
    first, second = row["claims"]
    assert (first["quantity"]["value"], first["unit"]["text"]) == (31, "barges")
    assert (first["date"]["from"], first["date"]["provenance"]) == ("2031-05-02", "stated")
    assert (second["quantity"]["value"], second["unit"]["text"]) == (2, "canoes")
    assert 0 < first["score"] < 1


def test_a_table(spans: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["link", str(spans), "--format", "table"]) == 0
    assert "31 barges" in capsys.readouterr().out


@pytest.mark.parametrize("line", ['{"text": "31 barges"}', '{"text": "31", "spans": [{"start": 0, "end": 9}]}', "31"])
def test_what_has_no_spans_is_one_error(line: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "bad.jsonl"
    path.write_text(line + "\n")
    assert cli.main(["link", str(path)]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("claimex: error: ")
    assert "bad.jsonl:1" in err
    assert err.count("\n") == 1
