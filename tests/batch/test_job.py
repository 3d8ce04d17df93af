"""Batches: shards whole or absent, every document once, whatever happens in the middle."""

from __future__ import annotations

import json
import os
import random
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq  # type: ignore[import-untyped]
import pytest

from claimex import cli
from claimex.batch import job, work
from claimex.batch.arrow import SCHEMA, table
from claimex.batch.sources import Columns, Entry, sources
from claimex.batch.work import Shard, Worker
from claimex.errors import InputError
from claimex.extract import Extractor, Tagged, resolve
from claimex.output import encode_extraction
from claimex.schema import Document, Extraction, Span, Tag


class NumberTagger:
    """Tags digits; a text that holds "crash" takes the whole batch with it."""

    def tag(self, documents: Iterable[Document]) -> Iterator[Tagged]:
        for document in documents:
            if "crash" in document.text:
                raise RuntimeError("no such luck")
            yield Tagged([Span(*found.span(), Tag.QUANTITY, 0.9) for found in re.finditer(r"\d+", document.text)])


@pytest.fixture
def worker(tmp_path: Path) -> Worker:
    return Worker(Extractor(NumberTagger()), tmp_path, "jsonl")


def documents(count: int) -> list[Document]:
    return [Document(f"d{i}", f"Police said {i} people were hurt on Tuesday.") for i in range(count)]


def write_inputs(path: Path, count: int) -> Path:
    path.write_text("".join(json.dumps({"id": d.id, "text": d.text}) + "\n" for d in documents(count)))
    return path


def rows(directory: Path) -> list[Any]:
    return [row for path in sorted(directory.glob("part-*.parquet")) for row in pq.read_table(path).to_pylist()]


def test_a_shard_holds_what_extract_gives_and_its_errors_file_the_rest(worker: Worker, tmp_path: Path) -> None:
    good = documents(3)
    entries: list[Entry] = [good[0], InputError("x.jsonl:2: rubbish"), good[1], Document("bad", "crash 5"), good[2]]
    assert worker(Shard("part-0", entries)) == work.Written(documents=3, claims=3, errors=2)
    lines = [json.loads(line) for line in (tmp_path / "part-0.jsonl").read_text().splitlines()]
    extractor = Extractor(NumberTagger())
    assert lines == [json.loads(json.dumps(encode_extraction(found))) for found in extractor.extract(good)]
    errors = [json.loads(line) for line in (tmp_path / "errors-part-0.jsonl").read_text().splitlines()]
    assert errors == [
        {"error": "x.jsonl:2: rubbish"}, {"error": "document bad: RuntimeError: no such luck"}
    ]  # fmt: skip


def test_what_a_killed_process_left_is_swept_away(worker: Worker, tmp_path: Path) -> None:
    (tmp_path / ".part-0.jsonl.99999.part").write_text("half")
    worker(Shard("part-0", list(documents(1))))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["part-0.jsonl"]


def test_columns_hold_the_same_as_lines() -> None:
    text = "About 12 people, $3.5bn, 200 to 300 km on 5 May 2024 and umpteen, Eva said."
    spans = [
        Span(text.index(part), text.index(part) + len(part), tag, 0.5)
        for part, tag in [
            ("12", Tag.QUANTITY), ("people", Tag.UNIT), ("$", Tag.UNIT), ("3.5bn", Tag.QUANTITY), ("km", Tag.UNIT),
            ("200 to 300", Tag.QUANTITY), ("5 May 2024", Tag.DATE), ("umpteen", Tag.QUANTITY), ("Eva", Tag.CLAIMANT),
        ]
    ]  # fmt: skip
    row = encode_extraction(resolve(Document("a", text), Tagged(spans)))
    columns = table([row])
    assert columns.schema == SCHEMA
    [back] = columns.to_pylist()
    assert _without_nulls(_plain(back)) == _without_nulls(json.loads(json.dumps(row)))
    assert table([]).schema == SCHEMA


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, float):
        return round(value, 4)
    return value.isoformat() if hasattr(value, "isoformat") else value


def _without_nulls(value: Any) -> Any:
    """A column is there in every row, a key of JSON only where it says something."""
    if isinstance(value, dict):
        return {key: _without_nulls(item) for key, item in value.items() if item is not None}
    return [_without_nulls(item) for item in value] if isinstance(value, list) else value


def batch(tiny: Path, *arguments: object) -> list[str]:
    return ["batch", *map(str, arguments), "--model", str(tiny), "--workers", "2"]


