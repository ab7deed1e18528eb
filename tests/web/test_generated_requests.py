"""Requests that nobody would send, to every route of the application, as each of those who might: never a fault of
ours, and always an answer.

They are made of what is right (addresses of things that are there, the pages' own forms), of which something is then
spoilt, by one seed; the ids in them are each run's own, so that a failure tells the whole request. The suite sends a
few; ``MODERATION_TEST_REQUESTS=20000`` so many in all.
"""

from __future__ import annotations

import logging
import os
import random
import re
import resource
import signal
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests.web.spoilt import Ground, Spoiler
from tests.web.test_rights import ROLES, KeptStage, Who, postgres_stage, sqlite_stage

__all__ = ["postgres_stage", "sqlite_stage"]

log = logging.getLogger(__name__)

AS = ("nobody", "stranger", "moderator", "senior", "admin here", "chief", "key")
"""Roles of the table of rights. Each of them has the receipts of what readers wrote."""
EACH = int(os.environ.get("MODERATION_TEST_REQUESTS", "1400")) // (2 * len(AS))
"""So many requests as each of them, on each kind of database."""
A_HANG = 60
"""Seconds after which an answer is waited for no longer. No answer takes a hundredth of it on a busy machine."""


@pytest.fixture(scope="module")
def sqlite_ground(sqlite_stage: KeptStage) -> Ground:
    return Ground(sqlite_stage.again())


@pytest.fixture(scope="module")
def postgres_ground(postgres_stage: KeptStage) -> Ground:
    return Ground(postgres_stage.again())


@pytest.fixture
def ground(request: pytest.FixtureRequest) -> Ground:
    """What can be sent is gathered once, which takes longer than to send it; where it is sent to is put back."""
    gathered: Ground = request.getfixturevalue(f"{request.param}_ground")
    kept: KeptStage = request.getfixturevalue(f"{request.param}_stage")
    kept.again()
    return gathered


@contextmanager
def watched(about: object) -> Iterator[None]:
    """Ends what hangs, and says what it was."""

    def hangs(*_: object) -> None:
        raise AssertionError(f"no answer to {about}")

    before = signal.signal(signal.SIGALRM, hangs)
    signal.alarm(A_HANG)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


ASKED = [
    pytest.param(kind, role, marks=[pytest.mark.postgres] if kind == "postgres" else [])
    for kind in ("sqlite", "postgres")
    for role in AS
]


# Werkzeug leaves it to the interpreter to close the file of a form that breaks off within it.
@pytest.mark.filterwarnings("ignore:.*SpooledTemporaryFile:pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize(("ground", "role"), ASKED, indirect=["ground"])
def test_whatever_is_sent_to_any_route_is_answered(ground: Ground, role: str) -> None:
    spoiler = Spoiler(ground, random.Random(f"20260302 {role}"))
    seen, wrong = Counter[int](), dict[str, str]()
    client: Any = None
    for number in range(EACH):
        if number % 20 == 0:  # what was sent may have ended the sign-in
            client = _signed_in(ground, role, spoiler, client)
        request = spoiler.request()
        with watched(request):
            answer = client.open(**request, buffered=True)
        seen[answer.status_code] += 1
        about = f"{number} {request}"[:3000]
        if answer.status_code >= 500:
            wrong.setdefault(
                f"{answer.status_code} {request['method']} {re.sub('[0-9a-z]{26}', 'ID', answer.request.path)[:80]}",
                about,
            )
        elif answer.status_code >= 400 and request["method"] != "HEAD" and not answer.data:
            wrong.setdefault(f"{answer.status_code} without a word", about)
        elif "Content-Security-Policy" not in answer.headers:
            wrong.setdefault(f"{answer.status_code} without its headers", about)
        answer.close()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    log.info(f"{role}: {seen.total()} requests, at most {peak} MB: {dict(sorted(seen.items()))}")
    assert not wrong, "\n\n".join(f"{key}: {about}" for key, about in wrong.items())
    assert len(ground.sendable) > 200, "the pages' forms are no longer found"
    assert len(seen) >= 5, seen  # they do get far


def _signed_in(ground: Ground, role: str, spoiler: Spoiler, client: Any) -> Any:
    """The role's browser as it was, or, where it has been signed out, a new one; and the token of its forms."""
    pages, has_account = ground.stage.pages, ROLES[role][0] not in (Who.ALL, Who.KEY)
    if client is not None and (not has_account or client.get("/account").status_code == 200):
        return client
    visitor = pages.signed_in(role) if has_account else pages.visitor()
    page = visitor.open("/account" if has_account else "/login").page
    spoiler.token = str(page.xpath("//input[@name='csrf_token']/@value")[0])
    spoiler.key = ground.stage.keys["demo"] if ROLES[role][0] is Who.KEY else ""
    return visitor.client
