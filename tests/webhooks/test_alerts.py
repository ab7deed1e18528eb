"""A newsroom's chat is told what can't wait, in one message, not too often, and no word of a comment."""

from __future__ import annotations

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.orm import Session

from moderation.comments.rescoring import score_waiting
from moderation.config.configuration import Configuration
from moderation.core.discussion_hours import Cause
from moderation.imports.archive import Archive, import_archive
from moderation.services import Services
from moderation.storage.alerts import AlertTold
from moderation.storage.legal import LegalCase
from moderation.storage.site_rules import ModeSetting
from moderation.webhooks.alerts import alert
from tests.doubles import FixedConfiguration
from tests.newsroom import Newsroom
from tests.plans import written_in
from tests.webhooks.receiver import Receiver, raw, status

POLICY = "[policy.flag]\nthreat_at_least = 0.5\n"


def watching(newsroom: Newsroom, *urls: str) -> Services:
    """The services of a newsroom with such chats; what was there before is told to nobody."""
    services = replace(newsroom.services, settings=replace(newsroom.services.settings, alert_urls=urls))
    services.database.writing(lambda session: session.query(AlertTold).delete())
    newsroom.configure(POLICY)
    alert(services)
    newsroom.clock.move(minutes=11)
    return services


def lines(newsroom: Newsroom, receiver: Receiver) -> list[list[str]]:
    """What each message said of this site."""
    texts = [json.loads(request.text)["text"].split("\n") for request in receiver.got]
    return [[line for line in text if line.startswith(f"{newsroom.site}: ")] for text in texts]


def test_threats_are_told_together_and_not_too_often(newsroom: Newsroom, receiver: Receiver) -> None:
    services = watching(newsroom, receiver.url)
    newsroom.accepted("calm")
    alert(services)
    assert [its for its in lines(newsroom, receiver) if its] == []
    newsroom.clock.move(minutes=11)
    begun = len(receiver.got)
    for _ in range(2):
        newsroom.accepted("threat=0.9 I know where you live")
    alert(services)
    alert(services)
    assert lines(newsroom, receiver)[begun:] == [[f"{newsroom.site}: 2 comments that may be threats"]]
    assert "where you live" not in receiver.got[begun].text
    newsroom.clock.move(minutes=2)
    newsroom.accepted("threat=0.9")
    alert(services)
    assert len(receiver.got) == begun + 1, "ten minutes are not over"
    newsroom.clock.move(minutes=9)
    alert(services)
    alert(services)
    assert lines(newsroom, receiver)[begun + 1 :] == [[f"{newsroom.site}: 1 comment that may be a threat"]]
    newsroom.configure(POLICY + "[alerts]\nthreat = false\n")
    newsroom.clock.move(minutes=11)
    newsroom.accepted("threat=0.9")
    alert(services)
    assert [its for its in lines(newsroom, receiver)[begun + 2 :] if its] == []


def test_a_threat_that_is_scored_late_is_told_like_any_other(newsroom: Newsroom, receiver: Receiver) -> None:
    services = watching(newsroom, receiver.url)
    newsroom.scorer.fails = 1
    late = newsroom.accepted("threat=0.9")["id"]
    newsroom.clock.move(minutes=1)
    newsroom.accepted("threat=0.9")
    begun = len(receiver.got)
    alert(services)
    assert lines(newsroom, receiver)[begun:] == [[f"{newsroom.site}: 1 comment that may be a threat"]]
    newsroom.clock.move(minutes=11)
    while not newsroom.whole(late)["scores"]:
        score_waiting(services)
    alert(services)
    told = [its for its in lines(newsroom, receiver)[begun + 1 :] if its]
    assert told == [[f"{newsroom.site}: 1 comment that may be a threat"]]
    newsroom.clock.move(minutes=11)
    alert(services)
    assert [its for its in lines(newsroom, receiver)[begun + 2 :] if its] == []


