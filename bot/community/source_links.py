"""Links from Discord to the reading page: signed for one person, and gone with what they show."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from contextlib import closing

from bot.bridge import Bridge
from bot.community.documents import SourceReader
from bot.community.given_answers import ShownCitation
from bot.community.rights import Caller
from bot.permalinks import quote_path
from bot.settings import Settings
from bot.signed_links import LINK_SECONDS, Grant, sign
from bot.signing_key import signing_key_of
from index.errors import QuothError
from index.schema import Source
from index.store.catalog_format import ANSWERS_FILE
from index.store.kept_answers import KeptAnswer, KeptAnswers, kept_answers_of

logger = logging.getLogger(__name__)

LONGEST_LINK = 512
"""Characters of an address behind a button of Discord."""


class SourceLinks:
    """Makes them where the page has a public address, and erases what is kept for them."""

    def __init__(self, settings: Settings, reader: SourceReader, bridge: Bridge) -> None:
        self._settings = settings
        self._reader = reader
        self._bridge = bridge

    async def link(self, shown: ShownCitation, caller: Caller) -> str | None:
        """Return the address at which `caller` reads a quote in its source for a day.

        The version that is quoted is kept as long as answers with an address are. None where there
        is no page, and for a version that is gone already.
        """
        url = self._settings.web_url
        source = await self._reader.source(shown.citation.evidence.source_id)
        if url is None or source is None:
            return None
        try:
            token = await self._bridge.run(self._signed, shown, caller, source)
            if await self._reader.source(source.id) is None:  # removed by now, and purged before
                await self._bridge.run(
                    self._erase, lambda answers: answers.forget(_key(shown, caller))
                )
                return None
        except QuothError as failure:  # a card is shown though there is no link below it
            logger.warning("a link to the reading page was not made: %s", failure)
            return None
        link = f"{url.rstrip('/')}/open/{token}"
        return link if token and len(link) <= LONGEST_LINK else None

    def _signed(self, shown: ShownCitation, caller: Caller, source: Source) -> str | None:
        now, evidence = time.time(), shown.citation.evidence
        with closing(kept_answers_of(self._settings.index)) as answers:
            if source.sha256 != evidence.sha256 and (
                answers.version(evidence.source_id, evidence.sha256) is None
            ):
                return None
            held = KeptAnswer(
                key=_key(shown, caller),
                at=now,
                body="",
                quotes=(evidence,),
                person=caller.user,
                guild=caller.guild,
            )
            answers.keep(held, [source], days=self._settings.web_days)
        inside = shown.citation.highlight
        path = quote_path(evidence)
        if inside:
            path += f"?answer={evidence.start + inside[0]}-{evidence.start + inside[1]}"
        grant = Grant(
            person=caller.user,
            guild=caller.guild,
            channel=caller.channel,
            until=now + LINK_SECONDS,
            path=f"{path}#quote",
        )
        return sign(signing_key_of(self._settings.index), "link", grant)

    async def forget(self, person: int) -> None:
        """Erase what is kept for one person."""
        await self._bridge.run(self._erase, lambda answers: answers.forget_person(person))

    async def erase_server(self, guild: int) -> None:
        """Erase what is kept for the people of one server."""
        await self._bridge.run(self._erase, lambda answers: answers.forget_server(guild))

    def _erase(self, how: Callable[[KeptAnswers], None]) -> None:
        is_shared = self._settings.database_url is not None
        if is_shared or (self._settings.home / ANSWERS_FILE).exists():
            with closing(kept_answers_of(self._settings.index)) as answers:
                how(answers)


def _key(shown: ShownCitation, caller: Caller) -> str:
    """Return what a link is kept under: one for each person and quote."""
    return f"{shown.kept.key}.{shown.number}.{caller.user}"
