"""Train the selector: python -m training.selector --rows ROWS --tokenizer FILE --out FILE.

ROWS are what `benchmarks.selection_rows` writes, SHORT (`--beside`) what `training.short_answers`
does. The body is the published cross-encoder (`index.embed.cross_encoder`); trained are low-rank
factors, biases and norms, its pooler, and two heads: whether a passage answers, and which of its
word pieces belong to the answer. What is written is the running average of what was trained.
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
from torch.utils.data import DataLoader, Dataset

from index.embed.adapter import with_layers
from index.embed.cross_encoder import NAME, SHA256, cross_encoder_tensors
from index.embed.onnx_graph import layers_of
from training.distillation import distilled_loss
from training.encoder import Reader
from training.inputs import load_tokenizer
from training.selection import Layout, add_rewordings, asked_as, chosen_passages, read_rows
from training.selection_batch import Batch, Block, batch_of
from training.selection_loss import loss_of

log = logging.getLogger("training.selector")
RANK, SCALE, DROPOUT = 32, 2.0, 0.1
"""Of the low-rank factors; what they make is multiplied by the scale."""
LAYERS = tuple(range(12))
WARM_UP = 0.06
CLIP = 1.0
AVERAGE = 0.995
"""How much of the running average each step leaves."""


def grown(value: Tensor, into: Tensor, name: str) -> Tensor:
    """Return a tensor, or factors of a smaller rank at the beginning of larger ones."""
    rank = value.shape[0 if name.endswith("lora_A") else -1]
    if name.endswith("lora_A"):
        into[:rank] = value
    elif name.endswith("lora_B"):
        into[:, :rank] = value
    else:
        return value
    return into


class SelectorModel(nn.Module):
    """Layers of the cross-encoder, its pooler and three heads; `words` only helps in training."""

    def __init__(
        self, layers: Sequence[int] = LAYERS, rank: int = RANK, dropout: float = DROPOUT
    ) -> None:
        super().__init__()
        self.layers, self.rank = tuple(layers), rank
        alpha = SCALE * rank
        self.body = Reader(rank, alpha, layers=len(layers), head=False, dropout=dropout)
        self.pooler = nn.Linear(384, 384)
        self.answers = nn.Linear(384, 1)
        self.belongs = nn.Linear(384, 1)
        self.words = nn.Linear(384, 1)
        published = cross_encoder_tensors().items()
        tensors = {name: torch.from_numpy(np.array(value)) for name, value in published}
        own = with_layers(
            {n: t for n, t in tensors.items() if n.startswith(("embed", "encoder"))}, layers
        )
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
        """Begin with what an earlier run trained; `words`, which no adapter holds, begins anew.

        An adapter of all layers gives those that are kept. Where its rank is smaller, the rest of
        the factors begins as in a new one.
        """
        held = load_file(path)
        if len(self.layers) < len(LAYERS) == layers_of(held):
            held = with_layers(held, self.layers)
        own = self.state_dict()
        trained = {}
        for name, value in held.items():
            whole = name if name in own else f"body.{name}"
            trained[whole] = grown(value.float(), own[whole].clone(), name)
        _, unexpected = self.load_state_dict(trained, strict=False)
        if unexpected:
            raise ValueError(f"{path} does not fit: {unexpected}")

    def forward(self, block: Block) -> tuple[Tensor, Tensor, Tensor]:
        """Return log-odds of each row, and of each of its pieces by sentence and by word."""
        return self.said(self.body.hidden(block.ids, block.types, block.kept))

    def said(self, states: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return what the heads make of the last layer, shape (rows, length, width)."""
        pooled = torch.tanh(self.pooler(states[:, 0]))
        by_sentence, by_word = self.belongs(states), self.words(states)
        return self.answers(pooled).squeeze(-1), by_sentence.squeeze(-1), by_word.squeeze(-1)


