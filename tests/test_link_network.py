"""The network that links: in numpy as it is trained in torch, and carried by a checkpoint from training to claims."""

from __future__ import annotations

import datetime as dt
import shutil
from pathlib import Path
from typing import cast

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.torch import load_file, save_file

from claimex.errors import ModelError
from claimex.extract import Extractor
from claimex.link import decide, link
from claimex.link_network import FILE, WIDTH, LinkNetwork, Scorer, Vectors, token_ranges
from claimex.normalize import normalize
from claimex.pairs import Choice
from claimex.places import COLUMNS, FEATURES, Places, bucket
from claimex.scene import Scene
from claimex.schema import Document, Example, Record, Span, Tag
from claimex.tagger import Engine, load
from training.linker import right_index
from training.links import LinkModule, Story, plan_of

TEXT = (
    "On Monday the mayor said 57 people were hurt and 12 boats sank. The harbour office counted 300 on Tuesday.\n\n"
    "She added that $4 million was lost. In 2019 it was two."
)
SURFACES = {
    Tag.QUANTITY: ["57", "12", "300", "4 million", "two"],
    Tag.UNIT: ["people", "boats", "$"],
    Tag.DATE: ["Monday", "Tuesday", "2019"],
    Tag.CLAIMANT: ["the mayor", "The harbour office", "She"],
}


def span(surface: str, tag: Tag) -> Span:
    start = TEXT.index(surface)
    return Span(start, start + len(surface), tag)


def example() -> Example:
    spans = [span(surface, tag) for tag, surfaces in SURFACES.items() for surface in surfaces]
    at = {TEXT[s.start : s.end]: s.range for s in spans}
    linked = [
        ("57", "people", "Monday", "the mayor"),
        ("12", "boats", "Monday", "the mayor"),
        ("300", None, "Tuesday", "The harbour office"),
        ("4 million", "$", None, "She"),
        ("two", None, "2019", None),
    ]
    records = tuple(
        Record(
            at[quantity], None, None, None, unit=at.get(unit or ""), date=at.get(date or ""), claimant=at.get(who or "")
        )
        for quantity, unit, date, who in linked
    )
    ordered = tuple(sorted(spans, key=lambda each: each.range))
    return Example(Document("harbour", TEXT, dt.date(2024, 5, 3)), ordered, frozenset(Tag), records)


def ranges() -> list[tuple[int, int]]:
    """Words and marks."""
    found, start = [], 0
    for piece in TEXT.replace("\n\n", "  ").split(" "):
        if piece:
            found.append((start, start + len(piece)))
        start += len(piece) + 1
    return found


@pytest.fixture
def module() -> LinkModule:
    torch.manual_seed(5)
    made = LinkModule(16).eval()
    for parameter in made.parameters():
        torch.nn.init.normal_(parameter, std=0.3)
    return made


def test_numpy_says_what_torch_was_trained_to_say(module: LinkModule) -> None:
    gold = example()
    states = torch.randn(len(ranges()), 16)
    with torch.inference_mode():
        expected = module(states, plan_of(Story.of(gold, ranges()))).item()
        values = module.token(states).numpy()
    scene = Scene(gold.document, normalize(gold.document, gold.spans))
    scorer = Scorer(Vectors(ranges(), values, module.network()), Places(scene))
    records = {record.quantity: record for record in gold.records}
    losses = []

    def choose(choice: Choice) -> tuple[int, float]:
        scores = np.array(scorer(choice))
        right = right_index(records[choice.quantity.mention.span.range], choice.tag, choice.candidates)
        assert right is not None
        losses.append(float(np.logaddexp.reduce(scores) - scores[right]))
        return right, 1.0

    decide(scene, choose)
    assert len(losses) == 12
    assert sum(losses) == pytest.approx(expected, rel=1e-4)


def test_the_network_decides_where_there_are_vectors(module: LinkModule) -> None:
    gold = example()
    mentions = normalize(gold.document, gold.spans)
    values = np.random.default_rng(1).normal(size=(len(ranges()), WIDTH)).astype(np.float32)
    tensors = module.network().tensors
    never = {**tensors, "none": tensors["none"] * 0}
    for tag in ("UNIT", "CLAIMANT", "DATE"):
        never[f"fields.{tag}.bilinear"] = np.zeros_like(tensors[f"fields.{tag}.bilinear"])
        weights = np.zeros_like(tensors[f"fields.{tag}.hidden.weight"])
        weights[:, -FEATURES + 4] = -1  # feature 4: no candidate
        never[f"fields.{tag}.hidden.weight"] = weights
        never[f"fields.{tag}.hidden.bias"] = np.full_like(tensors[f"fields.{tag}.hidden.bias"], 2)
        never[f"fields.{tag}.score.weight"] = np.ones_like(tensors[f"fields.{tag}.score.weight"])
    claims = link(gold.document, mentions, Vectors(ranges(), values, LinkNetwork(never)))
    assert all(claim.unit and claim.date and claim.claimant for claim in claims)
    assert link(gold.document, mentions) != claims
    assert link(gold.document, [], Vectors(ranges(), values, LinkNetwork(never))) == ()


