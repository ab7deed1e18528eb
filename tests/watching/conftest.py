from tests.newsroom import front_door, hall, newsroom, postgres_hall, sqlite_hall

__all__ = ["front_door", "hall", "newsroom", "postgres_hall", "sqlite_hall"]
