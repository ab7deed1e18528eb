"""A letter every morning: asked for on the account's page, and saying to each what they reach."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from moderation.accounts.accounts import disable_account
from moderation.config.settings import MailSettings, SmtpServer
from moderation.desk.decide import Verdict
from moderation.mail.postman import Postman
from moderation.storage.accounts import Role, account_named
from moderation.storage.legal import LegalCase
from moderation.storage.mails import Digest, find_digest
from tests.mail.post_office import NO_WORDS, PostOffice, post_office
from tests.web.pages import CALM, Pages, Visitor


@pytest.fixture
def office(pages: Pages) -> Iterator[PostOffice]:
    settings = pages.services.settings
    with post_office() as opened:
        server = SmtpServer(host="127.0.0.1", port=opened.port, security="none")
        mail = MailSettings(server=server, sender="comments@news.example", public_url="https://comments.example")
        pages.hall.change(settings=replace(settings, mail=mail))
        yield opened
        pages.hall.change(settings=settings)
        assert not any(NO_WORDS.search(text) for text in opened.texts)


def morning(pages: Pages, **span: float) -> int:
    """What a worker does then."""
    pages.clock.move(**span)
    return Postman(pages.services).look()


def kept(pages: Pages, name: str = "admin") -> Digest | None:
    with pages.services.database.reading() as session:
        account = account_named(session, name)
        assert account is not None
        return find_digest(session, account.id)


def asked_for(visitor: Visitor, email: str = "admin@example.org") -> Visitor:
    return visitor.open("/account").send("/account/digest", email=email)


def test_it_comes_every_morning_when_something_waits_until_it_is_ended(pages: Pages, office: PostOffice) -> None:
    pages.article()
    comment = pages.say()
    admin = pages.signed_in()
    page = asked_for(admin)
    assert page.status == 200
    assert "A letter comes every morning from now on" in page.text
    assert "admin@example.org" not in page.text
    digest = kept(pages)
    assert digest is not None
    assert "example.org" not in digest.sealed
    assert digest.next_at == datetime(2026, 1, 15, 7, tzinfo=UTC)
    assert morning(pages, hours=12) == 0, "it is night"
    assert morning(pages, hours=12) == 1
    assert morning(pages, minutes=1) == 0
    (letter,), (words,) = office.letters, office.texts
    assert (letter["To"], letter["Subject"]) == ("admin@example.org", "What waits for you")
    assert ": 1 waiting, the oldest since 14 January 2026, 09:01 UTC." in words
    assert "https://comments.example/review" in words
    assert CALM not in words
    assert "Priya" not in words
    pages.decide(comment, Verdict.APPROVE)
    assert morning(pages, days=1) == 0, "nothing waits"
    pages.say(f"{CALM} Again.")
    assert morning(pages, days=1) == 1
    page = pages.signed_in().open("/account").send("/account/digest/end")
    assert "your address is erased" in page.text
    assert kept(pages) is None
    assert morning(pages, days=1) == 0


def test_each_is_told_what_they_reach_and_in_their_language(pages: Pages, office: PostOffice) -> None:
    pages.article()
    pages.article("opinion", section="opinion", title="Lanes are good", url="https://paper.example/opinion")
    pages.account("ada", {"demo": Role.MODERATOR}, sections=("opinion",))
    pages.account("berta", {"demo": Role.SENIOR})
    for number in range(3):
        pages.say(f"{CALM} {number}", by=f"Reader {number}")
    pages.say(f"{CALM} too", under="opinion")
    due: dict[str, Any] = {"received_at": pages.clock.now, "due_at": pages.clock.now + timedelta(hours=1)}
    pages.services.database.writing(
        lambda session: session.add(LegalCase(id="c1", site_id="demo", kind="order", explanation="remove", **due))
    )
    asked_for(pages.signed_in("ada"), "ada@example.org")
    berta = pages.signed_in("berta")
    berta.client.environ_base["HTTP_ACCEPT_LANGUAGE"] = "de"
    asked_for(berta, "berta@example.org")
    assert morning(pages, days=1) == 2
    words = dict(zip(office.to, office.texts, strict=True))
    assert ": 1 waiting" in words["ada@example.org"]
    assert "egal" not in words["ada@example.org"], "the law's clocks are a senior's"
    assert ": 4 in der Warteschlange" in words["berta@example.org"]
    assert "Rechtsfälle: 1 überfällig, 0 bald fällig." in words["berta@example.org"]
    assert "remove" not in words["berta@example.org"]


def test_it_comes_by_the_clock_of_the_site(pages: Pages, office: PostOffice) -> None:
    pages.configure('[display]\ntime_zone = "America/New_York"\n')
    pages.article()
    pages.say()
    asked_for(pages.signed_in())
    digest = kept(pages)
    assert digest is not None
    assert digest.next_at == datetime(2026, 1, 14, 12, tzinfo=UTC)
    assert morning(pages, hours=4) == 1
    assert "04:01 EST" in office.texts[0]


def test_whoever_is_shut_out_is_told_nothing_any_more(pages: Pages, office: PostOffice) -> None:
    pages.article()
    pages.say()
    pages.account("ada", {"demo": Role.MODERATOR})
    asked_for(pages.signed_in("ada"), "ada@example.org")
    disable_account(pages.services, "test", "ada")
    assert morning(pages, days=1) == 0
    assert kept(pages, "ada") is None


def test_a_wrong_address_is_said_and_without_a_server_none_is_asked_for(pages: Pages) -> None:
    with post_office() as opened:
        settings = pages.services.settings
        server = SmtpServer(host="127.0.0.1", port=opened.port, security="none")
        mail = MailSettings(server=server, sender="comments@news.example", public_url="https://comments.example")
        pages.hall.change(settings=replace(settings, mail=mail))
        page = asked_for(pages.signed_in(), "admin")
        pages.hall.change(settings=settings)
    assert page.status == 422
    assert "no mail address that we can write to" in page.text
    assert kept(pages) is None
    page = pages.signed_in().open("/account")
    assert "A letter every morning" not in page.text
    assert pages.services.settings.mail is None


def test_letters_that_were_given_up_are_shown_to_the_administrator(pages: Pages, office: PostOffice) -> None:
    pages.article()
    pages.say()
    admin = pages.signed_in()
    asked_for(admin)
    assert "given up" not in admin.open("/admin").text
    office.rcpt = "550 5.1.1 no such user"
    assert morning(pages, days=1) == 0
    shown = pages.signed_in().open("/admin").text
    assert "1 letter of the last thirty days was given up." in shown
    assert "the mail server said 550 5.1.1 no such user" in shown


def test_two_workers_send_one_letter_a_morning(pages: Pages, office: PostOffice) -> None:
    pages.article()
    pages.say()
    asked_for(pages.signed_in())
    pages.clock.move(days=1)
    with ThreadPoolExecutor(3) as pool:
        sent = list(pool.map(lambda _: Postman(pages.services).look(), range(3)))
    assert sum(sent) == 1
    assert len(office.got) == 1
