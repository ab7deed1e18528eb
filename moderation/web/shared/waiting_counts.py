"""How much waits, for pages that ask every second: each number is counted once in a moment, whoever asks for it."""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable
from datetime import timedelta
from typing import Any

from flask import Response, g, request
from sqlalchemy.orm import Session

from moderation.core.actor import Actor
from moderation.core.cache import Cached
from moderation.core.reach import MODERATE, READ, SENIOR, Scope, extent
from moderation.desk.appeals import decidable_by
from moderation.storage.appeals import AppealFilter, how_many_to_decide
from moderation.storage.desk_lists import COUNTED, Wanted, how_many
from moderation.web.shared.cache import recently
from moderation.web.shared.languages import language
from moderation.web.shared.wording import number

KEPT_FOR = timedelta(seconds=0.5)
"""Pages ask every second, so that what they show is two seconds old at most."""
MAX_KEPT = 1000
APPEALS_KEPT_FOR = timedelta(seconds=2)


def lately(actor: Actor, of: Hashable, count: Callable[[], str]) -> str:
    """What ``count`` says, now or a moment ago to somebody with the same reach; ``of`` names what is counted."""
    # Real time, whatever the service's clock says: this is about the age of what a page shows.
    counts = recently("counts", KEPT_FOR, maximum=MAX_KEPT, timer=time.monotonic)
    found: str = counts.get((extent(actor, READ), language(), of), count)
    return found


def appeals_waiting(session: Session, actor: Actor, scopes: tuple[Scope, ...]) -> int:
    """How many appeals wait that this person can decide, a moment ago; one more than ``COUNTED`` for any number beyond.
    Whoever does something themselves (``forget_own``) is told at once what that changed.
    """

    def count() -> int:
        return how_many_to_decide(session, decidable_by(session, actor, scopes), AppealFilter(), maximum=COUNTED)

    found: int = _appeals().get(_of(actor), count)
    return found


def forget_own(answer: Response) -> Response:
    """After a request of somebody who has changed something."""
    actor = g.get("signed_in")
    if actor is not None and request.method not in ("GET", "HEAD", "OPTIONS"):
        _appeals().forget(_of(actor))
    return answer


def _appeals() -> Cached[Hashable, Any]:
    return recently("appeals to decide", APPEALS_KEPT_FOR, maximum=MAX_KEPT, timer=time.monotonic)


def _of(actor: Actor) -> Hashable:
    return actor.account_id, extent(actor, MODERATE), extent(actor, SENIOR)


def waiting(session: Session, scopes: tuple[Scope, ...]) -> str:
    """How many comments wait there, but for those left to seniors."""
    return counted(how_many(session, Wanted(scopes=scopes)))


def counted(count: int) -> str:
    """A count as a page says it: ``1,000+`` where counting stopped."""
    return f"{number(COUNTED)}+" if count > COUNTED else number(count)
