"""What the configuration file (config/moderation.toml) says, in frozen models that check each table as it is read:
``configuration_file`` reads the whole.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from hashlib import sha256
from typing import Annotated, Any, Literal, Self, get_args
from zoneinfo import ZoneInfo

from limits import parse_many
from pydantic import AfterValidator, Field, PlainValidator, Strict, model_validator

from moderation.config.outside import Outside, check_asked
from moderation.config.policy_tables import read_policy
from moderation.config.sign_in import SignIn
from moderation.core.comment import CommentRules, Mode
from moderation.core.conditions import ConditionKey, condition_keys
from moderation.core.discussion_hours import Level, zone_named
from moderation.core.errors import InvalidField
from moderation.core.messages import LANGUAGES
from moderation.core.policy import Policy
from moderation.core.private_data import KNOWN_REGIONS, PrivateData, what_is_allowed
from moderation.core.strict_model import Place, Table, ill, shown, wanted, whole_number, wrong


def _some_text(text: str) -> str:
    if not text.strip():
        raise ValueError
    return text


def _desk_language(code: str) -> str:
    if code not in LANGUAGES["desk"]:
        raise ValueError
    return code


def _zone(name: str) -> str:
    try:
        zone_named(name)
    except InvalidField as error:
        raise ValueError from error
    return name


def _limits(values: tuple[str, ...]) -> tuple[str, ...]:
    for value in values:
        try:
            if min(limit.amount for limit in parse_many(value)) < 1:
                raise ValueError("less than one is no limit")
        except ValueError as error:
            raise ill(f"holds {shown(value)}; it must be {_LIMITS}.") from error
    return values


_LIMITS = 'a list of limits such as ["6 per minute", "60 per hour"]'
YesOrNo = Annotated[bool, wanted("true or false")]
Text = Annotated[str, AfterValidator(_some_text), wanted("a text that isn't empty")]
Texts = Annotated[tuple[Annotated[str, Strict()], ...], Strict(False)]
PackName = Annotated[str, wanted("a pack's name")]
DeskLanguage = Annotated[str, AfterValidator(_desk_language), wanted("one of " + ", ".join(LANGUAGES["desk"]))]
TimeZone = Annotated[str, AfterValidator(_zone), wanted('a time zone such as "Europe/Berlin"')]
Limits = Annotated[Texts, AfterValidator(_limits), wanted(_LIMITS)]
"""In the words of the ``limits`` library, such as ``6 per minute``."""


Runtime = Literal[
    "auto",
    "openvino-int8",
    "onnxruntime-int8",
    "openvino-bf16",
    "openvino-dynamic_int8",
    "openvino-f32",
    "onnxruntime-f32",
    "detoxify",
]


class ReasonChoice(Table):
    """What a moderator can choose when refusing, and the sentence that the reader is shown. ``legal_grounds`` names the
    law behind it, if there is one: Coral takes it along.
    """

    id: Text
    label: Text
    reader: Text
    legal_grounds: Text | None = None


class RateLimits(Table):
    """``[rate_limits]``"""

    enabled: YesOrNo = True
    per_reader: Limits = ("6 per minute", "60 per hour")
    per_address: Limits = ("30 per minute",)
    per_site: Limits = ("1200 per minute",)
    unverified_articles: Limits = ("20 per hour",)
    unverified_per_address: Limits = ("5 per hour",)
    reports: Limits = ("30 per hour", "100 per day")
    notices: Limits = ("10 per hour", "30 per day")


class Scoring(Table):
    """``[scoring]``: read at start. ``languages`` routes a language to another installed pack."""

    pack: PackName = "builtin"
    mode: Annotated[Literal["inline", "worker"], wanted("one of inline, worker")] = "inline"
    runtime: Annotated[Runtime, wanted(f"one of {', '.join(get_args(Runtime))}")] = "auto"
    timeout_seconds: Annotated[float, Field(ge=0.1, le=120), wanted("a number of seconds from 0.1 to 120")] = 10.0
    languages: Mapping[str, PackName] = {}
    outside: Outside = Outside()


class Perspective(Table):
    """``[perspective]``: what is kept of the labels that moderators elsewhere suggest. The labels always are."""

    keep_texts_for_sites: Annotated[Texts, wanted('a list of sites such as ["the-daily"]')] = ()
    retention_days: Annotated[int, whole_number(1, 3650)] = 90


class Surge(Table):
    """``[comments.surge]``: when an article that publishes first turns pre-moderated by itself, and for how many hours.
    A condition that is None is off.
    """

    arrivals_per_hour: Annotated[int, whole_number(1, 1_000_000)] | None = None
    first_time_share: Annotated[float, Field(gt=0, le=1), wanted("a number over 0, at most 1")] | None = None
    hours: Annotated[int, whole_number(1, 8760)] = 24

    @property
    def on(self) -> bool:
        return self.arrivals_per_hour is not None or self.first_time_share is not None

    @model_validator(mode="after")
    def _has_a_condition(self) -> Self:
        if "hours" in self.model_fields_set and not self.on:
            raise wrong({("hours",): "does nothing by itself; add arrivals_per_hour, first_time_share or both."})
        return self


class Legal(Table):
    """``[legal]``: how long each kind of legal case may take, and how long before its end an alarm is raised."""

    notice_hours: Annotated[int, whole_number(1, 8760)] = 24
    grievance_days: Annotated[int, whole_number(1, 365)] = 15
    order_hours: Annotated[int, whole_number(1, 8760)] = 1
    urgent_hours: Annotated[int, whole_number(1, 8760)] = 1
    due_soon_hours: Annotated[int, whole_number(0, 8760)] = 4


class Appeals(Table):
    """``[appeals]``: within how many days another look at a refused comment is due."""

    answer_within_days: Annotated[int, whole_number(1, 365)] = 7


class Reports(Table):
    """``[reports]``: after how many days what readers wrote in their own words of another's comment is forgotten."""

    keep_texts_days: Annotated[int, whole_number(1, 3650)] = 365


