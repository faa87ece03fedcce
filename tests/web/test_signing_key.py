"""The key that signs links: one of each home, or one of all who share a database."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from pydantic import SecretStr

from bot.signing_key import KEY_FILE, signing_key_of
from index.config import IndexConfig


def test_homes_have_a_key_each_and_keep_it(tmp_path: Path) -> None:
    one, other = (IndexConfig(home=tmp_path / name) for name in ("one", "other"))
    assert signing_key_of(one) == signing_key_of(one) != signing_key_of(other)


def test_who_shares_a_database_signs_by_one_key(tmp_path: Path, database_url: str) -> None:
    homes = [
        IndexConfig(home=tmp_path / str(number), database_url=SecretStr(database_url))
        for number in range(4)
    ]
    with ThreadPoolExecutor(4) as pool:
        keys = set(pool.map(signing_key_of, homes))
    assert len(keys) == 1
    assert len(keys.pop()) == 32
    assert not list(tmp_path.rglob(KEY_FILE))
