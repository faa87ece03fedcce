from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.answering.generative.claims import MISSING
from bot.app import load_prompts
from bot.errors import PromptError
from bot.schema import NOT_IN_SOURCES
from prompts import SLOTS, PromptFileError, load

SHIPPED = load()


def test_the_shipped_prompts_fill_every_slot() -> None:
    system = SHIPPED.system(not_in_sources=NOT_IN_SOURCES, missing=MISSING)
    answer = SHIPPED.answer(question="Who?", passages="[1.1] He did.")
    condense = SHIPPED.condense(history="user: Hi", question="And who?")
    assert NOT_IN_SOURCES in system
    assert f"`{MISSING}`" in system
    assert "[1.1] He did." in answer
    assert "Who?" in answer
    assert "user: Hi" in condense
    assert "$" not in system + answer + condense


@settings(max_examples=50, deadline=None)
@given(st.text(max_size=200), st.text(max_size=200))
def test_no_document_and_no_question_changes_a_prompt(question: str, passages: str) -> None:
    frame = SHIPPED.answer(question="\0", passages="\1")
    filled = SHIPPED.answer(question=question, passages=passages)
    assert filled == frame.replace("\1", passages, 1).replace("\0", question, 1) or (
        "\0" in passages or "\1" in question
    )


@pytest.mark.parametrize("text", ["{x}", "$y", "${question}", "$$", "{{", "}}", "%s", "$passages"])
def test_braces_and_dollars_in_a_document_stay_as_they_are(text: str) -> None:
    filled = SHIPPED.answer(question="Who?", passages=f"[1.1] {text} is set.")
    assert f"[1.1] {text} is set.\n</passages>" in filled


def test_a_folder_overrides_one_prompt_and_the_rest_stay(tmp_path: Path) -> None:
    (tmp_path / "answer.md").write_text("Q: $question\nP: $passages\n", "utf-8")
    (tmp_path / "README.md").write_text("Our prompts cost $5.", "utf-8")
    prompts = load(tmp_path)
    assert prompts.answer(question="a", passages="b") == "Q: a\nP: b\n"
    assert prompts.condense_template.template == SHIPPED.condense_template.template


@pytest.mark.parametrize(
    ("name", "text", "sentence"),
    [
        ("answer.md", "Q: $question", r"lacks the slot `\$passages`. Add it"),
        ("answer.md", "$question $passages $tone", r"unknown slot `\$tone`.*`\$passages`"),
        ("condense.md", "$history $question costs $5", "stray `\\$`"),
        ("system.md", "Be brief.", r"lacks the slot `\$missing`"),
        ("anwser.md", "$question $passages", "is no prompt. The names are answer.md, condense.md"),
    ],
    ids=["slot lacking", "slot unknown", "stray dollar", "no slots", "misspelt name"],
)
def test_a_prompt_that_cannot_work_is_named(
    tmp_path: Path, name: str, text: str, sentence: str
) -> None:
    (tmp_path / name).write_text(text, "utf-8")
    with pytest.raises(PromptFileError, match=sentence) as caught:
        load(tmp_path)
    assert name in str(caught.value)


def test_a_doubled_dollar_prints_one(tmp_path: Path) -> None:
    (tmp_path / "answer.md").write_text("$$5 $question $passages", "utf-8")
    assert load(tmp_path).answer(question="a", passages="b") == "$5 a b"


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(PromptFileError, match="unset QUOTH_PROMPTS"):
        load(tmp_path / "none")


def test_a_prompt_that_is_no_text_is_named(tmp_path: Path) -> None:
    (tmp_path / "answer.md").write_bytes(b"\xff\xfe$question")
    with pytest.raises(PromptFileError, match="cannot be read"):
        load(tmp_path)


def test_the_bot_sees_a_prompt_error_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "answer.md").write_text("nothing", "utf-8")
    with pytest.raises(PromptError, match="lacks the slot"):
        load_prompts(tmp_path)


def test_every_prompt_has_slots_and_every_slot_a_prompt() -> None:
    templates = (SHIPPED.system_template, SHIPPED.answer_template, SHIPPED.condense_template)
    found = [frozenset(template.get_identifiers()) for template in templates]
    assert found == [SLOTS["system"], SLOTS["answer"], SLOTS["condense"]]
