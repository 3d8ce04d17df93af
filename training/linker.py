"""Fit the linker's weights: ``python -m training.linker --gold gold-train.jsonl.gz -o claimex/linker.json``.

For each field a log-linear model over the candidates of a quantity, "none" among them: the negative log-likelihood of the
gold link plus an L2 penalty, minimized by L-BFGS. Convex and seedless: the same gold gives the same weights.
"""

from __future__ import annotations

import argparse
import collections
import json
import logging
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import torch

from claimex.jsonl import read_examples
from claimex.link import ORDER, candidates_of, decide
from claimex.normalize import normalize
from claimex.scene import Item, Scene
from claimex.schema import Example, Range, Record, Tag

Rows = list[list[str]]
Group = tuple[Rows, int]  # the candidates' features, the index of the right one
Weights = dict[str, float]

log = logging.getLogger(__name__)


def groups_of(example: Example) -> dict[Tag, list[Group]]:
    """Of each field, the choices that the document asks for, each in the light of the right choices before it.

    A quantity whose gold link is out of the linker's sight teaches nothing about that field.
    """
    scene = Scene(example.document, normalize(example.document, example.spans))
    records = {record.quantity: record for record in example.records}
    groups: dict[Tag, list[Group]] = {tag: [] for tag in ORDER}
    quantities = scene.items[Tag.QUANTITY]

    def choose(rank: int, tag: Tag, candidates: list[Item | None], rows: Rows) -> tuple[int, float]:
        record = records.get(quantities[rank].mention.span.range)
        index = None if record is None else right_index(record, tag, candidates)
        if index is not None:
            groups[tag].append((rows, index))
        return index or 0, 1.0

    decide(scene, choose)
    return groups


def right_index(record: Record, tag: Tag, candidates: Sequence[Item | None]) -> int | None:
    """Which candidate the record names; 0, no link, where it names none; None where it is not among them."""
    gold: Mapping[Tag, Range | None] = {Tag.UNIT: record.unit, Tag.DATE: record.date, Tag.CLAIMANT: record.claimant}
    ranges = [item.mention.span.range if item else None for item in candidates]
    return ranges.index(gold[tag]) if gold[tag] in ranges else None


def fit(groups: Sequence[Group], penalty: float, rarest: int, steps: int) -> Weights:
    """Weights of all features that at least ``rarest`` candidates have."""
    counts = collections.Counter(name for rows, _ in groups for row in rows for name in set(row))
    names = sorted(name for name, count in counts.items() if count >= rarest)
    number = {name: i for i, name in enumerate(names)}
    cells = [(r, number[name]) for r, row in enumerate(row for rows, _ in groups for row in rows) for name in row if name in number]
    group = torch.tensor([g for g, (rows, _) in enumerate(groups) for _ in rows])
    starts = torch.tensor([0, *(len(rows) for rows, _ in groups)]).cumsum(0)[:-1]
    gold = starts + torch.tensor([index for _, index in groups])
    at = torch.tensor(cells).T
    shape = (len(group), len(names))
    design = torch.sparse_coo_tensor(at, torch.ones(len(cells)), shape, check_invariants=True).coalesce()
    transposed = design.t().coalesce()
    weights = torch.zeros(len(names), requires_grad=True)
    optimizer = torch.optim.LBFGS([weights], max_iter=steps, line_search_fn="strong_wolfe")

    def closure() -> torch.Tensor:
        with torch.no_grad():
            scores = torch.mv(design, weights)
            top = torch.full((len(groups),), -torch.inf).scatter_reduce(0, group, scores, "amax")
            exp = (scores - top[group]).exp()
            total = torch.zeros(len(groups)).index_add(0, group, exp)
            residual = exp / total[group]
            residual[gold] -= 1
            weights.grad = torch.mv(transposed, residual) + penalty * weights
            return (top + total.log() - scores[gold]).sum() + 0.5 * penalty * weights.square().sum()

    optimizer.step(closure)  # type: ignore[no-untyped-call]
    return dict(zip(names, weights.tolist(), strict=True))


def compact(weights: Weights, least: float) -> Weights:
    """Weights rounded to two digits, without those that are too small to matter."""
    return {name: round(weight, 2) for name, weight in weights.items() if abs(weight) >= least}


def train(examples: Iterable[Example], penalty: float = 1.0, rarest: int = 3, steps: int = 60) -> dict[Tag, Weights]:
    """The weights of each field."""
    groups: dict[Tag, list[Group]] = {tag: [] for tag in ORDER}
    for example in examples:
        for tag, found in groups_of(example).items():
            groups[tag] += found
    return {tag: fit(found, penalty, rarest, steps) for tag, found in groups.items()}


def main() -> None:
    """Read gold, fit, write."""
    parser = argparse.ArgumentParser(prog="python -m training.linker", description=__doc__.split("\n")[0])
    parser.add_argument("--gold", type=Path, required=True, help="claims corpus with records")
    parser.add_argument("-o", "--output", type=Path, default=Path("claimex/linker.json"))
    parser.add_argument("--penalty", type=float, default=1.0)
    parser.add_argument("--least", type=float, default=0.1, help="smaller weights are dropped")
    options = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(name)s: %(message)s")
    torch.set_num_threads(1)  # sums in one order: the same weights on every machine
    weights = {tag: compact(all_, options.least) for tag, all_ in train(read_examples(options.gold), options.penalty).items()}
    options.output.write_text(json.dumps(weights, ensure_ascii=False, separators=(",", ":"), sort_keys=True) + "\n", encoding="utf-8")
    log.info("%s: %s", options.output, ", ".join(f"{len(all_)} weights for {tag}" for tag, all_ in weights.items()))


if __name__ == "__main__":
    main()
