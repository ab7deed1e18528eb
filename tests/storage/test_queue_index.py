"""The queue index follows every comment: from before it was there, through intake, decisions and late scores."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import insert, inspect, select, text
from sqlalchemy.orm import Session

from moderation.comments.rescoring import score_late
from moderation.core.comment import Status
from moderation.core.reach import Scope
from moderation.core.scores import LABELS
from moderation.core.text.likeness import buckets
from moderation.core.text.search_words import sought
from moderation.jobs.queue_order import bring_up_to_date
from moderation.storage.base import table_of
from moderation.storage.comments import DecisionRow, ScoreRow
from moderation.storage.database import Database
from moderation.storage.desk_lists import Wanted, page_of
from moderation.storage.queue_index import QueueIndex, change
from moderation.storage.schema import upgrade
from moderation.storage.score_map import Area, histogram
from moderation.storage.severity_order import any_outdated, severity_order
from tests.newsroom import Newsroom

AT = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
BODY = "Why did nobody ask the people who live beside the new line?"


def test_comments_from_before_the_queue_index_are_entered(tmp_path: Path, empty_postgres_url: str) -> None:
    for url in (f"sqlite:///{tmp_path / 'old.sqlite3'}", empty_postgres_url):
        database = Database(url)
        upgrade(database, revision="0002")
        database.writing(_old_comments)
        upgrade(database)
        with database.reading() as session:
            first, second = session.scalars(select(QueueIndex).order_by(QueueIndex.number)).all()
            assert (first.comment_id, first.status, first.waiting, first.by_policy) == (
                "c1",
                "approved",
                False,
                "pending",
            )
            assert (first.by_person, first.links, first.toxicity, first.relevance) == ("approved", 2, 0.25, None)
            assert (first.section, first.article_at, first.decided_at) == ("city", AT, AT)
            assert (second.comment_id, second.waiting, second.scored, second.is_reply) == ("c2", True, False, True)
            assert (second.bucket_0, second.bucket_1, second.bucket_2, second.bucket_3) == buckets(BODY)
            assert _found(session, "PEOPLE") == ["c1", "c2"]
        database.close()


def test_comments_decided_before_it_was_looked_for_count_no_private_data(
    tmp_path: Path, empty_postgres_url: str
) -> None:
    for url in (f"sqlite:///{tmp_path / 'old.sqlite3'}", empty_postgres_url):
        database = Database(url)
        upgrade(database, revision="0002")
        database.writing(_old_comments)
        upgrade(database, revision="0003")
        upgrade(database)
        with database.reading() as session:
            counted = select(QueueIndex.comment_id, QueueIndex.private_data).order_by(QueueIndex.number)
            assert [tuple(row) for row in session.execute(counted)] == [("c1", 0), ("c2", 0)]
        database.close()


def _old_comments(session: Session) -> None:
    at = {"at": AT if session.connection().dialect.name != "sqlite" else AT.replace(tzinfo=None).isoformat(" ")}
    session.execute(text("INSERT INTO sites (id, name, created_at) VALUES ('s', 'S', :at)"), at)
    session.execute(
        text(
            """INSERT INTO articles (id, site_id, external_id, title, key_points, paragraphs, section, published_at,
            version, created_at, updated_at) VALUES ('a', 's', 'a', 'A', '[]', '[]', 'city', :at, 1, :at, :at)"""
        ),
        at,
    )
    session.execute(
        text(
            """INSERT INTO authors (id, site_id, key, known, name, approved, rejected, trusted, created_at)
            VALUES ('w', 's', 'k', TRUE, 'Ada', 0, 0, FALSE, :at)"""
        ),
        at,
    )
    comment = text(
        """INSERT INTO comments (id, site_id, article_id, parent_id, author_id, author_name, body, fingerprint, status,
        revision, flags, scored, scoring_attempts, created_at, received_at, decided_at)
        VALUES (:id, 's', 'a', :parent, 'w', 'Ada', :body, :id, :status, 1, 1, :scored, 0, :at, :at, :decided)"""
    )
    decided = {"decided": at["at"], "status": "approved", "scored": True, "parent": None}
    session.execute(comment, at | decided | {"id": "c1", "body": BODY})
    waiting = {"decided": None, "status": "pending", "scored": False, "parent": "c1"}
    session.execute(comment, at | waiting | {"id": "c2", "body": BODY})
    then = {column["name"] for column in inspect(session.connection()).get_columns("scores")}
    scores = dict.fromkeys(then & set(table_of(ScoreRow).c.keys())) | dict.fromkeys(LABELS, 0.25)
    stamp = dict.fromkeys(("pack", "pack_version", "runtime", "precision"), "x")
    more = {"comment_id": "c1", "sentences": [], "language": "en", "language_supported": True, "scored_at": AT}
    session.execute(insert(table_of(ScoreRow)), scores | stamp | more)
    for number, (automated, status) in enumerate(((True, "pending"), (False, "approved"))):
        decision: dict[str, Any] = {"id": f"d{number}", "comment_id": "c1", "revision": number + 1, "status": status}
        decision |= {"actor": "x", "automated": automated, "reasons": [], "policy_version": "1", "decided_at": AT}
        session.execute(insert(table_of(DecisionRow)), decision | {"basis": {"signals": {"links": 2.0}}})


def _found(session: Session, word: str) -> list[str]:
    wanted = Wanted(scopes=(Scope(site_id="s"),), statuses=tuple(Status), find=sought(word))
    return sorted(page_of(session, wanted, after=None, limit=10))


def entry(newsroom: Newsroom, comment_id: str) -> QueueIndex:
    with newsroom.hall.services.database.reading() as session:
        return session.scalars(select(QueueIndex).where(QueueIndex.comment_id == comment_id)).one()


def test_the_queue_index_says_where_a_comment_stands_and_why(newsroom: Newsroom) -> None:
    comment_id = newsroom.accepted("insult=0.83 relevance=0.11 https://a.example https://b.example")["id"]
    row = entry(newsroom, comment_id)
    assert (row.status, row.waiting, row.insult, row.relevance, row.links) == ("pending", True, 0.83, 0.11, 2)
    assert (row.by_policy, row.by_person, row.decided_at) == ("pending", None, None)
    newsroom.decide(comment_id, "approve")
    row = entry(newsroom, comment_id)
    assert (row.status, row.waiting, row.by_policy, row.by_person) == ("approved", False, "pending", "approved")
    assert row.decided_at == newsroom.hall.clock.now


def test_the_queue_index_counts_private_data(newsroom: Newsroom) -> None:
    comment_id = newsroom.accepted("Ring him on 07700 900461 or mail a.b@example.com.")["id"]
    assert entry(newsroom, comment_id).private_data == 2


def test_what_the_policy_decides_at_once_never_waits_in_the_queue_index(newsroom: Newsroom) -> None:
    newsroom.configure("[policy.reject]\nthreat_at_least = 0.9\n")
    row = entry(newsroom, newsroom.accepted("threat=0.95")["id"])
    assert (row.status, row.waiting, row.by_policy, row.by_person) == ("rejected", False, "rejected", None)


def test_late_scores_reach_the_queue_index(newsroom: Newsroom) -> None:
    newsroom.hall.scorer.fails = 1
    comment_id = newsroom.accepted("toxicity=0.91")["id"]
    before = entry(newsroom, comment_id)
    assert (before.scored, before.toxicity, before.waiting) == (False, None, True)
    assert score_late(newsroom.hall.services, comment_id)
    after = entry(newsroom, comment_id)
    assert (after.scored, after.toxicity, after.flags, after.waiting) == (True, 0.91, 1, True)


def test_a_database_with_comments_that_wait_gets_the_map_s_indexes(tmp_path: Path, empty_postgres_url: str) -> None:
    for url in (f"sqlite:///{tmp_path / 'old.sqlite3'}", empty_postgres_url):
        database = Database(url)
        upgrade(database, revision="0002")
        database.writing(_old_comments)
        upgrade(database, revision="0003")
        database.writing(_all_wait_and_one_is_unread)
        upgrade(database)
        with database.reading() as session:
            found = histogram(session, Area(scopes=(Scope(site_id="s", escalated=False),)), "toxicity")
            assert {at: count for at, count in enumerate(found.counts) if count} == {}
            assert (dict(found.unread), found.unscored, found.total) == ({"de": 1}, 1, 2)
            names = {str(index["name"]) for index in inspect(session.connection()).get_indexes("queue_index")}
            assert {"ix_queue_index_map", "ix_queue_index_undecidable"} <= names
        database.close()


def _all_wait_and_one_is_unread(session: Session) -> None:
    session.execute(text("UPDATE docket SET waiting = TRUE"))
    session.execute(text("UPDATE docket SET readable = FALSE, language = 'de' WHERE comment_id = 'c1'"))


def test_what_waits_keeps_its_order_until_it_is_weighed(tmp_path: Path, empty_postgres_url: str) -> None:
    for url in (f"sqlite:///{tmp_path / 'old.sqlite3'}", empty_postgres_url):
        database = Database(url)
        upgrade(database, revision="0002")
        database.writing(_old_comments)
        upgrade(database, revision="0003")
        database.writing(lambda session: session.execute(text("UPDATE docket SET flags = 3 WHERE comment_id = 'c2'")))
        upgrade(database)
        with database.reading() as session:
            row = session.scalars(select(QueueIndex).where(QueueIndex.comment_id == "c2")).one()
            assert (row.severity, row.severity_2, row.severity_policy) == (3, 3, "")
            assert any_outdated(session, "any policy")
            order = severity_order(session)
            assert (order.serving, order.version) == (0, None)
        database.close()


def test_a_signal_that_changes_by_itself_has_the_severity_made_anew(newsroom: Newsroom) -> None:
    comment_id = newsroom.accepted("insult=0.83")["id"]
    assert entry(newsroom, comment_id).severity_policy is not None
    newsroom.services.database.writing(
        lambda session: change(session.connection(), comment_id, {"reports": 5, "flags": 1})
    )
    assert entry(newsroom, comment_id).severity_policy is None
    newsroom.configure("[policy.flag]\nreports_at_least = 1\n")
    bring_up_to_date(newsroom.services)
    row = entry(newsroom, comment_id)
    assert row.severity == row.severity_2 > 300
    newsroom.services.database.writing(lambda session: change(session.connection(), comment_id, {"escalated": True}))
    assert entry(newsroom, comment_id).severity_policy is not None
