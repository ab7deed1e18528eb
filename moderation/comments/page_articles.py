"""An article that its site has not sent: registered from what a reader's browser saw of its page, and trusted with
nothing until the site's own word.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass

from sqlalchemy import Connection

from moderation.core.addresses import canonical_address, host_of, name_of
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
        article = _article(unit, site_id, name, page)
        unit.session.add(article)
        unit.session.flush()
        ensure_discussion(unit.connection, article.id)
        take_addresses(unit.connection, site_id, article.id, [address], unit.now)
        unit.event(site_id, actor, "article.opened", article.id, {"from": None, "to": None, "verified": False})
        unit.outbox_event(site_id, "article.opened", article.id, {"from": None, "to": None})
        return name

    with services.database.asking() as connection:
        found = known(connection)
    if found is not None:
        return found
    admit()
    return run_in_unit_of_work(services, work)


def _article(unit: UnitOfWork, site_id: str, name: str, page: PageForm) -> Article:
    return Article(
        id=new_id(unit.now),
        site_id=site_id,
        external_id=name,
        title=page.title,
        summary=None,
        key_points=[],
        paragraphs=list(page.paragraphs),
        url=page.url,
        section=None,
        source=None,
        byline=None,
        published_at=None,
        mode=None,
        version=1,
        created_at=unit.now,
        updated_at=unit.now,
        verified=False,
    )
