"""Where a reader's data lie, store by store: what is erased of a comment, and of an author.

``OF_COMMENTS`` and ``OF_AUTHORS`` name the stores; each function erases within the caller's transaction and returns how
many rows it took away or emptied. A new table that holds something of readers gets its line here, and
``tests/desk/test_erasing.py`` looks for whatever was left behind in every column of every table.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import JSON, Connection, bindparam, delete, or_, select, update
from sqlalchemy.orm import InstrumentedAttribute

from moderation.storage import queue_index
from moderation.storage.actions import ERASED, ActionItem, ModeratorAction
from moderation.storage.appeals import Appeal
from moderation.storage.authors import Author
from moderation.storage.base import table_of
from moderation.storage.comments import Comment, DecisionRow, ScoreRow
from moderation.storage.edits import CommentEdit
from moderation.storage.holds import HoldAbout, forget_lifted
from moderation.storage.idempotency import IdempotencyKey
from moderation.storage.legal import LegalCase, LegalKind
from moderation.storage.mails import erase_mail
from moderation.storage.marked_names import MarkedName
from moderation.storage.moderator_workspace import CommentFlag, CommentLock, Note, NoteAbout
from moderation.storage.perspective_scores import PerspectiveScore
from moderation.storage.queue_index import QueueIndex
from moderation.storage.reports import Report, Reporter
from moderation.storage.site_rules import AuthorDecision
from moderation.storage.sites import SiteKey
from moderation.storage.suggestions import SuggestedLabels
from moderation.storage.webhooks import WebhookAttempt, WebhookDelivery

Forget = Callable[[Connection, str, Sequence[str]], int]
"""Erases what one store holds of these comments or authors (ids) of a site."""


def forget_comments(connection: Connection, site_id: str, comment_ids: Sequence[str]) -> Counter[str]:
    """Erases what every store holds of these comments. Returns how much of what kind there was."""
    return Counter({kind: forget(connection, site_id, comment_ids) for kind, forget in OF_COMMENTS.items()})


def forget_author(connection: Connection, site_id: str, author_id: str) -> Counter[str]:
    """Erases what every store holds of an author beside their comments. Returns how much of what kind there was."""
    return Counter({kind: forget(connection, site_id, [author_id]) for kind, forget in OF_AUTHORS.items()})


def forget_reporter(connection: Connection, site_id: str, keys: Sequence[str], new_key: str) -> int:
    """What a reader reported stays, as nobody's: their words are gone, and no key leads from them to it any more.
    Returns how many reports had words.
    """
    reporters, reports = table_of(Reporter), table_of(Report)
    query = select(reporters.c.id).where(reporters.c.site_id == site_id, reporters.c.key.in_(keys))
    ids = connection.scalars(query.order_by(reporters.c.id)).all()
    said = (reports.c.reporter_id.in_(ids), reports.c.text.is_not(None))
    emptied = connection.execute(update(reports).where(*said).values(text=None)).rowcount
    for id_ in ids:
        row = update(reporters).where(reporters.c.id == id_)
        connection.execute(row.values(key=f"{new_key} {id_}"))
    return emptied


def is_forgotten(reporter_id: str, key: str) -> bool:
    """Whether this key is one that ``forget_reporter`` has put in the place of a reader's."""
    return key.endswith(f" {reporter_id}")


# --- of comments ------------------------------------------------------------------------------------------------------


def _texts(connection: Connection, _site_id: str, ids: Sequence[str]) -> int:
    """Texts, names and the search index: triggers take a comment's words away with its text. Without its salt the
    fingerprint of the text in the audit chain fits no text any more.
    """
    comments = table_of(Comment)
    emptied: dict[str, Any] = {
        "author_name": "",
        "body": "",
        "salt": None,
        "fingerprint": "",
        "external_id": None,
        "marks": [],
    }
    emptied |= {"form_filled": False, "first": False, "trusted": False, "scored": False, "scoring_leased_until": None}
    return connection.execute(update(comments).where(comments.c.id.in_(ids)).values(emptied | {"flags": 0})).rowcount


