"""The services that every use case is handed, made from the settings. It loads no web framework."""

from __future__ import annotations

from dataclasses import dataclass, field

from moderation.config.live import LiveConfiguration
from moderation.config.on_disk import ConfigurationOnDisk
from moderation.config.settings import Settings
from moderation.jobs.waking import waker_for
from moderation.outside.asking import Classifiers, check_reachable
from moderation.scoring import build_scorer, for_many_threads
from moderation.services import Clock, CommentScorer, Nobody, Services, Waker, utc_now
from moderation.setup.configuration_versions import ConfigurationVersions
from moderation.storage.database import Database
from moderation.storage.key_store import KeyStore
from moderation.webhooks.signing import outside_secrets


@dataclass(frozen=True, slots=True, kw_only=True)
class _WriteContext:
    database: Database
    clock: Clock
    waker: Waker = field(default_factory=Nobody)


def build_services(
    settings: Settings, *, scorer: CommentScorer | None = None, clock: Clock = utc_now, threads: int | None = None
) -> Services:
    """Opens the database, which must be up to date, reads the configuration and gets the pack ready to load.

    ``threads`` are for inference. Raises ``ConfigurationError`` for a wrong configuration where no last good one is
    kept, and ``ScoringFailed`` for a pack that is missing or damaged.
    """
    database = Database(settings.database_url)
    context = _WriteContext(database=database, clock=clock)
    disk = ConfigurationOnDisk(settings.config_path, settings.var)
    versions = ConfigurationVersions(context)
    live = LiveConfiguration(disk, versions, check=lambda read: check_reachable(read.scoring.outside))
    versions.propose(live.current(), last_read=live.current().hash)  # by this version's defaults
    if scorer is None:
        asked = live.current().scoring
        packs = build_scorer(asked.pack, asked.runtime, settings.packs, languages=asked.languages, threads=threads)
        scorer = for_many_threads(packs)
    key_store = KeyStore(settings, database, clock)
    outside = Classifiers(live, lambda: outside_secrets(key_store.ring().webhooks), clock=clock)
    services = Services(
        settings=settings,
        configuration=live,
        database=database,
        scorer=scorer,
        clock=clock,
        outside=outside,
        key_store=key_store,
        waker=waker_for(settings, live.current().scoring.mode, lambda: key_store.ring().identity.oldest.secret),
    )
    _ = services.keys  # what is wrong with them stops a start
    return services