@pytest.mark.parametrize(("word", "source"), [("too", "the navy"), ("then", None)])
def test_a_sentence_that_adds_takes_a_source_that_is_as_likely_as_none(
    module: LinkModule, word: str, source: str | None
) -> None:
    text = f"40 ships sank, according to the navy. The port was hit {word}, with 7 cranes lost."
    document = Document("port", text, None)
    spans = [
        Span(text.index(surface), text.index(surface) + len(surface), tag)
        for surface, tag in (("40", Tag.QUANTITY), ("the navy", Tag.CLAIMANT), ("7", Tag.QUANTITY))
    ]
    indifferent = LinkNetwork({name: np.zeros_like(tensor) for name, tensor in module.network().tensors.items()})
    vectors = Vectors([(0, len(text))], np.zeros((1, WIDTH), dtype=np.float32), indifferent)
    _, cranes = link(document, normalize(document, spans), vectors)
    assert (cranes.claimant and cranes.claimant.text) == source


@settings(max_examples=200)
@given(st.lists(st.tuples(st.integers(0, 3), st.integers(1, 5)), min_size=1, max_size=20), st.data())
def test_the_tokens_of_a_range_are_those_that_it_touches(steps: list[tuple[int, int]], data: st.DataObject) -> None:
    tokens, at = [], 0
    for gap, length in steps:
        tokens.append((at + gap, at + gap + length))
        at += gap + length
    start = data.draw(st.integers(0, at - 1))
    end = data.draw(st.integers(start + 1, at))
    [(first, last)] = token_ranges(tokens, [(start, end)])
    assert 0 <= first < last <= len(tokens)
    touched = [i for i, (left, right) in enumerate(tokens) if left < end and start < right]
    assert set(touched) <= set(range(first, last))


def features_of(field: Tag, decided: dict[str, dict[Tag, str]]) -> dict[str, dict[str, dict[str, int]]]:
    """Of each quantity's candidates ("" for none): what is said of speakers, ages and earlier links, where it holds."""
    names = ["speaks", "source speaks", "source there", "today", "this week", "before", "around", "to come", "unknown"]
    names += ["as the last", "not as the last", "as the source's last", "not as the source's last"]
    gold = example()
    found: dict[str, dict[str, dict[str, int]]] = {}

    def choose(choice: Choice) -> tuple[int, float]:
        texts = ["" if each is None else each.mention.text for each in choice.candidates]
        quantity = choice.quantity.mention.text
        if choice.tag is field:
            rows = Places(choice.scene).features(choice).tolist()
            ends = [dict(zip(names, row[-len(names) :], strict=True)) for row in rows]
            kept = [{name: value for name, value in end.items() if value} for end in ends]
            found[quantity] = dict(zip(texts, kept, strict=True))
        return texts.index(decided.get(quantity, {}).get(choice.tag, "")), 1.0

    decide(Scene(gold.document, normalize(gold.document, gold.spans)), choose)
    return found


def test_a_date_says_who_spoke_on_it_and_whose_day_it_is() -> None:
    mayor, office = {Tag.CLAIMANT: "the mayor"}, {Tag.CLAIMANT: "The harbour office"}
    found = features_of(Tag.DATE, {"57": {**mayor, Tag.DATE: "Monday"}, "12": mayor, "300": office})
    spoken = {"speaks": 1, "source speaks": 1, "source there": 1, "this week": 1}
    assert found["57"]["Monday"] == spoken
    assert found["57"]["2019"] == {"before": 1}
    assert found["12"]["Monday"] == {**spoken, "as the last": 1, "as the source's last": 1}
    assert found["12"][""] == {"not as the last": 1, "not as the source's last": 1}
    assert found["300"]["Tuesday"] == {"source there": 1, "this week": 1, "not as the last": 1}


def test_a_source_is_the_last_one_by_whatever_name() -> None:
    found = features_of(Tag.CLAIMANT, {"57": {Tag.CLAIMANT: "the mayor"}})
    assert found["57"]["the mayor"] == {}
    assert found["12"]["the mayor"] == {"as the last": 1}
    assert found["12"]["The harbour office"] == {"not as the last": 1}
    assert found["4 million"]["She"] == {"as the last": 1}  # the mayor


