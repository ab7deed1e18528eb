"""The moderators' desk at ten thousand comments and at a million: what the server takes for each page and decision.

Two databases are made (SQLite, a tenth of the comments waiting), and the real application answers a signed-in
moderator's requests over each in turn, so that what else the machine does slows both alike. Times are medians of whole
requests without the network. The growth is the million's time over the ten thousand's.
"""

from __future__ import annotations

import itertools
import logging
import os
import random
import secrets
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from statistics import fmean as mean
from statistics import median
from typing import Any, cast

from flask.testing import FlaskClient
from lxml import html
from sqlalchemy import select
from sqlalchemy.orm import Session

from moderation.app import create_app
from moderation.bootstrap import build_services
from moderation.config.settings import read_environment
from moderation.core.ids import new_id
from moderation.core.reach import Scope
from moderation.services import CommentScorer, Services, utc_now
from moderation.storage.accounts import Account, Extra, Grant, Role, WebSession
from moderation.storage.comments import Comment
from moderation.storage.score_map import Area, histogram
from moderation.storage.sites import digest_of
from moderation.web.shared.access import COOKIE
from scripts.benchmarks.common import Row, arguments, percentile, report, say
from scripts.benchmarks.desk_parts.filling import SITE, Filled, fill

ROOT = Path(__file__).parents[2]
SMALL, LARGE = 10_000, 1_000_000
ROUNDS = 30
WARM_UP = 5
WHAT_IF_ROUNDS = 5


@dataclass(slots=True)
class Desk:
    """One database behind the application, and a moderator who has signed in."""

    filled: Filled
    services: Services
    client: FlaskClient
    token: str
    chance: random.Random

    def get(self, path: str) -> str:
        answer = self.client.get(path)
        if answer.status_code != 200:
            raise RuntimeError(f"{path}: {answer.status}")
        return answer.get_data(as_text=True)

    def post(self, path: str, **fields: str) -> None:
        answer = self.client.post(path, data=fields | {"csrf_token": self.token})
        if answer.status_code not in (200, 303):
            raise RuntimeError(f"{path}: {answer.status}")


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("--small", type=int, default=SMALL, help="comments in the one database (default %(default)s)")
    parser.add_argument("--large", type=int, default=LARGE, help="comments in the other (default %(default)s)")
    options = parser.parse_args()
    logging.getLogger("moderation").setLevel(logging.WARNING)
    with tempfile.TemporaryDirectory() as folder:
        filled = [_filled(Path(folder), number) for number in (options.small, options.large)]
        with opened(filled[0]) as small, opened(filled[1]) as large:
            rows = [row for name, task in TASKS.items() for row in _measured(name, task, small, large)]
            rows += _further(large)
    notes = [
        f"{options.large:,} comments beside {options.small:,}; medians of {ROUNDS} rounds, p95 beside",
        "a round of the queue, of the map and of search is the mean of three or four views",
        "map_ms is asked for as a moderator drags over it; map_counted_ms is the count that is kept for five seconds",
    ]
    report("desk", rows, json_file=options.json, notes=notes)


def _filled(folder: Path, comments: int) -> Filled:
    say(f"making {comments:,} comments ...")
    begun = time.perf_counter()
    filled = fill(folder / f"{comments}.sqlite3", comments)
    say(f"  {time.perf_counter() - begun:.0f} s, {filled.file.stat().st_size / 1e6:,.0f} MB")
    return filled


@contextmanager
def opened(filled: Filled) -> Iterator[Desk]:
    """The application over this database."""
    environment = {
        "MODERATION_DATABASE_URL": f"sqlite:///{filled.file}",
        "MODERATION_VAR": str(filled.file.parent / "var"),
        "MODERATION_CONFIG": str(ROOT / "config" / "moderation.toml"),
        "MODERATION_SECRET_KEY": "a secret key for the benchmark alone",
    }
    services = build_services(read_environment(environment, root=ROOT), scorer=cast(CommentScorer, None))
    app = create_app(services)
    client = app.test_client()
    client.set_cookie(COOKIE, _sign_in(services))
    page = html.fromstring(client.get("/review").get_data(as_text=True))
    token = page.xpath("//input[@name='csrf_token']/@value")[0]
    yield Desk(filled, services, client, token, random.Random(7))  # noqa: S311 - nothing secret
    services.database.close()


