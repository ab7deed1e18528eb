"""Every table, imported so that the metadata is whole wherever it is asked."""

from moderation.storage import (
    accounts,
    acts,
    answers,
    articles,
    audit,
    authors,
    comments,
    desk_work,
    docket,
    house_rules,
    keys,
    legal,
    outbox,
    policies,
    severity_order,
    sites,
    suggestions,
)
from moderation.storage.base import Base

__all__ = [
    "Base",
    "accounts",
    "acts",
    "answers",
    "articles",
    "audit",
    "authors",
    "comments",
    "desk_work",
    "docket",
    "house_rules",
    "keys",
    "legal",
    "outbox",
    "policies",
    "severity_order",
    "sites",
    "suggestions",
]
