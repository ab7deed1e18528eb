"""Which policy was in force is known for every version of this service, not for every file alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

from sqlalchemy import select, update

from moderation.bootstrap import build_services
from moderation.storage.audit import EventRow
from moderation.storage.database import Database
from moderation.storage.policies import KeptConfiguration
from tests.newsroom import settings_for


def kept(database: Database) -> tuple[list[str], int]:
    """The versions that were in force, and how many changes the audit log has."""
    with database.reading() as session:
        versions = session.scalars(select(KeptConfiguration.policy_version).order_by(KeptConfiguration.id)).all()
        changes = session.scalars(select(EventRow).where(EventRow.event == "policy.changed")).all()
    return list(versions), len(changes)


def test_another_policy_that_a_new_version_makes_of_the_same_file_is_kept_once(
    database_url: str, tmp_path: Path
) -> None:
    (tmp_path / "moderation.toml").write_text("[policy.flag]\nlinks_at_least = 3\n")
    database = Database(database_url)

    def start() -> str:
        services = build_services(settings_for(database_url, tmp_path), scorer=cast("Any", None))
        services.database.close()
        return services.configuration.current().policy.version

    version = start()
    assert kept(database) == ([version], 1)
    before = update(KeptConfiguration).values(policy_version="before")
    database.writing(lambda session: session.execute(before))
    assert start() == start() == version
    assert kept(database) == (["before", version], 2)
    database.close()
