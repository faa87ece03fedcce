"""Under which question, and in which collection, the answer to a gap is published. Pure."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from bot.community.confirmed_answers import wording
from bot.community.gap_groups import GapGroup
from bot.community.rights import CollectionRule, GuildRules
from bot.community.server_rules import NotAvailableError
from bot.community.store.records import Basis, TeamAnswer

OWN_WORDS = (
    "This was asked where not everyone here reads, so its words stay there. Write the question in "
    "your own words."
)


def home_of(rules: GuildRules, rests_on: Sequence[Basis]) -> CollectionRule:
    """Return the collection of what an answer rests on, a limited one first, or the default one."""
    own = {rule.name: rule for rule in rules.collections}
    found = [own[basis.collection] for basis in rests_on if basis.collection in own]
    limited = [rule for rule in found if rule.limited]
    return next(iter([*limited, *found]), rules.collections[0])


def published_question(question: str, group: GapGroup) -> str:
    """Return the question that an answer is published under; raises NotAvailableError.

    The words of a place where not everyone reads are published nowhere.
    """
    words = " ".join(question.split())
    if group.open:
        return words or group.wording
    known = {wording(gap.question) for gap in group.gaps}
    if not words or wording(words) in known:
        raise NotAvailableError(OWN_WORDS)
    return words


def askers_in_words(group: GapGroup, question: str) -> tuple[str, ...]:
    """Return what stands for those of a group who asked in just these words."""
    same = (gap.questioner for gap in group.gaps if wording(gap.question) == wording(question))
    return tuple(dict.fromkeys(filter(None, same)))


def is_in_words_of(held: TeamAnswer, asker: str, questions: Collection[str]) -> bool:
    """Say whether a team answer is called by the words of an asker, who asked `questions`."""
    if held.asked_by is not None:
        return asker in held.asked_by
    own = wording(held.question)
    return bool(own) and own in map(wording, questions)
