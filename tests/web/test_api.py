"""The HTTP API over real sockets: what it answers, whom it lets in, and how it refuses."""

from __future__ import annotations

import html
import json
import logging
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from bot.cli.program_routes import program_routes
from bot.json_shapes.answer_shapes import AnswerShape
from bot.schema import Citation
from bot.web.api.api_routes import api_operations, api_routes
from bot.web.api.question_calls import LONGEST_TEXT, MOST_TURNS
from bot.web.api.question_room import QuestionRoom
from bot.web.api.read_request import LONGEST_BODY
from bot.web.application import application
from tests.doubles.cli_fakes import answer, run
from tests.doubles.served_api import PacedAnswerer, ServedApi, served_api

QUESTION = "What are the prerequisites?"


@pytest.fixture(scope="module")
def client(api: ServedApi) -> Iterator[httpx.Client]:
    with api.client() as opened:
        yield opened


def refusal(response: httpx.Response) -> str:
    """Return what a refusal says, its form checked."""
    assert response.headers["content-type"] == "application/problem+json"
    told = response.json()
    assert told["status"] == response.status_code
    assert set(told) == {"type", "title", "status", "detail"}
    assert "Traceback" not in response.text
    return str(told["detail"])


def test_a_question_is_answered_as_on_the_command_line(
    api: ServedApi, client: httpx.Client, api_folder: Path
) -> None:
    told = client.post("/api/ask", json={"question": QUESTION}).json()
    printed = json.loads(run(api_folder, "ask", QUESTION, "--json").stdout)
    assert told["status"] == "answered"
    for one in (told, printed):
        one.pop("id"), one.pop("timings_ms")
    assert told == printed
    first = told["citations"][0]
    shown = client.get(
        f"/api/sources/{first['source']}", params={"start": first["start"], "end": first["end"]}
    ).json()
    assert (shown["text"], shown["version"]) == (first["quote"], first["version"])


def test_an_answer_that_is_to_be_kept_gets_an_address(client: httpx.Client) -> None:
    asked = {"question": QUESTION, "keep": True}
    kept = client.post("/api/ask", json=asked).json()
    streamed = client.post("/api/ask", json=asked, headers={"Accept": "text/event-stream"}).text
    (told,) = (line[6:] for line in streamed.splitlines() if line.startswith("data: "))
    assert "link" not in client.post("/api/ask", json={"question": QUESTION}).json()
    for one in (kept, json.loads(told)):
        page = client.get(httpx.URL(one["link"]).path)
        assert page.status_code == 200
        assert QUESTION in html.unescape(page.text)


def test_the_history_makes_a_follow_up_stand_alone(client: httpx.Client) -> None:
    history = [
        {"role": "user", "text": "Who is Lacroix?"},
        {"role": "assistant", "text": "A French diplomat [1]"},
    ]
    told = client.post("/api/ask", json={"question": "And where?", "history": history}).json()
    assert "Lacroix" in told["standalone_question"]


def test_passages_are_found_by_both_methods(client: httpx.Client, api_folder: Path) -> None:
    printed = json.loads(run(api_folder, "search", "mandate", "--limit", "3", "--json").stdout)
    posted = client.post("/api/search", json={"query": "mandate", "limit": 3}).json()
    assert posted == printed
    assert client.get("/api/search", params={"query": "mandate", "limit": 3}).json() == printed


def test_sources_are_listed_and_shown_by_id_and_by_name(client: httpx.Client) -> None:
    listed = client.get("/api/sources").json()
    assert listed["total"] == len(listed["sources"]) == 4
    second = client.get("/api/sources", params={"offset": 1, "limit": 1}).json()
    assert second["sources"] == listed["sources"][1:2]
    for one in listed["sources"]:
        shown = client.get(f"/api/sources/{one['id']}").json()
        assert shown == client.get(f"/api/sources/{one['source']}").json()
        assert (shown["start"], shown["end"]) == (0, one["characters"])
        assert len(shown["text"]) == one["characters"]
    past = {"start": 10, "end": 10**9}
    assert "characters" in refusal(client.get(f"/api/sources/{one['id']}", params=past))


