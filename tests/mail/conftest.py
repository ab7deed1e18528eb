"""A newsroom that sends mail, by a server that really listens, on each kind of database."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from moderation.config.settings import MailSettings, SmtpServer
from tests.mail.post_office import NO_WORDS, Mailing, PostOffice, post_office
from tests.newsroom import Newsroom, front_door, hall, newsroom, postgres_hall, sqlite_hall

__all__ = ["front_door", "hall", "newsroom", "postgres_hall", "sqlite_hall"]


@pytest.fixture
def office() -> Iterator[PostOffice]:
    with post_office() as opened:
        yield opened


@pytest.fixture
def mailing(newsroom: Newsroom, office: PostOffice) -> Iterator[Mailing]:
    services = newsroom.services
    server = SmtpServer(host="127.0.0.1", port=office.port, security="none")
    settings = MailSettings(
        server=server, sender="Comments <comments@news.example>", public_url="https://comments.example"
    )
    newsroom.hall.change(settings=replace(services.settings, mail=settings))
    site = Mailing(newsroom=newsroom, office=office)
    yield site
    site.forget_all()
    newsroom.hall.change(settings=services.settings)
    assert not any(NO_WORDS.search(text) for text in office.texts)
