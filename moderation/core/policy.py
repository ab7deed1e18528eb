"""The policy: thresholds from the configuration, and what they make of a comment."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from hashlib import sha256

from moderation.core.comment import MARKS, Mode
from moderation.core.conditions import (
    CONDITION_KEYS,
    COUNTED_SIGNALS,
    EFFECTS,
    NAME,
    NEVER_REJECT,
    ON_NAMES,
    OPTIONAL,
    OUTSIDE,
    SCORED_SIGNALS,
    TEXT_SCORES,
    WORDLIST_SIGNAL,
    WORDLIST_SIGNALS,
    Comparison,
    Condition,
    ConditionKey,
    Effects,
    Overrides,
    as_text,
    conditions_from,
)
from moderation.core.decision import Decision, Outcome, Reason
from moderation.core.messages import noted
from moderation.core.scores import LABELS, Scores
from moderation.core.spam import spam_probability, spam_words


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """The conditions in force in one place. Reject beats flag beats approve; an empty set does nothing.

    ``implied`` holds, by effect, what they ask of the author's name where nothing else is written for it.
    """

    approve: tuple[Condition, ...] = ()
    reject: tuple[Condition, ...] = ()
    flag: tuple[Condition, ...] = ()
    implied: Mapping[str, tuple[Condition, ...]] = field(default_factory=dict)

    def whole(self, effect: str) -> tuple[Condition, ...]:
        """Every condition of ``approve``, ``reject`` or ``flag``, of the text and of the name."""
        written: tuple[Condition, ...] = getattr(self, effect)
        return (*written, *self.implied.get(effect, ()))


@dataclass(frozen=True, kw_only=True)
class Policy:
    """The whole of ``[policy]``: the common conditions and what sites and sections change, key by key."""

    base: Overrides = field(default_factory=dict)
    sites: Mapping[str, Overrides] = field(default_factory=dict)
    sections: Mapping[str, Overrides] = field(default_factory=dict)
    site_sections: Mapping[tuple[str, str], Overrides] = field(default_factory=dict)

    @cached_property
    def version(self) -> str:
        """Twelve hexadecimal digits that name these thresholds: equal thresholds have equal versions."""
        content = [
            as_text(self.base),
            {site: as_text(overrides) for site, overrides in self.sites.items()},
            {section: as_text(overrides) for section, overrides in self.sections.items()},
            {" ".join(place): as_text(overrides) for place, overrides in self.site_sections.items()},
        ]
        return sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:12]

    def as_seen_from(self, sites: Collection[str]) -> Policy:
        """Without what other sites than these change: that is nobody's business but theirs."""
        return Policy(
            base=self.base,
            sites={site: overrides for site, overrides in self.sites.items() if site in sites},
            sections=self.sections,
            site_sections={place: overrides for place, overrides in self.site_sections.items() if place[0] in sites},
        )

    def layers(self, site: str | None, section: str | None) -> tuple[tuple[str, Overrides], ...]:
        """What applies there, weakest first, each with the name of where it is written."""
        found: list[tuple[str, Overrides]] = [("policy", self.base)]
        if site is not None and site in self.sites:
            found.append((f"policy.sites.{site}", self.sites[site]))
        if section is not None and section in self.sections:
            found.append((f"policy.sections.{section}", self.sections[section]))
        if site is not None and section is not None and (site, section) in self.site_sections:
            found.append((f"policy.sites.{site}.sections.{section}", self.site_sections[site, section]))
        return tuple(found)

    @property
    def places(self) -> Iterator[tuple[tuple[str, ...], Overrides]]:
        """Everything that is written, each with the place of its table below ``policy``."""
        yield (), self.base
        yield from ((("sites", site), overrides) for site, overrides in self.sites.items())
        yield from ((("sections", section), overrides) for section, overrides in self.sections.items())
        for (site, section), overrides in self.site_sections.items():
            yield ("sites", site, "sections", section), overrides

    def rules_for(self, site: str | None = None, section: str | None = None) -> Rules:
        """The conditions in force for a site's section; a section overrides a site key by key."""
        place = (site, section)
        if place not in self._rules:
            self._rules[place] = self._merged(site, section)
        return self._rules[place]

    def thresholds_in(self, site: str | None, section: str | None) -> Effects:
        """What is written for a site's section or holds there from wider places, without what is implied for names."""
        rules = self.rules_for(site, section)
        return {effect: {one.key: one.threshold for one in getattr(rules, effect)} for effect in EFFECTS}

    @cached_property
    def _rules(self) -> dict[tuple[str | None, str | None], Rules]:
        """Worked out once for each place that was asked for: there are as many as there are sections."""
        return {}

    def _merged(self, site: str | None, section: str | None) -> Rules:
        merged: dict[str, dict[ConditionKey, float | None]] = {effect: {} for effect in EFFECTS}
        for _, layer in self.layers(site, section):
            for effect, conditions in layer.items():
                merged[effect].update(conditions)
        return Rules(
            **{effect: conditions_from(keys) for effect, keys in merged.items()},
            implied={effect: conditions_from(_of_the_name(effect, keys)) for effect, keys in merged.items()},
        )


