"""Before a comment that would be flagged for its tone is sent, its writer is shown the sentence once. Nothing is
stored, and no number is told: whoever sends it all the same is asked no more.
"""

from __future__ import annotations

from moderation.comments.evaluation import score_or_none
from moderation.core.conditions import Comparison
from moderation.core.scores import LABELS, ScoreRequest
from moderation.services import Services
from moderation.storage.articles import find_place


def sentence_to_reconsider(services: Services, site_id: str, article_id: str, body: str) -> str | None:
    """The sentence for which the policy in force there would flag or reject this text; None where it wouldn't, where
    nobody can tell, or where readers aren't to be asked (``[comments] nudge``).
    """
    configuration = services.configuration.current()
    if not configuration.comments.nudge or not body.strip():
        return None
    with services.database.asking() as connection:
        place = find_place(connection, site_id, article_id)
    if place is None:
        return None
    scores = score_or_none(services, ScoreRequest(text=body), by_others=False)
    if scores is None or not scores.language.supported or not scores.sentences:
        return None
    rules = configuration.policy.rules_for(site_id, place.section)
    asked = [one for one in (*rules.flag, *rules.reject) if one.comparison is Comparison.AT_LEAST]
    if not any(one.signal in LABELS and one.holds(scores.toxicity.get(one.signal, 0.0)) for one in asked):
        return None
    worst = max(scores.sentences, key=lambda one: one.toxicity)
    return body[worst.start : worst.end].strip() or None
