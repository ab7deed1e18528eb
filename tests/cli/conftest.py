"""One application per kind of database, for the commands that work beside it."""

from tests.newsroom import hall

__all__ = ["hall"]
