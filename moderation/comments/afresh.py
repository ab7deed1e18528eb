"""A stored comment is judged afresh: its scores came late, or its writer has edited it."""

from __future__ import annotations

from moderation.comments.discussion_state import standing
from moderation.comments.evaluation import (
    Judgement,
    author_record,
    counts_for,
    holds_for,
    is_look_alike,
    judge,
    private_data_in,
    wordlist_hits_in,
)
from moderation.comments.reports import signal_of
from moderation.config.configuration import Configuration
from moderation.core.comment import WAITING, Mode, Status
from moderation.core.decision import flag_codes
from moderation.core.policy import FLAGGED_BEFORE_EDIT
from moderation.core.scores import Scores
from moderation.storage import queue_index
from moderation.storage.articles import Article
from moderation.storage.authors import Author
from moderation.storage.comments import Comment, decisions_of, find_comment
from moderation.storage.edits import edits_of
from moderation.storage.near_duplicates import others_alike
from moderation.storage.reports import weights
from moderation.storage.site_rules_cache import SiteRulesCache
from moderation.unit_of_work import UnitOfWork


def is_left_to_policy(unit: UnitOfWork, comment: Comment) -> bool:
    """Whether no person has stepped in. Every decision counts the revision up, as does an edit: what a moderator
    reopened waits because a person said so; and so does what was left to a senior moderator.
    """
    if comment.status not in WAITING or comment.revision != 1 + edits_of(unit.session, comment.id).number:
        return False
    at = queue_index.location_of(unit.connection, comment.id)
    return at is None or not at.escalated


def judge_afresh(
    unit: UnitOfWork,
    configuration: Configuration,
    site_rules: SiteRulesCache,
    comment: Comment,
    scores: Scores | None,
    *,
    body: str | None = None,
) -> Judgement:
    """What the policy makes of a stored comment now, with the text to which its writer edits it (``body``) if any."""
    edited, text = body is not None, comment.body if body is None else body
    article = unit.session.get_one(Article, comment.article_id)
    author = unit.session.get_one(Author, comment.author_id)
    rules = site_rules.rules(unit.session, article)
    wordlist_hits = wordlist_hits_in(rules, text, comment.author_name)
    private = private_data_in(configuration, text, comment.author_name)
    answered = find_comment(unit.session, comment.in_reply_to or comment.parent_id or "")
    holds = holds_for(
        author,
        unit.now,
        wordlist_hits,
        parent=answered,
        form_filled=comment.form_filled,
        look_alike=is_look_alike(unit.connection, author, comment.author_name, comment.marks),
    )
    if (edited or edits_of(unit.session, comment.id).number) and _was_flagged(unit, comment):
        holds = (*holds, FLAGGED_BEFORE_EDIT)
    alike = others_alike(unit.connection, site_id=comment.site_id, body=text, authors={author.id}, now=unit.now)
    reply = comment.parent_id is not None
    stands = standing(configuration.comments, article, rules.settings, reply=reply, now=unit.now)
    mode = stands.rules.mode
    if stands.closed_because is not None:
        # What came in time isn't lost, but a closed discussion publishes nothing by itself.
        mode, holds = Mode.PRE, (*holds, "the discussion has closed since it was written")
    return judge(
        configuration,
        scores,
        site_id=comment.site_id,
        section=article.section,
        mode=mode,
        counts={
            **counts_for(
                text,
                comment.author_name,
                author,
                wordlist_hits,
                private=private,
                alike=alike,
                marks=comment.marks,
                trusted=comment.trusted,
                record=author_record(unit.connection, author, comment.received_at),
            ),
            "reports": float(signal_of(weights(unit.connection, comment.id))),
        },
        holds=holds,
        waits_because=stands.waits_because,
        meanings=private.meanings,
        verified=article.verified,
    )


def _was_flagged(unit: UnitOfWork, comment: Comment) -> bool:
    """Whether any text of the comment was flagged. Nothing that its writer then makes of it is published by the policy:
    who edits until it is would learn the thresholds.
    """
    return any(
        decision.automated and decision.status == Status.PENDING and flag_codes(decision.reasons)
        for decision in decisions_of(unit.session, comment.id)
    )
