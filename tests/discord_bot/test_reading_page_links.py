"""Links from a card to the reading page: signed for one person, whose rights are asked anew."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import pytest

from bot.community.collection_names import collection_name, default_collection
from bot.community.rights import CollectionRule, Limit
from bot.discord_bot.member_rights import MemberRights
from bot.discord_bot.views import READ
from bot.permalinks import quote_path
from bot.signed_links import LINK_SECONDS, Grant, signed_grant
from bot.signing_key import signing_key
from index.config import SHARED_COLLECTION
from index.schema import Source
from index.store.kept_answers import open_kept_answers
from tests.doubles.discord.fixtures import Stage, citation, source, staged
from tests.doubles.discord.server import Person, Shown

URL = "https://docs.example.org/"
QUOTE = "A ceasefire agreement must be in place."
PAPER = source(SHARED_COLLECTION, "plan.md", QUOTE, title="A plan")


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    async with staged(tmp_path / "home", QUOTH_WEB_URL=URL) as made:
        made.documents.put(PAPER)
        yield made


def link_on(card: Shown) -> str:
    """Return the address behind the button that leads to the page."""
    address = str(card.component(READ)["url"])
    assert len(address) <= 512
    return address


async def grant_of(stage: Stage, person: Person, shown: Shown) -> Grant:
    """Open the card of the first citation, and return what its link grants."""
    card = await person.sees(QUOTE, to=await person.click(shown, "Show 1"))
    address = re.fullmatch(r"https://docs\.example\.org/open/(\S+)", link_on(card))
    assert address is not None
    key = await asyncio.to_thread(signing_key, stage.parts.settings.home)
    grant = signed_grant(key, "link", address[1], now=time.time())
    assert grant is not None
    assert signed_grant(key, "link", address[1], now=time.time() + LINK_SECONDS) is None
    assert signed_grant(key, "session", address[1], now=time.time()) is None
    return grant


async def kept_version(stage: Stage) -> Source | None:
    """Return the version of the paper that is kept for links."""

    def read() -> Source | None:
        with closing(open_kept_answers(stage.parts.settings.home)) as answers:
            return answers.version(PAPER.id, PAPER.sha256[:16])

    return await asyncio.to_thread(read)


async def test_a_card_links_to_its_quote_for_the_one_who_opened_it(stage: Stage) -> None:
    acme = stage.discord.guild("Acme")
    general, ann, ben = acme.text("general"), acme.member("Ann"), acme.member("Ben")
    await stage.start()
    used = await ann.slash("ask", question="Which ceasefire conditions are there?", in_=general)
    shown = await ann.sees(QUOTE, to=used)
    for person in (ann, ben):
        grant = await grant_of(stage, person, shown)
        assert (grant.person, grant.guild) == (int(person.id), int(acme.id))
        assert grant.channel == int(general.id)
        assert grant.path == f"{quote_path(citation(PAPER, QUOTE).evidence)}#quote"
    stage.documents.put(PAPER.model_copy(update={"text": "Other.", "sha256": "7" * 64}))
    assert await kept_version(stage) == PAPER
    await stage.service.forget(int(ann.id))
    assert await kept_version(stage) == PAPER, "Ben's link needs it still"
    await stage.service.links.erase_server(int(acme.id))
    assert await kept_version(stage) is None


async def test_what_a_member_may_read_is_what_discord_says_at_that_moment(stage: Stage) -> None:
    acme = stage.discord.guild("Acme")
    staff = acme.role("staff")
    general, room = acme.text("general"), acme.text("room", only=[staff])
    sam, stranger = acme.member("Sam", staff), stage.discord.stranger("Sue")
    await stage.start()
    guild = int(acme.id)
    board = CollectionRule(
        name=collection_name(guild, "board"),
        label="board",
        roles=Limit().with_allowed(int(staff.id)),
    )
    rules = stage.service.rules
    await rules.change(guild, lambda held: held.with_rule(board))
    assert stage.bot is not None
    rights = MemberRights(stage.bot)

    async def may(person: Person, channel: str) -> set[str]:
        return set(await rights.collections(int(person.id), guild, int(channel)))

    everyones = {SHARED_COLLECTION, default_collection(guild)}
    assert await may(sam, general.id) == {*everyones, board.name}
    here = board.model_copy(update={"channels": Limit().with_allowed(int(room.id))})
    await rules.change(guild, lambda held: held.with_rule(here))
    assert await may(sam, room.id) == {*everyones, board.name}
    assert await may(sam, general.id) == everyones
    acme.revoke(sam, staff)
    assert await may(sam, room.id) == everyones, "without the role, neither room nor board"
    assert await may(stranger, general.id) == set()
    acme.leave(sam)
    assert await may(sam, general.id) == set()
    assert await rights.collections(int(sam.id), guild + 1, int(general.id)) == ()
    direct = await rights.collections(int(stranger.id), None, 1)
    assert direct == (SHARED_COLLECTION,)
