"""A signed checkpoint in the place of a chain's old events: the rest verifies from it, and nothing else is deleted."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from moderation.cli import main
from moderation.core.audit_chain import UnchainedEvent
from moderation.desk.holds import put_hold
from moderation.jobs.chain_checks import ask_to_check, check_chains
from moderation.storage.audit import EventRow, append
from moderation.storage.chain_checks import ChainCheck
from moderation.storage.database import Database
from moderation.storage.holds import HoldAbout
from tests.commands import moderation
from tests.doubles import NOON
from tests.newsroom import SECRET, Newsroom
from tests.tampering import take_guards_away


def audit(newsroom: Newsroom, *arguments: str) -> Result:
    return moderation(newsroom.hall, "audit", *arguments)


def prune(newsroom: Newsroom, before: str) -> Result:
    return audit(newsroom, "prune", "--site", newsroom.site, "--before", before, "--yes")


def numbers(newsroom: Newsroom) -> list[int]:
    with newsroom.services.database.reading() as session:
        query = select(EventRow.sequence).where(EventRow.chain == newsroom.site).order_by(EventRow.sequence)
        return list(session.scalars(query))


def told_of(newsroom: Newsroom, result: Result) -> str:
    """What a verification says of this chain: the database has others."""
    return next(
        line for line in result.output.splitlines() if f"{newsroom.site}:" in line or f"{newsroom.site}," in line
    )


@pytest.fixture
def aged(newsroom: Newsroom) -> tuple[Newsroom, int]:
    """A site with old events and new ones, and the number of the last old one."""
    for _ in range(3):
        newsroom.accepted()
    old = numbers(newsroom)[-1]
    newsroom.clock.now += timedelta(days=400)
    newsroom.accepted()
    return newsroom, old


def test_the_rest_verifies_from_the_checkpoint_on(aged: tuple[Newsroom, int]) -> None:
    newsroom, old = aged
    before = numbers(newsroom)
    answer = prune(newsroom, f"{newsroom.clock.now - timedelta(days=100):%Y-%m-%d}")
    assert answer.exit_code == 0, answer.output
    assert f"Deleted {old} events" in answer.output
    assert numbers(newsroom) == [*before[old:], before[-1] + 1]
    assert f"{before[-1] + 1} events, the first {old} pruned" in told_of(newsroom, audit(newsroom, "verify"))
    newsroom.accepted()
    ask_to_check(newsroom.services, [newsroom.site])
    while check_chains(newsroom.services):
        pass
    with newsroom.services.database.reading() as session:
        check = session.get_one(ChainCheck, newsroom.site)
    assert (check.problem, check.head) == (None, numbers(newsroom)[-1])
    again = prune(newsroom, f"{newsroom.clock.now + timedelta(days=1):%Y-%m-%d}")
    assert again.exit_code == 0, again.output
    assert len(numbers(newsroom)) == 2  # the newest, and what says that it was pruned
    assert "BROKEN" not in told_of(newsroom, audit(newsroom, "verify"))


def test_nothing_old_nothing_pruned(newsroom: Newsroom) -> None:
    before = numbers(newsroom)
    answer = prune(newsroom, "2020-01-01")
    assert (answer.exit_code, numbers(newsroom)) == (0, before)
    assert "No event is that old." in answer.output


@pytest.mark.parametrize("statement", ["DELETE FROM audit_events WHERE chain = :of AND sequence > :old",
    "DELETE FROM audit_checkpoints WHERE chain = :of",
    "UPDATE audit_checkpoints SET sequence = sequence - 1 WHERE chain = :of",
    "UPDATE audit_checkpoints SET sequence = sequence + 1 WHERE chain = :of",
    "UPDATE audit_events SET actor = 'me' WHERE chain = :of"])  # fmt: skip
def test_the_database_opens_its_guards_for_nothing_else(aged: tuple[Newsroom, int], statement: str) -> None:
    newsroom, old = aged
    prune(newsroom, f"{newsroom.clock.now - timedelta(days=100):%Y-%m-%d}")
    with pytest.raises(DBAPIError), newsroom.services.database.engine.begin() as connection:
        connection.execute(text(statement), {"of": newsroom.site, **({"old": old} if ":old" in statement else {})})


def test_a_checkpoint_that_nobody_here_has_signed_breaks_its_chain(database: Database, tmp_path: Path) -> None:
    environment = {
        "MODERATION_DATABASE_URL": database.url,
        "MODERATION_VAR": str(tmp_path),
        "MODERATION_SECRET_KEY": SECRET,
    }

    def command(*arguments: str) -> Result:
        return CliRunner().invoke(main, ["audit", *arguments], env=environment)

    for number in range(5):
        event = UnchainedEvent(chain="system", actor="a", event="e", subject=f"s{number}", payload={"number": number})
        database.changing(partial(append, unchained_events=[event], at=NOON))
    tomorrow = f"{NOON + timedelta(days=1):%Y-%m-%d}"
    assert command("prune", "--site", "system", "--before", tomorrow, "--yes").exit_code == 0
    assert command("verify").exit_code == 0
    with database.engine.begin() as connection:
        take_guards_away(connection)
        connection.execute(text("UPDATE audit_checkpoints SET signature = :forged"), {"forged": "0" * 64})
    answer = command("verify")
    assert answer.exit_code == 1
    assert "was not signed by this service" in answer.output
    assert command("prune", "--site", "system", "--before", tomorrow, "--yes").exit_code == 1


def test_a_hold_on_anything_of_the_site_keeps_its_chain_whole(aged: tuple[Newsroom, int]) -> None:
    newsroom, _ = aged
    comment = newsroom.accepted()["id"]
    put_hold(newsroom.services, "test", newsroom.site, HoldAbout.COMMENT, comment, "Court order 12/26")
    before = numbers(newsroom)
    answer = prune(newsroom, f"{newsroom.clock.now - timedelta(days=100):%Y-%m-%d}")
    assert (answer.exit_code, numbers(newsroom)) == (1, before)
    assert "Court order 12/26" in answer.output


def test_a_pruned_chain_goes_out_and_comes_back(aged: tuple[Newsroom, int], tmp_path: Path, sqlite_url: str) -> None:
    newsroom, old = aged
    prune(newsroom, f"{newsroom.clock.now - timedelta(days=100):%Y-%m-%d}")
    file = tmp_path / "site.jsonl"
    assert moderation(newsroom.hall, "export", "--site", newsroom.site, str(file)).exit_code == 0
    environment = {
        "MODERATION_DATABASE_URL": sqlite_url,
        "MODERATION_VAR": str(tmp_path),
        "MODERATION_SECRET_KEY": SECRET,
    }
    for command in (["import", "moderation", str(file), "--site", newsroom.site], ["audit", "verify"]):
        answer = CliRunner().invoke(main, command, env=environment)
        assert answer.exit_code == 0, answer.output
    assert f"the first {old} pruned" in told_of(newsroom, answer)
