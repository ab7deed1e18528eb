"""Scores and other signals as people call them, and reasons of the policy, which are kept in English with the decision
that they led to, in the language of the page.
"""

from __future__ import annotations

from collections.abc import Mapping

import regex

from moderation.core.conditions import NAME, OUTSIDE, Comparison, ConditionKey
from moderation.core.messages import ENGLISH, noted
from moderation.web.shared.languages import gettext, language, ngettext

_SIGNALS: Mapping[str, str] = {
    "toxicity": noted("toxicity"),
    "severe_toxicity": noted("severe toxicity"),
    "obscene": noted("obscene"),
    "threat": noted("threat"),
    "insult": noted("insult"),
    "identity_attack": noted("identity attack"),
    "sexual_explicit": noted("sexual explicit"),
    "relevance": noted("relevance"),
    "spam": noted("spam"),
    "links": noted("links"),
    "reports": noted("reports"),
    "private_data": noted("private data"),
}


_CONDITIONS = {
    Comparison.AT_LEAST: noted("%(signal)s at or over"),
    Comparison.AT_MOST: noted("%(signal)s at or under"),
}
_COUNTS: Mapping[str, str] = {
    "author_approved": noted("approved comments of its author"),
    "author_rejected_share": noted("rejected share of its author's last comments"),
    "author_age_days": noted("days since its author's first comment"),
    "trusted": noted("author is trusted"),
    "staff": noted("author is marked as staff"),
    "subscriber": noted("author is marked as a subscriber"),
    "verified": noted("author is marked as verified"),
    "terms": noted("wordlist matches"),
    "private_data": noted("places with private data"),
}


def condition_words(key: ConditionKey) -> str:
    """A condition's key, such as "toxicity at or over"."""
    if key.signal.startswith(OUTSIDE):
        return gettext(_CONDITIONS[key.comparison], signal=signal_name(key.signal))
    bare = key.signal.removeprefix(NAME)
    signal = gettext(_COUNTS[bare]) if bare in _COUNTS else signal_name(bare)
    return gettext(
        _CONDITIONS[key.comparison], signal=gettext("name: %(signal)s", signal=signal) if key.of_name else signal
    )


def signal_name(signal: str) -> str:
    """A score or another signal as people call it: ``severe toxicity``; another classifier's by its own name."""
    if signal.startswith(OUTSIDE):
        return gettext("outside: %(signal)s", signal=signal.removeprefix(OUTSIDE).replace("_", " "))
    return gettext(_SIGNALS[signal]) if signal in _SIGNALS else signal.replace("_", " ")


# --- reasons ----------------------------------------------------------------------------------------------------------

