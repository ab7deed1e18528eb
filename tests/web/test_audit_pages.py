"""The audit log on its page: read, filtered, verified."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from click.testing import CliRunner
from sqlalchemy import event, text

from moderation.cli import main
from moderation.core.actor import Actor
from moderation.desk.decide import Ruling, Verdict, decide_comment
from moderation.jobs import chain_checks
from moderation.jobs.chain_checks import check_chains
from moderation.storage import audit
from moderation.storage.accounts import Role, account_named
from moderation.storage.audit import stored_head
from moderation.web.desk import audit as audit_pages
from tests.tampering import take_guards_away
from tests.web.pages import CALM, SITE_KEY, Pages, Visitor, on_both_databases, on_sqlite_alone


def events(log: Visitor) -> list[str]:
    return log.texts("//tbody/tr/td[3]")


def test_the_log_tells_a_comment_s_story_newest_first(pages: Pages) -> None:
    comment = pages.say()
    pages.decide(comment, Verdict.APPROVE)
    log = pages.signed_in().open(f"/audit?subject={comment}")
    assert events(log) == ["comment.approved", "comment.decided", "comment.scored", "comment.submitted"]
    assert events(log.open("/audit?event=comment.appr")) == ["comment.approved"]
    assert events(log.open("/audit?actor=policy")) == ["comment.decided"]
    assert "No such event" in log.open("/audit?subject=nothing").text


def test_whoever_the_log_names_is_found_by_that_name(pages: Pages) -> None:
    pages.account("Berta Größ", {"demo": Role.MODERATOR})
    with pages.services.database.reading() as db:
        berta = account_named(db, "Berta Größ")
    assert berta is not None
    actor = Actor(reference=f"account:{berta.id}", name="Berta Größ", rights={"*": frozenset({"read", "moderate"})})
    comments = [pages.say(), pages.say(f"{CALM} Again.")]
    decide_comment(pages.services, actor, comments[0], Ruling(verdict=Verdict.APPROVE))
    log = pages.signed_in().open("/audit?event=comment.")
    shown = {*log.texts("//tbody/tr/td[4]")}
    assert {"Berta Größ", "the policy"} <= shown
    for name in shown - {"test"}:  # the sender of these tests, a bare reference
        found = log.open(f"/audit?{urlencode({'event': 'comment.', 'actor': name.upper()})}")
        assert {*found.texts("//tbody/tr/td[4]")} == {name}
        (href,) = {*found.page.xpath("//tbody/tr/td[4]//a/@href")}
        assert {*log.open(href).texts("//tbody/tr/td[4]")} == {name}
    assert events(log.open("/audit?actor=policy")) == ["comment.decided", "comment.decided"]
    assert "No such event" in log.open("/audit?actor=nobody+of+that+name").text


def test_the_log_is_read_from_one_day_to_another(pages: Pages) -> None:
    began = pages.clock.now
    for _ in range(4):
        pages.say(f"{CALM} {pages.clock.now}")
        pages.clock.move(days=1)
    days = [(began + timedelta(days=n)).date().isoformat() for n in range(6)]
    log = pages.signed_in()

    def count(first: int | None, last: int | None) -> int:
        asked = {"from": "" if first is None else days[first], "to": "" if last is None else days[last]}
        return events(log.open(f"/audit?{urlencode(asked)}")).count("comment.submitted")

    found = [count(*asked) for asked in ((None, None), (1, None), (None, 1), (1, 2), (2, 1), (3, 3), (5, None))]
    assert found == [4, 3, 2, 2, 0, 1, 0]
    for odd in ("x", "0000-00-00", "9999-12-31", "0001-01-01", "%00"):
        assert log.open(f"/audit?from={odd}&to={odd}").status == 200


def test_the_log_goes_back_page_by_page(pages: Pages) -> None:
    for number in range(20):
        pages.say(f"{CALM} {number}")
    log = pages.signed_in().open("/audit?event=comment.")
    assert len(events(log)) == 50
    (older,) = log.page.xpath("//a[.='Older events']/@href")
    assert len(events(log.open(older))) == 10
    assert log.page.xpath("//a[.='Newest']")


def test_administrators_see_the_chain_of_the_service_too(pages: Pages) -> None:
    log = pages.signed_in().open("/audit?chain=system")
    assert {"account.created", "site.created"} <= set(events(log))


def verified(log: Visitor, pages: Pages) -> Visitor:
    """The page after its chains were asked for and recomputed."""
    assert "Verifying: 0 of " in log.open("/audit").send("/audit/verify").text
    while check_chains(pages.services):
        pass
    return log.open("/audit")


def test_verifying_says_that_the_chains_hold_up_to_which_head_and_when(pages: Pages) -> None:
    pages.say()
    log = verified(pages.signed_in(), pages)
    assert "Every chain that you may see verifies." in log.text
    with pages.services.database.reading() as db:
        heads = {chain: stored_head(db, chain) for chain in ("demo", "system")}
    for chain, head in heads.items():
        assert head is not None
        assert f"{chain}: {head.sequence} events, head {head.hash}" in log.text
    assert log.page.xpath("//*[@id='checks']//time")
    pages.say(f"{CALM} And again.")
    before = heads["demo"]
    assert before is not None
    assert f"head {before.hash}" in log.open("/audit").text  # it says what was looked at, not what came since
    assert "Every chain that you may see verifies." in verified(log, pages).text


def test_a_long_chain_is_recomputed_in_chunks_by_one_process_at_a_time(
    pages: Pages, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chain_checks, "CHUNK", 3)
    for number in range(4):
        pages.say(f"{CALM} {number}")
    log = pages.signed_in().open("/audit?chain=demo").send("/audit/verify")
    looks = iter([False, True])
    assert check_chains(pages.services, stopped=lambda: next(looks))  # a chunk, and then it is told to stop
    assert "Verifying: 3 of " in log.open("/audit").text

    def killed() -> bool:
        assert not check_chains(pages.services)  # nobody else begins while this one is at work
        raise SystemExit

    with pytest.raises(SystemExit):
        check_chains(pages.services, stopped=killed)
    assert not check_chains(pages.services)
    pages.clock.move(minutes=1)  # the lease of whoever was killed ends
    read: list[int] = []

    def reads(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if "FROM audit_events" in statement and "LIMIT" in statement:
            read.append(1)

    event.listen(pages.services.database.engine, "before_cursor_execute", reads)
    while check_chains(pages.services):
        pass
    event.remove(pages.services.database.engine, "before_cursor_execute", reads)
    assert "Every chain that you may see verifies." in log.open("/audit").text
    with pages.services.database.reading() as db:
        events = sum(head.sequence for chain in ("demo", "system") if (head := stored_head(db, chain)))
    assert len(read) <= events / 3 + 2  # each event once: no chunk begins at the beginning again


def test_verifying_notices_a_tail_or_a_head_that_is_not_the_chain_s(pages: Pages) -> None:
    pages.say()
    with pages.services.database.reading() as db:
        head = stored_head(db, "demo")
    assert head is not None
    end, before = head.sequence, head.sequence - 2
    log = pages.signed_in()
    whole = f"INSERT INTO audit_heads (chain, sequence, hash) VALUES ('demo', {end}, '{head.hash}')"
    changes = {
        f"UPDATE audit_heads SET sequence = {before} WHERE chain = 'demo'": f"at event {end}, but its head names event "
        f"{before}",
        "DELETE FROM audit_heads WHERE chain = 'demo'": f"at event {end}, but its head names nothing",
        whole: "Every chain that you may see verifies.",
        f"DELETE FROM audit_events WHERE chain = 'demo' AND sequence > {before}": f"at event {before}, but its head "
        f"names event {end}",
        "DELETE FROM audit_events WHERE chain = 'demo' AND sequence = 2": "chain demo, event 2: missing",
    }
    for change, told in changes.items():
        tamper_with(pages, change)
        assert told in verified(log, pages).text, change


def test_verifying_names_the_event_that_was_changed_behind_its_back(pages: Pages) -> None:
    pages.say()
    with pages.services.database.engine.begin() as connection:
        take_guards_away(connection)
        connection.execute(text("UPDATE audit_events SET actor = 'nobody' WHERE chain = 'demo' AND sequence = 3"))
    log = verified(pages.signed_in(), pages)
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


def tamper(pages: Pages, change: str) -> None:
    """Somebody who owns the database changes the third event of the chain ``demo``."""
    tamper_with(pages, f"UPDATE audit_events SET {change} WHERE chain = 'demo' AND sequence = 3")


def tamper_with(pages: Pages, statement: str) -> None:
    with pages.services.database.engine.begin() as connection:
        take_guards_away(connection)
        assert connection.exec_driver_sql(statement).rowcount >= 1


def assert_the_broken_event_is_shown(pages: Pages, tmp_path: Path, comment: str) -> None:
    admin = pages.signed_in()
    page = admin.open("/audit")
    assert page.status == 200
    assert len(page.texts("//tbody/tr")) >= 5
    assert len(page.texts("//tbody/tr[contains(., 'Altered')]")) == 1
    told = verified(page, pages)
    assert told.status == 200
    assert "chain demo, event 3" in told.text
    assert admin.open(f"/review/comments/{comment}").status == 200
    client = pages.app.test_client()
    events_told = client.get(f"/api/v1/comments/{comment}/audit", headers={"Authorization": f"Bearer {SITE_KEY}"})
    assert events_told.status_code == 200
    assert len((events_told.json or {})["events"]) >= 2
    assert admin.client.get("/audit/export").status_code == 200
    environment = {"MODERATION_DATABASE_URL": pages.services.database.url, "MODERATION_VAR": str(tmp_path)}
    command = CliRunner().invoke(main, ["audit", "verify"], env=environment)
    assert command.exit_code == 1
    assert "chain demo, event 3" in command.output
    exported = CliRunner().invoke(main, ["audit", "export"], env=environment)
    assert exported.exit_code == 0
    assert len(exported.stdout_bytes.splitlines()) >= 5


@on_both_databases
@pytest.mark.parametrize("change", TAMPERED.values(), ids=TAMPERED)
def test_an_event_that_was_tampered_with_is_shown_as_such(pages: Pages, tmp_path: Path, change: str) -> None:
    comment = pages.say()
    tamper(pages, change)
    assert_the_broken_event_is_shown(pages, tmp_path, comment)


@on_sqlite_alone
@pytest.mark.parametrize("change", ON_SQLITE_ALONE.values(), ids=ON_SQLITE_ALONE)
def test_what_only_sqlite_can_hold_is_shown_too(pages: Pages, tmp_path: Path, change: str) -> None:
    comment = pages.say()
    tamper(pages, change)
    assert_the_broken_event_is_shown(pages, tmp_path, comment)


@on_both_databases
@pytest.mark.parametrize("before", ["2147483648", "9223372036854775807", "9" * 20, "9" * 5000])
def test_any_number_may_be_asked_for_as_the_one_to_begin_before(pages: Pages, before: str) -> None:
    page = pages.signed_in().open(f"/audit?chain=demo&before={before}")
    assert page.status == 200
    assert events(page)


@pytest.mark.parametrize("query", ["chain=%00", "before=x", "before=9" + "9" * 11, "event=%25&actor=%00&subject=%ff"])
def test_odd_questions_to_the_log_are_no_5xx(pages: Pages, query: str) -> None:
    assert pages.signed_in().open(f"/audit?{query}").status == 200


def test_the_log_is_exported_as_the_command_writes_it(pages: Pages, tmp_path: Path) -> None:
    pages.say()
    admin = pages.signed_in()
    answer = admin.client.get("/audit/export")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="audit-all.jsonl"'
    environment = {"MODERATION_DATABASE_URL": pages.services.database.url, "MODERATION_VAR": str(tmp_path)}
    assert CliRunner().invoke(main, ["audit", "export"], env=environment).output == answer.text
    one = [json.loads(line) for line in admin.client.get("/audit/export?chain=demo").text.splitlines()]
    assert {line["chain"] for line in one} == {"demo"}
    assert [line["sequence"] for line in one] == list(range(1, len(one) + 1))


def test_an_export_holds_no_connection_while_its_client_takes_its_time(
    pages: Pages, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit, "CHUNK", 3)
    monkeypatch.setattr(audit_pages, "PIECE", 100)
    pages.say()
    pool: Any = pages.services.database.engine.pool
    answer = pages.signed_in().client.get("/audit/export", buffered=False)
    lines = b""
    for piece in answer.response:
        assert pool.checkedout() == 0
        lines += piece if isinstance(piece, bytes) else piece.encode()
        pages.clock.move(minutes=1)
    told = [json.loads(line) for line in lines.splitlines()]
    for chain in ("demo", "system"):
        of_chain = [line["sequence"] for line in told if line["chain"] == chain]
        assert of_chain == list(range(1, len(of_chain) + 1))
    assert len(told) > 2 * audit.CHUNK
    answer.close()


def test_only_the_chains_that_one_may_read_are_exported(pages: Pages) -> None:
    pages.say()
    pages.account("berta", {"demo": Role.MODERATOR})
    pages.account("sam", {"demo": Role.SENIOR}, sections=("sport",))
    berta, sam = pages.signed_in("berta").client, pages.signed_in("sam").client
    chains = {json.loads(line)["chain"] for line in berta.get("/audit/export").text.splitlines()}
    assert chains == {"demo"}
    assert berta.get("/audit/export?chain=system").status_code == 404
    assert [sam.get(path).status_code for path in ("/audit/export", "/audit/export?chain=demo", "/audit")] == [
        404,
        404,
        403,
    ]
