"""What the desk shows of comments: in a list a line or two; of one its text with the telling sentences shaded, its
scores as bars, its reasons in words, its author's record.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from moderation.core.comment import WAITING, Mode, Status
from moderation.core.conditions import NAME, OUTSIDE, Comparison, Condition
from moderation.core.messages import noted
from moderation.core.policy import EVERYTHING_WAITS, Rules
from moderation.core.private_data import Place
from moderation.core.text.search_words import Sought, hits
from moderation.desk.saved_views import DeskPreferences
from moderation.storage.articles import Article
from moderation.storage.authors import Author
from moderation.storage.comments import Comment, DecisionRow
from moderation.storage.desk import DeskComment, Line, ThreadComment, holds_in
from moderation.storage.queue_index import signals_of_entry
from moderation.web.desk.search_hits import Piece, excerpt, in_pieces
from moderation.web.desk.severity_view import UNREAD, Urgency, reason_words, urgency_of
from moderation.web.desk.shading import Span, shaded, with_hits, with_private_data
from moderation.web.desk.words import status_by
from moderation.web.shared.languages import gettext, ngettext, said
from moderation.web.shared.signals import reason_told, signal_name
from moderation.web.shared.wording import age, language_name, percent, who

ALWAYS_SHOWN = ("toxicity", "relevance")
"""The bars that every comment shows; any other appears when it fired or is the highest, or on demand."""
EVERYTHING_WAITED = noted("when it came, every comment here was read before it was published")


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One score as it is drawn: lengths in per cent, numbers as texts."""

    name: str
    shown: str
    percent: str
    threshold_percent: str | None
    threshold_words: str | None
    fired: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Quoted:
    """Another comment, as it stands beside the one that is looked at. ``blur`` is the label for which it is hidden;
    in a thread, ``depth`` tells what it answers.
    """

    id: str
    name: str
    body: str
    status: str
    revision: int
    is_reply: bool
    blur: str | None = None
    depth: int = 0
    may_decide: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A comment in the list. ``urgency`` tells what it is flagged for; ``taken`` who has it open. ``name_pieces`` and
    ``excerpt`` tell what was searched for. ``flags`` are those of ``FLAG_WORDS`` that it has, in words; ``marks`` what
    its site vouches for of its author.
    """

    id: str
    name: str
    name_pieces: tuple[Piece, ...]
    excerpt: tuple[Piece, ...]
    status: str
    revision: int
    received_at: datetime
    age: str
    is_reply: bool
    first: bool
    marks: tuple[str, ...]
    article: str
    urgency: Urgency
    blur: str | None
    verdict: str | None
    taken: str | None
    href: str
    flags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ArticleLink:
    """The article that a comment stands under; ``href`` is its own address."""

    id: str
    title: str
    section: str | None
    summary: str | None
    href: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """One comment on the desk. ``received_at`` is what its age counts from; ``blur`` is the label for which its text is
    hidden, ``taken`` who else has it open, ``anyway`` says that a decision need not ask because of them; ``unread``
    says in which language nothing could read it. ``language`` is the code of the one that it is in, None where
    that isn't known. ``marks`` are what its site vouches for of its author.
    """

    id: str
    site: str
    author_id: str
    name: str
    status: str
    revision: int
    received_at: datetime
    age: str
    waiting: bool
    is_reply: bool
    first: bool
    marks: tuple[str, ...]
    record: str
    language: str | None
    spans: tuple[Span, ...]
    name_pieces: tuple[Piece, ...]
    found: int
    reasons: tuple[str, ...]
    why_title: str
    unread: tuple[str, ...]
    about_name: tuple[str, ...]
    flagged: bool
    urgency: Urgency | None
    scores: tuple[Bar, ...]
    rest: tuple[Bar, ...]
    passage: str | None
    far_away: bool
    pack: str | None
    article: ArticleLink
    verdict: str | None
    blur: str | None
    escalated: bool
    taken: str | None
    may_decide: bool
    back: str
    anyway: bool = False

    @property
    def shaded(self) -> bool:
        return any(span.heat for span in self.spans)


FLAG_WORDS = {"featured": noted("featured"), "newsroom": noted("newsroom")}
EXCERPT = 140
"""Characters of a text in the list."""


def entry(
    line: Line,
    *,
    urgency: Urgency,
    preferences: DeskPreferences,
    verdict: str | None,
    taken: str | None,
    now: datetime,
    href: str,
    find: tuple[Sought, ...] = (),
    flags: Sequence[str] = (),
) -> Entry:
    """A line of the list; ``href`` opens the comment, ``find`` is what was searched for, ``flags`` are ``FlagKind``."""
    blur = preferences.blurs(line.scores)
    return Entry(
        id=line.id,
        name=line.name,
        name_pieces=in_pieces(line.name, find),
        excerpt=() if blur else excerpt(line.body, find, EXCERPT),
        status=line.status,
        revision=line.revision,
        received_at=line.received_at,
        age=age(line.received_at, now),
        is_reply=line.is_reply,
        first=line.first,
        marks=line.marks,
        article=line.article_title,
        urgency=urgency,
        blur=blur_words(blur, line.scores),
        verdict=verdict,
        taken=taken,
        href=href,
        flags=tuple(gettext(FLAG_WORDS[kind]) for kind in flags if kind in FLAG_WORDS),
    )


def blur_words(label: str | None, signals: Mapping[str, float]) -> str | None:
    """For what a text is hidden, such as "threat 0.93"."""
    return f"{signal_name(label)} {signals[label]:.2f}" if label else None


def card(
    item: DeskComment,
    *,
    rules: Rules,
    preferences: DeskPreferences,
    verdict: str | None,
    taken: str | None,
    now: datetime,
    may_decide: bool,
    back: str = "",
    mode: Mode = Mode.PRE,
    private: Sequence[Place] = (),
    find: tuple[Sought, ...] = (),
) -> Card:
    """The card of a comment. ``rules`` and ``mode`` are those in force for it, ``verdict`` what somebody has made of it
    already; ``back`` is where a decision leads; ``private`` are the places in its text that hold private data; ``find``
    is what was searched for.
    """
    signals = dict(item.scores.toxicity) if item.scores else {}
    comment, scores = item.comment, item.scores
    fired = _fired(item.judged)
    urgency = urgency_of(signals_of_entry(item.queue_index, holds_in(item.judged)), rules)
    # Never in a fold: what it is flagged for now, and the label that is highest.
    shown = {*ALWAYS_SHOWN, *urgency.signals, *([max(signals, key=signals.__getitem__)] if signals else [])}
    bars = _bars(item, rules, fired)
    relevance_low = "relevance" in fired
    waiting = comment.status in WAITING
    found = hits(comment.body, find) if find else []
    return Card(
        id=comment.id,
        site=comment.site_id,
        author_id=comment.author_id,
        name=comment.author_name,
        status=comment.status,
        revision=comment.revision,
        received_at=comment.received_at,
        age=age(comment.received_at, now),
        waiting=waiting,
        is_reply=comment.parent_id is not None,
        first=_is_first(item),
        marks=tuple(comment.marks),
        record=record_words(item.author),
        language=scores.language.code if scores and scores.language.code != "und" else None,
        # Where the pack can't read the language its scores point at nothing.
        spans=tuple(
            with_hits(
                with_private_data(
                    shaded(
                        comment.body, scores.sentences if scores and scores.language.supported else (), _alarm(rules)
                    ),
                    private,
                ),
                found,
            )
        ),
        name_pieces=in_pieces(comment.author_name, find),
        found=len(found),
        reasons=_reason_words(
            item.judged, item.queue_index.language, published_at_once=mode is Mode.POST or bool(rules.approve)
        ),
        why_title=_why_title(item.judged, waiting=waiting),
        unread=tuple(chip.words for chip in urgency.chips if chip.kind == UNREAD),
        about_name=_about_name(item.judged),
        flagged=comment.flags > 0,
        urgency=urgency if waiting else None,
        scores=tuple(bar for signal, bar in bars if signal in shown or bar.fired),
        rest=tuple(bar for signal, bar in bars if signal not in shown and not bar.fired),
        passage=None if scores is None or relevance_low or not scores.language.supported else scores.passage,
        far_away=relevance_low and scores is not None and scores.relevance is not None,
        pack=_pack_words(item),
        article=_article_link(item.article),
        verdict=verdict,
        blur=blur_words(preferences.blurs(signals), signals),
        escalated=item.queue_index.escalated,
        taken=taken,
        may_decide=may_decide and comment.status in (*WAITING, Status.APPROVED, Status.REJECTED),
        back=back,
    )


def _is_first(item: DeskComment) -> bool:
    """Whether it is its author's first: of a name alone nobody knows."""
    author = item.author
    began_with_it = author.created_at >= item.comment.received_at
    return author.known and began_with_it and not (author.approved or author.rejected)


