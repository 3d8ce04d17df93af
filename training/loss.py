"""The loss of tags: how improbable the model finds the annotation, among all label sequences that BIO allows.

Extraction decodes by the same grammar, so that the model learns nothing that decoding corrects anyway: a masked
conditional random field (Wei et al., NAACL 2021) without weights for transitions.
"""

from __future__ import annotations

import torch

from claimex.bio import BEGIN, INSIDE, LABELS
from claimex.schema import Tag

_NEVER = -1e4  # the log of zero, with a gradient
_BEGIN, _INSIDE = [BEGIN[tag] for tag in Tag], [INSIDE[tag] for tag in Tag]
# Behind which label each may come: 0 stands for any, 1 and up for an open span of each tag.
_BEHIND = [1 + _INSIDE.index(label) if label in _INSIDE else 0 for label in range(len(LABELS))]


def loss_of(logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """Of labels that are allowed (boolean), or probable."""
    return (partial_loss if labels.dtype is torch.bool else taught_loss)(logits, labels)


def partial_loss(logits: torch.Tensor, allowed: torch.Tensor) -> torch.Tensor:
    """Minus the log of the probability of all sequences of allowed labels, a mean over the tokens that are asked.

    ``logits`` (rows, tokens, labels), ``allowed`` the same shape, boolean: what is not annotated allows several labels.
    A token that allows every label is not asked, and parts its row: what stands behind it may begin inside of a span.
    """
    asked = ~allowed.all(-1)
    scores = logits.float().log_softmax(-1).masked_fill(~asked.unsqueeze(-1), 0)
    chosen = scores.masked_fill(~allowed, _NEVER)
    every_weight, chosen_weight = _log_weight(torch.cat([scores, chosen]), asked.repeat(2, 1)).chunk(2)
    return (every_weight - chosen_weight).sum() / asked.sum().clamp(min=1)


def taught_loss(logits: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    """The cross-entropy of the target's label sequences and ours, a mean over the tokens that are asked.

    ``target`` (rows, tokens, labels): each label's probability; all zero where a token is not asked. As a sequence's
    score is a sum over its tokens, its mean over all sequences needs no more than these.
    """
    asked = target.any(-1)
    scores = logits.float().log_softmax(-1).masked_fill(~asked.unsqueeze(-1), 0)
    total = _log_weight(scores, asked).sum() - (target * scores).sum()
    return total / asked.sum().clamp(min=1)


def marginals(logits: torch.Tensor, asked: torch.Tensor) -> torch.Tensor:
    """The probability of each label at each token (rows, tokens, labels), over all sequences that BIO allows: how the
    log of their weight grows with a label's score. Zero where a token is not asked."""
    with torch.enable_grad():
        scores = logits.detach().log_softmax(-1).masked_fill(~asked.unsqueeze(-1), 0).requires_grad_()
        (found,) = torch.autograd.grad(_log_weight(scores, asked).sum(), scores)
    return found.masked_fill(~asked.unsqueeze(-1), 0)


def _log_weight(scores: torch.Tensor, asked: torch.Tensor) -> torch.Tensor:
    """The log of the summed weight of all label sequences that BIO allows, (rows), from the labels' log-weights (rows,
    tokens, labels)."""
    bound = (asked[:, 1:] & asked[:, :-1]).unsqueeze(-1)  # to the label before
    here = scores[:, 0]
    for token in range(1, scores.shape[1]):
        anything = here.logsumexp(-1, keepdim=True)
        inside = torch.logaddexp(here[:, _BEGIN], here[:, _INSIDE]).where(bound[:, token - 1], anything)
        here = torch.cat([anything, inside], 1)[:, _BEHIND] + scores[:, token]
    return here.logsumexp(-1)
