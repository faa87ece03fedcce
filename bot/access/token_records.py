"""The tokens of programs, in a file of their own in the home folder, for its owner alone, or in a
schema of their own in a database.

A token is shown once and only its SHA-256 is kept. That is enough: the slow hashes that passwords
need are against guessing, and a token holds 256 random bits, which nobody guesses.
The file is in no backup, for a token that was revoked since would work again once it is restored.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import re
import secrets
import stat
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import ClassVar

from pydantic import Field

from bot.schema import Scope
from index.config import IndexConfig
from index.errors import ConfigurationError, QuothError, StoreError
from index.schema import Value
from index.store.database import Database
from index.store.postgres_address import PostgresAddress, shared_address
from index.store.postgres_types import for_postgres
from index.store.private_files import make_home
from index.store.sqlite_file import Row, SqliteFile, script

TOKENS_FILE = "tokens.sqlite"
TOKENS_SCHEMA = "tokens"

LONGEST_NAME = 100
"""Characters of a name."""

_USE_SECONDS = 60.0
"""The last use is noted no finer, so that not every request writes."""

_FORM = re.compile(r"quoth_([0-9a-f]{12})_[A-Za-z0-9_-]{43}")
"""What a token looks like: a public id, by which it is found, and 32 random bytes."""

_TABLE = """
CREATE TABLE tokens (
    id TEXT PRIMARY KEY, digest BLOB NOT NULL, name TEXT NOT NULL, collections TEXT NOT NULL,
    created REAL NOT NULL, expires REAL, used REAL
)
"""


class TokenRefused(QuothError):
    """A request without a token, or with one that opens nothing."""


class TokenNotFound(QuothError):
    """No token has this id or name, or several have the name."""


class Token(Value):
    """What is kept of a token: all but itself."""

    id: str = Field(description="Its public id, which stands in the token.")
    name: str = Field(description="What whoever made it calls it; may be empty.")
    collections: tuple[str, ...] = Field(description="What it opens.")
    created: datetime = Field(description="When it was made, in UTC.")
    expires: datetime | None = Field(default=None, description="Until when it holds; None: ever.")
    used: datetime | None = Field(default=None, description="When it was last used.")

    @property
    def scope(self) -> Scope:
        """What it opens."""
        return Scope(collections=self.collections)


class IssuedToken(Value):
    """A token just made: the only moment at which its text is at hand."""

    text: str = Field(repr=False, description="What a program sends.")
    token: Token = Field(description="What is kept of it.")


class _TokensFile(SqliteFile):
    noun: ClassVar[str] = "file of tokens"


class TokenRecords:
    """Issues, finds and revokes tokens, in a file or a database. All of it blocks for a moment.

    `clock` returns the seconds since 1970. Raises StoreError.
    """

    def __init__(self, database: Database, *, clock: Callable[[], float] = time.time) -> None:
        self._database = database
        self._clock = clock

    def close(self) -> None:
        """Close the file or the connections."""
        self._database.close()

    def issue(
        self, *, name: str = "", collections: Sequence[str], seconds: float | None = None
    ) -> IssuedToken:
        """Make a token that holds for so many seconds, or for ever.

        Raises ConfigurationError for a name that is too long or that another token has.
        """
        if len(name) > LONGEST_NAME:
            raise ConfigurationError(f"A token's name has at most {LONGEST_NAME} characters.")
        now = self._clock()
        id = secrets.token_hex(6)
        text = f"quoth_{id}_{secrets.token_urlsafe(32)}"
        opened = tuple(dict.fromkeys(collections))
        expires = None if seconds is None else now + seconds
        with self._database.transaction() as write:
            if name and write.execute("SELECT 1 FROM tokens WHERE name = ?", (name,)).fetchone():
                raise ConfigurationError(
                    f"There is a token {name!r} already. Give another name, or revoke that one."
                )
            write.execute(
                "INSERT INTO tokens VALUES (?, ?, ?, ?, ?, ?, NULL)",
                (id, _digest(text), name, json.dumps(opened), now, expires),
            )
        return IssuedToken(text=text, token=self._named(id))

    def find(self, text: str) -> Token:
        """Return what a token opens, and note that it was used; raises TokenRefused."""
        known = _FORM.fullmatch(text)
        row = self._database.row(f"{_SELECT} WHERE id = ?", (known[1],)) if known else None
        kept = bytes(row[-1]) if row else bytes(32)
        if row is None or not hmac.compare_digest(_digest(text), kept):
            raise TokenRefused(
                "This token is not known. It may have been revoked; `quoth token create` makes "
                "another."
            )
        token = _token(row)
        now = self._clock()
        if token.expires is not None and token.expires.timestamp() <= now:
            raise TokenRefused(
                f"This token expired on {token.expires:%Y-%m-%d}; `quoth token create` makes "
                "another."
            )
        self._note_use(token, now)
        return token

    def all(self) -> list[Token]:
        """Return every token, the oldest first."""
        return [_token(row) for row in self._database.rows(f"{_SELECT} ORDER BY created, id")]

    def revoke(self, called: str) -> Token:
        """Let the token of this id or name open nothing any more; raises TokenNotFound."""
        token = next((one for one in self.all() if called and called in (one.id, one.name)), None)
        if token is None:
            raise TokenNotFound(
                f"There is no token {shortened(called)!r}. `quoth token list` lists what there is."
            )
        with self._database.transaction() as write:
            write.execute("DELETE FROM tokens WHERE id = ?", (token.id,))
        self._database.erase_traces()
        return token

    def _named(self, id: str) -> Token:
        row = self._database.row(f"{_SELECT} WHERE id = ?", (id,))
        assert row is not None
        return _token(row)

    def _note_use(self, token: Token, now: float) -> None:
        if token.used is not None and now - token.used.timestamp() < _USE_SECONDS:
            return
        # A full disk does not keep anybody from asking.
        with suppress(StoreError), self._database.transaction() as write:
            write.execute("UPDATE tokens SET used = ? WHERE id = ?", (now, token.id))


def open_tokens(
    home: Path,
    address: PostgresAddress | None = None,
    *,
    clock: Callable[[], float] = time.time,
) -> TokenRecords:
    """Open the tokens of a home folder, or those in a database where an address is given."""
    if address is None:
        path = home / TOKENS_FILE
        _make_private(path)
        return TokenRecords(_TokensFile(path, [script(_TABLE)]), clock=clock)
    from index.store.postgres import PostgresDatabase

    tables = [script(for_postgres(_TABLE))]
    return TokenRecords(PostgresDatabase(address, TOKENS_SCHEMA, tables), clock=clock)


def open_tokens_of(config: IndexConfig) -> TokenRecords:
    """Open the tokens that let programs into an index."""
    return open_tokens(config.home, shared_address(config))


_SELECT = "SELECT id, name, collections, created, expires, used, digest FROM tokens"


def shortened(called: str) -> str:
    """Return what a token was called, without what makes it one where it is the token itself."""
    return called[:18] + "…" if called.startswith("quoth_") else called


def _token(row: Row) -> Token:
    id, name, collections, created, expires, used, _ = row
    return Token(
        id=id,
        name=name,
        collections=tuple(json.loads(collections)),
        created=_moment(created),
        expires=None if expires is None else _moment(expires),
        used=None if used is None else _moment(used),
    )


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()


def _make_private(path: Path) -> None:
    """Make the file for its owner alone, before SQLite would make it for everybody to read.

    What SQLite puts beside it takes the rights of the file.
    """
    try:
        make_home(path.parent)
        if not path.exists():
            os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
            return
        is_open = os.name == "posix" and _is_open(path)
    except OSError as error:
        raise StoreError(
            f"The file of tokens {str(path)!r} cannot be made ({error.strerror}). Set QUOTH_HOME "
            "to a folder that you may write to."
        ) from error
    if is_open:
        raise StoreError(
            f"Others may read the file of tokens {str(path)!r}, which Quoth never lets them. It "
            "may have come with the folder, and whoever made it knows its tokens. Delete it, or "
            "run `chmod 600` on it if you made every token in it."
        )


def _is_open(path: Path) -> bool:
    """Say whether others may read a file, where the file system can keep them from it."""
    mode = stat.S_IMODE(path.stat().st_mode)
    if not mode & 0o077:
        return False
    path.chmod(0o600)
    if path.stat().st_mode & 0o077:
        return False  # a file system without rights, where every file looks like this
    path.chmod(mode)
    return True
