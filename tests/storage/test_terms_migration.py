"""Coming from tables under their old names: what moderators did and left is there under the new ones."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import MetaData, Table, insert, select, text
from sqlalchemy.orm import Session

from moderation.storage.accounts import Account
from moderation.storage.actions import ActionItem, ModeratorAction
from moderation.storage.base import table_of
from moderation.storage.database import Database
from moderation.storage.moderator_workspace import CommentFlag, CommentLock, SavedView, preferences_of
from moderation.storage.queue_index import QueueIndex
from moderation.storage.schema import upgrade
from moderation.storage.sites import Site
from tests.doubles import NOON
from tests.storage.test_queue_index import _found, _old_comments

FLAGGED = {"account_id": "ada", "note": None, "made_at": NOON.isoformat()}


def test_what_moderators_did_and_left_is_found_under_the_new_names(tmp_path: Path, empty_postgres_url: str) -> None:
    for url in (f"sqlite:///{tmp_path / 'old.sqlite3'}", empty_postgres_url):
        database = Database(url)
        upgrade(database, revision="0002")
        database.writing(_old_comments)
        upgrade(database, revision="0015")
        database.writing(_work_of_before)
        upgrade(database)
        with database.reading() as session:
            assert [row.comment_id for row in session.scalars(select(QueueIndex).order_by(QueueIndex.number))] == [
                "c1",
                "c2",
            ]
            assert _found(session, "PEOPLE") == ["c1", "c2"]
            actions = session.scalars(select(ModeratorAction).order_by(ModeratorAction.id)).all()
            assert [(one.id, one.kind, one.skipped, one.undoes) for one in actions] == [
                ("1", "reject", 1, None),
                ("2", "flag", 0, None),
                ("3", "undo", 0, "2"),
                ("4", "unflag", 0, None),
            ]
            items = session.scalars(select(ActionItem).order_by(ActionItem.action_id, ActionItem.position)).all()
            assert [(one.action_id, one.state, one.before) for one in items] == [
                ("1", "done", {"mark": "kept: no flag's"}),
                ("1", "skipped", {}),
                ("2", "done", {"flag": "featured", "was": None}),
                ("3", "done", {"flag": "featured", "was": None}),
                ("4", "done", {"flag": "newsroom", "was": FLAGGED}),
            ]
            assert session.get_one(CommentFlag, ("c1", "featured")).note == "Well said"
            assert session.get_one(CommentLock, "c2").account_id == "ada"
            assert preferences_of(session, "ada") == {"blur": {"insult": 0.5}, "other": 1}
            assert session.get_one(SavedView, "v").query == "status=approved&flag=featured&find=marked%3D"
            assert session.get_one(Site, "s").rules_revision == 7
        database.close()


def _change(database: Database, statement: str) -> None:
    database.writing(lambda session: session.execute(text(statement)))


def test_words_leave_the_search_index_with_their_row_and_their_text(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'old.sqlite3'}")
    upgrade(database, revision="0002")
    database.writing(_old_comments)
    upgrade(database)
    indexed = text("SELECT count(*) FROM comment_search WHERE comment_search MATCH 'people'")
    for change, left in (
        ("UPDATE comments SET body = 'x' WHERE id = 'c1'", 1),
        ("DELETE FROM queue_index WHERE comment_id = 'c2'", 0),
    ):
        _change(database, change)
        with database.reading() as session:
            assert session.scalar(indexed) == left
    database.close()


@pytest.mark.postgres
def test_nothing_in_the_database_is_called_by_an_old_name(postgres_url: str) -> None:
    database = Database(postgres_url)
    named = text(
        """SELECT conname FROM pg_constraint UNION SELECT relname FROM pg_class UNION SELECT tgname FROM pg_trigger"""
    )
    with database.reading() as session:
        names = set(session.scalars(named))
    old = ("docket", "_acts", "act_items", "act_id", "claims", "marks", "matters", "band_", "house", "idempotent")
    assert {name for name in names if any(part in name for part in old)} == set()
    database.close()


def _work_of_before(session: Session) -> None:
    def put(name: str, *rows: dict[str, Any]) -> None:
        there = Table(name, MetaData(), autoload_with=session.connection())
        for row in rows:
            session.execute(insert(there), row)

    account = {"id": "ada", "name": "Ada", "password_hash": "x", "created_at": NOON}
    put(table_of(Account).name, account)
    action = {"account_id": "ada", "words": "x", "detail": {}, "total": 1, "done": 1, "passed": 0, "made_at": NOON}
    put(
        "acts",
        action | {"id": "1", "kind": "reject", "passed": 1},
        action | {"id": "2", "kind": "mark", "undone_by": "3"},
        action | {"id": "3", "kind": "undo", "undoes": "2"},
        action | {"id": "4", "kind": "unmark"},
    )
    put(
        "act_items",
        {"act_id": "1", "position": 0, "subject": "c1", "state": "done", "before": {"mark": "kept: no flag's"}},
        {"act_id": "1", "position": 1, "subject": "c2", "state": "passed", "before": {}},
        {"act_id": "2", "position": 0, "subject": "c1", "state": "done", "before": {"mark": "featured", "was": None}},
        {"act_id": "3", "position": 0, "subject": "c1", "state": "done", "before": {"mark": "featured", "was": None}},
        {
            "act_id": "4",
            "position": 0,
            "subject": "c1",
            "state": "done",
            "before": {"mark": "newsroom", "was": FLAGGED},
        },
    )
    put("marks", {"comment_id": "c1", "kind": "featured", "account_id": "ada", "note": "Well said", "made_at": NOON})
    put("claims", {"comment_id": "c2", "account_id": "ada", "until": NOON})
    put("preferences", {"account_id": "ada", "values": {"veil": {"insult": 0.5}, "other": 1}})
    view = {"id": "v", "account_id": "ada", "name": "Featured", "shared": False, "places": {}, "made_at": NOON}
    put("saved_views", view | {"query": "status=approved&marked=featured&find=marked%3D"})
    session.execute(text("UPDATE sites SET house_revision = 7"))