def test_a_token_opens_its_own_collections_and_no_others(api: ServedApi) -> None:
    code = {"question": "What is the code word of the team?"}
    with api.client(api.token("documents")) as narrow, api.client(api.token("team")) as team:
        assert "otter" in team.post("/api/ask", json=code).text
        assert [one["title"] for one in team.get("/api/sources").json()["sources"]] == ["Otter"]
        id = team.get("/api/sources").json()["sources"][0]["id"]
        answers = [
            narrow.post("/api/ask", json=code),
            narrow.post("/api/ask", json={**code, "collection": "team"}),
            narrow.post("/api/ask", json={**code, "source": id}),
            narrow.get("/api/search", params={"query": "otter"}),
            narrow.get("/api/search", params={"query": "otter", "collection": "team"}),
            narrow.get("/api/sources"),
            narrow.get("/api/sources", params={"collection": "team"}),
            narrow.get(f"/api/sources/{id}"),
            narrow.get("/api/sources/secret.md"),
            narrow.get("/v1/models"),
        ]
        unknown, hidden = (
            refusal(narrow.post("/api/ask", json={**code, "collection": name}))
            for name in ("nowhere", "team")
        )
    assert not any("otter" in one.text.lower().replace('"query": "otter"', "") for one in answers)
    assert not any("'documents', 'team'" in one.text for one in answers)
    assert unknown.replace("nowhere", "team") == hidden  # it does not tell what there is
    with api.client(api.token("documents", "team")) as both:
        assert "otter" in both.post("/api/ask", json=code).text
        assert "otter" not in both.post("/api/ask", json={**code, "collection": "documents"}).text


def test_nobody_is_let_in_without_a_token_that_holds(
    api: ServedApi, caplog: pytest.LogCaptureFixture
) -> None:
    expired = api.token(seconds=-1.0)
    revoked = api.token()
    api.tokens.revoke(revoked.split("_")[1])
    with api.client("") as anybody:
        described = anybody.get("/api/openapi.json").json()["paths"]
    paths = [(method.upper(), path) for path, methods in described.items() for method in methods]
    assert len(paths) >= 9
    with caplog.at_level(logging.DEBUG):
        for text in ("", expired, revoked, "quoth_x"):
            with api.client(text) as client:
                for method, path in paths:
                    told = client.request(method, path.replace("{id}", "x"))
                    if path in ("/api/health", "/api/openapi.json"):
                        assert told.status_code == 200
                        continue
                    assert told.status_code == 401, (method, path)
                    assert told.headers["www-authenticate"].startswith("Bearer")
                    assert not text or text not in told.text
    assert not any(text in caplog.text for text in (expired, revoked))


async def test_a_token_is_counted_whichever_way_it_comes_in(api: ServedApi) -> None:
    settings = api.parts.settings.model_copy(update={"api_per_minute": 4})
    parts = replace(api.parts, settings=settings)
    served = httpx.ASGITransport(application(parts, program_routes(parts)))
    headers = {"Authorization": f"Bearer {api.token()}", "Accept": "application/json"}
    found = []
    async with httpx.AsyncClient(
        transport=served, base_url="http://127.0.0.1", headers=headers
    ) as client:
        for _ in range(3):
            found.append((await client.get("/v1/models")).status_code)
            found.append((await client.post("/mcp", json={})).status_code)
    assert [status == 429 for status in found] == [False] * 4 + [True] * 2


