"""A site with a receiver of its own that really listens, on each kind of database."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from moderation.storage.webhooks import endpoints_of
from moderation.webhooks.endpoints import remove_endpoint
from tests.newsroom import Newsroom, front_door, hall, newsroom, postgres_hall, sqlite_hall
from tests.webhooks.receiver import Receiver, Told, receiving

__all__ = ["front_door", "hall", "newsroom", "postgres_hall", "sqlite_hall"]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as opened:
        yield opened


@pytest.fixture
def told(newsroom: Newsroom, receiver: Receiver) -> Iterator[Told]:
    """The site, an endpoint that wants everything, and what receives it. What came before is told to nobody."""
    site = Told(newsroom=newsroom, receiver=receiver)
    site.deliver()
    site.add(receiver.url)
    yield site
    with newsroom.services.database.reading() as session:
        left = [endpoint.id for endpoint in endpoints_of(session, [newsroom.site])]
    for endpoint_id in left:
        remove_endpoint(newsroom.services, "test", endpoint_id)
