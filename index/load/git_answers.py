"""What the program `git` says: the files of a commit, and why something failed."""

from __future__ import annotations

from typing import NamedTuple

_REASONS = {
    "could not read Username": "It is not there, or can only be read after signing in",
    "Authentication failed": "It is not there, or can only be read after signing in",
    "terminal prompts disabled": "It is not there, or can only be read after signing in",
    "Permission denied": "The server does not let you in",
    "unable to update url base from redirection": "It has moved; add it by its new address",
    "returned error: 30": "It has moved; add it by its new address",
    "not found": "There is no such repository",
    "does not exist": "There is no such repository",
    "does not appear to be a git repository": "There is no such repository",
    "not valid: is this a git repository": "There is no Git repository at this address",
    "dumb http transport does not support shallow": "Its server is too old for what Quoth asks",
}


class GitFile(NamedTuple):
    """A file of a repository at one commit."""

    path: str
    blob: str
    """What Git calls its content by."""
    size: int


def file_of_line(line: bytes) -> GitFile | None:
    """Return the file of a line of `git ls-tree -l`; None for a link, a submodule or a folder."""
    facts, _, name = line.partition(b"\t")
    parts = facts.split()
    if len(parts) != 4 or parts[0] not in (b"100644", b"100755"):
        return None
    try:
        return GitFile(name.decode(), parts[2].decode("ascii"), int(parts[3]))
    except ValueError:
        return None


def is_commit(text: str) -> bool:
    """Say whether a text is what Git calls a commit by."""
    return len(text) in (40, 64) and all(digit in "0123456789abcdef" for digit in text)


def failure_sentence(said: bytes) -> str:
    """Say in a sentence why git failed."""
    text = said.decode("utf-8", "replace")
    known = next((reason for sign, reason in _REASONS.items() if sign in text), None)
    if known is not None:
        return f"{known}."
    lines = [line for line in text.splitlines() if line.startswith(("fatal:", "error:"))]
    last = lines[0].partition(":")[2].strip() if lines else "it gave no reason"
    return f"Git could not fetch it: {last[:200]}."