def _queue_index(connection: Connection, _site_id: str, ids: Sequence[str]) -> int:
    entries = table_of(QueueIndex)
    return connection.execute(
        update(entries).where(entries.c.comment_id.in_(ids)).values(queue_index.forgotten())
    ).rowcount


def _decisions(connection: Connection, _site_id: str, ids: Sequence[str]) -> int:
    """Who decided what and when, and which reason it had, stays; nothing that was said of the text."""
    decisions = table_of(DecisionRow).c
    query = select(decisions.id, decisions.statement).where(decisions.comment_id.in_(ids))
    rows = [
        {"of": id_, "left": None if statement is None else statement | {"facts": "", "why": ""}}
        for id_, statement in connection.execute(query)
    ]
    empty: dict[str, Any] = {"reasons": [], "basis": {}, "note": None, "reader_sentence": None}
    change = update(table_of(DecisionRow)).where(decisions.id == bindparam("of"))
    with_statement = [row for row in rows if row["left"] is not None]
    connection.execute(update(table_of(DecisionRow)).where(decisions.comment_id.in_(ids)).values(empty))
    if with_statement:
        connection.execute(change.values(statement=bindparam("left", type_=JSON)), with_statement)
    return len(rows)


def _appeals(connection: Connection, _site_id: str, ids: Sequence[str]) -> int:
    appeals = table_of(Appeal)
    these = update(appeals).where(appeals.c.comment_id.in_(ids))
    return connection.execute(these.values(text="", explanation=None)).rowcount


def _reports(connection: Connection, _site_id: str, ids: Sequence[str]) -> int:
    reports = table_of(Report)
    said = (reports.c.comment_id.in_(ids), reports.c.text.is_not(None))
    return connection.execute(update(reports).where(*said).values(text=None)).rowcount


def _legal_cases(connection: Connection, _site_id: str, ids: Sequence[str]) -> int:
    """Decided ones: an open one stands in the way. Who complained about a decision is its reader, and goes too."""
    cases = table_of(LegalCase)
    these = update(cases).where(cases.c.comment_id.in_(ids))
    number = connection.execute(these.values(explanation="", decision="", link=None)).rowcount
    own = these.where(cases.c.kind == LegalKind.GRIEVANCE.value)
    connection.execute(own.values(sender=None, contact=None, notice_key=None))
    return number


def _notes_on(about: NoteAbout) -> Forget:
    def forget(connection: Connection, _site_id: str, ids: Sequence[str]) -> int:
        notes = table_of(Note)
        return connection.execute(delete(notes).where(notes.c.about == about.value, notes.c.subject.in_(ids))).rowcount

    return forget


def _actions(connection: Connection, _site_id: str, ids: Sequence[str]) -> int:
    """What moderators did can't be undone any more; the words that they chose for many at once go."""
    items, actions = table_of(ActionItem), table_of(ModeratorAction)
    mine = select(items.c.action_id).where(items.c.subject.in_(ids))
    query = select(actions.c.id, actions.c.detail).where(actions.c.id.in_(mine), actions.c.finished_at.is_not(None))
    for id_, detail in connection.execute(query.order_by(actions.c.id)).all():
        if detail.get("note") or detail.get("sentence"):
            without = {name: None if name in ("note", "sentence") else value for name, value in detail.items()}
            connection.execute(update(actions).where(actions.c.id == id_).values(detail=without))
    return connection.execute(update(items).where(items.c.subject.in_(ids)).values(before=ERASED)).rowcount


def _answers(connection: Connection, site_id: str, ids: Sequence[str]) -> int:
    """First answers under an Idempotency-Key: each was kept in the moment in which its comment was stored."""
    kept, comments, keys = table_of(IdempotencyKey), table_of(Comment), table_of(SiteKey)
    times = set(connection.scalars(select(comments.c.received_at).where(comments.c.id.in_(ids))))
    about = kept.c.answer["comment_id"].as_string().in_(ids)
    of_site = kept.c.key_id.in_(select(keys.c.id).where(keys.c.site_id == site_id))
    return connection.execute(delete(kept).where(kept.c.created_at.in_(times), of_site, about)).rowcount


