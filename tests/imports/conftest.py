"""One application per kind of database, for the archives that come into it."""

from tests.newsroom import hall

__all__ = ["hall"]
