"""What the score map's address asks for, and the map as a drawing."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

import regex

from moderation.core.actor import Actor
from moderation.core.errors import InvalidField
from moderation.core.messages import Message
from moderation.core.reach import READ, SENIOR, reachable, scopes, somewhere_on
from moderation.core.scores import LABELS
from moderation.desk.saved_views import DeskPreferences
from moderation.storage.desk import Line
from moderation.storage.desk_lists import Unusable
from moderation.storage.score_map import HUNDREDTHS, SIGNALS, Area, Histogram, ScoreRange
from moderation.storage.sites import Site
from moderation.web.desk.cards import blur_words
from moderation.web.desk.severity_view import Urgency
from moderation.web.shared.frame import QUEUE
from moderation.web.shared.rendering import known_id
from moderation.web.shared.wording import language_name

MAP = "/review/map"
COLUMNS = 50
HEIGHT = 160
LANGUAGES = 5
"""So many unread languages, those with most comments, are named beside the map."""
_WIDTH = 20
_LEVEL = regex.compile(r"[01](?:[.,][0-9]{1,6})?|[.,][0-9]{1,6}")


@dataclass(frozen=True, slots=True, kw_only=True)
class MapView:
    """What is shown: a signal's map, in one site, section or article or in all, and the chosen score range of it."""

    signal: str = "toxicity"
    site: str = ""
    section: str = ""
    article: str = ""
    low: int | None = None
    high: int | None = None

    @staticmethod
    def of(said: Mapping[str, str]) -> MapView:
        """The view that an address or a form asks for; a score range that can't be counts as none."""
        signal = said.get("signal", "")
        low, high = _hundredths(said.get("from", "")), _hundredths(said.get("to", ""))
        whole = low is not None and high is not None and low < high
        return MapView(
            signal=signal if signal in SIGNALS else "toxicity",
            site=said.get("site", "")[:200],
            section=said.get("section", "")[:200].strip(),
            article=known_id(said["article"]) if said.get("article") else "",
            low=low if whole else None,
            high=high if whole else None,
        )

    @property
    def score_range(self) -> ScoreRange | None:
        if self.low is None or self.high is None:
            return None
        return ScoreRange(signal=self.signal, low=self.low, high=self.high)

    @property
    def fields(self) -> dict[str, str]:
        """What a form must carry to ask for the same again."""
        edges = {} if self.score_range is None else {"from": self.edge(self.low), "to": self.edge(self.high)}
        return {"signal": self.signal} | self.place | edges

    @property
    def place(self) -> dict[str, str]:
        """What it is narrowed to, as the queue's address says it too."""
        place = {"site": self.site, "section": self.section, "article": self.article}
        return {name: value for name, value in place.items() if value}

    @property
    def href(self) -> str:
        return f"{MAP}?{urlencode(self.fields)}"

    @staticmethod
    def edge(hundredths: int | None) -> str:
        return "" if hundredths is None else f"{hundredths / HUNDREDTHS:.2f}"

    def area(self, actor: Actor, sites: tuple[Site, ...]) -> Area:
        """Where the map is drawn: as far as this person reaches in these sites."""
        chosen = [site for site in sites if self.site in ("", site.id)]
        return Area(
            # What is left to a senior moderator is drawn for those who decide about it.
            scopes=tuple(
                replace(scope, escalated=reachable(actor, SENIOR, somewhere_on(scope.site_id)))
                for scope in scopes(actor, READ, [site.id for site in chosen])
            ),
            article_id=self.article or None,
            section=self.section or None,
        )


def score_range_asked(said: Mapping[str, str]) -> ScoreRange:
    """The score range that a form decides about. Raises ``InvalidField``: here nothing is guessed."""
    view = MapView.of(said)
    if view.score_range is None or said.get("signal") != view.signal:
        raise InvalidField("score range", Message("score_range_incomplete"))
    return view.score_range


