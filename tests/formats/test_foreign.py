"""Files as the tools themselves write them, and what is said about their faults."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from claimex.errors import InputError
from claimex.formats.offsets import OffsetUnit
from claimex.formats.registry import FORMATS
from claimex.formats.rows import Options
from claimex.schema import Document, Example, Span, Tag
from tests.formats.examples import EXAMPLE, SPANS, TEXT, read, round_trip

GEESE = "🙂 57 geese"
SPANS_OF_GEESE = (Span(2, 4, Tag.QUANTITY), Span(5, 10, Tag.UNIT))
UTF_16 = Options(OffsetUnit.UTF_16)


def geese(identity: str) -> Example:
    return Example(Document(identity, GEESE), SPANS_OF_GEESE, frozenset(Tag))


def fault(name: str, path: Path, content: str, options: Options | None = None) -> str:
    with pytest.raises(InputError) as caught:
        read(name, path, content, options)
    return str(caught.value).removeprefix(str(path))


# --- Prodigy


def test_prodigy_tasks_are_read(tmp_path: Path) -> None:
    task = {
        "text": GEESE,
        "_input_hash": 1,
        "tokens": [{"text": "🙂", "start": 0, "end": 1, "id": 0}],
        "spans": [
            {"start": 2, "end": 4, "token_start": 1, "token_end": 1, "label": "QUANTITY"},
            {"start": 5, "end": 10, "label": "UNIT", "text": "geese"},
        ],
        "answer": "accept",
        "meta": {"source": "wire"},
    }
    path = tmp_path / "tasks.jsonl"
    assert read("prodigy", path, json.dumps(task)) == [geese("tasks:1")]
    assert read("prodigy", path, '{"text": "x"}') == [Example(Document("tasks:1", "x"), (), frozenset(Tag))]


@pytest.mark.parametrize(
    ("task", "message"),
    [
        ('{"text": "x", "answer": "reject"}', ':1: its answer is "reject": keep tasks that were accepted only'),
        ('{"text": "x", "spans": [{"start": 0, "end": 1, "label": "ORG"}]}', ":1: document 'tasks:1': 'ORG' is no tag"),
        (
            '{"text": "x", "spans": [{"start": 0, "end": 1, "label": "DATE", "text": "y"}]}',
            ":1: 'y' should stand where",
        ),
        ('{"text": "x", "spans": [[0, 1]]}', ":1: [0, 1] is no JSON object"),
        ('{"text": "x", "spans": [{"start": 0, "end": 2}]}', ":1: [0, 2] is no range of a text of 1 code-points"),
        ('{"spans": []}', ":1: None is no string"),
        ("[]", ":1: [] is no JSON object"),
    ],
)
def test_prodigy_faults(tmp_path: Path, task: str, message: str) -> None:
    assert fault("prodigy", tmp_path / "tasks.jsonl", task).startswith(message)


def test_prodigy_gets_tokens_that_cover_text_and_spans(tmp_path: Path) -> None:
    path = tmp_path / "tasks.jsonl"
    spans = (
        *SPANS[:5],
        Span(TEXT.index("\n"), TEXT.index("\n") + 1, Tag.DATE),
        Span(len(TEXT) - 3, len(TEXT), Tag.UNIT),
    )
    example = Example(EXAMPLE.document, tuple(sorted(spans)), EXAMPLE.annotated)
    FORMATS["prodigy"].write(path, [example])
    [task] = [json.loads(line) for line in path.read_text().splitlines()]
    tokens: list[dict[str, Any]] = task["tokens"]
    assert "".join(token["text"] + " " * token["ws"] for token in tokens) == TEXT
    assert [token["id"] for token in tokens] == list(range(len(tokens)))
    for span in task["spans"]:
        assert tokens[span["token_start"]]["start"] == span["start"]
        assert tokens[span["token_end"]]["end"] == span["end"]


# --- doccano


@pytest.mark.parametrize(
    "line",
    [
        {"id": 7, "text": GEESE, "label": [[3, 5, "QUANTITY"], [6, 11, "UNIT"]]},
        {"id": 7, "text": GEESE, "labels": [[6, 11, "UNIT"], [3, 5, "QUANTITY"]], "meta": {}},
        {
            "id": 7,
            "text": GEESE,
            "entities": [
                {"id": 1, "label": "QUANTITY", "start_offset": 3, "end_offset": 5},
                {"id": 2, "label": "UNIT", "start_offset": 6, "end_offset": 11},
            ],
            "relations": [],
        },
    ],
)
def test_doccano_is_read_in_utf_16(tmp_path: Path, line: dict[str, object]) -> None:
    assert read("doccano", tmp_path / "all.jsonl", json.dumps(line)) == [geese("7")]


def test_doccano_exports_metadata_beside_the_text_or_in_meta(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    assert round_trip(FORMATS["doccano"], [EXAMPLE], path) == [EXAMPLE]
    row = json.loads(path.read_text())
    row["meta"] = {"claimex": row.pop("claimex")}
    assert read("doccano", path, json.dumps(row)) == [EXAMPLE]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('{"text": "x"}', ':1: "label" is missing or no list'),
        ('{"text": "x", "label": [["DATE", 0]]}', ":1: ['DATE', 0] is no label: write [start, end, tag]"),
        (
            '{"text": "🙂 x", "label": [[1, 3, "DATE"]]}',
            ":1: offset 1 is inside a character: the file does not count utf",
        ),
        ('{"text": "x", "label": [], "claimex": 3}', ":1: 3 is no JSON object"),
        (
            '{"text": "x", "label": [], "claimex": {"records": [{"quantity": [0, 9]}]}}',
            ":1: [0, 9] is no range of a text",
        ),
    ],
)
def test_doccano_faults(tmp_path: Path, line: str, message: str) -> None:
    assert fault("doccano", tmp_path / "x.jsonl", line).startswith(message)


# --- Label Studio


def result(start: int, end: int, tag: str, **more: object) -> dict[str, object]:
    value = {"start": start, "end": end, "labels": [tag], **more}
    return {"id": "x", "from_name": "label", "to_name": "text", "type": "labels", "value": value, "origin": "manual"}


def tasks(*results: object, **more: object) -> str:
    cancelled = {"was_cancelled": True, "result": []}
    task = {"id": 12, "data": {"text": GEESE}, "annotations": [cancelled, {"result": results}], "predictions": []}
    return json.dumps([{**task, **more}], indent=2)


def test_label_studio_is_read_in_code_points_or_as_told(tmp_path: Path) -> None:
    path = tmp_path / "project.json"
    choice = {"type": "choices", "value": {"choices": ["good"]}}
    assert read("label-studio", path, tasks(result(2, 4, "QUANTITY"), choice, result(5, 10, "UNIT"))) == [geese("12")]
    old = tasks(result(3, 5, "QUANTITY", text="57"), result(6, 11, "UNIT", text="geese"))
    assert read("label-studio", path, old, UTF_16) == [geese("12")]
    assert fault("label-studio", path, old) == (
        ": task 1: [6, 11] is no range of a text of 10 code-points: correct it, or name its unit"
    )
    assert fault("label-studio", path, tasks(result(3, 5, "QUANTITY", text="57"))) == (
        ": task 1: '57' should stand where '7 ' does: the text has changed, or its offsets do not count code-points"
    )


def test_label_studio_writes_line_breaks_of_a_span_in_its_own_way(tmp_path: Path) -> None:
    content = json.dumps(
        [{"data": {"text": "57\nold geese"}, "annotations": [{"result": [result(3, 12, "UNIT", text="old geese")]}]}]
    )
    assert read("label-studio", tmp_path / "p.json", content)[0].spans == (Span(3, 12, Tag.UNIT),)
    content = content.replace("57\\nold geese", "57 old\\ngeese").replace('"old geese"', r'"old\\ngeese"')
    assert read("label-studio", tmp_path / "p.json", content)[0].spans == (Span(3, 12, Tag.UNIT),)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("[{]", ": not a JSON list of tasks: export the project as JSON"),
        ("{}", ": not a JSON list of tasks"),
        (tasks(annotations=[]), ": task 1: 0 annotations: keep the one that counts"),
        (tasks(annotations=[{"result": []}] * 2), ": task 1: 2 annotations: keep the one that counts"),
        (tasks(annotations=None), ': task 1: "annotations" is missing or no list'),
        (tasks(data=None), ": task 1: None is no JSON object"),
        (
            tasks({"type": "labels", "value": {"labels": ["DATE", "UNIT"]}}),
            ": task 1: a span with the labels ['DATE', 'U",
        ),
        (tasks(result(0, 1, "ORG")), ": task 1: document '12': 'ORG' is no tag"),
    ],
)
def test_label_studio_faults(tmp_path: Path, content: str, message: str) -> None:
    assert fault("label-studio", tmp_path / "p.json", content).startswith(message)


def test_label_studio_goes_on_behind_a_fault(tmp_path: Path) -> None:
    errors: list[InputError] = []
    content = json.dumps([{}, *json.loads(tasks())])
    found = read("label-studio", tmp_path / "p.json", content, Options(on_error=errors.append))
    assert ([example.document.id for example in found], len(errors)) == (["12"], 1)


# --- CoNLL


def test_conll_without_text_is_put_together(tmp_path: Path) -> None:
    content = "\r\n".join(
        [
            "-DOCSTART- -X- -X- O", "", "# sent_id = 1", "Eva NNP B-NP B-CLAIMANT", "Moe NNP I-NP I-CLAIMANT",
            "counted VBD B-VP O", "", "", "57 CD B-NP B-QUANTITY", "geese NNS I-NP B-UNIT", "# NN O O",
            "-DOCSTART- -X- -X- O", "", "Monday NNP O B-DATE",
        ]
    )  # fmt: skip
    first, second = read("conll", tmp_path / "news.conll", content)
    assert first.document == Document("news:1", "Eva Moe counted\n57 geese #")
    assert first.spans == (
        Span(0, 7, Tag.CLAIMANT), Span(16, 18, Tag.QUANTITY), Span(19, 24, Tag.UNIT),
    )  # fmt: skip
    assert second == Example(Document("news:2", "Monday"), (Span(0, 6, Tag.DATE),), frozenset(Tag))


def test_conll_is_plain_bio_with_sentences(tmp_path: Path) -> None:
    path = tmp_path / "x.conll"
    assert round_trip(FORMATS["conll"], [EXAMPLE, EXAMPLE], path) == [EXAMPLE, EXAMPLE]
    start, comment, *lines = path.read_text().split("\n")
    assert start == "-DOCSTART-\tO"
    assert comment.startswith('# claimex = {"text": "\\ud83d\\ude42 At least')
    assert lines[:8] == ["", "🙂\tO", "At\tO", "least\tO", "57\tB-QUANTITY", "people\tB-UNIT", "fled\tO", "the\tO"]
    assert "300\tI-QUANTITY" in lines
    assert lines[lines.index("Several\tB-QUANTITY") - 1] == ""
    assert "" not in lines[lines.index("200\tB-QUANTITY") : lines.index("sheep\tB-UNIT")]


def test_conll_keeps_labels_that_were_changed(tmp_path: Path) -> None:
    path = tmp_path / "x.conll"
    FORMATS["conll"].write(path, [EXAMPLE])
    [example] = read("conll", path, path.read_text().replace("Monday\tB-DATE", "Monday\tO"))
    assert example.spans == tuple(span for span in SPANS if span.tag != Tag.DATE)
    assert example.records == EXAMPLE.records


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("57\tB-QUANTITY\ngeese\tI-UNIT", ":2: I-UNIT behind B-QUANTITY: begin each span with B-UNIT"),
        ("geese\tB-UNIT\n\nagain\tI-UNIT", ":3: I-UNIT behind O: begin each span with B-UNIT"),
        ("geese\tB-ORG", ":1: no label: write TOKEN, a tab, and one of O, B-TAG and I-TAG"),
        ("geese", ":1: no label"),
        (
            '-DOCSTART-\tO\n# claimex = {"text": "57 geese"}\n57\tO\nducks\tO',
            ":4: 'ducks' is not what follows in the text",
        ),
        ('# claimex = {"text": "57 geese"}\n57\tO', ":1: the text goes on behind the last token, at 2: add the tokens"),
        ("# claimex = {", ":1: not JSON"),
    ],
)
def test_conll_faults(tmp_path: Path, content: str, message: str) -> None:
    assert fault("conll", tmp_path / "x.conll", content).startswith(message)


# --- brat


def pair(directory: Path, name: str, text: str, notes: str) -> Path:
    (directory / f"{name}.txt").write_bytes(text.encode())
    path = directory / f"{name}.ann"
    path.write_bytes(notes.encode())
    return path


def test_brat_files_are_read_one_by_one_or_all(tmp_path: Path) -> None:
    notes = (
        "T1\tQUANTITY 2 4\t57\nT2\tUNIT 5 10\tgeese\nR1\tCounts Arg1:T1 Arg2:T2\nA1\tDoubt T1\n"
        "*\tEquiv T1 T2\n#1\tAnnotatorNotes T1\tas printed\n\n"
    )
    path = pair(tmp_path, "a.1", GEESE, notes)
    pair(tmp_path, "b", GEESE, "")
    (tmp_path / "annotation.conf").write_text("[entities]")
    assert list(FORMATS["brat"].read(path)) == [geese("a.1")]
    first, second = FORMATS["brat"].read(tmp_path)
    assert (first, second) == (geese("a.1"), Example(Document("b", GEESE), (), frozenset(Tag)))


def test_brat_shows_a_span_over_lines_in_parts(tmp_path: Path) -> None:
    text = "57 old\r\n\ngeese"
    examples = [Example(Document(name, text), (Span(3, 14, Tag.UNIT),), frozenset(Tag)) for name in ("..", "a/b")]
    assert round_trip(FORMATS["brat"], examples, tmp_path / "x") == examples
    assert [path.name for path in tmp_path.iterdir()] == ["x"]
    assert (tmp_path / "x" / "a%2Fb.ann").read_text().startswith("T1\tUNIT 3 6;9 14\told geese\n")
    assert (tmp_path / "x" / "a%2Fb.txt").read_bytes() == text.encode()


def test_brat_has_each_record_as_a_note_on_its_quantity(tmp_path: Path) -> None:
    FORMATS["brat"].write(tmp_path / "x", [EXAMPLE])
    lines = (tmp_path / "x" / "ferry-1.ann").read_text().splitlines()
    assert [line.split("\t")[:2] for line in lines if line.startswith("#")] == [
        ["#1", "ClaimRecord T1"], ["#2", "ClaimRecord T5"], ["#3", "ClaimRecord T6"], ["#4", "Claimex T0"],
    ]  # fmt: skip
    pair(tmp_path / "x", "ferry-1", TEXT, "\n".join(line for line in lines if "T5" not in line))
    [example] = FORMATS["brat"].read(tmp_path / "x")
    assert example.spans == tuple(span for span in SPANS if TEXT[span.start] != "S")
    assert example.records == (EXAMPLE.records[0], EXAMPLE.records[2])


@pytest.mark.parametrize(
    ("notes", "message"),
    [
        ("T1\tUNIT 5 9\tgeese", "a.ann: 'geese' should stand where 'gees' does"),
        ("T1\tUNIT 2 4;8 10\t57 se", "a.ann:1: the parts of '57 se' have other text between them: a span is one range"),
        ("T1\tUNIT 2\t57", "a.ann:1: 'UNIT 2' is no span: write TAG START END"),
        ("T1\tUNIT 2 x\t57", "a.ann:1: 'UNIT 2 x' is no span"),
        ("\nT1 UNIT 2 4 57", "a.ann:2: '' is no span"),
        ("T1\tPerson 2 4\t57", "a.ann: document 'a': 'Person' is no tag: use QUANTITY, UNIT, DATE, CLAIMANT"),
        ("T1\tUNIT 2 4\t57\nT2\tDATE 3 5\t7", "a.ann: document 'a': spans [2, 4) and [3, 5) overlap"),
        ("#1\tClaimRecord T1\tsoon", "a.ann:1: not JSON"),
    ],
)
def test_brat_faults(tmp_path: Path, notes: str, message: str) -> None:
    pair(tmp_path, "a", GEESE, notes)
    with pytest.raises(InputError) as caught:
        list(FORMATS["brat"].read(tmp_path))
    assert str(caught.value).removeprefix(f"{tmp_path}/").startswith(message)


def test_brat_needs_both_files_and_a_directory_of_its_own(tmp_path: Path) -> None:
    form = FORMATS["brat"]
    with pytest.raises(InputError, match=r"no \.txt and \.ann files"):
        list(form.read(tmp_path))
    (tmp_path / "a.txt").write_text("x")
    with pytest.raises(InputError, match=r"a\.ann: no such file"):
        list(form.read(tmp_path))
    for path in (tmp_path, tmp_path / "a.txt", tmp_path / "new.ann"):
        with pytest.raises(InputError, match="a directory of their own: name a new or empty one"):
            form.write(path, [EXAMPLE])
    with pytest.raises(InputError, match="document 'ferry-1': its id occurs twice"):
        form.write(tmp_path / "new", [EXAMPLE, EXAMPLE])


# --- Stand-off


def test_standoff_has_no_text_and_needs_the_right_one(tmp_path: Path) -> None:
    path, form = tmp_path / "x.jsonl", FORMATS["standoff"]
    form.write(path, [EXAMPLE])
    content = path.read_text()
    assert not any(word in content for word in ("fled", "sheep", "coast"))
    row = json.loads(content)
    assert list(row) == ["id", "sha256", "date", "records", "spans"]
    start = TEXT.index("the coast guard")
    assert [record["name"] for record in row["records"]] == [[start, start + 15], None, [start, start + 15]]
    with pytest.raises(InputError, match=r":1: no text of the document 'ferry-1': give the texts with --texts"):
        list(form.read(path))
    other = Document("ferry-1", f"{TEXT} ")
    with pytest.raises(InputError, match=r":1: the sha256 of the document 'ferry-1' differs: give"):
        list(form.read(path, Options(texts={"ferry-1": other})))
