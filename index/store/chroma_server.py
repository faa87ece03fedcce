"""A Chroma server: how it is reached, as whom, and for how long it is waited for.

Chroma's client waits for ever for a server that takes requests and does not answer them. Whoever
asks a question is not kept waiting by it: reading has a few seconds, writing two minutes.
"""

from __future__ import annotations

import http.client
from typing import Any
from urllib.parse import quote, urlsplit

from index.config import ChromaAccount
from index.errors import ConfigurationError

CONNECTING, READING, WRITING = 3.0, 5.0, 120.0
"""Seconds for a connection, for the answer to a question, and for rows to be written or listed."""

_REFUSED, _MISSING = (401, 403), 404


def server_client(chromadb: Any, settings: Any, url: str, account: ChromaAccount) -> Any:
    """Return a client of the server at `url`.

    Raises ConfigurationError, ConnectionError, or what Chroma raises.
    """
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ConfigurationError(
            f"QUOTH_CHROMA_URL is {url!r}, which is no address. Write it as http://HOST:PORT."
        )
    secure = parts.scheme == "https"
    port = parts.port or (443 if secure else 8000)
    kind = http.client.HTTPSConnection if secure else http.client.HTTPConnection
    _knock(kind(parts.hostname, port, timeout=READING), account)
    client = chromadb.HttpClient(
        host=parts.hostname,
        port=port,
        ssl=secure,
        headers=_headers(account),
        settings=settings,
        tenant=account.tenant,
        database=account.database,
    )
    session = client._server._session
    session.timeout = WRITING
    session.event_hooks = {"request": [_hurry]}
    return client


def close_session(client: Any) -> None:
    """End the connections that a stopped client leaves open, and forget it."""
    for each in (client, client._admin_client):  # the second has connections of its own
        each._server._session.close()
    client.close()


def _headers(account: ChromaAccount) -> dict[str, str]:
    """Return the token under both names that servers look for: Chroma Cloud's is the second."""
    if account.token is None:
        return {}
    token = account.token.get_secret_value()
    return {"Authorization": f"Bearer {token}", "X-Chroma-Token": token}


def _knock(connection: http.client.HTTPConnection, account: ChromaAccount) -> None:
    """See that the database is there, before Chroma's client asks without a limit of time."""
    tenant, database = quote(account.tenant, safe=""), quote(account.database, safe="")
    try:
        path = f"/api/v2/tenants/{tenant}/databases/{database}"
        connection.request("GET", path, headers=_headers(account))
        answer = connection.getresponse()
        answer.read()
    except TimeoutError:
        raise ConnectionError("it does not answer") from None
    except (OSError, http.client.HTTPException) as error:
        raise ConnectionError(str(error) or "it ends the connection") from error
    finally:
        connection.close()
    if answer.status in _REFUSED:
        raise ConnectionError("it does not take QUOTH_CHROMA_TOKEN")
    if answer.status == _MISSING:
        raise ConnectionError(
            f"it has no database {account.database!r} of a tenant {account.tenant!r}; "
            "create it, or change QUOTH_CHROMA_DATABASE or QUOTH_CHROMA_TENANT"
        )


def _hurry(request: Any) -> None:
    """Give what a question waits for less time than the rest."""
    quick = request.method == "GET" or request.url.path.endswith("/query")
    seconds = READING if quick else WRITING
    parts = dict.fromkeys(("read", "write", "pool"), seconds)
    request.extensions["timeout"] = {"connect": CONNECTING, **parts}
