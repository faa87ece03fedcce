"""Files of questions with known answers, and of documents to ask, one JSON object a line."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

from pydantic import ConfigDict, Field, ValidationError

from bot.conversation.plain_turns import turn_of_text
from bot.schema import Turn
from index.errors import ConfigurationError, QuestionError
from index.schema import LoadedDocument, Value
from index.search.checked_question import checked_question
from index.sync.additions import Addition


class EvalTurn(Value):
    """One message before the question."""

    role: str = Field(description="`user`, or anything else for the assistant.")
    text: str = Field(description="What was said.")


class EvalQuestion(Value):
    """One line of a question file; fields that a set adds are ignored."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    qid: str = Field(description="Name of the question.")
    question: str = Field(description="What is asked.")
    history: tuple[EvalTurn, ...] = Field(default=(), description="What was said before.")
    answers: tuple[str, ...] = Field(default=(), description="Accepted answers.")
    gold_passages: tuple[str, ...] = Field(default=(), description="Passages that answer.")
    gold_doc_ids: tuple[str, ...] = Field(default=(), description="Documents that answer.")
    answerable: bool = Field(default=True, description="Whether the documents answer.")

    @property
    def turns(self) -> tuple[Turn, ...]:
        """The conversation before the question."""
        return tuple(
            turn_of_text("user" if turn.role == "user" else "assistant", turn.text)
            for turn in self.history
        )


def read_questions(path: Path) -> list[EvalQuestion]:
    """Read a question file; raises ConfigurationError that names the first wrong line."""
    found = [_question(line, path, number) for number, line in _lines(path)]
    if not found:
        raise ConfigurationError(f"{str(path)!r} holds no question.")
    return found


def read_documents(file: Path) -> Iterator[Addition]:
    """Read a file of documents, one a line with `doc_id`, `title` and `text`.

    Raises ConfigurationError that names the first wrong line.
    """
    for number, line in _lines(file):
        try:
            given = json.loads(line)
            title = given.get("title") or given["doc_id"]
            document = LoadedDocument(text=given["text"], title=title, mime="text/plain")
            yield Addition(uri=given["doc_id"], document=document)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise ConfigurationError(
                f"Line {number} of {str(file)!r} is no document "
                f'({type(error).__name__}); it needs "doc_id", "title" and "text".'
            ) from error


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    """Yield the lines of a file that hold something, with their numbers."""
    try:
        lines = path.read_text(encoding="utf-8-sig").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{str(path)!r} cannot be read: {_reason(error)}.") from error
    return ((number, line) for number, line in enumerate(lines, start=1) if line.strip())


def append_question(path: Path, question: EvalQuestion) -> None:
    """Append one question to a file, as one line; raises ConfigurationError."""
    line = json.dumps(question.model_dump(mode="json"), ensure_ascii=False) + "\n"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("ab+") as file:
            if file.tell():
                file.seek(-1, os.SEEK_END)
                line = line if file.read() == b"\n" else f"\n{line}"
            file.write(line.encode())
    except OSError as error:
        raise ConfigurationError(f"{str(path)!r} cannot be written: {_reason(error)}.") from error


def _reason(error: OSError | UnicodeDecodeError) -> str:
    """Say why, without the number that the system has for it."""
    return "it is no UTF-8 text" if isinstance(error, ValueError) else error.strerror or str(error)


def _question(line: str, path: Path, number: int) -> EvalQuestion:
    try:
        question = EvalQuestion.model_validate_json(line)
        checked_question(question.question)
    except ValidationError as error:
        first = error.errors()[0]
        reason = " ".join([*map(str, first["loc"]), first["msg"]])
        raise ConfigurationError(
            f"Line {number} of {str(path)!r} is no question: {reason}."
        ) from error
    except QuestionError as error:
        raise ConfigurationError(
            f"Line {number} of {str(path)!r} cannot be asked. {error}"
        ) from error
    return question