class Desk(Table):
    """``[desk]``: when moderators work, in words for readers; None: nothing is said about it."""

    hours: Text | None = None


class Webhooks(Table):
    """``[webhooks]``: how long deliveries that have ended, and what receivers answered, are kept to be looked at."""

    keep_days: Annotated[int, whole_number(1, 3650)] = 30


class Alerts(Table):
    """``[alerts]``: what the newsroom's chat is told, and how often at most. Its addresses are secrets and stand in the
    environment (``MODERATION_ALERT_URLS``). ``queue_older_than_minutes`` 0: not told.
    """

    legal: YesOrNo = True
    threat: YesOrNo = True
    surge: YesOrNo = True
    scorer: YesOrNo = True
    queue_older_than_minutes: Annotated[int, whole_number(0, 525_600)] = 0
    every_minutes: Annotated[int, whole_number(1, 1440)] = 10


class Figures(Table):
    """``[figures]``: whether administrators see how much each moderator decided."""

    by_moderator: YesOrNo = False


class SiteDisplay(Table):
    """``[display.sites.NAME]``"""

    time_zone: TimeZone = "UTC"
    desk_language: DeskLanguage | None = None


class Display(SiteDisplay):
    """``[display]``: the name of the time zone that pages tell times in, the language of the desk (None: the browser's)
    for accounts that have chosen none, and those of sites that differ.
    """

    sites: Mapping[str, SiteDisplay] = {}

    def zone_of(self, *sites: str) -> ZoneInfo:
        """The zone of these sites together: their own where it is the same for all, else the one for every site."""
        zones = {self._of(site, "time_zone").time_zone for site in sites}
        return zone_named(zones.pop() if len(zones) == 1 else self.time_zone)

    def language_of(self, *sites: str) -> str | None:
        """The desk's language for whoever works on these sites: theirs where it is the same for all, else that of the
        installation.
        """
        languages = {self._of(site, "desk_language").desk_language for site in sites}
        return languages.pop() if len(languages) == 1 else self.desk_language

    def _of(self, site: str, key: str) -> SiteDisplay:
        """Which table says this for a site: its own, where the key is written there."""
        own = self.sites.get(site)
        return own if own is not None and key in own.model_fields_set else self


CommentKeys = Mapping[str, Any]
"""Keys of ``CommentLimits`` with their values, those that are written alone."""


class CommentLimits(Table):
    """What the file can ask of comments in one place."""

    minimum_length: Annotated[int, whole_number(0, 100_000)] = 50
    maximum_length: Annotated[int, whole_number(1, 100_000)] = 5000
    mode: Annotated[Mode, Strict(False), wanted(f"one of {', '.join(Mode)}")] = Mode.PRE
    close_after_days: Annotated[int, whole_number(0, 36_500)] = 0


def _written(value: Any) -> CommentKeys:
    return CommentLimits.model_validate(value).written


WrittenKeys = Annotated[CommentKeys, PlainValidator(_written)]


