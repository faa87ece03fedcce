"""What a person sees of how much is indexed. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from bot.cli.terminal_text import neutral, size_text
from index.schema import CatalogStats, Coverage


def stats_screen(stats: CatalogStats, home: str, embeddings: str, models: str = "") -> str:
    """Return how much is indexed, one figure a line."""
    figures = (
        ("collections", f"{stats.collections:,}"),
        ("sources", f"{stats.sources:,}"),
        ("passages", f"{stats.passages:,}"),
        *_coverage_figures(stats.coverage),
        ("characters", f"{stats.characters:,}"),
        ("catalog", size_text(stats.bytes)),
        *_originals(stats),
        ("changes", f"{stats.generation:,}"),
        ("embeddings", embeddings),
        ("home", neutral(home)),
        *([("models", models)] if models else []),
    )
    return "\n".join(f"{name:<12}{value}" for name, value in figures)


def _originals(stats: CatalogStats) -> Iterator[tuple[str, str]]:
    if stats.originals:
        count = "1 file" if stats.originals == 1 else f"{stats.originals:,} files"
        yield "originals", f"{size_text(stats.original_bytes)} in {count}"


def _coverage_figures(coverage: Coverage | None) -> Iterator[tuple[str, str]]:
    if coverage is not None and coverage.embedded < coverage.passages:
        yield "by meaning", f"{coverage.embedded:,} of {coverage.passages:,} passages so far"
    if coverage is not None and coverage.read < coverage.documents:
        yield "read", f"{coverage.read:,} of {coverage.documents:,} documents so far"
    if coverage is not None and coverage.changed:
        yield "to read again", f"{coverage.changed:,} documents that may have changed"
