"""A conversation on the command line: what was said, and the commands that start with a slash.

Reading lines and interrupting belong to `bot.cli.commands.chat`; this part only turns one line into
the text to print.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bot.answering.citations import source_as_quoted
from bot.answering.earlier_quotes import last_citations
from bot.cli.input_lines import Asked
from bot.cli.source_screens import source_screen, sources_table
from bot.cli.terminal_text import Style
from bot.schema import Answer, Citation, Turn
from index.errors import QuestionError
from index.schema import Span
from index.search.checked_question import checked_question

if TYPE_CHECKING:
    from index.library import Library

MAX_TURNS = 20
"""Turns that are remembered; older ones have no part in a follow-up."""

HELP = """\
Ask a question; a follow-up may refer to what was said before.
/show N   show the quote [N] of the last answer in its place
/sources  list what is indexed
/forget   forget what was said
/help     show this
/quit     leave (so does Ctrl-D); Ctrl-C stops an answer"""


@dataclass
class Chat:
    """One person's conversation."""

    library: Library
    collection: str
    style: Style
    ask: Callable[[Asked], Answer]
    """Answers a question and shows the answer."""
    turns: deque[Turn] = field(default_factory=lambda: deque(maxlen=MAX_TURNS))
    open: bool = True

    def take(self, line: str) -> str:
        """Act on one line and return what is to be printed besides an answer; may be empty.

        Raises QuothError when the line cannot be acted on.
        """
        text = line.strip()
        if text.startswith("/"):
            return self._command(text)
        if text:
            self._ask(checked_question(text))
        return ""

    def _ask(self, question: str) -> None:
        answer = self.ask(Asked(question, tuple(self.turns)))
        self.turns.append(Turn(role="user", text=question))
        self.turns.append(answer.turn)

    def _command(self, text: str) -> str:
        name, _, rest = text[1:].partition(" ")
        actions: dict[str, Callable[[str], str]] = {
            "show": self._show,
            "sources": self._sources,
            "forget": self._forget,
            "help": lambda _: HELP,
            "quit": self._quit,
        }
        if name not in actions:
            raise QuestionError(f"There is no command {'/' + name!r}. /help lists the commands.")
        return actions[name](rest.strip())

    def _show(self, number: str) -> str:
        cited = last_citations(self.turns)
        if not cited:
            raise QuestionError("There is no quote to show yet. Ask something first.")
        for citation in cited:
            if str(citation.marker) == number.strip("[]"):
                return self._in_place(citation)
        numbers = "1" if len(cited) == 1 else f"a number from 1 to {len(cited)}"
        if not number:
            raise QuestionError(f"Say which quote: /show takes {numbers}.")
        raise QuestionError(f"The last answer has no quote {number!r}; /show takes {numbers}.")

    def _in_place(self, citation: Citation) -> str:
        evidence = citation.evidence
        source = source_as_quoted(evidence, self.library.source)
        if source is None:
            return f'{citation.source!r} has changed since. It said: "{citation.quote}"'
        return source_screen(source, Span(start=evidence.start, end=evidence.end), self.style)

    def _sources(self, _: str) -> str:
        found = self.library.sources(self.collection)
        return sources_table(found, self.style) if found else "Nothing is indexed."

    def _forget(self, _: str) -> str:
        self.turns.clear()
        return "Forgotten."

    def _quit(self, _: str) -> str:
        self.open = False
        return ""
