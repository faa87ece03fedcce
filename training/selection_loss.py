"""The loss of the selector over the questions of a batch."""

from collections.abc import Callable
from typing import TypeAlias

import torch
from torch import Tensor
from torch.nn import functional

from training.selection_batch import Batch, Block

EACH_PASSAGE, PIECES, OTHER_SENTENCES = 0.3, 0.4, 0.15
"""Weights beside the comparison of a question's passages and the loss of sentences that count 1."""

MOST_ODDS = 40.0
"""Log-odds are cut off here where they are added up."""

Said: TypeAlias = tuple[Tensor, Tensor, Tensor]
"""Log-odds of each row, and of each of its pieces by sentence and by word."""


def loss_of(judge: Callable[[Block], Said], batch: Batch) -> Tensor:
    """Return the mean loss of the questions.

    The passages that answer share the softmax's mass with the others and with no answer, whose
    log-odds are 0, so that scores can be compared and add up (as in training.reader).
    """
    said = [judge(block) for block in batch.blocks]
    odds = torch.cat([answers.float() for answers, _, _ in said])
    weights = torch.cat([block.weights for block in batch.blocks])
    questions = torch.cat([block.questions for block in batch.blocks])
    loss = _chosen(odds, weights, questions, batch.questions)
    each = functional.binary_cross_entropy_with_logits(odds, weights, reduction="none")
    loss = loss + EACH_PASSAGE * mean_by(each, questions, batch.questions)
    parts = [
        _sentences(block, by_sentence.float(), by_word.float())
        for block, (_, by_sentence, by_word) in zip(batch.blocks, said, strict=True)
    ]
    gold, other = torch.cat([one for one, _ in parts]), torch.cat([two for _, two in parts])
    counted = torch.cat([_has_sentences(block) for block in batch.blocks])
    for losses, rows in ((gold, weights > 0), (OTHER_SENTENCES * other, weights == 0)):
        which = rows & counted
        loss = loss + mean_by(losses[which], questions[which], batch.questions)
    return loss.mean()


def _chosen(odds: Tensor, weights: Tensor, questions: Tensor, count: int) -> Tensor:
    """Return how little of each question's mass lies where it should, shape (questions,)."""
    mass = odds.clamp(max=MOST_ODDS).exp()
    everything = sum_by(mass, questions, count) + 1.0
    most = torch.zeros(count, device=odds.device).scatter_reduce(0, questions, weights, "amax")
    share = weights / most[questions].clamp(min=1e-6)
    right = sum_by(mass * share, questions, count).clamp(min=1e-12)
    return everything.log() - torch.where(most > 0, right.log(), torch.zeros_like(right))


def _sentences(block: Block, by_sentence: Tensor, by_word: Tensor) -> tuple[Tensor, Tensor]:
    """Return the loss of each row as one that answers, and as one that does not."""
    cross = functional.binary_cross_entropy_with_logits
    means = sentence_means(block, by_sentence)
    rows, count = block.sentences[:, 0].long(), len(block.weights)
    wanted = mean_by(cross(means, block.sentences[:, 3], reduction="none"), rows, count)
    asked = block.belongs >= 0
    words = cross(by_word, block.belongs.clamp(min=0), reduction="none") * asked
    wanted = wanted + PIECES * words.sum(1) / asked.sum(1).clamp(min=1)
    return block.weights * wanted, mean_by(functional.softplus(means), rows, count)


def sentence_means(block: Block, by_piece: Tensor) -> Tensor:
    """Return the mean over the pieces of each sentence of a block, shape (sentences,)."""
    rows, first, stop = (block.sentences[:, at].long() for at in range(3))
    sums = functional.pad(by_piece.cumsum(1), (1, 0))
    return (sums[rows, stop] - sums[rows, first]) / (stop - first)


def _has_sentences(block: Block) -> Tensor:
    found = torch.zeros_like(block.weights, dtype=torch.bool)
    found[block.sentences[:, 0].long()] = True
    return found


def sum_by(values: Tensor, index: Tensor, count: int) -> Tensor:
    """Return the sum of the values of each index."""
    return values.new_zeros(count).index_add(0, index, values)


def mean_by(values: Tensor, index: Tensor, count: int) -> Tensor:
    """Return the mean of the values of each index, 0 where there are none."""
    counted = sum_by(torch.ones_like(values), index, count).clamp(min=1)
    return sum_by(values, index, count) / counted