def test_a_visitor_reads_the_shared_documents_only_if_the_operator_opened_them(
    api_folder: Path,
) -> None:
    for value, status in (("on", 200), ("local", 401), ("off", 401)):
        with (
            served_api(api_folder, QUOTH_WEB_OPEN=value, QUOTH_API_PER_MINUTE="3") as served,
            served.client("") as visitor,
        ):
            assert visitor.get("/api/sources").status_code == status
            if value == "on":
                hidden = visitor.get("/api/sources", params={"collection": "team"})
                assert hidden.status_code == 404
                assert visitor.get("/api/sources").status_code == 200
                refused = visitor.get("/api/sources")
                assert refused.status_code == 429
                assert 1 <= int(refused.headers["retry-after"]) <= 60


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        ('{"question":', 400, "no valid JSON"),
        ('{"question": "\\ud800"}', 400, "no valid JSON"),
        ('{"question": "\\ud83d\\u0041"}', 400, "no valid JSON"),
        ("[" * 100_000, 400, "no valid JSON"),
        ('{"question": ' + "[" * 300 + "]" * 300 + "}", 400, "no valid JSON"),
        (b'{"question": "\xff"}', 400, "no valid JSON"),
        ("[]", 422, "The body must be a JSON object."),
        ("null", 422, "The body must be a JSON object."),
        ("{}", 422, '"question" is missing.'),
        ('{"question": 7}', 422, '"question" should be a valid string.'),
        ('{"question": ""}', 422, '"question" should have at least 1 character.'),
        ('{"question": " \\u200b "}', 422, "The question is empty."),
        ('{"question": "Who?", "asker": "me"}', 422, 'There is no field "asker".'),
        (json.dumps({"question": "x" * 4001}), 422, '"question" should have at most 4000'),
        (
            json.dumps({"question": "x", "history": [{"role": "user", "text": "x"}] * 51}),
            422,
            f'"history" should have at most {MOST_TURNS} items',
        ),
        (
            json.dumps({"question": "x", "history": [{"role": "nobody", "text": 7}]}),
            422,
            "\"history[0].role\" should be 'user' or 'assistant'.",
        ),
        (
            json.dumps(
                {"question": "x", "history": [{"role": "user", "text": "x" * (LONGEST_TEXT + 1)}]}
            ),
            422,
            f'"history[0].text" should have at most {LONGEST_TEXT}',
        ),
        ('{"question": "x", "source": "nothing.md"}', 404, "no source 'nothing.md'"),
        ('{"question": "' + "x" * LONGEST_BODY + '"}', 413, "at most 1,048,576 bytes"),
    ],
    ids=range(19),
)
def test_what_cannot_be_asked_gets_a_sentence(
    client: httpx.Client, body: str | bytes, status: int, said: str
) -> None:
    refused = client.post(
        "/api/ask", content=body, headers={"Content-Type": "application/json; charset=utf-8"}
    )
    assert refused.status_code == status
    assert said in refusal(refused)


def test_other_faults_of_a_request_get_a_sentence(api: ServedApi, client: httpx.Client) -> None:
    refused = client.post("/api/ask", data={"question": "Who?"})
    assert (refused.status_code, "Content-Type" in refusal(refused)) == (415, True)
    refused = client.get("/api/ask")
    assert (refused.status_code, refused.headers["allow"]) == (405, "POST")
    assert "POST only" in refusal(refused)
    assert client.request("PATCH", "/api/search").headers["allow"] == "POST, GET"
    for path in ("/api/nothing", "/api/nothing%0Aat%0A", "/api/", "/api/health/x"):
        assert refusal(client.get(path)).startswith("There is nothing")
    for name in ("a%0Ab.md", "%00", "%FF", "..%2F..%2Fetc%2Fpasswd", "a%3Fb"):
        assert refusal(client.get(f"/api/sources/{name}")).startswith("There is no source")
    for query, said in (
        ("query=x&limit=0", '"limit" should be greater than or equal to 1.'),
        ("query=x&limit=ten", '"limit" should be a valid integer'),
        ("query=x&query=y", '"query" is given more than once.'),
        ("query=x&token=y", 'There is no field "token".'),
        ("", '"query" is missing.'),
    ):
        assert said in refusal(client.get(f"/api/search?{query}"))
    head = client.head("/api/health")
    assert (head.status_code, head.content) == (200, b"")


