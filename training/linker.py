"""Fit the linker's weights: ``python -m training.linker [CORPUS ...] [--data DIR] [-o claimex/linker.json]``.

For each field a log-linear model over the candidates of a quantity, "none" among them: the negative log-likelihood of
the gold link plus an L2 penalty, minimized by L-BFGS; then once more over the features that matter most. How far the
probabilities can be believed is learned on documents that the weights have not seen. Convex and seedless: the same gold
gives the same file.
"""

from __future__ import annotations

import argparse
import collections
import logging
import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path

import torch

from claimex.link import Fitted, Weights, decide, link, log_odds, written
from claimex.link_features import CONTINUES
from claimex.link_features import rows as named
from claimex.normalize import normalize
from claimex.pairs import ORDER, Choice
from claimex.scene import Item, Scene
from claimex.schema import Claim, Example, Range, Record, Tag
from claimex.score import FIELDS
from training.config import corpus_named, read_corpora
from training.corpora import read_corpus

Group = tuple[list[list[str]], int]  # the candidates' features, the index of the right one
Outcome = tuple[float, bool]  # a claim's score, and whether the claim is right

FITTED_ON = ["gold-train"]  # what the released weights are fitted on
PENALTY = {Tag.UNIT: 2.0, Tag.CLAIMANT: 2.0, Tag.DATE: 6.0}  # chosen by cross-validation over documents
KEPT = {Tag.UNIT: 1500, Tag.CLAIMANT: 5000, Tag.DATE: 5000}  # features shipped for a field
RAREST = 2  # documents in which a feature must occur: what one article says teaches nothing about the next
ENOUGH = 30  # documents from which on a feature's weight counts in full when the features are ranked
STEPS = 80
FOLDS = 5
# Where the penalty pulls to, if not to zero: the annotation standard is plain about this one and examples are few.
PRIOR = {CONTINUES: 3.0}

log = logging.getLogger(__name__)


def train(examples: Sequence[Example]) -> Fitted:
    """The weights of each field, two digits behind the point, and their calibration."""
    documents = [groups_of(example) for example in examples]
    slope, intercept = calibrate(list(held_out(examples, documents)))
    return Fitted(_weights(documents), slope, intercept)


def held_out(examples: Sequence[Example], documents: Sequence[Mapping[Tag, Sequence[Group]]]) -> Iterator[Outcome]:
    """Every claim of the examples, linked by weights that come from other examples, its score not calibrated."""
    for fold in range(FOLDS):
        others = [groups for i, groups in enumerate(documents) if i % FOLDS != fold]
        fitted = Fitted(_weights(others), slope=1.0, intercept=0.0)
        for example in examples[fold::FOLDS]:
            mentions = normalize(example.document, example.spans)
            yield from outcomes(example, link(example.document, mentions, fitted=fitted))


def outcomes(example: Example, claims: Sequence[Claim]) -> Iterator[Outcome]:
    """The claims that the example's own spans make up, against its records."""
    text = example.document.text
    records = {record.quantity: record for record in example.records}
    for claim in claims:
        record = records.get(claim.quantity.span.range)
        if record is not None and claim.score is not None:
            yield claim.score, all(agree(record, claim.record, text) for _, agree in FIELDS.values())


def calibrate(found: Sequence[Outcome]) -> tuple[float, float]:
    """Slope and intercept of the line over the scores' log-odds that gives the outcomes most probability (Platt)."""
    odds = torch.tensor([log_odds(score) for score, _ in found])
    right = torch.tensor([float(answer) for _, answer in found])
    line = torch.tensor([1.0, 0.0], requires_grad=True)
    optimizer = torch.optim.LBFGS([line], max_iter=STEPS, line_search_fn="strong_wolfe")

    def loss() -> torch.Tensor:
        optimizer.zero_grad()
        value = torch.nn.functional.binary_cross_entropy_with_logits(line[0] * odds + line[1], right)
        value.backward()
        return value

    optimizer.step(loss)
    slope, intercept = line.tolist()
    return round(slope, 3), round(intercept, 3)


def groups_of(example: Example) -> dict[Tag, list[Group]]:
    """Of each field, the choices that the document asks for, each in the light of the right choices before it.

    A quantity whose gold link is out of the linker's sight teaches nothing about that field.
    """
    scene = Scene(example.document, normalize(example.document, example.spans))
    records = {record.quantity: record for record in example.records}
    groups: dict[Tag, list[Group]] = {tag: [] for tag in ORDER}

    def choose(choice: Choice) -> tuple[int, float]:
        record = records.get(choice.quantity.mention.span.range)
        index = None if record is None else right_index(record, choice.tag, choice.candidates)
        if index is not None:
            groups[choice.tag].append(([[*row.shared, *row.own] for row in named(choice)], index))
        return index or 0, 1.0

    decide(scene, choose)
    return groups


