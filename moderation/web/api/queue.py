"""JSON for whoever works through the queue by a program: what waits, page by page, the most severe first."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import Blueprint, Response, jsonify, request
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
from moderation.web.api.shapes import queue_shape
from moderation.web.shared.access import moderator, services
from moderation.web.shared.errors import InvalidFields

PAGE = 50
ORDERS = (Order.SEVERITY, Order.OLDEST, Order.NEWEST)
_PENDING = "pending"
_ONE = ("status", "order", "language", "cursor")
_SEVERAL = ("article", "section")
_MAX_VALUES = 20
_LONGEST = 200


def blueprint() -> Blueprint:
    """The route ``/api/v1/comments``."""
    api = Blueprint("queue_api", __name__, url_prefix="/api/v1/comments")

    @api.get("")
    def get_queue() -> Response:
        actor = moderator(MODERATE)
        with services().database.reading() as db:
            answer = jsonify(_page(db, actor, _asked()))
        answer.headers["Cache-Control"] = "private, no-store"
        return answer

    return api


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """What the address asks for; ``articles`` are the site's own names."""

    order: Order
    articles: tuple[str, ...]
    sections: tuple[str, ...]
    language: str | None
    cursor: str | None


def _asked() -> _Asked:
    problems = [
        {"field": name, "message": f"is not known here; known are {', '.join((*_ONE, *_SEVERAL))}."}
        for name in request.args
        if name not in (*_ONE, *_SEVERAL)
    ]
    problems += [
        {"field": name, "message": f"is longer than {_LONGEST} characters."}
        for name in (*_SEVERAL, "language")
        if any(len(value) > _LONGEST for value in request.args.getlist(name))
    ]
    problems += [
        {"field": name, "message": f"is given {len(values)} times; at most {maximum} are possible."}
        for name, maximum in (*((name, 1) for name in _ONE), *((name, _MAX_VALUES) for name in _SEVERAL))
        if len(values := request.args.getlist(name)) > maximum
    ]
    for name, allowed, default in (("status", [_PENDING], _PENDING), ("order", [*ORDERS], Order.SEVERITY)):
        if (said := request.args.get(name) or default) not in allowed:
            problems.append({"field": name, "message": f"is {said[:50]!r}; it must be one of {', '.join(allowed)}."})
    if problems:
        raise InvalidFields(problems)
    return _Asked(
        order=Order(request.args.get("order") or Order.SEVERITY),
        articles=tuple(filter(None, request.args.getlist("article"))),
        sections=tuple(filter(None, request.args.getlist("section"))),
        language=request.args.get("language") or None,
        cursor=request.args.get("cursor") or None,
    )


def _page(db: Session, actor: Actor, asked: _Asked) -> dict[str, Any]:
    scopes = scopes_reached(db, actor, MODERATE)
    cursors = _cursors(actor, asked)
    slot, behind = _place(cursors, asked) if asked.cursor else (serving_slot(db), None)
    wanted = Wanted(
        scopes=scopes,
        escalated=None,
        sections=asked.sections,
        articles=_articles(db, scopes, asked.articles),
        language=asked.language,
        order=asked.order,
        slot=slot,
    )
    ids, end = page_behind(db, wanted, behind=behind, limit=PAGE)
    return {
        "comments": [queue_shape(item) for item in queue_items(db, ids, slot=slot)],
        "next": None if end is None else cursors.dumps([slot, *(_written(value) for value in end)]),
    }


def _articles(db: Session, scopes: tuple[Scope, ...], names: tuple[str, ...]) -> tuple[str, ...]:
    """Our own ids of these articles. Raises ``ArticleNotFound`` where none of them is within the scopes."""
    places = [(scope, find_place(db, scope.site_id, name)) for scope in scopes for name in names]
    found = [place.id for scope, place in places if place and scope.reaches(scope.site_id, place.section)]
    if names and not found:
        raise ArticleNotFound
    return tuple(found)


# --- cursors ----------------------------------------------------------------------------------------------------------


def _cursors(actor: Actor, asked: _Asked) -> URLSafeSerializer:
    """Signs a place in exactly this list: in another it means nothing."""
    of = json.dumps([actor.reference, asked.order, asked.articles, asked.sections, asked.language])
    return URLSafeSerializer(list(reversed(services().keys.cursors.secrets)), salt=f"queue {of}")


def _written(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value


def _place(cursors: URLSafeSerializer, asked: _Asked) -> tuple[int, Behind]:
    """The severity by which the list was begun, also where the queue has changed over since; and the place in it."""
    try:
        slot, *values = cursors.loads(asked.cursor or "")
        behind = tuple(datetime.fromisoformat(value) if isinstance(value, str) else value for value in values)
    except (BadData, ValueError, TypeError) as error:
        raise CursorInvalid from error
    if slot not in range(len(SLOTS)):
        raise CursorInvalid
    return slot, behind
