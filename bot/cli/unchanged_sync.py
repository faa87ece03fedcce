"""`quoth sync` when nothing has changed, before anything slow is imported.

Thousands of files are listed in less time than the command line takes to import. Whatever is not
plain, in the arguments, the settings or the folder, is left to the command itself.
"""

from __future__ import annotations

import os
import sys
import time

from bot.setting_names import SETTING_NAMES
from index.sync.due_pages import are_pages_due
from index.sync.unchanged import UnchangedSummary, unchanged
from index.text.counted_kinds import counted_kinds

TYPE_CHECKING = False  # importing `typing` or `collections` takes as long as listing the files
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_NAMES = (
    "QUOTH_HOME",
    "QUOTH_DOCUMENTS",
    "QUOTH_EMBEDDINGS",
    "QUOTH_CHROMA_URL",
    "QUOTH_FILES",
    "QUOTH_DATABASE_URL",
    "QUOTH_REFRESH_HOURS",
)
_REFRESH_HOURS = 24.0
"""As `bot.settings` has it, whose import takes longer than all of this."""

_SPECIAL = frozenset(" \t'\"#\\$`")
"""Characters of a value that readers of `.env` files understand in different ways."""


def quick_sync(arguments: Sequence[str], environ: Mapping[str, str], folder: str) -> int | None:
    """Report a synchronisation that has nothing to do and return its exit code.

    Returns None, and prints nothing, when the command has to look.
    """
    began = time.perf_counter()
    if list(arguments) not in (["sync"], ["sync", "--json"]):
        return None
    values = _values(environ, folder)
    if values is None or values["QUOTH_DATABASE_URL"]:
        return None  # others may have changed what they share
    may_owe = values["QUOTH_FILES"]  # files to the address for them
    summary = None if may_owe else _summary(values, folder)
    if (
        summary is None
        or summary.missing
        or not summary.unchanged
        or not all(text.isprintable() for pair in summary.failed for text in pair)
    ):
        return None
    return _print(summary, "--json" in arguments, time.perf_counter() - began)


def _values(environ: Mapping[str, str], folder: str) -> dict[str, str] | None:
    """Return the settings that matter here; None when `.env` needs a real parser."""
    values = {}
    try:
        with open(f"{folder}/.env", encoding="utf-8") as lines:  # noqa: PTH123 - pathlib is slow
            for line in lines:
                found = _pair(line.strip())
                if found is None:
                    return None
                values[found[0]] = found[1]
    except FileNotFoundError:
        pass
    except (OSError, ValueError):
        return None
    values.update(environ)
    if any(name.startswith("QUOTH_") and name not in SETTING_NAMES for name in values):
        return None  # which the command names
    return {name: values.get(name, "").strip() for name in _NAMES}


def _pair(line: str) -> tuple[str, str] | None:
    """Return the name and value of a plain line of `.env`, empty for a comment; else None.

    Without `re`, whose import takes as long as listing a thousand files.
    """
    if not line or line.startswith("#"):
        return "", ""
    name, equals, value = line.partition("=")
    plain = name.isascii() and name.isupper() and name.replace("_", "").isalnum()
    if not equals or not plain or not _SPECIAL.isdisjoint(value):
        return None
    return name, value


def _summary(values: Mapping[str, str], folder: str) -> UnchangedSummary | None:
    home = os.path.expanduser(values["QUOTH_HOME"] or ".quoth")  # noqa: PTH111
    documents = os.path.expanduser(values["QUOTH_DOCUMENTS"] or "documents")  # noqa: PTH111
    try:
        hours = float(values["QUOTH_REFRESH_HOURS"] or _REFRESH_HOURS)
    except ValueError:
        return None  # which the command explains
    if are_pages_due(os.path.join(folder, home), hours):  # noqa: PTH118
        return None
    return unchanged(
        os.path.join(folder, home),  # noqa: PTH118
        os.path.join(folder, documents),  # noqa: PTH118
        model=values["QUOTH_EMBEDDINGS"] or "minilm",
        embedded=not values["QUOTH_CHROMA_URL"],
    )


def _print(summary: UnchangedSummary, as_json: bool, seconds: float) -> int | None:
    """Print what the command would; None when the reader has gone, which the command handles."""
    counts = {"added": 0, "updated": 0, "unchanged": summary.unchanged, "removed": 0}
    text = report_line(
        counts,
        len(summary.failed),
        summary.passages,
        seconds,
        kinds=summary.kinds,
        ignored=summary.ignored,
    )
    if as_json:
        import json

        failed = [{"source": source, "reason": reason} for source, reason in summary.failed]
        not_read = [{"source": source, "kind": kind} for source, kind in summary.not_read]
        passages = summary.passages
        rest = {"failed": failed, "not_read": not_read, "ignored": summary.ignored}
        rest |= {"passages": passages, "embedded": 0}
        rest |= {"kept": passages if summary.has_vectors else 0, "seconds": round(seconds, 3)}
        text = json.dumps(counts | rest, ensure_ascii=False, indent=2)
    try:
        for source, reason in summary.failed:
            sys.stderr.write(f"not indexed: {source}: {reason}\n")
        sys.stdout.write(f"{text}\n")
        sys.stdout.flush()
    except (BrokenPipeError, UnicodeEncodeError):
        return None
    return 2 if summary.failed else 0


def report_line(
    counts: Mapping[str, int],
    failed: int,
    passages: int | None,
    seconds: float,
    *,
    missing: int = 0,
    embedded: int = 0,
    kinds: Mapping[str, int] = {},
    ignored: int = 0,
    waiting: int = 0,
    helped: int = 0,
) -> str:
    """Return one line that says what a synchronisation did, and what it left out.

    `embedded` are the passages whose vectors were computed, told where that is not all of them;
    `kinds` are the files that are not read, by their ending. No `passages` are told where there is
    nothing that they could be of.
    """
    parts = [f"{counts[name]:,} {name}" for name in counts if counts[name]]
    if missing:
        parts.append(f"{missing:,} missing")
    if failed:
        parts.append(f"{failed:,} failed")
    if helped:
        documents = "1 document" if helped == 1 else f"{helped:,} documents"
        parts.append(f"helped another process with {documents}")
    if waiting:
        parts.append(f"{waiting:,} still being written")
    done = ", ".join(parts) or ("nothing was read" if kinds else "nothing to do")
    left_out = [counted_kinds(kinds), f"{ignored:,} ignored" if ignored else ""]
    line = (done, _passages_text(passages, embedded), f"{seconds:.1f} s", *left_out)
    return "; ".join(part for part in line if part)


def _passages_text(passages: int | None, embedded: int) -> str:
    if passages is None:
        return ""
    told = f", {embedded:,} of them embedded" if 0 < embedded < passages else ""
    return f"1 passage{told}" if passages == 1 else f"{passages:,} passages{told}"
