"""Says where the built-in models are kept, and what they take there."""

from __future__ import annotations

from bot.cli.terminal_text import neutral, size_text
from bot.json_shapes.json_shape import Payload
from index.config import IndexConfig
from index.embed.model_folders import KeptModels, kept_models, model_folders


def models_text(config: IndexConfig) -> str:
    """Return one sentence about the folders; empty where nothing was built yet."""
    return "; ".join(_told(kept, config) for kept in _kept(config))


def models_payload(config: IndexConfig) -> list[Payload]:
    """Return the same for `--json`."""
    return [
        {"folder": str(kept.folder), "bytes": kept.bytes, "shared": kept.is_shared}
        for kept in _kept(config)
    ]


def _kept(config: IndexConfig) -> list[KeptModels]:
    return list(kept_models(model_folders(config.home, config.models)))


def _told(kept: KeptModels, config: IndexConfig) -> str:
    said = f"{size_text(kept.bytes)} in {neutral(str(kept.folder))!r}"
    if kept.is_shared:
        return f"{said}, for all homes"
    folders = model_folders(config.home, config.models)
    if folders.shared is None or folders.writable() == folders.shared:
        return said
    return f"{said}, since {neutral(str(folders.shared))!r} cannot be written or is full"
