"""An address as it may be shown to people and written into a log."""

from __future__ import annotations

from urllib.parse import urlsplit


def shown_address(address: str) -> str:
    """Return an address without user, password, query and fragment."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return "(an address that cannot be read)"
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


def address_password(address: str) -> str:
    """Return the password that an address has before its host; empty where it has none."""
    try:
        return urlsplit(address).password or ""
    except ValueError:
        return ""
