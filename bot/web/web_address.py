"""Where the reading page is served, and under which names a browser may ask for it."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from urllib.parse import urlsplit

from bot.settings import Settings
from index.errors import ConfigurationError

_LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclass(frozen=True)
class WebAddress:
    """The address that is listened at, and the public one if there is one."""

    host: str
    port: int
    url: str | None = None
    """Public address without a slash at its end."""

    @classmethod
    def of(cls, settings: Settings, host: str | None = None, port: int | None = None) -> WebAddress:
        """Return the address of the settings, or the one that is given instead.

        Raises ConfigurationError where the public address is no host alone.
        """
        url = settings.web_url.rstrip("/") if settings.web_url else None
        if url is not None and any(urlsplit(url)[2:]):
            raise ConfigurationError(
                f"QUOTH_WEB_URL is {url!r}, but the page stands at the root of its host. Give it a "
                "name of its own, as in https://docs.example.org."
            )
        return cls(host or settings.web_host, settings.web_port if port is None else port, url)

    @property
    def base(self) -> str:
        """What links begin with: the public address, or else the one that is listened at."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return self.url or f"http://{host}:{self.port}"

    @property
    def is_local(self) -> bool:
        """Whether only who sits at this machine can reach it."""
        public = self.url is None or is_loopback(urlsplit(self.url).hostname or "")
        return public and is_loopback(self.host)

    @property
    def is_secure(self) -> bool:
        """Whether browsers reach it by https."""
        return self.base.startswith("https://")

    def serves(self, host_header: str) -> bool:
        """Say whether a browser that was led to `host_header` meant this page.

        A web site can have its own name lead to any machine, so names other than ours are refused;
        no name leads to a number.
        """
        name = host_name(host_header)
        public = urlsplit(self.url).hostname if self.url else None
        return is_loopback(name) or name in (public, self.host.lower()) or _is_number(name)

    def sent_from_here(self, origin: str, host_header: str) -> bool:
        """Say whether a form of this very page was sent, by the origin that the browser tells."""
        parts = urlsplit(origin)
        if parts.scheme not in ("http", "https"):
            return False
        public = urlsplit(self.url).netloc if self.url else None
        return parts.netloc in (host_header, public)


def host_name(host_header: str) -> str:
    """Return the name or number in a header `Host`, without its port; nothing of a broken one."""
    try:
        return (urlsplit(f"//{host_header}").hostname or "").rstrip(".")
    except ValueError:
        return ""


def is_loopback(name: str) -> bool:
    """Say whether a name or number leads to this machine alone."""
    if name in _LOOPBACK_NAMES:
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def _is_number(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
