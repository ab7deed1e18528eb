"""A site's keys for its readers' tokens: set, taken away; and whether nobody writes there without such a token."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from moderation.core.errors import InvalidField
from moderation.core.ids import new_id
from moderation.core.messages import Message
from moderation.readers.key_sets import fetched
from moderation.readers.keys import Algorithm, public_checked, seal, secret_checked
from moderation.services import Services
from moderation.storage.database import lock
from moderation.storage.reader_keys import ReaderKey, ReaderKeyKind, reader_keys_of
from moderation.storage.sites import Site
from moderation.unit_of_work import UnitOfWork, run_in_unit_of_work
from moderation.webhooks.addresses import target_of
from moderation.webhooks.sending import NotFetched

T = TypeVar("T")
MAX_KEYS = 2
"""A new key, and the one before it, by which tokens are still signed for a while."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _New:
    algorithm: Algorithm
    kind: ReaderKeyKind
    key: str
    address: str | None = None
    allow_private: bool = False


def new_secret() -> str:
    return secrets.token_urlsafe(48)


def set_key(services: Services, actor: str, site_id: str, algorithm: Algorithm, key: str) -> None:
    """Has a site's tokens signed by ``key``: a shared secret for HS256, for any other algorithm a public key as PEM.
    The key before it counts on until it is removed; one before that is gone.

    Raises ``InvalidField`` for a key that doesn't fit the algorithm, or a site that there isn't.
    """
    if algorithm is Algorithm.HS256:
        kept = seal(services.keys.reader_keys).sealed(secret_checked(key))
        new = _New(algorithm=algorithm, kind=ReaderKeyKind.SECRET, key=kept)
    else:
        new = _New(algorithm=algorithm, kind=ReaderKeyKind.PUBLIC, key=public_checked(key, algorithm))
    _keep(services, actor, site_id, new)


def set_address(
    services: Services, actor: str, site_id: str, algorithm: Algorithm, address: str, *, allow_private: bool = False
) -> None:
    """Has a site's tokens signed by any key of the set (JWKS) at an address, which is fetched at once, and again now
    and then. ``allow_private``: the address may lie in one's own network, and begin with ``http://``.

    Raises ``InvalidField`` as ``set_key`` does, and for an address from which no such set comes.
    """
    if algorithm is Algorithm.HS256:
        raise InvalidField("address", Message("reader_key_set_of_secrets"))
    address = address.strip()
    if address.lower().startswith("http://") and not allow_private:
        raise InvalidField("address", Message("reader_key_address_open"))
    address = target_of(address, allow_private=allow_private).url
    try:
        kept = fetched(address, algorithm, allow_private=allow_private)
    except NotFetched as failed:
        raise InvalidField("address", Message("reader_key_not_fetched", {"why": failed.why})) from None
    kind = ReaderKeyKind.ADDRESS
    _keep(
        services,
        actor,
        site_id,
        _New(algorithm=algorithm, kind=kind, key=kept, address=address, allow_private=allow_private),
    )


def remove_keys(services: Services, actor: str, site_id: str, *, former: bool = False) -> int:
    """Takes a site's keys away, or the ``former`` one alone: what they have signed counts no more, at once. Returns how
    many there were. Raises ``InvalidField`` for a site that there isn't, and where it could be written to no more.
    """

    def work(unit: UnitOfWork, site: Site) -> int:
        rows = reader_keys_of(unit.session, site_id)
        if site.sign_in and rows and not former:
            raise InvalidField("key", Message("reader_key_needed"))
        gone = rows[1:] if former else rows
        _remove(unit, actor, gone)
        return len(gone)

    return _on_site(services, site_id, work)


def ask_to_sign_in(services: Services, actor: str, site_id: str, *, asked: bool) -> None:
    """Lets nobody write without a reader's token, or guests too. Raises ``InvalidField`` for a site that there isn't,
    or that has no key for tokens.
    """

    def work(unit: UnitOfWork, site: Site) -> None:
        if asked and not reader_keys_of(unit.session, site_id):
            raise InvalidField("key", Message("reader_key_first"))
        if site.sign_in != asked:
            site.sign_in = asked
            unit.event(site_id, actor, "site.changed", site_id, {"sign_in": asked})

    _on_site(services, site_id, work)


def _keep(services: Services, actor: str, site_id: str, new: _New) -> None:
    def work(unit: UnitOfWork, _: Site) -> None:
        is_set = new.kind is ReaderKeyKind.ADDRESS
        _remove(unit, actor, reader_keys_of(unit.session, site_id)[MAX_KEYS - 1 :])
        row = ReaderKey(
            id=new_id(unit.now),
            site_id=site_id,
            algorithm=new.algorithm.value,
            kind=new.kind.value,
            key=new.key,
            address=new.address,
            allow_private=new.allow_private,
            created_at=unit.now,
            fetched_at=unit.now if is_set else None,
            tried_at=unit.now if is_set else None,
        )
        unit.session.add(row)
        payload = {"algorithm": row.algorithm, "kind": row.kind, "private_allowed": row.allow_private}
        unit.event(site_id, actor, "reader_key.set", row.id, payload)

    _on_site(services, site_id, work)


def _remove(unit: UnitOfWork, actor: str, rows: Sequence[ReaderKey]) -> None:
    for row in rows:
        unit.session.delete(row)
        unit.event(row.site_id, actor, "reader_key.removed", row.id, {"algorithm": row.algorithm, "kind": row.kind})
    unit.session.flush()


def _on_site(services: Services, site_id: str, work: Callable[[UnitOfWork, Site], T]) -> T:
    def checked(unit: UnitOfWork) -> T:
        lock(unit.session, f"reader keys {site_id}")
        site = unit.session.get(Site, site_id)
        if site is None:
            raise InvalidField("site", Message("site_unknown", {"site": repr(site_id)}))
        return work(unit, site)

    return run_in_unit_of_work(services, checked)
