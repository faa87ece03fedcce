"""What the address of a shared database has to be, and what of it is secret."""

from __future__ import annotations

from urllib.parse import quote, urlsplit

from pydantic import SecretStr

from index.errors import ConfigurationError


def check_database(url: SecretStr | None, chroma_url: str | None) -> None:
    """Refuse an address that cannot be used; raises ConfigurationError, without the password."""
    if url is None:
        return
    from index.store.postgres_address import PostgresAddress

    PostgresAddress.of(url.get_secret_value())
    if chroma_url is None:
        raise ConfigurationError(
            "QUOTH_DATABASE_URL needs QUOTH_CHROMA_URL as well: who shares a database shares the "
            "vectors, too. Start a server with `chroma run`, and set "
            "QUOTH_CHROMA_URL=http://HOST:8000."
        )


def database_passwords(url: SecretStr | None) -> tuple[str, ...]:
    """Return the password of an address, as it is sent and as it is written."""
    if url is None:
        return ()
    from index.store.postgres_address import PostgresAddress

    password = PostgresAddress.of(url.get_secret_value()).password
    if not password:
        return ()
    written = urlsplit(url.get_secret_value()).password or ""
    return tuple(dict.fromkeys((password, quote(password, safe=""), written)))
