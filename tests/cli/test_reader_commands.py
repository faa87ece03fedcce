"""LlamaIndex readers on the command line: packages of LlamaHub, in processes of their own."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import Result
from PIL import Image

from tests.cli.test_process import COMMAND, ROOT
from tests.doubles.cli_fakes import run
from tests.doubles.web_server import WebServer, web_server

WORDPRESS = "llama_index.readers.wordpress:WordpressReader"
DATABASE = "llama_index.readers.database:DatabaseReader"
PASSWORD = "correct-horse-battery"


def quoth(folder: Path, *arguments: str, **more: str) -> Result:
    shell = {"XDG_CONFIG_HOME": str(folder / "config"), "HOME": str(folder), **more}
    return run(folder, *arguments, fake=None, stdin=None, **shell)


@pytest.fixture
def server() -> Iterator[WebServer]:
    with web_server() as served:
        yield served


def serve_posts(server: WebServer, **texts: str) -> None:
    """Serve posts as WordPress does, each at an address of its own."""
    posts = [
        {
            "id": number,
            "title": {"rendered": f"The {name} &#8211; rules"},
            "link": f"https://blog.example.org/{name}/",
            "modified": "2026-03-01T10:00:00",
            "content": {"rendered": f"<p>{text}</p>"},
        }
        for number, (name, text) in enumerate(texts.items())
    ]
    path = "/wp-json/wp/v2/posts?per_page=100&page=1"
    server.serve(path, json.dumps(posts).encode(), "application/json")


def files_with(folder: Path, text: str) -> list[Path]:
    files = (path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
    return [path for path in files if text.encode() in path.read_bytes()]


def blog(server: WebServer) -> tuple[str, ...]:
    """Options that add the posts of the server."""
    address = server.url().removesuffix("/")
    return ("--reader", WORDPRESS, "--arg", f"url={address}", "--arg", "get_pages=false")


SECRET = ("--arg", "username=ada", "--arg", "password=env:BLOG_PASSWORD")


def test_a_blog_is_added_asked_and_removed(own_folder: Path, server: WebServer) -> None:
    serve_posts(
        server,
        tugs="Ships longer than ninety metres need two tugs.",
        moorings="The moorings close at nine in the evening.",
    )
    (own_folder / "documents").rmdir()
    options = blog(server)
    refused = quoth(own_folder, "add", *options, "--arg", f"password={PASSWORD}")
    assert refused.exit_code == 2
    assert "give its name: --arg password=env:PASSWORD" in refused.stderr
    assert PASSWORD not in refused.output

    added = quoth(own_folder, "add", *options, *SECRET, "--json", BLOG_PASSWORD=PASSWORD)
    assert (added.exit_code, json.loads(added.stdout)["added"]) == (0, 2)
    assert not files_with(own_folder, PASSWORD)
    (_, line) = quoth(own_folder, "sources").stdout.splitlines()
    assert line.startswith("WordpressReader:// ")
    assert f"url={server.url('')} get_pages=false user" in line
    assert "… (reader of 2 documents)" in line
    whole = quoth(own_folder, "sources", "--all").stdout.splitlines()[1]
    assert f"{WORDPRESS} url=" in whole
    assert "password=env:BLOG_PASSWORD (reader of 2 documents)" in whole

    answer = json.loads(quoth(own_folder, "ask", "How many tugs?", "--json").stdout)
    (citation, *_) = answer["citations"]
    assert citation["quote"] == "Ships longer than ninety metres need two tugs."
    assert citation["source"] == "WordpressReader://blog.example.org/tugs/"
    assert citation["url"].startswith("https://blog.example.org/tugs/")
    assert (citation["title"], citation["modified"]) == (
        "The tugs – rules",
        "2026-03-01T10:00:00+00:00",
    )

    assert quoth(own_folder, "sync").stdout.startswith("nothing to do")  # it was run today
    stale = quoth(own_folder, "sync", QUOTH_REFRESH_HOURS="0.000001")
    assert stale.exit_code == 2
    assert (
        "not indexed: WordpressReader: The variable BLOG_PASSWORD, which holds its password, is "
        "not set." in stale.stderr
    )
    entries = json.loads(quoth(own_folder, "sources", "--json").stdout)
    assert {(entry["state"], entry["failure"]) for entry in entries} == {
        ("stale", "It could not be read again. `quoth sources` says why.")
    }
    assert "stale: The variable BLOG_PASSWORD" in quoth(own_folder, "sources").stdout

    elsewhere = quoth(own_folder, "sync", "--refresh", XDG_CONFIG_HOME=str(own_folder / "other"))
    assert "note: WordpressReader: It is not run: you did not add it yourself" in elsewhere.stderr
    one = quoth(own_folder, "remove", "WordpressReader://blog.example.org/moorings/")
    assert "It is a document of 'WordpressReader://', which brings it back." in one.stderr
    removed = quoth(own_folder, "remove", "WordpressReader")
    assert removed.stdout == "removed WordpressReader with 1 document\n"
    assert "Nothing is indexed" in quoth(own_folder, "sources").stderr
    (own_folder / "documents").mkdir()
    assert "nothing to do" in quoth(own_folder, "sync", "--refresh").stdout
    assert not files_with(own_folder / ".quoth", "ninety metres")


@pytest.mark.long
def test_a_blog_that_changed_is_brought_in_step(own_folder: Path, server: WebServer) -> None:
    tugs = "Ships longer than ninety metres need two tugs."
    serve_posts(server, tugs=tugs, moorings="The moorings close at nine.", fees="They are low.")
    added = quoth(own_folder, "add", *blog(server), *SECRET, BLOG_PASSWORD=PASSWORD)
    assert "3 added" in added.stdout
    changed = tugs.replace("two", "three")
    serve_posts(server, pilots="A pilot comes on board.", fees="They are low.", tugs=changed)
    synced = quoth(own_folder, "sync", "--refresh", BLOG_PASSWORD=PASSWORD)
    assert (synced.exit_code, synced.stderr) == (0, "")
    assert "1 added, 1 updated, 1 unchanged, 1 removed" in synced.stdout
    assert "2 of them embedded" in synced.stdout
    assert "three tugs" in quoth(own_folder, "ask", "How many tugs?").stdout
    again = quoth(own_folder, "add", *blog(server), *SECRET, BLOG_PASSWORD=PASSWORD)
    assert "3 unchanged" in again.stdout  # the same reader, not a second one
    server.answers.clear()
    failed = quoth(own_folder, "sync", "--refresh", BLOG_PASSWORD=PASSWORD)
    assert "It failed while it was reading (HTTPError: 404" in failed.stderr
    assert "What was read before stays." in failed.stderr
    assert "three tugs" in quoth(own_folder, "ask", "How many tugs?").stdout


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--reader", "wikipedia"], "--reader takes PACKAGE:CLASS"),
        (["--reader", WORDPRESS, "--arg", "url"], "--arg takes NAME=VALUE, not 'url'"),
        (["--reader", WORDPRESS, "--arg", "=x"], "--arg takes NAME=VALUE, not '=x'"),
        (["--reader", WORDPRESS, "--arg", "api-key=x"], "NAME=VALUE, not 'api-key'."),
        (["--reader", WORDPRESS, "--arg", "url=env:"], "url=env: names no variable"),
        (["--reader", WORDPRESS, "--arg", "url=env:NO SUCH"], "--arg url=env:URL"),
        (["--reader", WORDPRESS, "a.md"], "--reader takes the place of PATHs. Give one of them."),
        (["--reader", WORDPRESS, "--site"], "--site is for addresses. Leave it out"),
        (["--arg", "url=x", "a.md"], "--arg is for a reader. Name it with --reader"),
        ([], "Say what to add: PATHs, or --reader PACKAGE:CLASS"),
        (["--reader", DATABASE, "--arg", "uri=mysql://ada:pw@db/x"], "uri looks like a secret"),
        (["--reader", DATABASE, "--arg", 'x={"token": {"access_token": 1}}'], "looks like a"),
        (["--reader", WORDPRESS, "--arg", "url=ghp_abc"], "url=env:URL"),
    ],
)
def test_what_cannot_be_added_is_told_before_anything_runs(
    own_folder: Path, arguments: list[str], told: str
) -> None:
    refused = quoth(own_folder, "add", *arguments)
    assert (refused.exit_code, refused.stdout) == (2, "")
    assert told in refused.stderr


def make_database(path: Path) -> None:
    with closing(sqlite3.connect(path)) as file:
        file.execute("CREATE TABLE faq (id INTEGER, question TEXT, answer TEXT)")
        rows = [
            (1, "How long is the trial?", "The trial lasts thirty days."),
            (2, "Who approves leave?", "The head of the office approves it."),
            (3, "Where is the harbour master?", "He sits in room 12."),
        ]
        file.executemany("INSERT INTO faq VALUES (?, ?, ?)", rows)
        file.commit()


@pytest.mark.long
def test_rows_of_a_database_are_sources_of_a_collection(own_folder: Path) -> None:
    make_database(own_folder / "team.db")
    into = ("--collection", "board")
    query = "query=SELECT id, question, answer FROM faq ORDER BY id DESC"
    told = quoth(
        own_folder, "add", *into, "--reader", DATABASE, "--arg", "uri=sqlite:///team.db",
        "--arg", query,
    )  # fmt: skip
    assert "3 added" in told.stdout
    answer = quoth(own_folder, "ask", "How long is the trial?", *into).stdout
    assert "The trial lasts thirty days" in answer
    assert "(DatabaseReader://document 3#L1)" in answer
    with closing(sqlite3.connect(own_folder / "team.db")) as file:
        file.execute("UPDATE faq SET answer = 'The trial lasts ninety days.' WHERE id = 1")
        file.execute("INSERT INTO faq VALUES (4, 'What is the fee?', 'Twenty euros.')")
        file.execute("DELETE FROM faq WHERE id = 2")
        file.commit()
    synced = quoth(own_folder, "sync", "--refresh", *into)
    assert "2 updated, 1 unchanged" in synced.stdout
    assert "ninety days" in quoth(own_folder, "ask", "How long is the trial?", *into).stdout
    (own_folder / "team.db").unlink()
    failed = quoth(own_folder, "sync", "--refresh", *into)
    assert failed.exit_code == 2
    assert "It failed while it was reading (OperationalError" in failed.stderr
    assert "What was read before stays." in failed.stderr
    assert "ninety days" in quoth(own_folder, "ask", "How long is the trial?", *into).stdout
    assert quoth(own_folder, "remove", "DatabaseReader", "--yes", *into).exit_code == 0
    assert "Nothing is indexed" in quoth(own_folder, "sources", *into).stderr


def test_pictures_of_a_folder_that_a_reader_takes_for_text_are_named(own_folder: Path) -> None:
    team = own_folder / "team"
    team.mkdir()
    Image.effect_noise((40, 40), 80).save(team / "plan.bmp")
    Image.effect_noise((40, 40), 80).save(team / "dots.gif")
    options = ("--reader", "llama_index.core:SimpleDirectoryReader", "--arg", "input_dir=team")
    nothing = quoth(own_folder, "add", *options)
    assert nothing.exit_code == 2
    assert "There is no text in what it returned. Left out: team/dots.gif." in nothing.stderr
    (team / "rules.txt").write_text("Ships longer than ninety metres need two tugs.")
    added = quoth(own_folder, "add", *options)
    assert added.stdout.startswith("1 added;")
    assert "note: SimpleDirectoryReader: Left out: team/dots.gif. It is a GIF image" in added.stderr
    assert "Left out: team/plan.bmp. It is a binary file" in added.stderr
    assert "have no text" not in added.stderr


HOSTILE = '''
import os, sys, time
from llama_index.core.readers.base import BaseReader
from llama_index.core.schema import Document

class Nosy(BaseReader):
    """Tells what it sees, and prints where it should not."""

    def lazy_load_data(self, text, wait=0.0, megabytes=0):
        print("noise"); os.write(1, b"noise"); print("noise", file=sys.stderr)
        held = b"x" * (megabytes << 20)
        seen = sorted(name for name, value in os.environ.items() if "canary" in value)
        yield Document(text=f"{text} sees {seen}", id_="seen")
        time.sleep(wait)
        if text.startswith("fail"):
            raise SystemExit(f"no {text}")
'''


@pytest.mark.long
def test_what_a_reader_does_stays_in_its_process(
    own_folder: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    modules = tmp_path_factory.mktemp("modules")
    (modules / "nosy_reader.py").write_text(HOSTILE)
    (own_folder / "llama_index.py").write_text("raise SystemExit('a module of the folder')")
    monkeypatch.syspath_prepend(str(modules))
    nosy = ("add", "--reader", "nosy_reader:Nosy", "--json", "--arg")
    shell = {
        "DISCORD_TOKEN": "canary",
        "OPENAI_API_KEY": "canary",
        "DATABASE_URL": "postgres://ada:canary@db/x",
        "QUOTH_LOG_LEVEL": "error",
        "TEAM": "canary",
    }
    told = quoth(own_folder, *nosy, "text=It", **shell)
    assert json.loads(told.stdout)["added"] == 1
    shown = quoth(own_folder, "show", "Nosy://seen", "--text").stdout
    assert shown == "It sees ['TEAM']"
    failed = quoth(own_folder, *nosy, "text=env:WORDS", WORDS="fail-canary")
    assert failed.exit_code == 2
    assert "(SystemExit: no (a secret))" in failed.stderr
    slow = quoth(own_folder, *nosy, "text=It", "--arg", "wait=60", QUOTH_SITE_SECONDS="15")
    assert "It takes more than 15 s (QUOTH_SITE_SECONDS)." in slow.stderr
    large = quoth(own_folder, *nosy, "text=It", "--arg", "megabytes=3000", "--arg", "wait=9")
    assert "It takes more than 2,048 MiB of memory" in large.stderr


@pytest.mark.long
def test_a_reader_ends_with_the_command_that_runs_it(own_folder: Path) -> None:
    (own_folder / "nosy_reader.py").write_text(HOSTILE + "import pathlib\n" + (
        "pathlib.Path('pid').write_text(str(os.getpid()))\n"
    ))  # fmt: skip
    paths = f"{ROOT}{os.pathsep}{own_folder}"
    environ = {"PYTHONPATH": paths, "PATH": os.environ["PATH"], "HOME": str(own_folder)}
    environ["QUOTH_MODELS"] = os.environ["QUOTH_MODELS"]
    call = [*COMMAND, "add", "--reader", "nosy_reader:Nosy", "--arg", "text=a", "--arg", "wait=90"]
    pid = own_folder / "pid"
    with subprocess.Popen(
        call, cwd=own_folder, env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        ends = time.monotonic() + 60
        while not (pid.exists() and pid.read_text()) and time.monotonic() < ends:
            time.sleep(0.05)
        process.send_signal(signal.SIGKILL)
    while Path(f"/proc/{pid.read_text()}").exists() and time.monotonic() < ends:
        time.sleep(0.05)
    assert not Path(f"/proc/{pid.read_text()}").exists()
