"""The address of a PostgreSQL database, and what of it may be shown."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, unquote, urlsplit

from index.errors import ConfigurationError

if TYPE_CHECKING:
    from index.config import IndexConfig

_SCHEMES = ("postgresql", "postgres")
_OPTIONS = ("host", "sslmode", "sslrootcert")
_SSL_MODES = ("disable", "prefer", "require", "verify-ca", "verify-full")
_PORT = 5432


@dataclass(frozen=True)
class PostgresAddress:
    """Where a database is, and who asks for it."""

    host: str
    """A name, a number, or the folder of the server's socket."""
    port: int
    database: str
    user: str
    password: str | None = field(default=None, repr=False)
    ssl_mode: str = "prefer"
    ssl_root: str | None = None
    """File of the certificates that the server's has to be signed with."""

    @property
    def shown(self) -> str:
        """The address as it may be shown to people and written into a log: without password."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"postgresql://{self.user}@{host}:{self.port}/{self.database}"

    @property
    def is_local(self) -> bool:
        """Whether it is a socket of this machine."""
        return self.host.startswith("/")

    @classmethod
    def of(cls, url: str) -> PostgresAddress:
        """Return the parts of `postgresql://user:password@host:port/database?sslmode=…`.

        Raises ConfigurationError, which repeats nothing of a secret.
        """
        try:
            parts = urlsplit(url.strip())
            port, options = parts.port or _PORT, dict(parse_qsl(parts.query))
            host = options.get("host") or unquote(parts.hostname or "") or "localhost"
        except ValueError:
            raise _refused("cannot be read as an address") from None
        if parts.scheme not in _SCHEMES:
            raise _refused("does not begin with postgresql://")
        database = unquote(parts.path.strip("/"))
        if not database or "/" in database:
            raise _refused("names no database behind the host")
        if not parts.username:
            raise _refused("names no user in front of the host")
        if unknown := sorted(options.keys() - set(_OPTIONS)):
            raise _refused(f"has the option {unknown[0]!r}, of which only {_OPTIONS} are known")
        mode = options.get("sslmode", "prefer")
        if mode not in _SSL_MODES:
            raise _refused(f"has an sslmode that is none of {_SSL_MODES}")
        return cls(
            host=host,
            port=port,
            database=database,
            user=unquote(parts.username),
            password=None if parts.password is None else unquote(parts.password),
            ssl_mode=mode,
            ssl_root=options.get("sslrootcert"),
        )


def shared_address(config: IndexConfig) -> PostgresAddress | None:
    """Return the address of the database that is configured, if one is."""
    if config.database_url is None:
        return None
    return PostgresAddress.of(config.database_url.get_secret_value())


def _refused(why: str) -> ConfigurationError:
    return ConfigurationError(
        f"QUOTH_DATABASE_URL {why}. Write it as postgresql://USER:PASSWORD@HOST:5432/DATABASE, "
        "with %40 for an @ in the password."
    )