def test_the_lowest_of_several_thresholds_says_what_may_be_a_threat(newsroom: Newsroom, receiver: Receiver) -> None:
    services = watching(newsroom, receiver.url)
    sections = "[policy.sections.sport.flag]\nthreat_at_least = 0.3\n"
    here = f'[policy.sites."{newsroom.site}".sections.city.flag]\nthreat_at_least = 0.2\n'
    elsewhere = '[policy.sites."elsewhere".sections.city.flag]\nthreat_at_least = 0.1\n'
    newsroom.configure(POLICY + sections + here + elsewhere)
    for score in (0.15, 0.25, 0.35, 0.55):
        newsroom.accepted(f"threat={score}")
    begun = len(receiver.got)
    alert(services)
    assert lines(newsroom, receiver)[begun:] == [[f"{newsroom.site}: 3 comments that may be threats"]]


def test_looking_for_news_keeps_nobody_from_writing(newsroom: Newsroom, receiver: Receiver) -> None:
    services = watching(newsroom, receiver.url)
    newsroom.accepted("threat=0.9")
    with written_in(services.database.engine) as statements:
        alert(services)
        newsroom.clock.move(minutes=11)
        alert(services)
    assert lines(newsroom, receiver)[-1] == [f"{newsroom.site}: 1 comment that may be a threat"]
    assert statements
    assert {
        name for name in ("queue_index", "comments", "legal_cases", "sites") if name in " ".join(statements)
    } == set()


def test_of_two_processes_one_tells(newsroom: Newsroom, receiver: Receiver) -> None:
    services = watching(newsroom, receiver.url)
    newsroom.accepted("threat=0.9")
    begun, together = len(receiver.got), threading.Barrier(2)

    class Both(FixedConfiguration):
        """Both have asked how far has been told before either keeps anything."""

        def current(self) -> Configuration:
            together.wait(10)
            return newsroom.hall.configuration.current()

    both = replace(services, configuration=Both())
    with ThreadPoolExecutor(2) as pool:
        told = [one.result() for one in [pool.submit(alert, both) for _ in range(2)]]
    assert sorted(told) == [False, True]
    assert len(receiver.got) == begun + 1


def test_what_lasts_is_told_at_once_and_then_every_hour(newsroom: Newsroom, receiver: Receiver) -> None:
    services = watching(newsroom, receiver.url)
    newsroom.configure(POLICY + "[alerts]\nqueue_older_than_minutes = 120\n")
    comment = newsroom.accepted()
    newsroom.clock.move(minutes=119)
    alert(services)
    assert [its for its in lines(newsroom, receiver) if its] == []
    before = len(receiver.got)
    newsroom.clock.move(minutes=11)
    alert(services)
    newsroom.clock.move(minutes=30)
    alert(services)
    newsroom.clock.move(minutes=31)
    alert(services)
    told = f"{newsroom.site}: 1 comment has waited over 120 minutes for a moderator"
    assert [its for its in lines(newsroom, receiver)[before:] if its] == [[told], [told]]
    newsroom.decide(comment["id"])
    newsroom.clock.move(hours=2)
    before = len(receiver.got)
    alert(services)
    assert [its for its in lines(newsroom, receiver)[before:] if its] == []


def test_a_scorer_that_is_down_is_told(newsroom: Newsroom, receiver: Receiver) -> None:
    services = watching(newsroom, receiver.url)
    newsroom.scorer.fails = 1
    newsroom.accepted()
    newsroom.clock.move(minutes=6)
    alert(services)
    said = lines(newsroom, receiver)[-1]
    assert said == [f"{newsroom.site}: 1 comment has no scores after five minutes: is the scorer down?"]


def test_legal_cases_and_surges_are_told_once(newsroom: Newsroom, receiver: Receiver) -> None:
    services = watching(newsroom, receiver.url)
    now, begun = newsroom.clock.now, len(receiver.got)
    here: dict[str, Any] = {"id": f"alert-{newsroom.site}", "site_id": newsroom.site}

    def work(session: Session) -> None:
        session.add(LegalCase(kind="order", explanation="remove it", received_at=now, due_at=now, **here))
        surge = {"section": "", "article_id": "a", "mode": "pre", "cause": Cause.SURGE, "since": now}
        session.add(ModeSetting(**here, **surge))

    services.database.writing(work)
    for _ in range(2):
        alert(services)
        newsroom.clock.move(minutes=11)
    told = {"1 new legal case", "1 article turned pre-moderated, as comments came fast"}
    assert [set(its) for its in lines(newsroom, receiver)[begun:] if its] == [
        {f"{newsroom.site}: {words}" for words in told}
    ]
    assert "remove it" not in receiver.got[-1].text


