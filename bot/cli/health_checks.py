"""Says what is configured, what works, and what to do about what does not. Prints no secret."""

from __future__ import annotations

import difflib
import importlib.metadata
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Literal

from pydantic import Field

from bot.app import model_config
from bot.discord_bot.invite import application_of, invite_link
from bot.settings import Settings, unknown_variables, variables
from index.errors import QuothError
from index.library import Library
from index.load.folder_walk import scan
from index.schema import Value

State = Literal["ok", "problem", "off"]

PYTHONS = ((3, 11), (3, 14))
"""The first Python that works and the first that is not tested."""


class Check(Value):
    """One thing that was looked at."""

    name: str = Field(description="What was looked at.")
    state: State = Field(description="`ok`, `problem`, or `off` when it is not configured.")
    detail: str = Field(description="What was found.")
    advice: str | None = Field(default=None, description="What to do about a problem.")


@dataclass(frozen=True)
class Patient:
    """What is examined."""

    settings: Settings
    environ: Mapping[str, str]
    folder: Path
    library: Library


def examine(patient: Patient) -> Iterator[Check]:
    """Yield the checks one by one; each failure becomes a problem, and the others go on."""
    examinations: tuple[tuple[str, Callable[[Patient], Check]], ...] = (
        ("python", _python),
        ("packages", _packages),
        ("settings", _settings),
        ("documents", _documents),
        ("index", _index),
        ("embeddings", _embeddings),
        ("reader", _reader),
        ("vectors", _vectors),
        ("language model", _language_model),
        ("discord", _discord),
    )
    for name, look in examinations:
        yield _guarded(name, partial(look, patient))


def _guarded(name: str, look: Callable[[], Check]) -> Check:
    try:
        return look()
    except QuothError as error:
        return Check(name=name, state="problem", detail=str(error))
    except Exception as error:
        return Check(
            name=name,
            state="problem",
            detail=f"{type(error).__name__}: {error}",
            advice="This should not happen; reinstall Quoth, and report it if it stays.",
        )


def _python(_: Patient) -> Check:
    version = ".".join(map(str, sys.version_info[:3]))
    first, behind = PYTHONS
    if first <= sys.version_info[:2] < behind:
        return Check(name="python", state="ok", detail=version)
    wanted = f"Install Python {first[0]}.{first[1]} to {behind[0]}.{behind[1] - 1}."
    return Check(name="python", state="problem", detail=version, advice=wanted)


def _packages(_: Patient) -> Check:
    required = [
        line for line in importlib.metadata.requires("quoth") or () if "extra ==" not in line
    ]
    faults = list(filter(None, map(_fault, required)))
    if faults:
        return Check(
            name="packages",
            state="problem",
            detail="; ".join(faults),
            advice="Install Quoth again: `uv sync`, or `pip install --upgrade quoth`.",
        )
    own = importlib.metadata.version("quoth")
    detail = f"quoth {own} and the {len(required)} packages it needs"
    return Check(name="packages", state="ok", detail=detail)


def _fault(line: str) -> str | None:
    """Say what is wrong with one required package."""
    from packaging.requirements import Requirement

    wanted = Requirement(line)
    if wanted.marker is not None and not wanted.marker.evaluate():
        return None
    try:
        found = importlib.metadata.version(wanted.name)
    except importlib.metadata.PackageNotFoundError:
        return f"{wanted.name} is not installed"
    fits = wanted.specifier.contains(found, prereleases=True)
    return None if fits else f"{wanted.name} is {found}, needed is {wanted.specifier}"


def _settings(patient: Patient) -> Check:
    unknown = unknown_variables(patient.environ, patient.folder)
    file = patient.folder / ".env"
    source = f"the environment and {str(file)!r}" if file.is_file() else "the environment; no .env"
    if not unknown:
        return Check(name="settings", state="ok", detail=f"from {source}")
    near = difflib.get_close_matches(unknown[0], variables(), n=1)
    guess = f"Did you mean {near[0]}? " if near else ""
    return Check(
        name="settings",
        state="problem",
        detail=f"{', '.join(unknown)}: no such setting",
        advice=f"{guess}.env.example lists all settings.",
    )


