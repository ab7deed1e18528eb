"""A view of the queue as its address says it: all of it is there, so that it can be sent to a colleague, or saved."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlencode

import regex
from flask import request
from werkzeug.datastructures import MultiDict

from moderation.core.comment import Status
from moderation.core.messages import noted
from moderation.core.reach import Scope
from moderation.core.text.search_words import Sought, sought
from moderation.storage.desk_lists import RANGED, Order, ScoreRange, Unusable, Wanted
from moderation.storage.moderator_workspace import FlagKind
from moderation.web.shared.frame import QUEUE
from moderation.web.shared.languages import gettext
from moderation.web.shared.rendering import known_id, tidy

TABS: dict[str, tuple[str, tuple[Status, ...] | None]] = {
    "waiting": (noted("Waiting"), None),
    "escalated": (noted("Escalated"), None),
    "reported": (noted("Reported"), (Status.APPROVED,)),
    "approved": (noted("Published"), (Status.APPROVED,)),
    "rejected": (noted("Rejected"), (Status.REJECTED,)),
    "withdrawn": (noted("Withdrawn"), (Status.WITHDRAWN, Status.EXPIRED)),
    "featured": (noted("Featured"), (Status.APPROVED,)),
    "newsroom": (noted("For the newsroom"), tuple(status for status in Status if status is not Status.ERASED)),
}
FLAGS = {FlagKind.FEATURED: noted("featured"), FlagKind.NEWSROOM: noted("sent to the newsroom")}
"""The flags that a view can be narrowed to. Two of the tabs are lists of one each, wherever its comments stand."""
ORDERS = {Order.SEVERITY: noted("Most severe"), Order.OLDEST: noted("Oldest"), Order.ARTICLE: noted("Newest article")}
WAITS = {
    "1": noted("an hour"),
    "4": noted("4 hours"),
    "12": noted("12 hours"),
    "24": noted("a day"),
    "72": noted("3 days"),
    "168": noted("a week"),
}
UNUSABLE = {Unusable.UNREAD: noted("not read: no pack knows their language"), Unusable.UNSCORED: noted("not scored")}
MAX_CHOSEN = 20
_LANGUAGE = regex.compile(r"[A-Za-z]{2,8}")
_LEVEL = regex.compile(r"[01](?:\.[0-9]{1,6})?|\.[0-9]{1,6}")


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """What the address asks to see. ``low`` and ``high`` bound ``signal``; ``scores`` is an ``Unusable``; ``waited``
    are hours; ``flag`` is one of ``FLAGS``; ``at`` is the comment that is open, ``after`` the one behind which the
    page begins.
    """

    status: str = "waiting"
    site: str = ""
    section: tuple[str, ...] = ()
    article: tuple[str, ...] = ()
    signal: str = ""
    low: float | None = None
    high: float | None = None
    scores: str = ""
    language: str = ""
    author: str = ""
    waited: str = ""
    flag: str = ""
    order: Order = Order.SEVERITY
    find: str = ""
    after: str = ""
    at: str = ""

    @staticmethod
    def asked() -> View:
        """The view that this request's address asks for. What makes no sense in it counts as not said."""
        return View.of(request.args)

    @staticmethod
    def saved(query: str) -> View:
        """The view that a saved query asks for."""
        return View.of(MultiDict(parse_qsl(query[:4000])))

    @staticmethod
    def of(said: MultiDict[str, str]) -> View:
        def word(name: str) -> str:
            return tidy(said.get(name, ""), 200)

        def words(name: str) -> tuple[str, ...]:
            return tuple(dict.fromkeys(filter(None, (tidy(text, 200) for text in said.getlist(name)[:MAX_CHOSEN]))))

        order, signal = word("order"), word("signal")
        flag = word("flag") or word("marked")  # as addresses named it before
        return View(
            status=word("status") if word("status") in TABS else "waiting",
            site=word("site"),
            section=words("section"),
            article=words("article"),
            signal=signal if signal in RANGED else "",
            low=_level(word("from")) if signal in RANGED else None,
            high=_level(word("to")) if signal in RANGED else None,
            scores=word("scores") if word("scores") in UNUSABLE else "",
            language=word("language").lower() if _LANGUAGE.fullmatch(word("language")) else "",
            author=word("author"),
            waited=word("waited") if word("waited") in WAITS else "",
            flag=flag if flag in FLAGS else "",
            # Views from before, and "flagged" in them, are sorted by severity too.
            order=Order(order) if order in ORDERS else Order.SEVERITY,
            find=word("find"),
            after=word("after"),
            at=word("at"),
        )

    @property
    def query(self) -> str:
        """The view as the query of an address, without what is the rule anyway."""
        pairs: list[tuple[str, str]] = [
            ("status", "" if self.status == "waiting" else self.status),
            ("site", self.site),
            *(("section", section) for section in self.section),
            *(("article", article) for article in self.article),
            ("signal", self.signal),
            ("from", "" if self.low is None else f"{self.low:g}"),
            ("to", "" if self.high is None else f"{self.high:g}"),
            ("scores", self.scores),
            ("language", self.language),
            ("author", self.author),
            ("waited", self.waited),
            ("flag", self.flag),
            ("order", "" if self.order is Order.SEVERITY else self.order.value),
            ("find", self.find),
            ("after", self.after),
            ("at", self.at),
        ]
        return urlencode([pair for pair in pairs if pair[1]])

    @property
    def href(self) -> str:
        return f"{QUEUE}?{self.query}" if self.query else QUEUE

    def changed(self, **changes: Any) -> View:
        """The same view changed, from its beginning unless the change says where."""
        return replace(self, **{"after": "", "at": ""} | changes)

    @property
    def waiting(self) -> bool:
        return TABS[self.status][1] is None

    @property
    def reported(self) -> bool:
        """Whether it is the view of what readers have reported, and nobody has decided about."""
        return self.status == "reported"

    @property
    def flagged_as(self) -> FlagKind | None:
        """The flag that everything in this view has."""
        named = self.status if self.status in FLAGS else self.flag
        return FlagKind(named) if named else None

    @property
    def title(self) -> str:
        return gettext(TABS[self.status][0])

    @property
    def sought(self) -> tuple[Sought, ...]:
        """What the search looks for; nothing where there is no search."""
        return sought(self.find)

    @property
    def narrowed(self) -> bool:
        """Whether the view leaves anything out but for its status."""
        return self.changed(status="waiting", order=Order.SEVERITY) != View()

    def made_for(self, scopes: tuple[Scope, ...]) -> tuple[Scope, ...]:
        """What of these scopes the view shows: its site, its sections."""
        here = [scope for scope in scopes if self.site in ("", scope.site_id)]
        if not self.section:
            return tuple(here)
        named = frozenset(self.section)
        narrowed = [replace(one, sections=named if one.sections is None else named & one.sections) for one in here]
        return tuple(one for one in narrowed if one.sections)

    def wanted(self, scopes: tuple[Scope, ...], now: datetime) -> Wanted:
        """What to look for, in these scopes at most."""
        waited = timedelta(hours=int(self.waited)) if self.waited else None
        return Wanted(
            scopes=tuple(scope for scope in scopes if not self.site or scope.site_id == self.site),
            statuses=TABS[self.status][1],
            escalated=self.status == "escalated",
            sections=self.section,
            articles=tuple(known_id(article) for article in self.article),
            author_id=known_id(self.author) if self.author else None,
            score_range=self._score_range,
            unusable=Unusable(self.scores) if self.scores else None,
            language=self.language or None,
            before=now - waited if waited is not None else None,
            flag=self.flagged_as,
            reported=self.reported,
            find=self.sought if self.find else None,
            order=self.order,
        )

    @property
    def _score_range(self) -> ScoreRange | None:
        if not self.signal or (self.low is None and self.high is None):
            return None
        low, high = 0.0 if self.low is None else self.low, 1.0 if self.high is None else self.high
        return ScoreRange(signal=self.signal, low=min(low, high), high=max(low, high))


def _level(text: str) -> float | None:
    return min(float(text), 1.0) if _LEVEL.fullmatch(text) else None