_NUMBER = r"(?P<value>[0-9.]{1,20}), (?P<side>at or over|at or under|over|under) (?P<threshold>[0-9.]{1,20})"
_SIGNAL = r"(?:(?P<of_name>name: )|(?P<outside>outside: ))?(?P<signal>[a-z0-9 ]{1,60})"
_COMPARED = regex.compile(rf"{_SIGNAL} {_NUMBER}(?:: (?P<parts>.*))?", regex.DOTALL)
_MEANT = regex.compile(r"holds what looks like (?P<kinds>[a-z ,-]{1,200}) \((?P<compared>[^()]{1,200})\)")
_UNKNOWN = regex.compile(rf"{_SIGNAL} unknown: (?P<why>.{{1,200}})", regex.DOTALL)
_HELD = regex.compile(
    r"(?P<of_name>its author's name )?holds a word on the wordlist of this (?P<where>article|site): (?P<why>.*)",
    regex.DOTALL,
)
_COMPARISONS = {
    "at or over": noted("%(signal)s %(value)s, at or over %(threshold)s"),
    "at or under": noted("%(signal)s %(value)s, at or under %(threshold)s"),
    "over": noted("%(signal)s %(value)s, over %(threshold)s"),
    "under": noted("%(signal)s %(value)s, under %(threshold)s"),
}
_HOLDS = {
    (False, "site"): noted("holds a word on the wordlist of this site: %(why)s"),
    (False, "article"): noted("holds a word on the wordlist of this article: %(why)s"),
    (True, "site"): noted("its author's name holds a word on the wordlist of this site: %(why)s"),
    (True, "article"): noted("its author's name holds a word on the wordlist of this article: %(why)s"),
}
_KEPT = (
    noted("its author is muted: a moderator reads everything they write"),
    noted("its author has been banned since it was written"),
    noted("answers a comment that isn’t published"),
    noted("the discussion has closed since it was written"),
    noted("approved comments of this author"),
    noted("rejected share of the last comments of this author"),
    noted("days since the first comment of this author"),
    noted("wordlist matches"),
    noted("places with private data"),
    noted("marked staff"),
    noted("marked subscriber"),
    noted("marked verified"),
    noted("nothing was flagged, and this discussion publishes first"),
    noted("none of the conditions for that can be asked about this comment"),
    noted("not scored yet: the scoring pack gave no answer"),
    noted("wordlist matches never reject"),
    noted("reports alone never reject"),
    noted("what the pack can't read is never rejected unread"),
    noted("the article has no text to compare with"),
    noted("the scoring pack doesn't have this label"),
    noted("it couldn't be counted"),
    noted("the site has not sent this article yet: what is known of it comes from a reader’s browser"),
    noted("its author’s name reads like that of somebody whom the site has marked, and they have no such mark"),
)
"""What a decision is kept with, beside the constants of the policy."""
_NOT_AT_ONCE = "not published at once: "
_PLAIN: tuple[tuple[regex.Pattern[str], str], ...] = (
    (regex.compile(r"reads like advertising \((?P<score>[0-9.]{1,20})\)"), noted("reads like advertising (%(score)s)")),
    (
        regex.compile(r"in a language \((?P<language>[A-Za-z-]{1,20})\) that the scoring pack can't read"),
        noted("in a language (%(language)s) that the scoring pack can't read"),
    ),
    (
        regex.compile(
            r"a part of it is in a language that the scoring pack can't read \((?P<language>[A-Za-z-]{1,20})\)"
        ),
        noted("a part of it is in a language that the scoring pack can't read (%(language)s)"),
    ),
    (
        regex.compile(
            r"(?P<number>[0-9]{1,9}) comments arrived here within an hour, so comments are not published first for now"
        ),
        noted("%(number)s comments arrived here within an hour, so comments are not published first for now"),
    ),
    (
        regex.compile(
            r"(?P<new>[0-9]{1,9}) of the last hour’s (?P<among>[0-9]{1,9}) comments here are by authors who never "
            r"wrote before, so comments are not published first for now"
        ),
        noted(
            "%(new)s of the last hour’s %(among)s comments here are by authors who never wrote before, so comments are "
            "not published first for now"
        ),
    ),
)
_LINKS = regex.compile(r"(?P<number>[0-9]{1,9}) links?")
_ALIKE = regex.compile(r"(?P<number>[0-9]{1,9}) other authors? sent nearly the same text")


def reason_told(words: str) -> str:
    """A reason of the policy, which is kept in English, in the language of the page; what isn't known stays English."""
    if language() == ENGLISH:
        return words
    if held := _HELD.fullmatch(words):  # its reason is the newsroom's own words, whatever they hold
        why, semicolon, never = held["why"].rpartition("; ")
        own = why if semicolon and never in _KEPT else held["why"]
        told = gettext(_HOLDS[bool(held["of_name"]), held["where"]], why=own)
        return f"{told}; {gettext(never)}" if own is why and semicolon else told
    if words.startswith(_NOT_AT_ONCE):
        return gettext("not published at once: %(why)s", why=reason_told(words.removeprefix(_NOT_AT_ONCE)))
    return "; ".join(map(_part_told, words.split("; ")))


def _part_told(words: str) -> str:
    """One of the facts of a reason."""
    if compared := _COMPARED.fullmatch(words):
        told = gettext(
            _COMPARISONS[compared["side"]],
            signal=_signal_told(compared),
            value=compared["value"],
            threshold=compared["threshold"],
        )
        return f"{told}: {_part_told(compared['parts'])}" if compared["parts"] else told
    if meant := _MEANT.fullmatch(words):
        kinds = meant["kinds"].replace(" and ", ", ").split(", ")
        named = ", ".join(gettext(kind.removeprefix("an ").removeprefix("a ")) for kind in kinds)
        told = gettext("holds what looks like: %(kinds)s", kinds=named)
        return f"{told} ({_part_told(meant['compared'])})"
    if unknown := _UNKNOWN.fullmatch(words):
        return gettext("%(signal)s unknown: %(why)s", signal=_signal_told(unknown), why=gettext(unknown["why"]))
    return _fact_told(words)


def _fact_told(words: str) -> str:
    """A fact that is no comparison."""
    if links := _LINKS.fullmatch(words):
        return ngettext("%(num)d link", "%(num)d links", int(links["number"]))
    if alike := _ALIKE.fullmatch(words):
        number = int(alike["number"])
        return ngettext(
            "%(num)d other author sent nearly the same text",
            "%(num)d other authors sent nearly the same text",
            number,
        )
    for shape, sentence in _PLAIN:
        if found := shape.fullmatch(words):
            return gettext(sentence, **found.groupdict())
    return gettext(words)


def _signal_told(found: regex.Match[str]) -> str:
    if found["outside"]:
        return gettext("outside: %(signal)s", signal=found["signal"])
    signal = gettext(found["signal"])
    return gettext("Name: %(signal)s", signal=signal) if found["of_name"] else signal