def _sign_in(services: Services) -> str:
    """An account with every right, and the text for its cookie."""
    cookie, now = secrets.token_urlsafe(32), utc_now()

    def insert(session: Session) -> None:
        account = Account(id=new_id(now), name="bench", password_hash="-", created_at=now)  # noqa: S106
        session.add(account)
        session.flush()
        session.add(Grant(account_id=account.id, site_id="*", role=Role.ADMIN, extra=[Extra.BATCH_REJECT.value]))
        ends = now + timedelta(hours=12)
        session.add(WebSession(digest=digest_of(cookie), account_id=account.id, created_at=now, expires_at=ends))

    services.database.writing(insert)
    return cookie


# --- what is measured -------------------------------------------------------------------------------------------------


def queue(desk: Desk) -> float:
    """A page of the queue: by default, by age, of one article, and of what was published."""
    views = ("", "?order=oldest", f"?article={desk.filled.article}", "?status=approved")
    return mean(timed(desk.get, f"/review{view}") for view in views)


def comment(desk: Desk) -> float:
    """One comment with all that a decision needs."""
    return timed(desk.get, f"/review/comments/{desk.chance.choice(desk.filled.waiting)}")


def approve(desk: Desk) -> float:
    """An approval, committed to disk with its audit event."""
    waiting = desk.filled.waiting
    chosen = waiting.pop(desk.chance.randrange(len(waiting)))
    with desk.services.database.reading() as session:
        revision = session.scalar(select(Comment.revision).where(Comment.id == chosen))
    return timed(desk.post, f"/review/comments/{chosen}/approve", revision=str(revision), back="/review")


def score_map(desk: Desk) -> float:
    """The score map with a score range, its number and its sample, along three scores."""
    low = desk.chance.randrange(0, 90)
    edges = f"from={low / 100:.2f}&to={(low + 10) / 100:.2f}"
    return mean(timed(desk.get, f"/review/map?signal={name}&{edges}") for name in ("toxicity", "insult", "relevance"))


def search(desk: Desk) -> float:
    """Full-text search among what waits: a rare word, a common one, and both."""
    rare, common = desk.filled.rare_word, desk.filled.common_word
    return mean(timed(desk.get, f"/review?find={words}") for words in (rare, common, f"{rare} {common}"))


TASKS: dict[str, Callable[[Desk], float]] = {
    "queue": queue,
    "comment": comment,
    "approve": approve,
    "map": score_map,
    "search": search,
}


def timed(work: Callable[..., Any], *given: Any, **fields: Any) -> float:
    """How long it took, in milliseconds."""
    begun = time.perf_counter()
    work(*given, **fields)
    return (time.perf_counter() - begun) * 1000


def _measured(name: str, task: Callable[[Desk], float], small: Desk, large: Desk) -> list[Row]:
    say(f"measuring {name} ...")
    for desk in (small, large) * WARM_UP:
        task(desk)
    pairs = [(task(small), task(large)) for _ in range(ROUNDS)]
    before, after = (median(times) for times in zip(*pairs, strict=True))
    p95 = percentile([pair[1] for pair in pairs], 0.95)
    say(f"  {before:.1f} ms, {after:.1f} ms at the larger (p95 {p95:.1f})")
    return [
        Row(measure=f"{name}_ms", ours=after, unit="ms", beside={"smaller": before, "p95": p95}),
        Row(measure=f"{name}_growth", ours=after / before, unit="times", ratio=after / before),
    ]


def _further(large: Desk) -> list[Row]:
    say("measuring the map's counting, and what if ...")
    area = Area(scopes=(Scope(site_id=SITE),))
    with large.services.database.reading() as session:
        counted = [timed(histogram, session, area, signal) for signal in ("toxicity", "relevance", "threat") * 3]
    what_if = [timed(large.get, path) for path in itertools.islice(_what_ifs(), WHAT_IF_ROUNDS)]
    return [
        Row(measure="map_counted_ms", ours=median(counted), unit="ms"),
        Row(measure="what_if_ms", ours=median(what_if), unit="ms", beside={"first": what_if[0]}),
    ]


def _what_ifs() -> Iterator[str]:
    """Thresholds moved a little, again and again."""
    for threshold in itertools.count(50):
        tried = f"approve.toxicity_at_most={threshold / 200:.2f}&reject.toxicity_at_least={threshold / 100:.2f}"
        yield f"/admin/what-if?tried=1&tried_site=&tried_section=&site=&section=&comments=100000&{tried}"


if __name__ == "__main__":
    os.environ.setdefault("MODERATION_ENV", "development")
    main()
