"""What may stand between Quoth and a shared database: encryption, and a pool of connections."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import TypeAlias

import pytest

from index.errors import DatabaseAway, StoreError
from index.store.catalog import Catalog
from index.store.postgres_address import PostgresAddress
from index.store.postgres_driver import connect
from index.store.write_lock import LOCK_FILE
from tests.doubles.chroma_server import ChromaServer
from tests.doubles.connection_pool import PROGRAM, ConnectionPool
from tests.doubles.homes import put
from tests.doubles.postgres_server import PostgresServer
from tests.index.shared.test_homes_of_one_database import opened_home
from tests.index.store.test_chroma_server import find

Pool: TypeAlias = Callable[[str], str]


@pytest.fixture
def pool(tmp_path_factory: pytest.TempPathFactory, database_url: str) -> Iterator[Pool]:
    """Put a pool before the database; returns the address through it."""
    if PROGRAM is None:
        pytest.skip("PgBouncer is not installed (package pgbouncer)")
    started: list[ConnectionPool] = []

    def start(mode: str) -> str:
        folder = tmp_path_factory.getbasetemp() / f"pool-{mode}"
        started.append(ConnectionPool(folder, database_url, mode))
        started[-1].start()
        return started[-1].database_url

    yield start
    for each in started:
        each.kill()


def test_an_index_is_written_and_read_through_a_pool_that_keeps_connections(
    tmp_path: Path, pool: Pool, database_url: str, chroma: ChromaServer
) -> None:
    put(tmp_path / "docs" / "owl.md", "# Owl\n\nAn owl sleeps by day.")
    with (
        opened_home(tmp_path, "pooled", pool("session"), chroma.url) as pooled,
        opened_home(tmp_path, "direct", database_url, chroma.url) as direct,
    ):
        assert pooled.sync()["added"] == 1
        assert find(direct, "owl").ranked[0].source.uri == "owl.md"
        assert find(pooled, "owl").ranked[0].source.uri == "owl.md"
        with pooled.catalog.lock(seconds=1):
            assert direct.catalog.is_locked(LOCK_FILE)
        assert not direct.catalog.is_locked(LOCK_FILE)


@pytest.mark.parametrize("mode", ["transaction", "statement"])
def test_a_pool_that_lends_connections_for_a_moment_is_refused(
    tmp_path: Path, pool: Pool, mode: str
) -> None:
    address = PostgresAddress.of(pool(mode))
    with pytest.raises(StoreError, match="pool_mode=session") as raised:
        Catalog(tmp_path / "home", address=address)
    assert str(address.password) not in str(raised.value)


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Certificates for two names, each signed by itself; keys are beside them."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed, so no certificate can be made")
    folder = tmp_path_factory.mktemp("certificates")
    found = {name: folder / f"{name}.crt" for name in ("localhost", "elsewhere")}
    for name, path in found.items():
        made = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"]
        said = ["-nodes", "-days", "2", "-subj", f"/CN={name}"]
        names = ["-addext", f"subjectAltName=DNS:{name}"]
        files = ["-keyout", str(path.with_suffix(".key")), "-out", str(path)]
        subprocess.run(["openssl", *made, *said, *names, *files], check=True, capture_output=True)
    return found


def test_a_connection_is_encrypted_and_its_certificate_checked_as_the_address_says(
    database_url: str, postgres_server: PostgresServer, certificates: dict[str, Path]
) -> None:
    def is_encrypted(host: str, mode: str, root: str | None = None) -> bool:
        trusted = f"&sslrootcert={certificates[root]}" if root else ""
        url = f"{database_url.replace('127.0.0.1', host)}?sslmode={mode}{trusted}"
        with closing(connect(PostgresAddress.of(url), "public")) as opened:
            asked = "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()"
            return bool(opened.execute_simple(asked).rows[0][0])

    assert not is_encrypted("127.0.0.1", "prefer")
    with pytest.raises(DatabaseAway, match="does not encrypt connections, as sslmode=require"):
        is_encrypted("127.0.0.1", "require")
    own = certificates["localhost"]
    postgres_server.encrypt(own, own.with_suffix(".key"))
    try:
        assert not is_encrypted("127.0.0.1", "disable")
        assert is_encrypted("127.0.0.1", "prefer")
        assert is_encrypted("127.0.0.1", "require")
        assert is_encrypted("127.0.0.1", "verify-ca", "localhost")
        assert is_encrypted("localhost", "verify-full", "localhost")
        refused = [
            ("127.0.0.1", "verify-full", "localhost"),  # another name than the certificate's
            ("localhost", "verify-full", "elsewhere"),  # signed by another
            ("localhost", "verify-ca", "elsewhere"),
            ("localhost", "require", "elsewhere"),
            ("localhost", "verify-full", None),
        ]
        for host, mode, root in refused:
            with pytest.raises(
                DatabaseAway, match=r"certificate .* is not accepted .* sslrootcert"
            ):
                is_encrypted(host, mode, root)
    finally:
        postgres_server.encrypt_no_more()
