"""Tokens: made and shown once, kept hashed, found while they hold, counted, revoked."""

from __future__ import annotations

import asyncio
import json
import os
import stat
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.access.token_admission import RequestRate, TokenAdmission, TooManyRequests
from bot.access.token_records import (
    LONGEST_NAME,
    TOKENS_FILE,
    TokenNotFound,
    TokenRecords,
    TokenRefused,
    open_tokens,
)
from bot.cli.connection_checks import tokens_finding
from bot.cli.health_examination import Patient
from bot.settings import load_settings
from index.embed.lazy_models import Once
from index.errors import ConfigurationError, StoreError
from index.library import open_library
from tests.doubles.cli_fakes import run
from tests.doubles.record_place import RecordPlace

DAY = 86_400.0


class Clock:
    """A clock that a test sets."""

    now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def records(place: RecordPlace, clock: Clock) -> Iterator[TokenRecords]:
    with closing(open_tokens(place.home, place.address, clock=clock)) as opened:
        yield opened


def held(place: RecordPlace) -> bytes:
    """Return every byte of the file and of what SQLite keeps beside it, or of the database."""
    return b"".join(path.read_bytes() for path in place.files().iterdir() if path.is_file())


def test_a_token_is_found_by_its_text_alone_and_its_text_is_kept_nowhere(
    records: TokenRecords, place: RecordPlace, clock: Clock
) -> None:
    issued = records.issue(name="wiki", collections=["documents", "team", "documents"])
    other = records.issue(collections=["documents"])
    assert issued.text not in repr(issued)
    found = records.find(issued.text)
    assert (found.name, found.scope.collections) == ("wiki", ("documents", "team"))
    assert found.used is None
    assert records.find(other.text).id == other.token.id
    for wrong in (
        "",
        "quoth_",
        issued.text[:-1],
        f"{issued.text}x",
        issued.text.swapcase(),
        issued.text.replace(issued.token.id, other.token.id),
        "\ud800",
        "quoth_" + "0" * 12 + "_" + "A" * 43,
    ):
        with pytest.raises(TokenRefused, match="not known") as refusal:
            records.find(wrong)
        assert not wrong or wrong not in str(refusal.value)
    secret = issued.text.rpartition(issued.token.id)[2]
    assert secret.encode() not in held(place)
    for path in place.home.glob(f"{TOKENS_FILE}*"):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path


def test_the_last_use_is_noted_but_not_at_every_request(
    records: TokenRecords, clock: Clock
) -> None:
    text = records.issue(collections=["documents"]).text
    uses = []
    for seconds in (0.0, 30.0, 61.0):
        clock.now = 1_800_000_000.0 + seconds
        records.find(text)
        uses.append(records.all()[0].used)
    first, later = (datetime.fromtimestamp(1_800_000_000.0 + s, UTC) for s in (0, 61))
    assert uses == [first, first, later]


def test_a_token_opens_nothing_once_it_expired_or_was_revoked(
    records: TokenRecords, place: RecordPlace, clock: Clock
) -> None:
    short = records.issue(name="short", collections=["documents"], seconds=90 * DAY)
    lasting = records.issue(name="lasting", collections=["documents"])
    clock.now += 90 * DAY - 1
    assert records.find(short.text).name == "short"
    clock.now += 1
    with pytest.raises(TokenRefused, match=r"expired on 2027-04-15"):
        records.find(short.text)
    assert records.find(lasting.text)
    assert records.revoke("lasting").id == lasting.token.id
    with pytest.raises(TokenRefused, match="not known"):
        records.find(lasting.text)
    assert b"lasting" not in held(place)
    assert [one.name for one in records.all()] == ["short"]
    with closing(open_tokens(place.home, place.address, clock=clock)) as again:
        assert [one.name for one in again.all()] == ["short"]


def test_a_token_that_cannot_be_made_or_is_not_there_gets_a_sentence(
    records: TokenRecords,
) -> None:
    issued = records.issue(name="wiki", collections=["documents"])
    with pytest.raises(ConfigurationError, match="already"):
        records.issue(name="wiki", collections=["documents"])
    with pytest.raises(ConfigurationError, match="at most 100"):
        records.issue(name="n" * (LONGEST_NAME + 1), collections=["documents"])
    for called in ("", "nobody", issued.text):
        with pytest.raises(TokenNotFound) as error:
            records.revoke(called)
        assert issued.text not in str(error.value)


