"""The API's description (OpenAPI 3.1), for people and for client generators."""

from __future__ import annotations

from typing import Any

from moderation import __version__
from moderation.core.comment import Mode, Status
from moderation.core.scores import LABELS
from moderation.core.severity import MAX_SEVERITY
from moderation.storage.moderator_workspace import FlagKind

Schema = dict[str, Any]


def description() -> Schema:
    """The whole document."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Comment moderation",
            "version": __version__,
            "description": "Takes readers' comments in, scores them, and tells where they stand.",
        },
        "components": {"schemas": _schemas(), "securitySchemes": _security()},
        "paths": {
            "/api/v1/articles/{article_id}": {"put": _put_article()},
            "/api/v1/articles/{article_id}/comments": {"post": _post_comment(), "get": _get_comments()},
            "/api/v1/comments": {"get": _get_queue()},
            "/api/v1/comments/{id}": {"get": _get_comment()},
            "/api/v1/comments/{id}/decisions": {"post": _post_decision()},
            "/api/v1/comments/{id}/audit": {"get": _get_audit()},
            "/api/v1/comments/{id}/withdraw": {"post": _withdraw()},
        },
    }


def _security() -> Schema:
    return {
        "secretKey": {"type": "http", "scheme": "bearer", "description": "A site's secret key, from its server only."},
        "publishableKey": {
            "type": "apiKey",
            "in": "header",
            "name": "X-Site-Key",
            "description": "From a reader's browser, on a page of an origin that the site allows.",
        },
    }


def _text(**more: Any) -> Schema:
    return {"type": "string", **more}


def _object(properties: Schema, required: tuple[str, ...] = ()) -> Schema:
    return {"type": "object", "properties": properties, "required": list(required)}


def _nullable(schema: Schema) -> Schema:
    return {"oneOf": [schema, {"type": "null"}]}


def _schemas() -> Schema:
    share = {"type": "number", "minimum": 0, "maximum": 1}
    status = _text(enum=list(Status))
    flag_kinds = {
        "type": "array",
        "items": _text(enum=list(FlagKind)),
        "description": "How moderators flagged it: featured, sent to the newsroom, or left to a senior moderator.",
    }
    return {
        "Problem": _object(
            {
                "type": _text(),
                "title": _text(),
                "status": {"type": "integer"},
                "detail": _text(description="What is wrong and how to mend it."),
                "errors": {"type": "array", "items": _object({"field": _text(), "message": _text()})},
                "opens_at": _text(format="date-time", description="When a closed discussion opens again, if known."),
                "until": _nullable(_text(format="date-time", description="Until when an author is shut out.")),
                "reason": _nullable(_text(description="Why an author is shut out, in plain words.")),
                "statement": _nullable(_object({})),
            },
            ("type", "title", "status", "detail"),
        ),
        "Scores": _object(
            {
                "toxicity": _object(dict.fromkeys(LABELS, share)),
                "relevance": _nullable(share),
                "passage": _nullable(_text(description="The article's closest passage.")),
                "spam": _nullable({**share, "description": "How much the text reads like advertising."}),
                "name": _nullable(
                    {**_object(dict.fromkeys(LABELS, share)), "description": "What the author's name scores alone."}
                ),
                "sentences": {
                    "type": "array",
                    "items": _object({"start": {"type": "integer"}, "end": {"type": "integer"}, "toxicity": share}),
                },
                "language": _object({"code": _text(), "supported": {"type": "boolean"}}),
                "pack": _object({name: _text() for name in ("name", "version", "runtime", "precision")}),
            }
        ),
        "Arrival": _object(
            {
                "id": _text(),
                "status": status,
                "message": _text(description="What the reader can be told."),
                "receipt": _text(description="Lets whoever wrote the comment see and withdraw it."),
                "created_at": _text(format="date-time"),
                "scores": _nullable({"$ref": "#/components/schemas/Scores"}),
                "reasons": {"type": "array", "items": _text()},
            },
            ("id", "status", "message", "receipt", "created_at"),
        ),
        "Comment": _object(
            {
                "id": _text(),
                "author": _object({"name": _text(), "initial": _text()}),
                "body": _text(),
                "parent_id": _nullable(
                    _text(description="The comment that this one stands under; null where readers never saw that one.")
                ),
                "in_reply_to": _text(
                    description="Whom a reply answers that is too deep down to stand under it. Left out otherwise."
                ),
                "created_at": _text(format="date-time"),
                "featured": {
                    "type": "boolean",
                    "description": "True where the newsroom features it. Left out otherwise.",
                },
                "removed": {
                    "type": "boolean",
                    "description": "True for the place of a comment that is gone but was answered: its name and text "
                    "are empty. Left out otherwise.",
                },
            }
        ),
        "Waiting": _object(
            {
                "id": _text(),
                "article_id": _text(description="The site's own name for the article."),
                "author": _object({"name": _text()}),
                "body": _text(),
                "status": _text(enum=[Status.PENDING, Status.RECEIVED], description="`received`: not scored yet."),
                "created_at": _text(format="date-time"),
                "revision": {"type": "integer"},
                "scores": _nullable({"$ref": "#/components/schemas/Scores"}),
                "reasons": {"type": "array", "items": _text()},
                "flags": {"type": "integer", "description": "How many reasons ask for a closer look."},
                "severity": {
                    "type": "integer",
                    "minimum": 0,
                    "maximum": MAX_SEVERITY,
                    "description": "What the queue is sorted by: by what the reasons mean, and by how far each lies "
                    "past its threshold.",
                },
                "marks": flag_kinds,
                "language": _nullable(_object({"code": _text(), "supported": {"type": "boolean"}})),
            }
        ),
        "Standing": _object({"status": status, "message": _text()}, ("status", "message")),
        "Whole": _object(
            {
                "id": _text(),
                "status": status,
                "message": _text(),
                "revision": {"type": "integer", "description": "Counts up with every decision."},
                "author": _object({"name": _text()}),
                "body": _text(),
                "parent_id": _nullable(_text()),
                "in_reply_to": _nullable(_text(description="Whom it answers; parent_id is whom it stands under.")),
                "external_id": _nullable(_text()),
                "created_at": _text(format="date-time"),
                "received_at": _text(format="date-time"),
                "published_at": _nullable(_text(format="date-time")),
                "receipt": _text(description="To the site's own key alone."),
                "scores": _nullable({"$ref": "#/components/schemas/Scores"}),
                "reasons": {"type": "array", "items": _text()},
                "marks": flag_kinds,
                "private_data": {
                    "type": "array",
                    "items": _object({"start": {"type": "integer"}, "end": {"type": "integer"}, "kind": _text()}),
                    "description": "Where the body holds somebody's address, number or e-mail; in code points.",
                },
                "decision": _nullable(
                    {"type": "object", "description": "The newest one, with its statement of reasons."}
                ),
            },
            ("id", "status", "message", "revision", "scores", "reasons", "decision"),
        ),
    }


def _answer(description: str, schema: Schema | str | None = None) -> Schema:
    if schema is None:
        return {"description": description}
    if isinstance(schema, str):
        schema = {"$ref": f"#/components/schemas/{schema}"}
    return {"description": description, "content": {"application/json": {"schema": schema}}}


_REFUSALS = {
    400: "The body is not valid JSON, or the cursor was changed.",
    401: "No key, or one that isn't known.",
    403: "Not allowed: closed, banned, an origin or a right that is missing.",
    404: "No such article or comment.",
    409: "The same comment again, or somebody decided first.",
    413: "The body is too large.",
    415: "The content type is not JSON.",
    422: "A field can't be accepted; `errors` names it.",
    429: "Too many; `Retry-After` says when to come again.",
}


def _answers(good: dict[int, Schema], *refusals: int) -> Schema:
    problem = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    bad = {str(code): {"description": _REFUSALS[code], "content": problem} for code in refusals}
    return {**{str(code): answer for code, answer in good.items()}, **bad}


def _parameter(name: str, where: str, description: str, *, required: bool = False) -> Schema:
    return {"name": name, "in": where, "required": required, "description": description, "schema": _text()}


def _body(schema: Schema) -> Schema:
    return {"required": True, "content": {"application/json": {"schema": schema}}}


_ARTICLE = _parameter("article_id", "path", "The site's own name for the article; may hold slashes.", required=True)
_COMMENT = _parameter("id", "path", "The comment's id.", required=True)
_SECRET: list[Schema] = [{"secretKey": []}]
_EITHER: list[Schema] = [{"secretKey": []}, {"publishableKey": []}]


def _put_article() -> Schema:
    article = _object(
        {
            "title": _text(maxLength=1000),
            "text": _text(description="Plain text, paragraphs separated by empty lines."),
            "html": _text(description="Instead of text: a page from which the article is taken."),
            "summary": _text(),
            "key_points": {"type": "array", "items": _text()},
            "url": _text(format="uri"),
            "section": _text(),
            "source": _text(),
            "byline": _text(),
            "published_at": _text(format="date-time"),
            "mode": _text(enum=list(Mode)),
        },
        ("title",),
    )
    return {
        "summary": "Register an article, or change it",
        "parameters": [_ARTICLE],
        "security": _SECRET,
        "requestBody": _body(article),
        "responses": _answers({201: _answer("New."), 200: _answer("Changed.")}, 400, 401, 403, 413, 415, 422),
    }


def _post_comment() -> Schema:
    comment = _object(
        {
            "author": _object(
                {
                    "name": _text(maxLength=80),
                    "id": _text(description="Counts with the secret key only."),
                    "address": _text(description="The reader's IP address; counts with the secret key only."),
                },
                ("name",),
            ),
            "body": _text(),
            "parent_id": _text(description="The comment that this one replies to."),
            "external_id": _text(description="Counts with the secret key only."),
            "created_at": _text(format="date-time", description="Counts with the secret key only; with its zone."),
        },
        ("author", "body"),
    )
    once = _parameter("Idempotency-Key", "header", "The same request under the same key is done once in 24 hours.")
    good = {201: _answer("Published.", "Arrival"), 202: _answer("Waits, or was refused by the policy.", "Arrival")}
    return {
        "summary": "Send a comment",
        "parameters": [_ARTICLE, once],
        "security": _EITHER,
        "requestBody": _body(comment),
        "responses": _answers(good, 400, 401, 403, 404, 409, 413, 415, 422, 429),
    }


def _get_comments() -> Schema:
    page = _object(
        {
            "comments": {"type": "array", "items": {"$ref": "#/components/schemas/Comment"}},
            "next": _nullable(_text(description="The cursor of the next page.")),
        }
    )
    return {
        "summary": "The published comments, oldest first",
        "parameters": [
            _ARTICLE,
            _parameter("site", "query", "The site's publishable key."),
            _parameter("cursor", "query", "From `next` of the page before."),
        ],
        "security": [*_EITHER, {}],
        "responses": _answers({200: _answer("A page.", page), 304: _answer("Not changed.")}, 400, 401, 403, 404, 422),
    }


def _get_queue() -> Schema:
    page = _object(
        {
            "comments": {"type": "array", "items": {"$ref": "#/components/schemas/Waiting"}},
            "next": _nullable(_text(description="The cursor of the next page.")),
        }
    )
    order = _parameter("order", "query", "The most severe first unless said otherwise.")
    status = _parameter("status", "query", "What waits; there is no other yet.")
    return {
        "summary": "What waits for a moderator, 50 a page",
        "description": "Needs the right `moderate`. Pages by cursor keep the order in which they were begun.",
        "parameters": [
            status | {"schema": _text(enum=["pending"])},
            order | {"schema": _text(enum=["severity", "oldest", "newest"])},
            _parameter("article", "query", "The site's own name for an article; may be given several times."),
            _parameter("section", "query", "May be given several times."),
            _parameter("language", "query", "ISO 639-1, such as `fr`."),
            _parameter("cursor", "query", "From `next` of the page before."),
        ],
        "security": _SECRET,
        "responses": _answers({200: _answer("A page.", page)}, 400, 401, 403, 404, 422),
    }


def _get_comment() -> Schema:
    return {
        "summary": "Where a comment stands",
        "parameters": [_COMMENT, _parameter("receipt", "query", "Instead of a key: status and message alone.")],
        "security": [*_SECRET, {}],
        "responses": _answers(
            {
                200: _answer(
                    "The whole comment to a key; with a receipt where it stands, and nothing else.",
                    {"oneOf": [{"$ref": f"#/components/schemas/{name}"} for name in ("Whole", "Standing")]},
                )
            },
            401,
            403,
            404,
        ),
    }


def _post_decision() -> Schema:
    decision = _object(
        {
            "outcome": _text(enum=["approve", "reject"]),
            "reason": _text(description="The id of a configured reason."),
            "sentence": _text(description="What the writer is told, instead of the reason's own sentence."),
            "note": _text(description="For moderators only."),
            "revision": {"type": "integer", "description": "The one you saw; an older one is refused with 409."},
        },
        ("outcome",),
    )
    ruled = _object({"id": _text(), "status": _text(), "revision": {"type": "integer"}})
    return {
        "summary": "Approve or reject a comment",
        "description": "It is decided also while a moderator has it open, who is told by whom.",
        "parameters": [_COMMENT],
        "security": _SECRET,
        "requestBody": _body(decision),
        "responses": _answers({200: _answer("Decided.", ruled)}, 400, 401, 403, 404, 409, 413, 415, 422),
    }


def _get_audit() -> Schema:
    events = _object({"events": {"type": "array", "items": {"type": "object"}}})
    return {
        "summary": "What happened to a comment, oldest first",
        "parameters": [_COMMENT],
        "security": _SECRET,
        "responses": _answers({200: _answer("Its audit events.", events)}, 401, 403, 404),
    }


def _withdraw() -> Schema:
    return {
        "summary": "Its writer takes a comment back",
        "parameters": [_COMMENT, _parameter("receipt", "query", "The comment's receipt.", required=True)],
        "security": [{}],
        "responses": _answers({200: _answer("Withdrawn.", "Standing")}, 401, 404, 409, 429),
    }
