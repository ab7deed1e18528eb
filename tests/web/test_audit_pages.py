"""The audit log on its page: read, filtered, verified."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlencode

import pytest
from click.testing import CliRunner
from pages_house import CALM, SITE_KEY, House, Visitor
from sqlalchemy import text

from moderation.cli import main
from moderation.core.actor import Actor
from moderation.review import Ruling, Verdict, decide_comment
from moderation.storage.accounts import Role, account_named


def events(log: Visitor) -> list[str]:
    return log.texts("//tbody/tr/td[3]")


def test_the_log_tells_a_comment_s_story_newest_first(either_house: House) -> None:
    comment = either_house.say()
    either_house.decide(comment, Verdict.APPROVE)
    log = either_house.signed_in().open(f"/audit?subject={comment}")
    assert events(log) == ["comment.approved", "comment.decided", "comment.scored", "comment.submitted"]
    assert events(log.open("/audit?event=comment.appr")) == ["comment.approved"]
    assert events(log.open("/audit?actor=policy")) == ["comment.decided"]
    assert "No such event" in log.open("/audit?subject=nothing").text


def test_whoever_the_log_names_is_found_by_that_name(either_house: House) -> None:
    either_house.account("Berta Größ", {"demo": Role.MODERATOR})
    with either_house.services.database.reading() as db:
        berta = account_named(db, "Berta Größ")
    assert berta is not None
    actor = Actor(reference=f"account:{berta.id}", name="Berta Größ", rights={"*": frozenset({"read", "moderate"})})
    comments = [either_house.say(), either_house.say(f"{CALM} Again.")]
    decide_comment(either_house.services, actor, comments[0], Ruling(verdict=Verdict.APPROVE))
    log = either_house.signed_in().open("/audit?event=comment.")
    shown = {*log.texts("//tbody/tr/td[4]")}
    assert {"Berta Größ", "the policy"} <= shown
    for name in shown - {"test"}:  # the sender of these tests, a bare reference
        found = log.open(f"/audit?{urlencode({'event': 'comment.', 'actor': name.upper()})}")
        assert {*found.texts("//tbody/tr/td[4]")} == {name}
        (href,) = {*found.page.xpath("//tbody/tr/td[4]//a/@href")}
        assert {*log.open(href).texts("//tbody/tr/td[4]")} == {name}
    assert events(log.open("/audit?actor=policy")) == ["comment.decided", "comment.decided"]
    assert "No such event" in log.open("/audit?actor=nobody+of+that+name").text


def test_the_log_is_read_from_one_day_to_another(either_house: House) -> None:
    began = either_house.clock.now
    for _ in range(4):
        either_house.say(f"{CALM} {either_house.clock.now}")
        either_house.clock.wait(days=1)
    days = [(began + timedelta(days=n)).date().isoformat() for n in range(6)]
    log = either_house.signed_in()

    def count(first: int | None, last: int | None) -> int:
        asked = {"from": "" if first is None else days[first], "to": "" if last is None else days[last]}
        return events(log.open(f"/audit?{urlencode(asked)}")).count("comment.submitted")

    found = [count(*asked) for asked in ((None, None), (1, None), (None, 1), (1, 2), (2, 1), (3, 3), (5, None))]
    assert found == [4, 3, 2, 2, 0, 1, 0]
    for odd in ("x", "0000-00-00", "9999-12-31", "0001-01-01", "%00"):
        assert log.open(f"/audit?from={odd}&to={odd}").status == 200


def test_the_log_goes_back_page_by_page(house: House) -> None:
    for number in range(20):
        house.say(f"{CALM} {number}")
    log = house.signed_in().open("/audit?event=comment.")
    assert len(events(log)) == 50
    (older,) = log.page.xpath("//a[.='Older events']/@href")
    assert len(events(log.open(older))) == 10
    assert log.page.xpath("//a[.='Newest']")


def test_administrators_see_the_chain_of_the_service_too(house: House) -> None:
    log = house.signed_in().open("/audit?chain=system")
    assert {"account.created", "site.created"} <= set(events(log))


def test_verifying_says_that_the_chains_hold(house: House) -> None:
    house.say()
    log = house.signed_in().open("/audit").send("/audit/verify")
    assert "Every chain that you may see verifies." in log.text
    assert "demo: " in log.text
    assert "system: " in log.text


def test_verifying_names_the_event_that_was_changed_behind_its_back(house: House) -> None:
    house.say()
    with house.services.database.engine.execution_options(writes=True).begin() as connection:
        for (name,) in connection.execute(text("SELECT name FROM sqlite_master WHERE type = 'trigger'")).all():
            connection.execute(text(f'DROP TRIGGER "{name}"'))
        connection.execute(text("UPDATE audit_events SET actor = 'nobody' WHERE chain = 'demo' AND sequence = 3"))
    log = house.signed_in().open("/audit").send("/audit/verify")
    assert "A chain does not verify." in log.text
    assert "chain demo, event 3" in log.text


TAMPERED = {
    "no JSON": "payload = '{not JSON'",
    "JSON that is no object": "payload = '[1, 2]'",
    "half a character": 'payload = \'{"a": "\\ud800"}\'',
    "nested without end": f"payload = '{'[' * 20_000}'",
    "a very large number": f"payload = '{'9' * 10_000}'",
    "very long": f"payload = '\"{'x' * 300_000}\"'",
    "no time": "time = 'yesterday'",
    "a time without a zone": "time = '2026-01-14T09:00:00'",
    "a time before all times": "time = '0001-01-01T00:00:00+23:59'",
    "a time after all times": "time = '9999-12-31T23:59:59-23:59'",
    "a number that JSON doesn't know": "payload = '[NaN, 1e999]'",
    "empty": "actor = '', event = '', subject = '', hash = ''",
    "another event": "event = 'comment.nonsense', subject = '../../logout'",
    "markup": "actor = '<script>alert(1)</script>', subject = '<b>'",
}
ON_SQLITE_ALONE = {
    "bytes that are no text": "payload = CAST(X'ff00fe' AS TEXT)",
    "such bytes in more columns": "time = CAST(X'ff' AS TEXT), actor = X'fe', event = X'80', hash = X'f0'",
    "a number that is none": "sequence = 'three'",
    "a number that is a half": "sequence = 2.5",
    "a number of bytes": "sequence = X'ff'",
    "nothing but a number": "payload = 7, time = 1.5",
}


def tamper(house: House, change: str) -> None:
    """Somebody who owns the database changes the third event of the chain ``demo``."""
    database = house.services.database
    with database.engine.execution_options(writes=True).begin() as connection:
        if database.is_sqlite:
            for (name,) in connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'trigger'").all():
                connection.exec_driver_sql(f'DROP TRIGGER "{name}"')
        else:
            connection.exec_driver_sql("ALTER TABLE audit_events DISABLE TRIGGER ALL")
        changed = f"UPDATE audit_events SET {change} WHERE chain = 'demo' AND sequence = 3"
        assert connection.exec_driver_sql(changed).rowcount == 1


def assert_the_broken_event_is_shown(house: House, tmp_path: Path, comment: str) -> None:
    admin = house.signed_in()
    page = admin.open("/audit")
    assert page.status == 200
    assert len(page.texts("//tbody/tr")) >= 5
    assert len(page.texts("//tbody/tr[contains(., 'Altered')]")) == 1
    verified = page.send("/audit/verify")
    assert verified.status == 200
    assert "chain demo, event 3" in verified.text
    assert admin.open(f"/review/comments/{comment}").status == 200
    client = house.app.test_client()
    told = client.get(f"/api/v1/comments/{comment}/audit", headers={"Authorization": f"Bearer {SITE_KEY}"})
    assert told.status_code == 200
    assert len((told.json or {})["events"]) >= 2
    assert admin.client.get("/audit/export").status_code == 200
    environment = {"MODERATION_DATABASE_URL": house.services.database.url, "MODERATION_VAR": str(tmp_path)}
    command = CliRunner().invoke(main, ["audit", "verify"], env=environment)
    assert command.exit_code == 1
    assert "chain demo, event 3" in command.output
    exported = CliRunner().invoke(main, ["audit", "export"], env=environment)
    assert exported.exit_code == 0
    assert len(exported.stdout_bytes.splitlines()) >= 5


@pytest.mark.parametrize("change", TAMPERED.values(), ids=TAMPERED)
def test_an_event_that_was_tampered_with_is_shown_as_such(either_house: House, tmp_path: Path, change: str) -> None:
    comment = either_house.say()
    tamper(either_house, change)
    assert_the_broken_event_is_shown(either_house, tmp_path, comment)


@pytest.mark.parametrize("change", ON_SQLITE_ALONE.values(), ids=ON_SQLITE_ALONE)
def test_what_only_sqlite_can_hold_is_shown_too(house: House, tmp_path: Path, change: str) -> None:
    comment = house.say()
    tamper(house, change)
    assert_the_broken_event_is_shown(house, tmp_path, comment)


@pytest.mark.parametrize("before", ["2147483648", "9" * 20, "9" * 200])
def test_any_number_may_be_asked_for_as_the_one_to_begin_before(either_house: House, before: str) -> None:
    page = either_house.signed_in().open(f"/audit?chain=demo&before={before}")
    assert page.status == 200
    assert events(page)


@pytest.mark.parametrize("query", ["chain=%00", "before=x", "before=9" + "9" * 11, "event=%25&actor=%00&subject=%ff"])
def test_odd_questions_to_the_log_are_no_5xx(house: House, query: str) -> None:
    assert house.signed_in().open(f"/audit?{query}").status == 200


def test_the_log_is_exported_as_the_command_writes_it(either_house: House, tmp_path: Path) -> None:
    either_house.say()
    admin = either_house.signed_in()
    answer = admin.client.get("/audit/export")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="audit-all.jsonl"'
    environment = {"MODERATION_DATABASE_URL": either_house.services.database.url, "MODERATION_VAR": str(tmp_path)}
    assert CliRunner().invoke(main, ["audit", "export"], env=environment).output == answer.text
    one = [json.loads(line) for line in admin.client.get("/audit/export?chain=demo").text.splitlines()]
    assert {line["chain"] for line in one} == {"demo"}
    assert [line["sequence"] for line in one] == list(range(1, len(one) + 1))


def test_only_the_chains_that_one_may_read_are_exported(house: House) -> None:
    house.say()
    house.account("berta", {"demo": Role.MODERATOR})
    house.account("sam", {"demo": Role.SENIOR}, sections=("sport",))
    berta, sam = house.signed_in("berta").client, house.signed_in("sam").client
    chains = {json.loads(line)["chain"] for line in berta.get("/audit/export").text.splitlines()}
    assert chains == {"demo"}
    assert berta.get("/audit/export?chain=system").status_code == 404
    assert [sam.get(path).status_code for path in ("/audit/export", "/audit/export?chain=demo", "/audit")] == [
        404,
        404,
        403,
    ]
