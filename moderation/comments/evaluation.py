"""What the policy in force makes of a comment, and how that is said to moderators and to the comment's writer."""

from __future__ import annotations

import logging
import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from moderation.config.configuration import Configuration
from moderation.core.comment import MARKS, Mode, Status, strength_of
from moderation.core.conditions import NAME_SCORES
from moderation.core.decision import Decision, Outcome, Statement, refusal_statement
from moderation.core.errors import AuthorBanned
from moderation.core.messages import noted
from moderation.core.policy import FORM_FILLED, LOOK_ALIKE, NAME_HOLDS, Signals, concerns, decide, signals_from
from moderation.core.scores import ScoreRequest, Scores
from moderation.core.severity import severity_of, severity_version
from moderation.core.text.links import count_links
from moderation.core.text.names import comparable_name, links_in_name, name_words
from moderation.core.wordlist import Found
from moderation.core.write_transaction import outside_write_transactions
from moderation.services import Services
from moderation.storage.authors import FOREVER, Author
from moderation.storage.comments import Comment, last_decided
from moderation.storage.database import session_on
from moderation.storage.marked_names import passes_for_marked
from moderation.storage.queue_index import Weight
from moderation.storage.site_rules import newest_author_decision
from moderation.storage.site_rules_cache import Rules
from moderation.watching.tracing import span

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What the policy made of a comment, with everything it was made from. ``severity`` is its place in the queue."""

    decision: Decision
    signals: Signals
    severity: int
    scores: Scores | None
    configuration_hash: str

    @property
    def weight(self) -> Weight:
        return Weight(self.severity, severity_version(self.decision.policy_version))

    @property
    def basis(self) -> dict[str, Any]:
        """What the decision keeps, so that it can be explained and replayed years later."""
        basis: dict[str, Any] = {"signals": dict(self.signals.values), "configuration": self.configuration_hash}
        if self.signals.holds:
            basis["holds"] = list(self.signals.holds)
        if self.signals.unanswered:
            basis["unanswered"] = sorted(self.signals.unanswered)
        if self.scores is not None:
            pack = self.scores.pack
            basis["pack"] = {
                "name": pack.name,
                "version": pack.version,
                "runtime": pack.runtime,
                "precision": pack.precision,
            }
            basis["language"] = {"code": self.scores.language.code, "supported": self.scores.language.supported}
            if self.scores.discussed:
                basis["discussion"] = self.scores.discussed
        return basis


STATUS_OF = {
    Outcome.APPROVED: Status.APPROVED,
    Outcome.PENDING: Status.PENDING,
    Outcome.REJECTED: Status.REJECTED,
}
"""What a comment becomes by what the policy makes of it."""


def score_or_none(
    services: Services, request: ScoreRequest, *, timeout_s: float | None = None, by_others: bool = True
) -> Scores | None:
    """Scores, or None when the pack fails or is too slow: the comment then waits for a moderator, not scored. Without
    ``timeout_s`` the configuration says what is too slow. ``by_others``: classifiers beside the pack are asked too.
    """
    outside_write_transactions("scoring")
    timeout = services.configuration.current().scoring.timeout_seconds if timeout_s is None else timeout_s
    begun = time.monotonic()
    try:
        with span("scoring"):
            scores = services.scorer.score_one(request, timeout_s=timeout)
    except Exception as error:  # a pack may fail in its own ways, and no comment is lost for it
        log.warning("scoring failed; the comment waits unscored", extra={"problem": type(error).__name__})
        return None
    if not by_others:
        return scores
    left = None if timeout_s is None else max(0.0, begun + timeout_s - time.monotonic())
    (scores,) = with_outside(services, [(request, scores)], timeout_s=left)
    return scores


def with_outside(
    services: Services, scored: Sequence[tuple[ScoreRequest, Scores]], *, timeout_s: float | None = None
) -> list[Scores]:
    """Each comment's scores with what classifiers beside the pack say of it."""
    outside_write_transactions("scoring")
    if services.outside is None or not scored:
        return [scores for _, scores in scored]
    said = services.outside.ask(scored, timeout_s=timeout_s)
    return [replace(scores, outside=one) for (_, scores), one in zip(scored, said, strict=True)]