async def test_a_request_is_let_in_by_its_header_as_often_as_the_token_may_ask(
    records: TokenRecords, clock: Clock
) -> None:
    door = TokenAdmission(Once(lambda: records), RequestRate(3, clock=clock))
    first, second = (records.issue(collections=["documents"]) for _ in range(2))
    for header in (None, "", "Bearer", "Bearer ", first.text, f"Basic {first.text}"):
        with pytest.raises(TokenRefused, match="needs a token"):
            await door.admit(header)
    admitted = await asyncio.gather(*(door.admit(f"bearer {first.text}") for _ in range(3)))
    assert {token.id for token in admitted} == {first.token.id}
    clock.now += 20
    with pytest.raises(
        TooManyRequests, match=r"At most 3 requests .* Try again in 40 seconds"
    ) as many:
        await door.admit(f"Bearer {first.text}")
    assert many.value.seconds == 40
    assert (await door.admit(f"Bearer {second.text}")).id == second.token.id
    clock.now += 40
    assert await door.admit(f"Bearer  {first.text}")


def test_the_command_makes_lists_and_revokes_tokens(tmp_path: Path) -> None:
    (tmp_path / "documents").mkdir()
    made = run(tmp_path, "token", "create", "--name", "wiki", "--expires", "12w")
    assert made.exit_code == 0, made.stderr
    text = made.stdout.strip()
    assert "not shown again" in made.stderr
    as_json = json.loads(run(tmp_path, "token", "create", "--json").stdout)
    assert as_json["collections"] == ["documents"]
    assert as_json["expires"] is None
    listed = run(tmp_path, "token", "list")
    assert "wiki" in listed.stdout
    both = json.loads(run(tmp_path, "token", "list", "--json").stdout)
    assert [one["name"] for one in both] == ["wiki", ""]
    for shown in (listed.stdout, json.dumps(both)):
        assert text not in shown
        assert as_json["token"] not in shown
    settings = load_settings({}, tmp_path)
    with open_library(settings.index) as library:
        finding = tokens_finding(Patient(settings, {}, tmp_path, library))
    assert finding.state == "ok"
    assert finding.detail == f"2 of programs; 1 never expires: '{as_json['id']}'"
    assert run(tmp_path, "token", "revoke", "wiki").stdout.startswith("revoked ")
    assert json.loads(run(tmp_path, "token", "revoke", as_json["id"], "--json").stdout) == {
        "revoked": as_json["id"]
    }
    assert "There are no tokens" in run(tmp_path, "token", "list").stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("create", "--expires", "soon"), "12h, 90d or 8w"),
        (("create", "--expires", "0d"), "12h, 90d or 8w"),
        (("create", "--expires", "999999w"), "12h, 90d or 8w"),
        (("create", "--collection", "nowhere"), "no collection 'nowhere'"),
        (("revoke", "nobody"), "no token 'nobody'"),
    ],
)
def test_what_the_command_cannot_do_gets_a_sentence(
    tmp_path: Path, words: tuple[str, ...], said: str
) -> None:
    (tmp_path / "documents").mkdir()
    result = run(tmp_path, "token", *words)
    assert result.exit_code == 2
    assert said in result.stderr
    assert "Traceback" not in result.stderr


def test_tokens_are_found_in_a_home_that_can_only_be_read(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with closing(open_tokens(home)) as records:
        text = records.issue(collections=["documents"]).text
    (home / TOKENS_FILE).chmod(0o400)
    home.chmod(0o500)
    try:
        with closing(open_tokens(home)) as records:
            assert records.find(text).collections == ("documents",)
    finally:
        home.chmod(0o700)


@pytest.mark.skipif(os.name != "posix", reason="Windows keeps such rights otherwise")
def test_a_file_of_tokens_that_came_with_a_folder_opens_nothing(tmp_path: Path) -> None:
    with closing(open_tokens(tmp_path)) as records:
        records.issue(collections=["documents"])
    path = tmp_path / TOKENS_FILE
    path.chmod(0o644)  # as git leaves what it checks out
    for _ in range(2):
        with pytest.raises(StoreError, match="It may have come with the folder"):
            open_tokens(tmp_path)
    path.chmod(0o600)
    with closing(open_tokens(tmp_path)) as records:
        assert len(records.all()) == 1
