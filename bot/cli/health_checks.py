"""Says what is configured, what works, and what to do about what does not. Prints no secret."""

from __future__ import annotations

import importlib.metadata
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, NamedTuple

from bot.access.token_records import TOKENS_FILE, TokenRecords
from bot.answering.coverage_notice import coverage_text
from bot.app import model_config
from bot.cli.address_origins import address_origins
from bot.cli.folder_consent import trust_command
from bot.cli.sync_text import other_languages, read_nothing_text
from bot.community.collection_names import is_of_channel
from bot.discord_bot.invite import application_of, invite_link
from bot.setting_sources import read_given
from bot.settings import Settings, likely_variable, unknown_variables
from index.config import SHARED_COLLECTION
from index.embed.weights import INSTALL
from index.errors import QuothError
from index.library import Library
from index.load.zip_archive import scan_with_archives
from index.protocols import EmbeddingInput
from index.store.catalog_format import ADDITIONS_FILE, COMMUNITY_FILE
from index.store.read_only_file import damage_in
from index.text.counted_kinds import counted_kinds
from index.text.language import languages_of
from index.text.shown_address import shown_address

State = Literal["ok", "problem", "off"]

PYTHONS = ((3, 11), (3, 14))
"""The first Python that works and the first that is not tested."""

MOST_READ = 1000
"""Documents whose language is looked at, which takes a few seconds."""


class Finding(NamedTuple):
    """What came of looking at one thing."""

    state: State
    """`off` is what is not configured."""
    detail: str
    """What was found."""
    advice: str | None = None
    """What to do about a problem."""


@dataclass(frozen=True)
class Patient:
    """What is examined."""

    settings: Settings
    environ: Mapping[str, str]
    folder: Path
    library: Library


def examine(patient: Patient) -> Iterator[tuple[str, Finding]]:
    """Yield what was looked at and what was found; a failure is a problem, and the others go on."""
    examinations: dict[str, Callable[[Patient], Finding]] = {
        "python": _python,
        "packages": _packages,
        "settings": _settings,
        "addresses": _addresses,
        "documents": _documents,
        "index": _index,
        "people": _of_people,
        "languages": _languages,
        "embeddings": _embeddings,
        "reader": _reader,
        "selector": _selector,
        "vectors": _vectors,
        "language model": _language_model,
        "discord": _discord,
        "channels": channel_finding,
        "tokens": tokens_finding,
    }
    for name, look in examinations.items():
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


def _python(_: Patient) -> Finding:
    version = ".".join(map(str, sys.version_info[:3]))
    first, behind = PYTHONS
    if first <= sys.version_info[:2] < behind:
        return Finding("ok", version)
    wanted = f"Install Python {first[0]}.{first[1]} to {behind[0]}.{behind[1] - 1}."
    return Finding("problem", version, wanted)


def _packages(_: Patient) -> Finding:
    required = [
        line for line in importlib.metadata.requires("quoth") or () if "extra ==" not in line
    ]
    if faults := list(filter(None, map(_fault, required))):
        advice = "Install Quoth again: `uv sync`, or `pip install --upgrade quoth`."
        return Finding("problem", "; ".join(faults), advice)
    own = importlib.metadata.version("quoth")
    return Finding("ok", f"quoth {own} and the {len(required)} packages it needs")


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


def _settings(patient: Patient) -> Finding:
    unknown = unknown_variables(patient.environ, patient.folder)
    file = patient.folder / ".env"
    source = f"the environment and {str(file)!r}" if file.is_file() else "the environment; no .env"
    if not unknown:
        return Finding("ok", f"from {source}")
    near = likely_variable(unknown[0])
    guess = f"Did you mean {near}? " if near else ""
    return Finding(
        "problem",
        f"{', '.join(unknown)}: no such setting",
        f"{guess}.env.example lists all settings.",
    )


def _addresses(patient: Patient) -> Finding:
    given = read_given(patient.environ, patient.folder)
    found = "; ".join(address_origins(patient.settings, given))
    if not found:
        return Finding("off", "none are set; nothing is sent to other servers")
    if not patient.settings.withheld:
        return Finding("ok", found)
    advice = f"Run `{trust_command(patient.folder)}` if you want what is not allowed to be used."
    return Finding("problem", found, advice)


