"""What stands in the records for persons and wordings that are not to be read from them.

The key is kept in the same file: a hash tells whether two rows are of one person, and to whoever
has no copy of the file, nothing.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets

from bot.community.store.records_file import Records


class KeyedHashes:
    """Makes hashes by the key of one file of records. Opening it blocks."""

    def __init__(self, records: Records) -> None:
        with records.transaction() as write:
            write.execute(
                "INSERT INTO bot_facts VALUES ('salt', ?) ON CONFLICT (name) DO NOTHING",
                (secrets.token_hex(16),),
            )
            row = write.execute("SELECT value FROM bot_facts WHERE name = 'salt'").fetchone()
        self._key = str(row[0]).encode()

    def of_person(self, id: int) -> str:
        """Return what stands for a person."""
        return self._hashed(str(id))

    def of_author(self, id: int) -> str:
        """Return what stands for a person as one who writes in channels."""
        return self._hashed(f"author {id}")

    def of_wording(self, words: str) -> str:
        """Return what stands for the words of a question."""
        return self._hashed(f"wording {words}")

    def _hashed(self, text: str) -> str:
        return hmac.new(self._key, text.encode(), hashlib.sha256).hexdigest()[:24]