def _why_title(judged: DecisionRow | None, *, waiting: bool) -> str:
    """What the policy's reasons are the reasons for."""
    if judged is not None and judged.status not in WAITING:
        return (
            gettext("Why it was published at once")
            if judged.status == Status.APPROVED
            else gettext("Why it was rejected at once")
        )
    return gettext("Why it waits") if waiting else gettext("Why it waited")


def _reason_words(judged: DecisionRow | None, language: str | None, *, published_at_once: bool) -> tuple[str, ...]:
    """The policy's reasons, in words. What was true of every comment then is told as of then where it no longer is."""
    if judged is None:
        return (gettext("not scored yet"),)
    words = []
    for reason in judged.reasons:
        if published_at_once and reason["words"] == EVERYTHING_WAITS:
            words.append(gettext(EVERYTHING_WAITED))
        else:
            words.append(reason_words(reason["code"], reason["words"], language))
    return tuple(words)


def verdict_words(decided: DecisionRow | None, names: Mapping[str, str], labels: Mapping[str, str]) -> str | None:
    """Who made what of a comment, and why, such as "Rejected by berta: Off-topic"; None while it waits."""
    if decided is None or decided.status in WAITING:
        return None
    reason = f": {said(labels.get(decided.reason_id, decided.reason_id))}" if decided.reason_id else ""
    return f"{status_by(decided.status, who(decided.actor, names))}{reason}"