def statement_for(decision: Decision) -> Statement:
    """The statement of reasons for a comment that the policy refuses by itself."""
    return refusal_statement(
        published_before=False,
        facts="; ".join(decision.words),
        automated_detection=True,
        automated_decision=True,
        rule=noted("The newsroom's rules for comments (automatic check)"),
        why=reader_sentence(decision),
    )


def reader_sentence(decision: Decision) -> str:
    """Why the policy refused a comment, in plain words for its writer."""
    codes = {reason.code for reason in decision.reasons}
    return next((words for about, words in _SENTENCES if codes & about), _NO_RULE)


_NO_RULE = noted("It does not seem to follow our rules for comments.")
_SENTENCES: tuple[tuple[frozenset[str], str], ...] = (
    (frozenset({"threat"}), noted("It reads like a threat.")),
    (frozenset({"identity_attack"}), noted("It reads as if it demeaned people for what they are.")),
    (
        frozenset({"toxicity", "severe_toxicity", "obscene", "insult", "sexual_explicit"}),
        noted("Its language does not seem respectful."),
    ),
    (frozenset({"private_data"}), noted("It holds private information about somebody.")),
    (NAME_SCORES, noted("The name that you gave does not seem respectful.")),
    (frozenset({"name_links"}), noted("The name that you gave holds a web address.")),
    (frozenset({"spam"}), noted("It reads like advertising.")),
    (frozenset({"relevance"}), noted("It does not seem to be about the article.")),
    (frozenset({"links"}), noted("It holds too many links.")),
)
"""The first that fits is said."""


def judge(
    configuration: Configuration,
    scores: Scores | None,
    *,
    site_id: str,
    section: str | None,
    mode: Mode,
    counts: Mapping[str, float],
    holds: tuple[str, ...] = (),
    waits_because: str | None = None,
    meanings: Mapping[str, str] | None = None,
    verified: bool = True,
) -> Judgement:
    """What the policy in force makes of a comment; ``waits_because`` says why everything waits here just now,
    ``meanings`` what was found behind a signal, in words. How relevant it is to a text that isn't ``verified`` is not
    known: whoever sent that text may have made it to fit.
    """
    certain = scores if verified or scores is None else replace(scores, relevance=None)
    signals = signals_from(certain, counts=counts, holds=holds, meanings=meanings)
    rules = configuration.policy.rules_for(site_id, section)
    decision = decide(
        signals,
        rules,
        mode=mode,
        policy_version=configuration.policy.version,
        waits_because=waits_because,
    )
    return Judgement(
        decision=decision,
        signals=signals,
        severity=severity_of(concerns(signals, rules)).value,
        scores=scores,
        configuration_hash=configuration.hash,
    )


def terms_in(rules: Rules, body: str) -> tuple[Found, ...]:
    """The terms of the wordlists that a comment holds, of its site and of its article."""
    return (*rules.site_terms.found(body), *rules.article_terms.found(body))


@dataclass(frozen=True, slots=True)
class PrivateFound:
    """How many places of a comment and of its author's name hold somebody's address, number or e-mail, and of which
    kinds. What is written there isn't kept.
    """

    count: int = 0
    kinds: tuple[str, ...] = ()

    @property
    def meanings(self) -> dict[str, str]:
        """For the reason that a moderator reads."""
        said = [("an " if kind[0] in "aeiou" else "a ") + kind for kind in self.kinds]
        *first, last = said or ["private data"]
        whole = f"{', '.join(first)} and {last}" if first else last
        return {"private_data": f"holds what looks like {whole}"}


NO_PRIVATE_DATA = PrivateFound()


def private_data_in(configuration: Configuration, body: str, author_name: str) -> PrivateFound:
    """What a comment and the name that it is written under tell of where somebody is to be found."""
    find = configuration.private_data.places
    places = (*find(body), *find(author_name))
    return PrivateFound(len(places), tuple(dict.fromkeys(place.kind.value for place in places)))


@dataclass(frozen=True, slots=True)
class WordlistHits:
    """The terms of the wordlists in all of a comment that is published: its text, and its author's name."""

    text: tuple[Found, ...] = ()
    name: tuple[Found, ...] = ()


def wordlist_hits_in(rules: Rules, body: str, name: str) -> WordlistHits:
    """The terms of the wordlists that a comment holds; a name is looked through as it is written, and taken apart."""
    words = name_words(name)
    found = {one.term.id: one for text in dict.fromkeys((words, name)) for one in terms_in(rules, text)}
    return WordlistHits(text=terms_in(rules, body), name=tuple(found.values()))


