"""Git repositories as sources: cloned by the real program from this machine, updated, removed."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.discord_bot.text.plain_words import for_people
from bot.schema import Citation
from index.errors import Cancelled
from index.load.git_address import blob_url, git_address
from index.schema import Evidence, SyncReport
from index.sync.web_lists import WebLists
from tests.doubles.git_server import GitServer, Repository, git_server, new_repository
from tests.doubles.homes import Home, open_home
from tests.doubles.traces import marked_word, traces
from tests.index.sync.test_web_sources import counts, notes, web

pytestmark = pytest.mark.skipif(
    shutil.which("git") is None, reason="Git is not installed; on Debian: apt-get install git"
)


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    (tmp_path / "documents").mkdir()
    with open_home(tmp_path / "home", tmp_path / "documents") as opened:
        yield opened


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return new_repository(tmp_path / "served" / "handbook")


@pytest.fixture
def server(tmp_path: Path) -> Iterator[GitServer]:
    with git_server(tmp_path / "served") as served:
        yield served


def add(home: Home, name: str, **limits: float) -> SyncReport:
    """Add a repository as a person at this machine does."""
    return web(home, **limits).add("documents", name, is_own=True)


def refresh(home: Home) -> SyncReport:
    return web(home).refresh("documents", everything=True, is_own=True)


def uris(home: Home) -> list[str]:
    return [entry.uri for entry in home.catalog.sources("documents")]


def test_a_repository_is_read_updated_and_removed(
    home: Home, repository: Repository, server: GitServer
) -> None:
    first = repository.commit(
        README_DOT_md="# Owls\n\nOwls hunt at night.\n",
        docs__a_DOT_md="# A\n\nOwls see well.\n",
        docs__b_DOT_txt=f"Owls hear {marked_word(1)} well.\n",
        _DOT_github__c_DOT_md="hidden",
        src__main_DOT_bin="no document",
    )
    url = server.url("handbook/.git")
    assert counts(add(home, url)) == {"added": 3}
    assert uris(home) == ["handbook/README.md", "handbook/docs/a.md", "handbook/docs/b.txt"]
    ids = {entry.uri: entry.id for entry in home.catalog.sources("documents")}
    (site,) = WebLists(home.catalog).sites("documents")
    assert site.label == f"handbook (repository of 3 files at {first[:10]})"
    assert not list((home.path / "git").iterdir())  # the clone was there only to be read

    server.asked.clear()
    assert counts(refresh(home)) == {}
    assert not any("git-upload-pack" in path for path in server.asked if path.startswith("POST"))
    generation = home.catalog.generation()
    second = repository.commit(
        docs__a_DOT_md="# A\n\nOwls see very well.\n",
        docs__b_DOT_txt=None,
        docs__new_DOT_md="# New\n\nOwls nest.\n",
    )
    assert counts(refresh(home)) == {"added": 1, "updated": 1, "removed": 1}
    assert home.catalog.generation() > generation
    assert uris(home) == ["handbook/README.md", "handbook/docs/a.md", "handbook/docs/new.md"]
    assert {entry.id for entry in home.catalog.sources("documents")} > {
        ids["handbook/README.md"], ids["handbook/docs/a.md"],
    }  # fmt: skip
    (site,) = WebLists(home.catalog).sites("documents")
    assert site.commit == second
    assert counts(web(home).remove_site("documents", site.url)) == {"removed": 3}
    home.vectors.close()
    home.catalog.close()
    assert traces(home.path) == {}


def test_a_folder_is_read_as_it_was_committed_and_runs_nothing(
    home: Home, repository: Repository, tmp_path: Path
) -> None:
    ran = tmp_path / "ran"
    hook = f"#!/bin/sh\ntouch {ran}\n"
    for name in ("post-checkout", "post-merge", "pre-push", "reference-transaction"):
        path = repository.folder / ".git" / "hooks" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(hook)
        path.chmod(0o755)
    (repository.folder / "secret.md").symlink_to("/etc/passwd")
    repository.git("config", "filter.x.smudge", f"touch {ran}")
    ran.unlink(missing_ok=True)
    repository.commit(
        _DOT_gitattributes="*.md filter=x\n",
        _DOT_gitmodules=f'[submodule "s"]\n\tpath = s\n\turl = {repository.folder}\n',
        a_DOT_md="# A\n\nOwls see well.\n",
    )
    ran.unlink(missing_ok=True)
    (repository.folder / "a.md").write_text("not committed")
    added = add(home, str(repository.folder / ".git"))
    assert counts(added) == {"added": 1}
    assert uris(home) == ["handbook/a.md"]
    assert home.catalog.match("documents", "owls", 5)
    assert not (home.path / "git").exists() or not list((home.path / "git").iterdir())
    for name in ("reference-transaction",):
        assert not ran.exists(), name


def test_what_is_not_fetched_has_a_reason(
    home: Home, repository: Repository, server: GitServer, tmp_path: Path
) -> None:
    repository.commit(a_DOT_md="# A\n\nOwls see well.\n" * 20)

    def reason(name: str, *, is_own: bool = False) -> str:
        (failed,) = web(home).add("board", name, is_own=is_own).failed
        return failed.reason

    url = server.url("handbook/.git")
    assert reason(server.url("nothing.git")) == "There is no such repository."
    assert "on a private network" in reason("https://127.0.0.1/x.git")
    assert "on a private network" in reason("https://169.254.169.254/x.git")
    assert "begin with https://" in reason("http://127.0.0.1/x.git")
    assert "user name or password" in reason("https://me:secret@example.org/x.git")
    assert "Port 22" in reason("https://example.org:22/x.git")
    assert "http:// or https://" in reason(f"file://{repository.folder}/.git")
    assert "http:// or https://" in reason("git@example.org:a/b.git")
    server.redirect = "http://127.0.0.1:1"
    assert reason(url) == "It has moved; add it by its new address."
    server.redirect, server.private = None, True
    assert reason(url) == "It is not there, or can only be read after signing in."
    server.private = False
    (failed,) = web(home, megabytes=1, seconds=0.000001).add("board", url).failed
    assert "longer than" in failed.reason
    assert [entry.uri for entry in home.catalog.sources("board")] == []


def test_a_repository_that_fails_later_keeps_what_was_read(
    home: Home, repository: Repository, server: GitServer
) -> None:
    repository.commit(a_DOT_md="# A\n\nOwls see well.\n")
    add(home, server.url("handbook/.git"))
    server.private = True
    (failed,) = refresh(home).failed
    assert "signing in" in failed.reason
    (site,) = WebLists(home.catalog).sites("documents")
    assert site.failure == failed.reason
    assert uris(home) == ["handbook/a.md"]
    # What a person at this machine added is not asked for by the bot.
    server.asked.clear()
    web(home).refresh("documents", everything=True)
    assert server.asked == []


def test_a_stopped_reading_goes_on_and_limits_are_told(
    home: Home, repository: Repository, server: GitServer
) -> None:
    repository.commit(**{f"p{n:02}_DOT_md": f"# P{n}\n\nPage {n} of owls.\n" for n in range(25)})
    sources, looked = web(home), list[str]()

    def stop(done: int, total: int, name: str) -> None:
        looked.append(name)
        if done == 14:
            raise Cancelled

    url = server.url("handbook/.git")
    begun = sources.begin("documents", url)
    assert not isinstance(begun, SyncReport)
    with pytest.raises(Cancelled):
        sources.read_on("documents", url, seconds=60, watch=stop)
    assert len(uris(home)) == 10
    sources.sweep()
    asked = len(server.asked)
    assert counts(refresh(home)) == {"added": 15}
    assert len(server.asked) == asked  # the clone was there still
    report = web(home, pages=5).add("board", url)
    assert counts(report) == {"added": 5}
    assert "Only 5 of its documents are read, which is the limit; 20 are left out." in notes(report)


def test_a_clone_goes_with_its_collection_and_git_may_be_missing(
    home: Home, repository: Repository, server: GitServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository.commit(a_DOT_md="# A\n\nOwls see well.\n")
    sources, url = web(home), server.url("handbook/.git")
    assert not isinstance(sources.begin("board", url), SyncReport)
    with pytest.raises(Cancelled):
        sources.read_on("board", url, seconds=60, watch=_cancel)
    assert list((home.path / "git").iterdir())
    home.synchroniser.remove_collection("board")
    sources.sweep()
    assert not list((home.path / "git").iterdir())
    monkeypatch.setenv("PATH", "")
    (failed,) = web(home).add("documents", url).failed
    assert failed.reason.startswith("Git is not installed")
    assert for_people(failed.reason) == "Git is not installed, by which repositories are read."


def _cancel(done: int, total: int, name: str) -> None:
    if total:
        raise Cancelled


@pytest.mark.parametrize(
    ("repository", "lines", "link"),
    [
        ("https://github.com/a/b.git", (3, 5), "github.com/a/b/blob/{c}/d%20e.md?plain=1#L3-L5"),
        ("git@github.com:a/b.git", (3, 3), "github.com/a/b/blob/{c}/d%20e.md?plain=1#L3"),
        ("https://gitlab.com/a/b/c.git", (3, 5), "gitlab.com/a/b/c/-/blob/{c}/d%20e.md#L3-5"),
        ("https://codeberg.org/a/b.git", (3, 5), "codeberg.org/a/b/src/commit/{c}/d%20e.md#L3-L5"),
        ("https://bitbucket.org/a/b.git", (3, 5), "bitbucket.org/a/b/src/{c}/d%20e.md#lines-3:5"),
        ("https://git.sr.ht/~a/b.git", (3, 5), "git.sr.ht/~a/b/tree/{c}/item/d%20e.md#L3-5"),
        ("https://example.org/a/b.git", (3, 5), None),
    ],
)
def test_a_citation_leads_to_the_lines_at_the_commit(
    repository: str, lines: tuple[int, int], link: str | None
) -> None:
    commit = "0123456789" * 4
    url = blob_url(repository, commit, "d e.md")
    cited = Citation(
        evidence=Evidence(source_id="0" * 16, sha256="1" * 64, start=0, end=1),
        collection="documents", source="b/d e.md", title="D", quote="x", url=url, lines=lines,
    )  # fmt: skip
    expected = f"https://{link.format(c=commit)}" if link else "b/d e.md#L3-L5"
    assert cited.link() == expected
    of_file = cited.model_copy(update={"fragment": "line=3-5" if lines == (3, 5) else "line=3"})
    elsewhere = of_file.model_copy(update={"lines": (70, 71)})  # as DocBook has its lines
    assert elsewhere.link() == (expected if link else "b/d e.md#line=3-5")


def test_names_of_repositories(tmp_path: Path) -> None:
    assert git_address("https://example.org/a.git/") == ("https://example.org/a.git", "https", "a")
    assert git_address("https://example.org/a") is None
    assert git_address("git@example.org:x/b.git", is_own=True) is not None
    assert git_address("git@example.org:x/b.git") is None
    assert git_address("--upload-pack=x.git", is_own=True) is None
    assert git_address("ext::sh -c touch% x.git", is_own=True) is None
    assert git_address(os.devnull + ".git", is_own=True) is None
