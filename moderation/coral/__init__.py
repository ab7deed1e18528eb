"""Coral asks what becomes of a comment, in its external moderation phase ([how](README.md))."""
