"""A stored comment is judged afresh: its scores came late, or its writer has edited it."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from sqlalchemy.orm import Session

from moderation.comments.discussion_state import standing
from moderation.comments.evaluation import (
    Judgement,
    PrivateFound,
    WordlistHits,
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
from moderation.core.wordlist import TermList
from moderation.services import Services
from moderation.storage import queue_index
from moderation.storage.articles import Article, articles_among
from moderation.storage.authors import Author
from moderation.storage.comments import Comment, comments_among, decisions_of, find_comment
from moderation.storage.edits import Edits
from moderation.storage.near_duplicates import others_alike
from moderation.storage.reports import weights
from moderation.storage.site_rules_cache import Rules
from moderation.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True, kw_only=True)
class TextFindings:
    """What was found in a comment's ``text`` and name before the transaction that judges it: to look takes its time,
    and others who write would wait for it. ``terms`` are the wordlists that were looked through.
    """

    text: str
    terms: tuple[TermList, TermList]
    wordlist_hits: WordlistHits
    private: PrivateFound
    alike: int


def look_through(services: Services, configuration: Configuration, ids: Collection[str]) -> dict[str, TextFindings]:
    """What is found in these comments as they stand now, by their ids; those that are gone are left out."""
    with services.database.reading() as session:
        comments = comments_among(session, ids)
        rules = rules_of(services, session, comments.values())
        return {
            id_: _found(services, session, configuration, comment, comment.body, rules[comment.article_id])
            for id_, comment in comments.items()
        }


def rules_of(services: Services, session: Session, comments: Iterable[Comment]) -> dict[str, Rules]:
    """What holds now for the articles of these comments, by their ids."""
    articles = articles_among(session, {comment.article_id for comment in comments})
    return {article.id: services.site_rules.rules(session, article) for article in articles}


def look_through_text(
    services: Services, session: Session, configuration: Configuration, comment: Comment, text: str
) -> TextFindings:
    """What is found in a ``text`` that stands in this comment, or shall."""
    rules = services.site_rules.rules(session, session.get_one(Article, comment.article_id))
    return _found(services, session, configuration, comment, text, rules)


def _found(
    services: Services, session: Session, configuration: Configuration, comment: Comment, text: str, rules: Rules
) -> TextFindings:
    return TextFindings(
        text=text,
        terms=_terms(rules),
        wordlist_hits=wordlist_hits_in(rules, text, comment.author_name),
        private=private_data_in(configuration, text, comment.author_name),
        alike=others_alike(
            session.connection(),
            site_id=comment.site_id,
            body=text,
            authors={comment.author_id},
            now=services.clock(),
        ),
    )


def _terms(rules: Rules) -> tuple[TermList, TermList]:
    return rules.site_terms, rules.article_terms


def is_left_to_policy(unit: UnitOfWork, comment: Comment, edits: Edits) -> bool:
    """Whether no person has stepped in. Every decision counts the revision up, as does an edit: what a moderator
    reopened waits because a person said so; and so does what was left to a senior moderator.
    """
    if comment.status not in WAITING or comment.revision != 1 + edits.number:
        return False
    at = queue_index.location_of(unit.connection, comment.id)
    return at is None or not at.escalated


def judge_afresh(
    unit: UnitOfWork,
    services: Services,
    configuration: Configuration,
    comment: Comment,
    scores: Scores | None,
    findings: TextFindings,
    edits: Edits,
    rules: Rules | None = None,
) -> Judgement:
    """What the policy makes of a stored comment now, with the text of the ``findings``: its own, or the one to which
    its writer edits it. ``scores`` are of that text. ``rules`` are its article's, where they were looked up
    in this transaction.
    """
    text = findings.text
    article = unit.session.get_one(Article, comment.article_id)
    author = unit.session.get_one(Author, comment.author_id)
    rules = rules or services.site_rules.rules(unit.session, article)
    wordlist_hits, private = findings.wordlist_hits, findings.private
    if any(now is not then for now, then in zip(_terms(rules), findings.terms, strict=True)):
        wordlist_hits = wordlist_hits_in(rules, text, comment.author_name)  # somebody has changed the lists since
    parent = find_comment(unit.session, comment.in_reply_to or comment.parent_id or "")
    holds = holds_for(
        author,
        unit.now,
        wordlist_hits,
        parent=parent,
        form_filled=comment.form_filled,
        look_alike=is_look_alike(unit.connection, author, comment.author_name, comment.marks),
    )
    if (edits.number or text != comment.body) and _was_flagged(unit, comment):
        holds = (*holds, FLAGGED_BEFORE_EDIT)
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
                alike=findings.alike,
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
