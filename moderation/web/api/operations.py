"""For whoever runs the service: is it alive, is it ready, and its figures."""

from __future__ import annotations

import hmac
import ipaddress
from functools import cache
from typing import Any

from flask import Blueprint, Response, abort, current_app, jsonify, request
from prometheus_client import CONTENT_TYPE_LATEST
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from moderation.core.errors import ConfigurationError
from moderation.storage.room import is_full
from moderation.storage.schema import is_current
from moderation.watching.figures import figures
from moderation.web.api.openapi import description
from moderation.web.api.reference import reference_page
from moderation.web.shared.access import services
from moderation.web.shared.addresses import root
from moderation.web.shared.standing import STANDING

FULL = "room on the disk of the database"


def blueprint() -> Blueprint:
    """``/healthz``, ``/readyz``, ``/metrics``, ``/openapi.json`` and ``/api``, the same to be read."""
    api = Blueprint("operations_api", __name__)

    @api.get("/healthz")
    def healthz() -> Response:
        return jsonify({"status": "alive"})

    @api.get("/readyz")
    def readyz() -> tuple[Response, int]:
        waits = _waits_for()
        state = {"status": "waiting" if waits else "ready", "waits_for": waits}
        return jsonify(state), 503 if waits else 200

    @api.get("/metrics")
    def metrics() -> Response:
        if not (_is_loopback() or _has_token()):
            abort(403, "The figures are open to this machine, or with the token MODERATION_METRICS_TOKEN.")
        return Response(figures([current_app.extensions[STANDING]]), content_type=CONTENT_TYPE_LATEST)

    @cache
    def document() -> dict[str, Any]:
        return description(current_app)

    @api.get("/openapi.json")
    def openapi() -> Response:
        return jsonify({**document(), "servers": [{"url": root() or "/"}]})

    @api.get("/api")
    def reference() -> Response:
        return reference_page(document())

    return api


def _waits_for() -> list[str]:
    waits = []
    if not services().scorer.ready:
        waits.append("the scoring pack")
    database = services().database
    try:
        with database.reading() as db:
            db.execute(text("SELECT 1"))
        if not is_current(database):
            waits.append("the database's migrations")
        elif not database.room.is_left:
            waits.append(FULL)
        else:
            database.try_writing()
    except ConfigurationError:
        waits.append("a newer version of this service, which has changed the database")
    except SQLAlchemyError as error:
        waits.append(FULL if isinstance(error, DBAPIError) and is_full(error) else "the database")
    return waits


def _is_loopback() -> bool:
    # Behind a proxy that isn't configured everyone seems to come from here: then only the token opens.
    forwarded = any(name in request.headers for name in ("X-Forwarded-For", "Forwarded", "X-Real-IP", "Via"))
    if forwarded and services().settings.trusted_proxies == 0:
        return False
    try:
        return ipaddress.ip_address(request.remote_addr or "").is_loopback
    except ValueError:
        return False


def _has_token() -> bool:
    token = services().settings.metrics_token
    sent = request.headers.get("Authorization", "").removeprefix("Bearer ")
    return token is not None and hmac.compare_digest(token.encode(), sent.encode("utf-8", "replace"))
