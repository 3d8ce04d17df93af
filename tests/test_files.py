"""Output is whole or absent, and says why where it cannot be."""

from __future__ import annotations

import gzip
import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from claimex.errors import InputError
from claimex.files import write_lines


def write(path: Path, content: str | bytes) -> Path:
    raw = content.encode() if isinstance(content, str) else content
    path.write_bytes(gzip.compress(raw) if path.suffix == ".gz" else raw)
    return path


def lines_then(error: BaseException) -> Iterator[str]:
    yield "new"
    raise error


@pytest.mark.parametrize("error", [RuntimeError(), KeyboardInterrupt()], ids=repr)
@pytest.mark.parametrize("name", ["out.jsonl", "out.jsonl.gz"])
def test_a_broken_run_leaves_the_old_file(tmp_path: Path, name: str, error: BaseException) -> None:
    path = write(tmp_path / name, "old\n")
    before = path.read_bytes()
    with pytest.raises(type(error)):
        write_lines(path, lines_then(error))
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == [name]


def test_a_file_is_replaced_only_at_the_end(tmp_path: Path) -> None:
    path = write(tmp_path / "out.jsonl", "old\n")

    def lines() -> Iterator[str]:
        yield "new"
        assert path.read_text() == "old\n"
        yield "é"

    write_lines(path, lines())
    assert path.read_bytes() == "new\né\n".encode()


def test_gzip_output_is_the_same_every_time(tmp_path: Path) -> None:
    for name in ("a.gz", "b.gz"):
        write_lines(tmp_path / name, ["x", "y"])
    assert gzip.decompress((tmp_path / "a.gz").read_bytes()) == b"x\ny\n"
    assert (tmp_path / "a.gz").read_bytes() == (tmp_path / "b.gz").read_bytes()


def test_links_permissions_and_devices_stay(tmp_path: Path) -> None:
    path, link = write(tmp_path / "out.jsonl", "old"), tmp_path / "link"
    path.chmod(0o600)
    link.symlink_to(path)
    write_lines(link, ["new"])
    assert link.is_symlink()
    assert path.read_text() == "new\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    write_lines(os.devnull, ["new"])
    assert stat.S_ISCHR(os.stat(os.devnull).st_mode)


def test_places_that_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such directory: make"):
        write_lines(tmp_path / "none" / "out.jsonl", ["x"])
    with pytest.raises(InputError, match="a directory: name a file"):
        write_lines(tmp_path, ["x"])


def test_a_reader_that_leaves_ends_it_quietly() -> None:
    code = "import itertools; from claimex.files import write_lines; write_lines(None, itertools.repeat('x' * 999))"
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline() == b"x" * 999 + b"\n"
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait() == 0
