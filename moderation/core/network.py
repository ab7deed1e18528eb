"""The address that somebody writes from, as limits and authors know it."""

from __future__ import annotations

import ipaddress


def network_of(address: str) -> str:
    """An address of one reader, or of the network that they share; anything that is no IP address stays as it is."""
    address = address.strip()
    try:
        parsed = ipaddress.ip_address(_without_port(address))
    except ValueError:
        return address or "unknown"
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped is not None:
            return str(parsed.ipv4_mapped)
        return str(ipaddress.ip_network((parsed, 64), strict=False).network_address)
    return str(parsed)


def _without_port(address: str) -> str:
    """Some proxies write the port too: ``203.0.113.7:49152`` or ``[2001:db8::1]:49152``."""
    if address.startswith("["):
        return address[1:].partition("]")[0]
    host, colon, port = address.rpartition(":")
    return host if colon and port.isdigit() and ":" not in host else address
