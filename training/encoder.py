"""The MiniLM encoder in plain torch, with optional low-rank adapters and a start/end head.

Module names follow the published checkpoint, so its tensors load by name.
"""

import hashlib
import math
from collections.abc import Iterator
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn import functional

BASE_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
WIDTH = 384
INNER_WIDTH = 1536
LAYERS = 6
HEADS = 12
NORM_EPSILON = 1e-12
# Finite, so that a row in which every position is masked still has a defined softmax.
MASKED = -1e4


class AdaptedLinear(nn.Linear):
    """A linear layer y = x W' + b, W' = W + alpha/rank * B A when rank > 0."""

    def __init__(self, inputs: int, outputs: int, rank: int, alpha: float) -> None:
        super().__init__(inputs, outputs)
        self.scale = alpha / rank if rank else 0.0
        self.lora_A: nn.Parameter | None = None
        self.lora_B: nn.Parameter | None = None
        if rank:
            self.lora_A = nn.Parameter(torch.empty(rank, inputs))
            self.lora_B = nn.Parameter(torch.zeros(outputs, rank))
            nn.init.kaiming_uniform_(self.lora_A, a=math.sqrt(5))

    def forward(self, x: Tensor) -> Tensor:
        """Map (tokens, inputs) to (tokens, outputs)."""
        weight = self.weight
        if self.lora_A is not None and self.lora_B is not None:
            # One product of the small factors is cheaper than two over all tokens.
            weight = torch.addmm(weight, self.lora_B, self.lora_A, alpha=self.scale)
        return functional.linear(x, weight, self.bias)


class Embeddings(nn.Module):
    """Sum of word, position and token-type embeddings, normalised."""

    def __init__(self) -> None:
        super().__init__()
        self.word_embeddings = nn.Embedding(30522, WIDTH)
        self.position_embeddings = nn.Embedding(512, WIDTH)
        self.token_type_embeddings = nn.Embedding(2, WIDTH)
        self.LayerNorm = nn.LayerNorm(WIDTH, eps=NORM_EPSILON)

    def forward(self, ids: Tensor, types: Tensor) -> Tensor:
        """Map ids and types of shape (batch, length) to (batch, length, width)."""
        positions = torch.arange(ids.shape[1], device=ids.device)
        total = self.word_embeddings(ids) + self.token_type_embeddings(types)
        normalised: Tensor = self.LayerNorm(total + self.position_embeddings(positions))
        return normalised


