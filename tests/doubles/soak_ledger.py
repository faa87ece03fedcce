"""What a soak has to hold afterwards: who asked what, what was to be read, and who may read it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

from tests.doubles.discord.hub import Interaction
from tests.doubles.discord.people import Person, Shown, snapshot
from tests.doubles.discord.world import Message, World
from tests.doubles.traces import marked_word, marked_words

SHARED = "shared"
_SYLLABLES = ("ta", "lor", "vik", "mun", "sel", "bra", "dow", "fen", "gri", "hup")

_UNFINISHED = re.compile(
    r"Looking it up|before you …|You are next|as soon as I am back|`[^`]*` \d+ of \d"
)
"""What stands in a message that promises another: drafts, places in the queue, progress."""

State = Literal["there", "gone", "unsure"]


def place_name(number: int) -> str:
    """Return a name that no other number up to 9999 has."""
    return "".join(_SYLLABLES[int(digit)] for digit in f"{number * 7919 % 10_000:04d}").capitalize()


@dataclass
class Paper:
    """A document as it should be in the index: what it says now, and what it said before."""

    uri: str
    owner: str
    """`shared`, or the id of the server that it belongs to."""
    place: str
    word: str
    state: State = "there"
    before: list[str] = field(default_factory=list)
    """Words that it held once and must hold no more."""
    doing: Interaction | None = None
    """What was asked for and is not reported yet, of a document that a manager keeps."""
    wished: State = "there"

    @property
    def sentence(self) -> str:
        """What it says."""
        return sentence_of(self.place, self.word)

    @property
    def question(self) -> str:
        """What it answers."""
        return f"Which badge does the harbour master of {self.place} keep?"


def sentence_of(place: str, word: str) -> str:
    """Return the one sentence of a document."""
    return f"The harbour master of {place} keeps the badge {word}."


@dataclass
class Asked:
    """One thing that somebody waits for."""

    what: str
    person: Person
    used: Interaction | Message
    private: bool = False
    may_be_lost: bool = False
    """Whether the bot never had it: nothing was to be seen of it when the line or process ended."""

    @property
    def id(self) -> int:
        """The id under which the bot writes it down."""
        return int(self.used.id)


class Ledger:
    """Everything asked and written, with who may read each word."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.asked: list[Asked] = []
        self.papers: dict[tuple[str, str], Paper] = {}
        self.sentences: dict[str, str] = {}
        """Every sentence there ever was, by its word."""
        self.owners: dict[str, str] = {}
        """Whose a word is: `shared`, the id of a server, or the id of a person."""
        self.shown: set[str] = set()
        """Words that the bot has ever said to anybody."""
        self._words = 0
        self._checked = 0

    # --- what is written ---------------------------------------------------------------------

    def word(self, owner: str) -> str:
        """Return a new word that belongs to somebody."""
        self._words += 1
        made = marked_word(self._words)
        self.owners[made] = owner
        return made

    def paper(self, owner: str) -> Paper:
        """Return a new document; it is not written yet."""
        word = self.word(owner)
        made = Paper(f"paper-{self._words}.txt", owner, place_name(self._words), word)
        self.papers[owner, made.uri] = made
        self.sentences[word] = made.sentence
        return made

    def reword(self, paper: Paper) -> None:
        """Let a document say something else."""
        paper.before.append(paper.word)
        paper.word = self.word(paper.owner)
        self.sentences[paper.word] = paper.sentence

    def of(self, owner: str, *states: State) -> list[Paper]:
        """Return the documents of an owner that are in one of these states."""
        found = [one for one in self.papers.values() if one.owner == owner]
        return [one for one in found if one.state in states and one.doing is None]

    def gone_words(self) -> set[str]:
        """Return the words of what was removed or overwritten."""
        gone = {word for one in self.papers.values() for word in one.before}
        return gone | {one.word for one in self.papers.values() if one.state == "gone"}

    # --- who waits ---------------------------------------------------------------------------

    def _replies(self) -> dict[str, Message]:
        """Return the last reply of the bot to each message."""
        return {
            message.reply_to.id: message
            for channel in self.world.channels.values()
            for message in channel.messages.values()
            if message.author is self.world.bot and message.reply_to is not None
        }

    def _response(
        self, used: Interaction | Message, replies: Mapping[str, Message]
    ) -> Shown | None:
        if isinstance(used, Message):
            return snapshot(replies[used.id]) if used.id in replies else None
        original, told = used.original, [one for one in used.messages if not one.deleted]
        if original is not None and original.deleted and told:
            return snapshot(told[-1])
        return snapshot(original) if original else None

    def waiting(self) -> Iterator[str]:
        """Yield who is neither answered nor refused nor excused, in words."""
        replies = self._replies()
        for asked in self.asked:
            if why := self._why_waiting(asked, self._response(asked.used, replies)):
                yield f"{asked.person.user.name} waits: {asked.what} ({asked.id}): {why}"

    def _why_waiting(self, asked: Asked, shown: Shown | None) -> str:
        if shown is None:
            if isinstance(asked.used, Interaction) and (asked.used.modal or asked.used.expired):
                # Discord itself tells the person that the application did not respond.
                return "" if asked.used.modal or asked.may_be_lost else "no first response"
            return "" if asked.may_be_lost else "nothing came"
        if shown.message.loading:
            return "is thinking"
        if not shown.text.strip():
            return "an empty message"
        return f"left with {shown.text!r}" if is_unfinished(shown.text) else ""

    def under_way(self) -> Iterator[str]:
        """Yield which documents a keeper was told nothing final of, with what was told."""
        for paper in self.papers.values():
            if paper.doing is not None:
                told = [(one.content, one.deleted) for one in paper.doing.messages]
                yield f"{paper.uri} of {paper.owner} ({paper.doing.id}) is under way: {told}"

    def line_ends(self, written: set[int]) -> None:
        """Note what may be lost: what shows nothing yet and is not written down by the bot."""
        replies = self._replies()
        for asked in self.asked:
            used = asked.used
            responded = isinstance(used, Interaction) and used.response_type is not None
            if not responded and self._response(used, replies) is None:
                late = isinstance(used, Interaction)  # its three seconds are over at the next start
                asked.may_be_lost |= late or asked.id not in written

    def lost(self) -> int:
        """Return how many never reached the bot."""
        replies = self._replies()
        lost = [one for one in self.asked if one.may_be_lost]
        return sum(self._response(one.used, replies) is None for one in lost)

    # --- who reads what ----------------------------------------------------------------------

    def misread(self, people: list[Person]) -> Iterator[str]:
        """Yield what is wrong on the screens since the last look: leaks and false quotes."""
        changed = [
            message
            for channel in list(self.world.channels.values())
            for message in channel.messages.values()
            if message.version > self._checked and message.author is self.world.bot
        ]
        for message in changed:
            shown = snapshot(message)
            words = marked_words(f"{shown.text} {shown.attachments}") & self.owners.keys()
            self.shown |= words
            plain = " ".join(shown.text.replace("**", "").replace("\n> ", " ").split())
            for word in words:
                said = self.sentences.get(word)
                if said is not None and said not in plain:
                    yield f"a quote that is not what the document says: {said!r} in {plain!r}"
                for person in people:
                    if self.world.may_see(person.user, message) and not self._may(person, word):
                        yield f"{person.user.name} sees {word} of {self.owners[word]}: {plain!r}"
        for asked in self.asked:
            if asked.private and isinstance(asked.used, Interaction):
                yield from self._overheard(asked, asked.used, people)
        self._checked = max((one.version for one in changed), default=self._checked)

    def _overheard(self, asked: Asked, used: Interaction, people: list[Person]) -> Iterator[str]:
        for message in [one for one in used.messages if one.version > self._checked]:
            for person in people:
                if person is not asked.person and self.world.may_see(person.user, message):
                    yield f"{person.user.name} sees what {asked.person.user.name} asked privately"

    def _may(self, person: Person, word: str) -> bool:
        owner = self.owners[word]
        guild = self.world.guilds.get(owner)
        return owner in (SHARED, person.id) or (guild is not None and person.id in guild.members)


def is_unfinished(text: str) -> bool:
    """Say whether a message of the bot promises another."""
    return _UNFINISHED.search(text) is not None or text.rstrip().endswith("-# …")
