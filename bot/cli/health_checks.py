"""Says what is configured, what works, and what to do about what does not. Prints no secret."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from bot.cli.connection_checks import (
    channel_finding,
    discord_finding,
    language_model_finding,
    tokens_finding,
)
from bot.cli.files_check import files_finding
from bot.cli.health_examination import Finding, Patient
from bot.cli.index_checks import (
    database_finding,
    documents_finding,
    embeddings_finding,
    index_finding,
    language_finding,
    models_finding,
    people_finding,
    reader_finding,
    selector_finding,
    vectors_finding,
)
from bot.cli.installation_checks import (
    addresses_finding,
    packages_finding,
    python_finding,
    settings_finding,
)
from bot.cli.work_check import work_finding
from index.errors import QuothError


def examine(patient: Patient) -> Iterator[tuple[str, Finding]]:
    """Yield what was looked at and what was found; a failure is a problem, and the others go on."""
    examinations: dict[str, Callable[[Patient], Finding]] = {
        "python": python_finding,
        "packages": packages_finding,
        "settings": settings_finding,
        "addresses": addresses_finding,
        "documents": documents_finding,
        "database": database_finding,
        "index": index_finding,
        "work": work_finding,
        "people": people_finding,
        "files": files_finding,
        "languages": language_finding,
        "embeddings": embeddings_finding,
        "reader": reader_finding,
        "selector": selector_finding,
        "models": models_finding,
        "vectors": vectors_finding,
        "language model": language_model_finding,
        "discord": discord_finding,
        "channels": channel_finding,
        "tokens": tokens_finding,
    }
    for name, look in examinations.items():
        if name != "database" or patient.settings.database_url is not None:
            yield name, _guarded(look, patient)


def _guarded(look: Callable[[Patient], Finding], patient: Patient) -> Finding:
    try:
        return look(patient)
    except QuothError as error:
        return Finding("problem", str(error))
    except Exception as error:
        return Finding(
            "problem",
            f"{type(error).__name__}: {error}",
            "This should not happen; reinstall Quoth, and report it if it stays.",
        )
