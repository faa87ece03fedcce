"""What of the records was changed, so that others who share them read it anew.

Some of what is remembered is held in memory, to be known without waiting. Whoever writes it gives
it another mark, in the same transaction; whoever finds a mark that it does not know reads again.
Where the records are one process's own, nothing is marked.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Literal, TypeAlias, cast

from bot.community.store.records_file import Records, Store, on_records
from index.store.database import Connection

Kind: TypeAlias = Literal[
    "rules", "team answers", "followed messages", "left out persons", "channels", "notices", "forms"
]

_NAME = "changed: "


class ChangeMarks(Store):
    """Reads them."""

    @on_records
    def read(self) -> Mapping[Kind, str]:
        """Return the mark of each kind that was ever changed."""
        query = "SELECT name, value FROM bot_facts WHERE name LIKE ?"
        rows = self._records.rows(query, (f"{_NAME}%",))
        return {cast(Kind, name.removeprefix(_NAME)): value for name, value in rows}


def note_change(records: Records, write: Connection, *kinds: Kind) -> None:
    """Give what is being changed in a transaction another mark."""
    if records.is_shared:
        for kind in kinds:
            note_fact(write, f"{_NAME}{kind}", secrets.token_hex(8))


def note_fact(write: Connection, name: str, value: str) -> None:
    """Remember a fact in the place of what was known under its name."""
    write.execute(
        "INSERT INTO bot_facts (name, value) VALUES (?, ?) "
        "ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        (name, value),
    )
