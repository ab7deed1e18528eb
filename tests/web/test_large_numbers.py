"""What is numbered as it comes goes on past 2**31, through every door that names such a number."""

from __future__ import annotations

import json

from sqlalchemy import text

from moderation.desk.bulk_runner import carry_on
from moderation.desk.decide import Verdict
from moderation.jobs.chain_checks import check_chains
from tests.web.pages import CALM, SITE_KEY, Pages

BEYOND = 3_000_000_000


def count_on_from(pages: Pages, number: int) -> None:
    """As if so many comments, and so many events of the chain ``demo``, had been there before."""
    database = pages.services.database
    with database.engine.begin() as connection:
        connection.execute(text("UPDATE audit_heads SET sequence = :to WHERE chain = 'demo'"), {"to": number})
        if database.is_sqlite:
            connection.execute(text("UPDATE queue_index SET number = :to"), {"to": number})
        else:
            connection.execute(
                text("SELECT setval(pg_get_serial_sequence('queue_index', 'number'), :to)"), {"to": number}
            )


def test_everything_goes_on_past_32_bits(pages: Pages) -> None:
    pages.say()
    count_on_from(pages, BEYOND)
    comments = [pages.say(f"{CALM} Number {number} of many bridges.", by=f"Reader {number}") for number in range(3)]
    pages.decide(comments[0], Verdict.APPROVE)
    admin = pages.signed_in()
    log = admin.open(f"/audit?chain=demo&before={BEYOND + 3}")
    assert [int(number) for number in log.texts("//tbody/tr/td[1]")][:2] == [BEYOND + 2, BEYOND + 1]
    exported = admin.client.get("/audit/export?chain=demo").text.splitlines()
    assert json.loads(exported[-1])["sequence"] > BEYOND
    admin.open("/audit").send("/audit/verify")
    while check_chains(pages.services):
        pass
    assert "the next one stored is 3000000001" in admin.open("/audit").text
    news = admin.client.get(f"/review/news?since={BEYOND + 1}").json
    assert news is not None
    assert news["new"] == 2
    for path in (
        "/review",
        "/review?order=newest",
        "/review?find=bridges",
        "/review/map?signal=toxicity",
        f"/review/news?since={2**63 - 1}",
        f"/review/comments/{comments[1]}",
        f"/audit?chain=demo&before={2**63}",
    ):
        assert admin.open(path).status == 200, path
    by_key = {"Authorization": f"Bearer {SITE_KEY}"}
    waiting = pages.app.test_client().get("/api/v1/comments?order=newest", headers=by_key)
    assert len((waiting.json or {})["comments"]) == 3
    admin.open("/review/map?signal=toxicity&from=0.00&to=1.00").send("/review/map/approve")
    while carry_on(pages.services):
        pass
    assert pages.app.test_client().get("/api/v1/comments", headers=by_key).json == {"comments": [], "next": None}
