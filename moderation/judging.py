"""What the policy in force makes of a comment, and how that is said to moderators and to the comment's writer."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import datetime, timedelta

from moderation.configuration import Configuration
from moderation.core.comment import CommentRules, Mode
from moderation.core.decision import Decision, Statement, refusal_statement
from moderation.core.errors import DiscussionClosed
from moderation.core.policy import decide, signals_from
from moderation.core.scores import ScoreRequest, Scores
from moderation.core.text import count_links
from moderation.record import Judgement
from moderation.services import Services
from moderation.storage.articles import Article, Place
from moderation.storage.authors import Author

log = logging.getLogger(__name__)


def score_or_none(services: Services, request: ScoreRequest) -> Scores | None:
    """Scores, or None when the pack fails or is too slow: the comment then waits for a moderator, not scored."""
    timeout = services.configuration.current().scoring.timeout_seconds
    try:
        return services.scorer.score_one(request, timeout_s=timeout)
    except Exception as error:  # a pack may fail in its own ways, and no comment is lost for it
        log.warning("scoring failed; the comment waits unscored", extra={"problem": type(error).__name__})
        return None


def open_rules(
    configuration: Configuration, site_id: str, article: Article | Place, *, reply: bool, now: datetime
) -> CommentRules:
    """What a comment must be here. Raises ``DiscussionClosed`` where none is taken (any more)."""
    rules = configuration.comments.rules_for(
        site=site_id, section=article.section, reply=reply, article_mode=article.mode
    )
    if rules.mode in (Mode.CLOSED, Mode.HIDDEN):
        raise DiscussionClosed("The discussion under this article is closed. Thank you for reading.")
    opened = article.published_at or article.created_at
    if rules.close_after_days and now > opened + timedelta(days=rules.close_after_days):
        raise DiscussionClosed(
            f"The discussion under this article closed {rules.close_after_days} days after its publication."
        )
    return rules


def statement_for(decision: Decision) -> Statement:
    """The statement of reasons for a comment that the policy refuses by itself."""
    return refusal_statement(
        published_before=False,
        facts="; ".join(decision.words),
        automated_detection=True,
        automated_decision=True,
        rule="The newsroom's rules for comments (automatic check)",
        why=reader_sentence(decision),
    )


def reader_sentence(decision: Decision) -> str:
    """Why the policy refused a comment, in plain words for its writer."""
    codes = {reason.code for reason in decision.reasons}
    if codes & {"threat"}:
        return "It reads like a threat."
    if codes & {"identity_attack"}:
        return "It reads as if it demeaned people for what they are."
    if codes & {"toxicity", "severe_toxicity", "obscene", "insult", "sexual_explicit"}:
        return "Its language does not seem respectful."
    if codes & {"relevance"}:
        return "It does not seem to be about the article."
    if codes & {"links"}:
        return "It holds too many links."
    return "It does not seem to follow our rules for comments."


def judge(
    configuration: Configuration,
    scores: Scores | None,
    *,
    site_id: str,
    section: str | None,
    mode: Mode,
    counts: Mapping[str, float],
    holds: tuple[str, ...] = (),
) -> Judgement:
    """What the policy in force makes of a comment."""
    signals = signals_from(scores, counts=counts, holds=holds)
    rules = configuration.policy.rules_for(site_id, section)
    decision = decide(signals, rules, mode=mode, policy_version=configuration.policy.version)
    return Judgement(decision=decision, signals=signals, scores=scores, configuration_hash=configuration.hash)


def counts_for(body: str, author: Author) -> dict[str, float]:
    """The signals that are counted rather than scored. Only an author known by more than a name has a record."""
    return {
        "links": float(count_links(body)),
        "reports": 0.0,
        "author_approved": float(author.approved if author.known else 0),
        "trusted": float(author.trusted),
        "terms": 0.0,
    }


def holds_for(author: Author, now: datetime) -> tuple[str, ...]:
    """Facts beyond the scores for which a comment must wait, in words."""
    if author.muted_until is not None and author.muted_until > now:
        return ("its author is muted: a moderator reads everything they write",)
    return ()