def _hundredths(text: str) -> int | None:
    text = text.strip()
    if not _LEVEL.fullmatch(text):
        return None
    return min(round(float(text.replace(",", ".")) * HUNDREDTHS), HUNDREDTHS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Unread:
    """Comments in one language that no pack reads, and the address of their list."""

    language: str
    count: int
    href: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """What stands beside the map, in no range of scores: unread comments by language, those of further languages
    together, and those not scored.
    """

    unread: tuple[Unread, ...]
    other_languages: int
    other_count: int
    unread_count: int
    unread_href: str
    unscored_count: int
    unscored_href: str


def beside(found: Histogram, view: MapView) -> Beside:
    """What waits without scores that may decide anything, each kind with its list in the queue."""

    def href(kind: Unusable, **more: str) -> str:
        return f"{QUEUE}?{urlencode(view.place | {'scores': kind.value} | more)}"

    languages = list(found.unread.items())
    shown = len(languages) if len(languages) <= LANGUAGES + 1 else LANGUAGES
    return Beside(
        unread=tuple(
            Unread(language=language_name(code), count=count, href=href(Unusable.UNREAD, language=code))
            for code, count in languages[:shown]
        ),
        other_languages=len(languages) - shown,
        other_count=sum(count for _, count in languages[shown:]),
        unread_count=sum(found.unread.values()),
        unread_href=href(Unusable.UNREAD),
        unscored_count=found.unscored,
        unscored_href=href(Unusable.UNSCORED),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleLine:
    """A comment as the sample of a score range shows it: ``why`` names its flags, ``strongest`` its highest label."""

    id: str
    name: str
    body: str
    title: str
    score: str
    why: tuple[str, ...]
    strongest: str | None
    language: str
    blur: str | None


def sample_line(line: Line, score: float, urgency: Urgency, preferences: DeskPreferences) -> SampleLine:
    """The same from what a list's line has of it; ``score`` is the one that the map is drawn along."""
    labels = {label: line.scores[label] for label in LABELS if label in line.scores}
    strongest = max(labels, key=labels.__getitem__, default=None)
    return SampleLine(
        id=line.id,
        name=line.name,
        body=line.body,
        title=line.article_title,
        score=f"{score:.2f}",
        why=(*(chip.words for chip in urgency.chips), *urgency.others),
        strongest=blur_words(strongest, labels),
        language=language_name(line.signals.language),
        blur=blur_words(preferences.blurs(line.scores), line.scores),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column of the drawing; ``inside`` the chosen score range."""

    x: int
    y: int
    height: int
    inside: bool


def drawing(found: Histogram, view: MapView) -> dict[str, Any]:
    """The map's columns, each with what it counts. Heights grow with the square root, so that few show beside many."""
    step = HUNDREDTHS // COLUMNS
    counts = [sum(found.counts[at : at + step]) for at in range(0, HUNDREDTHS, step)]
    tallest, chosen = max(counts), view.score_range
    columns = []
    for number, count in enumerate(counts):
        height = math.ceil(HEIGHT * math.sqrt(count / tallest)) if count else 0
        inside = chosen is not None and chosen.low <= number * step < chosen.high
        columns.append(Column(x=number * _WIDTH + 1, y=HEIGHT - height, height=height, inside=inside))
    return {
        "columns": columns,
        "width": COLUMNS * _WIDTH,
        "bar": _WIDTH - 2,
        "height": HEIGHT,
        "tallest": tallest,
        "low": (view.low or 0) * COLUMNS * _WIDTH // HUNDREDTHS,
        "span": ((view.high or 0) - (view.low or 0)) * COLUMNS * _WIDTH // HUNDREDTHS,
        "tenths": [
            {"from": f"{at / 100:.1f}", "to": f"{(at + 10) / 100:.1f}", "count": sum(found.counts[at : at + 10])}
            for at in range(0, HUNDREDTHS, 10)
        ],
    }
