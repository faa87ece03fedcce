"""Says where each address, key and outside folder comes from, and whether it may be used."""

from __future__ import annotations

from collections.abc import Iterator

from bot.setting_sources import PROVIDER_ADDRESS, PROVIDER_VARIABLE, GivenSettings, shown_value
from bot.settings import Settings

_OURS = (
    "QUOTH_LLM",
    "QUOTH_LLM_BASE_URL",
    "QUOTH_LLM_API_KEY",
    "QUOTH_DATABASE_URL",
    "QUOTH_CHROMA_URL",
    "QUOTH_CHROMA_TOKEN",
    "DISCORD_TOKEN",
    "QUOTH_DISCORD_API_URL",
    "QUOTH_DISCORD_GATEWAY_URL",
    "QUOTH_ALLOWED_HOSTS",
)
"""Variables that decide what is sent where, whatever they hold."""


def address_origins(settings: Settings, given: GivenSettings) -> Iterator[str]:
    """Yield what is set of addresses, with its origin and whether it is allowed; no secret."""
    merged = given.merged
    for name in _sending(given):
        value = merged.get(name)
        if value:
            yield f"{name}={shown_value(name, value)} from {_origin(settings, given, name)}"


def _sending(given: GivenSettings) -> Iterator[str]:
    yield from _OURS
    if "/" in given.merged.get("QUOTH_EMBEDDINGS", ""):
        yield "QUOTH_EMBEDDINGS"
    for name in sorted(given.merged):
        is_address = PROVIDER_VARIABLE.search(name) and PROVIDER_ADDRESS.search(name)
        is_other = name in given.guarded and name not in (*_OURS, "QUOTH_EMBEDDINGS")
        if is_address or is_other:
            yield name


def _origin(settings: Settings, given: GivenSettings, name: str) -> str:
    if name in given.environ:
        return "the environment"
    allowed = "not allowed" if name in settings.withheld else "allowed"
    return f"{str(given.path)!r} ({allowed})"