class SelfAttention(nn.Module):
    """Query, key and value projections with scaled dot-product attention."""

    def __init__(self, rank: int, alpha: float, dropout: float) -> None:
        super().__init__()
        self.dropout = dropout
        self.query = AdaptedLinear(WIDTH, WIDTH, rank, alpha)
        self.key = AdaptedLinear(WIDTH, WIDTH, rank, alpha)
        self.value = AdaptedLinear(WIDTH, WIDTH, rank, alpha)

    def forward(self, x: Tensor, keep: Tensor) -> Tensor:
        """Attend within rows; x is (batch * length, width), keep (batch, 1, 1, length)."""
        batch, length = keep.shape[0], keep.shape[-1]

        def by_head(flat: Tensor) -> Tensor:
            return flat.view(batch, length, HEADS, WIDTH // HEADS).transpose(1, 2)

        mixed = functional.scaled_dot_product_attention(
            by_head(self.query(x)),
            by_head(self.key(x)),
            by_head(self.value(x)),
            attn_mask=keep,
            dropout_p=self.dropout if self.training else 0.0,
        )
        return mixed.transpose(1, 2).reshape(batch * length, WIDTH)


class ResidualOutput(nn.Module):
    """Projection back to the width, added to the residual, then normalised."""

    def __init__(self, inputs: int, rank: int, alpha: float, dropout: float) -> None:
        super().__init__()
        self.dropout = dropout
        self.dense = AdaptedLinear(inputs, WIDTH, rank, alpha)
        self.LayerNorm = nn.LayerNorm(WIDTH, eps=NORM_EPSILON)

    def forward(self, x: Tensor, residual: Tensor) -> Tensor:
        """Map (tokens, inputs) and a residual (tokens, width) to (tokens, width)."""
        mapped = functional.dropout(self.dense(x), self.dropout, self.training)
        normalised: Tensor = self.LayerNorm(mapped + residual)
        return normalised


class Layer(nn.Module):
    """One post-norm transformer layer."""

    def __init__(self, rank: int, alpha: float, dropout: float) -> None:
        super().__init__()
        self.attention = nn.ModuleDict(
            {
                "self": SelfAttention(rank, alpha, dropout),
                "output": ResidualOutput(WIDTH, rank, alpha, dropout),
            }
        )
        self.intermediate = nn.ModuleDict({"dense": AdaptedLinear(WIDTH, INNER_WIDTH, rank, alpha)})
        self.output = ResidualOutput(INNER_WIDTH, rank, alpha, dropout)

    def forward(self, x: Tensor, keep: Tensor) -> Tensor:
        """Map (tokens, width) to (tokens, width)."""
        attended = self.attention["output"](self.attention["self"](x, keep), x)
        inner = functional.gelu(self.intermediate["dense"](attended))
        mapped: Tensor = self.output(inner, attended)
        return mapped


class Reader(nn.Module):
    """The encoder, mostly with a linear head giving a start and an end logit per token."""

    def __init__(
        self,
        rank: int = 16,
        alpha: float = 32.0,
        *,
        layers: int = LAYERS,
        head: bool = True,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        self.rank, self.alpha, self.dropout = rank, alpha, dropout
        self.embeddings = Embeddings()
        stack = nn.ModuleList(Layer(rank, alpha, dropout) for _ in range(layers))
        self.encoder = nn.ModuleDict({"layer": stack})
        if not head:
            return
        self.head = nn.Linear(WIDTH, 2)
        nn.init.normal_(self.head.weight, std=0.02)
        nn.init.zeros_(self.head.bias)

    def hidden(self, ids: Tensor, types: Tensor, attention: Tensor) -> Tensor:
        """Return the last layer, (batch, length, width), for (batch, length) inputs."""
        *_, last = self.layer_outputs(ids, types, attention)
        return last

    def layer_outputs(self, ids: Tensor, types: Tensor, attention: Tensor) -> Iterator[Tensor]:
        """Yield what each layer gives, each of shape (batch, length, width)."""
        batch, length = ids.shape
        keep = attention.bool()[:, None, None, :]
        x: Tensor = self.embeddings(ids, types).view(batch * length, WIDTH)
        x = functional.dropout(x, self.dropout, self.training)
        layers = self.encoder["layer"]
        assert isinstance(layers, nn.ModuleList)
        for layer in layers:
            x = layer(x, keep)
            yield x.view(batch, length, WIDTH)

    def forward(self, ids: Tensor, types: Tensor, attention: Tensor, allowed: Tensor) -> Tensor:
        """Return logits (2, batch, length), start then end; other than allowed ones masked."""
        logits = self.head(self.hidden(ids, types, attention))
        masked: Tensor = logits.permute(2, 0, 1).masked_fill(~allowed.bool(), MASKED)
        return masked


def load_base(reader: Reader, path: Path) -> None:
    """Fill the encoder from the published checkpoint after checking its digest."""
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    if digest != BASE_SHA256:
        raise ValueError(f"{path} has SHA-256 {digest}, expected {BASE_SHA256}")
    tensors = {
        name: tensor
        for name, tensor in load_file(path).items()
        if not name.startswith("pooler.") and name != "embeddings.position_ids"
    }
    missing, unexpected = reader.load_state_dict(tensors, strict=False)
    absent = [name for name in missing if "lora_" not in name and not name.startswith("head.")]
    if absent or unexpected:
        raise ValueError(f"checkpoint does not fit: missing {absent}, unexpected {unexpected}")


def select_trained(reader: Reader, method: str) -> dict[str, nn.Parameter]:
    """Freeze what the method leaves alone and return the trained parameters by name.

    `lora` trains the low-rank factors, the layers' biases and norms and the head;
    `full` trains every parameter above the embeddings.
    """
    trained: dict[str, nn.Parameter] = {}
    for name, parameter in reader.named_parameters():
        small = "lora_" in name or "LayerNorm" in name or name.endswith(".bias")
        wanted = not name.startswith("embeddings.") and (method == "full" or small)
        if wanted or name.startswith("head."):
            trained[name] = parameter
        else:
            parameter.requires_grad_(False)
    return trained