def test_a_failure_inside_is_told_by_a_reference_and_nothing_else(
    api_folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(question: str) -> None:
        raise RuntimeError("the drawer jams")

    failing = PacedAnswerer(fail)  # type: ignore[arg-type]
    failing.let_go()
    with served_api(api_folder, answerer=failing) as served, served.client() as client:
        told = client.post("/api/ask", json={"question": "What is 4711?"})
        assert told.status_code == 500
        reference = refusal(told).rpartition(" under ")[2].rstrip(".")
        streamed = client.post(
            "/api/ask", json={"question": QUESTION}, headers={"Accept": "text/event-stream"}
        )
        assert streamed.text.startswith("event: error\n")
        for shown in (told.text, streamed.text):
            assert "drawer" not in shown
            assert "RuntimeError" not in shown
    assert f"reference {reference}" in caplog.text
    assert "the drawer jams" in caplog.text
    assert "4711" not in caplog.text


def test_a_stream_shows_drafts_and_then_the_answer(api_folder: Path) -> None:
    paced = PacedAnswerer(answer, drafts=("You", "You asked"))
    paced.let_go()
    with served_api(api_folder, answerer=paced) as served, served.client() as client:
        told = client.post(
            "/api/ask", json={"question": "Why?"}, headers={"Accept": "text/event-stream"}
        )
    assert told.headers["content-type"].startswith("text/event-stream")
    events = [event.split("\n") for event in told.text.strip().split("\n\n")]
    assert [name for name, _ in events] == ["event: draft", "event: draft", "event: answer"]
    data = [json.loads(line.removeprefix("data: ")) for _, line in events]
    assert data[:2] == [{"answer": "You"}, {"answer": "You asked"}]
    assert data[2] == json.loads(json.dumps(AnswerShape.of(answer("Why?")).payload()))
    assert paced.asked[0][3] is not None
    assert paced.asked[0][3].startswith("token ")


def test_the_description_tells_exactly_what_is_served(api: ServedApi, client: httpx.Client) -> None:
    described = client.get("/api/openapi.json").json()
    operations = api_operations(api.parts, QuestionRoom())
    told = {
        (method.upper(), path) for path, methods in described["paths"].items() for method in methods
    }
    assert told == {(one.method, one.path.replace(":path", "")) for one in operations}
    served = [getattr(route, "path", "") for route in api_routes(api.parts)]
    assert served == [
        *dict.fromkeys(one.path for one in operations), "/api/{rest:path}", "/v1/{rest:path}",
    ]  # fmt: skip
    ids = [one["operationId"] for path in described["paths"].values() for one in path.values()]
    assert len(set(ids)) == len(ids)
    citation = described["components"]["schemas"]["CitationShape"]["properties"]
    assert set(citation) - {"link"} >= {"marker", "quote", "start", "end", "version"}
    assert citation["quote"]["description"]


def test_a_link_names_the_version_and_the_place(api_folder: Path) -> None:
    paced = PacedAnswerer(lambda question: answer(question, citations=(_cited(),)))
    paced.let_go()
    url = "https://quoth.example/"
    with (
        served_api(api_folder, answerer=paced, QUOTH_WEB_URL=url) as served,
        served.client() as client,
    ):
        told = client.post("/api/ask", json={"question": QUESTION}).json()["citations"][0]
    assert told["link"] == f"{url}sources/{'a' * 16}/{'b' * 16}/0-1"
    without = AnswerShape.of(answer("x", citations=(_cited(),))).payload()
    assert "link" not in without["citations"][0]


def _cited() -> Citation:
    evidence = {"source_id": "a" * 16, "sha256": "b" * 64, "start": 0, "end": 1}
    return Citation.model_validate(
        {
            "marker": 1, "evidence": evidence, "collection": "documents", "source": "a.md",
            "title": "A", "quote": "x", "lines": (1, 1),
        }
    )  # fmt: skip


def test_a_quotation_is_held_against_the_sources_of_the_token(
    api: ServedApi, client: httpx.Client
) -> None:
    cited = client.post("/api/ask", json={"question": QUESTION}).json()["citations"][1]
    right = client.post("/api/verify", json={"quote": cited["quote"]}).json()
    assert right["outcome"] == "verbatim"
    assert right["citation"]["quote"] in cited["quote"]
    source = {"source": right["citation"]["source"]}
    assert client.post("/api/verify", json={"quote": cited["quote"], **source}).json() == right
    wrong = client.post(
        "/api/verify", json={"quote": cited["quote"].replace("ceasefire", "prisoner swap")}
    ).json()
    assert wrong["outcome"] == "nearly"
    assert {"sourced": "ceasefire"}.items() <= wrong["differences"][0].items()
    hidden = client.post("/api/verify", json={"quote": "code word of the team is otter"}).json()
    assert (hidden["outcome"], hidden["citation"]) == ("absent", None)
    with api.client(api.token("team")) as team:
        found = team.post("/api/verify", json={"quote": "code word of the team is otter"}).json()
    assert found["outcome"] == "verbatim"
    assert refusal(client.post("/api/verify", json={"quote": "..."})).startswith("The quotation")
