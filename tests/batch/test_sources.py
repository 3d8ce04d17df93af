"""What a batch reads: every form of input, and the reasons for what cannot be read."""

from __future__ import annotations

import datetime as dt
import gzip
from pathlib import Path
from typing import Any

import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.parquet as pq  # type: ignore[import-untyped]
import pytest

from claimex.batch.sources import ColumnError, Columns, Input, sources
from claimex.errors import InputError
from claimex.schema import Document

DAY = dt.date(2024, 3, 14)


def read(*inputs: Path, columns: Columns = Columns(), date: dt.date | None = None) -> list[Document | InputError]:  # noqa: B008
    found = sources([str(path) for path in inputs], columns, date, group=3)
    return [entry for source in found for entry, _ in source.entries()]


def zst(path: Path, data: bytes) -> Path:
    with pa.CompressedOutputStream(str(path), "zstd") as file:
        file.write(data)
    return path


def test_every_form_gives_the_same_documents(tmp_path: Path) -> None:
    lines = b'{"id": "a", "date": "2024-01-05", "text": "Six, they said."}\n{"id": 7, "text": "Ten\\nmore."}\n'
    (tmp_path / "x.jsonl").write_bytes(lines)
    (tmp_path / "x.ndjson.gz").write_bytes(gzip.compress(lines))
    zst(tmp_path / "x.jsonl.zst", lines)
    rows = '\ufeffid,other,date,text\na,-,2024-01-05,"Six, they said."\n7,-,,"Ten\nmore."\n'
    (tmp_path / "x.csv").write_text(rows, encoding="utf-8")
    (tmp_path / "x.tsv.gz").write_bytes(
        gzip.compress(b'id\ttext\tdate\na\tSix, they said.\t2024-01-05\n7\t"Ten\nmore."\t\n')
    )
    columns = {"id": ["a", "7"], "text": ["Six, they said.", "Ten\nmore."], "date": [dt.date(2024, 1, 5), None]}
    pq.write_table(pa.table(columns), tmp_path / "x.parquet")
    expected = [Document("a", "Six, they said.", dt.date(2024, 1, 5)), Document("7", "Ten\nmore.", DAY)]
    paths = sorted(tmp_path.iterdir())
    assert len(paths) == 6
    for path in paths:
        assert read(path, date=DAY) == expected, path


@pytest.mark.parametrize(
    "date",
    [pa.array([dt.datetime(2024, 1, 5, 23)], pa.timestamp("ms")), pa.array(["2024-01-05"])],
    ids=["timestamp", "string"],
)
def test_parquet_days_of_every_type(tmp_path: Path, date: Any) -> None:
    pq.write_table(pa.table({"text": ["Six."], "date": date, "id": [12]}), tmp_path / "x.parquet")
    assert read(tmp_path / "x.parquet") == [Document("12", "Six.", dt.date(2024, 1, 5))]


