"""What a part of reading a site did, and what is said of it at the end."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from index.schema import SyncFailure, SyncReport, merged_reports

_REASONS = {
    "forbidden": "its robots.txt asks programs not to read {count}",
    "unindexed": "{count} ask programs not to take their text",
    "dead": "{count} of the addresses linked to do not exist",
    "unread": "{count} are no pages that are read",
    "twice": "{count} say what another page says",
    "variants": "{count} differ from others only behind the question mark",
    "room": "{count} found no room in the queue",
    "maps": "{count} maps of the site could not be read",
}
"""Why addresses of a site were left out."""


@dataclass(frozen=True)
class CrawlStep:
    """What a part of the reading did."""

    report: SyncReport
    left_out: Counter[str]
    """How many addresses were not taken, by why."""
    done: int = 0
    total: int = 0
    finished: bool = True
    wait: float = 0.0
    """Seconds until the server may be asked again."""


def site_report(
    url: str, report: SyncReport, left_out: Counter[str], *, unfinished: bool
) -> SyncReport:
    """Return what was done of a site, with what was left out and why."""
    said = [_REASONS[why].format(count=f"{count:,}") for why, count in left_out.items() if count]
    notes = [f"Left out: {'; '.join(said)}."] if said else []
    if unfinished:
        notes.append("Its time is up; the next time goes on where this stopped.")
    warnings = tuple(SyncFailure(source=url, reason=note) for note in notes)
    return merged_reports(report, SyncReport(warnings=warnings))
