"""From mentions to claims: which unit, claimant and date belong to a quantity. Pure and deterministic.

One mechanism serves the three fields. Quantities are read left to right; for each, the mentions around it and "none"
are candidates, and the likeliest is taken. Their probabilities come from a network over what the encoder has read
(``link_network``) where the checkpoint has one, else from a log-linear ranker (``linker.json``). The features of both
see what was decided before: the links of the previous quantity, and the unit and claimant of this one.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Hashable, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from importlib import resources
from typing import TypeVar, cast

from claimex.link_features import Row, adds, continues, rows
from claimex.link_network import LinkNetwork, Scorer, Vectors
from claimex.normalize.modifiers import modifier_of
from claimex.pairs import ORDER, Choice, Memory
from claimex.places import Places
from claimex.scene import Item, Scene
from claimex.schema import AnyMention, Claim, Document, Mention, Period, Quantity, Source, Tag, Unit

Weights = dict[str, float]
Decision = tuple[Item, dict[Tag, Item | None], float]

_CONTINUED = 6.0  # for a source whose sentence goes on: the annotation standard is plain, and examples are few
_ADDED = 1.0  # for a source whose sentence the next one adds to: most such figures are its own, not all
_SURE = 1e-6  # no probability is nearer to 0 or 1: its log-odds are finite


@dataclass(frozen=True, slots=True)
class Fitted:
    """What ``training.linker`` fits: the weights of each field, and the line that calibrates a claim's log-odds.

    Fields go wrong together, so that the product of their probabilities alone promises too much.
    """

    weights: dict[Tag, Weights]
    slope: float
    intercept: float


def calibrated(product: float, slope: float, intercept: float) -> float:
    """The probability that all links are right, from the product of the probabilities of each."""
    return 1 / (1 + math.exp(-slope * log_odds(product) - intercept))


def log_odds(probability: float) -> float:
    """The logarithm of the odds; finite for every probability."""
    kept = min(max(probability, _SURE), 1 - _SURE)
    return math.log(kept / (1 - kept))


Choose = Callable[[Choice], tuple[int, float]]  # the index of a candidate, and its probability


def link(
    document: Document,
    mentions: Sequence[AnyMention],
    vectors: Vectors | None = None,
    *,
    fitted: Fitted | None = None,
) -> tuple[Claim, ...]:
    """One claim for every QUANTITY mention, in text order. Unit, date and claimant are None where none is likelier.

    With the ``vectors`` of the document's tokens their network decides, without them the ranker (``fitted``, else the
    released one). A claim's score is the probability that its links are right, times the scores of its spans.
    """
    if all(mention.span.tag is not Tag.QUANTITY for mention in mentions):
        return ()
    scene = Scene(document, mentions)
    judge: Fitted | LinkNetwork
    if vectors is None:
        judge = fitted or shipped()
        choose = _by_ranker(judge)
    else:
        judge = vectors.network
        choose = _by_network(Scorer(vectors, Places(scene)))
    return tuple(
        _claim(scene, quantity, links, calibrated(product, judge.slope, judge.intercept))
        for quantity, links, product in decide(scene, choose)
    )


def _by_ranker(fitted: Fitted) -> Choose:
    return lambda choice: likeliest(fitted.weights[choice.tag], rows(choice))


def _by_network(scorer: Scorer) -> Choose:
    def choose(choice: Choice) -> tuple[int, float]:
        scores = scorer(choice)
        if choice.tag is Tag.CLAIMANT:
            ours = choice.scene, choice.quantity
            for i, each in enumerate(choice.candidates):
                scores[i] += _CONTINUED * continues(*ours, each) + _ADDED * adds(*ours, each)
        return likeliest_meaning(choice.candidates, scores)

    return choose


def likeliest_meaning(candidates: Sequence[Item | None], scores: Sequence[float]) -> tuple[int, float]:
    """The likeliest of the candidates that together are likeliest to be meant, and the probability that they are.

    "Tuesday" and "Oct. 25" may be the same days, "the ministry" and its name the same source: which of them a quantity
    links to matters less than that it is none of the others. ``scores``: log-probabilities, up to a term they share.
    """
    top = max(scores)
    together: dict[Hashable, float] = {}
    for candidate, score in zip(candidates, scores, strict=True):
        meaning = candidate and candidate.meaning
        together[meaning] = together.get(meaning, 0.0) + math.exp(score - top)
    likeliest = max(together, key=together.__getitem__)
    alike = (i for i, candidate in enumerate(candidates) if (candidate and candidate.meaning) == likeliest)
    return max(alike, key=scores.__getitem__), together[likeliest] / math.fsum(together.values())


def decide(scene: Scene, choose: Choose) -> list[Decision]:
    """Walk over the quantities; ``choose`` picks among the candidates of a field where it is open."""
    memory = Memory()
    decisions = []
    for quantity in scene.items[Tag.QUANTITY]:
        links: dict[Tag, Item | None] = {}
        probability = 1.0
        for tag in ORDER:
            candidates = scene.candidates(quantity, tag)
            index = 0
            if len(candidates) > 1:
                index, p = choose(Choice(scene, quantity, tag, candidates, memory, links))
                probability *= p
            links[tag] = candidates[index]
        memory.keep(quantity, links)
        decisions.append((quantity, links, probability))
    return decisions


def likeliest(weights: Weights, found: Sequence[Row]) -> tuple[int, float]:
    """The row of features with the highest sum of weights, and its probability among the rows."""
    shared = {names: _sum(weights, names) for names in {row.shared for row in found}}
    scores = [shared[row.shared] + _sum(weights, row.own) for row in found]
    best = max(scores)
    return scores.index(best), 1 / sum(math.exp(score - best) for score in scores)


def _sum(weights: Weights, names: Sequence[str]) -> float:
    return sum(map(weights.__getitem__, filter(weights.__contains__, names)))


@cache
def shipped() -> Fitted:
    """What is released."""
    return read(resources.files("claimex").joinpath("linker.json").read_text(encoding="utf-8"))


def read(text: str) -> Fitted:
    """The form in which ``written`` put it."""
    row = json.loads(text)
    return Fitted({Tag(tag): weights for tag, weights in row["weights"].items()}, row["slope"], row["intercept"])


def written(fitted: Fitted) -> str:
    """One line of JSON, the same for the same weights."""
    return json.dumps(asdict(fitted), ensure_ascii=False, separators=(",", ":"), sort_keys=True) + "\n"


M = TypeVar("M")


def _claim(scene: Scene, quantity: Item, links: dict[Tag, Item | None], probability: float) -> Claim:
    parts = [quantity, *(item for item in links.values() if item)]
    scores = [item.mention.span.score for item in parts]
    span = quantity.mention.span
    return Claim(
        quantity=cast("Mention[Quantity]", quantity.mention),
        modifier=modifier_of(scene.text, span.start, span.end),
        unit=cast("Mention[Unit] | None", _mention(links[Tag.UNIT])),
        date=cast("Mention[Period] | None", _mention(links[Tag.DATE])),
        claimant=cast("Mention[Source] | None", _mention(links[Tag.CLAIMANT])),
        sentence=scene.evidence(quantity),
        score=probability * math.prod(1.0 if score is None else score for score in scores),
    )


def _mention(item: Item | None) -> AnyMention | None:
    return item.mention if item else None
