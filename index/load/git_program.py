"""Runs the program `git` to fetch the files of a repository, with everything it could run kept out.

The clone is bare and shallow: nothing is checked out, so that no filter, no hook, no symbolic link
and no submodule comes into play. Git is told the one address that was checked, follows no redirect,
asks nobody for a password, and is ended when it takes too long or too much.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO
from urllib.parse import urlsplit

from index.errors import LoadError
from index.load.checked_connection import Deadline, Origin, RefusedError, checked_address
from index.load.git_address import GitAddress
from index.load.git_answers import GitFile, failure_sentence, file_of_line, is_commit
from index.load.web_page import PORTS

_OLDEST = (2, 37)
"""Since then Git can be told which address a name has."""

_STEP = 0.05
_ANSWER = 64 * 1024 * 1024
"""Bytes of a list of files that are read at most."""

_KEPT = ("PATH", "SYSTEMROOT", "TEMP", "TMP")
_OWN = ("HOME", "SSH_AUTH_SOCK", "USERPROFILE", "APPDATA", "XDG_CONFIG_HOME", "XDG_RUNTIME_DIR")
"""What a person's own credentials are found by."""

_SETTINGS = {
    "core.hooksPath": os.devnull,
    "core.fsmonitor": "false",
    "core.askPass": "",
    "credential.interactive": "false",
    "fetch.recurseSubmodules": "false",
    "gc.auto": "0",
    "http.followRedirects": "false",
    "http.proxy": "",
    "http.lowSpeedLimit": "1",
    "http.lowSpeedTime": "30",
    "init.templateDir": "",
    "protocol.allow": "never",
    "transfer.bundleURI": "false",
}

MISSING = (
    "Git is not installed, by which repositories are read. Install it, on Debian with "
    "`apt-get install git`, and try again."
)


@dataclass(frozen=True)
class GitProgram:
    """Git, with the rights of whoever asked."""

    allowed_hosts: frozenset[str] = frozenset()
    megabytes: int = 500
    """MiB that a clone may take."""
    seconds: float = 600.0
    is_own: bool = False
    """Whether a person at this machine asked: then paths, SSH and own credentials are used."""

    def head(self, address: GitAddress, check: Callable[[], None]) -> str:
        """Return the commit that a repository is at; raises LoadError."""
        if problem := version_problem(address.url):
            raise LoadError(address.url, problem)
        said = self._run(address, ["ls-remote", "--exit-code", address.url, "HEAD"], check=check)
        commit = said.split()[0].decode("ascii", "replace") if said.split() else ""
        if not is_commit(commit):
            raise LoadError(address.url, "The repository has no commit.")
        return commit

    def clone(self, address: GitAddress, target: Path, check: Callable[[], None]) -> None:
        """Clone the newest commit into a folder that is there only when it is whole."""
        unfinished = target.with_name(f"{target.name}.new")
        remove_clone(target)
        unfinished.parent.mkdir(parents=True, exist_ok=True)
        asked = [
            "clone", "--bare", "--depth=1", "--single-branch", "--no-tags", "--no-local", "--quiet",
            "--", address.url, str(unfinished),
        ]  # fmt: skip
        try:
            self._run(address, asked, folder=unfinished, check=check)
        except BaseException:
            remove_clone(target)
            raise
        unfinished.rename(target)

    def commit_of(self, clone: Path) -> str:
        """Return the commit of a clone; raises LoadError."""
        return self._here(clone, "rev-parse", "HEAD").decode("ascii", "replace").strip()

    def files(self, clone: Path) -> list[GitFile]:
        """Return the files of a clone by path, without links and submodules; raises LoadError."""
        listed = self._here(clone, "ls-tree", "-r", "-z", "-l", "--full-tree", "HEAD")
        return [file for line in listed.split(b"\0") if (file := file_of_line(line)) is not None]

    def content(self, clone: Path, file: GitFile) -> bytes:
        """Return what is in a file; raises LoadError."""
        return self._here(clone, "cat-file", "blob", file.blob, most=file.size + 1)

    def _here(self, clone: Path, *asked: str, most: int = _ANSWER) -> bytes:
        place = GitAddress(clone.as_uri(), "file", clone.name)
        return self._run(place, ["--git-dir", str(clone), *asked], local=True, most=most)

    def _run(
        self,
        address: GitAddress,
        asked: Sequence[str],
        *,
        folder: Path | None = None,
        local: bool = False,
        most: int = _ANSWER,
        check: Callable[[], None] = lambda: None,
    ) -> bytes:
        """Run git and return what it says; raises LoadError that says why it failed."""
        settings = {**_SETTINGS, **({} if local else self._allowed(address))}
        flags = [flag for name, value in settings.items() for flag in ("-c", f"{name}={value}")]
        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as errors:
            try:
                process = subprocess.Popen(
                    [_program(address.url), *flags, *asked],
                    stdin=subprocess.DEVNULL,
                    stdout=out,
                    stderr=errors,
                    env=self._environ(),
                    start_new_session=True,
                )
            except OSError as error:
                raise LoadError(address.url, MISSING) from error
            try:
                self._wait(process, address, folder, out, most, check)
            finally:
                _end(process)
            if process.returncode:
                raise LoadError(address.url, failure_sentence(_read(errors, 20_000)))
            return _read(out, most)

    def _wait(
        self,
        process: subprocess.Popen[bytes],
        address: GitAddress,
        folder: Path | None,
        out: IO[bytes],
        most: int,
        check: Callable[[], None],
    ) -> None:
        ends = time.monotonic() + self.seconds
        while process.poll() is None:
            check()
            if time.monotonic() > ends:
                reason = f"It takes longer than {self.seconds:g} seconds to fetch."
                raise LoadError(address.url, reason)
            taken = _size(folder) if folder else 0
            if taken > self.megabytes * 2**20 or os.fstat(out.fileno()).st_size > most + _ANSWER:
                raise LoadError(address.url, f"It is larger than {self.megabytes} MiB.")
            time.sleep(_STEP)

    def _allowed(self, address: GitAddress) -> dict[str, str]:
        """Return settings that let git reach this address, once it is checked, and no other."""
        if address.protocol in ("file", "ssh"):
            if not self.is_own:
                reason = "Only addresses that begin with https:// are fetched."
                raise LoadError(address.url, reason)
            return {f"protocol.{address.protocol}.allow": "always"}
        try:
            place = _checked(address, self.allowed_hosts)
        except RefusedError as refusal:
            raise LoadError(address.url, str(refusal)) from refusal.__cause__
        except TimeoutError as error:
            raise LoadError(address.url, "Its host could not be looked up in time.") from error
        return {
            f"protocol.{address.protocol}.allow": "always",
            "http.curloptResolve": place,
        }

    def _environ(self) -> Mapping[str, str]:
        """Return the variables that git sees."""
        kept = (*_KEPT, *_OWN) if self.is_own else _KEPT
        found = {name: os.environ[name] for name in kept if name in os.environ}
        closed = {} if self.is_own else {"GIT_CONFIG_GLOBAL": os.devnull, "HOME": os.devnull}
        return {
            **found,
            **closed,
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_ATTR_NOSYSTEM": "1",
            "GIT_TERMINAL_PROMPT": "0",
            "GIT_ASKPASS": "",
            "SSH_ASKPASS": "",
            "GIT_SSH_COMMAND": "ssh -oBatchMode=yes",
            "GIT_NO_LAZY_FETCH": "1",
            "GCM_INTERACTIVE": "never",
            "LC_ALL": "C",
        }