def test_a_candidate_is_seen_from_the_figure_the_one_before_and_the_source() -> None:
    found: dict[tuple[str, str], dict[str, list[int]]] = {}

    def choose(choice: Choice) -> tuple[int, float]:
        texts = ["" if each is None else each.mention.text for each in choice.candidates]
        for text, row in zip(texts, Places(choice.scene).features(choice).tolist(), strict=True):
            cells = iter(row)
            named = {name: [next(cells) for _ in range(size)] for name, size in COLUMNS.items()}
            found.setdefault(
                (choice.quantity.mention.text, text), {name: each for name, each in named.items() if any(each)}
            )
        wanted = {Tag.CLAIMANT: "the mayor", Tag.DATE: "Monday"}.get(choice.tag, "")
        return (texts.index(wanted) if wanted in texts else 0), 1.0

    gold = example()
    decide(Scene(gold.document, normalize(gold.document, gold.spans)), choose)
    assert found["57", "Monday"] == {
        "first figure": [1], "before the figure": [1], "sentences away": [1, 0, 0, 0, 0, 0, 0],
        "tokens away": [0, 0, 0, 1, 0, 0, 0], "same clause": [1], "same paragraph": [1], "between": [1, 0, 0, 0, 0],
        "in the first sentence": [1], "before it in the sentence": [1], "used": [1, 0, 0, 0, 0], "source": [1],
        "sentences from the source": [1, 0, 0, 0, 0], "in the source's clause": [1], "unit": [1],
        "day of speaking": [1], "source speaks": [1], "source there": [1], "age": [0, 1, 0, 0, 0, 0],
    }  # fmt: skip
    assert found["300", "Tuesday"] == {
        "sentences away": [1, 0, 0, 0, 0, 0, 0], "tokens away": [0, 0, 1, 0, 0, 0, 0], "same clause": [1],
        "same paragraph": [1], "between": [1, 0, 0, 0, 0], "as the last figure's": [0, 0, 1], "used": [1, 0, 0, 0, 0],
        "source": [1], "sentences from the source": [0, 1, 0, 0, 0], "in the last figure's clause": [1],
        "in the source's clause": [1], "age": [0, 1, 0, 0, 0, 0], "as the last": [0, 1], "as the source's last": [0, 1],
    }  # fmt: skip


def test_distances_fall_into_seven_buckets_in_order() -> None:
    buckets = [bucket(distance) for distance in range(200)]
    assert buckets == sorted(buckets)
    assert set(buckets) == set(range(7))
    assert buckets[:4] == [0, 1, 2, 3]


@pytest.fixture
def linking_directory(tiny_directory: Path, tmp_path: Path, module: LinkModule) -> Path:
    directory = Path(shutil.copytree(tiny_directory, tmp_path / "weights"))
    save_file(module.state_dict(), directory / FILE)
    return directory


@pytest.mark.parametrize("engine", ["openvino", "torch"])
def test_vectors_come_with_the_spans_window_by_window(linking_directory: Path, engine: Engine) -> None:
    tagger = load(linking_directory, device="cpu", engine=engine, dtype="float32")
    [short, long] = tagger.tag([Document("a", "57 people"), Document("b", "The mayor said 57 people were hurt. " * 9)])
    assert short.vectors is not None
    assert long.vectors is not None
    assert short.vectors.values.shape == (len(short.vectors.ranges), WIDTH)
    assert len(long.vectors.values) == len(long.vectors.ranges) > 24
    assert np.isfinite(long.vectors.values).all()
    other: Engine = "torch" if engine == "openvino" else "openvino"
    second = load(linking_directory, device="cpu", engine=other, dtype="float32")
    [again] = second.tag([Document("a", "57 people")])
    assert again.vectors is not None
    assert np.allclose(short.vectors.values, again.vectors.values, atol=1e-3)


def test_a_network_of_other_features_is_refused(linking_directory: Path) -> None:
    tensors = load_file(linking_directory / FILE)
    cut = {
        name: each[:, :-1].contiguous() if name.endswith("hidden.weight") else each for name, each in tensors.items()
    }
    save_file(cut, linking_directory / FILE)
    with pytest.raises(ModelError, match="reads 60 features, not 61: train its links anew"):
        load(linking_directory, device="cpu")


def test_given_spans_are_linked_by_what_the_model_reads(linking_directory: Path) -> None:
    gold = example()
    extractor = Extractor(load(linking_directory, device="cpu"))
    [extraction] = extractor.link([gold])
    assert [claim.quantity.text for claim in extraction.claims] == SURFACES[Tag.QUANTITY]
    assert all(0 < cast(float, claim.score) < 1 for claim in extraction.claims)
    [alone] = Extractor(load(linking_directory, device="cpu")).link([gold])
    [_, together] = extractor.link([Example(Document("b", "57 people " * 30), (), frozenset(Tag)), gold])
    assert (
        [c.record for c in together.claims] == [c.record for c in alone.claims] == [c.record for c in extraction.claims]
    )