def test_teams_gets_a_card_and_a_chat_that_fails_keeps_nobody_from_the_others(
    newsroom: Newsroom, receiver: Receiver, caplog: pytest.LogCaptureFixture
) -> None:
    teams = f"http://newsroom.webhook.office.com:{receiver.port}/secret-part"
    services = watching(newsroom, "http://127.0.0.1:1/secret-part", teams)
    newsroom.accepted("threat=0.9")
    assert alert(services, resolve=lambda _host, _port: ["127.0.0.1"])
    request = receiver.got[-1]
    (attachment,) = json.loads(request.text)["attachments"]
    body: list[dict[str, Any]] = attachment["content"]["body"]
    assert f"{newsroom.site}: 1 comment that may be a threat" in [block["text"] for block in body]
    assert "could not be sent to 127.0.0.1: the connection was refused" in caplog.text
    assert "secret-part" not in caplog.text


def test_a_chat_that_tells_its_address_back_has_it_in_no_log(
    newsroom: Newsroom, receiver: Receiver, caplog: pytest.LogCaptureFixture
) -> None:
    services = watching(newsroom, f"{receiver.url}/T0P-SECRET")
    answers = (
        status(404, "Cannot POST /events/T0P-SECRET"),
        raw(b"HTTP/1.1 404 Not Found\r\nno header at all\r\n\r\n"),
        raw(b"Cannot POST /events/T0P-SECRET\r\n\r\n"),
    )
    for receiver.answer in answers:
        newsroom.accepted("threat=0.9")
        alert(services)
        newsroom.clock.move(hours=2)
    assert caplog.text.count("could not be sent") == len(answers)
    assert "it answered 404" in caplog.text
    assert "T0P-SECRET" not in caplog.text


def test_without_addresses_nothing_is_looked_for(newsroom: Newsroom, receiver: Receiver) -> None:
    receiver.answer = status(200)
    newsroom.accepted("threat=0.9")
    assert not alert(newsroom.services)
    assert receiver.got == []


def test_what_reached_nobody_is_told_with_the_next_message(newsroom: Newsroom, receiver: Receiver) -> None:
    services = watching(newsroom, receiver.url)
    begun = len(receiver.got)
    newsroom.accepted("threat=0.9")
    receiver.answer = status(503)
    alert(services)
    receiver.answer = status(200)
    alert(services)
    assert len(receiver.got) == begun + 1, "ten minutes are not over"
    newsroom.clock.move(minutes=11)
    alert(services)
    newsroom.clock.move(minutes=11)
    alert(services)
    told = [f"{newsroom.site}: 1 comment that may be a threat"]
    assert [its for its in lines(newsroom, receiver)[begun:] if its] == [told, told]


@pytest.mark.parametrize("url", ["https://[", "https://chat.example:99999/services/T0P-SECRET", "https://"])
def test_a_chat_s_address_that_is_none_is_not_logged_and_keeps_the_news_from_no_other(
    newsroom: Newsroom, receiver: Receiver, caplog: pytest.LogCaptureFixture, url: str
) -> None:
    services = watching(newsroom, url, receiver.url)
    begun = len(receiver.got)
    newsroom.accepted("threat=0.9")
    alert(services)
    assert [its for its in lines(newsroom, receiver)[begun:] if its]
    assert "MODERATION_ALERT_URLS" in caplog.text
    assert "T0P-SECRET" not in caplog.text


def test_an_archive_s_comments_are_no_scorer_that_is_down(
    newsroom: Newsroom, receiver: Receiver, tmp_path: Path
) -> None:
    services = watching(newsroom, receiver.url)
    begun, at = len(receiver.got), newsroom.clock.now - timedelta(hours=1)
    comment = {"commentHex": "1", "url": "/a", "domain": "news.example", "markdown": "Hello", "html": "<p>Hello</p>"}
    waits = {**comment, "state": "unapproved", "parentHex": "root", "creationDate": at.isoformat()}
    file = tmp_path / "commento.json"
    file.write_text(json.dumps({"version": 1, "comments": [waits], "commenters": []}))
    done = import_archive(services, Archive(format="commento", file=file, site_id=newsroom.site))
    assert done.statuses == {"pending": 1}
    alert(services)
    assert [its for its in lines(newsroom, receiver)[begun:] if its] == []
