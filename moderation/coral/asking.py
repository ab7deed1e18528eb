"""Coral asks what becomes of a comment: it is scored and judged as one of ours, and nothing of it is stored."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from moderation.comments.approved_discussion import approved_there
from moderation.comments.article_vectors import prepared_article
from moderation.comments.discussion_state import Standing, standing
from moderation.comments.evaluation import (
    Judgement,
    author_record,
    counts_for,
    holds_for,
    judge,
    private_data_in,
    score_or_none,
    wordlist_hits_in,
)
from moderation.config.configuration import Configuration
from moderation.coral.answer import answer_for, held
from moderation.coral.wire import Question, is_html, links_in
from moderation.core.addresses import canonical_address
from moderation.core.comment import Author as Writer
from moderation.core.decision import Outcome
from moderation.core.errors import InvalidField
from moderation.core.scores import ScoreRequest, Scores, Subject
from moderation.imports.reading import Broken, text_of_html, tidy
from moderation.services import Services
from moderation.storage.articles import Place, find_place
from moderation.storage.authors import Author, find_authors
from moderation.storage.comments import find_comment, with_external_id
from moderation.storage.database import session_on
from moderation.storage.section import place_at
from moderation.storage.site_rules_cache import Rules, rules_revision

ANSWER_WITHIN_SECONDS = 1.5
"""Coral's administrators set how long it waits; we ask them for two seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    """What the database knows of a question's surroundings. ``place`` is nowhere where the story isn't known;
    ``record`` is its author's, as ``author_record`` has it, ``discussion`` what others wrote there that was approved.
    """

    place: Place
    is_article: bool
    parent_body: str | None
    author: Author
    record: Mapping[str, float]
    discussion: Sequence[Subject]
    rules: Rules
    standing: Standing


def answer(services: Services, site_id: str, question: Question, *, seconds: float) -> tuple[str, dict[str, Any]]:
    """What becomes of a comment, in a word, and what Coral is told, after so many seconds at most."""
    begun = time.monotonic()
    configuration, now = services.configuration.current(), services.clock()
    html = is_html(question.body)
    try:
        text = (text_of_html if html else tidy)(question.body)
    except Broken:
        return _HELD, held("its text holds what can't be read")
    with services.database.asking() as connection:
        known = _look_up(connection, services, configuration, site_id, question, now)
    article = None
    if known.is_article:
        article = prepared_article(services, known.place, timeout_s=_left(begun, seconds))
    request = ScoreRequest(text=text, article=article, parent=known.parent_body, discussion=known.discussion)
    scores = score_or_none(services, request, timeout_s=_left(begun, seconds))
    judgement = _judged(configuration, known, question, text, scores, now, links=links_in(question.body) if html else 0)
    decision = judgement.decision
    if known.standing.closed is not None and decision.outcome is Outcome.APPROVED:
        return _HELD, held(f"nobody can write here just now: {known.standing.closed}")
    language = scores.language.code if scores is not None else None
    outcome = _HELD if scores is None else decision.outcome.value
    return outcome, answer_for(decision, language, configuration.reason)


_HELD = "held"


def _left(begun: float, seconds: float) -> float:
    return max(0.0, begun + seconds - time.monotonic())


def _look_up(
    connection: Connection,
    services: Services,
    configuration: Configuration,
    site_id: str,
    question: Question,
    now: datetime,
) -> _Known:
    article = _article(connection, site_id, question)
    place = article or _nowhere(connection, site_id, now)
    rules = services.site_rules.rules(connection, place)
    reply = question.parent_id is not None
    found = _authors(connection, services, site_id, question)
    author = _author_of(found, now) or _new_author(site_id, question, now)
    return _Known(
        place=place,
        is_article=article is not None,
        parent_body=_parent_body(connection, site_id, question.parent_id),
        author=author,
        record=author_record(connection, author, now),
        discussion=approved_there(connection, place.id, exclude=[one.id for one in found]) if article else (),
        rules=rules,
        standing=standing(configuration.comments, place, rules.settings, reply=reply, now=now),
    )


def _article(connection: Connection, site_id: str, question: Question) -> Place | None:
    if question.story_url is not None:
        try:
            address = canonical_address(question.story_url)
        except InvalidField:
            pass  # it may be known by its id all the same
        else:
            if (found := place_at(connection, site_id, [address])) is not None:
                return found
    return find_place(connection, site_id, question.story_id) if question.story_id is not None else None


def _nowhere(connection: Connection, site_id: str, now: datetime) -> Place:
    """Where a comment stands whose story isn't known: what holds for the whole site holds there. It is no page that a
    reader's browser told of, as Coral signs for it.
    """
    return Place(
        id="",
        site_id=site_id,
        section=None,
        mode=None,
        version=0,
        published_at=None,
        created_at=now,
        verified=True,
        rules_revision=rules_revision(connection, site_id),
    )


def _parent_body(connection: Connection, site_id: str, coral_id: str | None) -> str | None:
    comment_id = with_external_id(connection, site_id, coral_id) if coral_id is not None else None
    if comment_id is None:
        return None
    with session_on(connection) as session:
        parent = find_comment(session, comment_id)
    return parent.body or None if parent is not None else None


def _authors(connection: Connection, services: Services, site_id: str, question: Question) -> Sequence[Author]:
    if question.author_id is None:
        return ()
    writer = Writer(name="", id=question.author_id)
    return find_authors(connection, site_id, services.keys.author_keys(site_id, writer))


def _author_of(found: Sequence[Author], now: datetime) -> Author | None:
    """Whose comment it is: of those that go by Coral's id one that is muted or banned first."""
    restricted = (one for one in found if _is_restricted(one, now))
    return next(restricted, found[0] if found else None)


def _is_restricted(author: Author, now: datetime) -> bool:
    return any(until is not None and until > now for until in (author.muted_until, author.banned_until))


def _new_author(site_id: str, question: Question, now: datetime) -> Author:
    """Somebody who isn't known here: this is the first that is heard of them."""
    return Author(
        site_id=site_id,
        known=question.author_id is not None,
        external_id=question.author_id,
        approved=0,
        rejected=0,
        trusted=False,
        muted_until=None,
        banned_until=None,
        created_at=now,
    )


def _judged(
    configuration: Configuration,
    known: _Known,
    question: Question,
    text: str,
    scores: Scores | None,
    now: datetime,
    *,
    links: int,
) -> Judgement:
    hits = wordlist_hits_in(known.rules, text, "")
    private = private_data_in(configuration, text, "")
    marks = ("staff",) if question.is_staff else ()
    counts = counts_for(text, "", known.author, hits, private=private, marks=marks, record=known.record)
    return judge(
        configuration,
        scores,
        site_id=known.place.site_id,
        section=known.place.section,
        mode=known.standing.rules.mode,
        counts=counts | {"links": max(counts["links"], float(links))},
        holds=holds_for(known.author, now, hits),
        waits_because=known.standing.waits_because,
        meanings=private.meanings,
        verified=known.place.verified,
    )
