"""Many clients at once, clients that leave, and clients that ask too often."""

from __future__ import annotations

import gc
import socket
import time
import tracemalloc
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from bot.web.api.question_room import QuestionRoom
from tests.doubles.cli_fakes import answer
from tests.doubles.served_api import PacedAnswerer, served_api

CLIENTS = 100


def until(is_so: Callable[[], bool]) -> None:
    """Wait until something is so; the test's own limit ends it when it never is."""
    while not is_so():
        time.sleep(0.01)


def test_a_hundred_clients_are_all_answered(api_folder: Path) -> None:
    paced = PacedAnswerer(answer)
    room = QuestionRoom(at_once=4, waiting=CLIENTS)
    limits = httpx.Limits(max_connections=CLIENTS)
    with (
        served_api(api_folder, answerer=paced, room=room, QUOTH_API_PER_MINUTE="100") as served,
        served.client(limits=limits, timeout=100) as client,
        ThreadPoolExecutor(CLIENTS) as threads,
    ):

        def ask(number: int) -> httpx.Response:
            accept = "text/event-stream" if number % 2 else "application/json"
            question = {"question": f"What is {number}?"}
            return client.post("/api/ask", json=question, headers={"Accept": accept})

        asked = [threads.submit(ask, number) for number in range(CLIENTS)]
        until(lambda: room.inside == CLIENTS)
        paced.let_go()
        answers = [one.result() for one in asked]
        refused = client.post("/api/ask", json={"question": "One more?"})
    assert paced.most_running == 4
    assert room.inside == 0
    for number, told in enumerate(answers):
        assert told.status_code == 200
        assert f"You asked: What is {number}?" in told.text
    assert refused.status_code == 429
    assert 1 <= int(refused.headers["retry-after"]) <= 60


def test_who_finds_no_room_to_wait_is_told_at_once_when_to_come_back(api_folder: Path) -> None:
    paced = PacedAnswerer(answer)
    room = QuestionRoom(at_once=1, waiting=1)
    with (
        served_api(api_folder, answerer=paced, room=room) as served,
        served.client() as client,
        ThreadPoolExecutor(2) as threads,
    ):
        asked = [
            threads.submit(client.post, "/api/ask", json={"question": f"{n}?"}) for n in range(2)
        ]
        until(lambda: room.inside == 2)
        for path, body in (
            ("/api/ask", {"question": "Why?"}),
            ("/api/search", {"query": "why"}),
            ("/v1/chat/completions",
             {"model": "quoth", "messages": [{"role": "user", "content": "Why?"}]}),
        ):  # fmt: skip
            for accept in ("application/json", "text/event-stream"):
                sent_body = {**body, "stream": accept != "application/json"}
                refused = client.post(
                    path,
                    json=sent_body if path.startswith("/v1") else body,
                    headers={"Accept": accept},
                )
                assert (refused.status_code, refused.headers["retry-after"]) == (503, "10")
        assert client.get("/api/sources").status_code == 200
        paced.let_go()
        assert [one.result().status_code for one in asked] == [200, 200]


@pytest.mark.parametrize("accept", ["application/json", "text/event-stream"])
@pytest.mark.parametrize("path", ["/api/ask", "/v1/chat/completions"])
def test_the_work_for_who_has_left_is_given_up(api_folder: Path, path: str, accept: str) -> None:
    paced = PacedAnswerer(answer, drafts=("Yes",))
    room = QuestionRoom(at_once=1)
    stream = accept == "text/event-stream"
    message = {"role": "user", "content": "Why?"}
    body: dict[str, Any] = {"question": "Why?"}
    if path.startswith("/v1"):
        body = {"model": "quoth", "messages": [message], "stream": stream}
    with served_api(api_folder, answerer=paced, room=room) as served, served.client() as client:
        request = client.build_request("POST", path, json=body, headers={"Accept": accept})
        first = sent(request)
        until(lambda: paced.running == 1)
        second = sent(request)
        until(lambda: room.inside == 2)
        second.close()  # while it waits
        until(lambda: room.inside == 1)
        assert paced.cancelled == 0
        first.close()  # while it is answered
        until(lambda: room.inside == 0)
        assert (paced.cancelled, paced.running, len(paced.asked)) == (1, 0, 1)
        paced.let_go()
        assert client.send(request).status_code == 200


def sent(request: httpx.Request) -> socket.socket:
    """Send a request over a connection of its own, and do not wait for what comes."""
    lines = [f"{request.method} {request.url.path} HTTP/1.1"]
    lines += [f"{name}: {value}" for name, value in request.headers.items()]
    head = "\r\n".join([*lines, "", ""])
    connection = socket.create_connection((request.url.host, request.url.port or 80))
    connection.sendall(head.encode() + request.content)
    return connection


def test_memory_does_not_grow_with_requests(api_folder: Path) -> None:
    paced = PacedAnswerer(lambda question: answer(question, parts=[{"text": "word " * 5_000}]))
    paced.let_go()
    with (
        served_api(api_folder, answerer=paced, QUOTH_API_PER_MINUTE="100000") as served,
        served.client() as client,
    ):

        def ask(times: int) -> int:
            for _ in range(times):
                told = client.post("/api/ask", json={"question": "Why?"})
                assert told.status_code == 200
                paced.asked.clear()
            gc.collect()
            return tracemalloc.get_traced_memory()[0]

        tracemalloc.start()
        try:
            before = ask(5)
            after = ask(25)
        finally:
            tracemalloc.stop()
    assert after - before < 250_000  # the answers together are five
