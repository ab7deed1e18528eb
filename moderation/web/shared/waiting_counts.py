"""How much waits, for pages that ask every second: each number is counted once in a moment, whoever asks for it."""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable
from datetime import timedelta

from sqlalchemy.orm import Session

from moderation.core.actor import Actor
from moderation.core.reach import READ, Scope, extent
from moderation.storage.desk_lists import COUNTED, Wanted, how_many
from moderation.web.shared.cache import recently
from moderation.web.shared.languages import language
from moderation.web.shared.wording import number

KEPT_FOR = timedelta(seconds=0.5)
"""Pages ask every second, so that what they show is two seconds old at most."""
MAX_KEPT = 1000


def lately(actor: Actor, of: Hashable, count: Callable[[], str]) -> str:
    """What ``count`` says, now or a moment ago to somebody with the same reach; ``of`` names what is counted."""
    # Real time, whatever the service's clock says: this is about the age of what a page shows.
    counts = recently("counts", KEPT_FOR, maximum=MAX_KEPT, timer=time.monotonic)
    found: str = counts.get((extent(actor, READ), language(), of), count)
    return found


def waiting(session: Session, scopes: tuple[Scope, ...]) -> str:
    """How many comments wait there, but for those left to seniors."""
    return counted(how_many(session, Wanted(scopes=scopes)))


def counted(count: int) -> str:
    """A count as a page says it: ``1,000+`` where counting stopped."""
    return f"{number(COUNTED)}+" if count > COUNTED else number(count)
