"""Rate limits by Flask-Limiter: by reader, by address and by site, as the configuration says at the moment."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from importlib import import_module
from typing import Protocol, cast

from flask import Flask, g, request
from flask_limiter import Limiter, RequestLimit
from limits import RateLimitItem, parse_many
from werkzeug.exceptions import TooManyRequests

from moderation.config.configuration import RateLimits
from moderation.core.comment import Author
from moderation.core.network import network_of
from moderation.core.signing import keyed
from moderation.core.text.names import comparable_name
from moderation.services import Services
from moderation.watching import counts
from moderation.web.shared.access import services
from moderation.web.shared.limit_storage import REDIS_SCHEME, SCHEME

log = logging.getLogger(__name__)

PREFIX = "moderation"


class RateLimitExceeded(TooManyRequests):
    """One limit is used up: which one, in words."""

    def __init__(self, item: RateLimitItem) -> None:
        super().__init__(str(item))


class _TakesBack(Protocol):
    """Our storages, beyond what the library asks of one."""

    def release_entry(self, key: str) -> None: ...


class Limits:
    """Counts what is limited. Each ``count`` counts once, or raises ``RateLimitExceeded`` (429) and counts nothing."""

    def __init__(self, app: Flask, of: Services) -> None:
        redis = of.settings.redis_url
        if redis:
            import_module("moderation.web.shared.limit_redis")  # which tells the library of its storage
        self.limiter = Limiter(
            key_func=hashed_address,
            app=app,
            storage_uri=f"{REDIS_SCHEME}://" if redis else f"{SCHEME}://",
            storage_options={"redis_url": redis} if redis else {},
            strategy="moving-window",  # refused requests don't count
            headers_enabled=True,
            key_prefix=PREFIX,
            default_limits=[],
        )
        # Everything is counted below, as the limits that count are known only there: the library's own look at each
        # request would find nothing, and take longer than all our counting.
        self.limiter.request_filter(lambda: True)

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
        # The site's limit is looked at first, so that what it refuses doesn't count against the reader. The headers
        # tell a reader of the reader's own limit.
        limits = limits_in_force()
        if not limits.enabled or self._has_room(limits.per_site, site_id, "site"):
            if reader is not None and (
                guests is None or self._has_room(limits.per_address, f"{site_id} {guests}", "guests")
            ):
                self._count(limits.per_reader, f"{site_id} {reader}", "reader")
            if guests is not None:
                self._count(limits.per_address, f"{site_id} {guests}", "guests")
        self._count(limits.per_site, site_id, "site")

    def count_address(self) -> None:
        """A write to the public API without a secret key; a request counts once, however often this is called."""
        if "address_counted" in g:
            return
        self._count(limits_in_force().per_address, hashed_address(), "address")
        g.address_counted = True

    def check_address(self) -> None:
        """Refuses what ``count_address`` would refuse, and counts nothing."""
        limits = limits_in_force()
        if "address_counted" in g or not limits.enabled:
            return
        if not self._has_room(limits.per_address, hashed_address(), "address"):
            self.count_address()  # raises, and says which limit it was

    def count_site(self, site_id: str) -> None:
        """Another request that counts against a site alone."""
        self._count(limits_in_force().per_site, site_id, "site")

    def count_unverified(self, site_id: str) -> None:
        """An article that a browser registers, of which its site hasn't told. It counts by the reader's address as
        well, so that nobody alone uses up what the site has.
        """
        limits = limits_in_force()
        if not limits.enabled:
            return
        if self._has_room(limits.unverified_articles, site_id, "unverified"):  # else that refuses, and counts nothing
            self._count(limits.unverified_per_address, f"{site_id} {hashed_address()}", "unverified address")
        self._count(limits.unverified_articles, site_id, "unverified")

    def count_report(self, site_id: str, reporter: str) -> None:
        """A report of a comment; ``reporter`` stands for whoever sends it."""
        self._count(limits_in_force().reports, f"{site_id} {reporter}", "report")

    def count_notice(self) -> None:
        """A notice of illegal content."""
        self._count(limits_in_force().notices, hashed_address(), "notice")

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

    def _count(self, limits: tuple[str, ...], key: str, scope: str) -> None:
        """Counts once under each of these limits, the shortest first. The answer's headers tell of the first one that
        a request was counted under, or of the one that refuses it.
        """
        if not limits_in_force().enabled:
            return
        context = self.limiter.context
        for item in _parsed(limits):
            fits = self.limiter.limiter.hit(item, PREFIX, key, scope)
            if not fits or context.view_rate_limit is None:
                context.view_rate_limit = RequestLimit(self.limiter, item, [PREFIX, key, scope], not fits, shared=True)
            if not fits:
                counts.limit_hits(scope)
                log.info("a rate limit refused a request", extra={"limit": str(item), "counts": scope})
                raise RateLimitExceeded(item)
            if "counted" in g:  # it may have to be taken back
                g.counted.append((item, key, scope))

    def _has_room(self, limits: tuple[str, ...], key: str, scope: str) -> bool:
        return all(self.limiter.limiter.test(item, PREFIX, key, scope) for item in _parsed(limits))


@lru_cache(maxsize=256)
def _parsed(limits: tuple[str, ...]) -> tuple[RateLimitItem, ...]:
    """In the order in which they are counted."""
    return tuple(sorted(item for limit in limits for item in parse_many(limit)))


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
    """What stands for all readers of an address whom the site tells apart by nothing but their names or e-mail."""
    if author.account_id is not None or author.address is None:
        return None
    return keyed(secret, "limit guests", network_of(author.address))[:32]
