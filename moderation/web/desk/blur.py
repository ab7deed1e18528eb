"""Texts that somebody has chosen not to see before they ask for them, wherever the desk quotes comments."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.orm import Session

from moderation.core.actor import Actor
from moderation.desk.saved_views import DeskPreferences, desk_preferences
from moderation.storage.desk import signals_of
from moderation.web.desk.cards import blur_words


def blurs_over(db: Session, preferences: DeskPreferences, ids: Sequence[str]) -> dict[str, str]:
    """For what each of these comments is hidden, such as "threat 0.93"; one that isn't hidden is not in it."""
    if not preferences.blur or not ids:
        return {}
    found = {
        comment: blur_words(preferences.blurs(signals), signals) for comment, signals in signals_of(db, ids).items()
    }
    return {comment: words for comment, words in found.items() if words}


def blurs_for(db: Session, actor: Actor, ids: Sequence[str]) -> dict[str, str]:
    """The same for this person."""
    return blurs_over(db, desk_preferences(db, actor), ids)
