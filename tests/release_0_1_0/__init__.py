"""A home folder as release 0.1.0 wrote it, as SQL, and what made it."""

import sqlite3
from contextlib import closing
from pathlib import Path

FOLDER = Path(__file__).parent


def write_home(home: Path) -> None:
    """Write the home folder."""
    home.mkdir(parents=True)
    with closing(sqlite3.connect(home / "catalog.sqlite")) as catalog:
        catalog.execute("PRAGMA journal_mode = WAL")
        catalog.executescript((FOLDER / "home.sql").read_text(encoding="utf-8"))
