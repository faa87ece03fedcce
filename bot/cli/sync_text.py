"""What a synchronisation did, in words for a terminal or a pipe: counts, losses, what was left out.

Everything here is pure.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from bot.cli.unchanged_sync import report_line
from index.load.archive_names import ENDING
from index.load.formats import SUFFIXES
from index.schema import SyncReport
from index.text.counted_kinds import counted_kinds


def sync_screen(report: SyncReport, *, is_addition: bool = False) -> str:
    """Return one line that says what a synchronisation, or an addition, did.

    Passages are those of the collection, or of what was added, and not told where that is nothing.
    """
    counts = {name: getattr(report, name) for name in ("added", "updated", "unchanged", "removed")}
    passages = None if is_addition and not report.passages else report.passages
    return report_line(
        counts,
        len(report.failed),
        passages,
        report.seconds,
        missing=report.missing,
        embedded=report.embedded,
        kinds=Counter(each.kind for each in report.not_read),
        ignored=report.ignored,
        waiting=report.waiting,
        helped=report.helped,
    )


def left_out_text(kinds: Mapping[str, int], *, ignored: int) -> str:
    """Say what a list of sources lacks of the folder, and how it is named."""
    parts = (counted_kinds(kinds), f"{ignored:,} ignored" if ignored else "")
    return f"{'; '.join(filter(None, parts))}. `quoth sources --all` names them."


def read_nothing_text(kinds: Mapping[str, int], folder: str) -> str:
    """Say that a folder holds nothing that is read, what it holds, and what is read."""
    *others, last = sorted({*SUFFIXES, ENDING})
    return (
        f"Nothing in {folder!r} is of a kind that Quoth reads ({counted_kinds(kinds)}). "
        f"It reads files ending in {', '.join(others)} and {last}."
    )


def no_documents_text(folder: str, *, ignored: int) -> str:
    """Say that a folder is empty, or all of it ignored, and where documents go."""
    holds = "holds only what is ignored" if ignored else "is empty"
    return (
        f"The documents folder {folder!r} {holds}. Put documents in, point QUOTH_DOCUMENTS at "
        "another one, or add files with `quoth add`."
    )


def missing_text(report: SyncReport, folder: str) -> str:
    """Say what a folder seems to have lost, and what can be done about it."""
    count = report.missing
    some = "1 indexed document was" if count == 1 else f"{count:,} indexed documents were"
    named = ", ".join(f"{name}/: {lost:,}" for name, lost in report.missing_folders.items())
    where = "" if not named or "." in report.missing_folders else f" ({named})"
    return (
        f"{some} not found in {folder!r}{where}. They stay in the index, and answers say so. If "
        "they are gone for good, `quoth sync --yes` removes them from the index."
    )


def other_languages(counts: Mapping[str, int]) -> str:
    """Say how many documents seem not to be English, in which languages, and what helps."""
    count = sum(counts.values())
    said = ", ".join(f"{language} {number:,}" for language, number in counts.items())
    documents = "1 document seems" if count == 1 else f"{count:,} documents seem"
    return (
        f"{documents} not to be English ({said}); Quoth reads English best. "
        "QUOTH_EMBEDDINGS=multilingual finds passages in other languages."
    )
