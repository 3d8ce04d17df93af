"""doccano's JSON lines for sequence labelling: ``{"text", "label": [[start, end, "TAG"], ...]}``.

Read are also ``labels`` of older versions and ``entities`` of newer ones, whose items are ``{"label", "start_offset",
"end_offset"}``. doccano's editor counts UTF-16 units, unless a project counts grapheme clusters, which are not read.
What doccano does not know stands in ``claimex``, which it keeps as metadata and exports beside the text or in ``meta``.
"""

from __future__ import annotations

import reprlib

from claimex.fields import Json, as_list
from claimex.formats.rows import KEY, Options, encoded, rest, restored
from claimex.schema import Example

LABELS = ("label", "labels", "entities")


def doccano_row(example: Example, options: Options) -> Json:
    """The line of an example."""
    row = encoded(example, options.offsets)
    labels = [[span["start"], span["end"], span["tag"]] for span in row["spans"]]
    return {"text": row["text"], "label": labels, KEY: rest(row)}


def read_doccano_row(row: Json, options: Options) -> Json:
    """The object of our JSON lines in a line of doccano."""
    key = next((key for key in LABELS if key in row), "label")
    shown = {"id": row.get("id"), "text": row.get("text"), "spans": list(map(_span, as_list(row.get(key), key)))}
    meta = row.get("meta")
    kept = row.get(KEY, meta.get(KEY) if isinstance(meta, dict) else None)
    return restored(shown, kept, options)


def _span(label: object) -> Json:
    match label:
        case [start, end, tag] | {"start_offset": start, "end_offset": end, "label": tag}:
            return {"start": start, "end": end, "tag": tag}
    raise ValueError(f"{reprlib.repr(label)} is no label: write [start, end, tag]")
