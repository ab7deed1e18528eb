"""Moderators at work: decide, one comment or many, undo, flags, notes, locks, authors, wordlists, legal cases."""
