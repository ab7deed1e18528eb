"""What a use case needs, built once: settings, configuration, database, scorer and clock."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Protocol

from argon2 import PasswordHasher

from moderation.config.configuration import Configuration
from moderation.config.settings import Settings
from moderation.core.errors import ScoringFailed
from moderation.core.keyring import KeyRing
from moderation.core.scores import ArticleText, PackStamp, PreparedArticle, Scale, ScoreRequest, Scores
from moderation.core.turns import Turns
from moderation.storage.database import Database
from moderation.storage.key_store import KeyStore
from moderation.storage.site_rules_cache import SiteRulesCache

Clock = Callable[[], datetime]


def utc_now() -> datetime:
    return datetime.now(UTC)


class CommentScorer(Protocol):
    """Scores comments for many threads, which are scored together behind this door."""

    @property
    def stamp(self) -> PackStamp: ...

    @property
    def ready(self) -> bool:
        """Whether the pack is loaded and warm."""
        ...

    @property
    def prepares_as(self) -> str:
        """What ``prepare`` puts into ``PreparedArticle.made_by``: articles prepared under another name are stale."""
        ...

    def prepare(self, article: ArticleText) -> PreparedArticle: ...

    def score_one(
        self, request: ScoreRequest, *, scale: Scale = Scale.NATURAL, timeout_s: float | None = None
    ) -> Scores:
        """Raises ``ScoringFailed``, or ``ScoringTooSlow`` after ``timeout_s`` seconds."""
        ...

    def score_each(
        self, requests: Sequence[ScoreRequest], *, scale: Scale = Scale.NATURAL, timeout_s: float | None = None
    ) -> Sequence[Scores | ScoringFailed]:
        """Scores many together: each comment's scores or its error, in their order, after ``timeout_s`` seconds for
        all of them at most.
        """
        ...


class OtherClassifiers(Protocol):
    """Classifiers beside the pack, as ``[scoring.outside]`` names them."""

    def ask(
        self, asked: Sequence[tuple[ScoreRequest, Scores]], *, timeout_s: float | None = None
    ) -> Sequence[Mapping[str, float | None] | None]:
        """What they say of each comment, by the names that the configuration lists: None for a signal that nobody gave
        in time, None for the whole where nobody is to be asked. Never raises; takes no longer than ``timeout_s``
        seconds, or what the configuration allows, for each comment.
        """
        ...


class Piece(StrEnum):
    """What goes on beside requests, as far as somebody may be waiting for it."""

    SCORING = "scoring"
    WEBHOOKS = "webhooks"
    BULK = "bulk"
    CHAINS = "chains"
    ERASING = "erasing"


class Waker(Protocol):
    """Tells workers at once that something waits for them in the database, where they would find it a little later by
    themselves.
    """

    def wake(self, pieces: Collection[Piece]) -> None:
        """Call it after the commit. It neither waits nor raises; whoever should hear of it may not."""
        ...


class Nobody:
    """There is nobody to wake: what waits is found by a sweep."""

    def wake(self, pieces: Collection[Piece]) -> None:
        pass


class ConfigurationInForce(Protocol):
    """The configuration as it is now: the last good one, whatever happens to the file."""

    def current(self) -> Configuration: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """Handed to every use case; nothing else is global."""

    settings: Settings
    configuration: ConfigurationInForce
    database: Database
    scorer: CommentScorer
    clock: Clock = utc_now
    outside: OtherClassifiers | None = None
    """None: nobody is asked but the pack."""
    password_hasher: PasswordHasher = field(default_factory=PasswordHasher)
    """As costly as its authors advise; tests, which hash hundreds of passwords, hand in a cheap one."""
    site_rules: SiteRulesCache = field(default_factory=SiteRulesCache)
    waker: Waker = field(default_factory=Nobody)
    scoring_turns: Turns = field(default_factory=Turns)
    """Between those who score late in this process."""
    key_store: KeyStore | None = None
    """Where the key ring comes from; None: from this database."""

    def __post_init__(self) -> None:
        if self.key_store is None:
            object.__setattr__(self, "key_store", KeyStore(self.settings, self.database, self.clock))

    @property
    def keys(self) -> KeyRing:
        """The key ring, read from the database when it is first asked for. Raises ``ConfigurationError``."""
        assert self.key_store is not None
        return self.key_store.ring()
