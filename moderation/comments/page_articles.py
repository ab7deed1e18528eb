"""An article that its site has not sent: registered from what a reader's browser saw of its page, and trusted with
nothing until the site's own word.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from sqlalchemy import Connection

from moderation.comments.discussion_state import SHUT
from moderation.core.addresses import canonical_address, host_of, name_of
from moderation.core.comment import Mode
from moderation.core.errors import InvalidField
from moderation.core.ids import new_id
from moderation.services import Services
from moderation.storage.addresses import take_addresses
from moderation.storage.articles import Article
from moderation.storage.discussions import ensure_discussion
from moderation.storage.section import place_at, place_named
from moderation.unit_of_work import UnitOfWork, run_in_unit_of_work


@dataclass(frozen=True, slots=True, kw_only=True)
class PageForm:
    """What a browser says of the page that it shows, its texts canonical."""

    url: str
    title: str
    paragraphs: tuple[str, ...] = ()


def article_behind(
    services: Services,
    site_id: str,
    actor: str,
    name: str,
    page: PageForm,
    *,
    origins: Collection[str],
    admit: Callable[[], None],
) -> str:
    """The site's name for the article that a browser sends a comment under as ``name``: one that is known by it or by
    the page's address, else a new one, which the site hasn't verified. ``origins`` are those that the site allows, one
    of which the page must be of; ``admit`` is asked before anything new is stored, and may refuse.

    Raises ``InvalidField``, and whatever ``admit`` raises.
    """
    address = canonical_address(page.url)
    if host_of(address) not in {host_of(canonical_address(origin)) for origin in origins}:
        raise InvalidField("article.url", "must be an address of the site's own pages.")
    if name.startswith("https://") and name != name_of(address):
        raise InvalidField("article.url", "is another page than the one that the comment is for.")

    def known(connection: Connection) -> str | None:
        place = place_named(connection, site_id, name) or place_at(connection, site_id, [address])
        return place.external_id if place is not None else None

    def work(unit: UnitOfWork) -> str:
        found = known(unit.connection)  # somebody may have been faster
        if found is not None:
            return found
        id_ = store_unverified_article(
            unit,
            site_id,
            actor,
            name,
            title=page.title,
            url=page.url,
            addresses=[address],
            paragraphs=page.paragraphs,
        )
        unit.outbox_event(site_id, "article.opened", id_, {"from": None, "to": None})
        return name

    with services.database.asking() as connection:
        found = known(connection)
    if found is not None:
        return found
    admit()
    return run_in_unit_of_work(services, work)


def store_unverified_article(
    unit: UnitOfWork,
    site_id: str,
    actor: str,
    name: str,
    *,
    title: str,
    url: str | None,
    addresses: Sequence[str],
    paragraphs: Sequence[str] = (),
    section: str | None = None,
    published_at: datetime | None = None,
    mode: Mode | None = None,
    origin: Mapping[str, str] = MappingProxyType({}),
) -> str:
    """Stores an article that its site hasn't sent, under a name that it has no other for, with its audit event; returns
    its id. ``addresses`` are canonical; ``origin`` is what the event says of where it came from.
    """
    article = Article(
        id=new_id(unit.now),
        site_id=site_id,
        external_id=name,
        title=title,
        summary=None,
        key_points=[],
        paragraphs=list(paragraphs),
        url=url,
        section=section,
        source=None,
        byline=None,
        published_at=published_at,
        mode=mode.value if mode else None,
        version=1,
        created_at=published_at or unit.now,
        updated_at=unit.now,
        closed_at=unit.now if mode in SHUT else None,
        verified=False,
    )
    unit.session.add(article)
    unit.session.flush()
    ensure_discussion(unit.connection, article.id)
    take_addresses(unit.connection, site_id, article.id, addresses, unit.now)
    event = "article.closed" if mode in SHUT else "article.opened"
    unit.event(site_id, actor, event, article.id, {"from": None, "to": article.mode, "verified": False, **origin})
    return article.id