def right_index(record: Record, tag: Tag, candidates: Sequence[Item | None]) -> int | None:
    """Which candidate the record names: 0, no link, where it names none; None where it is not among them."""
    gold: Mapping[Tag, Range | None] = {Tag.UNIT: record.unit, Tag.CLAIMANT: record.claimant, Tag.DATE: record.date}
    ranges = [item.mention.span.range if item else None for item in candidates]
    return ranges.index(gold[tag]) if gold[tag] in ranges else None


def fit(groups: Sequence[Group], names: Collection[str], penalty: float) -> Weights:
    """The weights of the named features that minimize the penalized loss."""
    if not groups:
        return {}
    ordered = sorted(names)
    column = {name: i for i, name in enumerate(ordered)}
    every = [row for rows, _ in groups for row in rows]
    cells = [(r, column[name]) for r, row in enumerate(every) for name in row if name in column]
    group = torch.tensor([g for g, (rows, _) in enumerate(groups) for _ in rows])
    gold = torch.tensor([0, *(len(rows) for rows, _ in groups)]).cumsum(0)[:-1] + torch.tensor([i for _, i in groups])
    at, size = torch.tensor(cells).T, (len(every), len(ordered))
    design = torch.sparse_coo_tensor(at, torch.ones(len(cells)), size, check_invariants=True).coalesce()
    transposed = design.t().coalesce()
    prior = torch.tensor([PRIOR.get(name, 0.0) for name in ordered])
    weights = prior.clone().requires_grad_()

    def loss() -> torch.Tensor:
        with torch.no_grad():
            scores = torch.mv(design, weights)
            top = torch.full((len(groups),), -torch.inf).scatter_reduce(0, group, scores, "amax")
            shares = (scores - top[group]).exp()
            total = torch.zeros(len(groups)).index_add(0, group, shares)
            residual = shares / total[group]
            residual[gold] -= 1
            weights.grad = torch.mv(transposed, residual) + penalty * (weights - prior)
            return (top + total.log() - scores[gold]).sum() + penalty / 2 * (weights - prior).square().sum()

    optimizer = torch.optim.LBFGS([weights], max_iter=STEPS, line_search_fn="strong_wolfe")
    optimizer.step(loss)
    return dict(zip(ordered, weights.tolist(), strict=True))


def _weights(documents: Sequence[Mapping[Tag, Sequence[Group]]]) -> dict[Tag, Weights]:
    return {tag: _sparse([groups[tag] for groups in documents], PENALTY[tag], KEPT[tag]) for tag in ORDER}


def _sparse(documents: Sequence[Sequence[Group]], penalty: float, kept: int) -> Weights:
    """Fit, keep the features that matter most, fit those."""
    groups = [group for document in documents for group in document]
    counts = collections.Counter(name for document in documents for name in _names(document))
    full = fit(groups, [name for name, count in counts.items() if count >= RAREST], penalty)
    ranked = sorted(full, key=lambda name: (-abs(full[name]) * math.sqrt(min(counts[name], ENOUGH)), name))
    rounded = ((name, round(weight, 2)) for name, weight in fit(groups, ranked[:kept], penalty).items())
    return {name: weight for name, weight in rounded if weight}


def _names(groups: Sequence[Group]) -> set[str]:
    return {name for rows, _ in groups for row in rows for name in row}


def main() -> None:
    """Read gold, fit, write."""
    parser = argparse.ArgumentParser(prog="python -m training.linker", description="Fit the linker's weights.")
    parser.add_argument("corpora", nargs="*", default=FITTED_ON, help="corpora with claim records, by name")
    parser.add_argument("--corpora-file", type=Path, default=Path("configs/corpora.yaml"))
    parser.add_argument("--data", type=Path, help="the data directory, else CLAIMEX_DATA")
    parser.add_argument("-o", "--output", type=Path, default=Path("claimex/linker.json"))
    options = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(name)s: %(message)s")
    torch.set_num_threads(1)  # sums in one order: the same weights on every machine
    known = read_corpora(options.corpora_file)
    corpora = [corpus_named(name, known, options.corpora_file) for name in options.corpora]
    fitted = train([example for corpus in corpora for example in read_corpus(corpus, options.data)])
    options.output.write_text(written(fitted), encoding="utf-8")
    counts = ", ".join(f"{len(found)} weights for {tag}" for tag, found in fitted.weights.items())
    log.info("%s: %s; slope %s, intercept %s", options.output, counts, fitted.slope, fitted.intercept)


if __name__ == "__main__":
    main()
