"""Whether documents, index and the models that it is built with are well."""

from __future__ import annotations

from collections import Counter

from bot.answering.coverage_notice import coverage_text
from bot.cli.health_examination import Finding, Patient
from bot.cli.model_places import models_text
from bot.cli.sync_text import other_languages, read_nothing_text
from index.config import SHARED_COLLECTION
from index.embed.weights import INSTALL
from index.library import Library
from index.load.zip_archive import scan_with_archives
from index.protocols import EmbeddingInput
from index.store.catalog_format import ADDITIONS_FILE, COMMUNITY_FILE
from index.store.postgres_address import shared_address
from index.store.read_only_file import damage_in
from index.text.counted_kinds import counted_kinds
from index.text.language import languages_of
from index.text.shown_address import shown_address

MOST_READ = 1000
"""Documents whose language is looked at, which takes a few seconds."""


def documents_finding(patient: Patient) -> Finding:
    """Say what is in the documents folder."""
    folder = patient.settings.documents
    if missing := len(patient.library.catalog.missing(SHARED_COLLECTION)):
        return Finding(
            "problem",
            f"{missing:,} indexed documents were not found in {str(folder)!r} at the last look",
            "Bring them back (is a disk not mounted?), or `quoth sync --yes` to forget them.",
        )
    if not folder.is_dir() and patient.settings.database_url is not None:
        return Finding("off", f"no folder {str(folder)!r} here; another machine reads documents")
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


def index_finding(patient: Patient) -> Finding:
    """Say how much is indexed, and what could not be read."""
    catalog = patient.library.catalog
    stats = catalog.stats()
    address = shared_address(patient.settings.index)
    place = str(patient.settings.home) if address is None else address.shown
    detail = f"{stats.sources:,} sources, {stats.passages:,} passages in {place!r}"
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


def database_finding(patient: Patient) -> Finding:
    """Say which server has the database that homes share, and that it answers."""
    address = shared_address(patient.settings.index)
    if address is None:
        return Finding("off", "everything is kept in files (QUOTH_DATABASE_URL)")
    ((version,),) = patient.library.catalog.rows("SHOW server_version")
    return Finding("ok", f"PostgreSQL {version} at {address.shown!r} answers")


def people_finding(patient: Patient) -> Finding:
    """Say whether the files that nothing brings back are whole."""
    if patient.settings.database_url is not None:
        return Finding("ok", "in the database; `pg_dump` copies it")
    home = patient.settings.home
    files = [home / name for name in (ADDITIONS_FILE, COMMUNITY_FILE) if (home / name).exists()]
    damaged = [f"{str(file)!r} ({said})" for file in files if (said := damage_in(file))]
    if damaged:
        advice = "Stop the bot and run `quoth restore FILE --yes` with your last backup."
        return Finding("problem", f"damaged: {'; '.join(damaged)}", advice)
    if not files:
        return Finding("off", "nothing was added or asked in Discord yet")
    return Finding("ok", f"{', '.join(file.name for file in files)}; `quoth backup` copies them")


def language_finding(patient: Patient) -> Finding:
    """Say which documents seem not to be English."""
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


def embeddings_finding(patient: Patient) -> Finding:
    """Try the embedding model, and say what another one built."""
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


def reader_finding(patient: Patient) -> Finding:
    """Try the reader."""
    reader = patient.library.models.reader
    if reader is None:
        return Finding("off", "switched off, or without the weights of the embedding model")
    reader.read("Who came?", [("", "Ada came.")])
    return Finding("ok", "works")


def selector_finding(patient: Patient) -> Finding:
    """Try the selector."""
    fast = patient.settings.quality == "fast"
    if fast and patient.settings.reader == "off":
        return Finding("off", "switched off by QUOTH_QUALITY=fast with QUOTH_READER=off")
    selector = patient.library.models.selector
    if selector is None:
        detail = "its weights are not installed, so that the reader answers alone"
        return Finding("problem", detail, f"Run `{INSTALL}`.")
    selector.select("Who came?", [EmbeddingInput(context="", text="Ada came.")])
    return Finding("ok", "works")


def models_finding(patient: Patient) -> Finding:
    """Say where the built-in models stand, and what they take."""
    said = models_text(patient.settings.index)
    return Finding("ok", said) if said else Finding("off", "none of the built-in models is kept")


def vectors_finding(patient: Patient) -> Finding:
    """Say whether the vectors are in step with the catalog."""
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