class Steps(Dataset[Batch]):
    """The batch of every step, made where it is asked for; the same for the same seed."""

    def __init__(
        self, steps: Sequence[Sequence[dict[str, Any]]], layout: Layout, at_once: int, seed: int
    ) -> None:
        self.steps, self.layout, self.at_once, self.seed = steps, layout, at_once, seed

    def __len__(self) -> int:
        return len(self.steps)

    def __getitem__(self, number: int) -> Batch:
        rng = random.Random(f"{self.seed} {number}")
        return batch_of([self._rows(each, rng) for each in self.steps[number]], self.at_once)

    def _rows(self, question: dict[str, Any], rng: random.Random) -> list[Any]:
        asked = asked_as(question, rng)
        pairs = zip(*chosen_passages(question, rng), strict=True)
        return [self.layout.row(asked, passage, weight) for passage, weight in pairs]


class Average:
    """The running average of trained parameters."""

    def __init__(self, trained: Sequence[nn.Parameter]) -> None:
        self._trained = trained
        self._values = [each.detach().clone() for each in trained]
        self._steps = 0

    def update(self) -> None:
        """Count the parameters as they are; the first steps count more than later ones."""
        self._steps += 1
        kept = min(AVERAGE, (1 + self._steps) / (10 + self._steps))
        for value, each in zip(self._values, self._trained, strict=True):
            value.lerp_(each.detach(), 1 - kept)

    def named(self, model: nn.Module) -> Iterator[tuple[str, Tensor]]:
        """Yield the average of each parameter by its name in the model."""
        by_id = {id(each): value for each, value in zip(self._trained, self._values, strict=True)}
        for name, parameter in model.named_parameters():
            if id(parameter) in by_id:
                yield name, by_id[id(parameter)]


class Run:
    """One training run."""

    def __init__(self, given: argparse.Namespace) -> None:
        torch.manual_seed(given.seed)
        torch.set_num_threads(given.threads)
        self.given = given
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        model = SelectorModel(given.layers, given.rank, given.dropout)
        self.whole: SelectorModel | None = None
        if given.learn_from is not None:
            self.whole = SelectorModel()
            self.whole.load_adapter(given.learn_from)
            self.whole.to(self.device).eval()
        if (first := given.begin_with or given.learn_from) is not None:
            model.load_adapter(first)
        self.model = model.to(self.device).train()
        self.questions = [
            row for path in given.rows for row in read_rows(path, without_fold=given.without_fold)
        ]
        self.questions += [row for path in given.more for row in read_rows(path)]
        if given.rewordings is not None:
            add_rewordings(self.questions, given.rewordings)
        self.beside = [row for path in given.beside for row in read_rows(path)]
        self.layout = Layout(load_tokenizer(given.tokenizer))
        self.optimizer = self._optimizer()
        self.trained = [p for p in self.model.parameters() if p.requires_grad]
        self.average = Average(self.trained)
        self.steps = list(self._steps())
        self.began = time.monotonic()

    def _optimizer(self) -> torch.optim.AdamW:
        groups: dict[tuple[float, float], list[nn.Parameter]] = {}
        for name, parameter in self.model.named_parameters():
            head = name.startswith(("pooler", "answers", "belongs", "words"))
            small = "lora_" in name or "LayerNorm" in name or name.endswith(".bias")
            if name.startswith("body.embeddings") or not (head or small):
                parameter.requires_grad_(False)
                continue
            new = name.startswith(("belongs", "words"))
            rate = 1e-3 if new else 3e-4 if head else self.given.rate
            decay = 0.01 if parameter.dim() > 1 else 0.0
            groups.setdefault((rate, decay), []).append(parameter)
        return torch.optim.AdamW(
            [
                {"params": members, "lr": rate, "peak": rate, "weight_decay": decay}
                for (rate, decay), members in groups.items()
            ],
            betas=(0.9, 0.98),
            fused=self.device.type == "cuda",
        )

    def _steps(self) -> Iterator[list[dict[str, Any]]]:
        """Yield the questions of each step, every epoch in another order."""
        rng = random.Random(self.given.seed)
        for _ in range(self.given.epochs):
            few = min(self.given.beside_each, len(self.beside))
            epoch = [*self.questions, *rng.sample(self.beside, few)]
            rng.shuffle(epoch)
            for first in range(0, len(epoch), self.given.questions):
                yield epoch[first : first + self.given.questions]

    def batches(self) -> DataLoader[Batch]:
        """Return the batches of all steps, in order."""
        given = self.given
        steps = Steps(self.steps, self.layout, given.rows_at_once, given.seed)
        return DataLoader(steps, batch_size=None, num_workers=given.workers)

    def step(self, number: int, batch: Batch) -> float:
        """Take one step; return its loss."""
        done = self.progress(number)
        rising = (number + 1) / (WARM_UP * len(self.steps))
        factor = max(0.0, min(rising, (1 - done) / (1 - WARM_UP)))
        for group in self.optimizer.param_groups:
            group["lr"] = group["peak"] * factor
        blocks = tuple(block.to(self.device) for block in batch.blocks)
        with torch.autocast(self.device.type, torch.bfloat16):
            loss = self._loss(Batch(blocks, batch.questions))
        self.optimizer.zero_grad(set_to_none=True)
        torch.autograd.backward(loss)
        nn.utils.clip_grad_norm_(self.trained, CLIP)
        self.optimizer.step()
        self.average.update()
        return float(loss.detach())

    def _loss(self, batch: Batch) -> Tensor:
        if self.whole is None:
            return loss_of(self.model, batch)
        return distilled_loss(self.model, self.whole, batch)

    def progress(self, number: int) -> float:
        """Return the share of the steps or of the time that is used, whichever is more."""
        minutes = (time.monotonic() - self.began) / 60
        return max(number / len(self.steps), minutes / self.given.minutes)

    def save(self, step: int) -> None:
        """Write the adapter in the format that the index loads."""
        tensors = {
            name.removeprefix("body."): value.to("cpu", torch.float16).contiguous()
            for name, value in self.average.named(self.model)
            if not name.startswith("words.")
        }
        metadata = {
            "format": "quoth-selector-adapter",
            "version": "1",
            "base": NAME,
            "base_sha256": SHA256,
            "rank": str(self.model.rank),
            "alpha": f"{SCALE * self.model.rank:g}",
            "layers": " ".join(str(layer) for layer in self.model.layers),
            "step": str(step),
        }
        partial = self.given.out.with_suffix(".partial")
        save_file(tensors, partial, metadata=metadata)
        partial.replace(self.given.out)


