"""Train the reader: python -m training.reader --base MODEL_DIR --data DIR --out DIR."""

import argparse
import hashlib
import json
import logging
import math
import random
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from training.adapter import load_reader, save_adapter
from training.collate import Batch, collate
from training.data import batches_by_length, training_groups
from training.embedder import Embedder
from training.encoder import Reader, load_base, select_trained
from training.inputs import load_tokenizer

log = logging.getLogger("training.reader")
WARM_UP = 0.06
RANKING = 0.5
"""Weight of the comparison between the passages of one question beside each row's own loss."""
CLIP = 1.0
FIRST_SAVE = 50


@dataclass(frozen=True)
class Settings:
    """What a run depends on; a run is resumed only with the same settings."""

    method: str
    epochs: int
    questions: int
    batch: int
    rate: float
    head_rate: float
    rank: int
    alpha: float
    seed: int
    start: str | None
    """The adapter that the run goes on from, by its digest."""


def parse_arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--base", type=Path, required=True, help="model.safetensors' folder")
    parser.add_argument("--data", type=Path, default=Path("../shared/train"))
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--epochs", type=int, default=1)
    parser.add_argument("--questions", type=int, default=38000, help="answered ones, per epoch")
    parser.add_argument("--start", type=Path, help="go on from this adapter")
    parser.add_argument("--method", choices=("lora", "full"), default="lora")
    parser.add_argument("--batch", type=int, default=24)
    parser.add_argument("--rate", type=float, help="default: 1e-3 for lora, 1.2e-4 for full")
    parser.add_argument("--head-rate", type=float, default=1e-3)
    parser.add_argument("--rank", type=int, default=16)
    parser.add_argument("--alpha", type=float, default=32.0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument(
        "--bfloat16", action="store_true", help="1.4 times as fast with AVX-512 BF16"
    )
    parser.add_argument("--threads", type=int, default=1, help="of the CPU")
    parser.add_argument("--save-every", type=float, default=300.0, help="seconds")
    parser.add_argument("--minutes", type=float, default=math.inf, help="end by then, rate decayed")
    parser.add_argument("--resume", action="store_true")
    return parser.parse_args()


def settings_of(arguments: argparse.Namespace) -> Settings:
    """Take a run's settings from its arguments."""
    full = arguments.method == "full"
    return Settings(
        method=arguments.method,
        epochs=arguments.epochs,
        questions=arguments.questions,
        batch=arguments.batch,
        rate=arguments.rate or (1.2e-4 if full else 1e-3),
        head_rate=arguments.head_rate,
        rank=0 if full else arguments.rank,
        alpha=arguments.alpha,
        seed=arguments.seed,
        start=digest_of(arguments.start) if arguments.start else None,
    )


def digest_of(path: Path) -> str:
    """Return the SHA-256 of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def span_loss(logits: Tensor, targets: Tensor) -> Tensor:
    """Return the mean cross entropy of start and end, logits (2, batch, length)."""
    return functional.cross_entropy(logits.flatten(0, 1), targets.flatten())


def ranking_loss(logits: Tensor, targets: Tensor, groups: Tensor) -> Tensor:
    """Return how little of a question's mass lies on the passage that answers it.

    A row's score is the log-sum of its spans less that of no answer, so that scores of different
    passages can be compared (shared normalisation: Clark and Gardner, ACL 2018).
    """
    starts, ends = logits
    scores = starts[:, 1:].logsumexp(1) + ends[:, 1:].logsumexp(1) - starts[:, 0] - ends[:, 0]
    same = groups[:, None] == groups[None, :]
    everything = scores.expand(len(scores), -1).masked_fill(~same, -math.inf).logsumexp(1)
    answered = (targets[0] > 0) & (same.sum(1) > 1)
    lost: Tensor = torch.where(answered, everything - scores, 0.0).sum()
    return lost / answered.sum().clamp(min=1)


def schedule(step: int, total: int, progress: float) -> float:
    """Return the rate's factor: warm-up over the first steps, then linear decay to zero."""
    warm = max(1, round(total * WARM_UP))
    return max(0.0, min((step + 1) / warm, (1.0 - progress) / (1.0 - WARM_UP)))


class Run:
    """A training run whose whole state can be written and taken up again."""

    def __init__(self, settings: Settings, arguments: argparse.Namespace) -> None:
        torch.manual_seed(settings.seed)
        self.settings = settings
        self.out: Path = arguments.out
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self.reader = self._reader(arguments)
        self.reader.to(self.device).train()
        self.trained = select_trained(self.reader, settings.method)
        self.optimizer = self._optimizer()
        self.batches = self._batches(arguments)
        self.half: bool = arguments.bfloat16
        self.step = 0
        self.began = time.monotonic()
        self.seconds: float = 60.0 * arguments.minutes

    def _reader(self, arguments: argparse.Namespace) -> Reader:
        """Build the model to train, from the base or from an earlier run's adapter."""
        if arguments.start:
            return load_reader(arguments.base / "model.safetensors", arguments.start)
        reader = Reader(self.settings.rank, self.settings.alpha)
        load_base(reader, arguments.base / "model.safetensors")
        return reader

    def _optimizer(self) -> torch.optim.AdamW:
        """Build AdamW with the head's own rate and no decay of vectors."""
        groups: list[dict[str, Any]] = []
        for name, parameter in self.trained.items():
            rate = self.settings.head_rate if name.startswith("head.") else self.settings.rate
            decay = 0.01 if parameter.dim() > 1 else 0.0
            groups.append({"params": [parameter], "weight_decay": decay, "lr": rate, "peak": rate})
        return torch.optim.AdamW(groups, betas=(0.9, 0.98))

    def _batches(self, arguments: argparse.Namespace) -> list[Batch]:
        """Make the batches of all epochs, the same ones for the same settings."""
        tokenizer = load_tokenizer(arguments.base / "tokenizer.json")
        embedder = Embedder(arguments.base)
        batches: list[Batch] = []
        for epoch in range(self.settings.epochs):
            groups = training_groups(
                arguments.data,
                tokenizer,
                self.settings.questions,
                embedder=embedder,
                seed=self.settings.seed,
                epoch=epoch,
            )
            rng = random.Random(self.settings.seed + epoch)
            packed = batches_by_length(groups, self.settings.batch, rng)
            batches += [collate(groups) for groups in packed]
        return batches

    def progress(self) -> float:
        """Return the share of the steps or of the time that is used, whichever is more."""
        elapsed = time.monotonic() - self.began
        return max(self.step / len(self.batches), elapsed / self.seconds)

    def train_step(self) -> float:
        """Take one optimiser step and return its loss."""
        batch = self.batches[self.step].to(self.device)
        factor = schedule(self.step, len(self.batches), self.progress())
        for group in self.optimizer.param_groups:
            group["lr"] = group["peak"] * factor
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.half):
            logits = self.reader(batch.ids, batch.types, batch.attention, batch.allowed).float()
        loss = span_loss(logits, batch.targets)
        loss = loss + RANKING * ranking_loss(logits, batch.targets, batch.groups)
        self.optimizer.zero_grad(set_to_none=True)
        torch.autograd.backward(loss)
        nn.utils.clip_grad_norm_(list(self.trained.values()), CLIP)
        self.optimizer.step()
        self.step += 1
        return float(loss.detach())

    def save(self) -> None:
        """Write the state for resuming and the adapter of this step."""
        state = {
            "settings": asdict(self.settings),
            "step": self.step,
            "trained": {name: value.detach() for name, value in self.trained.items()},
            "optimizer": self.optimizer.state_dict(),
        }
        partial = self.out / "checkpoint.partial"
        torch.save(state, partial)
        partial.replace(self.out / "checkpoint.pt")
        self.save_adapter(self.out / f"adapter-step-{self.step}.safetensors")

    def save_adapter(self, path: Path) -> None:
        """Write the adapter in the format the index loads."""
        save_adapter(self.reader, self.trained, self.step, path)
        log.info("step %d: wrote %s", self.step, path)

    def restore(self) -> None:
        """Take up the last checkpoint; batches are remade from the seed."""
        state = torch.load(self.out / "checkpoint.pt", map_location=self.device, weights_only=True)
        if state["settings"] != asdict(self.settings):
            raise ValueError(f"checkpoint was made with {state['settings']}")
        with torch.no_grad():
            for name, parameter in self.trained.items():
                parameter.copy_(state["trained"][name])
        self.optimizer.load_state_dict(state["optimizer"])
        self.step = state["step"]

    def losses(self) -> Iterator[float]:
        """Yield the loss of each remaining step."""
        while self.progress() < 1.0:
            yield self.train_step()


