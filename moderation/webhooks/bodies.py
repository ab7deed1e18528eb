"""What a receiver is told of an event, made when it is sent: what has been erased meanwhile goes nowhere any more."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from sqlalchemy.orm import Session

from moderation.core.comment import Status
from moderation.storage.articles import Article
from moderation.storage.comments import Comment, find_comment, newest_decision
from moderation.storage.moderator_workspace import FlagKind, kinds_on
from moderation.storage.webhooks import WebhookDelivery


def body_of(session: Session, delivery: WebhookDelivery) -> str:
    """The request's body, as JSON: ``type``, ``timestamp`` and ``data``.

    ``data`` holds the event's ``sequence`` among those about the same thing, its own facts as ``change``, and the
    comment and the article as they are now.
    """
    about = delivery.kind.partition(".")[0]
    data: dict[str, Any] = {"sequence": delivery.sequence, "change": delivery.payload}
    comment = _comment(session, delivery, about)
    article_id = comment.article_id if comment is not None else delivery.subject if about == "article" else None
    if comment is not None:
        data["comment"] = _comment_told(session, comment)
    if article_id is not None:
        data["article"] = _article_told(session.get(Article, article_id))
    if about not in ("comment", "article"):
        data[about] = {"id": delivery.subject}
    whole = {"type": delivery.kind, "timestamp": _time(delivery.happened_at), "data": data}
    return json.dumps(whole, ensure_ascii=False, separators=(",", ":"))


def _comment(session: Session, delivery: WebhookDelivery, about: str) -> Comment | None:
    """The comment that an event is about, or that its facts refer to, as those of a legal case do."""
    named = delivery.subject if about == "comment" else delivery.payload.get("comment")
    return find_comment(session, named) if isinstance(named, str) else None


def _comment_told(session: Session, comment: Comment) -> dict[str, Any]:
    """Under the names that the API's answer to the site's secret key has. Neither receipt nor address nor score."""
    flags = kinds_on(session, [comment.id]).get(comment.id, [])
    erased = comment.status == Status.ERASED
    refusal = newest_decision(session, comment.id) if comment.status == Status.REJECTED else None
    return {
        "id": comment.id,
        "external_id": comment.external_id,
        "status": comment.status,
        "revision": comment.revision,
        "author": {"name": "" if erased else comment.author_name},
        "body": "" if erased else comment.body,
        "parent_id": comment.parent_id,
        "in_reply_to": comment.in_reply_to or comment.parent_id,
        "created_at": _time(comment.created_at),
        "published_at": _time(comment.published_at),
        "decided_at": _time(comment.decided_at),
        "featured": FlagKind.FEATURED.value in flags,
        "reason": refusal.reason_id if refusal else None,
        "message": refusal.reader_sentence if refusal else None,
    }


def _article_told(article: Article | None) -> dict[str, Any] | None:
    if article is None:
        return None
    return {
        "id": article.external_id,
        "title": article.title,
        "url": article.url,
        "section": article.section,
        "mode": article.mode,
    }


def _time(time: datetime | None) -> str | None:
    return None if time is None else time.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
