"""Every table, imported so that the metadata is whole wherever it is asked."""

from moderation.storage import (
    accounts,
    answers,
    articles,
    audit,
    authors,
    comments,
    outbox,
    policies,
    sites,
    suggestions,
)
from moderation.storage.base import Base

__all__ = [
    "Base",
    "accounts",
    "answers",
    "articles",
    "audit",
    "authors",
    "comments",
    "outbox",
    "policies",
    "sites",
    "suggestions",
]
