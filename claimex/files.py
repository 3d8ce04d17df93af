"""Files in and out: UTF-8 read as it comes, output that is whole or absent, ``.gz`` on both sides,
``.zst`` for reading, ``-`` for a pipe."""

from __future__ import annotations

import codecs
import contextlib
import gzip
import importlib
import io
import os
import shutil
import sys
import zlib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path, PurePath
from typing import IO, Any, cast

from claimex.errors import InputError

PIPE = "-"
TO_UTF_8 = "convert it first, such as iconv -f WINDOWS-1252 -t UTF-8"


class _Zstandard(io.RawIOBase):
    """Unpacks while it reads; its file number is the packed file's, so that one can ask how far that has been read."""

    def __init__(self, packed: IO[bytes], unpacked: Any) -> None:
        self._packed = packed
        self._unpacked = unpacked

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self._unpacked.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def fileno(self) -> int:
        return self._packed.fileno()

    def close(self) -> None:
        self._packed.close()
        super().close()


def _open_zstandard(path: str | Path, mode: str) -> io.BufferedReader:
    pa = arrow_module("pyarrow")
    packed = open(path, mode)  # noqa: SIM115 - closed by the object that is returned
    return io.BufferedReader(_Zstandard(packed, pa.CompressedInputStream(pa.PythonFile(packed), "zstd")))


_OPENERS: dict[str, Callable[..., Any]] = {".gz": gzip.open, ".zst": _open_zstandard}


def arrow_module(name: str) -> Any:
    """pyarrow or a module of it, which not every installation has. Raises InputError that says how to get it."""
    try:
        return importlib.import_module(name)
    except ImportError:
        raise InputError("Parquet and .zst need pyarrow: pip install 'claimex[batch]'") from None


@contextlib.contextmanager
def opened(path: str | Path) -> Iterator[IO[bytes]]:
    """The bytes of a file, unpacked if its name ends in ``.gz`` or ``.zst``, or of standard input for ``-``.

    Raises InputError, there or while the bytes are read, if the file is missing, unreadable or damaged.
    """
    name = display_name(path)
    try:
        if str(path) == PIPE:
            if sys.stdin is None:
                raise OSError("it is closed")
            yield sys.stdin.buffer
        else:
            with _OPENERS.get(Path(path).suffix.lower(), open)(path, "rb") as handle:
                yield cast(IO[bytes], handle)
    except FileNotFoundError:
        raise InputError(f"{name}: no such file: check the path") from None
    except IsADirectoryError:
        raise InputError(f"{name}: a directory: name the files in it, such as {name}/*.txt") from None
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise InputError(f"{name}: damaged gzip data ({error}): compress or fetch it again") from None
    except OSError as error:
        raise InputError(f"{name}: cannot be read: {error.strerror or error}") from None


def unpacked(path: str | Path) -> PurePath:
    """A path without the suffix of its packing."""
    pure = PurePath(path)
    return pure.with_suffix("") if pure.suffix.lower() in _OPENERS else pure


def display_name(path: str | Path) -> str:
    """What messages call a file."""
    return "stdin" if str(path) == PIPE else str(path)


def decode(raw: bytes) -> str:
    """UTF-8 text without its byte order mark, line ends kept. Raises ValueError for anything else."""
    if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise ValueError("UTF-16, not UTF-8: convert it first (iconv -f UTF-16 -t UTF-8)")
    if b"\0" in raw:
        raise ValueError(f"binary data (NUL at byte {raw.index(0)}), not text: save it as plain UTF-8 text")
    try:
        return raw.decode().removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        raise ValueError(f"not UTF-8 at byte {error.start}: {TO_UTF_8}") from None


def write_lines(path: str | Path | None, lines: Iterable[str]) -> None:
    """Write each line and its newline as UTF-8.

    A file appears, or replaces the old one, only once all lines are in it. None and ``-`` mean standard output, where
    every line leaves as soon as it is there, until the reader closes the pipe. Raises InputError if there is no writing
    to the path; whatever ``lines`` raises passes through and leaves the old file as it was.
    """
    encoded = (f"{line}\n".encode() for line in lines)
    if path is None or str(path) == PIPE:
        _stream(sys.stdout.buffer, encoded)  # the text layer would write in the locale's encoding
    else:
        with replaced(Path(path)) as handle:
            handle.writelines(encoded)


def _stream(handle: IO[bytes], lines: Iterable[bytes]) -> None:
    try:
        for line in lines:
            handle.write(line)
            handle.flush()
    except BrokenPipeError:  # the reader has seen enough; Python's own flush on the way out must not fail once more
        os.dup2(os.open(os.devnull, os.O_WRONLY), handle.fileno())


@contextlib.contextmanager
def replaced(path: Path) -> Iterator[IO[bytes]]:
    """A handle whose bytes take the path's place on leaving, unless an exception (Ctrl-C too) comes first."""
    target = Path(os.path.realpath(path))  # a link stays a link
    if target.exists() and not target.is_file() and not target.is_dir():  # /dev/null must stay /dev/null
        with target.open("wb") as device:
            yield device
        return
    part = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        with _created(path, part) as raw:
            if target.is_file():
                shutil.copymode(target, part)
            with _packed(raw) if target.suffix.lower() == ".gz" else contextlib.nullcontext(raw) as handle:
                yield handle
            raw.flush()
            os.fsync(raw.fileno())
        part.replace(target)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def _created(path: Path, part: Path) -> IO[bytes]:
    if path.is_dir():
        raise InputError(f"{path}: a directory: name a file to write to")
    try:
        return part.open("wb")
    except FileNotFoundError:
        raise InputError(f"{path}: no such directory: make {path.parent} first") from None
    except OSError as error:
        raise InputError(f"{path}: cannot be written: {error.strerror or error}") from None


def _packed(raw: IO[bytes]) -> IO[bytes]:
    """Gzip without name and time in its header: the same lines give the same bytes."""
    return cast(IO[bytes], gzip.GzipFile(filename="", mode="wb", compresslevel=6, fileobj=raw, mtime=0))