def _documents(patient: Patient) -> Finding:
    folder = patient.settings.documents
    if missing := len(patient.library.catalog.missing(SHARED_COLLECTION)):
        return Finding(
            "problem",
            f"{missing:,} indexed documents were not found in {str(folder)!r} at the last look",
            "Bring them back (is a disk not mounted?), or `quoth sync --yes` to forget them.",
        )
    if not folder.is_dir():
        advice = "Create it, or point QUOTH_DOCUMENTS at the folder with your documents."
        return Finding("problem", f"there is no folder {str(folder)!r}", advice)
    found = scan_with_archives(folder)
    kinds = Counter(each.kind for each in found.skipped)
    detail = f"{len(found.files):,} documents in {str(folder)!r}"
    if kinds:
        detail += f"; {counted_kinds(kinds)}"
    if found.ignored:
        detail += f"; {len(found.ignored):,} ignored"
    if found.files:
        return Finding("ok", detail)
    if kinds:
        return Finding("problem", read_nothing_text(kinds, str(folder)))
    advice = "Put documents into it, or add some from elsewhere with `quoth add PATH`."
    return Finding("problem", detail, advice)


def _index(patient: Patient) -> Finding:
    catalog = patient.library.catalog
    stats = catalog.stats()
    home = str(patient.settings.home)
    detail = f"{stats.sources:,} sources, {stats.passages:,} passages in {home!r}"
    entries = (entry for one in catalog.builds() for entry in catalog.sources(one.collection))
    troubled = [entry for entry in entries if entry.failure and not entry.missing]
    if troubled:
        said = [
            f"{state}: {'; '.join(named)}"
            for state in ("failed", "stale")
            if (
                named := [
                    f"{each.uri!r} ({each.failure})" for each in troubled if each.state == state
                ]
            )
        ]
        return Finding(
            "problem",
            f"{detail}; {'; '.join(said)}",
            "Repair these files or take them out of the documents folder.",
        )
    if not stats.sources:
        return Finding("off", "nothing is indexed yet; `quoth sync` does")
    return Finding("ok", detail)


def _of_people(patient: Patient) -> Finding:
    home = patient.settings.home
    files = [home / name for name in (ADDITIONS_FILE, COMMUNITY_FILE) if (home / name).exists()]
    damaged = [f"{str(file)!r} ({said})" for file in files if (said := damage_in(file))]
    if damaged:
        advice = "Stop the bot and run `quoth restore FILE --yes` with your last backup."
        return Finding("problem", f"damaged: {'; '.join(damaged)}", advice)
    if not files:
        return Finding("off", "nothing was added or asked in Discord yet")
    return Finding("ok", f"{', '.join(file.name for file in files)}; `quoth backup` copies them")


def _languages(patient: Patient) -> Finding:
    return languages_finding(patient.library, most=MOST_READ)


def languages_finding(library: Library, *, most: int) -> Finding:
    """Say which of the first so many documents seem not to be English."""
    catalog = library.catalog
    entries = (entry for one in catalog.builds() for entry in catalog.sources(one.collection))
    indexed = [entry.id for entry in entries if entry.sha256]
    ids = indexed[:most]
    found = languages_of(catalog.source(id).text for id in ids)
    if not ids:
        return Finding("off", "nothing is indexed yet")
    if not found:
        one = f"all {len(ids):,} seem to be English"
        some = f"{len(ids):,} of {len(indexed):,} were looked at; all of these seem to be English"
        return Finding("ok", one if ids == indexed else some)
    read = f"of {len(ids):,}" + (f" looked at among {len(indexed):,}" if ids != indexed else "")
    if library.config.english_only:
        return Finding("ok", f"{read}, {other_languages(found)}")
    said = ", ".join(f"{language} {count:,}" for language, count in found.items())
    return Finding("ok", f"{read}, {sum(found.values()):,} seem not to be English ({said})")


def _embeddings(patient: Patient) -> Finding:
    embedder = patient.library.models.embedder
    dimension = embedder.embed(["A test."]).shape[1]
    detail = f"{embedder.model} works, {dimension} dimensions"
    if stale := patient.library.synchroniser.mismatched():
        return Finding(
            "problem",
            f"{detail}, but another model or version built {', '.join(stale)}",
            "Run `quoth sync --collection documents`; it builds all of them anew.",
        )
    return Finding("ok", detail)


