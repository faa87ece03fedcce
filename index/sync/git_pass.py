"""Reads a Git repository: its documents at the newest commit, of which only what changed.

The clone is there only while it is read. What is kept are the texts, and for each file what Git
calls its content by, so that an update reads what is new and a removal leaves nothing behind.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from index.config import WebConfig
from index.errors import LoadError
from index.load.fetched_page import KnownVersion
from index.load.formats import PICTURES, SUFFIXES
from index.load.git_address import GitAddress, blob_url, git_address
from index.load.git_answers import GitFile
from index.load.git_program import GitProgram, remove_clone
from index.load.loaders import LoadBytes
from index.load.read_file import MAX_BYTES
from index.schema import LoadedDocument
from index.store.web_records import PageRecord, SiteRecord
from index.sync.additions import Addition
from index.sync.crawl_step import CrawlStep
from index.sync.page_batch import PageBatch, Watch

AT_ONCE = 10
"""Files after which what was read is written."""

_FOLDER = "git"


@dataclass
class GitPass:
    """Brings the sources of one repository in step with its newest commit."""

    site: SiteRecord
    batch: PageBatch
    program: GitProgram
    load: LoadBytes
    home: Path
    limits: WebConfig
    watch: Watch

    def run(self, seconds: float) -> CrawlStep:
        """Fetch what is new and read it for about so long, or to the end."""
        ends = time.monotonic() + seconds
        clone = clone_of(self.home, self.site)
        try:
            commit = self._fetched(clone)
            files = [] if commit is None else self.program.files(clone)
        except LoadError as error:
            self.batch.fail(self.site.url, error.reason)
            return self._end(clone, failure=error.reason)
        if commit is None:
            return self._end(clone)
        return self._read(clone, commit, self._documents(files), ends)

    def _fetched(self, clone: Path) -> str | None:
        """Have a clone of the newest commit and return that; None where it is known already."""
        address = git_address(self.site.url, is_own=True)
        if address is None:
            raise LoadError(self.site.url, "It is no repository.")
        if not (self.site.crawling and clone.is_dir()):
            commit = self.program.head(address, self._check)
            if commit == self.site.etag and not self.site.crawling:
                return None
            self.program.clone(address, clone, self._check)
            self.site = self.site._replace(crawling=True)
            self.batch.records.put_site(self.site)
        return self.program.commit_of(clone)

    def _documents(self, files: Sequence[GitFile]) -> list[GitFile]:
        """Return the files that are read: those that would be in the documents folder."""
        found = [file for file in files if _is_document(file.path)]
        if (left := len(found) - self.limits.pages) > 0:
            reason = f"Only {self.limits.pages:,} of its documents are read, which is the limit"
            self.batch.note(self.site.url, f"{reason}; {left:,} are left out.")
        return found[: self.limits.pages]

    def _read(self, clone: Path, commit: str, files: Sequence[GitFile], ends: float) -> CrawlStep:
        known = self.batch.records.pages(self.site.collection)
        wanted = {f"{self.site.title}/{file.path}": file for file in files}
        ours = {uri: page for uri, page in known.items() if page.site == self.site.url}
        for uri in ours.keys() - wanted.keys():
            self.batch.remove(uri)
        for done, (uri, file) in enumerate(wanted.items()):
            page = ours.get(uri)
            is_same = page is not None and page.etag == file.blob
            if is_same or self.batch.records.is_struck(self.site, uri):
                continue
            if time.monotonic() > ends:
                self.batch.flush()
                return CrawlStep(
                    self.batch.report, self.batch.left_out, done, len(wanted), finished=False
                )
            self.watch(done, len(wanted), uri)
            self._take(clone, commit, uri, file, page)
            if done % AT_ONCE == AT_ONCE - 1:
                self.batch.flush()
        self.batch.flush()
        self.site = self.site._replace(etag=commit)
        return self._end(clone, total=len(wanted))

    def _take(
        self, clone: Path, commit: str, uri: str, file: GitFile, page: PageRecord | None
    ) -> None:
        known = page or PageRecord(uri, self.site.url, in_feed=True)
        try:
            document, sha256 = self._document(clone, commit, file)
        except LoadError as error:
            self.batch.records.strike_off(self.site, [uri])  # it is not tried twice
            if page is None:
                self.batch.fail(uri, error.reason)
            else:
                self.batch.failed(page, error)
            return
        addition = Addition(uri, document, self.site.added_by, sha256)
        self.batch.read(addition, known, KnownVersion(file.blob, None))

    def _document(self, clone: Path, commit: str, file: GitFile) -> tuple[LoadedDocument, str]:
        if file.size > MAX_BYTES:
            raise LoadError(file.path, f"It is larger than {MAX_BYTES // 2**20} MiB.")
        data = self.program.content(clone, file)
        document = self.load(data, name=PurePosixPath(file.path).name)
        stated = {"url": blob_url(self.site.url, commit, file.path)}
        return document.model_copy(update=stated), hashlib.sha256(data).hexdigest()

    def _check(self) -> None:
        self.watch(0, 0, self.site.url)

    def _end(self, clone: Path, *, failure: str | None = None, total: int = 0) -> CrawlStep:
        remove_clone(clone)
        records = self.batch.records
        if records.site(self.site.collection, self.site.url) is not None:
            records.clear_queue(self.site)
            ended = self.site._replace(checked=time.time(), failure=failure, crawling=False)
            records.put_site(ended)
        return CrawlStep(self.batch.report, self.batch.left_out, total, total)


def clone_of(home: Path, site: SiteRecord) -> Path:
    """Return where the clone of a repository is while it is read."""
    named = hashlib.sha256(f"{site.collection}\0{site.url}".encode()).hexdigest()[:16]
    return home / _FOLDER / f"{named}.git"


def remove_stray_clones(home: Path, sites: Sequence[SiteRecord]) -> None:
    """Delete the clones of repositories that are sources no longer."""
    known = {clone_of(home, site).name for site in sites}
    for folder in (home / _FOLDER).glob("*.git*"):
        if folder.name.removesuffix(".new") not in known:
            remove_clone(folder)


def label_of(address: GitAddress, taken: Sequence[str]) -> str:
    """Return what the files of a repository are called by, unlike what is there already."""
    labels = [address.name, *(f"{address.name} ({number})" for number in range(2, 1000))]
    return next(label for label in labels if not any(uri.startswith(f"{label}/") for uri in taken))


def _is_document(path: str) -> bool:
    """Say whether a file would be read in the documents folder, by its name."""
    parts = PurePosixPath(path).parts
    hidden = any(part.startswith(".") for part in parts) or parts[-1].startswith("~$")
    return not hidden and PurePosixPath(path).suffix.lower() in SUFFIXES - PICTURES
