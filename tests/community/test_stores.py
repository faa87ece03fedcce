"""What the bot remembers, in a real file."""

from __future__ import annotations

import asyncio
from contextlib import closing
from pathlib import Path

import pytest

from bot.community.gap_groups import grouped
from bot.community.rights import GuildRules
from bot.community.store import confirmations as confirmations_module
from bot.community.store import feedback as feedback_module
from bot.community.store import memory as memory_module
from bot.community.store.confirmations import Confirmations
from bot.community.store.feedback import Feedback
from bot.community.store.memory import MAX_TURNS, Memory
from bot.community.store.open_answers import OpenAnswer, OpenAnswers
from bot.community.store.records import Kept, TeamAnswer
from bot.community.store.records_file import Records, open_records
from bot.community.store.team_answer_records import TeamAnswerRecords
from bot.schema import Citation
from tests.community.conftest import OpenAgain
from tests.doubles.discord.fixtures import citation, kept, source
from tests.doubles.record_place import RecordPlace
from tests.doubles.traces import marked_word, traces

PEACE = source("guild-100", "peace.txt", "It ends. It began. It paused.")
ENDS, BEGAN = (citation(PEACE, quote) for quote in ("It ends.", "It began."))
SECRET = citation(source("guild-100-board", "b.txt", "The code is 4711."), "The code is 4711.")


@pytest.fixture
def memory(records: Records) -> Memory:
    return Memory(records)


@pytest.fixture
def feedback(records: Records) -> Feedback:
    return Feedback(records)


@pytest.fixture
def confirmations(records: Records) -> Confirmations:
    return Confirmations(records)


def team_answer(text: str) -> TeamAnswer:
    return TeamAnswer(
        guild=100,
        collection="guild-100",
        name="team-answer-1.txt",
        source="s1",
        question="When is it quiet?",
        text=text,
        author="Ada",
        at=1.0,
        rests_on=(),
    )


def asked(question: str, *citations: Citation, guild: int = 100) -> Kept:
    return kept(question=question, guild=guild, citations=citations, status="unsure")


async def confirmed(
    confirmations: Confirmations,
    question: str,
    *,
    guild: int = 100,
    collections: tuple[str, ...] = ("guild-100",),
) -> set[Citation]:
    """Return which of the three quotes are confirmed for a question."""
    found = await confirmations.of(guild, question, collections)
    return {one for one in (ENDS, BEGAN, SECRET) if one.evidence in found}


async def test_an_answer_is_found_again_by_another_process(
    open_again: OpenAgain, memory: Memory
) -> None:
    paper = source("guild-100", "a.txt", "It is a test.")
    given = kept(citations=(citation(paper, "It is a test."),))
    await memory.keep(given)
    await memory.put_on(555, given.key)
    later = open_again()
    assert await Memory(later).answer("key") == given
    assert await Memory(later).answer_on(555) == given
    assert await Memory(later).answer("other") is None


async def test_deleting_its_message_forgets_an_answer(memory: Memory) -> None:
    await memory.keep(kept("one"))
    await memory.keep(kept("two"))
    await memory.put_on(1, "one")
    await memory.put_on(2, "two")
    await memory.forget_messages([1, 99])
    assert await memory.answer("one") is None
    assert await memory.answer("two") is not None


