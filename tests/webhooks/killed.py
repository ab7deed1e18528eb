"""A process of its own that delivers, to be killed."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from moderation.services import Services, utc_now
from moderation.storage.database import Database
from moderation.webhooks.delivering import Deliverer
from tests.doubles import FixedConfiguration, ObedientScorer
from tests.newsroom import settings_for


def deliver(url: str, secret: str) -> None:
    with TemporaryDirectory() as folder:
        services = Services(
            settings=settings_for(url, Path(folder), secret_key=secret),
            configuration=FixedConfiguration(),
            database=Database(url),
            scorer=ObedientScorer(),
            clock=utc_now,
        )
        deliverer = Deliverer(services)
        deliverer.look()
        deliverer.finish()
