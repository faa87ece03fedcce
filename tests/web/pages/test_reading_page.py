"""The reading page over real sockets: answers and their addresses, rights, versions, headers."""

from __future__ import annotations

import itertools
import json
import os
import re
import stat
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from bot.permalinks import citation_link, quote_path
from bot.signed_links import LINK_SECONDS, Grant, sign
from bot.web.source_pages import PICTURES_PER_MINUTE
from index.schema import Evidence, Source
from tests.conftest import ROOT
from tests.doubles.model_plays import obedient
from tests.doubles.model_server import Reply, model_server
from tests.doubles.served_page import SCOPED, ServedPage, served_page
from tests.doubles.traces import marked_word, traces

QUESTION = "What are the UN prerequisites?"
SECRET = marked_word(7)


FORWARDED = (
    "Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-IP",
    "CF-Connecting-IP", "Via",
)  # fmt: skip


def evidence(source: Source, quote: str) -> Evidence:
    start = source.text.index(quote)
    return Evidence(source_id=source.id, sha256=source.sha256, start=start, end=start + len(quote))


@pytest.fixture
def browser(page: ServedPage) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=page.url, timeout=60) as client:
        yield client


def asked(browser: httpx.Client, question: str = QUESTION, **more: str) -> str:
    """Ask, and return the path of the answer."""
    done = browser.post("/ask", data={"question": question, **more})
    assert done.status_code == 303, done.text
    return done.headers["location"]


def marked(html: str) -> str:
    """Return the words that a page marks."""
    found = re.findall(r"<mark[^>]*>(?:<span class=\"unseen\">Quoted: </span>)?(.*?)</mark>", html)
    return " ".join(found)


def test_a_question_gets_an_answer_with_an_address_and_its_source_beside_it(
    browser: httpx.Client,
) -> None:
    path = asked(browser)
    shown = browser.get(path)
    assert shown.status_code == 200
    assert "A ceasefire agreement between the warring parties." in shown.text
    assert "Answered from the sources" in shown.text
    assert f'href="{path}?cite=2#quote"' in shown.text
    assert marked(shown.text) == ""
    beside = browser.get(f"{path}?cite=2").text
    assert marked(beside) == "A ceasefire agreement between the warring parties."
    assert beside.count('id="quote"') == 1
    permalink = re.search(r'<h2[^>]*>.*?href="([^"]+)#quote"', beside)
    assert permalink is not None
    assert marked(browser.get(permalink[1]).text) == marked(beside)
    further = asked(browser, "Who said that?", after=path.rpartition("/")[2])
    assert f'href="{path}"' in browser.get(further).text, "what was asked before leads back"


def test_what_is_not_in_the_sources_and_what_cannot_be_asked_is_said(browser: httpx.Client) -> None:
    shown = browser.get(asked(browser, "Which football club won the cup in 1954?")).text
    assert "The sources do not say." in shown
    empty = browser.post("/ask", data={"question": " "})
    assert empty.status_code == 422
    assert 'role="alert"' in empty.text
    long = browser.post("/ask", data={"question": "x" * 70_000})
    assert long.status_code == 413
    assert browser.post("/ask", content=b"x" * 1_100_000).status_code == 413
    endless = browser.post("/ask", content=(b"x" * 90_000 for _ in range(12)))
    assert endless.status_code == 400
    streamed = browser.post(
        "/ask", data={"question": ""}, headers={"Accept": "text/event-stream"}
    ).text
    assert "event: failure" in streamed


def test_a_script_gets_the_answer_as_events(browser: httpx.Client) -> None:
    events = browser.post(
        "/ask", data={"question": QUESTION}, headers={"Accept": "text/event-stream"}
    ).text
    path = json.loads(events.rpartition("event: answer\ndata: ")[2].strip())
    assert browser.get(path).status_code == 200


def test_of_what_a_model_writes_the_latest_is_shown_while_it_writes(page_folder: Path) -> None:
    drafts = ("A <b>cease", "A <b>ceasefire\n\nand")
    with (
        served_page(page_folder, drafts=drafts) as served,
        httpx.Client(base_url=served.url, timeout=60) as client,
    ):
        events = client.post(
            "/ask", data={"question": QUESTION}, headers={"Accept": "text/event-stream"}
        ).text.split("\n\n")
    told = [event.split("\n", 1) for event in events if event]
    assert [name for name, _ in told] == [
        "event: begun", "event: draft", "event: answer"
    ]  # fmt: skip
    assert json.loads(told[1][1][len("data: ") :]) == drafts[-1]


