"""A moderator elsewhere says what a text should have scored (``comments:suggestscore``): kept, exported, forgotten."""

from __future__ import annotations

import logging
import secrets
from datetime import timedelta
from typing import Any

from sqlalchemy import insert, null

from moderation.core.audit_chain import body_fingerprint
from moderation.core.errors import ScoringFailed
from moderation.core.ids import new_id
from moderation.core.scores import Scale, ScoreRequest, Scores
from moderation.perspective.wire import Suggestion, detected_language
from moderation.services import Services
from moderation.storage.base import table_of
from moderation.storage.suggestions import SuggestedLabels, forget_texts, suggestions_about
from moderation.unit_of_work import UnitOfWork, run_in_unit_of_work

log = logging.getLogger(__name__)

LONGEST_KEPT_TOKEN = 200


def keep_suggestion(services: Services, site_id: str, actor: str, suggestion: Suggestion) -> dict[str, Any]:
    """Keeps a moderator's label with the scores that the text gets today, and the text where the site opted in.

    Returns the answer to ``comments:suggestscore``, after the commit.
    """
    scores = _scores(services, suggestion)
    wishes = services.configuration.current().perspective
    keeps_text = site_id in wishes.keep_texts_for_sites

    def work(unit: UnitOfWork) -> None:
        row = _row(unit, site_id, suggestion, scores, keeps_text=keeps_text)
        unit.session.execute(insert(table_of(SuggestedLabels)), row)
        payload: dict[str, Any] = {"labels": dict(suggestion.labels)}
        if keeps_text:
            payload["body"] = body_fingerprint(row["text"], row["salt"])
        unit.event(site_id, actor, "label.suggested", row["id"], payload)

    run_in_unit_of_work(services, work)
    answer: dict[str, Any] = {}
    if suggestion.client_token is not None:
        answer["clientToken"] = suggestion.client_token
    if scores is not None:
        answer["detectedLanguages"] = [detected_language(scores)]
    if suggestion.languages:
        answer["requestedLanguages"] = list(suggestion.languages)
    return answer


def forget_outdated(services: Services) -> int:
    """Removes texts that were kept for ``retention_days``, or whose site no longer wishes it. Returns how many."""
    wishes = services.configuration.current().perspective
    before = services.clock() - timedelta(days=wishes.retention_days)
    return services.database.writing(
        lambda session: forget_texts(session, before=before, unless_of=wishes.keep_texts_for_sites)
    )


def erase_suggestions(services: Services, actor: str, site_id: str, client_token: str) -> int:
    """Removes text and token of whatever was suggested under this client token. Returns how many suggestions that were.

    The bare numbers stay for calibration: they tell nothing of anybody. The audit chain still verifies.
    """

    def work(unit: UnitOfWork) -> int:
        rows = suggestions_about(unit.session, site_id, client_token)
        for row in rows:
            row.text = row.salt = row.client_token = None
            unit.event(site_id, actor, "label.erased", row.id, {})
        return len(rows)

    return run_in_unit_of_work(services, work)


def _scores(services: Services, suggestion: Suggestion) -> Scores | None:
    request = ScoreRequest(text=suggestion.seen.text, languages=suggestion.languages, explain=False)
    timeout = services.configuration.current().scoring.timeout_seconds
    try:
        return services.scorer.score_one(request, scale=Scale.BALANCED, timeout_s=timeout)
    except ScoringFailed as error:
        log.warning("a suggested label is kept without scores", extra={"problem": type(error).__name__})
        return None


def _row(
    unit: UnitOfWork, site_id: str, suggestion: Suggestion, scores: Scores | None, *, keeps_text: bool
) -> dict[str, Any]:
    token = suggestion.client_token
    return {
        "id": new_id(unit.now),
        "site_id": site_id,
        "client_token": token if token and len(token) <= LONGEST_KEPT_TOKEN and token.isprintable() else None,
        "labels": dict(suggestion.labels),
        "scores": dict(scores.toxicity) if scores else null(),
        "pack": scores.pack.name if scores else None,
        "pack_version": scores.pack.version if scores else None,
        "language": scores.language.code if scores else None,
        # No database holds NUL in a text.
        "text": suggestion.seen.text.replace("\x00", "�") if keeps_text else None,
        "salt": secrets.token_bytes(16) if keeps_text else None,
        "created_at": unit.now,
    }
