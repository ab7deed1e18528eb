"""What a site can be told of."""

from __future__ import annotations

KINDS = (
    "comment.accepted",
    "comment.published",
    "comment.rejected",
    "comment.reopened",
    "comment.withdrawn",
    "comment.expired",
    "comment.erased",
    "comment.edited",
    "comment.reported",
    "comment.featured",
    "comment.unfeatured",
    "comment.newsroom",
    "comment.newsroom_recalled",
    "comment.appealed",
    "comment.appeal_decided",
    "article.opened",
    "article.closed",
    "legal.received",
    "legal.urgent",
)
"""The kinds of events that an endpoint may ask for. The same change has the same kind, whoever brought it about."""

TEST = "webhook.test"
"""An event that nothing brought about but somebody who tries an endpoint."""
