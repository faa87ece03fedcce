"""Train the selector: python -m training.selector --rows ROWS ... --tokenizer FILE --out FILE.

ROWS are what `benchmarks.selection_rows` and `training.short_answers` write. The body is the
published cross-encoder (`index.embed.cross_encoder`); trained are low-rank factors, biases and
norms, its pooler, and two heads: whether a passage answers, and which of its word pieces belong to
the answer.
"""

import argparse
import logging
import math
import random
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from torch.nn import functional

from index.embed.cross_encoder import NAME, SHA256, cross_encoder_tensors
from training.encoder import Reader
from training.inputs import load_tokenizer
from training.selection import Judged, Layout, chosen_passages, read_rows, reworded

log = logging.getLogger("training.selector")
RANK, ALPHA = 16, 32.0
LAYERS = 12
WARM_UP = 0.06
ROWS_AT_ONCE = 10
CLIP = 1.0

EACH_PASSAGE, PIECES, OTHER_SENTENCES = 0.3, 0.4, 0.15
"""Weights beside the comparison of a question's passages and the loss of sentences that count 1."""


class SelectorModel(nn.Module):
    """The cross-encoder with its pooler and three heads; `words` only helps in training."""

    def __init__(self) -> None:
        super().__init__()
        self.body = Reader(RANK, ALPHA, layers=LAYERS, head=False)
        self.pooler = nn.Linear(384, 384)
        self.answers = nn.Linear(384, 1)
        self.belongs = nn.Linear(384, 1)
        self.words = nn.Linear(384, 1)
        tensors = {name: torch.from_numpy(np.array(value)) for name, value in _published().items()}
        own = {name: t for name, t in tensors.items() if name.startswith(("embed", "encoder"))}
        missing, unexpected = self.body.load_state_dict(own, strict=False)
        if unexpected or any("lora_" not in name for name in missing):
            raise ValueError(f"the weights do not fit: {unexpected or missing}")
        heads = {"weight": "pooler.dense.weight", "bias": "pooler.dense.bias"}
        self.pooler.load_state_dict({name: tensors[of] for name, of in heads.items()})
        heads = {"weight": "classifier.weight", "bias": "classifier.bias"}
        self.answers.load_state_dict({name: tensors[of] for name, of in heads.items()})
        for head in (self.belongs, self.words):
            nn.init.normal_(head.weight, std=0.02)
            nn.init.zeros_(head.bias)

    def load_adapter(self, path: Path) -> None:
        """Begin with what an earlier run trained; `words`, which no adapter holds, begins anew."""
        own, held = self.state_dict(), load_file(path)
        trained = {name if name in own else f"body.{name}": held[name] for name in held}
        _, unexpected = self.load_state_dict(trained, strict=False)
        if unexpected:
            raise ValueError(f"{path} does not fit: {unexpected}")

    def forward(self, ids: Tensor, types: Tensor, kept: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return log-odds of each row, and of each of its pieces by sentence and by word."""
        states = self.body.hidden(ids, types, kept)
        pooled = torch.tanh(self.pooler(states[:, 0]))
        by_sentence, by_word = self.belongs(states), self.words(states)
        return self.answers(pooled).squeeze(-1), by_sentence.squeeze(-1), by_word.squeeze(-1)


def _published() -> dict[str, Any]:
    return dict(cross_encoder_tensors())


def padded(rows: Sequence[Judged], device: torch.device) -> tuple[Tensor, Tensor, Tensor]:
    """Return ids, types and mask of rows, shape (rows, length) each."""
    shape = (len(rows), max(len(row.ids) for row in rows))
    ids, types, kept = (np.zeros(shape, dtype=np.int64) for _ in range(3))
    for line, row in enumerate(rows):
        ids[line, : len(row.ids)] = row.ids
        types[line, row.question_length + 2 : len(row.ids)] = 1
        kept[line, : len(row.ids)] = 1
    parts = (torch.from_numpy(part).to(device) for part in (ids, types, kept))
    return next(parts), next(parts), next(parts)


def judged(
    model: SelectorModel, rows: Sequence[Judged], device: torch.device
) -> list[tuple[Tensor, Tensor, Tensor]]:
    """Run the model over rows of near lengths at once; return what it says of each, in order."""
    order = sorted(range(len(rows)), key=lambda at: len(rows[at].ids))
    found: dict[int, tuple[Tensor, Tensor, Tensor]] = {}
    for first in range(0, len(order), ROWS_AT_ONCE):
        part = order[first : first + ROWS_AT_ONCE]
        answers, sentences, words = model(*padded([rows[at] for at in part], device))
        for line, at in enumerate(part):
            found[at] = answers[line].float(), sentences[line].float(), words[line].float()
    return [found[at] for at in range(len(rows))]


def loss_of(rows: Sequence[Judged], said: Sequence[tuple[Tensor, Tensor, Tensor]]) -> Tensor:
    """Return the loss of one question.

    The passages that answer share the softmax's mass with the others and with no answer, whose
    log-odds are 0, so that scores can be compared and add up (as in training.reader).
    """
    odds = torch.stack([answers for answers, _, _ in said])
    weights = torch.tensor([row.weight for row in rows], device=odds.device)
    everything = torch.logsumexp(torch.cat([odds.new_zeros(1), odds]), 0)
    loss = everything
    if float(weights.max()) > 0:
        gold = weights > 0
        loss = everything - torch.logsumexp(odds[gold] + (weights[gold] / weights.max()).log(), 0)
    cross = functional.binary_cross_entropy_with_logits
    loss = loss + EACH_PASSAGE * cross(odds, weights)
    of_gold, of_words, of_others = [], [], []
    for row, (_, sentences, words) in zip(rows, said, strict=True):
        if not row.sentences:
            continue
        means = torch.stack([sentences[first:stop].mean() for first, stop, _ in row.sentences])
        if row.weight == 0:
            of_others.append(functional.softplus(means).mean())
            continue
        wanted = torch.tensor([does for _, _, does in row.sentences], device=odds.device)
        of_gold.append(row.weight * cross(means, wanted))
        inside = words[row.text_start : row.text_start + len(row.belongs)]
        belongs = torch.from_numpy(row.belongs).to(odds.device)
        of_words.append(row.weight * cross(inside, belongs))
    if of_gold:
        loss = loss + torch.stack(of_gold).mean() + PIECES * torch.stack(of_words).mean()
    if of_others:
        loss = loss + OTHER_SENTENCES * torch.stack(of_others).mean()
    return loss


class Run:
    """One training run."""

    def __init__(self, given: argparse.Namespace) -> None:
        torch.manual_seed(given.seed)
        torch.set_num_threads(given.threads)
        self.given = given
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self.model = SelectorModel()
        if given.begin_with is not None:
            self.model.load_adapter(given.begin_with)
        self.model = self.model.to(self.device).train()
        self.rng = random.Random(given.seed)
        self.layout = Layout(load_tokenizer(given.tokenizer))
        self.questions = [row for path in given.rows for row in read_rows(path)]
        self.optimizer = self._optimizer()
        self.total = math.ceil(len(self.questions) / given.questions) * given.epochs
        self.began = time.monotonic()

    def _optimizer(self) -> torch.optim.AdamW:
        groups = []
        for name, parameter in self.model.named_parameters():
            head = name.startswith(("pooler", "answers", "belongs", "words"))
            small = "lora_" in name or "LayerNorm" in name or name.endswith(".bias")
            if name.startswith("body.embeddings") or not (head or small):
                parameter.requires_grad_(False)
                continue
            new = name.startswith(("belongs", "words"))
            rate = 1e-3 if new else 3e-4 if head else self.given.rate
            decay = 0.01 if parameter.dim() > 1 else 0.0
            group = {"params": [parameter], "lr": rate, "peak": rate, "weight_decay": decay}
            groups.append(group)
        return torch.optim.AdamW(groups, betas=(0.9, 0.98))

    def batches(self) -> Iterator[list[dict[str, Any]]]:
        """Yield the questions of each step, every epoch in another order."""
        for _ in range(self.given.epochs):
            self.rng.shuffle(self.questions)
            for first in range(0, len(self.questions), self.given.questions):
                yield self.questions[first : first + self.given.questions]

    def step(self, number: int, questions: Sequence[dict[str, Any]]) -> float:
        """Take one step; return its loss."""
        done = self.progress(number)
        factor = max(0.0, min((number + 1) / (WARM_UP * self.total), (1 - done) / (1 - WARM_UP)))
        for group in self.optimizer.param_groups:
            group["lr"] = group["peak"] * factor
        examples = [self._rows(question) for question in questions]
        flat = [row for rows in examples for row in rows]
        with torch.autocast(self.device.type, torch.bfloat16):
            said = iter(judged(self.model, flat, self.device))
        losses = [loss_of(rows, [next(said) for _ in rows]) for rows in examples if rows]
        loss = torch.stack(losses).mean()
        self.optimizer.zero_grad(set_to_none=True)
        torch.autograd.backward(loss)
        trained = [p for p in self.model.parameters() if p.requires_grad]
        nn.utils.clip_grad_norm_(trained, CLIP)
        self.optimizer.step()
        return float(loss.detach())

    def _rows(self, question: dict[str, Any]) -> list[Judged]:
        asked = reworded(question["question"], self.rng)
        passages, weights = chosen_passages(question, self.rng)
        pairs = zip(passages, weights, strict=True)
        return [self.layout.row(asked, passage, weight) for passage, weight in pairs]

    def progress(self, number: int) -> float:
        """Return the share of the steps or of the time that is used, whichever is more."""
        minutes = (time.monotonic() - self.began) / 60
        return max(number / self.total, minutes / self.given.minutes)

    def save(self, step: int) -> None:
        """Write the adapter in the format that the index loads."""
        tensors = {
            name.removeprefix("body."): value.detach().to("cpu", torch.float16).contiguous()
            for name, value in self.model.named_parameters()
            if value.requires_grad and not name.startswith("words.")
        }
        metadata = {
            "format": "quoth-selector-adapter",
            "version": "1",
            "base": NAME,
            "base_sha256": SHA256,
            "rank": str(RANK),
            "alpha": f"{ALPHA:g}",
            "step": str(step),
        }
        partial = self.given.out.with_suffix(".partial")
        save_file(tensors, partial, metadata=metadata)
        partial.replace(self.given.out)


def main() -> None:
    """Train and write the adapter."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=Path, required=True, nargs="+")
    parser.add_argument("--tokenizer", type=Path, required=True, help="MiniLM's tokenizer.json")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--begin-with", type=Path, help="an adapter to train further")
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--questions", type=int, default=4, help="in one step")
    parser.add_argument("--rate", type=float, default=4e-4)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--minutes", type=float, default=math.inf, help="end by then")
    given = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    run = Run(given)
    log.info("%d questions, %d steps", len(run.questions), run.total)
    recent: list[float] = []
    number = 0
    for number, questions in enumerate(run.batches(), start=1):
        recent.append(run.step(number - 1, questions))
        if number % 20 == 0:
            log.info("step %d/%d loss %.4f", number, run.total, sum(recent) / len(recent))
            recent = []
        if number % 100 == 0:
            run.save(number)
        if run.progress(number) >= 1:
            break
    run.save(number)


if __name__ == "__main__":
    main()