@pytest.mark.long
async def test_a_language_model_writes_on_the_page(page_folder: Path) -> None:
    async with model_server(lambda prompt: Reply(obedient(prompt))) as model:
        given = {
            "QUOTH_LLM": "openai/played", "QUOTH_LLM_BASE_URL": model.url,
            "QUOTH_LLM_API_KEY": "sk-secret",
        }  # fmt: skip
        with served_page(page_folder, drafts=(), **given) as served:
            async with httpx.AsyncClient(base_url=served.url, timeout=100) as client:
                events = await client.post(
                    "/ask", data={"question": QUESTION}, headers={"Accept": "text/event-stream"}
                )
                assert "event: draft" in events.text
                path = json.loads(events.text.rpartition("event: answer\ndata: ")[2].strip())
                assert 'class="marker"' in (await client.get(path)).text


def test_every_answer_has_the_headers_and_no_page_a_script_or_style_inside(
    browser: httpx.Client, page: ServedPage
) -> None:
    paths = ["/", "/sources", "/about", "/report", "/nothing", "/static/page.js", "/open/x",
             asked(browser)]  # fmt: skip
    for path in paths:
        found = browser.get(path)
        policy = found.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert found.headers["x-content-type-options"] == "nosniff"
        assert found.headers["referrer-policy"] == "same-origin"
        assert "set-cookie" not in found.headers
        if path != "/static/page.js":
            assert not re.search(r"<script(?! src=\"/static/)|<style| style=| on\w+=", found.text)
            assert not re.search(r"(?:src|action)=\"(?!/)", found.text)


