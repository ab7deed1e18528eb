"""A stored comment is judged afresh: its scores came late, or its writer has edited it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from sqlalchemy import select
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
from moderation.core.text.names import comparable_name
from moderation.core.wordlist import TermList
from moderation.services import Services
from moderation.storage import queue_index
from moderation.storage.articles import Article, articles_among
from moderation.storage.authors import Author
from moderation.storage.comments import Comment, comments_among, decisions_of
from moderation.storage.edits import Edits, edits_among
from moderation.storage.marked_names import marked_among
from moderation.storage.near_duplicates import Sent, others_alike_each
from moderation.storage.reports import weights_among
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
        articles = articles_among(session, {comment.article_id for comment in comments.values()})
        rules = {article.id: services.site_rules.rules(session, article) for article in articles}
        sent = [Sent(comment.site_id, comment.body, (comment.author_id,)) for comment in comments.values()]
        alike = others_alike_each(session.connection(), sent, now=services.clock())
    return {
        comment.id: _found(configuration, comment, comment.body, rules[comment.article_id], number)
        for comment, number in zip(comments.values(), alike, strict=True)
    }


def look_through_text(
    services: Services, session: Session, configuration: Configuration, comment: Comment, text: str
) -> TextFindings:
    """What is found in a ``text`` that stands in this comment, or shall."""
    rules = services.site_rules.rules(session, session.get_one(Article, comment.article_id))
    sent = [Sent(comment.site_id, text, (comment.author_id,))]
    (alike,) = others_alike_each(session.connection(), sent, now=services.clock())
    return _found(configuration, comment, text, rules, alike)


def _found(configuration: Configuration, comment: Comment, text: str, rules: Rules, alike: int) -> TextFindings:
    return TextFindings(
        text=text,
        terms=_terms(rules),
        wordlist_hits=wordlist_hits_in(rules, text, comment.author_name),
        private=private_data_in(configuration, text, comment.author_name),
        alike=alike,
    )


def _terms(rules: Rules) -> tuple[TermList, TermList]:
    return rules.site_terms, rules.article_terms


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What else stored comments are judged from, looked up for all of them at once in the transaction that judges them:
    by their own ids but for ``authors``, ``articles``, the ``rules`` that hold for these, and ``parents``.
    ``look_alikes``: as ``evaluation.is_look_alike`` says.
    """

    authors: Mapping[str, Author]
    articles: Mapping[str, Article]
    rules: Mapping[str, Rules]
    parents: Mapping[str, Comment]
    edits: Mapping[str, Edits]
    reports: Mapping[str, int]
    look_alikes: Collection[str]
    escalated: Collection[str]


def look_around(unit: UnitOfWork, services: Services, comments: Collection[Comment]) -> Surroundings:
    """What these are judged from now."""
    ids = [comment.id for comment in comments]
    articles = articles_among(unit.session, {comment.article_id for comment in comments})
    parent_ids = {above for comment in comments if (above := _answers(comment)) is not None}
    of_these = select(Author).where(Author.id.in_({comment.author_id for comment in comments}))
    authors = {author.id: author for author in unit.session.scalars(of_these)}
    names = {comment.id: comparable_name(comment.author_name) for comment in comments}
    marked = marked_among(unit.connection, {(comment.site_id, names[comment.id]) for comment in comments})
    return Surroundings(
        authors=authors,
        articles={article.id: article for article in articles},
        rules={article.id: services.site_rules.rules(unit.session, article) for article in articles},
        parents=comments_among(unit.session, parent_ids) if parent_ids else {},
        edits=edits_among(unit.session, ids),
        reports=weights_among(unit.connection, ids),
        look_alikes={
            comment.id
            for comment in comments
            if (comment.site_id, names[comment.id]) in marked
            and is_look_alike(unit.connection, authors[comment.author_id], comment.author_name, comment.marks)
        },
        escalated=queue_index.escalated_among(unit.connection, ids),
    )


def _answers(comment: Comment) -> str | None:
    return comment.in_reply_to or comment.parent_id


def is_left_to_policy(comment: Comment, around: Surroundings) -> bool:
    """Whether no person has stepped in. Every decision counts the revision up, as does an edit: what a moderator
    reopened waits because a person said so; and so does what was left to a senior moderator.
    """
    untouched = comment.status in WAITING and comment.revision == 1 + around.edits[comment.id].number
    return untouched and comment.id not in around.escalated


def judge_afresh(
    unit: UnitOfWork,
    configuration: Configuration,
    comment: Comment,
    scores: Scores | None,
    findings: TextFindings,
    around: Surroundings,
) -> Judgement:
    """What the policy makes of a stored comment now, with the text of the ``findings``: its own, or the one to which
    its writer edits it. ``scores`` are of that text.
    """
    text = findings.text
    article, author = around.articles[comment.article_id], around.authors[comment.author_id]
    rules = around.rules[article.id]
    wordlist_hits, private = findings.wordlist_hits, findings.private
    if any(now is not then for now, then in zip(_terms(rules), findings.terms, strict=True)):
        wordlist_hits = wordlist_hits_in(rules, text, comment.author_name)  # somebody has changed the lists since
    holds = holds_for(
        author,
        unit.now,
        wordlist_hits,
        parent=around.parents.get(_answers(comment) or ""),
        form_filled=comment.form_filled,
        look_alike=comment.id in around.look_alikes,
    )
    if (around.edits[comment.id].number or text != comment.body) and _was_flagged(unit, comment):
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
            "reports": float(signal_of(around.reports.get(comment.id, 0))),
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