def quoted(comment: Comment, *, blur: str | None = None, depth: int = 0, may_decide: bool = False) -> Quoted:
    """A comment as it stands beside another."""
    return Quoted(
        id=comment.id,
        name=comment.author_name,
        body=comment.body,
        status=comment.status,
        revision=comment.revision,
        is_reply=comment.parent_id is not None,
        blur=blur,
        depth=depth,
        may_decide=may_decide and comment.status in WAITING,
    )


def in_thread(said: ThreadComment, *, preferences: DeskPreferences, may_decide: bool) -> Quoted:
    """A comment of the thread around another; a waiting one can be decided there."""
    blur = blur_words(preferences.blurs(said.signals), said.signals)
    return quoted(said.comment, blur=blur, depth=said.depth, may_decide=may_decide)


def record_words(author: Author) -> str:
    """What became of an author's comments so far."""
    if not author.known:
        return gettext("Known by name alone, so without a record")
    if not author.approved and not author.rejected:
        return gettext("Nothing by this author was decided yet")
    return gettext(
        "%(approved)s published, %(rejected)s rejected so far", approved=author.approved, rejected=author.rejected
    )


def _alarm(rules: Rules) -> float:
    """The toxicity from which a comment is flagged here; a half where nothing says so."""
    conditions = (*rules.flag, *rules.reject)
    found = [c.threshold for c in conditions if c.signal == "toxicity" and c.comparison is Comparison.AT_LEAST]
    return min(found, default=0.5) or 0.5


def _fired(judged: DecisionRow | None) -> dict[str, dict[str, Any]]:
    """The reasons of the policy's decision that stand for a signal with a value, by signal."""
    if judged is None or judged.status == Status.APPROVED:
        return {}
    return {reason["code"]: reason for reason in judged.reasons if reason["value"] is not None}


def _about_name(judged: DecisionRow | None) -> tuple[str, ...]:
    """The reasons for which its author's name needs a closer look, to be shown beside it."""
    if judged is None or judged.status == Status.APPROVED:
        return ()
    return tuple(reason_told(reason["words"]) for reason in judged.reasons if reason["code"].startswith(NAME))


def _bars(item: DeskComment, rules: Rules, fired: dict[str, dict[str, Any]]) -> list[tuple[str, Bar]]:
    if item.scores is None:
        return []
    values: dict[str, float] = dict(item.scores.toxicity)
    if item.scores.relevance is not None:
        values["relevance"] = item.scores.relevance
    values |= {f"{OUTSIDE}{name}": value for name, value in (item.scores.outside or {}).items() if value is not None}
    # A threshold beside a score says that it could decide.
    deciding = (*rules.reject, *rules.flag) if item.scores.language.supported else ()
    conditions = {c.signal: c for c in deciding}
    return [
        (signal, _bar(signal, value, fired.get(signal), conditions.get(signal))) for signal, value in values.items()
    ]


def _bar(signal: str, value: float, reason: dict[str, Any] | None, condition: Condition | None) -> Bar:
    # What fired is drawn with the threshold that it was judged by, which may have moved since.
    threshold = reason["threshold"] if reason else condition.threshold if condition else None
    return Bar(
        name=signal_name(signal),
        shown=f"{value:.2f}",
        percent=percent(value),
        threshold_percent=None if threshold is None else percent(threshold),
        threshold_words=None if threshold is None else gettext("threshold %(number)s", number=f"{threshold:.2f}"),
        fired=reason is not None,
    )


def _pack_words(item: DeskComment) -> str | None:
    if item.scores is None:
        return None
    pack, language = item.scores.pack, item.scores.language
    by = {"pack": f"{pack.name} {pack.version}", "runtime": pack.runtime, "precision": pack.precision}
    name = language_name(language.code)
    if not language.supported:
        words = gettext(
            "Scored by %(pack)s on %(runtime)s, %(precision)s, %(language)s, which the pack can't read.",
            **by,
            language=name,
        )
    elif language.code == "und":
        words = gettext("Scored by %(pack)s on %(runtime)s, %(precision)s.", **by)
    else:
        words = gettext("Scored by %(pack)s on %(runtime)s, %(precision)s, as %(language)s.", **by, language=name)
    if item.scores.relevance_note:
        words += " " + gettext("It is too short to tell how much it has to do with the article.")
    policy = gettext("Policy %(version)s.", version=item.judged.policy_version) if item.judged else ""
    beside = item.judged.basis.get("discussion", 0) if item.judged else 0
    if beside:
        words += " " + ngettext(
            "Its relevance was told from the article and %(num)d comment approved under it.",
            "Its relevance was told from the article and %(num)d comments approved under it.",
            beside,
        )
    return f"{words} {policy}".rstrip()


def _article_link(article: Article) -> ArticleLink:
    return ArticleLink(
        id=article.id,
        title=article.title,
        section=article.section,
        summary=article.summary,
        href=article.url if article.url and article.url.startswith(("https://", "http://")) else None,
    )
