"""brat's stand-off: for each document the text as it is in NAME.txt, and in NAME.ann its annotations.

::

    T1  QUANTITY 9 11   57
    T2  UNIT 12 22;23 28    patrol boats sunk
    #1  ClaimRecord T1  {"quantity": [9, 11], "value": 57, "modifier": "ge", "unit": [12, 28], ...}
    #2  Claimex T0  {"id": "a1", "date": "2024-03-14"}

In brat a span over a line break is one range a line, with a blank between their texts. Each record is a note on its
QUANTITY, and goes when an annotator deletes that; what else brat does not know is a note on T0, which does not exist.
brat counts code points.
"""

from __future__ import annotations

import codecs
import functools
import hashlib
import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from urllib.parse import quote

from claimex.errors import InputError
from claimex.fields import Json, parse_object
from claimex.files import decode, opened
from claimex.formats.offsets import Ruler
from claimex.formats.rows import Options, accepted, encoded, outcome, rest, restored
from claimex.schema import Example, Range

TEXT, NOTES = ".txt", ".ann"
RECORD, DOCUMENT, NOWHERE = "ClaimRecord", "Claimex", "T0"
LINE = re.compile(r"[^\n\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]+")  # in brat each of these ends a line
LONGEST_NAME = 120  # bytes, of a file without its suffix


def write_brat(path: str | Path, examples: Iterable[Example], options: Options) -> None:
    """Write two files a document into a directory that is new or empty, named by the ids, percent-encoded.

    Raises InputError for any other path, for ids that occur twice, and for a text with a NUL, which no text file holds.
    """
    directory = Path(path)
    if directory.is_file() or directory.suffix in (TEXT, NOTES) or (directory.is_dir() and any(directory.iterdir())):
        raise InputError(f"{path}: brat's files go into a directory of their own: name a new or empty one")
    try:
        directory.mkdir(exist_ok=True)
    except OSError as error:
        raise InputError(f"{path}: cannot be made: {error.strerror}: make {directory.parent} first") from None
    for example in examples:
        document = example.document
        target = directory / _name(document.id)
        if _with(target, NOTES).exists() or "\0" in document.text:
            raise InputError(f"document {document.id!r}: its id occurs twice, or its text has a NUL: correct it")
        _with(target, TEXT).write_bytes(document.text.encode())
        _with(target, NOTES).write_bytes("".join(f"{line}\n" for line in _notes(example, options)).encode())


def _with(stem: Path, suffix: str) -> Path:
    return stem.with_name(stem.name + suffix)  # with_suffix would cut an id with a dot in it


def _name(identity: str) -> str:
    name = quote(identity, safe="")
    if not 0 < len(name) <= LONGEST_NAME:
        return hashlib.sha256(identity.encode()).hexdigest()
    return f"%2E{name[1:]}" if name.startswith(".") else name  # neither hidden nor another directory


def _notes(example: Example, options: Options) -> Iterator[str]:
    text = example.document.text
    ruler = Ruler(text, options.offsets)
    row = encoded(example, options.offsets)
    hidden: list[Json] = []
    names: dict[Range, str] = {}
    for span, moved in zip(example.spans, row["spans"], strict=True):
        lines = [line.span() for line in LINE.finditer(text, span.start, span.end)]
        if not lines or (lines[0][0], lines[-1][1]) != span.range:
            hidden.append(moved)
            continue
        names[ruler.encode(span.range)] = name = f"T{len(names) + 1}"
        ranges = ";".join("{} {}".format(*ruler.encode(line)) for line in lines)
        yield f"{name}\t{span.tag} {ranges}\t{' '.join(text[start:end] for start, end in lines)}"
    kept = rest(row, hidden)
    records = kept.pop("records")
    for number, record in enumerate(records, start=1):
        yield _note(number, RECORD, names.get(record["quantity"], NOWHERE), record)
    yield _note(len(records) + 1, DOCUMENT, NOWHERE, kept)


def _note(number: int, kind: str, target: str, content: Json) -> str:
    return f"#{number}\t{kind} {target}\t{json.dumps(content)}"  # in ASCII: nothing in it ends a line


def read_brat(path: str | Path, options: Options) -> Iterator[Example]:
    """Yield the examples of a directory in the order of its files' names, or that of one pair of files.

    Lines other than spans and our notes are passed over. A span whose parts have more than white space between them is
    a fault: ours are contiguous.
    """
    given = Path(path)
    files = sorted(given.iterdir()) if given.is_dir() else [given]
    stems = dict.fromkeys(file.with_suffix("") for file in files if file.suffix in (TEXT, NOTES))
    if not stems:
        options.on_error(InputError(f"{path}: no {TEXT} and {NOTES} files: name those, or the directory that has them"))
    outcomes = (outcome(stem, str(_with(stem, NOTES)), functools.partial(_row, stem, options), 1) for stem in stems)
    yield from accepted(outcomes, options)


def _row(stem: Path, options: Options) -> Json:
    text, notes = _read(_with(stem, TEXT)), _with(stem, NOTES)
    ruler = Ruler(text, options.offsets)
    kept: Json = {}
    spans: list[Json] = []
    records: list[Json] = []
    for number, line in enumerate(_read(notes).split("\n"), start=1):
        name, _, fact = line.partition("\t")
        head, _, content = fact.partition("\t")
        try:
            if name.startswith("T"):
                spans.append(_span(head, content, text, ruler))
            elif name.startswith("#") and head.startswith(f"{RECORD} "):
                records.append(parse_object(content))
            elif name.startswith("#") and head.startswith(f"{DOCUMENT} "):
                kept |= parse_object(content)
        except ValueError as error:
            raise InputError(f"{notes}:{number}: {error}") from None
    return restored({"id": stem.name, "text": text, "spans": spans, "records": records}, kept, options)


def _read(path: Path) -> str:
    """A text as it is: brat counts a byte order mark too."""
    with opened(path) as handle:
        raw = handle.read()
    try:
        return "\ufeff" * raw.startswith(codecs.BOM_UTF8) + decode(raw)
    except ValueError as error:
        raise InputError(f"{path}: {error}") from None


def _span(head: str, surface: str, text: str, ruler: Ruler) -> Json:
    """The span of ``TAG START END;START END``."""
    tag, _, ranges = head.partition(" ")
    numbers = re.split("[ ;]", ranges)
    if len(numbers) % 2 or not all(number.isascii() and number.isdigit() for number in numbers):
        raise ValueError(f"{head!r} is no span: write TAG START END")
    offsets = list(map(int, numbers))
    for gap in zip(offsets[1::2], offsets[2::2], strict=False):
        if gap[0] != gap[1] and not text[slice(*ruler.decode(gap))].isspace():
            raise ValueError(f"the parts of {surface!r} have other text between them: a span is one range")
    return {"start": offsets[0], "end": offsets[-1], "tag": tag, "surface": surface}
