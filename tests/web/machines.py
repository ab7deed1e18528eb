"""Machines over one database, each with a configuration file of its own that it really reads and writes."""

from __future__ import annotations

import itertools
import os
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import cast

from sqlalchemy import select

from moderation.bootstrap import build_services
from moderation.config.live import LiveConfiguration
from moderation.config.settings import read_environment
from moderation.storage.audit import EventRow
from tests.doubles import CHEAP, FixedConfiguration, StandingClock
from tests.newsroom import SECRET, hall_of
from tests.web.pages import ADMIN_PASSWORD, MORNING, SITE_KEY, WITHOUT_LIMITS, Pages, Visitor, WordScorer

_times = itertools.count(1_700_000_000)


@dataclass(slots=True)
class Machine:
    """One machine: its folder, and the process that runs on it."""

    url: str
    folder: Path
    clock: StandingClock = field(default_factory=lambda: StandingClock(MORNING))
    pages: Pages = field(init=False)

    def __post_init__(self) -> None:
        self.folder.mkdir(exist_ok=True)
        if not self.file.exists():
            self.edit(WITHOUT_LIMITS)
        self.start()

    @property
    def file(self) -> Path:
        return self.folder / "moderation.toml"

    @property
    def live(self) -> LiveConfiguration:
        return cast(LiveConfiguration, self.pages.services.configuration)

    @property
    def text(self) -> str:
        """The configuration in force here, after a look at file and database."""
        self.live._looked -= 10
        return self.live.current().text

    def edit(self, text: str) -> None:
        """Somebody saves the file; it has been still since."""
        self.file.write_text(text)
        os.utime(self.file, (next(_times),) * 2)

    def start(self) -> None:
        environment = {
            "MODERATION_DATABASE_URL": self.url,
            "MODERATION_CONFIG": str(self.file),
            "MODERATION_VAR": str(self.folder / "var"),
            "MODERATION_ADMIN_PASSWORD": ADMIN_PASSWORD,
            "MODERATION_SITE_KEY": SITE_KEY,
            "MODERATION_SECRET_KEY": SECRET,
        }
        settings = read_environment(environment, root=self.folder)
        built = build_services(settings, scorer=WordScorer(), clock=self.clock)
        services = replace(built, password_hasher=CHEAP)
        nobody_sets_it = cast(FixedConfiguration, services.configuration)
        self.pages = Pages(hall=hall_of(services, self.clock, nobody_sets_it))

    def stop(self) -> None:
        self.pages.services.database.close()

    def restart(self) -> None:
        self.stop()
        self.start()

    def signed_in(self, name: str = "Ada") -> Visitor:
        return self.pages.signed_in(name)

    def changes(self) -> list[tuple[str, str]]:
        """The audit events of changes: who, and their payload."""
        with self.pages.services.database.reading() as session:
            query = select(EventRow).where(EventRow.event == "policy.changed").order_by(EventRow.sequence)
            return [(row.actor, row.payload) for row in session.scalars(query)]
