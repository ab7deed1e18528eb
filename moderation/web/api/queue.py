"""JSON for whoever works through the queue by a program: what waits, page by page, the most severe first."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from flask import Blueprint, Response, request
from itsdangerous import BadData, URLSafeSerializer
from sqlalchemy.orm import Session

from moderation.accounts.reachable import scopes_reached
from moderation.core.actor import Actor
from moderation.core.errors import ArticleNotFound, CursorInvalid
from moderation.core.reach import MODERATE, Scope
from moderation.storage.articles import find_place
from moderation.storage.desk_lists import Behind, Order, Wanted, page_behind
from moderation.storage.queue_index import SLOTS
from moderation.storage.queue_items import queue_items
from moderation.storage.severity_order import serving_slot
from moderation.web.api import moderation_answers
from moderation.web.api.openapi import SECRET, Operation, operation
from moderation.web.api.requests import QueueQuery
from moderation.web.api.wire import json_answer, query_sent
from moderation.web.shared.access import moderator, services

PAGE = 50

GET_QUEUE = Operation(
    summary="What waits for a moderator, 50 a page",
    description="Needs the right `moderate`. Pages by cursor keep the order in which they were begun.",
    security=SECRET,
    query=QueueQuery,
    answers={200: ("A page.", moderation_answers.Queue)},
    refusals=(400, 401, 403, 404, 422),
)


def blueprint() -> Blueprint:
    """The route ``/api/v1/comments``."""
    api = Blueprint("queue_api", __name__, url_prefix="/api/v1/comments")

    @api.get("")
    @operation(GET_QUEUE)
    def get_queue() -> Response:
        actor = moderator(MODERATE)
        with services().database.reading() as db:
            answer = json_answer(_page(db, actor, query_sent(request.args, QueueQuery)))
        answer.headers["Cache-Control"] = "private, no-store"
        return answer

    return api


def _page(db: Session, actor: Actor, asked: QueueQuery) -> moderation_answers.Queue:
    scopes = scopes_reached(db, actor, MODERATE)
    cursors = _cursors(actor, asked)
    slot, behind = _place(cursors, asked) if asked.cursor else (serving_slot(db), None)
    wanted = Wanted(
        scopes=scopes,
        escalated=None,
        sections=asked.section,
        articles=_articles(db, scopes, asked.article),
        language=asked.language,
        order=Order(asked.order),
        slot=slot,
    )
    ids, end = page_behind(db, wanted, behind=behind, limit=PAGE)
    return moderation_answers.Queue(
        comments=[moderation_answers.Waiting.of(item) for item in queue_items(db, ids, slot=slot)],
        next=None if end is None else cursors.dumps([slot, *(_written(value) for value in end)]),
    )


def _articles(db: Session, scopes: tuple[Scope, ...], names: tuple[str, ...]) -> tuple[str, ...]:
    """Our own ids of these articles. Raises ``ArticleNotFound`` where none of them is within the scopes."""
    places = [(scope, find_place(db, scope.site_id, name)) for scope in scopes for name in names]
    found = [place.id for scope, place in places if place and scope.reaches(scope.site_id, place.section)]
    if names and not found:
        raise ArticleNotFound
    return tuple(found)


# --- cursors ----------------------------------------------------------------------------------------------------------


def _cursors(actor: Actor, asked: QueueQuery) -> URLSafeSerializer:
    """Signs a place in exactly this list: in another it means nothing."""
    of = json.dumps([actor.reference, asked.order, asked.article, asked.section, asked.language])
    return URLSafeSerializer(list(reversed(services().keys.cursors.secrets)), salt=f"queue {of}")


def _written(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value


def _place(cursors: URLSafeSerializer, asked: QueueQuery) -> tuple[int, Behind]:
    """The severity by which the list was begun, also where the queue has changed over since; and the place in it."""
    try:
        slot, *values = cursors.loads(asked.cursor or "")
        behind = tuple(datetime.fromisoformat(value) if isinstance(value, str) else value for value in values)
    except (BadData, ValueError, TypeError) as error:
        raise CursorInvalid from error
    if slot not in range(len(SLOTS)):
        raise CursorInvalid
    return slot, behind
