"""One application per kind of database; each test has a site of its own in it."""

from tests.newsroom import hall, newsroom, postgres_hall, sqlite_hall

__all__ = ["hall", "newsroom", "postgres_hall", "sqlite_hall"]