def test_from_start_to_finish_and_once_more(
    tiny_directory: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    first = write_inputs(tmp_path / "in.jsonl", 25)
    (tmp_path / "more.csv").write_text("text\nThe police said 7 were hurt.\n")
    command = batch(tiny_directory, first, tmp_path / "more.csv", "-o", tmp_path / "out", "--per-shard", 10)
    assert cli.main(command) == 0
    assert [row["id"] for row in rows(tmp_path / "out")] == [*(f"d{i}" for i in range(25)), "more:1"]
    assert "4 shards written: 26 documents" in capfd.readouterr().err
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "out").iterdir()}
    assert cli.main(command) == 0
    assert "0 shards written (4 more were there before): 0 documents" in capfd.readouterr().err
    assert before == {path: path.stat().st_mtime_ns for path in (tmp_path / "out").iterdir()}
    assert cli.main([*command, "--format", "jsonl"]) == 2
    assert "job.json: is of a job with other format: name another directory" in capfd.readouterr().err
    (tmp_path / "more.csv").write_text("text\nother\n")
    assert cli.main(command) == 2
    assert "is of a job with other inputs" in capfd.readouterr().err


def test_jobs_of_an_array_share_the_work(tiny_directory: Path, tmp_path: Path) -> None:
    inputs = write_inputs(tmp_path / "in.jsonl", 50)
    command = batch(tiny_directory, inputs, "-o", tmp_path / "out", "--per-shard", 10)
    assert cli.main([*command, "--shard", "2/2"]) == 0
    assert [row["id"] for row in rows(tmp_path / "out")] == [f"d{i}" for i in [*range(10, 20), *range(30, 40)]]
    assert cli.main([*command, "--shard", "1/2"]) == 0
    assert [row["id"] for row in rows(tmp_path / "out")] == [f"d{i}" for i in range(50)]


def test_killed_again_and_again_every_document_comes_out_once(tiny_directory: Path, tmp_path: Path) -> None:
    inputs = write_inputs(tmp_path / "in.jsonl", 400)
    arguments = batch(tiny_directory, inputs, "-o", tmp_path / "out", "--per-shard", 5)
    command = [sys.executable, "-m", "claimex.cli", *arguments]
    dice = random.Random(5)
    killed = 0
    for _ in range(2):
        shards = len(list((tmp_path / "out").glob("part-*")))
        process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
        while process.poll() is None and len(list((tmp_path / "out").glob("part-*"))) <= shards:
            time.sleep(0.02)
        time.sleep(dice.random() / 10)
        process.kill()
        killed += process.wait() == -signal.SIGKILL
    assert killed == 2
    assert subprocess.run(command, stderr=subprocess.DEVNULL, check=False).returncode == 0
    assert [row["id"] for row in rows(tmp_path / "out")] == [f"d{i}" for i in range(400)]
    assert all(path.name.startswith(("part-", "job.json")) for path in (tmp_path / "out").iterdir())


def test_processes_leave_with_a_parent_that_was_killed(tiny_directory: Path, tmp_path: Path) -> None:
    inputs = write_inputs(tmp_path / "in.jsonl", 4000)
    arguments = batch(tiny_directory, inputs, "-o", tmp_path / "out", "--per-shard", 5)
    process = subprocess.Popen([sys.executable, "-m", "claimex.cli", *arguments], stderr=subprocess.DEVNULL)
    while not list((tmp_path / "out").glob("part-*")):
        time.sleep(0.02)
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    assert len(children) >= 2
    process.kill()
    process.wait()
    deadline = time.monotonic() + 10
    while any(_runs(int(child)) for child in children) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not any(_runs(int(child)) for child in children)


def _runs(process: int) -> bool:
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def test_a_model_that_cannot_be_loaded_ends_the_job_with_the_reason(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    inputs = write_inputs(tmp_path / "in.jsonl", 3)
    (tmp_path / "broken").mkdir()
    assert cli.main(batch(tmp_path / "broken", inputs, "-o", tmp_path / "out")) == 2
    error = capfd.readouterr().err
    assert "holds no config.json, so it is no weights directory: check the path" in error
    assert not list((tmp_path / "out").glob("part-*"))


def test_a_directory_with_other_things_in_it(tmp_path: Path) -> None:
    inputs = write_inputs(tmp_path / "in.jsonl", 3)
    out = tmp_path / "out"
    out.mkdir()
    (out / "part-00000-00000.parquet").write_bytes(b"")
    found = sources([str(inputs)], Columns(), None, 10)
    with pytest.raises(InputError, match=r"holds shards but no job\.json"):
        job.run(job.Job(found, out))
    (out / "job.json").write_text("[]")
    with pytest.raises(InputError, match="is no job's"):
        job.run(job.Job(found, out))
    with pytest.raises(InputError, match="no directory to write to"):
        job.run(job.Job(found, inputs / "out"))


@pytest.mark.parametrize("shard", ["0/2", "3/2", "1", "a/b", "1/2/3"])
def test_a_part_that_is_none(shard: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["batch", os.devnull, "-o", str(tmp_path), "--shard", shard]) == 2
    assert "write I/N with 1 <= I <= N" in capfd.readouterr().err


def test_extractions_keep_the_order() -> None:
    extractor = Extractor(NumberTagger())
    entries: list[Entry] = [*documents(2), InputError("no"), *documents(1)]
    found = list(work.extractions(extractor, entries))
    assert [type(result) for result in found] == [Extraction, Extraction, InputError, Extraction]
