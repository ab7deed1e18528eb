"""One application per kind of database; each test has a site of its own in it."""

from tests.newsroom import front_door, hall, newsroom, postgres_hall, sqlite_hall

__all__ = ["front_door", "hall", "newsroom", "postgres_hall", "sqlite_hall"]
