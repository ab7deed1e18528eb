"""What the desk calls things, in the language of the page: scores, who stands how, what was done, and reasons that are
kept in English with the decision that they led to.
"""

from __future__ import annotations

from collections.abc import Mapping

import regex
from flask import Flask

from moderation.core.comment import Status
from moderation.core.messages import ENGLISH, noted
from moderation.web.desk.script_words import script_words
from moderation.web.shared.languages import gettext, language

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


def signal_name(signal: str) -> str:
    """A score or another signal as people call it: ``severe toxicity``."""
    return gettext(_SIGNALS[signal]) if signal in _SIGNALS else signal.replace("_", " ")


_STANDS: Mapping[str, str] = {"trusted": noted("trusted"), "muted": noted("muted"), "banned": noted("banned")}


def author_word(stands: str) -> str:
    """How an author stands here."""
    return gettext(_STANDS[stands]) if stands in _STANDS else stands


_MARKS: Mapping[str, str] = {
    "staff": noted("Newsroom"),
    "subscriber": noted("Subscriber"),
    "verified": noted("Verified"),
}


def mark_word(mark: str) -> str:
    """What the site vouches for of an author; its own badges are called as it calls them."""
    return gettext(_MARKS[mark]) if mark in _MARKS else mark


_DECIDED: Mapping[str, str] = {
    Status.APPROVED: noted("Published by %(name)s"),
    Status.REJECTED: noted("Rejected by %(name)s"),
    Status.WITHDRAWN: noted("Withdrawn by %(name)s"),
    Status.EXPIRED: noted("Expired by %(name)s"),
    Status.ERASED: noted("Erased by %(name)s"),
}


def status_by(status: str, name: str) -> str:
    """Who brought a comment where it stands: ``Rejected by berta``."""
    return gettext(_DECIDED[status], name=name) if status in _DECIDED else f"{status} ({name})"


_DONE = (
    *(noted("Published"), noted("Rejected"), noted("Reopened"), noted("Undone"), noted("Featured")),
    *(noted("Author trusted"), noted("Author muted"), noted("Author banned"), noted("Author free again")),
)
"""What an action is kept as, where nothing particular stands behind it."""


def action_words(words: str) -> str:
    """What somebody did, as it was kept in English, such as ``Rejected: Off-topic``."""
    if language() == ENGLISH:
        return words
    done, colon, about = words.partition(": ")
    return f"{gettext(done)}{colon}{gettext(about) if about else about}" if done in _DONE else gettext(words)


# --- reasons ----------------------------------------------------------------------------------------------------------

_NUMBER = r"(?P<value>[0-9.]{1,20}), at or (?P<side>over|under) (?P<threshold>[0-9.]{1,20})"
_COMPARED = regex.compile(rf"(?P<of_name>name: )?(?P<signal>[a-z ]{{1,60}}) {_NUMBER}(?P<rest>.*)", regex.DOTALL)
_HELD = regex.compile(
    r"(?P<of_name>its author's name )?holds a word on the wordlist of this (?P<where>article|site): (?P<why>.*)",
    regex.DOTALL,
)
_COMPARISONS = {
    "over": noted("%(signal)s %(value)s, at or over %(threshold)s"),
    "under": noted("%(signal)s %(value)s, at or under %(threshold)s"),
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
    noted("its author’s name reads like that of somebody whom the site has marked, and they have no such mark"),
    noted("approved comments of this author"),
    noted("wordlist matches"),
    noted("places with private data"),
    *(noted("marked staff"), noted("marked subscriber"), noted("marked verified")),
)
"""What a decision is kept with, beside the constants of the policy."""


def reason_told(words: str) -> str:
    """A reason of the policy, which is kept in English, in the language of the page; what isn't known stays English."""
    if language() == ENGLISH:
        return words
    if compared := _COMPARED.fullmatch(words):
        signal = gettext(compared["signal"])
        if compared["of_name"]:
            signal = gettext("Name: %(signal)s", signal=signal)
        numbers = {"value": compared["value"], "threshold": compared["threshold"]}
        return gettext(_COMPARISONS[compared["side"]], signal=signal, **numbers) + compared["rest"]
    if held := _HELD.fullmatch(words):
        return gettext(_HOLDS[bool(held["of_name"]), held["where"]], why=held["why"])
    return gettext(words)


def install(app: Flask) -> None:
    """Gives the templates of the desk its words, and its scripts' ones."""
    app.jinja_env.filters.update({"signal_name": signal_name, "author_word": author_word, "mark_word": mark_word})
    app.jinja_env.globals["script_words"] = script_words
