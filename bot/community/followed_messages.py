"""Messages that became sources: what becomes of them in the channel becomes of the source.

An edit gives the source its new text, a deletion takes it out. Where the new text cannot be read,
the source goes, rather than say what nobody says any more, and whoever added it is told. A row
stays until its source is gone, so that what is left undone is done by the next look at the message.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import re
import time
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass
from functools import reduce

from bot.bridge import Bridge
from bot.community.collection_names import server_of
from bot.community.documents import Documents, SourceReader
from bot.community.rights import Caller
from bot.community.source_intake import SourceIntake, Upload, failed_report
from bot.community.store.followed_records import Followed, FollowedRecords
from bot.community.store.notice_records import Notice, NoticeRecords
from bot.community.work_under_way import Work
from index.load.archive_names import is_archive
from index.schema import Source, SourceEntry, SyncReport, merged_reports, source_id

logger = logging.getLogger(__name__)

ARCHIVE = "An archive does not follow its message: add it with `/source add`."

_NAME = re.compile(r"message-(\d+)\.txt")
_ADDRESS = re.compile(r"https://\S+/channels/(\d+)/(\d+)/(\d+)")


@dataclass(frozen=True)
class PostedMessage:
    """A message as it stood when it was added."""

    id: int
    guild: int
    channel: int
    parent: int | None
    edited: float | None
    """When it was last edited, in seconds since 1970."""
    title: str
    text: str
    url: str


@dataclass(frozen=True)
class EditedMessage:
    """What a message says now, where that can be read."""

    title: str
    text: str
    attachments: frozenset[int]
    """Ids of the files that it still has."""


class FollowedMessages:
    """Adds messages and follows them, one change after another."""

    def __init__(
        self,
        *,
        sources: SourceIntake,
        reader: SourceReader,
        records: FollowedRecords,
        notices: NoticeRecords,
        documents: Documents,
        bridge: Bridge,
    ) -> None:
        self._sources = sources
        self._reader = reader
        self._records = records
        self._notices = notices
        self._documents = documents
        self._bridge = bridge
        self._ids: set[int] = set()
        self._changing = asyncio.Lock()

    async def load(self) -> None:
        """Learn what is followed, and follow what was added before messages were."""
        await self.read()
        names = await self._bridge.run(self._documents.collections)
        for entry in await self._reader.sources(*filter(server_of, names)):
            row = _adopted(entry)
            if row is not None and row.message not in self._ids:
                await self._records.put([row])
                self._ids.add(row.message)

    async def read(self) -> None:
        """Learn what is followed, by another bot that shares the records, too."""
        self._ids |= {row.message for row in await self._records.all()}

    def knows(self, message: int) -> bool:
        """Say whether a message is followed; known without any waiting."""
        return message in self._ids

    async def followed(self) -> list[Followed]:
        """Return everything that is followed, by message."""
        return await self._records.all()

    async def add_text(
        self, caller: Caller, message: PostedMessage, *, added_by: str
    ) -> SyncReport:
        """Index the text of a message, and follow it."""
        name = f"message-{message.id}.txt"
        row = _row(caller, message, self._sources.default(caller), name)
        self._ids.add(message.id)  # what happens to it from now on waits for the lock
        async with self._changing:
            await self._records.put([row])
            return await self._sources.add_text(
                caller, name, message.text, title=message.title, url=message.url, added_by=added_by
            )

    async def add_files(
        self,
        caller: Caller,
        message: PostedMessage,
        files: Sequence[tuple[int, Upload]],
        *,
        added_by: str,
        progress: Callable[[int, int, str], Awaitable[None]],
        work: Work,
    ) -> SyncReport:
        """Index the files of a message, each with the id of its attachment, and follow them."""
        collection = self._sources.default(caller)

        def noted(id: int, file: Upload) -> Upload:
            async def fetch() -> bytes:
                content = await file.fetch()
                noted = {"attachment": id, "sha256": hashlib.sha256(content).hexdigest()}
                row = _row(caller, message, collection, file.name)
                await self._records.put([row.model_copy(update=noted)])
                return content

            return Upload(file.name, file.size, fetch)

        self._ids.add(message.id)
        async with self._changing:
            uploads = [noted(id, file) for id, file in files if not is_archive(file.name)]
            archives = [failed_report(f.name, ARCHIVE) for _, f in files if is_archive(f.name)]
            read = await self._sources.add_files(
                caller, None, uploads, added_by=added_by, progress=progress, work=work
            )
            return reduce(merged_reports, archives, read)

    async def deleted(self, messages: Collection[int]) -> None:
        """Take out what came from messages that are gone."""
        known = [message for message in messages if message in self._ids]
        if known:
            async with self._changing:
                await self._take_out(await self._records.of_messages(known))
            self._ids.difference_update(known)

    async def channel_deleted(self, channel: int) -> None:
        """Take out what came from a channel, or thread, that is gone."""
        async with self._changing:
            await self._take_out(await self._records.of_channel(channel))

    async def edited(self, message: int, at: float, now: EditedMessage | None) -> None:
        """Follow an edit; None as `now` where Discord does not show what it says."""
        async with self._changing:
            for row in await self._records.of_messages([message]):
                if row.edited is None or row.edited < at:
                    await self._follow(row, at, now)

    async def _follow(self, row: Followed, at: float, now: EditedMessage | None) -> None:
        source = await self._reader.source(row.source)
        stays = now is not None and (
            row.attachment in now.attachments or (row.attachment is None and bool(now.text))
        )
        if source is None or not stays:
            if source is not None and now is None and not await self._is_replaced(row, source):
                await self._tell(row, source)
            await self._take_out([row])
            return
        if now is not None and row.attachment is None:
            await self._sources.put_text(source, now.text, title=now.title)
        await self._records.put([row.model_copy(update={"edited": at})])

    async def _take_out(self, rows: Sequence[Followed]) -> None:
        for row in rows:
            source = await self._reader.source(row.source)
            if source is not None and not await self._is_replaced(row, source):
                await self._sources.take_out(row.guild, source.id)
            await self._records.drop([row])

    async def _is_replaced(self, row: Followed, source: Source) -> bool:
        """Say whether a source is not, or not only, what this message brought."""
        if row.attachment is None:
            return False
        return source.sha256 != row.sha256 or await self._records.others(row) > 0

    async def _tell(self, row: Followed, source: Source) -> None:
        if row.person is None:
            return
        place = f"https://discord.com/channels/{row.guild}/{row.channel}/{row.message}"
        notice = Notice(
            guild=row.guild, person=row.person, kind="unreadable", about=place, at=time.time()
        )
        await self._notices.add(notice)
        self._notices.on_new()


def _row(caller: Caller, message: PostedMessage, collection: str, name: str) -> Followed:
    return Followed(
        message=message.id,
        source=source_id(collection, name),
        guild=message.guild,
        channel=message.channel,
        parent=message.parent,
        collection=collection,
        edited=message.edited,
        person=caller.user,
    )


def _adopted(entry: SourceEntry) -> Followed | None:
    """Return the row of a message that was added before messages were followed."""
    named, placed = _NAME.fullmatch(entry.uri), _ADDRESS.fullmatch(entry.url or "")
    if not named or not placed or placed[3] != named[1]:
        return None
    if int(placed[1]) != server_of(entry.collection):
        return None
    return Followed(
        message=int(placed[3]),
        source=entry.id,
        guild=int(placed[1]),
        channel=int(placed[2]),
        collection=entry.collection,
        edited=entry.added_at.timestamp() if entry.added_at else None,
    )
