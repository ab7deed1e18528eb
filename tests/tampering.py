"""What somebody does who owns the database: rows are changed behind the service's back."""

from __future__ import annotations

from sqlalchemy import Connection


def take_guards_away(connection: Connection) -> None:
    """Nothing refuses what this transaction does. PostgreSQL's triggers stay as they are, so that the tables are still
    those of the other tests.
    """
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("SET LOCAL session_replication_role = replica")
        return
    for name in connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'trigger'").scalars().all():
        connection.exec_driver_sql(f'DROP TRIGGER "{name}"')
