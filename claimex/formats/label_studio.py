"""Label Studio's JSON: a list of tasks, each with ``data`` and with one annotation whose ``result`` has the spans.

The labelling interface must have ``<Labels name="label" toName="text">`` with our four tags and ``<Text name="text"
value="$text">``. Its editor converts offsets to code points; files of versions that did not yet (2021 and before) count
UTF-16 units. What Label Studio does not know stands in ``data.claimex``, which it keeps.
"""

from __future__ import annotations

import functools
import reprlib
from collections.abc import Iterable, Iterator
from pathlib import Path

from claimex.errors import InputError
from claimex.fields import Json, as_list, as_object, parse_object
from claimex.files import decode, display_name, opened
from claimex.formats.rows import KEY, Options, accepted, encoded, outcome, rest, restored
from claimex.jsonl import to_line
from claimex.schema import Example

FROM, TO = "label", "text"  # the names of the two tags of the labelling interface


def label_studio_lines(examples: Iterable[Example], options: Options) -> Iterator[str]:
    """Yield the lines of a file of tasks, one task a line."""
    yield "["
    before = ""
    for example in examples:
        if before:
            yield f"{before},"
        before = to_line(_task(example, options))
    if before:
        yield before
    yield "]"


def _task(example: Example, options: Options) -> Json:
    row = encoded(example, options.offsets)
    result = [
        {
            "id": f"span-{number}",
            "type": "labels",
            "from_name": FROM,
            "to_name": TO,
            "value": {
                "start": span["start"],
                "end": span["end"],
                "text": example.document.text[slice(*own.range)],
                "labels": [span["tag"]],
            },
        }
        for number, (span, own) in enumerate(zip(row["spans"], example.spans, strict=True), start=1)
    ]
    return {"data": {"text": row["text"], KEY: rest(row)}, "annotations": [{"result": result}]}


def read_label_studio(path: str | Path, options: Options) -> Iterator[Example]:
    """Yield the examples of a file of tasks, each with exactly one annotation that is not cancelled."""
    place = display_name(path)
    with opened(path) as handle:
        raw = handle.read()
    try:  # as part of an object, for the list to be read with the care that objects get
        tasks = as_list(parse_object(f'{{"tasks":{decode(raw)}}}')["tasks"], "tasks")
    except ValueError:
        return options.on_error(InputError(f"{place}: not a JSON list of tasks: export the project as JSON"))
    outcomes = (
        outcome(path, f"{place}: task {number}", functools.partial(_row, task, options), number)
        for number, task in enumerate(tasks, start=1)
    )
    yield from accepted(outcomes, options)


def _row(given: object, options: Options) -> Json:
    task = as_object(given)
    data = as_object(task.get("data"))
    annotations = [
        annotation
        for annotation in map(as_object, as_list(task.get("annotations"), "annotations"))
        if not annotation.get("was_cancelled")
    ]
    if len(annotations) != 1:
        raise ValueError(f"{len(annotations)} annotations: keep the one that counts")
    results = map(as_object, as_list(annotations[0].get("result"), "result"))
    spans = [_span(as_object(result.get("value"))) for result in results if result.get("type") == "labels"]
    return restored({"id": task.get("id"), "text": data.get("text"), "spans": spans}, data.get(KEY), options)


def _span(value: Json) -> Json:
    match value.get("labels"):
        case [tag]:
            return {"start": value.get("start"), "end": value.get("end"), "tag": tag, "surface": value.get("text")}
    raise ValueError(f"a span with the labels {reprlib.repr(value.get('labels'))}: give it one")
