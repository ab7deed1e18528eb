"""What was deleted is gone from the files too, as far as the database can see to that."""

from __future__ import annotations

from contextlib import closing

from moderation.storage.database import Database

MERGE_SEARCH = "INSERT INTO comment_search (comment_search) VALUES ('optimize')"
"""FTS5 notes what was taken away beside what was there, until it writes both anew."""


def vacuum(database: Database) -> bool:
    """SQLite: the file is made anew without what was deleted; writers wait meanwhile. PostgreSQL: the places of what
    was deleted are free for other rows. Returns whether all is done: on SQLite not while others read what was there
    before.
    """
    if not database.is_sqlite:
        with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("VACUUM")
        return True
    database.changing(lambda connection: connection.exec_driver_sql(MERGE_SEARCH))
    with closing(database.engine.raw_connection()) as raw, closing(raw.cursor()) as cursor:
        cursor.execute("VACUUM")
        busy, _, _ = cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    return not busy
