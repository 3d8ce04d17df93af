"""All formats by name, and which one a path is in."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path, PurePath
from typing import TypeAlias

from claimex.errors import InputError
from claimex.fields import Json
from claimex.files import PIPE, write_lines
from claimex.formats.brat import read_brat, write_brat
from claimex.formats.conll import conll_lines, read_conll
from claimex.formats.doccano import doccano_row, read_doccano_row
from claimex.formats.label_studio import label_studio_lines, read_label_studio
from claimex.formats.markup import markup_lines, read_markup
from claimex.formats.offsets import OffsetUnit
from claimex.formats.prodigy import prodigy_task, read_prodigy_task
from claimex.formats.rows import Options, Parse, completed, encoded, read_lines
from claimex.formats.standoff import read_standoff_row, standoff_row
from claimex.jsonl import to_line
from claimex.schema import Example

Reader: TypeAlias = Callable[[str | Path, Options], Iterator[Example]]
Writer: TypeAlias = Callable[[str | Path, Iterable[Example], Options], None]
Lines: TypeAlias = Callable[[Iterable[Example], Options], Iterator[str]]


@dataclasses.dataclass(frozen=True, slots=True)
class Format:
    """A way to write annotated documents down.

    ``offsets``: the unit in which its tools count, unless told otherwise; None where all count code points.
    """

    name: str
    reader: Reader
    writer: Writer
    suffixes: tuple[str, ...] = ()
    offsets: OffsetUnit | None = None

    def read(self, path: str | Path, options: Options | None = None) -> Iterator[Example]:
        """Yield the examples of a file. Raises InputError for faults, unless ``options`` handle them."""
        return self.reader(path, self._settled(options))

    def write(self, path: str | Path, examples: Iterable[Example], options: Options | None = None) -> None:
        """Write a file (brat: a directory) that ``read`` reads back as the same examples.

        Raises InputError for what the format cannot hold, and for a path that cannot be written.
        """
        self.writer(path, examples, self._settled(options))

    def _settled(self, options: Options | None) -> Options:
        options = options or Options()
        if options.offsets and not self.offsets:
            raise InputError(f"{self.name} always counts code points: leave --offsets away")
        return dataclasses.replace(options, offsets=options.offsets or self.offsets)


def _in_lines(lines: Lines) -> Writer:
    def write(path: str | Path, examples: Iterable[Example], options: Options) -> None:
        write_lines(path, lines(examples, options))

    return write


def _rows(encode: Callable[[Example, Options], Json], parse: Parse) -> tuple[Reader, Writer]:
    """For a format of one JSON object a document and line."""

    def read(path: str | Path, options: Options) -> Iterator[Example]:
        return read_lines(path, options, parse)

    def lines(examples: Iterable[Example], options: Options) -> Iterator[str]:
        return (to_line(encode(example, options)) for example in examples)

    return read, _in_lines(lines)


FORMATS = {
    form.name: form
    for form in (
        Format("jsonl", *_rows(lambda example, _: encoded(example), completed), (".jsonl", ".ndjson")),
        Format(
            "markup",
            lambda path, options: read_markup(path, on_error=options.on_error),
            _in_lines(lambda examples, _: markup_lines(examples)),
            (".claims",),
        ),
        Format("standoff", *_rows(standoff_row, read_standoff_row)),
        Format("brat", read_brat, write_brat, (".ann",), OffsetUnit.CODE_POINT),
        Format("conll", read_conll, _in_lines(conll_lines), (".conll",)),
        Format("label-studio", read_label_studio, _in_lines(label_studio_lines), (), OffsetUnit.CODE_POINT),
        Format("prodigy", *_rows(prodigy_task, read_prodigy_task)),
        Format("doccano", *_rows(doccano_row, read_doccano_row), (), OffsetUnit.UTF_16),
    )
}
_BY_SUFFIX = {suffix: form for form in FORMATS.values() for suffix in form.suffixes}


def format_of(path: str | Path, name: str | None = None) -> Format:
    """The format called ``name``, else the one that the path tells: a suffix (before ``.gz``), a directory of brat's.

    Raises InputError where neither tells.
    """
    if name is not None:
        if name not in FORMATS:
            raise InputError(f"{name!r} is no format: use one of {', '.join(FORMATS)}")
        return FORMATS[name]
    if str(path) != PIPE and Path(path).is_dir():
        return FORMATS["brat"]
    suffixes = [suffix.lower() for suffix in PurePath(path).suffixes if suffix.lower() != ".gz"]
    form = _BY_SUFFIX.get(suffixes[-1] if suffixes else "")
    if form is None:
        raise InputError(f"{path}: its name tells no format: name one of {', '.join(FORMATS)}")
    return form
