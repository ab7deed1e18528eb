"""Before a comment that would be flagged for its tone is taken in, its writer is shown the sentence once. Nothing is
stored, and no number is told: whoever sends it all the same is asked no more.
"""

from __future__ import annotations

from moderation.config.configuration import Configuration
from moderation.core.conditions import Comparison
from moderation.core.scores import LABELS, Scores


def sentence_to_reconsider(
    configuration: Configuration, site_id: str, section: str | None, body: str, scores: Scores | None
) -> str | None:
    """The sentence for which the policy in force there would flag or reject this text, by its scores; None where it
    wouldn't, where nobody can tell, or where readers aren't to be asked (``[comments] nudge``).
    """
    if not configuration.comments.nudge or scores is None:
        return None
    if not scores.language.supported or not scores.sentences:
        return None
    rules = configuration.policy.rules_for(site_id, section)
    asked = [one for one in (*rules.flag, *rules.reject) if one.comparison is Comparison.AT_LEAST]
    if not any(one.signal in LABELS and one.holds(scores.toxicity.get(one.signal, 0.0)) for one in asked):
        return None
    worst = max(scores.sentences, key=lambda one: one.toxicity)
    return body[worst.start : worst.end].strip() or None
