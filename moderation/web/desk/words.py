"""What the desk calls things, in the language of the page: scores, who stands how, what was done, and reasons that are
kept in English with the decision that they led to.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

import regex
from flask import Flask

from moderation.core.comment import Status
from moderation.core.messages import ENGLISH, noted
from moderation.storage.site_rules import AuthorKind
from moderation.web.desk.script_words import script_words
from moderation.web.shared.languages import gettext, language, ngettext
from moderation.web.shared.rendering import in_words
from moderation.web.shared.signals import signal_name

_STANDS: Mapping[str, str] = {"trusted": noted("trusted"), "muted": noted("muted"), "banned": noted("banned")}


def author_word(stands: str) -> str:
    """How an author stands here."""
    return gettext(_STANDS[stands]) if stands in _STANDS else stands


MARK_WORDS: Mapping[str, str] = {
    "staff": noted("Newsroom"),
    "subscriber": noted("Subscriber"),
    "verified": noted("Verified"),
}
"""What a site vouches for of an author."""


def mark_word(mark: str) -> str:
    """What the site vouches for of an author; its own badges are called as it calls them."""
    return gettext(MARK_WORDS[mark]) if mark in MARK_WORDS else mark


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


_RULINGS: Mapping[str, str] = {
    AuthorKind.TRUSTED: noted("Trusted"),
    AuthorKind.MUTED: noted("Muted"),
    AuthorKind.BANNED: noted("Banned"),
    AuthorKind.LIFTED: noted("Free again"),
}


def ruling_word(kind: str) -> str:
    """What was decided about an author."""
    return gettext(_RULINGS[kind]) if kind in _RULINGS else kind


_DONE = (
    *(noted("Published"), noted("Approved"), noted("Rejected"), noted("Reopened"), noted("Put back into the queue")),
    *(noted("Undone"), noted("Featured"), noted("No longer featured"), noted("Sent to the newsroom")),
    *(noted("Taken back from the newsroom"), noted("Left to a senior moderator")),
    noted("No longer left to a senior moderator"),
    *(noted("Author trusted"), noted("Author muted"), noted("Author banned"), noted("Author free again")),
    *(noted("Note about a comment"), noted("Note about an article"), noted("Note about an author")),
    *(noted("Note about a comment removed"), noted("Note about an article removed")),
    noted("Note about an author removed"),
    *(noted("Article set"), noted("Section set"), noted("Site set")),
    *(noted("Article set as more widely"), noted("Section set as more widely"), noted("Site set as more widely")),
    *(noted("The question stands above it"), noted("The announcement stands above it")),
    noted("Nothing stands above the discussion any more"),
    *(noted("Word added to the wordlist"), noted("Statement corrected")),
)
"""What an action is kept as, alone or with what it was about after a colon."""
_RESTRICTED_UNTIL = regex.compile(r"(?P<done>Author (?:muted|banned)) until (?P<time>[\w ,:]{1,40}) UTC")
_WORDS_ADDED = regex.compile(r"(?P<number>[0-9]{1,9}) words added to the wordlist")


def action_words(words: str) -> str:
    """What somebody did, as it was kept in English, such as ``Rejected: Off-topic``, in the language of the page."""
    if language() == ENGLISH:
        return words
    if restricted := _RESTRICTED_UNTIL.fullmatch(words):
        return f"{gettext(restricted['done'])}, {_until(restricted['time'])}"
    if added := _WORDS_ADDED.fullmatch(words):
        number = int(added["number"])
        return ngettext("%(num)d word added to the wordlist", "%(num)d words added to the wordlist", number)
    done, colon, about = words.partition(": ")
    if not colon or done not in _DONE:
        return gettext(words)
    return f"{gettext(done)}: {action_words(about) if done == 'Undone' else gettext(about)}"


def _until(kept: str) -> str:
    try:
        time = datetime.strptime(kept, "%d %B %Y, %H:%M").replace(tzinfo=UTC)
    except ValueError:
        return kept
    return gettext("until %(time)s", time=in_words(time))


def install(app: Flask) -> None:
    """Gives the templates of the desk its words, and its scripts' ones."""
    app.jinja_env.filters.update(
        {
            "signal_name": signal_name,
            "author_word": author_word,
            "mark_word": mark_word,
            "ruling_word": ruling_word,
            "action_words": action_words,
        }
    )
    app.jinja_env.globals["script_words"] = script_words
