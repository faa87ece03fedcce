"""What the bot remembers, in a real catalog file."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.community.gap_groups import grouped
from bot.community.rights import GuildRules
from bot.community.store import feedback as feedback_module
from bot.community.store import memory as memory_module
from bot.community.store.feedback import Feedback
from bot.community.store.memory import MAX_TURNS, Memory
from index.store.catalog import Catalog
from tests.doubles.discord.fixtures import citation, kept, source


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[Catalog]:
    opened = Catalog(tmp_path)
    yield opened
    opened.close()


@pytest.fixture
def memory(catalog: Catalog) -> Memory:
    return Memory(catalog)


@pytest.fixture
def feedback(catalog: Catalog) -> Feedback:
    return Feedback(catalog)


def test_an_answer_is_found_again_by_another_process(tmp_path: Path, memory: Memory) -> None:
    paper = source("guild-100", "a.txt", "It is a test.")
    given = kept(citations=(citation(paper, "It is a test."),))
    memory.keep(given)
    memory.put_on(555, given.key)
    later = Catalog(tmp_path)
    assert Memory(later).answer("key") == given
    assert Memory(later).answer_on(555) == given
    assert Memory(later).answer("other") is None
    later.close()


def test_deleting_its_message_forgets_an_answer(memory: Memory) -> None:
    memory.keep(kept("one"))
    memory.keep(kept("two"))
    memory.put_on(1, "one")
    memory.put_on(2, "two")
    memory.forget_messages([1, 99])
    assert memory.answer("one") is None
    assert memory.answer("two") is not None


def test_only_the_newest_answers_are_kept(memory: Memory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory_module, "MAX_ANSWERS", 3)
    for number in range(6):
        memory.keep(kept(f"k{number}"))
    assert [memory.answer(f"k{number}") is not None for number in range(6)] == [False] * 3 + [
        True
    ] * 3


def test_a_conversation_keeps_its_last_turns(memory: Memory) -> None:
    for number in range(MAX_TURNS):
        memory.add_turns(kept(question=f"question {number}"))
    turns = memory.turns("c1", since=0, collections=())
    assert len(turns) == MAX_TURNS
    assert [turn.role for turn in turns[:2]] == ["user", "assistant"]
    assert turns[-2].text == f"question {MAX_TURNS - 1}"


def test_turns_that_rest_on_what_may_no_longer_be_read_are_left_out(memory: Memory) -> None:
    secret = source("guild-100-board", "b.txt", "The code is 4711.")
    memory.add_turns(kept(question="open?"))
    memory.add_turns(kept(question="the code?", citations=(citation(secret, "The code is 4711."),)))
    said = memory.turns("c1", since=0, collections=("guild-100",))
    assert [turn.text for turn in said if turn.role == "user"] == ["open?"]
    assert len(memory.turns("c1", since=0, collections=("guild-100-board",))) == 4


def test_conversations_do_not_mix_and_expire(memory: Memory) -> None:
    day = 86_400.0
    memory.add_turns(kept(conversation="c1", at=1 * day))
    memory.add_turns(kept(conversation="c2", at=9 * day))
    assert len(memory.turns("c1", since=0, collections=())) == 2
    assert memory.turns("c1", since=5 * day, collections=()) == ()
    memory.expire(10 * day, history_days=5)
    assert memory.turns("c1", since=0, collections=()) == ()
    assert len(memory.turns("c2", since=0, collections=())) == 2


def test_forgetting_deletes_everything_of_one_person(memory: Memory, feedback: Feedback) -> None:
    mine, theirs = kept("mine", asker=7), kept("theirs", asker=8, conversation="c1")
    for one in (mine, theirs):
        memory.keep(one)
        memory.add_turns(one)
        feedback.add_gap(one, "not_found", person=one.asker, at=1.0)
        feedback.rate(one, 7, liked=False, reason="no", at=2.0)
    feedback.forget(7)
    assert memory.forget(7) == 1
    assert memory.answer("mine") is None
    assert memory.answer("theirs") is not None
    assert len(memory.turns("c1", since=0, collections=())) == 2
    assert [gap.kind for gap in feedback.gaps(100)] == ["not_found"]
    assert feedback.ratings("theirs") == (0, 0)


def test_everybody_rates_once_and_may_change_their_mind(feedback: Feedback) -> None:
    given = kept()
    feedback.rate(given, 1, liked=False, reason="old", at=1.0)
    feedback.rate(given, 1, liked=False, reason="very old", at=2.0)
    feedback.rate(given, 2, liked=True, reason=None, at=3.0)
    assert feedback.ratings("key") == (1, 1)
    assert [gap.reason for gap in feedback.gaps(100)] == ["very old"]
    feedback.rate(given, 1, liked=True, reason=None, at=4.0)
    assert feedback.ratings("key") == (2, 0)
    assert feedback.gaps(100) == ()


def test_gaps_belong_to_one_server_and_direct_messages_leave_none(feedback: Feedback) -> None:
    feedback.add_gap(kept("a", guild=100), "not_found", person=1, at=1.0)
    feedback.add_gap(kept("b", guild=200), "not_found", person=1, at=1.0)
    feedback.add_gap(kept("c", guild=None), "not_found", person=1, at=1.0)
    assert len(feedback.gaps(100)) == 1
    feedback.close_gaps(200, [gap.id for gap in feedback.gaps(100)])
    assert len(feedback.gaps(100)) == 1
    feedback.close_gaps(100, [gap.id for gap in feedback.gaps(100)])
    assert feedback.gaps(100) == ()
    assert len(feedback.gaps(200)) == 1


def test_gaps_hold_no_name(catalog: Catalog, feedback: Feedback) -> None:
    feedback.add_gap(kept(asker=424242), "not_found", person=424242, at=1.0)
    rows = catalog.connection().execute("SELECT * FROM bot_gaps").fetchall()
    assert "424242" not in repr(rows)


def test_only_the_newest_gaps_of_a_server_are_kept(
    feedback: Feedback, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feedback_module, "MAX_GAPS", 2)
    for number in range(4):
        feedback.add_gap(kept(f"k{number}", question=f"q{number}"), "not_found", person=1, at=1.0)
    assert [gap.question for gap in feedback.gaps(100)] == ["q3", "q2"]


def test_an_interaction_is_new_once_across_threads_and_restarts(
    tmp_path: Path, memory: Memory
) -> None:
    found: list[bool] = []
    threads = [
        threading.Thread(target=lambda: found.append(memory.first_time(1 << 60, 1.0)))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == [False, False, False, True]
    later = Catalog(tmp_path)
    assert not Memory(later).first_time(1 << 60, 2.0)
    assert Memory(later).first_time(2 << 60, 2.0)
    later.close()


def test_remembered_ids_far_apart_do_not_push_each_other_out(memory: Memory) -> None:
    assert memory.first_time(1, 1.0)
    assert memory.first_time(1 << 62, 1.0)
    assert not memory.first_time(1, 1.0)


def test_rules_and_facts_come_back_as_they_were(memory: Memory) -> None:
    rules = GuildRules(guild=100, shared=False, threads=frozenset({1, 2}))
    memory.save_rules(GuildRules(guild=100))
    memory.save_rules(rules)
    assert memory.all_rules() == (rules,)
    assert memory.fact("commands") is None
    memory.set_fact("commands", "abc")
    assert memory.fact("commands") == "abc"


def test_wordings_of_one_question_are_one_group(feedback: Feedback) -> None:
    asked = [
        "How many vacation days do we have?",
        "how many days of vacation do we have",
        "Where is the printer?",
        "Vacation days: how many?",
    ]
    for number, question in enumerate(asked):
        feedback.add_gap(
            kept(f"k{number}", question=question), "not_found", person=number, at=float(number)
        )
    groups = grouped(feedback.gaps(100))
    assert [(group.wording, len(group.gaps)) for group in groups] == [
        ("Vacation days: how many?", 3),
        ("Where is the printer?", 1),
    ]
