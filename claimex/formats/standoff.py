"""Annotations without the text that they are of, for texts that may not be passed on; whoever has the text joins both.

JSON lines with the keys of our own, but ``sha256`` (of the text in UTF-8) in the place of ``text``, and as a claimant's
``name`` the range where the text first has that name, or null where it has it nowhere letter by letter.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

from claimex.errors import InputError
from claimex.fields import Json, as_list, as_object, as_range, as_string
from claimex.formats.rows import Options, completed, encoded, rest
from claimex.jsonl import read_documents
from claimex.schema import Document, Example


def standoff_row(example: Example, _: Options) -> Json:
    """The line of an example."""
    text = example.document.text
    row = encoded(example)
    places: dict[str | None, list[int] | None] = {None: None}
    for record in row["records"]:
        name = record["name"]
        if name not in places:
            start = text.find(name) if name else -1
            places[name] = None if start < 0 else [start, start + len(name)]
    records = [{**record, "name": places[record["name"]]} for record in row["records"]]
    return {
        "id": row["id"],
        "sha256": _digest(text),
        **rest({**row, "records": records}),
        "spans": row["spans"],
    }


def read_standoff_row(row: Json, options: Options) -> Json:
    """The object of our JSON lines, with the text that ``options.texts`` has under its id."""
    identity = as_string(row.get("id"))
    document = (options.texts or {}).get(identity)
    if document is None:
        raise ValueError(f"no text of the document {identity!r}: give the texts with --texts")
    if row.get("sha256") != _digest(document.text):
        raise ValueError(f"the sha256 of the document {identity!r} differs: give the text that was annotated")
    text = document.text
    records = []
    for record in map(as_object, as_list(row.get("records", []), "records")):
        name = record.get("name")
        records.append({**record, "name": name if name is None else text[slice(*as_range(name, len(text)))]})
    return completed({**row, "text": text, "records": records}, options)


def read_texts(path: str | Path) -> dict[str, Document]:
    """The documents of a file as ``jsonl.read_documents`` reads it, by id."""
    texts: dict[str, Document] = {}
    for document in read_documents(path):
        if texts.setdefault(document.id, document) != document:
            raise InputError(f"{path}: two texts have the id {document.id!r}: keep one of them")
    return texts


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