async def test_only_the_newest_answers_are_kept(
    memory: Memory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(memory_module, "MAX_ANSWERS", 3)
    for number in range(6):
        await memory.keep(kept(f"k{number}"))
    assert [await memory.answer(f"k{number}") is not None for number in range(6)] == [False] * 3 + [
        True
    ] * 3


async def test_a_conversation_keeps_its_last_turns(memory: Memory) -> None:
    for number in range(MAX_TURNS):
        await memory.add_turns(kept(question=f"question {number}"))
    turns = await memory.turns("c1", since=0, collections=())
    assert len(turns) == MAX_TURNS
    assert [turn.role for turn in turns[:2]] == ["user", "assistant"]
    assert turns[-2].text == f"question {MAX_TURNS - 1}"


async def test_turns_that_rest_on_what_may_no_longer_be_read_are_left_out(memory: Memory) -> None:
    secret = source("guild-100-board", "b.txt", "The code is 4711.")
    await memory.add_turns(kept(question="open?"))
    await memory.add_turns(
        kept(question="the code?", citations=(citation(secret, "The code is 4711."),))
    )
    said = await memory.turns("c1", since=0, collections=("guild-100",))
    assert [turn.text for turn in said if turn.role == "user"] == ["open?"]
    assert len(await memory.turns("c1", since=0, collections=("guild-100-board",))) == 4


async def test_conversations_do_not_mix_and_expire(memory: Memory) -> None:
    day = 86_400.0
    await memory.add_turns(kept(conversation="c1", at=1 * day))
    await memory.add_turns(kept(conversation="c2", at=9 * day))
    assert len(await memory.turns("c1", since=0, collections=())) == 2
    assert await memory.turns("c1", since=5 * day, collections=()) == ()
    await memory.expire(10 * day, history_days=5)
    assert await memory.turns("c1", since=0, collections=()) == ()
    assert len(await memory.turns("c2", since=0, collections=())) == 2


async def test_forgetting_deletes_everything_of_one_person(
    memory: Memory, feedback: Feedback
) -> None:
    mine, theirs = kept("mine", asker=7), kept("theirs", asker=8, conversation="c1")
    for one in (mine, theirs):
        await memory.keep(one)
        await memory.add_turns(one)
        await feedback.add_unanswered(one)
        await feedback.rate(one, 7, liked=False, reason="no", at=2.0)
    await feedback.forget(7)
    assert await memory.forget(7) == 1
    assert await memory.answer("mine") is None
    assert await memory.answer("theirs") is not None
    assert len(await memory.turns("c1", since=0, collections=())) == 2
    assert [gap.kind for gap in await feedback.gaps(100)] == ["not_found"]
    assert await feedback.ratings("theirs") == (0, 0)


async def test_what_is_forgotten_is_in_no_file_any_more(
    place: RecordPlace, memory: Memory, feedback: Feedback
) -> None:
    secret = "a question that nobody else may read"
    for one in (kept("one", question=secret), kept("two", question=f"{secret} either")):
        await memory.keep(one)
        await memory.add_turns(one)
        await feedback.add_unanswered(one)
    await memory.put_on(5, "two")

    def holding() -> list[str]:
        return sorted(
            path.name for path in place.files().iterdir() if secret.encode() in path.read_bytes()
        )

    assert holding()
    await memory.forget_messages([5])
    await feedback.forget(7)
    await memory.forget(7)
    assert holding() == []


async def test_what_is_forgotten_is_in_no_older_copy_of_the_file(tmp_path: Path) -> None:
    copy = tmp_path / "community.sqlite.before-2"
    copy.write_text("an older copy")
    with closing(open_records(tmp_path)) as records:
        await Memory(records).keep(kept("one"))
        await Memory(records).forget(7)
    assert not copy.exists()


async def test_a_deleted_answer_and_what_was_said_with_it_are_in_no_file_any_more(
    place: RecordPlace, memory: Memory
) -> None:
    for key, message in (("one", 5), ("two", 6)):
        given = kept(key, question=f"What of {marked_word(message)}?", at=float(message))
        await memory.keep(given)
        await memory.add_turns(given)
        await memory.put_on(message, key)
    await memory.forget_messages([5])
    assert len(await memory.turns("c1", since=0, collections=())) == 2
    assert traces(place.files(), but=[marked_word(6)]) == {}


async def test_what_is_closed_replaced_or_over_is_in_no_file_any_more(
    place: RecordPlace, memory: Memory, feedback: Feedback, records: Records
) -> None:
    answers = TeamAnswerRecords(records)
    given = kept("one", question=f"What of {marked_word(1)}?", at=1.0)
    await memory.add_turns(given)
    await feedback.add_unanswered(given)
    await feedback.rate(given, 7, liked=False, reason=f"No, {marked_word(4)}.", at=2.0)
    held = await answers.put(team_answer(text=f"Nothing but {marked_word(2)}."))
    await answers.put(team_answer(text=f"Not only {marked_word(3)}."))
    assert len(traces(place.files())) >= 1
    await memory.expire(1e10, history_days=1)
    await feedback.forget(7)
    await feedback.close_gaps(100, [gap.id for gap in await feedback.gaps(100)])
    assert traces(place.files(), but=[marked_word(3)]) == {}
    await answers.drop(held.id)
    assert traces(place.files()) == {}


async def test_everybody_rates_once_and_may_change_their_mind(feedback: Feedback) -> None:
    given = kept()
    await feedback.rate(given, 1, liked=False, reason="old", at=1.0)
    await feedback.rate(given, 1, liked=False, reason="very old", at=2.0)
    await feedback.rate(given, 2, liked=True, reason=None, at=3.0)
    assert await feedback.ratings("key") == (1, 1)
    assert [gap.reason for gap in await feedback.gaps(100)] == ["very old"]
    await feedback.rate(given, 1, liked=True, reason=None, at=4.0)
    assert await feedback.ratings("key") == (2, 0)
    assert await feedback.gaps(100) == ()


async def test_gaps_belong_to_one_server_and_direct_messages_leave_none(feedback: Feedback) -> None:
    await feedback.add_unanswered(kept("a", guild=100))
    await feedback.add_unanswered(kept("b", guild=200))
    await feedback.add_unanswered(kept("c", guild=None))
    assert len(await feedback.gaps(100)) == 1
    await feedback.close_gaps(200, [gap.id for gap in await feedback.gaps(100)])
    assert len(await feedback.gaps(100)) == 1
    await feedback.close_gaps(100, [gap.id for gap in await feedback.gaps(100)])
    assert await feedback.gaps(100) == ()
    assert len(await feedback.gaps(200)) == 1


async def test_private_gaps_take_no_place_from_the_others_and_hold_no_name(
    records: Records, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feedback_module, "MAX_GAPS", 2)
    feedback = Feedback(records, names=True)
    for number in range(3):
        await feedback.add_unanswered(kept(f"open {number}", asker=7))
        await feedback.add_unanswered(kept(f"hidden {number}", asker=7, private=True))
    found = [(gap.answer, gap.person) for gap in await feedback.gaps(100)]
    assert found == [("hidden 2", None), ("open 2", 7), ("hidden 1", None), ("open 1", 7)]


async def test_gaps_hold_no_name(records: Records, feedback: Feedback) -> None:
    await feedback.add_unanswered(kept(asker=424242))
    rows = records.rows("SELECT * FROM bot_gaps")
    assert "424242" not in repr(rows)


async def test_only_the_newest_gaps_of_a_server_are_kept(
    feedback: Feedback, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feedback_module, "MAX_GAPS", 2)
    for number in range(4):
        await feedback.add_unanswered(kept(f"k{number}", question=f"q{number}"))
    assert [gap.question for gap in await feedback.gaps(100)] == ["q3", "q2"]


async def test_what_a_member_confirmed_is_known_by_the_words_of_the_question(
    confirmations: Confirmations,
) -> None:
    await confirmations.add(asked("When does it end?"), [ENDS], person=7)
    await confirmations.add(asked("When did it begin?"), [BEGAN], person=7)
    assert await confirmed(confirmations, "when does  it end") == {ENDS}
    assert await confirmed(confirmations, "When did it begin?") == {BEGAN}
    assert await confirmed(confirmations, "When does it start?") == set()


async def test_a_confirmation_stays_in_its_server_and_in_its_collections(
    confirmations: Confirmations,
) -> None:
    await confirmations.add(asked("When?"), [ENDS, SECRET], person=7)
    assert await confirmed(confirmations, "When?", guild=200) == set()
    assert await confirmed(confirmations, "When?") == {ENDS}
    board = ("guild-100", "guild-100-board")
    assert await confirmed(confirmations, "When?", collections=board) == {ENDS, SECRET}


async def test_whoever_doubts_a_confirmed_quote_takes_it_back_for_all(
    confirmations: Confirmations,
) -> None:
    for person in (7, 8):
        await confirmations.add(asked("When?"), [ENDS, BEGAN], person=person)
    await confirmations.add(asked("When?", guild=200), [ENDS], person=7)
    await confirmations.add(asked("Until when?"), [ENDS], person=7)
    await confirmations.withdraw(asked("when?", ENDS))
    assert await confirmed(confirmations, "When?") == {BEGAN}
    assert await confirmed(confirmations, "When?", guild=200) == {ENDS}
    assert await confirmed(confirmations, "Until when?") == {ENDS}


async def test_forgetting_a_person_leaves_what_others_confirmed(
    confirmations: Confirmations,
) -> None:
    await confirmations.add(asked("When?"), [ENDS, BEGAN], person=7)
    await confirmations.add(asked("When?"), [BEGAN], person=8)
    await confirmations.forget(7)
    assert await confirmed(confirmations, "When?") == {BEGAN}


async def test_confirmations_hold_neither_names_nor_words(
    records: Records, confirmations: Confirmations
) -> None:
    await confirmations.add(asked("When does it end?"), [ENDS], person=424242)
    rows = repr(records.rows("SELECT * FROM bot_confirmations")).casefold()
    for word in ("424242", "when", "ends"):
        assert word not in rows


async def test_only_the_newest_confirmations_of_a_server_are_kept(
    confirmations: Confirmations, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(confirmations_module, "MAX_CONFIRMATIONS", 2)
    await confirmations.add(asked("When?", guild=200), [ENDS], person=7)
    for number in range(3):
        await confirmations.add(asked(f"When {number}?"), [ENDS], person=7)
    await confirmations.add(asked("When 1?"), [ENDS], person=7)
    await confirmations.add(asked("When 3?"), [ENDS], person=7)
    known = [await confirmed(confirmations, f"When {number}?") for number in range(4)]
    assert known == [set(), {ENDS}, set(), {ENDS}]
    assert await confirmed(confirmations, "When?", guild=200) == {ENDS}


async def test_the_gap_of_one_answer_is_closed_and_no_complaint(feedback: Feedback) -> None:
    for key in ("one", "two"):
        await feedback.add_unanswered(kept(key, status="unsure"))
    await feedback.rate(kept("one"), 8, liked=False, reason=None, at=1.0)
    await feedback.close_unanswered(kept("one", guild=200))
    assert len(await feedback.gaps(100)) == 3
    await feedback.close_unanswered(kept("one"))
    left = {(gap.answer, gap.kind) for gap in await feedback.gaps(100)}
    assert left == {("one", "disliked"), ("two", "not_found")}


async def test_an_interaction_is_new_once_across_processes_and_restarts(
    open_again: OpenAgain, memory: Memory
) -> None:
    later = open_again()
    asked = [one.first_time(1 << 60, 1.0) for one in (memory, Memory(later)) * 2]
    assert sorted(await asyncio.gather(*asked)) == [False, False, False, True]
    assert not await Memory(later).first_time(1 << 60, 2.0)
    assert await Memory(later).first_time(2 << 60, 2.0)


async def test_remembered_ids_far_apart_do_not_push_each_other_out(memory: Memory) -> None:
    assert await memory.first_time(1, 1.0)
    assert await memory.first_time(1 << 62, 1.0)
    assert not await memory.first_time(1, 1.0)


async def test_rules_and_facts_come_back_as_they_were(memory: Memory) -> None:
    rules = GuildRules(guild=100, shared=False, threads=frozenset({1, 2}))
    await memory.change_rules(100, lambda held: held)
    await memory.change_rules(100, lambda held: rules)
    assert await memory.all_rules() == (rules,)
    assert await memory.fact("commands") is None
    await memory.set_fact("commands", "abc")
    assert await memory.fact("commands") == "abc"


async def test_wordings_of_one_question_are_one_group(feedback: Feedback) -> None:
    asked = [
        "How many vacation days do we have?",
        "how many days of vacation do we have",
        "Where is the printer?",
        "Vacation days: how many?",
    ]
    for number, question in enumerate(asked):
        await feedback.add_unanswered(
            kept(f"k{number}", question=question, asker=number, at=float(number))
        )
    groups = grouped(await feedback.gaps(100))
    assert [(group.wording, len(group.gaps)) for group in groups] == [
        ("Vacation days: how many?", 3),
        ("Where is the printer?", 1),
    ]


# --- what somebody waits for -----------------------------------------------------------------


def promise(id: int, *, person: int = 7) -> OpenAnswer:
    return OpenAnswer(
        id=id, at=1.0, person=person, guild=100, channel=10, private=True, token=f"token-{id}",
        text="What is the secret?",
    )  # fmt: skip


def bytes_of(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.glob("*"))


async def test_what_is_promised_is_kept_until_it_is_told(
    records: Records, place: RecordPlace
) -> None:
    open_answers = OpenAnswers(records)
    assert await open_answers.begin(promise(2))
    assert await open_answers.begin(promise(1))
    assert not await open_answers.begin(promise(1))
    await open_answers.detail(2, shown=99)
    assert await open_answers.all() == (
        promise(1),
        promise(2).model_copy(update={"shown": 99}),
    )
    assert b"token-1" in bytes_of(place.files())
    for id in (1, 2):
        await open_answers.strike(id)
    assert await open_answers.all() == ()
    assert b"token-" not in bytes_of(place.files())


async def test_what_was_told_is_not_promised_again(records: Records) -> None:
    open_answers = OpenAnswers(records)
    await open_answers.begin(promise(1))
    await open_answers.strike(1)
    assert not await open_answers.begin(promise(1))
    await open_answers.detail(1, shown=99)
    assert await open_answers.all() == ()


async def test_what_a_person_waits_for_is_forgotten_with_the_person(records: Records) -> None:
    open_answers = OpenAnswers(records)
    await open_answers.begin(promise(1))
    await open_answers.begin(promise(2, person=8))
    await open_answers.forget(7)
    assert [one.id for one in await open_answers.all()] == [2]
