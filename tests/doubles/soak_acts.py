"""What may happen in a soak: what people do, what becomes of files, and what breaks."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import time

from tests.doubles.discord.fixtures import eventually
from tests.doubles.discord.hub import Interaction
from tests.doubles.discord.people import Shown
from tests.doubles.small_disks import filled
from tests.doubles.soak import FEWEST, MOST, Act, Soak
from tests.doubles.soak_ledger import SHARED

LONGEST = 300.0
"""Seconds for one act: twice what an end and a start may take together."""

BURST = 5
"""Questions that are under way when the process ends."""


# --- people ----------------------------------------------------------------------------------


async def ask(soak: Soak) -> str:
    person = soak.chance.choice(soak.people)
    channel = soak.chance.choice(soak.places(person))
    return await soak.slash(person, "ask", channel, question=soak.question())


async def ask_privately(soak: Soak) -> str:
    person = soak.chance.choice(soak.people)
    channel = soak.chance.choice(soak.places(person))
    question = soak.private_question(person)
    return await soak.slash(person, "ask", channel, question=question, private=True)


async def mention(soak: Soak) -> str:
    person = soak.chance.choice(soak.people)
    channel = soak.chance.choice(soak.places(person))
    used = await person.mention(soak.question(), in_=channel)
    return soak.asks("mentions", person, used)


async def write_directly(soak: Soak) -> str:
    person = soak.chance.choice(soak.people)
    used = await person.dm(soak.private_question(person))
    return soak.asks("writes directly", person, used)


def _buttons(soak: Soak, which: str) -> tuple[int, list[Shown]]:
    number = soak.chance.randrange(len(soak.people))
    person = soak.people[number]
    shown = [one for place in soak.places(person) for one in person.screen(place)[-20:]]
    return number, [one for one in shown if which in one.buttons]


async def follow_up(soak: Soak) -> str:
    number, shown = _buttons(soak, "Follow up")
    person = soak.people[number]
    if not shown:
        return await mention(soak)
    answer = soak.chance.choice(shown)
    used = await person.click(answer, "Follow up")
    said = soak.asks("clicks Follow up", person, used)
    await soak.discord.hub.until(
        lambda: used.modal is not None or used.expired or used.original is not None,
        within=60, what=said,
    )  # fmt: skip
    if used.modal is None:
        return said
    form = await person.sees_modal(used)
    private = answer.ephemeral
    question = soak.private_question(person) if private else soak.question()
    submitted = await person.submit(form, {"Your question": question})
    return soak.asks("follows up", person, submitted, private=private)


async def show(soak: Soak) -> str:
    number, shown = _buttons(soak, "Show 1")
    if not shown:
        return await ask(soak)
    person = soak.people[number]
    used = await person.click(soak.chance.choice(shown), "Show 1")
    return soak.asks("clicks Show 1", person, used)


async def look_at_gaps(soak: Soak) -> str:
    guild = soak.chance.choice(soak.guilds)
    keeper = soak.keepers[guild.id]
    channel = next(one for one in soak.places(keeper) if one.guild is guild.guild)
    return await soak.slash(keeper, "gaps", channel)


async def add_source(soak: Soak) -> str:
    owner = soak.chance.choice(soak.guilds).id
    unsure = soak.ledger.of(owner, "unsure")
    if unsure and (len(unsure) == MOST or soak.chance.random() < 0.5):
        return await soak.add(soak.chance.choice(unsure))  # as people are told to
    if len(soak.ledger.of(owner, "there", "unsure")) >= MOST:
        return await soak.remove(soak.chance.choice(soak.ledger.of(owner, "there")))
    paper = soak.ledger.paper(owner)
    paper.state = "unsure"
    return await soak.add(paper)


async def remove_source(soak: Soak) -> str:
    owner = soak.chance.choice(soak.guilds).id
    held = soak.ledger.of(owner, "there")
    return await soak.remove(soak.chance.choice(held)) if held else await add_source(soak)


# --- files -----------------------------------------------------------------------------------


async def edit_file(soak: Soak) -> str:
    paper = soak.chance.choice(soak.ledger.of(SHARED, "there"))
    soak.ledger.reword(paper)
    soak.write(paper)
    return f"{paper.uri} now says {paper.word}"


async def new_file(soak: Soak) -> str:
    if len(soak.ledger.of(SHARED, "there")) >= MOST:
        return await delete_file(soak)
    paper = soak.ledger.paper(SHARED)
    soak.write(paper)
    return f"{paper.uri} is new with {paper.word}"


async def delete_file(soak: Soak) -> str:
    held = soak.ledger.of(SHARED, "there")
    if len(held) <= FEWEST:
        return await new_file(soak)
    paper = soak.chance.choice(held)
    (soak.folder / "documents" / paper.uri).unlink()
    paper.state = "gone"
    return f"{paper.uri} is deleted with {paper.word}"


async def rename_file(soak: Soak) -> str:
    paper = soak.chance.choice(soak.ledger.of(SHARED, "there"))
    before, documents = paper.uri, soak.folder / "documents"
    del soak.ledger.papers[SHARED, before]
    paper.uri = f"moved-{len(soak.trace)}-{before[-12:]}"
    soak.ledger.papers[SHARED, paper.uri] = paper
    (documents / before).rename(documents / paper.uri)
    return f"{before} is now {paper.uri}"


# --- trouble ---------------------------------------------------------------------------------


async def drop(soak: Soak) -> str:
    code = soak.chance.choice([None, 1000, 4000])
    await soak.discord.gateway.drop(code)
    if code == 1000:  # what was written into the line as it was closed may never arrive
        soak.ledger.line_ends(soak.written())
    return f"the line is cut ({code})"


async def drop_for_good(soak: Soak) -> str:
    await soak.discord.gateway.drop(resumable=False)
    return await _session_is_gone(soak, "the line is cut, and the session is gone")


async def invalidate(soak: Soak) -> str:
    await soak.discord.gateway.invalidate()
    return await _session_is_gone(soak, "the session is invalid")


async def _session_is_gone(soak: Soak, why: str) -> str:
    """Note what may be lost with it, and go on once there is another."""
    soak.ledger.line_ends(soak.written())
    soak.note(why)
    if soak.chance.random() < 0.5:
        soak.note(await soak.chance.choice([ask, mention, write_directly])(soak))
    await soak.connected()
    return "there is another session"


async def reconnect(soak: Soak) -> str:
    await soak.discord.gateway.reconnect()
    return "Discord asks for another line"


async def fail(soak: Soak) -> str:
    pattern = soak.chance.choice(
        ["PATCH /webhooks/*", "POST /channels/*/messages", "PATCH /channels/*/messages/*"]
    )
    status = soak.chance.choice([500, 502, 0])
    soak.discord.fail(pattern, status=status)
    return f"the next {pattern} fails with {status}"


async def throttle(soak: Soak) -> str:
    """Have an answer wait; Discord counts the responses to each interaction on their own."""
    said = await ask(soak)
    used = soak.ledger.asked[-1].used
    assert isinstance(used, Interaction)
    wait = soak.chance.choice([0.3, 1.0, 3.0])
    soak.discord.throttle("PATCH", f"/webhooks/*/{used.token}/*", retry_after=wait)
    return f"{said}, and its answer is throttled for {wait} s"


async def _burst(soak: Soak) -> None:
    for act in soak.chance.sample([ask, ask_privately, mention, write_directly, add_source], BURST):
        soak.note(await act(soak))
    await asyncio.sleep(soak.chance.random() * 0.1)
    with contextlib.suppress(TimeoutError):  # the end shall come while somebody waits
        await eventually(soak.written, within=5)


async def _ended(soak: Soak, how: signal.Signals) -> str:
    await soak.connected()
    await _burst(soak)
    await soak.end(how)
    soak.note(f"{how.name}; {len(list(soak.ledger.waiting()))} wait")
    if soak.chance.random() < 0.5:
        soak.note(await soak.chance.choice([mention, write_directly])(soak))
    await soak.start()
    return "the bot is started again"


async def kill(soak: Soak) -> str:
    return await _ended(soak, signal.SIGKILL)


async def stop(soak: Soak) -> str:
    return await _ended(soak, signal.SIGTERM)


async def fill_disk(soak: Soak) -> str:
    """Leave no room on the disk of the home for a while, in which people go on."""
    if not soak.small:
        return "no disk of its own to fill"
    with filled(soak.home):
        soak.note("the disk is full")
        for act in soak.chance.choices([ask, mention, add_source, remove_source, edit_file], k=4):
            soak.note(await act(soak))
            await asyncio.sleep(soak.chance.random())
    return "there is room on the disk again"


USES: tuple[Act, ...] = (
    ask, ask, ask_privately, ask_privately, mention, mention, write_directly, follow_up, show,
    look_at_gaps, add_source, add_source, remove_source,
)  # fmt: skip
FILES: tuple[Act, ...] = (edit_file, edit_file, new_file, delete_file, rename_file)
LINES: tuple[Act, ...] = (drop, drop, drop_for_good, invalidate, reconnect, fail, fail, throttle)
ENDS: tuple[Act, ...] = (kill, stop)
DISKS: tuple[Act, ...] = (fill_disk,)


async def do(soak: Soak, act: Act) -> None:
    """Do one thing, write it down, and look at every screen."""
    said = await soak.within(LONGEST, act(soak))
    soak.note(said)
    soak.look(said)
    soak.measure()


async def soak_for(soak: Soak, seconds: float, *, ends: bool) -> None:
    """Let things happen for a while, with or without an end of the process now and then."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        kinds = (USES, FILES, LINES, ENDS if ends else USES, DISKS)
        (kind,) = soak.chance.choices(kinds, weights=(66, 15, 13, 4, 2))
        await do(soak, soak.chance.choice(kind))
        await asyncio.sleep(soak.chance.random() * 2)
