"""`quoth token`: the tokens with which programs ask over the network."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from typing import TYPE_CHECKING

import click

from bot.cli import options
from bot.cli.environment import Environment, pass_environment, say, write
from bot.cli.json_output import dumps
from bot.cli.terminal_text import one_line, table
from bot.json_shapes.json_shape import Payload
from index.config import SHARED_COLLECTION

if TYPE_CHECKING:
    from bot.access.token_records import Token, TokenRecords

_SECONDS = {"h": 3600.0, "d": 86_400.0, "w": 604_800.0}
_LONGEST_DAYS = 3650


def _seconds(_: click.Context, option: click.Parameter, told: str | None) -> float | None:
    """Return the seconds of a time like `90d`; raises BadParameter for what is none."""
    if told is None:
        return None
    parts = re.fullmatch(r"([1-9][0-9]{0,5})([hdw])", told.strip().lower())
    seconds = float(parts[1]) * _SECONDS[parts[2]] if parts else 0.0
    if not 0 < seconds <= _LONGEST_DAYS * _SECONDS["d"]:
        raise click.BadParameter(
            f"{told!r} is no such time. Give hours, days or weeks: 12h, 90d or 8w.", param=option
        )
    return seconds


@click.group()
def token() -> None:
    """Make, list and revoke the tokens of programs.

    A program that asks over the network (`quoth web`) shows a token, and is opened the collections
    of that token, nothing else. A token is printed once; only its hash is kept.

    \b
    quoth token create --name wiki --expires 90d
    quoth token list
    quoth token revoke wiki
    """


@token.command()
@click.option("--name", default="", metavar="NAME", help="What you call it.")
@click.option(
    "--collection",
    "collections",
    multiple=True,
    default=(SHARED_COLLECTION,),
    metavar="NAME",
    show_default=True,
    help="The collection that it opens; give it again for another one.",
)
@click.option(
    "--expires",
    callback=_seconds,
    metavar="TIME",
    help="How long it holds: 12h, 90d, 8w. Else for ever.",
)
@options.as_json
@pass_environment
def create(
    environment: Environment,
    name: str,
    collections: tuple[str, ...],
    expires: float | None,
    as_json: bool,
) -> None:
    """Make a token and print it, this once."""
    with environment.library() as library:
        for collection in collections:
            options.check_collection(library, collection)
    with _records(environment) as records:
        issued = records.issue(name=name.strip(), collections=collections, seconds=expires)
    if as_json:
        write(dumps({"token": issued.text, **_payload(issued.token)}))
        return
    write(issued.text)
    until = issued.token.expires
    holds = f"until {until:%Y-%m-%d %H:%M} UTC" if until else "until it is revoked"
    opened = ", ".join(map(one_line, issued.token.collections))
    say(f"It opens {opened} {holds}. Keep it now: it is not shown again.")


@token.command("list")
@options.as_json
@pass_environment
def list_tokens(environment: Environment, as_json: bool) -> None:
    """List the tokens: what each opens, how long it holds and when it was last used."""
    with _records(environment) as records:
        found = records.all()
    if as_json:
        write(dumps([_payload(one) for one in found]))
    elif found:
        rows = [_row(one) for one in found]
        head = ("id", "name", "opens", "made", "expires", "last used")
        write(table(rows, head, environment.style()))
    else:
        say("There are no tokens. `quoth token create` makes one.")


@token.command()
@click.argument("called", metavar="ID_OR_NAME")
@options.as_json
@pass_environment
def revoke(environment: Environment, called: str, as_json: bool) -> None:
    """Let a token, by its id or name, open nothing any more, from now on."""
    with _records(environment) as records:
        gone = records.revoke(called)
    named = f"{gone.id} ({one_line(gone.name)})" if gone.name else gone.id
    write(dumps({"revoked": gone.id}) if as_json else f"revoked {named}")


@contextmanager
def _records(environment: Environment) -> Iterator[TokenRecords]:
    from bot.access.token_records import open_tokens_of

    with closing(open_tokens_of(environment.settings.index)) as records:
        yield records


def _payload(one: Token) -> Payload:
    return {
        "id": one.id,
        "name": one.name,
        "collections": one.collections,
        "created": one.created.isoformat(),
        "expires": one.expires and one.expires.isoformat(),
        "used": one.used and one.used.isoformat(),
    }


def _row(one: Token) -> tuple[str, ...]:
    return (
        one.id,
        one.name or "-",
        ", ".join(one.collections),
        _day(one.created),
        _day(one.expires) if one.expires else "never",
        _day(one.used) if one.used else "never",
    )


def _day(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d}"
