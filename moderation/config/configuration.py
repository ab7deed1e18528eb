"""What the configuration file (config/moderation.toml) says, in frozen types; ``configuration_file`` reads it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import sha256
from typing import Any
from zoneinfo import ZoneInfo

from moderation.core.comment import CommentRules, Mode
from moderation.core.discussion_hours import Level, zone_named
from moderation.core.policy import Policy
from moderation.core.private_data import PrivateData


@dataclass(frozen=True, slots=True, kw_only=True)
class ReasonChoice:
    """What a moderator can choose when refusing, and the sentence that the reader is shown."""

    id: str
    label: str
    reader: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RateLimits:
    """Limits in the words of the ``limits`` library, such as ``6 per minute``."""

    enabled: bool = True
    per_reader: tuple[str, ...] = ("6 per minute", "60 per hour")
    per_address: tuple[str, ...] = ("30 per minute",)
    per_site: tuple[str, ...] = ("1200 per minute",)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scoring:
    """``[scoring]``: read at start. ``languages`` routes a language to another installed pack."""

    pack: str = "builtin"
    mode: str = "inline"
    runtime: str = "auto"
    timeout_seconds: float = 10.0
    languages: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Perspective:
    """``[perspective]``: what is kept of the labels that moderators elsewhere suggest. The labels always are."""

    keep_texts_for_sites: tuple[str, ...] = ()
    retention_days: int = 90


@dataclass(frozen=True, slots=True, kw_only=True)
class Surge:
    """``[comments.surge]``: when an article that publishes first turns pre-moderated by itself, and for how many hours.
    A condition that is None is off.
    """

    arrivals_per_hour: int | None = None
    first_time_share: float | None = None
    hours: int = 24

    @property
    def on(self) -> bool:
        return self.arrivals_per_hour is not None or self.first_time_share is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Legal:
    """``[legal]``: how long each kind of legal case may take, and how long before its end an alarm is raised."""

    notice_hours: int = 24
    grievance_days: int = 15
    order_hours: int = 1
    due_soon_hours: int = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """``[figures]``: whether administrators see how much each moderator decided."""

    by_moderator: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Display:
    """``[display]``: the name of the time zone that pages tell times in, and those of sites that differ."""

    time_zone: str = "UTC"
    sites: Mapping[str, str] = field(default_factory=dict)

    def zone_of(self, *sites: str) -> ZoneInfo:
        """The zone of these sites together: their own where it is the same for all, else the one for every site."""
        zones = {self.sites.get(site, self.time_zone) for site in sites}
        return zone_named(zones.pop() if len(zones) == 1 else self.time_zone)


CommentKeys = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Comments:
    """``[comments]`` and what sites, sections and replies change of it, key by key."""

    base: CommentKeys
    sites: Mapping[str, CommentKeys] = field(default_factory=dict)
    sections: Mapping[str, CommentKeys] = field(default_factory=dict)
    replies: CommentKeys = field(default_factory=dict)
    maximum_body: int = 1_048_576
    surge: Surge = field(default_factory=Surge)

    def layers(
        self, *, site: str, section: str | None, reply: bool, article_mode: str | None
    ) -> tuple[tuple[Level, CommentKeys], ...]:
        """What applies in one place, weakest first: the common keys, then site, section, replies and article."""
        return (
            (Level.COMMON, self.base),
            (Level.SITE, self.sites.get(site, {})),
            (Level.SECTION, self.sections.get(section or "", {})),
            (Level.REPLIES, self.replies if reply else {}),
            (Level.ARTICLE, {} if article_mode is None else {"mode": Mode(article_mode)}),
        )

    def rules_for(self, *, site: str, section: str | None, reply: bool, article_mode: str | None) -> CommentRules:
        """What the configuration, and the article's own mode, ask of a comment in one place."""
        keys: dict[str, Any] = {}
        for _, layer in self.layers(site=site, section=section, reply=reply, article_mode=article_mode):
            keys |= layer
        return CommentRules(**keys)


@dataclass(frozen=True, kw_only=True)
class Configuration:
    """The whole file. ``text`` is the file as it was read, ``hash`` its SHA-256."""

    comments: Comments
    rate_limits: RateLimits
    scoring: Scoring
    policy: Policy
    reasons: tuple[ReasonChoice, ...]
    text: str
    perspective: Perspective = field(default_factory=Perspective)
    figures: Figures = field(default_factory=Figures)
    legal: Legal = field(default_factory=Legal)
    private_data: PrivateData = field(default_factory=PrivateData)
    display: Display = field(default_factory=Display)

    @cached_property
    def hash(self) -> str:
        return sha256(self.text.encode()).hexdigest()

    def reason(self, reason_id: str) -> ReasonChoice | None:
        return next((reason for reason in self.reasons if reason.id == reason_id), None)
