"""Documents whose mentions have changed places: spans still name them, and nothing that is glued to another moves."""

from __future__ import annotations

import random

from claimex.schema import Document, Example, Span, Tag
from training.swap import swapped


def example(identity: str, text: str, **mentions: list[str]) -> Example:
    spans = [
        Span(text.index(mention), text.index(mention) + len(mention), Tag[tag])
        for tag, found in mentions.items()
        for mention in found
    ]
    return Example(Document(identity, text), tuple(sorted(spans)), frozenset(Tag))


GALE = example(
    "gale",
    "The mayor said 57 boats sank on Tuesday. Repairs cost $5 million.",
    CLAIMANT=["The mayor"], QUANTITY=["57", "5 million"], UNIT=["boats", "$"], DATE=["Tuesday"],
)  # fmt: skip
DROUGHT = example(
    "drought",
    "Fields dried up in late July, a spokeswoman for the valley's growers said: 1,200 farms.",
    CLAIMANT=["a spokeswoman for the valley's growers"], QUANTITY=["1,200"], UNIT=["farms"], DATE=["late July"],
)  # fmt: skip


def surfaces(example: Example) -> list[tuple[str, Tag]]:
    return [(example.document.text[span.start : span.end], span.tag) for span in example.spans]


def test_spans_name_the_mentions_that_took_the_places() -> None:
    known = {(text.lower(), tag) for each in (GALE, DROUGHT) for text, tag in surfaces(each)}
    changed = 0
    for seed in range(20):
        for before, after in zip((GALE, DROUGHT), swapped([GALE, DROUGHT], random.Random(seed)), strict=True):
            found = surfaces(after)
            assert [tag for _, tag in found] == [tag for _, tag in surfaces(before)]
            assert {(text.lower(), tag) for text, tag in found} <= known
            assert after.annotated == before.annotated
            assert not after.records
            changed += found != surfaces(before)
    assert changed > 20


def test_what_is_glued_to_another_stays() -> None:
    for seed in range(20):
        [after, _] = swapped([GALE, DROUGHT], random.Random(seed))
        assert after.document.text.endswith("Repairs cost $5 million.")


def test_a_mention_is_written_as_its_place_asks() -> None:
    texts = {each.document.text for seed in range(40) for each in swapped([GALE, DROUGHT], random.Random(seed))}
    assert any(text.startswith("A spokeswoman for the valley's growers said") for text in texts)
    assert any(", the mayor said: " in text for text in texts)


def test_the_same_dice_give_the_same_texts() -> None:
    one, other = (swapped([GALE, DROUGHT], random.Random(3)) for _ in range(2))
    assert one == other
