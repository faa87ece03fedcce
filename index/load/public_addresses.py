"""Which addresses on the network a page may be fetched from.

A page is asked for by people and by other pages (redirects), but fetched from where Quoth runs:
without this rule anybody could read what only that machine may see, its cloud's credentials first.
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

# Networks that stand for IPv4 addresses where a network has no IPv4 of its own.
_NAT64 = (IPv6Network("64:ff9b::/96"), IPv6Network("64:ff9b:1::/48"))

_CLOUD = frozenset({IPv4Address("168.63.129.16")})
"""Serves a cloud's machines only, at an address that is otherwise like any public one (Azure)."""


def is_public(address: str) -> bool:
    """Say whether an IP address belongs to the public internet, whatever it is wrapped in."""
    try:
        ip = ip_address(address)
    except ValueError:
        return False
    if isinstance(ip, IPv4Address):
        return _is_open(ip)
    if any(ip in network for network in _NAT64):
        return _is_open(IPv4Address(int(ip) & 0xFFFFFFFF))
    inner = (ip.ipv4_mapped, ip.sixtofour, *(ip.teredo or ()))
    return not ip.is_site_local and all(_is_open(each) for each in (ip, *inner) if each)


def _is_open(ip: IPv4Address | IPv6Address) -> bool:
    """Say whether an address is global and meant for one machine."""
    special = ip.is_multicast or ip.is_reserved or ip.is_unspecified or ip in _CLOUD
    return ip.is_global and not special
