from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise, product
from math import exp, log

import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from claimex.bio import BEGIN, INSIDE, LABELS
from claimex.schema import Tag
from training.loss import partial_loss

LABEL_IDS = st.integers(0, len(LABELS) - 1)


def choices(labels: list[list[int]]) -> torch.Tensor:
    """Allowed labels of one row's tokens as the loss takes them, shape (1, tokens, labels)."""
    mask = torch.zeros(1, len(labels), len(LABELS), dtype=torch.bool)
    for i, each in enumerate(labels):
        mask[0, i, each] = True
    return mask


def logits(tokens: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(1, tokens, len(LABELS), generator=torch.Generator().manual_seed(seed)) * 3


def in_order(labels: Sequence[int], asked: Sequence[bool]) -> bool:
    """Whether the grammar allows a sequence of labels: between tokens that are asked "I-x" follows "B-x" or "I-x"."""
    steps = zip(pairwise(labels), pairwise(asked), strict=True)
    return all(
        after not in INSIDE.values() or before in (after, after - 1) for (before, after), both in steps if all(both)
    )


@settings(deadline=None, max_examples=30)
@given(st.lists(st.sets(LABEL_IDS, min_size=1), min_size=1, max_size=4), st.integers(0, 999))
def test_the_loss_is_of_all_allowed_sequences_among_those_in_order(allowed: list[set[int]], seed: int) -> None:
    asked = [len(each) < len(LABELS) for each in allowed]
    scores = logits(len(allowed), seed)
    log_probs = scores[0].log_softmax(-1).tolist()
    weight = {
        labels: exp(sum(log_probs[i][label] for i, label in enumerate(labels) if asked[i]))
        for labels in product(range(len(LABELS)), repeat=len(allowed))
        if in_order(labels, asked)
    }
    chosen = sum(w for labels, w in weight.items() if all(map(set.__contains__, allowed, labels)))
    assume(chosen)
    expected = -log(chosen / sum(weight.values())) / max(1, sum(asked))
    assert partial_loss(scores, choices([sorted(each) for each in allowed])) == pytest.approx(expected, abs=1e-4)


def test_padding_and_open_tokens_count_for_nothing() -> None:
    scores = logits(3).requires_grad_()
    loss = partial_loss(scores, choices([[0], [*range(len(LABELS))], [3]]))
    expected = torch.nn.functional.cross_entropy(scores[0, [0, 2]], torch.tensor([0, 3]))
    assert loss.item() == pytest.approx(expected.item(), abs=1e-5)
    loss.backward()
    assert scores.grad is not None
    assert scores.grad[0, 1].abs().max() == 0
    assert torch.isfinite(scores.grad).all()


def test_a_batch_that_asks_nothing_has_no_loss_and_no_gradient() -> None:
    scores = logits(2).requires_grad_()
    loss = partial_loss(scores, torch.ones_like(scores, dtype=torch.bool))
    loss.backward()
    assert loss.item() == 0
    assert scores.grad is not None
    assert scores.grad.abs().max() == 0


def test_a_tag_that_nobody_annotated_is_not_punished() -> None:
    unknown = [label for label in range(len(LABELS)) if label not in (BEGIN[Tag.DATE], INSIDE[Tag.DATE])]
    mask = choices([unknown])
    for label in unknown:
        sure = torch.full((1, 1, len(LABELS)), -20.0)
        sure[..., label] = 20.0
        assert partial_loss(sure, mask).item() == pytest.approx(0, abs=1e-4)
    wrong = torch.full((1, 1, len(LABELS)), -20.0)
    wrong[..., BEGIN[Tag.DATE]] = 20.0
    assert partial_loss(wrong, mask).item() > 30
