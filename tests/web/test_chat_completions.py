"""OpenAI's format, asked by OpenAI's own client over real sockets."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import openai
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from openai.types.chat import ChatCompletionChunk, ChatCompletionMessageParam

from bot.schema import Answer, Citation
from bot.web.api.cited_reply import cited_places, harmless_markdown, reply_text, whole_reply
from tests.doubles.cli_fakes import answer
from tests.doubles.served_api import PacedAnswerer, ServedApi, served_api

QUESTION: ChatCompletionMessageParam = {"role": "user", "content": "What are the prerequisites?"}


@pytest.fixture(scope="module")
def client(api: ServedApi) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=f"{api.url}/v1", api_key=api.token(), max_retries=0) as opened:
        yield opened


def test_openais_client_gets_an_answer_whose_citations_are_where_it_says(
    client: openai.OpenAI,
) -> None:
    told = client.chat.completions.create(
        model="quoth", messages=[{"role": "system", "content": "Answer in rhymes."}, QUESTION]
    )
    message = told.choices[0].message
    assert told.choices[0].finish_reason == "stop"
    assert message.content is not None
    assert message.annotations
    own = (told.model_extra or {})["quoth"]
    assert own["question"] == QUESTION["content"]
    assert len(message.annotations) == len(own["citations"])
    for annotation, citation in zip(message.annotations, own["citations"], strict=True):
        cited = annotation.url_citation
        words = message.content[cited.start_index : cited.end_index]
        assert words == f"{citation['quote']} [{citation['marker']}]"
        assert cited.url.startswith(citation["source"])
        assert cited.title == citation["title"]
    assert told.usage is not None
    assert told.usage.total_tokens > 50
    listed = message.content.partition("\n\nSources:\n")[2].split("\n")
    assert [line[:5] for line in listed] == [f"- [{n + 1}]" for n in range(len(own["citations"]))]


def test_a_stream_grows_to_the_same_answer(client: openai.OpenAI) -> None:
    whole = client.chat.completions.create(model="quoth", messages=[QUESTION])
    chunks = list(
        client.chat.completions.create(
            model="quoth",
            messages=[QUESTION],
            stream=True,
            stream_options={"include_usage": True},
        )
    )
    assert written(chunks) == whole.choices[0].message.content
    annotations = whole.choices[0].message.model_dump()["annotations"]
    assert cited(chunks) == annotations
    assert [c.choices[0].finish_reason for c in chunks if c.choices][-1] == "stop"
    assert chunks[-1].usage == whole.usage
    assert len({chunk.id for chunk in chunks}) == 1


def test_what_was_said_before_becomes_the_history(client: openai.OpenAI) -> None:
    before = client.chat.completions.create(
        model="quoth", messages=[{"role": "user", "content": "Who is Lacroix?"}]
    )
    told = client.chat.completions.create(
        model="quoth/documents",
        messages=[
            {"role": "user", "content": [{"type": "text", "text": "Who is Lacroix?"}]},
            {"role": "assistant", "content": before.choices[0].message.content},
            {"role": "user", "content": "And where?"},
        ],
        temperature=0.3,
        tools=[{"type": "function", "function": {"name": "f", "parameters": {}}}],
    )
    assert "Lacroix" in (told.model_extra or {})["quoth"]["standalone_question"]


def test_the_list_of_sources_of_an_earlier_reply_is_no_part_of_what_was_said(
    api_folder: Path,
) -> None:
    paced = PacedAnswerer(answer)
    paced.let_go()
    said: list[ChatCompletionMessageParam] = []
    for number in range(30):
        said.append({"role": "user", "content": f"Question {number}?"})
        said.append({"role": "assistant", "content": f"Yes [1]\n\nSources:\n- [1] {number}"})
    with (
        served_api(api_folder, answerer=paced) as served,
        openai.OpenAI(base_url=f"{served.url}/v1", api_key=served.token()) as client,
    ):
        client.chat.completions.create(model="quoth", messages=[*said, QUESTION])
    ((question, history, scope, _),) = paced.asked
    assert question == QUESTION["content"]
    assert scope.collections == ("documents",)
    assert [turn.text for turn in history[-2:]] == ["Question 29?", "Yes [1]"]
    assert len(history) == 20


def test_models_are_the_collections_of_the_token(api: ServedApi, client: openai.OpenAI) -> None:
    assert [model.id for model in client.models.list()] == ["quoth", "quoth/documents"]
    with pytest.raises(openai.NotFoundError, match="no collection 'team'"):
        client.chat.completions.create(model="quoth/team", messages=[QUESTION])
    with pytest.raises(openai.NotFoundError, match="no such model"):
        client.chat.completions.create(model="gpt-4o", messages=[QUESTION])
    with (
        openai.OpenAI(base_url=f"{api.url}/v1", api_key="wrong", max_retries=0) as other,
        pytest.raises(openai.AuthenticationError, match="not known"),
    ):
        other.models.list()
    with pytest.raises(openai.UnprocessableEntityError, match="last message"):
        client.chat.completions.create(
            model="quoth", messages=[QUESTION, {"role": "assistant", "content": "None."}]
        )
    with pytest.raises(openai.UnprocessableEntityError, match="question is empty"):
        client.chat.completions.create(model="quoth", messages=[{"role": "user", "content": " "}])


def test_what_a_model_writes_is_sent_as_it_grows(api_folder: Path) -> None:
    final = "You asked: What are the prerequisites?"
    for drafts, expected in (
        (("You", "You asked"), final),
        (("I think",), f"I think\n\n---\n\n{final}"),
    ):
        paced = PacedAnswerer(answer, drafts=drafts)
        paced.let_go()
        with (
            served_api(api_folder, answerer=paced) as served,
            openai.OpenAI(base_url=f"{served.url}/v1", api_key=served.token()) as client,
        ):
            chunks = list(
                client.chat.completions.create(model="quoth", messages=[QUESTION], stream=True)
            )
        assert written(chunks) == expected
        assert len([c for c in chunks if c.choices and c.choices[0].delta.content]) > 1


def test_a_failure_in_the_middle_of_a_stream_reaches_the_client(api_folder: Path) -> None:
    def fail(question: str) -> Answer:
        raise RuntimeError("the drawer jams")

    paced = PacedAnswerer(fail, drafts=("You",))
    paced.let_go()
    with (
        served_api(api_folder, answerer=paced) as served,
        openai.OpenAI(base_url=f"{served.url}/v1", api_key=served.token()) as client,
        pytest.raises(openai.APIError, match="finds why in the log"),
    ):
        list(client.chat.completions.create(model="quoth", messages=[QUESTION], stream=True))


def test_words_of_documents_make_a_page_fetch_nothing_and_keep_their_places() -> None:
    hostile = 'See ![pixel](https://evil.example/x.png) and <img src="//evil.example"> [2].'
    shown = harmless_markdown(hostile)
    assert "![" not in shown
    assert "<img" not in shown.replace("\\<img", "")
    found = cited_answer(hostile, title="A [title](https://evil.example) ![x](y)")
    text = whole_reply(found, lambda citation: None)
    assert "![" not in text
    assert "](https://evil.example)" not in text.replace("\\]", "")
    places = [one.url_citation for one in cited_places(found, lambda citation: None)]
    words = [reply_text(found)[one.start_index : one.end_index] for one in places]
    assert words == [f"{shown} [1]", "[2]", f"{shown} [3]"]


PIECES = [
    "<", ">", "\\", "!", "[", "]", "(x)", "/", "?", "`", "\n", "\n\n", " ", "    ", "a", "=", '"',
    "<img src=//e.example>", "<image>", "<input type=image>", "<table background=x>", "<base>",
    "<!--", "-->", "<![CDATA[", "<?", "<p style='x:url(y)'>", "</p>", "<meta>", "![a](b)",
    "- ", "> ", "![a]", "[a]: //e.example", "<BODY\n", "&lt;",
]  # fmt: skip


@given(st.lists(st.sampled_from(PIECES), max_size=14).map("".join))
@example("\\<img src=//e.example>")
@example("\\\\<img src=//e.example>")
@example("<table background=//e.example>")
@example("<meta http-equiv=refresh content=0;//e.example>")
@example("\\![a](//e.example)")
def test_no_words_of_a_document_become_an_element_or_an_image(words: str) -> None:
    rendered = MarkdownIt("commonmark", {"html": True}).parse(harmless_markdown(words))
    kinds = {each.type for token in rendered for each in (token, *(token.children or ()))}
    assert not kinds & {"html_inline", "html_block", "image"}, rendered


def test_the_list_of_sources_has_no_signs_that_turn_the_direction_of_text() -> None:
    text = whole_reply(cited_answer("It opens at 9.", "a\u202egnp.exe\u2066"), lambda _: None)
    assert "agnp.exe" in text
    assert not set("\u202e\u2066") & set(text)


def cited_answer(quote: str, title: str) -> Answer:
    evidence = {"source_id": "a" * 16, "sha256": "b" * 64, "start": 0, "end": len(quote)}
    citations = [
        Citation.model_validate(
            {
                "marker": marker, "evidence": evidence, "collection": "documents",
                "source": "a.md", "title": title, "quote": quote, "lines": (1, 1),
            }
        )
        for marker in (1, 2, 3)
    ]  # fmt: skip
    parts = [
        {"markers": (1,)},
        {"text": f"It says {quote}", "markers": (2,)},
        {"markers": (3,), "role": "item"},
    ]
    return answer("Why?", parts=parts, citations=citations)


def written(chunks: list[ChatCompletionChunk]) -> str:
    return "".join(c.choices[0].delta.content or "" for c in chunks if c.choices)


def cited(chunks: list[ChatCompletionChunk]) -> object:
    found = [
        json.loads(chunk.model_dump_json())["choices"][0]["delta"].get("annotations")
        for chunk in chunks
        if chunk.choices
    ]
    return next(filter(None, found))
