"""What a smaller selector learns from the whole one, beside the answers that people marked.

The smaller one has some of the layers. Each is drawn to what the layer of its number gives in the
whole one (as in TinyBERT, Jiao et al. 2020), and its three judgements to those of the whole one:
which passage answers, how far each does, and which sentences of each belong.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor
from torch.nn import functional

from training.selection_batch import Batch, Block
from training.selection_loss import (
    EACH_PASSAGE,
    MOST_ODDS,
    Said,
    loss_of,
    mean_by,
    sentence_means,
    sum_by,
)

if TYPE_CHECKING:
    from training.selector import SelectorModel

LABELS = 0.5
"""Weight of what people marked, beside what the whole selector says."""


def distilled_loss(small: SelectorModel, whole: SelectorModel, batch: Batch) -> Tensor:
    """Return the mean loss of the questions of a batch."""
    pairs = [_said_by_both(small, whole, block) for block in batch.blocks]
    ours = {id(block): said for block, (said, _, _) in zip(batch.blocks, pairs, strict=True)}
    loss = LABELS * loss_of(lambda block: ours[id(block)], batch)
    odds = torch.cat([said[0].float() for said, _, _ in pairs])
    wanted = torch.cat([said[0].float() for _, said, _ in pairs])
    questions = torch.cat([block.questions for block in batch.blocks])
    loss = loss + _chosen_alike(odds, wanted, questions, batch.questions).mean()
    cross = functional.binary_cross_entropy_with_logits
    loss = loss + EACH_PASSAGE * cross(odds, wanted.sigmoid())
    of_rows = [
        _sentences_alike(block, said[1].float(), asked[1].float())
        for block, (said, asked, _) in zip(batch.blocks, pairs, strict=True)
    ]
    return loss + torch.cat(of_rows).mean() + torch.stack([far for _, _, far in pairs]).mean()


def _said_by_both(
    small: SelectorModel, whole: SelectorModel, block: Block
) -> tuple[Said, Said, Tensor]:
    """Return what both say of a block, and how far the layers of one are from the other's."""
    with torch.no_grad():
        theirs = list(whole.body.layer_outputs(block.ids, block.types, block.kept))
        asked = whole.said(theirs[-1])
    kept = block.kept.bool()
    far = []
    states: Tensor | None = None
    for number, states in zip(
        small.layers,
        small.body.layer_outputs(block.ids, block.types, block.kept),
        strict=True,
    ):
        wanted = theirs[number][kept].float()
        gap = (states[kept].float() - wanted).square().mean()
        far.append(gap / wanted.square().mean())
    assert states is not None
    return small.said(states), asked, torch.stack(far).mean()


def _chosen_alike(odds: Tensor, wanted: Tensor, questions: Tensor, count: int) -> Tensor:
    """Return the cross entropy of the passages of each question and none, shape (questions,)."""
    mass = wanted.clamp(max=MOST_ODDS).exp()
    share = mass / (sum_by(mass, questions, count) + 1.0)[questions]
    clamped = odds.clamp(max=MOST_ODDS)
    everything = (sum_by(clamped.exp(), questions, count) + 1.0).log()
    return everything - sum_by(share * clamped, questions, count)


def _sentences_alike(block: Block, by_piece: Tensor, wanted: Tensor) -> Tensor:
    """Return the cross entropy of the sentences of each row, shape (rows,)."""
    if not len(block.sentences):
        return block.weights.new_zeros(len(block.weights))
    means, asked = (sentence_means(block, each) for each in (by_piece, wanted))
    losses = functional.binary_cross_entropy_with_logits(means, asked.sigmoid(), reduction="none")
    return mean_by(losses, block.sentences[:, 0].long(), len(block.weights))
