"""Shares of 100 with their intervals, in the language of the page."""

from __future__ import annotations

import regex

from moderation.core.intervals import TOO_FEW, share_words
from moderation.core.messages import noted
from moderation.web.shared.languages import gettext

_SHARE = regex.compile(r"(?P<share>[^(]{1,40}) \((?P<low>[0-9.]{1,20}) to (?P<high>[0-9.]{1,20})%\)")
_NEARLY = regex.compile(r"(?P<side>under|over) (?P<number>[0-9.]{1,20})%")
_SIDES = {"under": noted("under %(number)s%%"), "over": noted("over %(number)s%%")}


def few_told() -> str:
    """What is said of so few that nothing can be said."""
    return gettext("too few to say")


def share_told(part: int, whole: int, *, digits: int = 0) -> str:
    """``12% (9 to 16%)``; "–" of nothing."""
    words = share_words(part, whole, digits=digits)
    found = _SHARE.fullmatch(words)
    if found is None:
        return few_told() if words == TOO_FEW else words
    share = found["share"]
    if nearly := _NEARLY.fullmatch(share):
        share = gettext(_SIDES[nearly["side"]], number=nearly["number"])
    return gettext("%(share)s (%(low)s to %(high)s%%)", share=share, low=found["low"], high=found["high"])