def test_a_folder_is_walked_in_the_order_of_names_and_texts_go_in_groups(tmp_path: Path) -> None:
    for name in ("b/2.txt", "b/1.txt", "a.txt", "c.md", "e.txt", "d.jsonl", "left.pdf", ".hidden.txt"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text('{"text": "line"}' if name == "d.jsonl" else name)
    found = sources([str(tmp_path)], Columns(), None, group=3)
    names = [[path.relative_to(tmp_path).as_posix() for path in source.paths] for source in found]
    assert names == [["a.txt", "b/1.txt", "b/2.txt"], ["c.md"], ["d.jsonl"], ["e.txt"]]
    assert [entry.id for source in found for entry, _ in source.entries() if isinstance(entry, Document)] == [
        "a", "1", "2", "c", "d:1", "e"
    ]  # fmt: skip


def test_positions_end_at_the_size(tmp_path: Path) -> None:
    (tmp_path / "x.jsonl").write_bytes(b'{"text": "line"}\n' * 20_000)
    (tmp_path / "a.txt").write_bytes(b"a")
    (tmp_path / "b.txt").write_bytes(b"bcd")
    pq.write_table(pa.table({"text": ["line"] * 1000}), tmp_path / "x.parquet")
    for source in sources([str(tmp_path)], Columns(), None, group=5):
        positions = [position for _, position in source.entries()]
        assert positions == sorted(positions)
        assert positions[-1] == source.size
        assert len(positions) < 3 or positions[0] < source.size / 2


def test_a_faulty_row_is_named_and_the_next_one_read(tmp_path: Path) -> None:
    (tmp_path / "x.jsonl").write_bytes(b'{"text": "one"}\n{"text": 2}\nrubbish\n{"text": "\xff"}\n{"text": "five"}\n')
    entries = read(tmp_path / "x.jsonl")
    assert [str(entry).partition(": ")[0] for entry in entries if isinstance(entry, InputError)] == [
        f"{tmp_path}/x.jsonl:{line}" for line in (2, 3, 4)
    ]
    assert [entry.text for entry in entries if isinstance(entry, Document)] == ["one", "five"]
    (tmp_path / "x.csv").write_bytes(b"text,date\none,\ntwo,yesterday\n,\nf\xffur,2024-01-01\nfive,2024-01-01\n")
    entries = read(tmp_path / "x.csv")
    reasons = [str(entry) for entry in entries if isinstance(entry, InputError)]
    assert [type(entry) for entry in entries] == [Document, InputError, Document, InputError, Document]
    assert reasons[0].startswith(f"{tmp_path}/x.csv:2: 'yesterday' is no date")
    assert reasons[1] == f"{tmp_path}/x.csv:4: not UTF-8: convert it first, such as iconv -f WINDOWS-1252 -t UTF-8"
    pq.write_table(pa.table({"text": ["one", None, "three"]}), tmp_path / "x.parquet")
    assert [type(entry) for entry in read(tmp_path / "x.parquet")] == [Document, InputError, Document]


def test_a_damaged_file_loses_its_rest_and_no_other(tmp_path: Path) -> None:
    whole = b"".join(b'{"text": "line %d"}\n' % i for i in range(20_000))
    (tmp_path / "a.jsonl.gz").write_bytes(gzip.compress(whole)[:-9000])
    packed = zst(tmp_path / "b.jsonl.zst", whole)
    packed.write_bytes(packed.read_bytes()[:-3000])
    (tmp_path / "c.csv").write_bytes(b'text\none\n"two" more\nthree\n')
    pq.write_table(pa.table({"text": ["line"] * 9}), tmp_path / "d.parquet")
    (tmp_path / "d.parquet").write_bytes((tmp_path / "d.parquet").read_bytes()[:-20])
    (tmp_path / "e.txt").write_bytes(b"\xff\xfe0\0")
    (tmp_path / "f.txt").write_bytes(b"good")
    entries = read(tmp_path)
    faults = [str(entry).removeprefix(f"{tmp_path}/") for entry in entries if isinstance(entry, InputError)]
    assert [fault.partition(":")[0] for fault in faults] == [
        "a.jsonl.gz", "b.jsonl.zst", "c.csv", "d.parquet", "e.txt"
    ]  # fmt: skip
    texts = [entry.text for entry in entries if isinstance(entry, Document)]
    assert texts[:3] == ["line 0", "line 1", "line 2"]
    assert texts[-2:] == ["one", "good"]


def test_commands_that_cannot_be_meant(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="nowhere: no such file or folder"):
        read(tmp_path / "nowhere")
    with pytest.raises(InputError, match=r"a folder without any file to read: looked for \.txt"):
        read(tmp_path)
    (tmp_path / "x.csv").write_text("body,when\none,2024-01-01\n")
    with pytest.raises(ColumnError, match="no column 'text' among body, when: name it with --text-column"):
        read(tmp_path / "x.csv")
    with pytest.raises(ColumnError, match="no column 'day' among body, when"):
        read(tmp_path / "x.csv", columns=Columns(text="body", date="day"))
    assert read(tmp_path / "x.csv", columns=Columns(text="body", date="when")) == [
        Document("x:1", "one", dt.date(2024, 1, 1))
    ]
    pq.write_table(pa.table({"body": ["line"]}), tmp_path / "x.parquet")
    with pytest.raises(ColumnError, match=r"x\.parquet: no column 'text' among body"):
        read(tmp_path / "x.parquet")


def test_an_empty_file_holds_nothing(tmp_path: Path) -> None:
    (tmp_path / "x.jsonl").write_bytes(b"")
    pq.write_table(pa.table({"text": pa.array([], pa.string())}), tmp_path / "x.parquet")
    assert read(tmp_path) == []
    assert Input((tmp_path / "x.jsonl",), Columns()).size == 0
