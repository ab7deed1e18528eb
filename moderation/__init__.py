"""Comment moderation for newsrooms: takes readers' comments, scores them, and brings them to a moderator."""

__version__ = "0.1.0"