def _of_the_name(effect: str, keys: Mapping[ConditionKey, float | None]) -> Mapping[ConditionKey, float | None]:
    """What these conditions ask of the author's name too, key by key, unless the name has a key of its own. One web
    address in a name is flagged wherever nothing else is said of it: a text may name its source, a name can't.
    """
    found = {replace(key, signal=f"{NAME}{key.signal}"): value for key, value in keys.items() if key.signal in ON_NAMES}
    if effect == "flag":
        found[_LINKS_IN_NAME] = 1.0
    return {key: threshold for key, threshold in found.items() if key not in keys}


_LINKS_IN_NAME = CONDITION_KEYS["name_links_at_least"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Signals:
    """What is known of a comment when it is decided. A signal that is not in ``values`` is missing.

    ``scored`` is False while the pack hasn't answered; ``readable`` is False where the pack can't read the language:
    then its scores decide nothing. ``inapplicable`` are signals that say nothing about this comment, which is not the
    same as missing. ``holds`` are further facts, in words, for which a comment must wait. ``unanswered`` are signals
    that another classifier was asked for and didn't give: they are missing, while one that wasn't asked for says
    nothing. ``meanings`` says of a signal in words what was found, for whoever reads its reason.
    """

    values: Mapping[str, float]
    scored: bool = True
    readable: bool = True
    language: str | None = None
    holds: tuple[str, ...] = ()
    inapplicable: frozenset[str] = frozenset()
    unanswered: frozenset[str] = frozenset()
    meanings: Mapping[str, str] = field(default_factory=dict)

    def apply(self, signal: str) -> bool:
        """Whether a condition on this signal is to be asked at all."""
        if (signal in OPTIONAL or signal.startswith(OUTSIDE)) and signal not in self.values:
            return signal in self.unanswered
        return signal not in self.inapplicable and (self.readable or self.partly or signal not in TEXT_SCORES)

    @property
    def partly(self) -> bool:
        """Whether the pack can read a part: nothing is published or rejected by that, and its scores still flag."""
        return any(hold.startswith(PART_UNREAD) for hold in self.holds)


def signals_from(
    scores: Scores | None,
    *,
    counts: Mapping[str, float],
    holds: tuple[str, ...] = (),
    meanings: Mapping[str, str] | None = None,
) -> Signals:
    """Signals from what a pack said (None: not scored) and what else is counted about the comment.

    ``counts`` may hold ``alike``, how many other authors sent nearly the same text: it is in ``values`` too, as is
    ``advertising``, the pack's part of ``spam``, so that a decision keeps what ``spam`` was made from.
    """
    values = dict(counts)
    if scores is None:
        return Signals(values=values, scored=False, holds=holds, meanings=meanings or {})
    values.update(scores.toxicity)
    if scores.relevance is not None:
        values["relevance"] = scores.relevance
    if scores.spam is not None:
        links, alike = values.get("links", 0.0), int(values.get("alike", 0))
        values["advertising"] = scores.spam
        values["spam"] = spam_probability(scores.spam, relevance=scores.relevance, links=links, alike=alike)
    if scores.name is None:
        holds = (*holds, NAME_UNREAD)
    if scores.language.unread is not None:
        holds = (*holds, f"{PART_UNREAD} ({scores.language.unread})")
    values.update((f"{NAME}{label}", value) for label, value in (scores.name or {}).items())
    outside = {f"{OUTSIDE}{name}": value for name, value in (scores.outside or {}).items()}
    values.update((name, value) for name, value in outside.items() if value is not None)
    return Signals(
        values=values,
        unanswered=frozenset(name for name, value in outside.items() if value is None),
        readable=scores.language.supported and scores.language.unread is None,
        language=scores.language.unread or scores.language.code,
        holds=holds,
        inapplicable=frozenset({"relevance"}) if scores.relevance_note else frozenset(),
        meanings=meanings or {},
    )


def concerns(signals: Signals, rules: Rules) -> tuple[Reason, ...]:
    """Every reason why somebody should look at a comment, whatever the policy makes of it in the end: the facts for
    which it must wait, and what rejects or flags it. Its severity is made from these.
    """
    refusing = _reasons(rules.whole("reject"), signals, missing_holds=False)
    return (*_facts(signals), *refusing, *_reasons(rules.whole("flag"), signals, missing_holds=True))


FORM_FILLED = noted("spam: the form was filled in as a program does it, too fast or where no reader sees a field")
NAME_UNREAD = noted("its author's name couldn't be scored")
PART_UNREAD = noted("a part of it is in a language that the scoring pack can't read")
NAME_HOLDS = "its author's name holds "
"""How the words begin for a term of a wordlist in a name."""
LOOK_ALIKE = "its author’s name reads like that of somebody whom the site has marked, and they have no such mark"
FLAGGED_BEFORE_EDIT = noted("an earlier text of it was flagged, and its writer has edited it since")
HOLD_CODES = {
    FORM_FILLED: "spam",
    NAME_UNREAD: "name_not_scored",
    LOOK_ALIKE: "look_alike",
    FLAGGED_BEFORE_EDIT: "edited",
}
"""Facts for which a comment waits whose reason has a code of its own."""

NO_ANSWER = noted("the classifier gave no answer")
EVERYTHING_WAITS = noted("every comment here is read before it is published")


def decide(
    signals: Signals,
    rules: Rules,
    *,
    mode: Mode = Mode.PRE,
    policy_version: str,
    waits_because: str | None = None,
) -> Decision:
    """What the policy makes of a comment: approved, pending or rejected, with every reason in words.

    A condition whose signal is missing never holds in approve or reject and always holds in flag; one whose signal is
    not applicable is skipped in all three, and approve needs at least one that applied. What isn't scored is never
    published, and what the pack can't read always waits: what would have rejected it is a reason to look. A term of a
    wordlist holds a comment and never rejects it: a condition on ``terms`` in reject makes it wait, as one on
    ``reports`` does. What is asked of the text is asked of the author's name too. ``waits_because`` says why everything
    waits here; where something could have been published at once, the reason says which condition for that didn't hold.
    """
    refusing = tuple(_reasons(rules.whole("reject"), signals, missing_holds=False))
    rejecting = tuple(reason for reason in refusing if signals.readable and reason.code not in NEVER_REJECT)
    waiting = (replace(r, words=f"{r.words}; {_why_not_rejected(r)}") for r in refusing if r not in rejecting)
    flags = (*_facts(signals), *waiting, *_reasons(rules.whole("flag"), signals, missing_holds=True))
    asked = [condition for condition in rules.whole("approve") if signals.apply(condition.signal)]
    approving = tuple(_reasons(asked, signals, missing_holds=False))
    if rejecting:
        return Decision(Outcome.REJECTED, rejecting, policy_version)
    if flags:
        return Decision(Outcome.PENDING, flags, policy_version)
    if asked and len(approving) == len(asked):
        return Decision(Outcome.APPROVED, approving, policy_version)
    if mode is Mode.POST:
        return Decision(
            Outcome.APPROVED,
            (Reason("post", "nothing was flagged, and this discussion publishes first"),),
            policy_version,
        )
    why = waits_because or _why_not_published(rules, asked, signals)
    return Decision(Outcome.PENDING, (Reason("pre", why),), policy_version)


def _why_not_published(rules: Rules, asked: Iterable[Condition], signals: Signals) -> str:
    """Why a comment that nothing speaks against waits, in words."""
    if not rules.whole("approve"):
        return EVERYTHING_WAITS
    missed = [_missed(condition, signals.values.get(condition.signal)) for condition in asked]
    told = "; ".join(words for words in missed if words)
    return f"not published at once: {told or 'none of the conditions for that can be asked about this comment'}"


def _missed(condition: Condition, value: float | None) -> str | None:
    """By what a value misses the condition, such as "relevance 0.31, under 0.50"; None where it holds."""
    if value is None:
        return f"{_name(condition.signal)} unknown: {_why_missing(condition.signal)}"
    if condition.holds(value):
        return None
    relation = "under" if condition.comparison is Comparison.AT_LEAST else "over"
    number, threshold = _number(condition, value), _number(condition, condition.threshold)
    return f"{_name(condition.signal)} {number}, {relation} {threshold}"


def _facts(signals: Signals) -> Iterable[Reason]:
    if not signals.scored:
        yield Reason("not_scored", "not scored yet: the scoring pack gave no answer")
    elif not signals.readable and not signals.partly:
        yield Reason("language", f"in a language ({signals.language}) that the scoring pack can't read")
    for hold in signals.holds:
        yield Reason(_code_of(hold), hold)


def _code_of(hold: str) -> str:
    if hold.startswith(NAME_HOLDS):
        return f"{NAME}{WORDLIST_SIGNAL}"
    if hold.startswith(PART_UNREAD):
        return "language_part"
    return HOLD_CODES.get(hold, "hold")


def _why_not_rejected(reason: Reason) -> str:
    if reason.code in WORDLIST_SIGNALS:
        return "wordlist matches never reject"
    if reason.code == "reports":
        return "reports alone never reject"
    return "what the pack can't read is never rejected unread"


def _reasons(conditions: Iterable[Condition], signals: Signals, *, missing_holds: bool) -> Iterable[Reason]:
    for condition in conditions:
        value = signals.values.get(condition.signal)
        if not missing_holds if value is None else not condition.holds(value):
            continue  # which most don't
        if not signals.apply(condition.signal):
            continue
        if not signals.scored and condition.signal in SCORED_SIGNALS:
            continue  # said once, by _facts
        if value is None:
            yield Reason(condition.signal, f"{_name(condition.signal)} unknown: {_why_missing(condition.signal)}")
        else:
            words = in_words(condition, value)
            if condition.comparison is Comparison.AT_LEAST and condition.signal in signals.meanings:
                words = f"{signals.meanings[condition.signal]} ({words})"
            if condition.signal == "spam" and (parts := _spam_parts(signals.values)):
                words = f"{words}: {parts}"
            yield Reason(condition.signal, words, value=value, threshold=condition.threshold)


def _spam_parts(values: Mapping[str, float]) -> str:
    return spam_words(values.get("advertising"), values.get("links", 0), values.get("alike", 0))


def in_words(condition: Condition, value: float) -> str:
    """Such as "insult 0.83, at or over 0.50"."""
    number, threshold = _number(condition, value), _number(condition, condition.threshold)
    return f"{_name(condition.signal)} {number}, {condition.comparison.words} {threshold}"


def _number(condition: Condition, value: float) -> str:
    if condition.signal in COUNTED_SIGNALS:
        return f"{value:g}"
    # Two digits unless they would hide on which side of the threshold the value lies or round the threshold itself.
    digits = 2
    while digits < 6 and (
        round(condition.threshold, digits) != condition.threshold
        or (value != condition.threshold and f"{value:.{digits}f}" == f"{condition.threshold:.{digits}f}")
    ):
        digits += 1
    return f"{value:.{digits}f}"


@lru_cache(maxsize=1024)
def _name(signal: str) -> str:
    if signal.startswith(NAME):
        return f"name: {_name(signal.removeprefix(NAME))}"
    if signal.startswith(OUTSIDE):
        return f"outside: {signal.removeprefix(OUTSIDE).replace('_', ' ')}"
    return {
        "author_approved": "approved comments of this author",
        "author_rejected_share": "rejected share of the last comments of this author",
        "author_age_days": "days since the first comment of this author",
        **{mark: f"marked {mark}" for mark in MARKS},
        "terms": "wordlist matches",
        "private_data": "places with private data",
    }.get(signal, signal.replace("_", " "))


def _why_missing(signal: str) -> str:
    if signal == "relevance":
        return "the article has no text to compare with"
    if signal in LABELS:
        return "the scoring pack doesn't have this label"
    if signal.startswith(OUTSIDE):
        return NO_ANSWER
    return "it couldn't be counted"
