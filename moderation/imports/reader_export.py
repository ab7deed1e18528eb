"""What is held about one reader goes out as JSON, for the reader: their own data, what was said and decided about them,
and when. Nobody else's name is in it: a moderator is "a person", a reporter nobody. ``comments/PRIVACY.md`` tells
what stands where.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from moderation.accounts.sites import site_named
from moderation.comments.erasing import keys_as_reporter, reader_known_as
from moderation.comments.writers_mail import unsealed
from moderation.core.keyring import KeyRing
from moderation.core.scores import LABELS
from moderation.imports.exporting import whole_or_not_there
from moderation.imports.own_format import as_json
from moderation.services import Services
from moderation.storage.appeals import appeal_about
from moderation.storage.articles import Article
from moderation.storage.authors import Author
from moderation.storage.base import Base, table_of
from moderation.storage.comments import Comment, DecisionRow, ScoreRow, decisions_of
from moderation.storage.edits import CommentEdit
from moderation.storage.holds import Hold, HoldAbout
from moderation.storage.mails import address_left
from moderation.storage.marked_names import MarkedName
from moderation.storage.moderator_workspace import CommentFlag, Note, NoteAbout
from moderation.storage.perspective_scores import PerspectiveScore
from moderation.storage.reports import Report, Reporter
from moderation.storage.site_rules import AuthorDecision

CHUNK = 500


def export_reader(services: Services, site_id: str, external_id: str, file: Path) -> int | None:
    """Writes what is held about the reader whom the site knows by this id into a file that nobody else may read.
    Returns how many comments are in it; None where nothing is known of them: then there is no file.

    Raises ``InvalidField`` for a site that isn't there.
    """
    with services.database.snapshot() as session:
        site_named(session, site_id)
        reader = reader_known_as(services, session, site_id, external_id)
        if not reader.authors and not reader.reports:
            return None
        authors = [session.get_one(Author, id_) for id_ in reader.authors]
        comments = [one for author in authors for one in _comments_of(session, author.id, services.keys)]
        whole = {
            "site": site_id,
            "reader": external_id,
            "made_at": _time(services.clock()),
            "known_as": [_author(session, author) for author in authors],
            "comments": comments,
            "reports_by_reader": _reports_by(session, keys_as_reporter(services, site_id, external_id)),
        }
    with whole_or_not_there(file) as lines:
        json.dump(whole, lines, ensure_ascii=False, indent=2)
        lines.write("\n")
    return len(comments)


def _author(session: Session, author: Author) -> dict[str, Any]:
    decisions = select(AuthorDecision).where(AuthorDecision.author_id == author.id).order_by(AuthorDecision.id)
    names = select(MarkedName.form).where(MarkedName.author_id == author.id).order_by(MarkedName.form)
    return {
        **_of(author, "name", "external_id", "approved", "rejected", "trusted"),
        **_of(author, "muted_until", "banned_until"),
        "first_seen_at": _time(author.created_at),
        "decisions": [
            _of(one, "kind", "until", "reason_id", "sentence", "note", "statement", "decided_at")
            for one in session.scalars(decisions)
        ],
        "notes": _notes(session, NoteAbout.AUTHOR, author.id),
        "names_kept_for_them": list(session.scalars(names)),
        "legal_holds": _holds(session, HoldAbout.AUTHOR, author.id),
    }


def _comments_of(session: Session, author_id: str, keys: KeyRing) -> Iterable[dict[str, Any]]:
    after = ""
    query = select(Comment, Article.external_id).join(Article, Article.id == Comment.article_id)
    query = query.where(Comment.author_id == author_id).order_by(Comment.id).limit(CHUNK)
    while chunk := session.execute(query.where(Comment.id > after)).all():
        for comment, article in chunk:
            yield {**_comment(session, comment, article), "mail": _mail(session, comment.id, keys)}
        after = chunk[-1][0].id


def _comment(session: Session, comment: Comment, article: str) -> dict[str, Any]:
    appeal = appeal_about(session, comment.id)
    scores = session.get(ScoreRow, comment.id)
    edits = select(CommentEdit.edited_at).where(CommentEdit.comment_id == comment.id).order_by(CommentEdit.revision)
    flags = select(CommentFlag).where(CommentFlag.comment_id == comment.id).order_by(CommentFlag.made_at)
    reports = select(Report).where(Report.comment_id == comment.id).order_by(Report.made_at)
    theirs = select(PerspectiveScore).where(PerspectiveScore.comment_id == comment.id)
    return {
        **_of(comment, "id", "external_id"),
        "article": article,
        "answers": comment.in_reply_to or comment.parent_id,
        **_of(comment, "author_name", "body", "status", "marks", "trusted"),
        **_of(comment, "created_at", "received_at", "published_at", "decided_at"),
        "edited_at": [_time(at) for at in session.scalars(edits)],
        "scores": _scores(scores) if scores is not None else None,
        "perspective_scores": {one.attribute: one.score for one in session.scalars(theirs)},
        "decisions": [_decision(one) for one in decisions_of(session, comment.id)],
        "appeal": _of(appeal, "text", "asked_at", "outcome", "explanation", "decided_at") if appeal else None,
        "reports": [_of(one, "reason_id", "text", "made_at", "outcome") for one in session.scalars(reports)],
        "flags": [_of(one, "kind", "note", "made_at") for one in session.scalars(flags)],
        "notes": _notes(session, NoteAbout.COMMENT, comment.id),
        "legal_holds": _holds(session, HoldAbout.COMMENT, comment.id),
    }


def _mail(session: Session, comment_id: str, keys: KeyRing) -> dict[str, Any] | None:
    """Where they want to be told of a comment, as long as that is kept."""
    row = address_left(session, comment_id)
    if row is None:
        return None
    return {"address": (unsealed(keys, row.sealed) or {}).get("to"), **_of(row, "events", "language", "left_at")}


def _scores(row: ScoreRow) -> dict[str, Any]:
    return _of(
        row,
        *LABELS,
        *("relevance", "spam", "name_scores", "outside", "passage", "sentences", "language", "language_supported"),
        *("pack", "pack_version", "scored_at"),
    )


def _decision(row: DecisionRow) -> dict[str, Any]:
    by = "the policy" if row.automated else "a person"
    told = _of(row, "reasons", "basis", "reason_id", "reader_sentence", "note", "statement", "policy_version")
    return {**_of(row, "decided_at", "status"), "by": by, **told}


def _notes(session: Session, about: NoteAbout, subject: str) -> list[dict[str, Any]]:
    query = select(Note).where(Note.about == about, Note.subject == subject).order_by(Note.id)
    return [_of(note, "text", "made_at", "removed_at") for note in session.scalars(query)]


def _holds(session: Session, about: HoldAbout, subject: str) -> list[dict[str, Any]]:
    query = select(Hold).where(Hold.about == about, Hold.subject == subject).order_by(Hold.id)
    return [_of(one, "id", "reason", "made_at", "lifted_at", "lifted_because") for one in session.scalars(query)]


def _reports_by(session: Session, keys: Iterable[str]) -> list[dict[str, Any]]:
    query = select(Report).join(Reporter, Reporter.id == Report.reporter_id).where(Reporter.key.in_(list(keys)))
    return [
        _of(one, "comment_id", "reason_id", "text", "made_at", "outcome")
        for one in session.scalars(query.order_by(Report.made_at, Report.comment_id))
    ]


def _of(row: Base, *columns: str) -> dict[str, Any]:
    """Columns of a row, as an export of the site writes them."""
    table = table_of(type(row))
    values: Mapping[str, Any] = as_json(table, {column.name: getattr(row, column.name) for column in table.columns})
    return {column: values[column] for column in columns}


def _time(time: datetime) -> str:
    return time.isoformat(timespec="seconds").replace("+00:00", "Z")
