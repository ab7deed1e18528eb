"""Where events may be sent: which addresses an administrator may name, and which a connection may go to.

A name is resolved when a connection is made, and the connection goes to the very address that was looked at: a name
that means something else a moment later leads nowhere else.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from moderation.core.errors import InvalidField, clipped
from moderation.core.messages import Message

LONGEST = 2000
PORTS = {"https": 443, "http": 80}
Resolver = Callable[[str, int], Sequence[str]]
"""The addresses, in numbers, that a host's name means now. Raises ``OSError``."""

_Ip = ipaddress.IPv4Address | ipaddress.IPv6Address
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_COMPATIBLE = ipaddress.IPv6Network("::/96")
_METADATA = frozenset(
    map(ipaddress.ip_address, ("fd00:ec2::254", "fd20:ce::254", "100.100.100.200", "192.0.0.192", "168.63.129.16"))
)
"""Where clouds tell a machine who it is, besides link-local addresses: AWS, Google, Alibaba, Oracle, Azure."""
_UNICAST = ipaddress.IPv6Network("2000::/3")
"""All that is given out of IPv6: what lies outside, such as the old site-local addresses, is on no public internet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """An address taken apart: where to connect, what to ask for there, and under which name."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def name(self) -> str:
        """As the ``Host`` header has it."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def url(self) -> str:
        return f"{self.scheme}://{self.name}{self.path}"


def target_of(url: str, *, allow_private: bool) -> Target:
    """An address that events may be sent to. Raises ``InvalidField`` for what is none.

    ``allow_private``: it may lie in one's own network, and be spoken to without encryption.
    """
    parts = _split(url.strip())
    if parts.scheme == "http" and not allow_private:
        raise InvalidField("address", Message("webhook_address_open"))
    target = Target(
        scheme=parts.scheme,
        host=_host(parts),
        port=_port(parts) or PORTS[parts.scheme],
        path=(parts.path or "/") + (f"?{parts.query}" if parts.query else ""),
    )
    number = _number(target.host)
    if number is not None and not may_connect(target.host, allow_private=allow_private):
        raise InvalidField("address", _refused([target.host], allow_private))
    return target


def resolved(host: str, port: int) -> list[str]:
    """The addresses that a name means now, as the machine's resolver says. Raises ``OSError``."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


def permitted(addresses: Sequence[str], *, allow_private: bool) -> list[str]:
    """Those of a name's addresses that a connection may go to. Raises ``InvalidField`` where none is left."""
    left = [address for address in addresses if may_connect(address, allow_private=allow_private)]
    if not left:
        raise InvalidField("address", _refused(addresses, allow_private))
    return left


def may_connect(address: str, *, allow_private: bool) -> bool:
    """Whether a connection may go to this numeric address: one of the public internet, or with ``allow_private`` of
    one's own network too; to a link-local one never.
    """
    number = _number(address)
    if number is None:
        return False
    return all(_open(each, allow_private=allow_private) for each in _faces(number))


def _open(number: _Ip, *, allow_private: bool) -> bool:
    if _never(number):
        return False
    given_out = isinstance(number, ipaddress.IPv4Address) or number in _UNICAST
    return allow_private or (given_out and number.is_global and not number.is_reserved)


def _never(number: _Ip) -> bool:
    """What no newsroom's receiver lives at. A machine's own cable, above all: there clouds hand out their keys."""
    return number.is_multicast or number.is_unspecified or number.is_link_local or number in _METADATA


def _faces(number: _Ip) -> list[_Ip]:
    """What an address leads to: an IPv6 one may stand for an IPv4 one, or be a way round to it."""
    if isinstance(number, ipaddress.IPv4Address):
        return [number]
    if number.ipv4_mapped is not None:
        return [number.ipv4_mapped]
    if number in _NAT64:
        return [_last_four(number)]
    if number in _COMPATIBLE and int(number) > 1:
        return [number, _last_four(number)]
    through = [number.sixtofour, *(number.teredo or ())]
    return [number, *(each for each in through if each is not None)]


def _last_four(number: ipaddress.IPv6Address) -> ipaddress.IPv4Address:
    return ipaddress.IPv4Address(int(number) & 0xFFFF_FFFF)


def _number(text: str) -> _Ip | None:
    try:
        return ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None


def _refused(addresses: Sequence[str], allow_private: bool) -> Message:
    if not addresses:
        return Message("webhook_address_means_none")
    if allow_private:
        return Message("webhook_address_never", {"addresses": ", ".join(addresses[:3])})
    return Message("webhook_address_private", {"addresses": ", ".join(addresses[:3])})


def _split(url: str) -> SplitResult:
    if len(url) > LONGEST or not (url.isascii() and url.isprintable()) or " " in url or "\\" in url:
        raise InvalidField("address", Message("webhook_address_characters"))
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        raise InvalidField("address", Message("webhook_address_unusable", {"address": repr(clipped(url))})) from None
    if parts.scheme not in PORTS or not _host(parts):
        raise InvalidField("address", Message("webhook_address_unusable", {"address": repr(clipped(url))}))
    if "@" in parts.netloc:
        raise InvalidField("address", Message("webhook_address_password"))
    if parts.fragment:
        raise InvalidField("address", Message("webhook_address_fragment"))
    return parts


def _host(parts: SplitResult) -> str:
    return (parts.hostname or "").rstrip(".")


def _port(parts: SplitResult) -> int | None:
    if parts.port == 0:
        raise InvalidField("address", Message("webhook_address_port"))
    return parts.port
