"""What the score map's address asks for, and the map as a drawing."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import regex

from moderation.core.actor import Actor
from moderation.core.errors import InvalidField
from moderation.core.reach import SENIOR, reachable, somewhere_on
from moderation.storage.score_map import HUNDREDTHS, SIGNALS, Area, Band, Ground, Histogram
from moderation.storage.sites import Site
from moderation.web.desk_frame import scopes_of
from moderation.web.rendering import known_id

MAP = "/review/map"
COLUMNS = 50
HEIGHT = 160
_WIDTH = 20
_LEVEL = regex.compile(r"[01](?:[.,][0-9]{1,6})?|[.,][0-9]{1,6}")


@dataclass(frozen=True, slots=True, kw_only=True)
class MapView:
    """What is shown: a signal's map, in one site, section or article or in all, and a band of it once one is chosen."""

    signal: str = "toxicity"
    site: str = ""
    section: str = ""
    article: str = ""
    low: int | None = None
    high: int | None = None

    @staticmethod
    def of(said: Mapping[str, str]) -> MapView:
        """The view that an address or a form asks for; a band that can't be counts as none."""
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
    def band(self) -> Band | None:
        if self.low is None or self.high is None:
            return None
        return Band(signal=self.signal, low=self.low, high=self.high)

    @property
    def fields(self) -> dict[str, str]:
        """What a form must carry to ask for the same again."""
        edges = {} if self.band is None else {"from": self.edge(self.low), "to": self.edge(self.high)}
        place = {"site": self.site, "section": self.section, "article": self.article}
        return {"signal": self.signal} | {name: value for name, value in place.items() if value} | edges

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
            grounds=tuple(
                Ground(
                    site_id=scope.site_id,
                    sections=scope.sections,
                    escalated=reachable(actor, SENIOR, somewhere_on(scope.site_id)),
                )
                for scope in scopes_of(actor, chosen)
            ),
            article_id=self.article or None,
            section=self.section or None,
        )


def band_asked(said: Mapping[str, str]) -> Band:
    """The band that a form decides about. Raises ``InvalidField``: here nothing is guessed."""
    view = MapView.of(said)
    if view.band is None or said.get("signal") != view.signal:
        raise InvalidField("band", "needs a score, and a beginning below its end, both from 0 to 1.")
    return view.band


def _hundredths(text: str) -> int | None:
    text = text.strip()
    if not _LEVEL.fullmatch(text):
        return None
    return min(round(float(text.replace(",", ".")) * HUNDREDTHS), HUNDREDTHS)


def drawing(found: Histogram, view: MapView) -> dict[str, Any]:
    """The map's columns, each with what it counts. Heights grow with the square root, so that few show beside many."""
    step = HUNDREDTHS // COLUMNS
    counts = [sum(found.counts[at : at + step]) for at in range(0, HUNDREDTHS, step)]
    tallest = max(counts)
    columns = []
    for number, count in enumerate(counts):
        height = math.ceil(HEIGHT * math.sqrt(count / tallest)) if count else 0
        inside = view.band is not None and view.band.low <= number * step < view.band.high
        columns.append({"x": number * _WIDTH + 1, "y": HEIGHT - height, "height": height, "inside": inside})
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