def _reader(patient: Patient) -> Finding:
    reader = patient.library.models.reader
    if reader is None:
        return Finding("off", "switched off, or without the weights of the embedding model")
    reader.read("Who came?", [("", "Ada came.")])
    return Finding("ok", "works")


def _selector(patient: Patient) -> Finding:
    if patient.settings.quality == "fast":
        return Finding("off", "switched off by QUOTH_QUALITY=fast")
    selector = patient.library.models.selector
    if selector is None:
        detail = "its weights are not installed, so answers are those of QUOTH_QUALITY=fast"
        return Finding("problem", detail, f"Run `{INSTALL}`, or set QUOTH_QUALITY=fast.")
    selector.select("Who came?", [EmbeddingInput(context="", text="Ada came.")])
    return Finding("ok", "works")


def _vectors(patient: Patient) -> Finding:
    library = patient.library
    if not library.vectors.may_be_opened():
        kept = "this folder can only be read, so vectors come from the catalog, a little slower"
        return Finding("ok", kept)
    library.vectors.probe()
    builds = library.catalog.builds()
    rows = {
        name: (library.catalog.embedded_ids(name), library.vectors.ids(name))
        for name in (one.collection for one in builds if one.dimension)
    }
    apart = [name for name, (passages, stored) in rows.items() if passages != stored]
    url = patient.settings.chroma_url
    place = shown_address(url) if url else "embedded Chroma"
    if apart:
        detail = f"{place} is not in step with the catalog in {', '.join(apart)}"
        return Finding("problem", detail, "Run `quoth sync`; it repairs the index.")
    count = sum(len(stored) for _, stored in rows.values())
    bare = ", ".join(one.collection for one in builds if not one.dimension)
    said = f"{place}, {count:,} vectors" + (f"; words only: {bare}" if bare else "")
    if coverage := library.catalog.coverage([one.collection for one in builds]):
        said += f". {coverage_text(coverage)} `quoth sync` finishes, and so does the bot"
    return Finding("ok", said)


def _language_model(patient: Patient) -> Finding:
    model = patient.settings.llm
    if model is None:
        return Finding("off", "none; answers are quotes only (QUOTH_LLM)")
    from bot.language_models.providers import open_model

    open_model(model_config(patient.settings))
    return Finding("ok", f"{model} is installed and configured")


def _discord(patient: Patient) -> Finding:
    token = patient.settings.discord_token
    if token is None:
        return Finding("off", "no token; set DISCORD_TOKEN to use it")
    application = application_of(token.get_secret_value())
    if application is None:
        return Finding("ok", "a token is set")
    return Finding("ok", f"a token is set; invite the bot with {invite_link(application)}")


def channel_finding(patient: Patient) -> Finding:
    """Say whether channels of Discord are sources, and whether they are searched."""
    builds = patient.library.catalog.builds()
    count = sum(is_of_channel(one.collection) for one in builds)
    if not count:
        return Finding("off", "no channel of a Discord server is a source")
    detail = f"channels of Discord among the sources: {count}"
    if patient.settings.message_content == "on":
        return Finding("ok", detail)
    return Finding(
        "problem",
        f"{detail}, but Discord does not show the bot what people write: they are not searched",
        "Switch on the Message Content intent of the bot at https://discord.com/developers and set "
        "QUOTH_MESSAGE_CONTENT=on, or remove them with /source remove.",
    )


def tokens_finding(patient: Patient) -> Finding:
    """Say how many programs have a token, and which tokens never expire."""
    home = patient.settings.home
    if not (home / TOKENS_FILE).exists():
        return Finding("off", "no program has a token; `quoth token create` makes one")
    with closing(TokenRecords(home)) as records:
        tokens = records.all()
    lasting = [one.name or one.id for one in tokens if one.expires is None]
    detail = f"{len(tokens)} of programs"
    if lasting:
        never = "never expires" if len(lasting) == 1 else "never expire"
        detail += f"; {len(lasting)} {never}: {', '.join(map(repr, lasting[:5]))}"
        detail += ", …" if len(lasting) > 5 else ""
    return Finding("ok" if tokens else "off", detail)
