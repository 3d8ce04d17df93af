"""Documents as stages with links read them: whole, or without some of their paragraphs."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any, TypeAlias

import numpy as np

from claimex.schema import Document, Example, Range, Record
from claimex.sentences import paragraphs
from claimex.tokens import Tokenizer
from training.data import window_rows
from training.links import Advice, Pick, Plan, Story, plan_of

UNTOUCHED = 1 / 3  # of documents that might be shortened

Row: TypeAlias = dict[str, Any]


@dataclass(frozen=True, slots=True, eq=False)
class Whole:
    """A document: its windows as rows of ``training.data``, how it is linked, its plan where all goes right, and what a
    teacher has to say."""

    rows: list[Row]
    story: Story
    plan: Plan
    advice: Advice | None = None

    def walked(self, pick: Pick) -> Plan:
        """The plan where ``pick`` decides."""
        plan = plan_of(self.story, pick)
        return self.advice(plan) if self.advice else plan


def wholes(examples: Sequence[Example], tokenizer: Tokenizer, window: int, overlap: int) -> list[Whole]:
    """The documents that hold any token."""
    found = []
    for example in examples:
        rows, _ = window_rows([example], tokenizer, window, overlap)
        [tokens] = tokenizer([example.document.text])
        if rows:
            story = Story.of(example, tokens.ranges)
            found.append(Whole(rows, story, plan_of(story)))
    return found


def shortened(document: Whole, most: float, dice: random.Random) -> Whole:
    """The document without some of its paragraphs, up to a share ``most`` of them on average; one in three as it was.

    What is linked in a text an encoder soon knows by heart; no two of these are alike. A teacher's word on each token
    stays as it was. Records that lose a part are left out: nobody knows then how the rest would be linked.
    """
    text = document.story.document.text
    kept = _kept(text, most, dice)
    if kept == [(0, len(text))]:
        return document
    story, inside = _story(document.story, kept)
    if not inside:
        return document
    size = max(len(row["input_ids"]) for row in document.rows)
    advice = document.advice and replace(document.advice, values=document.advice.values[inside])
    plan = plan_of(story)
    return Whole(_rows(document.rows, inside, size), story, advice(plan) if advice else plan, advice)


def _kept(text: str, most: float, dice: random.Random) -> list[Range]:
    """The text's paragraphs that stay, those that touch as one range. The first, which says the most, stays twice as
    often."""
    if dice.random() < UNTOUCHED:
        return [(0, len(text))]
    starts = [start for start, _ in paragraphs(text)]
    share = dice.uniform(0, most)
    kept: list[Range] = []
    for number, (start, end) in enumerate(pairwise([0, *starts[1:], len(text)])):
        if dice.random() < (share if number else share / 2):
            continue
        if kept and kept[-1][1] == start:
            kept[-1] = kept[-1][0], end
        else:
            kept.append((start, end))
    return kept


def _story(story: Story, kept: Sequence[Range]) -> tuple[Story, list[int]]:
    """The story of what is kept, and the numbers of its tokens in the whole one."""
    document = story.document
    places = [_moved(place, kept) for place in story.ranges]
    inside = [number for number, place in enumerate(places) if place is not None]
    spans = [
        replace(item.mention.span, start=place[0], end=place[1])
        for item in story.places.items
        if (place := _moved(item.mention.span.range, kept))
    ]
    records = [moved for record in story.records.values() if (moved := _moved_record(record, kept))]
    text = "".join(document.text[start:end] for start, end in kept)
    example = Example(Document(document.id, text, document.date), tuple(sorted(spans)), frozenset(), tuple(records))
    return Story.of(example, [place for place in places if place is not None]), inside


def _moved(place: Range, kept: Sequence[Range]) -> Range | None:
    """Where a range stands once only ``kept`` is left, None where it is not whole any more."""
    before = 0
    for start, end in kept:
        if start <= place[0] and place[1] <= end:
            return place[0] - start + before, place[1] - start + before
        before += end - start
    return None


def _moved_record(record: Record, kept: Sequence[Range]) -> Record | None:
    parts = {name: getattr(record, name) for name in ("quantity", "unit", "date", "claimant")}
    moved: dict[str, Any] = {name: place and _moved(place, kept) for name, place in parts.items()}
    return replace(record, **moved) if all(moved[name] or not parts[name] for name in parts) else None


def _rows(rows: Sequence[Row], inside: Sequence[int], size: int) -> list[Row]:
    """The rows of some of a document's tokens, none longer than ``size`` with the tokens around them."""
    first, last = rows[0], rows[-1]
    tokens = {
        key: [token for row in rows for token in row[key][slice(*row["answer"])]]
        for key in ("input_ids", "cases", "allowed")
    }
    targets = np.concatenate([_target(row)[slice(*row["answer"])] for row in rows]) if "target" in first else None
    found = []
    for start in range(0, len(inside), size - 2):
        chosen = inside[start : start + size - 2]
        row: Row = {"answer": [1, 1 + len(chosen)]}
        for key, each in tokens.items():
            row[key] = [first[key][0], *(each[number] for number in chosen), last[key][-1]]
        if targets is not None:
            row["target"] = np.pad(targets[list(chosen)], ((1, 1), (0, 0))).tobytes()
        found.append(row)
    return found


def _target(row: Row) -> np.ndarray[Any, np.dtype[np.float16]]:
    return np.frombuffer(row["target"], dtype=np.float16).reshape(len(row["input_ids"]), -1)
