"""Coming from before policies were set on a page: what was in force came from the file."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import text

from moderation.storage.database import Database
from moderation.storage.policies import newest_configuration
from moderation.storage.schema import upgrade


def test_every_configuration_of_before_came_from_the_file(tmp_path: Path, empty_postgres_url: str) -> None:
    kept = "INSERT INTO configurations (hash, policy_version, text, effective_at) VALUES ('h', 'v', 't', '2026-01-01')"
    for url in (f"sqlite:///{tmp_path / 'old.sqlite3'}", empty_postgres_url):
        database = Database(url)
        upgrade(database, revision="0012")
        database.writing(lambda session: session.execute(text(kept)))
        upgrade(database)
        with database.reading() as session:
            newest = newest_configuration(session)
        assert newest is not None
        assert (newest.hash, newest.actor, newest.from_file) == ("h", "system", True)
        database.close()
