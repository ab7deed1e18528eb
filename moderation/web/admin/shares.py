"""Shares of 100 with their intervals, in the language of the page."""

from __future__ import annotations

from moderation.core.intervals import share_of
from moderation.core.messages import noted
from moderation.web.shared.languages import gettext

_NEARLY = {"under": noted("under %(number)s%%"), "over": noted("over %(number)s%%")}


def few_told() -> str:
    """What is said of so few that nothing can be said."""
    return gettext("too few to say")


def share_told(part: int, whole: int, *, digits: int = 0) -> str:
    """``12% (9 to 16%)``; "–" of nothing."""
    if not whole:
        return "–"
    share = share_of(part, whole, digits=digits)
    if share is None:
        return few_told()
    words = gettext(_NEARLY[share.nearly], number=share.number) if share.nearly else f"{share.number}%"
    return gettext("%(share)s (%(low)s to %(high)s%%)", share=words, low=share.low, high=share.high)
