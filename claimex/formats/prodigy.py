"""Prodigy's JSON lines: ``{"text", "tokens": [...], "spans": [{"start", "end", "label", ...}], "meta"}``.

Offsets are code points, as in spaCy, in which Prodigy tokenizes. The ``tokens`` written are cut so that every span
covers whole ones, which Prodigy asks of spans; reading goes by characters. What Prodigy does not know stands in
``meta.claimex``. Tasks with another ``answer`` than "accept" are faults: nobody said that their spans are right.
"""

from __future__ import annotations

from claimex.fields import Json, as_list, as_object
from claimex.formats.rows import KEY, Options, encoded, rest, restored
from claimex.formats.tokens import is_word, tokens
from claimex.schema import Example, Range


def prodigy_task(example: Example, _: Options) -> Json:
    """The line of an example."""
    text = example.document.text
    row = encoded(example)
    words = _words(example)
    firsts = {start: index for index, (start, _) in enumerate(words)}
    lasts = {end: index for index, (_, end) in enumerate(words)}
    return {
        "text": text,
        "tokens": [
            {"text": text[start:end], "start": start, "end": end, "id": index, "ws": text[end : end + 1] == " "}
            for index, (start, end) in enumerate(words)
        ],
        "spans": [
            {
                "start": span.start,
                "end": span.end,
                "token_start": firsts[span.start],
                "token_end": lasts[span.end],  # the last token itself, not the one behind it
                "label": str(span.tag),
            }
            for span in example.spans
        ],
        "meta": {KEY: rest(row)},
    }


def _words(example: Example) -> list[Range]:
    """Tokens as spaCy has them: a single blank behind one belongs to it, any other white space is a token."""
    text, spans = example.document.text, example.spans
    begun, ended = {span.start for span in spans}, {span.end for span in spans}
    words: list[Range] = []
    for start, end in tokens(text, spans):
        blank = not is_word(text, (start, end)) and text[start] == " " and words and start not in begun
        if blank and start + 1 not in ended:
            start += 1
        if start < end:
            words.append((start, end))
    return words


def read_prodigy_task(row: Json, options: Options) -> Json:
    """The object of our JSON lines in a line of Prodigy."""
    answer = row.get("answer", "accept")
    if answer != "accept":
        raise ValueError(f'its answer is "{answer}": keep tasks that were accepted only')
    spans = [
        {"start": span.get("start"), "end": span.get("end"), "tag": span.get("label"), "surface": span.get("text")}
        for span in map(as_object, as_list(row.get("spans", []), "spans"))
    ]
    meta = row.get("meta")
    kept = meta.get(KEY) if isinstance(meta, dict) else None
    return restored({"id": row.get("id"), "text": row.get("text"), "spans": spans}, kept, options)
