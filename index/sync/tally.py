"""What a synchronisation has done so far."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from index.schema import Source, SyncFailure, SyncReport, UnreadFile
from index.text.language import language_of


@dataclass
class Tally:
    """What has been done so far."""

    added: int = 0
    updated: int = 0
    unchanged: int = 0
    removed: int = 0
    failed: list[SyncFailure] = field(default_factory=list)
    not_read: list[UnreadFile] = field(default_factory=list)
    ignored: int = 0
    waiting: int = 0
    unread: int = 0
    warnings: list[SyncFailure] = field(default_factory=list)
    languages: Counter[str] = field(default_factory=Counter)
    missing: int = 0
    missing_folders: dict[str, int] = field(default_factory=dict)

    def report(
        self, *, passages: int, embedded: int, awaiting: int, kept: int, seconds: float
    ) -> SyncReport:
        """Return the report."""
        return SyncReport(
            added=self.added,
            updated=self.updated,
            unchanged=self.unchanged,
            removed=self.removed,
            failed=tuple(sorted(self.failed, key=lambda failure: failure.source)),
            not_read=tuple(self.not_read),
            ignored=self.ignored,
            waiting=self.waiting,
            unread=self.unread,
            awaiting=awaiting,
            passages=passages,
            embedded=embedded,
            kept=kept,
            seconds=round(seconds, 3),
            warnings=tuple(self.warnings),
            languages=dict(self.languages.most_common()),
            missing=self.missing,
            missing_folders=self.missing_folders,
        )

    def fail(self, uri: str, reason: str) -> None:
        """Note a document that is not indexed."""
        self.failed.append(SyncFailure(source=uri, reason=reason))

    def take(self, source: Source, *, is_new: bool) -> None:
        """Count a document that is indexed, and note what a person should know of it."""
        self.added += is_new
        self.updated += not is_new
        self.warnings += [SyncFailure(source=source.uri, reason=each) for each in source.warnings]
        if language := language_of(source.text):
            self.languages[language] += 1
