"""Addresses of Git repositories, and where a file of one stands on its host at one commit."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Literal, NamedTuple, TypeAlias
from urllib.parse import quote, unquote, urlsplit

Protocol: TypeAlias = Literal["https", "http", "ssh", "file"]

_SSH = re.compile(r"(?:ssh://)?[\w.-]+@[\w.-]+[:/][^\s'\"\\]+\.git/?$|ssh://[\w.@:-]+/\S+\.git/?$")


class GitAddress(NamedTuple):
    """What is cloned."""

    url: str
    protocol: Protocol
    name: str
    """What its files are called by: that of the repository."""


def git_address(name: str, *, is_own: bool = False) -> GitAddress | None:
    """Return the repository that a name stands for; None where it does not end in `.git`.

    Folders and SSH are for a person at this machine, whose `is_own` it is.
    """
    bare = name.strip().removesuffix("/")
    if not bare.endswith(".git"):
        return None
    if bare.startswith(("https://", "http://")):
        protocol: Protocol = "https" if bare.startswith("https") else "http"
        return GitAddress(bare, protocol, _name(urlsplit(bare).path))
    if not is_own:
        return None
    if bare.startswith("file://"):
        return GitAddress(bare, "file", _name(unquote(urlsplit(bare).path)))
    path = Path(bare).expanduser()
    if path.is_dir():
        return GitAddress(path.absolute().as_uri(), "file", _name(str(path.absolute())))
    if not bare.startswith("-") and _SSH.match(bare):
        return GitAddress(bare, "ssh", _name(bare.replace(":", "/")))
    return None


def blob_url(repository: str, commit: str, path: str) -> str | None:
    """Return where a file stands on its host at a commit; None where the host is not known."""
    parts = urlsplit(_as_web(repository))
    host, base = parts.hostname or "", parts.path.removesuffix(".git")
    between = next((form for known, form in _FORMS.items() if _is_of(host, known)), None)
    if between is None:
        return None
    return f"https://{host}{base}{between.format(commit=commit)}{quote(path)}"


def _as_web(repository: str) -> str:
    """Return an address of SSH as that of the same host's pages."""
    found = re.match(r"(?:ssh://)?git@([\w.-]+)[:/](.+)", repository)
    return f"https://{found[1]}/{found[2]}" if found else repository


_FORMS = {
    "github.com": "/blob/{commit}/",
    "gitlab.com": "/-/blob/{commit}/",
    "codeberg.org": "/src/commit/{commit}/",
    "bitbucket.org": "/src/{commit}/",
    "git.sr.ht": "/tree/{commit}/item/",
}
"""What hosts put between a repository and a path in it."""


def _is_of(host: str, known: str) -> bool:
    return host == known or (known == "gitlab.com" and host.startswith("gitlab."))


def _name(path: str) -> str:
    """Return what a repository is called: of a `.git` in a folder, that folder."""
    last = path.rstrip("/").removesuffix(".git").rstrip("/")
    return last.rpartition("/")[2] or "repository"
