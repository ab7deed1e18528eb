"""Whoever locks a row decides by what stands there then, whatever they read before."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from moderation.comments.reports import ReportForm, ReportSender, report
from moderation.storage.articles import find_article
from moderation.storage.comments import find_comment
from moderation.storage.discussions import Discussion
from moderation.storage.reports import find_reporter
from tests.newsroom import Newsroom

Finder = Callable[[Session, Newsroom, str, bool], Any]


def reporter(session: Session, newsroom: Newsroom, _: str, lock: bool) -> Any:
    return find_reporter(session, newsroom.site, ["somebody"], lock=lock)


def comment(session: Session, _: Newsroom, comment_id: str, lock: bool) -> Any:
    return find_comment(session, comment_id, lock=lock)


def article(session: Session, newsroom: Newsroom, _: str, lock: bool) -> Any:
    return find_article(session, newsroom.site, "trams", lock=lock)


def discussion(session: Session, newsroom: Newsroom, _: str, lock: bool) -> Any:
    found = find_article(session, newsroom.site, "trams")
    assert found is not None
    return session.get(Discussion, found.id, with_for_update=lock or None, populate_existing=lock)


@pytest.mark.parametrize(
    ("find", "column"),
    [(reporter, "reports"), (comment, "revision"), (article, "version"), (discussion, "revision")],
)
def test_a_locked_row_is_read_anew(newsroom: Newsroom, find: Finder, column: str) -> None:
    comment_id = newsroom.accepted()["id"]
    newsroom.decide(comment_id)
    sender = ReportSender(site_id=newsroom.site, keys=("somebody",), reference="reader")
    report(newsroom.services, sender, comment_id, ReportForm(reason="It is unkind."))

    def work(session: Session) -> tuple[int, int, int]:
        row = find(session, newsroom, comment_id, False)
        before = getattr(row, column)
        table = row.__tablename__
        session.execute(text(f"UPDATE {table} SET {column} = {column} + 5 WHERE id = :id"), {"id": row.id})
        unlocked = getattr(find(session, newsroom, comment_id, False), column)
        return before, unlocked, getattr(find(session, newsroom, comment_id, True), column)

    before, unlocked, locked = newsroom.services.database.writing(work)
    assert (unlocked, locked) == (before, before + 5)