def _documents(patient: Patient) -> Check:
    folder = patient.settings.documents
    if not folder.is_dir():
        return Check(
            name="documents",
            state="problem",
            detail=f"there is no folder {str(folder)!r}",
            advice="Create it, or point QUOTH_DOCUMENTS at the folder with your documents.",
        )
    found = scan(folder)
    detail = f"{len(found.files)} documents in {str(folder)!r}"
    if found.files:
        return Check(name="documents", state="ok", detail=detail)
    advice = "Put documents into it, or add some from elsewhere with `quoth add PATH`."
    return Check(name="documents", state="problem", detail=detail, advice=advice)


def _index(patient: Patient) -> Check:
    catalog = patient.library.catalog
    stats = catalog.stats()
    detail = f"{stats.sources} sources, {stats.passages} passages in {str(patient.settings.home)!r}"
    entries = (entry for one in catalog.collections() for entry in catalog.sources(one.name))
    failed = [f"{entry.uri!r} ({entry.failure})" for entry in entries if entry.failure]
    if failed:
        return Check(
            name="index",
            state="problem",
            detail=f"{detail}; not readable: {'; '.join(failed)}",
            advice="Repair these files or take them out of the documents folder.",
        )
    if not stats.sources:
        return Check(name="index", state="off", detail="nothing is indexed yet; `quoth sync` does")
    return Check(name="index", state="ok", detail=detail)


def _embeddings(patient: Patient) -> Check:
    embedder = patient.library.models.embedder
    dimension = embedder.embed(["A test."]).shape[1]
    detail = f"{embedder.model} works, {dimension} dimensions"
    if stale := patient.library.synchroniser.mismatched():
        return Check(
            name="embeddings",
            state="problem",
            detail=f"{detail}, but another model or version built {', '.join(stale)}",
            advice="Run `quoth sync --collection documents`; it builds all of them anew.",
        )
    return Check(name="embeddings", state="ok", detail=detail)


def _reader(patient: Patient) -> Check:
    reader = patient.library.models.reader
    if reader is None:
        return Check(name="reader", state="off", detail="switched off or not part of this version")
    reader.read("Who came?", [("", "Ada came.")])
    return Check(name="reader", state="ok", detail="works")


def _vectors(patient: Patient) -> Check:
    library = patient.library
    rows = {
        one.name: (library.catalog.passage_ids(one.name), library.vectors.ids(one.name))
        for one in library.catalog.collections()
    }
    apart = [name for name, (passages, stored) in rows.items() if passages != stored]
    place = patient.settings.chroma_url or "embedded Chroma"
    if apart:
        return Check(
            name="vectors",
            state="problem",
            detail=f"{place} is not in step with the catalog in {', '.join(apart)}",
            advice="Run `quoth sync`; it repairs the index.",
        )
    count = sum(len(stored) for _, stored in rows.values())
    return Check(name="vectors", state="ok", detail=f"{place}, {count} vectors")


def _language_model(patient: Patient) -> Check:
    model = patient.settings.llm
    if model is None:
        detail = "none; answers are quotes only (QUOTH_LLM)"
        return Check(name="language model", state="off", detail=detail)
    from bot.language_models.providers import open_model

    open_model(model_config(patient.settings))
    return Check(name="language model", state="ok", detail=f"{model} is installed and configured")


def _discord(patient: Patient) -> Check:
    token = patient.settings.discord_token
    if token is None:
        return Check(name="discord", state="off", detail="no token; set DISCORD_TOKEN to use it")
    application = application_of(token.get_secret_value())
    if application is None:
        return Check(name="discord", state="ok", detail="a token is set")
    link = invite_link(application)
    return Check(name="discord", state="ok", detail=f"a token is set; invite the bot with {link}")