def remove_clone(folder: Path) -> None:
    """Delete a clone for good, and one that was not finished; none is fine."""
    for each in (folder, folder.with_name(f"{folder.name}.new")):
        shutil.rmtree(each, ignore_errors=True)


def _checked(address: GitAddress, allowed_hosts: frozenset[str]) -> str:
    """Return host, port and checked address as git takes them; raises RefusedError."""
    parts = urlsplit(address.url)
    host = (parts.hostname or "").rstrip(".").lower()
    if parts.username is not None or parts.password is not None:
        raise RefusedError("The address holds a user name or password; leave them out.")
    try:
        port = parts.port or (443 if address.protocol == "https" else 80)
    except ValueError:
        raise RefusedError("It is not a web address.") from None
    trusted = host in allowed_hosts
    if not host or not host.isascii():
        raise RefusedError("The address names no host.")
    if address.protocol == "http" and not trusted:
        raise RefusedError("Only addresses that begin with https:// are fetched.")
    if port not in PORTS and not trusted:
        raise RefusedError(f"Port {port} is not one of web servers (80, 443, 8080, 8443).")
    origin = Origin(address.protocol == "https", host, port, trusted)
    place = checked_address(origin, Deadline.after(15.0))
    return f"{host}:{port}:{f'[{place}]' if ':' in place else place}"


def _program(url: str) -> str:
    """Return where git is; raises LoadError where it is not, or is too old."""
    found = shutil.which("git")
    if found is None:
        raise LoadError(url, MISSING)
    return found


def version_problem(url: str) -> str | None:
    """Return why the git that is installed cannot be used, if it cannot."""
    said = subprocess.run(
        [_program(url), "--version"], capture_output=True, text=True, check=False, timeout=30
    ).stdout.split()
    numbers = said[2].split(".")[:2] if len(said) > 2 else []
    version = tuple(int(number) for number in numbers if number.isdecimal())
    if len(version) == 2 and version < _OLDEST:
        return f"Git {said[2]} is too old; Quoth needs 2.37 or newer. Install a newer one."
    return None


def _end(process: subprocess.Popen[bytes]) -> None:
    """End git and what it started, if they still run."""
    if process.poll() is not None:
        return
    if hasattr(os, "killpg"):
        os.killpg(process.pid, signal.SIGKILL)
    else:
        process.kill()
    process.wait()


def _read(file: IO[bytes], most: int) -> bytes:
    file.seek(0)
    return file.read(most)


def _size(folder: Path) -> int:
    """Return how many bytes a folder holds now, while it is being written."""
    total = 0
    for place, _, names in os.walk(folder):
        for name in names:
            try:
                total += (Path(place) / name).lstat().st_size
            except OSError:
                continue  # it was renamed
    return total