class Comments(CommentLimits):
    """``[comments]`` and what sites, sections and replies change of it, key by key."""

    maximum_body: Annotated[int, whole_number(1024, 100 * 1_048_576)] = 1_048_576
    expire_after_days: Annotated[int, whole_number(0, 36_500)] = 0
    erase_refused_after_days: Annotated[int, whole_number(0, 36_500)] = 0
    nudge: YesOrNo = False
    surge: Surge = Surge()
    sites: Mapping[str, WrittenKeys] = {}
    sections: Mapping[str, WrittenKeys] = {}
    replies: WrittenKeys = Field(default_factory=dict)

    @property
    def base(self) -> CommentKeys:
        """What holds everywhere."""
        return {
            "minimum_length": self.minimum_length,
            "maximum_length": self.maximum_length,
            "mode": self.mode,
            "close_after_days": self.close_after_days,
        }

    @model_validator(mode="after")
    def _lengths_fit(self) -> Self:
        layers: dict[Place, CommentKeys] = {
            (): {},
            **{("sites", name): keys for name, keys in self.sites.items()},
            **{("sections", name): keys for name, keys in self.sections.items()},
            ("replies",): self.replies,
        }
        found = {}
        for place, keys in layers.items():
            shortest, longest = ({**self.base, **keys}[key] for key in ("minimum_length", "maximum_length"))
            if shortest > longest:
                found[(*place, "minimum_length")] = f"is {shortest}, over maximum_length ({longest})."
        if found:
            raise wrong(found)
        return self

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


def _known_regions(regions: tuple[str, ...]) -> tuple[str, ...]:
    for region in regions:
        if region not in KNOWN_REGIONS:
            raise ill(f"holds {shown(region)}, which isn't known here. Known are {', '.join(KNOWN_REGIONS)}.")
    return regions


def _known_entries(entries: tuple[str, ...]) -> tuple[str, ...]:
    for entry in entries:
        if what_is_allowed(entry) is None:
            raise ill(
                f"holds {shown(entry)}; each must be a telephone or account number, an e-mail address, a domain such "
                'as "@ourpaper.example", or a postal address with its number.'
            )
    return entries


class _PrivateData(Table):
    regions: Annotated[Texts, AfterValidator(_known_regions), wanted('a list of countries such as ["GB", "IN"]')] = (
        PrivateData().regions
    )
    allow: Annotated[
        Texts,
        AfterValidator(_known_entries),
        wanted('a list of texts such as ["020 7946 0958", "@ourpaper.example"]'),
    ] = PrivateData().allow


def _private_data(value: Any) -> PrivateData:
    table = _PrivateData.model_validate(value)
    return PrivateData(regions=table.regions, allow=table.allow)


def _reasons(reasons: tuple[ReasonChoice, ...]) -> tuple[ReasonChoice, ...]:
    seen: set[str] = set()
    for number, reason in enumerate(reasons):
        if reason.id in seen:
            raise wrong({(number, "id"): f"is {shown(reason.id)}, like that of another reason."})
        seen.add(reason.id)
    return reasons or (OTHER,)


OTHER = ReasonChoice(id="other", label="Other", reader="It does not follow our rules for comments.")


class Tables(Table):
    """Every table of the file."""

    comments: Comments = Comments()
    rate_limits: RateLimits = RateLimits()
    scoring: Scoring = Scoring()
    policy: Annotated[Policy, PlainValidator(read_policy)] = read_policy({})
    reasons: Annotated[
        tuple[ReasonChoice, ...], Strict(False), AfterValidator(_reasons), wanted("tables headed [[reasons]]")
    ] = (OTHER,)
    perspective: Perspective = Perspective()
    figures: Figures = Figures()
    legal: Legal = Legal()
    appeals: Appeals = Appeals()
    reports: Reports = Reports()
    desk: Desk = Desk()
    webhooks: Webhooks = Webhooks()
    alerts: Alerts = Alerts()
    private_data: Annotated[PrivateData, PlainValidator(_private_data)] = PrivateData()
    display: Display = Display()
    sign_in: SignIn = SignIn()

    @model_validator(mode="after")
    def _outside_is_known(self) -> Self:
        check_asked(self.policy, self.scoring.outside)
        return self

    @property
    def condition_keys(self) -> Mapping[str, ConditionKey]:
        """Every key that a condition may have here, by its text."""
        return condition_keys(self.scoring.outside.signals)


@lru_cache(maxsize=16)  # asked with every comment
def _sha256(text: str) -> str:
    return sha256(text.encode()).hexdigest()


class Configuration(Tables):
    """The whole file. ``text`` is the file as it was read, ``hash`` its SHA-256."""

    text: str

    @property
    def hash(self) -> str:
        return _sha256(self.text)

    def reason(self, reason_id: str) -> ReasonChoice | None:
        return next((reason for reason in self.reasons if reason.id == reason_id), None)
