"""Texts that somebody has chosen not to see before they ask for them, wherever the desk quotes comments."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.orm import Session

from moderation.core.actor import Actor
from moderation.desk.saved_views import Liking, liking_of
from moderation.storage.desk import signals_of
from moderation.web.desk.cards import veil_words


def veils_over(db: Session, liking: Liking, ids: Sequence[str]) -> dict[str, str]:
    """For what each of these comments is veiled, such as "threat 0.93"; one that isn't veiled is not in it."""
    if not liking.veil or not ids:
        return {}
    found = {comment: veil_words(liking.veils(signals), signals) for comment, signals in signals_of(db, ids).items()}
    return {comment: words for comment, words in found.items() if words}


def veils_for(db: Session, actor: Actor, ids: Sequence[str]) -> dict[str, str]:
    """The same for this person."""
    return veils_over(db, liking_of(db, actor), ids)
