"""Saved views of the queue, one's own and shared ones, and how each wants their desk."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from moderation.core.actor import Actor
from moderation.core.errors import InvalidField
from moderation.core.ids import new_id
from moderation.core.messages import Message
from moderation.core.reach import Scope
from moderation.core.scores import LABELS
from moderation.core.text.written import display_name
from moderation.services import Services
from moderation.storage.moderator_workspace import Preferences, SavedView, preferences_of

MAXIMUM_NAME = 60
MAXIMUM_QUERY = 4000
MAX_VIEWS = 100
"""Views that one account can keep."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskPreferences:
    """How somebody wants their desk. ``blur``: from which level of which label a text is hidden."""

    blur: Mapping[str, float]

    def blurs(self, signals: Mapping[str, float]) -> str | None:
        """The label for which a text with these scores is hidden; None where none of them is high enough."""
        over = [label for label, level in self.blur.items() if signals.get(label, 0.0) >= level]
        return max(over, key=lambda label: signals[label], default=None)


def desk_preferences(session: Session, actor: Actor) -> DeskPreferences:
    """What this person chose, or nothing."""
    kept = preferences_of(session, actor.account_id).get("blur", {})
    return DeskPreferences(blur={label: float(level) for label, level in kept.items() if label in LABELS})


def save_preferences(services: Services, actor: Actor, preferences: DeskPreferences) -> None:
    """Keeps how somebody wants their desk. Raises ``InvalidField``."""
    for label, level in preferences.blur.items():
        if label not in LABELS:
            raise InvalidField("blur", Message("blur_label_unknown", {"label": repr(label)}))
        if not 0 < level <= 1:
            raise InvalidField("blur", Message("blur_level_out_of_range", {"label": label.replace("_", " ")}))

    def work(session: Session) -> None:
        kept = preferences_of(session, actor.account_id)
        session.merge(Preferences(account_id=actor.account_id, values={**kept, "blur": dict(preferences.blur)}))

    services.database.writing(work)


def save_view(
    services: Services, actor: Actor, name: str, query: str, *, shared: bool, made_for: Iterable[Scope] = ()
) -> str:
    """Keeps a view under a name; a name of one's own that exists already stands for this one now. Returns its id.

    ``made_for`` are the sites and sections that it shows: a ``shared`` one is offered to those who reach them all, for
    its name and its words may tell of any of them. Raises ``InvalidField``.
    """
    if not name.strip():
        raise InvalidField("name", Message("view_name_empty"))
    name = display_name(name, "name", MAXIMUM_NAME)
    if len(query) > MAXIMUM_QUERY:
        raise InvalidField("query", Message("view_query_too_long", {"maximum": MAXIMUM_QUERY}))
    places = {scope.site_id: None if scope.sections is None else sorted(scope.sections) for scope in made_for}
    if shared and not places:
        raise InvalidField("view", Message("view_not_shareable"))
    account_id, now = actor.account_id, services.clock()
    assert account_id is not None

    def work(session: Session) -> str:
        own = select(SavedView).where(SavedView.account_id == account_id)
        same = session.scalar(own.where(SavedView.name == name))
        if same is not None:
            same.query, same.shared, same.places = query, shared, places
            return same.id
        if (session.scalar(select(func.count()).select_from(own.subquery())) or 0) >= MAX_VIEWS:
            raise InvalidField("name", Message("too_many_views", {"maximum": MAX_VIEWS}))
        view = SavedView(id=new_id(now), account_id=account_id, name=name, query=query, shared=shared, made_at=now)
        view.places = places
        session.add(view)
        return view.id

    return services.database.writing(work)


def remove_view(services: Services, actor: Actor, view_id: str) -> None:
    """Removes one of somebody's own views; what is not there or not theirs stays as it is."""

    def work(session: Session) -> None:
        view = session.get(SavedView, view_id)
        if view is not None and view.account_id == actor.account_id:
            session.delete(view)

    services.database.writing(work)