def test_other_names_and_forms_of_other_sites_are_refused(
    browser: httpx.Client, page: ServedPage
) -> None:
    for name in ("evil.example", "127.0.0.1.evil.example", "localhost.evil.example", ""):
        assert browser.get("/", headers={"Host": name}).status_code == 421, name
    assert browser.get("/", headers={"Host": "localhost:1"}).status_code == 200
    for header in ({"Origin": "http://evil.example"}, {"Origin": "null"},
                   {"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}):  # fmt: skip
        done = browser.post("/ask", data={"question": QUESTION}, headers=header)
        assert done.status_code == 403, header
    own = browser.post("/ask", data={"question": QUESTION}, headers={"Origin": page.url})
    assert own.status_code == 303


def test_a_hostile_document_is_shown_as_text(browser: httpx.Client, page: ServedPage) -> None:
    path = asked(browser, "What is the zorbulation fee?")
    source = page.app.library.find("fees.txt", ["documents"])
    whole = browser.get(f"/sources/{source.id}", follow_redirects=True).text
    for html in (browser.get(f"{path}?cite=1").text, whole):
        assert "45 euros" in html
        assert "<script>alert" not in html
        assert "<img src=http" not in html
        assert "<style>body" not in html
        assert 'href="javascript' not in html
        assert "\u202e" not in html
    assert "&lt;script&gt;alert(1)" in whole


def test_sources_are_listed_with_their_states_and_found(browser: httpx.Client) -> None:
    shown = browser.get("/sources").text
    assert "UN peacekeeping prerequisites for Ukraine" in shown
    assert "Harbour plan" not in shown
    found = browser.get("/sources", params={"find": "obstacles"}).text
    assert "Obstacles to UN involvement" in found
    assert "UN peacekeeping prerequisites" not in found
    assert browser.get("/sources", params={"first": "99999999999"}).status_code == 200
    report = browser.get("/report").text
    assert "0.750" in report
    assert "Who &lt;b&gt;pays&lt;/b&gt;?" in report


def test_a_quote_of_a_paged_document_names_its_page(
    browser: httpx.Client, page: ServedPage
) -> None:
    source = page.app.library.find("obstacles-to-un-involvement.pdf", ["documents"])
    quote = "A mission needs a decision of the Security Council."
    shown = browser.get(quote_path(evidence(source, quote)))
    assert marked(shown.text).replace("\n", " ") == quote
    assert "page 1" in shown.text


def test_what_is_not_there_and_what_may_not_be_read_look_alike(
    browser: httpx.Client, page: ServedPage
) -> None:
    hidden = page.app.library.find("plan.txt", [SCOPED])
    there = browser.get(f"/sources/{hidden.id}")
    nowhere = browser.get(f"/sources/{'0' * 16}")
    assert there.status_code == nowhere.status_code == 404
    assert there.text == nowhere.text
    quote = browser.get(quote_path(evidence(hidden, "nine tugs")))
    assert (quote.status_code, quote.text) == (404, nowhere.text)
    known = page.app.library.find("fees.txt", ["documents"])
    for odd in (
        "0-0",
        "5-2",
        "x",
        "0-99999999",
        "1-2/page.png",
        "999999999999999-9999999999999999",
    ):
        assert browser.get(f"/sources/{known.id}/{known.sha256[:16]}/{odd}").status_code == 404, odd
    assert browser.get(f"/answers/{'a' * 22}").status_code == 404
    assert browser.get("/static/../page_server.py").status_code == 404


def test_a_link_opens_what_its_person_may_read_at_that_moment(
    browser: httpx.Client, page: ServedPage
) -> None:
    source = page.app.library.find("plan.txt", [SCOPED])
    path = quote_path(evidence(source, "nine tugs"))
    grant = Grant(person=5, guild=77, channel=8, until=page.clock[0] + LINK_SECONDS, path=path)
    link = f"/open/{sign(page.key, 'link', grant)}"
    page.members.may_read[5] = (SCOPED,)
    opened = browser.get(link)
    assert opened.headers["location"] == path
    cookie = opened.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie
    assert marked(browser.get(path).text) == "nine tugs"
    assert page.members.asked[-1] == (5, 77, 8)
    answered = asked(browser, "How many tugs does the harbour plan need?")
    assert "nine tugs" in browser.get(answered).text
    page.members.may_read[5] = ()
    assert browser.get(path).status_code == 404, "whoever lost the right reads nothing more"
    assert browser.get(answered).status_code == 404
    page.members.may_read[5] = (SCOPED,)
    page.clock[0] += LINK_SECONDS + 1
    assert browser.get(path).status_code == 404, "a session ends with its link"
    assert browser.get(link).status_code == 403
    page.clock[0] = time.time()
    with httpx.Client(base_url=page.url) as other:
        session = browser.cookies["quoth_session"]
        for forged in (link[:-3] + "AAA", f"/open/{session}", "/open/a.b", link + "x"):
            assert other.get(forged).status_code == 403, forged
        assert other.get(answered).status_code == 404, "an address alone opens nothing"


def test_pictures_for_one_person_are_bounded_in_number(
    browser: httpx.Client, page: ServedPage
) -> None:
    source = page.app.library.find("plan.txt", [SCOPED])
    path = f"{quote_path(evidence(source, 'nine tugs'))}/page.png"
    page.members.may_read[91] = (SCOPED,)
    grant = Grant(person=91, guild=77, channel=8, until=page.clock[0] + LINK_SECONDS, path="/")
    browser.get(f"/open/{sign(page.key, 'link', grant)}")
    found = [browser.get(path).status_code for _ in range(PICTURES_PER_MINUTE)]
    assert set(found) == {404}, "a text has no pages, which is looked for each time"
    refused = browser.get(path)
    assert refused.status_code == 429
    assert 1 <= int(refused.headers["retry-after"]) <= 60
    assert browser.get(path.removesuffix("/page.png")).status_code == 200


def test_no_web_site_puts_another_person_in_the_place_of_who_reads(
    browser: httpx.Client, page: ServedPage
) -> None:
    def link(person: int) -> str:
        until = page.clock[0] + LINK_SECONDS
        grant = Grant(person=person, guild=77, channel=8, until=until, path="/")
        return f"/open/{sign(page.key, 'link', grant)}"

    elsewhere = {"Sec-Fetch-Site": "cross-site"}
    looked_at = browser.head(link(5), headers=elsewhere)
    assert (looked_at.status_code, "set-cookie" in looked_at.headers) == (303, False)
    assert browser.get(link(5), headers=elsewhere).status_code == 303
    assert browser.get(link(5), headers=elsewhere).status_code == 303
    held = browser.cookies["quoth_session"]
    for site in ("cross-site", "same-site"):
        refused = browser.get(link(6), headers={"Sec-Fetch-Site": site})
        assert refused.status_code == 409
        assert "copy the link into the address bar" in refused.text
        assert browser.cookies["quoth_session"] == held
    assert browser.get(link(6), headers={"Sec-Fetch-Site": "none"}).status_code == 303
    assert browser.cookies["quoth_session"] != held


def test_the_quoted_version_stays_and_the_change_is_told_until_the_source_is_removed(
    browser: httpx.Client, page: ServedPage, page_folder: Path
) -> None:
    library, file = page.app.library, page_folder / "documents" / "tariff.md"

    moments = itertools.count(int(time.time()))

    def write(text: str) -> Source:
        file.write_text(text, encoding="utf-8")
        moment = next(moments)
        os.utime(file, (moment, moment))
        library.bring_in_step()
        return library.find("tariff.md", ["documents"])

    first = write(f"# Tariff\n\nThe yurtberth tariff is 45 euros.\n\nAsk {SECRET} for details.\n")
    path = asked(browser, "How much is the yurtberth tariff?")
    link = citation_link(page.url, evidence(first, "The yurtberth tariff is 45 euros."))
    assert "has changed since" not in browser.get(link).text
    assert "Changed since" not in browser.get(path).text
    second = write("# Tariff\n\nThe yurtberth tariff is 60 euros.\n\nAsk nobody for details.\n")
    for address in (link, f"{path}?cite=1"):
        shown = browser.get(address).text
        assert "The yurtberth tariff is 45 euros." in marked(shown)
        assert "The source has changed since." in shown
        assert "does not say this any more" in shown
        assert re.search(r"<del>.*?45</del>", shown)
        assert re.search(r"<ins>.*?60</ins>", shown)
    changed = re.search(
        r"Changed since.*?<a href=\"([^\"]+)#quote\">Tariff</a>", browser.get(path).text
    )
    assert changed is not None
    assert re.search(r"<del>.*?45</del>", browser.get(changed[1]).text)
    third = write("# Tariff\n\nNew.\n\nThe yurtberth tariff is 45 euros.\n")
    assert "still says this, word for word" in browser.get(link).text
    unkept = browser.get(quote_path(evidence(second, "60 euros")))
    assert unkept.status_code == 410, "no answer refers to that version"
    assert f"/sources/{third.id}/{third.sha256[:16]}" in unkept.text
    assert set(traces(page_folder / ".quoth")) <= {"answers.sqlite", "answers.sqlite-wal"}
    assert traces(page_folder / ".quoth"), "only the version that is quoted still holds it"
    file.unlink()
    library.synchroniser.sync_folder("documents", page_folder / "documents", forget="marked")
    assert browser.get(link).status_code == 404
    assert browser.get(path).status_code == 404
    assert traces(page_folder / ".quoth") == {}


def test_the_key_is_its_owners_alone(page: ServedPage, page_folder: Path) -> None:
    file = page_folder / ".quoth" / "web.key"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert file.read_bytes() == page.key
    assert page.key.hex() not in repr(page)


@pytest.mark.parametrize(
    ("environ", "headers", "status"),
    [
        ({}, {}, 200),
        ({}, {"Host": "localhost:8765"}, 200),
        ({}, {"Host": "[::1]"}, 200),
        ({}, {"Host": "10.0.0.7:8765"}, 403),
        *(({}, {name: "10.0.0.9"}, 403) for name in FORWARDED),
        ({"QUOTH_WEB_OPEN": "off"}, {}, 403),
        ({"QUOTH_WEB_URL": "https://docs.example.org"}, {}, 403),
        (
            {"QUOTH_WEB_URL": "https://docs.example.org", "QUOTH_WEB_OPEN": "on"},
            {"Host": "docs.example.org", "X-Forwarded-For": "10.0.0.9"},
            200,
        ),
    ],
)
def test_who_is_not_at_this_machine_reads_only_what_the_operator_opens(
    page_folder: Path, environ: dict[str, str], headers: dict[str, str], status: int
) -> None:
    with (
        served_page(page_folder, drafts=(), **environ) as served,
        httpx.Client(base_url=served.url) as client,
    ):
        assert client.get("/sources", headers=headers).status_code == status
        assert client.get("/", headers=headers).status_code == status
        assert client.get("/about", headers=headers).status_code == 200


def test_questions_are_bounded_in_number(page_folder: Path) -> None:
    with (
        served_page(page_folder, QUOTH_COOLDOWN_SECONDS="0", QUOTH_SERVER_PER_MINUTE="1") as served,
        httpx.Client(base_url=served.url, timeout=60) as client,
    ):
        asked(client)
        refused = client.post("/ask", data={"question": QUESTION})
        assert refused.status_code == 422
        assert "Please wait" in refused.text


def test_the_pages_files_are_in_the_package() -> None:
    assert (ROOT / "bot" / "web" / "static" / "page.css").exists()
