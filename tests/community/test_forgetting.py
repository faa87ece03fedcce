"""What `/forget` leaves of a person, table by table, in the real file."""

from __future__ import annotations

import zlib
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bot.bridge import Bridge
from bot.community.built_service import Parts
from bot.community.running_service import open_service
from bot.community.service import Service
from bot.community.store.channel_records import Unit
from bot.community.store.notice_records import Notice
from bot.community.store.records import Gap, Kept
from bot.community.store.records_file import (
    Records,
    add_confirmations,
    create_tables,
    keep_structure,
    open_records,
)
from index.store.sqlite_file import SqliteFile
from tests.doubles.discord.fixtures import (
    PaperAnswerer,
    PaperDocuments,
    citation,
    kept,
    settings_for,
    source,
)

PERSON, WORD = 424242, "zorblax"

FATES = {
    "bot_answers": "go with what was said of them",
    "bot_messages": "go with the answers",
    "bot_turns": "go",
    "bot_ratings": "go: the person's own, and those of the person's answers",
    "bot_gaps": "go: the person's own, and those about the person's questions",
    "bot_notices": "go",
    "bot_confirmations": "the person's own go; of a question there is a keyed hash, no words",
    "bot_team_answers": "lose their question where it is in the words of this person alone",
    "bot_followed": "stay, as the server's; who added the message is forgotten",
    "bot_guilds": "hold roles and channels, no persons",
    "bot_seen": "holds ids of interactions, no persons, for a day",
    "bot_open_answers": "go, with the tokens that would answer them",
    "bot_facts": "the server that the person chose goes; else the key of the hashes and the like",
    "bot_erasures": "holds servers, no persons",
    "bot_channels": "hold servers and moments, no persons",
    "bot_channel_units": "hold days and threads, no persons",
    "bot_channel_authors": "keyed hashes of who wrote, which go when the day is read again",
    "bot_unquoted": "a keyed hash stays: it is what leaves their messages out",
    "bot_asked": "goes; it holds who asked within the last minute, where several bots count",
    "bot_processes": "holds processes, no persons",
    "model_tokens": "today's stay until midnight UTC: a budget is measured by them",
}
"""What becomes of each table; a new one has to say it."""


def everything(records: Records) -> dict[str, str]:
    """Return every table as one text, what is packed in it unpacked."""
    query = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'"
    if records.is_shared:
        query = "SELECT tablename FROM pg_tables WHERE schemaname = 'community'"
    return {
        name: repr(
            [[_plain(cell) for cell in row] for row in records.rows(f"SELECT * FROM {name}")]
        )
        for (name,) in records.rows(query)
        if name != "format"
    }


def _plain(cell: object) -> object:
    return zlib.decompress(cell) if isinstance(cell, bytes) else cell


def given(key: str, asker: int, question: str, *, private: bool = False) -> Kept:
    made = kept(key, asker=asker, question=question, private=private, conversation=f"c-{key}")
    return made.model_copy(update={"place": 10, "open": not private})


async def fill(service: Service, records: Records) -> None:
    paper = source("guild-100", "p.txt", "It is.")
    mine = [
        given("mine", PERSON, f"Where is {WORD}?"),
        given("hidden", PERSON, f"Who has {WORD}?", private=True),
    ]
    theirs = given("theirs", 8, "Where is the rest?")
    for number, one in enumerate((*mine, theirs)):
        await service.memory.keep(one)
        await service.memory.put_on(900 + number, one.key)
        await service.memory.add_turns(one)
        await service.feedback.add_unanswered(one)
        for rater in (PERSON, 8):
            await service.feedback.rate(one, rater, liked=False, reason=f"of {rater}", at=1.0)
        await service.confirmations.add(one, [citation(paper, "It is.")], person=PERSON)
        notice = Notice(
            guild=100, person=one.asker, kind="answered", about="x", text=one.answer.question, at=1
        )
        await service.notices.add(notice)
    now = datetime.now(UTC).date()
    with records.transaction() as write:
        for day in (now, now - timedelta(days=1)):
            write.execute("INSERT INTO model_tokens VALUES (?, ?, 5)", (str(day), str(PERSON)))
        write.execute(
            "INSERT INTO bot_followed VALUES (1, 's', 100, 10, NULL, 'c', 'v', NULL, NULL, ?)",
            (PERSON,),
        )
        write.execute("INSERT INTO bot_asked (person, guild, at) VALUES (?, 100, 1)", (PERSON,))
    unit = Unit(collection="guild-100-channel-10", guild=100, unit="thread-1.md")
    await service.channels.records.want(100, [unit.collection], 1.0)
    await service.channels.records.saw(unit, 1.0, {PERSON, 8})


async def test_no_table_holds_a_word_or_the_id_of_who_was_forgotten(
    tmp_path: Path, records: Records
) -> None:
    documents, bridge = PaperDocuments(), Bridge()
    settings = settings_for(tmp_path / "home")
    parts = Parts(settings, PaperAnswerer(documents), bridge, records, documents)
    async with open_service(parts) as service:
        await fill(service, records)
        before = everything(records)
        assert before.keys() == FATES.keys()
        assert sum(WORD in text for text in before.values()) >= 4
        stands_for = service.feedback.stands_for(PERSON)
        assert await service.forget(PERSON) == 2
        after = everything(records)
    bridge.close()
    tokens = after.pop("model_tokens")
    assert tokens.count(str(PERSON)) == 1
    assert str(datetime.now(UTC).date()) in tokens
    for name, text in after.items():
        assert WORD not in text, name
        assert str(PERSON) not in text, name
        assert stands_for not in text, name
    gaps: tuple[Gap, ...] = await service.feedback.gaps(100)
    assert {gap.question for gap in gaps} == {"Where is the rest?"}
    assert "Where is the rest?" in after["bot_answers"]
    assert service.channels.records.is_unquoted(PERSON)
    assert not service.channels.records.is_unquoted(8)


def as_before(home: Path, *stored: Kept) -> None:
    """Write a file as it was before places were kept, with a gap for each answer."""
    home.mkdir()
    migrations = (create_tables, keep_structure, add_confirmations)
    with closing(SqliteFile(home / "community.sqlite", migrations)) as file:
        for one in stored:
            body = one.model_dump_json(exclude={"place", "open"}).encode()
            with file.transaction() as write:
                write.execute(
                    "INSERT INTO bot_answers VALUES (?, 1.0, ?, ?)",
                    (one.key, one.asker, zlib.compress(body)),
                )
                write.execute(
                    "INSERT INTO bot_turns (conversation, at, person, question, answer) "
                    "VALUES (?, 1.0, ?, 'q', x'00')",
                    (one.conversation, one.asker),
                )
        with file.transaction() as write:
            for key in (*[one.key for one in stored], "gone"):
                write.execute(
                    "INSERT INTO bot_gaps (guild, question, kind, asker, answer, at) "
                    "VALUES (100, ?, 'not_found', 'x', ?, 1.0)",
                    (f"of {key}", key),
                )


async def test_what_was_kept_before_counts_as_closed_and_what_nothing_tells_of_as_private(
    tmp_path: Path,
) -> None:
    as_before(tmp_path / "home", given("open", 7, "?"), given("hidden", 7, "?", private=True))
    with closing(open_records(tmp_path / "home")) as records:
        rows = records.rows("SELECT question, private, open, place FROM bot_gaps ORDER BY id")
        assert rows == [("of open", 0, 0, 10), ("of hidden", 1, 0, 10), ("of gone", 1, 0, None)]
        for table in ("bot_answers", "bot_turns"):
            assert records.rows(f"SELECT DISTINCT guild FROM {table}") == [(100,)]
