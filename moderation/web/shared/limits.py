"""Rate limits by Flask-Limiter: by reader, by address and by site, as the configuration says at the moment."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Protocol, cast

from flask import Flask, g, request
from flask_limiter import Limiter
from limits import RateLimitItem, parse_many

from moderation.config.configuration import RateLimits
from moderation.core.comment import Author
from moderation.core.signing import keyed
from moderation.core.text.names import comparable_name
from moderation.services import Services
from moderation.web.shared.access import services
from moderation.web.shared.limit_redis import GUARDED
from moderation.web.shared.limit_storage import SCHEME

PREFIX = "moderation"


class _TakesBack(Protocol):
    """Our storages, beyond what the library asks of one."""

    def release_entry(self, key: str) -> None: ...


class Limits:
    """Counts what is limited. Each ``count`` counts once, or raises ``RateLimitExceeded`` (429) and counts nothing."""

    def __init__(self, app: Flask, of: Services) -> None:
        redis = of.settings.redis_url
        self.limiter = Limiter(
            key_func=hashed_address,
            app=app,
            storage_uri=f"{GUARDED}://" if redis else f"{SCHEME}://",
            storage_options={"redis_url": redis} if redis else {},
            strategy="moving-window",  # refused requests don't count
            headers_enabled=True,
            key_prefix=PREFIX,
            default_limits=[],
        )
        self._reader = self._counted("reader", lambda limits: limits.per_reader, lambda: str(g.limited_reader))
        self._guests = self._counted("guests", lambda limits: limits.per_address, lambda: str(g.limited_guests))
        self._address = self._counted("address", lambda limits: limits.per_address, hashed_address)
        self._site = self._counted("site", lambda limits: limits.per_site, lambda: str(g.limited_site))

    def check_comment(self, site_id: str, reader: str | None, guests: str | None = None) -> None:
        """Refuses a comment that ``count_comment`` would refuse, and counts nothing: before anything costly is done."""
        limits = limits_in_force()
        if not limits.enabled:
            return
        full = (
            not self._has_room(limits.per_site, site_id, "site")
            or (reader is not None and not self._has_room(limits.per_reader, f"{site_id} {reader}", "reader"))
            or (guests is not None and not self._has_room(limits.per_address, f"{site_id} {guests}", "guests"))
        )
        if full:
            self.count_comment(site_id, reader, guests)  # raises, and says which limit it was

    def count_comment(self, site_id: str, reader: str | None, guests: str | None = None) -> None:
        """An accepted comment of a reader; None where the site's server names neither id nor address, or vouches for a
        comment of the past. ``guests`` are all whom it names by one address alone.
        """
        g.limited_site = site_id
        # The site's limit is looked at first, so that what it refuses doesn't count against the reader.
        limits = limits_in_force()
        if not limits.enabled or self._has_room(limits.per_site, site_id, "site"):
            if reader is not None:
                g.limited_reader = f"{site_id} {reader}"
                if guests is None or self._has_room(limits.per_address, f"{site_id} {guests}", "guests"):
                    self._reader()
                    self._note(limits.per_reader, g.limited_reader, "reader")
            if guests is not None:
                g.limited_guests = f"{site_id} {guests}"
                shown = self.limiter.context.view_rate_limit
                self._guests()
                self._note(limits.per_address, g.limited_guests, "guests")
                if shown is not None:
                    self.limiter.context.view_rate_limit = shown
        shown = self.limiter.context.view_rate_limit
        self._site()
        self._note(limits.per_site, site_id, "site")
        if shown is not None:
            self.limiter.context.view_rate_limit = shown  # the headers tell a reader of the reader's own limit

    def count_address(self) -> None:
        """A write to the public API without a secret key; a request counts once, however often this is called."""
        if "address_counted" in g:
            return
        shown = self.limiter.context.view_rate_limit
        self._address()
        g.address_counted = True
        self._note(limits_in_force().per_address, hashed_address(), "address")
        if shown is not None:
            self.limiter.context.view_rate_limit = shown  # the headers tell of the limit that refused

    def check_address(self) -> None:
        """Refuses what ``count_address`` would refuse, and counts nothing."""
        limits = limits_in_force()
        if "address_counted" in g or not limits.enabled:
            return
        if not self._has_room(limits.per_address, hashed_address(), "address"):
            self.count_address()  # raises, and says which limit it was

    def count_site(self, site_id: str) -> None:
        """Another request that counts against a site alone."""
        g.limited_site = site_id
        self._site()

    @contextmanager
    def all_or_nothing(self) -> Iterator[None]:
        """Where one of several limits refuses, those that have counted already count no more. What is counted in it
        can be taken back.
        """
        g.counted = []
        try:
            yield
        except BaseException:
            self.take_back()
            raise

    def take_back(self) -> None:
        """What ``all_or_nothing`` counted counts no more: the comment was not taken in after all."""
        storage = cast(_TakesBack, self.limiter.storage)
        for item, key, scope in g.pop("counted", []):
            storage.release_entry(item.key_for(PREFIX, key, scope))
            if scope == "address":
                g.pop("address_counted", None)

    def _note(self, limits: tuple[str, ...], key: str, scope: str) -> None:
        """Remembers what was counted, where it may have to be taken back."""
        if "counted" in g and limits_in_force().enabled:
            g.counted += [(item, key, scope) for limit in limits for item in _parsed(limit)]

    def _has_room(self, limits: tuple[str, ...], key: str, scope: str) -> bool:
        return all(self.limiter.limiter.test(item, PREFIX, key, scope) for limit in limits for item in _parsed(limit))

    def _counted(
        self, scope: str, of: Callable[[RateLimits], tuple[str, ...]], key: Callable[[], str]
    ) -> Callable[[], None]:
        return self._decorated(
            scope,
            lambda: ";".join(of(limits_in_force())),
            key,
            lambda: not (limits_in_force().enabled and of(limits_in_force())),
        )

    def _decorated(
        self, scope: str, limit: str | Callable[[], str], key: Callable[[], str], exempt: Callable[[], bool]
    ) -> Callable[[], None]:
        def count() -> None:
            """Calling this is what counts."""

        # Flask-Limiter tells decorated functions apart by their qualified name.
        count.__qualname__ = f"count {scope}"
        counted: Callable[[], None] = self.limiter.shared_limit(limit, scope=scope, key_func=key, exempt_when=exempt)(
            count
        )
        return counted


@lru_cache(maxsize=256)
def _parsed(limit: str) -> tuple[RateLimitItem, ...]:
    return tuple(parse_many(limit))


def limits_in_force() -> RateLimits:
    """The limits as they were when this request first asked: what it counts it may take back."""
    if "rate_limits" not in g:
        g.rate_limits = services().configuration.current().rate_limits
    return cast(RateLimits, g.rate_limits)


def client_address() -> str:
    """The client's network: an IPv4 address, or the /64 that one household has in IPv6."""
    return network_of(request.remote_addr or "")


def hashed_address() -> str:
    """The client's network as counters know it: no address is kept, in Redis neither."""
    return keyed(services().keys.identity.newest.secret, "limit address", client_address())[:32]


def network_of(address: str) -> str:
    """An address as limits and authors know it; anything that is not an IP address stays as it is."""
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


def reader_key(secret: str, author: Author) -> str | None:
    """What stands for a reader in a limit: the site's id for them, else address and name, as many may sit behind one
    address; a name alone is anybody's. ``guests_key`` bounds who changes names.
    """
    if author.id is not None:
        return keyed(secret, "limit id", author.id)[:32]
    if author.address is not None:
        return keyed(secret, "limit guest", network_of(author.address), comparable_name(author.name))[:32]
    return None


def guests_key(secret: str, author: Author) -> str | None:
    """What stands for all readers of an address whom the site tells apart by nothing but their names."""
    if author.id is not None or author.address is None:
        return None
    return keyed(secret, "limit guests", network_of(author.address))[:32]
