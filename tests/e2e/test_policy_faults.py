"""A configuration file that somebody has written half of while sixteen clients comment: the last good one decides."""

from __future__ import annotations

from typing import Any

from sqlalchemy import text

from tests.e2e.load import Load, account_for, asked, register_article
from tests.e2e.service import Service
from tests.waiting import until

COMMENTS = 20
LETS_ALL_PASS = """\
[policy.approve]
toxicity_at_most = 1.0
[policy.flag]
spam_at_least = false
"""
HOLDS_ALL = f"{LETS_ALL_PASS}toxicity_at_least = 0.0\n"
HALVES = {"readable": LETS_ALL_PASS, "broken off": HOLDS_ALL[:-4]}

DECIDED = text(
    "SELECT DISTINCT comments.status, policy_version FROM comments JOIN decisions ON comment_id = comments.id"
    " WHERE external_id LIKE :name"
)


def commented(service: Service, name: str) -> Load:
    load = Load(service, comments=COMMENTS, name=name)
    load.start()
    load.wait_for(COMMENTS // 4)
    return load


def accounted_for(load: Load, what: str) -> list[tuple[Any, ...]]:
    """Everybody got through; by which policies what came of it."""
    load.join()
    assert load.outcomes == {"acknowledged": COMMENTS}
    account_for(load, what)
    return asked(load.service, DECIDED, name=f"{load.name}-%")


def wait_for_refusals(service: Service, expected: int) -> None:
    refused = "configuration refused; the last good one stays in force"
    until(lambda: (service.var / "log").read_text().count(refused) == expected)


def test_a_half_written_policy_publishes_nothing_and_once_it_is_meant_it_decides(own_service: Service) -> None:
    service = own_service
    file, log = service.var / "moderation.toml", service.var / "log"
    file.write_text(HOLDS_ALL)
    service.environment["MODERATION_CONFIG"] = str(file)
    register_article(service.start())
    policies = set()
    for expected, (name, half) in enumerate(HALVES.items(), start=1):
        writing = commented(service, f"writing-{name}")
        file.write_text(half)
        decided = accounted_for(writing, f"policy being written, {name}")
        wait_for_refusals(service, expected)
        decided += accounted_for(commented(service, name), f"policy half written, {name}")
        assert {status for status, _ in decided} == {"pending"}
        policies |= {policy for _, policy in decided}
    [held_by] = policies

    file.write_text(f"{LETS_ALL_PASS}# meant\n")
    until(lambda: "configuration in force" in log.read_text())
    [(status, passed_by)] = accounted_for(commented(service, "meant"), "policy written to its end")
    assert status == "approved"
    assert passed_by != held_by
    assert service.stop() == 0
