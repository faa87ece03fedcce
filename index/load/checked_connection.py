"""An HTTP connection to one checked address, with a deadline for everything.

The name is resolved once and the address that passed the check is the one connected to, so that a
name server cannot answer differently the second time.
"""

from __future__ import annotations

import http.client
import io
import queue
import socket
import ssl
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from index.load.public_addresses import is_public

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer, WriteableBuffer


class RefusedError(Exception):
    """A page that is not fetched; the message is the reason for a person."""


@dataclass(frozen=True)
class Deadline:
    """A moment by which a fetch must be done."""

    at: float
    """On the monotonic clock, in seconds."""

    @classmethod
    def after(cls, seconds: float) -> Deadline:
        """Return the moment `seconds` from now."""
        return cls(time.monotonic() + seconds)

    def left(self) -> float:
        """Return the seconds that are left; raises TimeoutError when there are none."""
        left = self.at - time.monotonic()
        if left <= 0:
            raise TimeoutError
        return left


@dataclass(frozen=True)
class Origin:
    """Scheme, host and port of an address; what a connection is made to."""

    secure: bool
    host: str
    """In ASCII, lower case."""
    port: int
    trusted: bool
    """Whether the host was allowed by name, so that its address does not matter."""

    @property
    def authority(self) -> str:
        """Return the value of the Host header."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == (443 if self.secure else 80) else f"{host}:{self.port}"


class PinnedConnection(http.client.HTTPConnection):
    """An HTTP connection to an address of `origin` that passed the check."""

    def __init__(self, origin: Origin, deadline: Deadline) -> None:
        super().__init__(origin.host, origin.port)
        self._origin = origin
        self._deadline = deadline

    def connect(self) -> None:
        """Resolve, check, connect, and start TLS with the certificate of the host's name."""
        plain = _open(self._origin, self._deadline)
        try:
            plain.settimeout(self._deadline.left())
            if self._origin.secure:
                context = ssl.create_default_context()
                plain = context.wrap_socket(plain, server_hostname=self._origin.host)
        except BaseException:
            plain.close()
            raise
        self.sock = _TimedSocket(plain, self._deadline)


class _TimedSocket:
    """The part of a socket that http.client uses, each call within the deadline."""

    def __init__(self, connected: socket.socket, deadline: Deadline) -> None:
        self._socket = connected
        self._deadline = deadline

    def sendall(self, data: ReadableBuffer) -> None:
        """Send all of `data`."""
        self._socket.settimeout(self._deadline.left())
        self._socket.sendall(data)

    def makefile(self, mode: str) -> io.BufferedReader:
        """Return a reader of what arrives; `mode` is always "rb"."""
        return io.BufferedReader(_TimedReader(self._socket, self._deadline))

    def close(self) -> None:
        """Close the connection."""
        self._socket.close()


class _TimedReader(io.RawIOBase):
    """Reads from a socket within the deadline, however slowly the bytes come."""

    def __init__(self, connected: socket.socket, deadline: Deadline) -> None:
        self._socket = connected
        # It keeps the connection open: http.client closes the socket before the body is read.
        self._stream = connected.makefile("rb", buffering=0)
        self._deadline = deadline

    def readable(self) -> bool:
        """Say that it can be read."""
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        """Read what there is."""
        self._socket.settimeout(self._deadline.left())
        # An IO object without data answers None; a socket with a time limit never does.
        return self._stream.readinto(buffer) or 0

    def close(self) -> None:
        """Let go of the connection."""
        self._stream.close()
        super().close()


def checked_address(origin: Origin, deadline: Deadline) -> str:
    """Return the first address of `origin` that may be used; raises RefusedError for none."""
    return str(_usable(origin, deadline)[0][1][0])


def _usable(origin: Origin, deadline: Deadline) -> list[_Place]:
    """Return the addresses of `origin` that may be used; raises RefusedError for none."""
    addresses = _resolve(origin, deadline)
    usable = [each for each in addresses if origin.trusted or is_public(str(each[1][0]))]
    if not usable:
        raise RefusedError(
            f"The host {origin.host!r} is on a private network or on this machine; "
            "pages are fetched from the public internet only."
        )
    return usable


def _open(origin: Origin, deadline: Deadline) -> socket.socket:
    """Connect to the first address of `origin` that may be used and answers."""
    usable = _usable(origin, deadline)
    failure: OSError | None = None
    for family, place in usable:
        connection = socket.socket(family, socket.SOCK_STREAM)
        try:
            connection.settimeout(deadline.left())
            connection.connect(place)
        except OSError as error:
            connection.close()
            failure = error
        else:
            return connection
    raise failure or OSError("no address")


_Place = tuple[socket.AddressFamily, tuple[Any, ...]]


def _resolve(origin: Origin, deadline: Deadline) -> list[_Place]:
    """Return the addresses of a host, in the system's order."""
    answers: queue.SimpleQueue[list[_Place] | OSError | UnicodeError] = queue.SimpleQueue()

    def look_up() -> None:
        try:
            found = socket.getaddrinfo(origin.host, origin.port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            answers.put(error)
        else:
            answers.put([(family, place) for family, _, _, _, place in found])

    # The system's look-up knows no time limit; a thread of its own can be left behind.
    threading.Thread(target=look_up, daemon=True, name="quoth-resolve").start()
    try:
        answer = answers.get(timeout=deadline.left())
    except queue.Empty:
        raise TimeoutError from None
    if isinstance(answer, list):
        return answer
    raise RefusedError(f"There is no host {origin.host!r}; check the address.") from answer