def _deliveries(connection: Connection, _site_id: str, ids: Sequence[str]) -> int:
    """A receiver's answer may repeat what it was sent. What is still to be sent is made when it is, from what is there
    then.
    """
    deliveries, attempts = table_of(WebhookDelivery), table_of(WebhookAttempt)
    mine = attempts.c.delivery.in_(select(deliveries.c.number).where(deliveries.c.subject.in_(ids)))
    said = attempts.c.answer.is_not(None)
    return connection.execute(update(attempts).where(mine, said).values(answer=None)).rowcount


def _suggestions(connection: Connection, site_id: str, ids: Sequence[str]) -> int:
    """Labels that were suggested for one of these comments, or for a text just like it."""
    comments, labels = table_of(Comment), table_of(SuggestedLabels)
    found = connection.execute(
        select(comments.c.id, comments.c.external_id, comments.c.body).where(comments.c.id.in_(ids))
    ).all()
    tokens = {name for row in found for name in (row.id, row.external_id) if name}
    bodies = {row.body for row in found if row.body}
    theirs = or_(labels.c.client_token.in_(tokens), labels.c.text.in_(bodies))
    return connection.execute(delete(labels).where(labels.c.site_id == site_id, theirs)).rowcount


def _rows_of(column: InstrumentedAttribute[Any]) -> Forget:
    """Whole rows, by this column."""

    def forget(connection: Connection, _site_id: str, ids: Sequence[str]) -> int:
        return connection.execute(delete(column.class_.__table__).where(column.in_(ids))).rowcount

    return forget


OF_COMMENTS: Mapping[str, Forget] = {
    # These two look at what the texts were.
    "answers to an Idempotency-Key": _answers,
    "suggested labels": _suggestions,
    "texts and names": _texts,
    "places in the queue": _queue_index,
    "scores": _rows_of(ScoreRow.comment_id),
    "scores of Perspective": _rows_of(PerspectiveScore.comment_id),
    "decisions": _decisions,
    "edits": _rows_of(CommentEdit.comment_id),
    "appeals": _appeals,
    "texts of reports": _reports,
    "legal cases": _legal_cases,
    "flags": _rows_of(CommentFlag.comment_id),
    "locks": _rows_of(CommentLock.comment_id),
    "notes": _notes_on(NoteAbout.COMMENT),
    "moderators' actions": _actions,
    "answers to webhooks": _deliveries,
    "addresses left for mail, and letters": lambda connection, _, ids: erase_mail(connection, ids),
    "lifted holds": lambda connection, _, ids: forget_lifted(connection, HoldAbout.COMMENT, ids),
}


# --- of authors -------------------------------------------------------------------------------------------------------


def _record(connection: Connection, _site_id: str, ids: Sequence[str]) -> int:
    """Whoever comes back under the same id is somebody new: nothing leads from them to this row."""
    authors = table_of(Author)
    for id_ in ids:
        nobody = {"key": f"erased {id_}", "known": False, "external_id": None, "name": "", "approved": 0, "rejected": 0}
        nobody |= {"trusted": False, "muted_until": None, "banned_until": None}
        connection.execute(update(authors).where(authors.c.id == id_).values(nobody))
    return len(ids)


OF_AUTHORS: Mapping[str, Forget] = {
    "author": _record,
    "decisions about the author": _rows_of(AuthorDecision.author_id),
    "marked names": _rows_of(MarkedName.author_id),
    "notes": _notes_on(NoteAbout.AUTHOR),
    "moderators' actions": _actions,
    "lifted holds": lambda connection, _, ids: forget_lifted(connection, HoldAbout.AUTHOR, ids),
}
