"""Runs a LlamaIndex reader in a process of its own, within limits, and takes what it brought.

Its code is other people's: what it prints, how long it takes, how much memory it needs and how it
ends is nothing to the process that writes. It is given no secret but those that its arguments name.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from index.config import WebConfig
from index.errors import LoadError
from index.schema import LoadedDocument
from index.sync.plain_frames import Plain, document_of, framed, read_frame
from index.sync.process_watch import TOO_LONG, TOO_MUCH, ProcessWatch, module_paths
from index.sync.reader_arguments import ReaderCall, is_secret

MEMORY = 2048
"""MiB of memory that a reader may take."""

_START = (
    "import sys; sys.path[:] = {paths!r}; from index.llamaindex.reader_process import main; main()"
)
_OURS = ("QUOTH_", "DISCORD_")
_PYTHON = "PYTHON"
"""Variables that would change how a process starts."""


@dataclass(frozen=True)
class ReadDocument:
    """A document that a reader brought."""

    key: str | None
    """What it is called by its reader, the same the next time; None where nothing is."""
    document: LoadedDocument


@dataclass
class ReaderYield:
    """What one run of a reader brought."""

    documents: list[ReadDocument] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    """What a person should know."""
    is_whole: bool = True
    """Whether no limit cut it."""


@dataclass(frozen=True)
class ReaderProgram:
    """Runs readers; `limits` are those of a web site."""

    limits: WebConfig
    megabytes: int = MEMORY

    def run(
        self, call: ReaderCall, variables: Mapping[str, str], seen: Callable[[int], None]
    ) -> ReaderYield:
        """Run a reader to its end; raises LoadError that says what went wrong.

        `seen` is told how many documents there are so far, and may raise.
        """
        request = {
            "reader": call.reader,
            "arguments": tuple(call.values(variables)),
            "secrets": tuple(call.secrets(variables)),
            "documents": self.limits.pages,
            "bytes": self.limits.megabytes * 2**20,
        }
        found = ReaderYield()
        with self._process(call, variables) as process:
            watch = ProcessWatch(process, self.limits.seconds, self.megabytes)
            watch.start()
            try:
                failed = self._answers(process, request, found, seen)
            finally:
                watch.done.set()
            if failed is None:
                return found
            reason = failed or self._ended(watch.why or process.wait())
        raise LoadError(call.class_name, reason)

    def _answers(
        self,
        process: subprocess.Popen[bytes],
        request: Plain,
        found: ReaderYield,
        seen: Callable[[int], None],
    ) -> str | None:
        """Take its answers; returns why it failed, empty where it ended before its last one."""
        stdin, stdout = _pipes(process)
        try:
            stdin.write(framed(request))
        except OSError:
            return ""
        while (answer := read_frame(stdout)) is not None:
            if "failed" in answer:
                return str(answer["failed"])
            if "seen" in answer:
                seen(answer["seen"])
            elif "document" in answer:
                document = document_of(answer["document"])
                found.documents.append(ReadDocument(answer["key"], document))
            else:
                found.notes.extend(answer["notes"])
                found.is_whole = answer["is_whole"]
                return None
        return ""

    @contextmanager
    def _process(
        self, call: ReaderCall, variables: Mapping[str, str]
    ) -> Iterator[subprocess.Popen[bytes]]:
        if not Path(call.folder).is_dir():
            raise LoadError(
                call.class_name, f"The folder {call.folder!r}, in which it was added, is gone."
            )
        process = subprocess.Popen(
            [sys.executable, "-I", "-c", _START.format(paths=module_paths())],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=_harmless(variables),
            cwd=call.folder,
            bufsize=0,
            start_new_session=True,  # Ctrl-C is for the parent, which then ends it
        )
        try:
            yield process
        finally:
            _end(process)

    def _ended(self, code: int) -> str:
        if code == TOO_LONG:
            return f"It takes more than {self.limits.seconds:g} s (QUOTH_SITE_SECONDS)."
        if code in (TOO_MUCH, -getattr(signal, "SIGKILL", 9)):
            return f"It takes more than {self.megabytes:,} MiB of memory; have it read less."
        return f"It broke down while it was reading (exit code {code})."


def _pipes(process: subprocess.Popen[bytes]) -> tuple[Any, Any]:
    return process.stdin, process.stdout


def _end(process: subprocess.Popen[bytes]) -> None:
    """End it with what it started, and let go of all it holds."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except (OSError, AttributeError):
        process.kill()
    process.wait()
    for pipe in (process.stdin, process.stdout):
        try:
            if pipe is not None:
                pipe.close()
        except OSError:  # what was to be written goes nowhere
            continue


def _harmless(variables: Mapping[str, str]) -> dict[str, str]:
    """Return the variables that are neither Quoth's nor secret, but for the way through a proxy."""
    return {
        name: value
        for name, value in variables.items()
        if not name.startswith((*_OURS, _PYTHON))
        and (name.lower().endswith("_proxy") or not is_secret(name, value))
    }