def main() -> None:
    """Train and write the adapter."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=Path, required=True, nargs="+")
    parser.add_argument("--more", type=Path, default=[], nargs="+", help="rows of every fold")
    parser.add_argument("--rewordings", type=Path, help="other wordings of the questions of rows")
    parser.add_argument("--beside", type=Path, default=[], nargs="+", help="rows to draw from")
    parser.add_argument("--beside-each", type=int, default=250, help="drawn in every epoch")
    parser.add_argument("--without-fold", type=int, help="leave a quarter of the sets out")
    parser.add_argument("--tokenizer", type=Path, required=True, help="MiniLM's tokenizer.json")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--begin-with", type=Path, help="an adapter to train further")
    parser.add_argument("--layers", type=int, default=LAYERS, nargs="+", help="those that are kept")
    parser.add_argument("--learn-from", type=Path, help="an adapter of all layers, to be matched")
    parser.add_argument("--rank", type=int, default=RANK)
    parser.add_argument("--dropout", type=float, default=DROPOUT)
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--questions", type=int, default=16, help="in one step")
    parser.add_argument("--rows-at-once", type=int, default=128, help="fewer where memory is short")
    parser.add_argument("--rate", type=float, default=4e-4)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--workers", type=int, default=0, help="processes that lay rows out")
    parser.add_argument("--minutes", type=float, default=math.inf, help="end by then")
    given = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    run = Run(given)
    log.info("%d questions, %d steps", len(run.questions), len(run.steps))
    recent: list[float] = []
    number = 0
    for number, batch in enumerate(run.batches(), start=1):
        recent.append(run.step(number - 1, batch))
        if number % 20 == 0:
            log.info("step %d/%d loss %.4f", number, len(run.steps), sum(recent) / len(recent))
            recent = []
        if number % 100 == 0:
            run.save(number)
        if run.progress(number) >= 1:
            break
    run.save(number)


if __name__ == "__main__":
    main()
