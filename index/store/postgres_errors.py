"""What went wrong with a PostgreSQL server, in sentences that hold no password and no values."""

from __future__ import annotations

from index.errors import DatabaseAway, IndexUnwritable, StoreError
from index.store.postgres_address import PostgresAddress

_AWAY = ("08", "57P", "53300", "25P03")
"""Beginnings of what servers say that shut down, start up, have no room for one more, or have ended
a transaction that rested."""

_OF_ANOTHER = ("42P05", "26000")
"""What is said of a prepared statement that another client left, or took away."""

_OTHER_TABLES = "cached plan"
"""What is said of a statement that was prepared before another process changed the tables."""


class LockedTable(StoreError):
    """A table or row that somebody else holds on to."""


def shared_session(address: PostgresAddress) -> StoreError:
    """Return that a pool gives others the connection of a client."""
    return StoreError(
        f"The database {address.shown!r} is reached through a pool that lends a connection for one "
        "transaction. Quoth needs one for each client: set pool_mode=session there (PgBouncer: for "
        "this database alone), or name the server itself in QUOTH_DATABASE_URL."
    )


def failure_of(
    said: dict[str, str], address: PostgresAddress, noun: str = "database"
) -> StoreError:
    """Return what failed and what to do, from what the server says; that has no values in it."""
    code, message = said.get("C", ""), " ".join(said.get("M", "").split())
    name = f"The {noun} {address.shown!r}"
    if code.startswith(_AWAY) or (code == "0A000" and _OTHER_TABLES in message):
        return away(address, message)
    if code in ("28P01", "28000"):
        return StoreError(
            f"{name} does not let {address.user!r} in ({_without(message, address)}). Check user "
            "and password in QUOTH_DATABASE_URL."
        )
    if code in _OF_ANOTHER:
        return shared_session(address)
    if code == "3D000":
        return StoreError(
            f"{name} does not exist. Make it with `createdb`, or correct QUOTH_DATABASE_URL."
        )
    if code == "42501":
        return IndexUnwritable(
            f"{name} cannot be changed by {address.user!r} ({message}). Let that user own the "
            "database: ALTER DATABASE … OWNER TO …"
        )
    if code in ("25006", "53100"):
        return IndexUnwritable(f"{name} cannot be changed now ({message}). Try again later.")
    if code in ("55P03", "40P01"):
        return LockedTable(
            f"{name} is locked by another program. Wait for it to finish, or stop it, and try "
            "again."
        )
    return StoreError(f"{name} failed: {message}. Try again; `quoth doctor` checks it.")


def away(address: PostgresAddress, why: str) -> DatabaseAway:
    """Return that a server cannot be reached."""
    return DatabaseAway(
        f"The database {address.shown!r} cannot be reached ({_without(why, address)}). Check that "
        "the server runs, and QUOTH_DATABASE_URL."
    )


def unencrypted(address: PostgresAddress) -> DatabaseAway:
    """Return that a server encrypts nothing, though it has to."""
    return DatabaseAway(
        f"The database {address.shown!r} does not encrypt connections, as sslmode="
        f"{address.ssl_mode} in QUOTH_DATABASE_URL wants. Set `ssl = on` there, with a certificate."
    )


def untrusted(address: PostgresAddress, why: str) -> DatabaseAway:
    """Return that a server has shown a certificate that is not accepted."""
    return DatabaseAway(
        f"The certificate of the database {address.shown!r} is not accepted ({why}). Name the "
        "server in QUOTH_DATABASE_URL as its certificate does, and in sslrootcert the file of who "
        "signed it."
    )


def _without(message: str, address: PostgresAddress) -> str:
    """Return a message without the password, whoever wrote it in."""
    return message.replace(address.password, "…") if address.password else message
