"""Machines over one database, each with a configuration file of its own that it really reads and writes."""

from __future__ import annotations

import itertools
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from sqlalchemy import select

from moderation.app import create_app
from moderation.bootstrap import build_services
from moderation.config.live import LiveConfiguration
from moderation.config.settings import read_environment
from moderation.storage.audit import EventRow
from tests.web.pages_world import ADMIN_PASSWORD, SITE_KEY, WITHOUT_LIMITS, Clock, Visitor, WordScorer, World

_times = itertools.count(1_700_000_000)


@dataclass(slots=True)
class Machine:
    """One machine: its folder, and the process that runs on it."""

    url: str
    folder: Path
    clock: Clock = field(default_factory=Clock)
    world: World = field(init=False)

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
        return cast(LiveConfiguration, self.world.services.configuration)

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
            "MODERATION_SECRET_KEY": "a secret that only the tests know",
        }
        settings = read_environment(environment, root=self.folder)
        services = build_services(settings, scorer=WordScorer(), clock=self.clock)
        app = create_app(services)
        app.config["PROPAGATE_EXCEPTIONS"] = False
        self.world = World(services=services, configuration=cast(Any, None), clock=self.clock, app=app)

    def stop(self) -> None:
        self.world.services.database.close()

    def restart(self) -> None:
        self.stop()
        self.start()

    def signed_in(self, name: str = "Ada") -> Visitor:
        return self.world.signed_in(name)

    def changes(self) -> list[tuple[str, str]]:
        """The audit events of changes: who, and their payload."""
        with self.world.services.database.reading() as session:
            query = select(EventRow).where(EventRow.event == "policy.changed").order_by(EventRow.sequence)
            return [(row.actor, row.payload) for row in session.scalars(query)]
