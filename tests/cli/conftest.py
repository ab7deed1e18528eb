"""One application per kind of database, for the commands that work beside it."""

from tests.newsroom import hall, postgres_hall, sqlite_hall

__all__ = ["hall", "postgres_hall", "sqlite_hall"]
