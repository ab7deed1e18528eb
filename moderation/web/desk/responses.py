"""What a desk's action answers: to a form the page that follows, to a script the facts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from flask import Response, jsonify, redirect, request
from werkzeug.wrappers import Response as WerkzeugResponse

from moderation.core.comment import WAITING
from moderation.core.errors import DecidedMeanwhile, InvalidField, ModerationError, OpenWithColleague
from moderation.core.messages import Message
from moderation.web.desk.words import status_by
from moderation.web.shared.access import services
from moderation.web.shared.errors import CODES
from moderation.web.shared.frame import QUEUE
from moderation.web.shared.languages import gettext, language, said
from moderation.web.shared.rendering import path_within


def asked_by_script() -> bool:
    """Whether a script of ours asks, which wants facts instead of a page."""
    return request.accept_mimetypes.best == "application/json"


def facts(said: Mapping[str, Any], status: int = 200) -> Response:
    answer = jsonify(said)
    answer.status_code = status
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


def code_of(error: ModerationError) -> int:
    """The HTTP code of a refusal."""
    return next((code for kind, code in CODES.items() if isinstance(error, kind)), 500)


def refused(error: ModerationError) -> Response:
    """A refusal for a script: why, and where the comment stands if somebody else was faster, or who has it open."""
    said: dict[str, Any] = {"detail": error.told(language())}
    if isinstance(error, DecidedMeanwhile):
        current = {"status": error.status, "revision": error.revision, "by": error.by}
        said["current"] = {**current, "words": meanwhile_words(error)}
    if isinstance(error, OpenWithColleague):
        said["open_with"] = error.by
    return facts(said, code_of(error))


def meanwhile_words(error: DecidedMeanwhile) -> str:
    """What somebody else has made of a comment, such as "Rejected by berta: Off-topic"."""
    if error.status in WAITING:
        return gettext("Changed by %(name)s; it waits", name=error.by)
    reason = services().configuration.current().reason(error.reason_id) if error.reason_id else None
    return f"{status_by(error.status, error.by)}{f': {said(reason.label)}' if reason else ''}"


def back_to(action_id: str | None) -> WerkzeugResponse:
    """Back to where the form says, with what was done in the address."""
    parts = urlsplit(path_within(request.form.get("back", ""), QUEUE, QUEUE))
    query = [(name, value) for name, value in parse_qsl(parts.query) if name != "done"]
    if action_id is not None:
        query.append(("done", action_id))
    return redirect(parts._replace(query=urlencode(query)).geturl(), 303)


def revision_of(text: str) -> int:
    """The revision that a form was made from. Raises ``InvalidField``."""
    if not text.isascii() or not text.isdigit() or len(text) > 9:
        raise InvalidField("revision", Message("revision_missing"))
    return int(text)
