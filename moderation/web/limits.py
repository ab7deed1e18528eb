"""Rate limits by Flask-Limiter: by reader, by address and by site, as the configuration says at the moment."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable

from flask import Flask, g, request
from flask_limiter import Limiter

from moderation.configuration import RateLimits
from moderation.core.signing import keyed
from moderation.services import Services
from moderation.web.access import services

SIGN_IN_PER_ACCOUNT = "10 per 15 minutes"
SIGN_IN_PER_ADDRESS = "30 per 15 minutes"


class Limits:
    """Counts what is limited. Each method counts once, or raises ``RateLimitExceeded`` (429)."""

    def __init__(self, app: Flask, of: Services) -> None:
        self.limiter = Limiter(
            key_func=hashed_address,
            app=app,
            storage_uri=of.settings.redis_url or "memory://",
            strategy="moving-window",  # refused requests don't count, and Retry-After is exact
            headers_enabled=True,
            in_memory_fallback_enabled=of.settings.redis_url is not None,
            key_prefix="moderation",
            default_limits=[],
        )
        self._reader = self._counted("reader", lambda limits: limits.per_reader, lambda: str(g.limited_reader))
        self._address = self._counted("address", lambda limits: limits.per_address, hashed_address)
        self._site = self._counted("site", lambda limits: limits.per_site, lambda: str(g.limited_site))
        self._sign_in_account = self._fixed("sign-in account", SIGN_IN_PER_ACCOUNT, lambda: str(g.limited_account))
        self._sign_in_address = self._fixed("sign-in address", SIGN_IN_PER_ADDRESS, hashed_address)

    def count_comment(self, site_id: str, reader: str | None) -> None:
        """An accepted comment of a reader; None where the site's server names neither id nor address."""
        g.limited_site = site_id
        if reader is not None:
            g.limited_reader = f"{site_id} {reader}"
            self._reader()
        self._site()

    def count_address(self) -> None:
        """A write to the public API without a secret key."""
        self._address()

    def count_site(self, site_id: str) -> None:
        """Another request that counts against a site alone."""
        g.limited_site = site_id
        self._site()

    def count_sign_in(self, name: str) -> None:
        """An attempt to sign in, by account and by address together, so that a stranger can't lock the owner out."""
        g.limited_account = f"{name.casefold()} {hashed_address()}"
        self._sign_in_address()
        self._sign_in_account()

    def _counted(
        self, scope: str, of: Callable[[RateLimits], tuple[str, ...]], key: Callable[[], str]
    ) -> Callable[[], None]:
        def now() -> RateLimits:
            return services().configuration.current().rate_limits

        return self._decorated(scope, lambda: ";".join(of(now())), key, lambda: not (now().enabled and of(now())))

    def _fixed(self, scope: str, limit: str, key: Callable[[], str]) -> Callable[[], None]:
        return self._decorated(scope, limit, key, lambda: not services().configuration.current().rate_limits.enabled)

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


def client_address() -> str:
    """The client's network: an IPv4 address, or the /64 that one household has in IPv6."""
    return network_of(request.remote_addr or "")


def hashed_address() -> str:
    """The client's network as counters know it: no address is kept, in Redis neither."""
    return keyed(services().settings.secret_key, "limit address", client_address())[:32]


def network_of(address: str) -> str:
    """An address as limits and authors know it; anything that is not an IP address stays as it is."""
    try:
        parsed = ipaddress.ip_address(address.strip())
    except ValueError:
        return address.strip() or "unknown"
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped is not None:
            return str(parsed.ipv4_mapped)
        return str(ipaddress.ip_network((parsed, 64), strict=False).network_address)
    return str(parsed)


def reader_key(secret: str, *, author_id: str | None, address: str | None) -> str | None:
    """What stands for a reader in a limit: the site's id for them, else the address; a name is anybody's."""
    if author_id is not None:
        return keyed(secret, "limit id", author_id)[:32]
    if address is not None:
        return keyed(secret, "limit address", network_of(address))[:32]
    return None