def follow(run: Run, save_every: float) -> None:
    """Train to the end, logging speed and loss and writing checkpoints."""
    began = saved = time.monotonic()
    limit = run.seconds / 60
    seen, recent = 0, []
    for loss in run.losses():
        recent.append(loss)
        seen += len(run.batches[run.step - 1].ids)
        now = time.monotonic()
        if run.step % 25 == 0:
            speed = seen / (now - began)
            left = (len(run.batches) - run.step) * run.settings.batch / speed / 60
            mean = sum(recent) / len(recent)
            log.info(
                "step %d/%d loss %.4f, %.2f examples/s, %.1f minutes left",
                *(run.step, len(run.batches), mean, speed, min(left, limit - (now - began) / 60)),
            )
            recent = []
        # The early one lets the index be joined to the format before the run has got far.
        if now - saved >= save_every or run.step == FIRST_SAVE:
            run.save()
            saved = time.monotonic()


def main() -> None:
    """Train and write reader.safetensors."""
    arguments = parse_arguments()
    settings = settings_of(arguments)
    torch.set_num_threads(arguments.threads)
    arguments.out.mkdir(parents=True, exist_ok=True)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    log.info("settings %s", json.dumps(asdict(settings)))
    run = Run(settings, arguments)
    count = sum(len(batch.ids) for batch in run.batches)
    pieces = sum(int(batch.attention.sum()) for batch in run.batches)
    padded = sum(batch.ids.numel() for batch in run.batches)
    lacking = sum(int((batch.targets[0] == 0).sum()) for batch in run.batches)
    log.info("%d examples, %.0f%% unanswerable", count, 100 * lacking / count)
    log.info("%.1f pieces each, %.1f%% padding", pieces / count, 100 * (1 - pieces / padded))
    if arguments.resume and (run.out / "checkpoint.pt").exists():
        run.restore()
        log.info("resumed at step %d", run.step)
    follow(run, arguments.save_every)
    run.save()
    run.save_adapter(run.out / "reader.safetensors")


if __name__ == "__main__":
    main()
