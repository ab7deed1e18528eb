"""Sentences of the shipped configuration: readers have them in their language until the newsroom words its own."""

from __future__ import annotations

from moderation.core.messages import noted

REASONS = (
    noted("It attacks a person rather than what they say."),
    noted("It demeans people for what they are."),
    noted("It threatens somebody or wishes them harm."),
    noted("Its language is not respectful."),
    noted("It is not about the article."),
    noted("It advertises something."),
    noted("It holds private information about somebody."),
    noted("It does not follow our rules for comments."),
)
RULES = (
    noted("Personal attack"),
    noted("Hate"),
    noted("Threat"),
    noted("Rude language"),
    noted("Off-topic"),
    noted("Spam or advertising"),
    noted("Private information"),
    noted("Other"),
)
