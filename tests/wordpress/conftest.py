"""A running service and a WordPress that know each other, shared by all tests here; each has posts of its own."""

from __future__ import annotations

import itertools
import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.e2e.service import SITE_KEY, Service
from tests.waiting import until
from tests.wordpress.site import Visitor, WordPress

_POLICY = """
[rate_limits]
enabled = false
[scoring]
runtime = "onnxruntime-int8"
[policy.approve]
toxicity_at_most = 0.5
[policy.flag]
links_at_least = 1
[policy.reject]
links_at_least = 3
[[reasons]]
id = "spam"
label = "Spam"
reader = "It advertises something."
"""


@dataclass(slots=True)
class Pair:
    """The service, the site, and what people do there."""

    service: Service
    site: WordPress
    publishable: str
    secret: str = ""
    texts: Any = field(default_factory=itertools.count)

    @property
    def events_at(self) -> str:
        return f"{self.site.address}/wp-json/reader-comment-moderation/v1/events"

    def join(self, **changes: str) -> None:
        """The site's settings as they are to be, but for these."""
        given = {"address": self.service.address, "mode": "keep", "secret_key": SITE_KEY, "site_key": self.publishable}
        self.site.set_up(**(given | {"webhook_secret": self.secret} | changes))

    def text(self, links: int = 0) -> str:
        """A comment that is published at once; with a link it waits, with three it is refused."""
        said = f"The new line will spare number {next(self.texts)} of our street the long way round the harbour."
        return " ".join((said, *(f"https://news.example/{number}" for number in range(links))))

    def write(self, post: int, links: int = 0, **more: Any) -> int:
        """A reader comments; returns the comment's id in WordPress."""
        page = Visitor(self.site.address).comment(post, self.text(links), **more)
        assert page.status == 200, page.text
        return int(self.site.comments(post)[-1]["comment_ID"])

    def status(self, comment: int) -> str:
        return str(self.site.php(f"return get_comment( {comment} )->comment_approved ?? 'gone';"))

    def becomes(self, comment: int, status: str) -> None:
        """Waits until a comment stands so in WordPress."""
        until(lambda: self.status(comment) == status)

    def comes_to_stand(self, comment: int, status: str) -> None:
        """Waits until the service has it so. On a busy machine a request may be too slow to be waited for: what it
        should have told is told by WordPress's clock.
        """

        def is_so() -> bool:
            if self.there(comment)["status"] == status:
                return True
            self.site.work()
            return False

        until(is_so)

    def settled(self, *comments: int) -> None:
        """Waits until every event about these has been told; without any, until none will be told for a while. Events
        about a comment that is gone from WordPress are tried again for half a minute.
        """
        about = {self.id(comment) for comment in comments}
        soon = "" if about else "AND next_at < strftime('%Y-%m-%d %H:%M:%f', 'now', '+15 seconds')"
        query = "SELECT subject FROM outbox UNION SELECT subject FROM webhook_deliveries WHERE next_at IS NOT NULL"

        def is_told() -> bool:
            with closing(sqlite3.connect(self.service.var / "moderation.sqlite3")) as db:
                left = {subject for (subject,) in db.execute(f"{query} {soon}")}
            return not (left & about if about else left)

        until(is_told)

    def id(self, comment: int) -> str:
        """The service's id of a comment; empty where it has none."""
        return str(self.site.php(f"return get_comment_meta( {comment}, '_rcm_id', true );"))

    def new_id(self) -> str:
        """An id that the service could give; no comment of this site has it."""
        return f"01k0v6v1m3c7m5sq5n{next(self.texts):08}"

    def there(self, comment: int) -> dict[str, Any]:
        """A comment as the service has it."""
        return dict(self.service.ask("GET", f"/api/v1/comments/{self.id(comment)}").json)

    def decide(self, comment: int, outcome: str, **more: str) -> None:
        """A moderator decides at the service."""
        body = {"outcome": outcome, **more}
        assert self.service.ask("POST", f"/api/v1/comments/{self.id(comment)}/decisions", body).status == 200

    def article(self, post: int) -> dict[str, Any] | None:
        """What the service has stored of an article; None where it has none."""
        with closing(sqlite3.connect(self.service.var / "moderation.sqlite3")) as db:
            db.row_factory = sqlite3.Row
            found = db.execute("SELECT * FROM articles WHERE external_id = ?", [f"wp-1-{post}"]).fetchone()
        return None if found is None else {**found, "paragraphs": json.loads(found["paragraphs"])}


@pytest.fixture(scope="package")
def site() -> Iterator[WordPress]:
    """A WordPress with the plugin, not set up."""
    site = WordPress()
    try:
        yield site.start()
    finally:
        site.stop()


@pytest.fixture(scope="package")
def joined(site: WordPress, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    var = tmp_path_factory.mktemp("var")
    (var / "moderation.toml").write_text(_POLICY)
    environment = {
        "MODERATION_ENV": "production",  # no demo to be loaded
        "MODERATION_SECRET_KEY": "a secret key of the tests' own",
        "MODERATION_CONFIG": str(var / "moderation.toml"),
    }
    service = Service(var, environment=environment).start()
    made = service.command("sites", "publishable-key", "demo", "--origin", site.address)
    assert made.exit_code == 0, made.stderr
    pair = Pair(service=service, site=site, publishable=made.stdout.strip())
    added = service.command("webhooks", "add", "--site", "demo", pair.events_at, "--allow-private")
    assert added.exit_code == 0, added.stderr
    pair.secret = added.stdout.split()[-1]
    yield pair
    service.stop()


@pytest.fixture
def pair(joined: Pair) -> Iterator[Pair]:
    """Both, the site with its usual settings; PHP must not have complained of anything."""
    joined.join()
    joined.site.forget_complaints()
    yield joined
    assert joined.site.complaints == ""