def counts_for(
    body: str,
    name: str,
    author: Author,
    wordlist_hits: WordlistHits,
    *,
    private: PrivateFound = NO_PRIVATE_DATA,
    alike: int = 0,
    marks: Collection[str] = (),
    trusted: bool = False,
    record: Mapping[str, float] | None = None,
) -> dict[str, float]:
    """The signals that are counted rather than scored. Only an author known by more than a name has approved comments,
    or can be trusted by the desk. ``alike``: how many others sent nearly the same text; ``marks``, ``trusted``: what
    the site vouches for of its author; ``record``: as ``author_record`` has it.
    """
    return {
        **(record or {}),
        "links": float(count_links(body)),
        "reports": 0.0,
        "author_approved": float(author.approved if author.known else 0),
        "trusted": float(trusted or (author.trusted and author.known)),
        **{mark: float(mark in marks) for mark in MARKS},
        "terms": float(sum(found.count for found in wordlist_hits.text)),
        "private_data": float(private.count),
        "name_links": float(links_in_name(name)),
        "name_terms": float(sum(found.count for found in wordlist_hits.name)),
        **({"alike": float(alike)} if alike else {}),
    }


LAST_DECIDED = 20
_DAY = timedelta(days=1)


def author_record(connection: Connection, author: Author, now: datetime) -> dict[str, float]:
    """What is known of an author whom the site knows by an id: whole days since their first comment here, and how much
    of their last decided comments was rejected, 0 to 1, where any was decided. Of a guest, nothing.
    """
    if author.external_id is None:
        return {}
    record = {"author_age_days": float(max(0, (now - author.created_at) // _DAY))}
    if author.approved or author.rejected:  # most who write have none yet, and cost no question
        decided = last_decided(connection, author.id, limit=LAST_DECIDED)
        if decided:
            record["author_rejected_share"] = decided.count(Status.REJECTED) / len(decided)
    return record


def holds_for(
    author: Author,
    now: datetime,
    wordlist_hits: WordlistHits,
    *,
    parent: Comment | None = None,
    form_filled: bool = False,
    look_alike: bool = False,
) -> tuple[str, ...]:
    """Facts beyond the scores for which a comment must wait, in words. The term itself isn't among the words: what
    is stored with a decision stays, and the name of a victim must be erasable. ``parent`` is what a reply answers: by
    itself the policy publishes no answer to what readers can't see. ``look_alike``: as ``is_look_alike`` says.
    """
    holds = [
        f"{holds_it}a word on the wordlist of this {'article' if found.term.of_article else 'site'}: {found.term.why}"
        for holds_it, terms in (("holds ", wordlist_hits.text), (NAME_HOLDS, wordlist_hits.name))
        for found in terms
    ]
    if form_filled:
        holds.append(FORM_FILLED)
    if look_alike:
        holds.append(LOOK_ALIKE)
    if author.muted_until is not None and author.muted_until > now:
        holds.append("its author is muted: a moderator reads everything they write")
    if author.banned_until is not None and author.banned_until > now:
        holds.append("its author has been banned since it was written")
    if parent is not None and parent.status != Status.APPROVED:
        holds.append("answers a comment that isn’t published")
    return tuple(dict.fromkeys(holds))


def is_look_alike(connection: Connection, author: Author, name: str, marks: Sequence[str]) -> bool:
    """Whether an author writes under a name that readers would take for that of one who has a stronger mark. Only an
    author whom the site knows by an id may leave a mark off: a guest is anybody of that name.
    """
    who = author.id if author.external_id is not None else None
    return passes_for_marked(connection, author.site_id, comparable_name(name), strength_of(marks), who)


def check_not_banned(connection: Connection, author: Author, now: datetime) -> None:
    """Raises ``AuthorBanned`` with what its decision says, where this author is shut out."""
    if author.banned_until is None or author.banned_until <= now:
        return
    with session_on(connection) as session:
        decision = newest_author_decision(session, author.id)
    raise AuthorBanned(
        until=None if author.banned_until >= FOREVER else author.banned_until,
        why=decision.sentence if decision else None,
        reference=decision.id if decision else None,
        statement=decision.statement if decision else None,
    )
