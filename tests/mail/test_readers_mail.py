"""Readers who left an address are told how their comment ended, and of answers; and nobody twice."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from moderation.comments.erasing import Asker, erase_comment
from moderation.comments.lifecycle import Trigger, change_status
from moderation.comments.writers_mail import take_address_back
from moderation.core.comment import Status
from moderation.desk.appeals import AppealRuling, decide_appeal
from moderation.imports.reader_export import export_reader
from moderation.mail import postman
from moderation.mail.postman import INTERRUPTED, TOO_MANY, Postman, forget
from moderation.storage.appeals import AppealOutcome, appeal_about
from moderation.storage.comments import find_comment
from moderation.storage.mails import Mail
from moderation.unit_of_work import UnitOfWork, run_in_unit_of_work
from tests.desk.desk import REASONS, colleague
from tests.mail.post_office import LATER, NEVER, Mailing, post_office
from tests.newsroom import Newsroom, detail


def test_the_outcome_is_mailed_once_and_the_address_erased(mailing: Mailing) -> None:
    newsroom = mailing.newsroom
    comment = mailing.accepted()
    assert mailing.send() == 0
    assert (mailing.mails(), mailing.left(comment)) == ([], ["outcome"])
    newsroom.decide(comment, "reject", reason="other")
    assert mailing.send() == 0, "it may be taken back at once"
    assert mailing.after(minutes=6) == 1
    assert mailing.after(days=1) == 0
    assert mailing.office.to == ["ada@example.org"]
    (letter,), (words,) = mailing.office.letters, mailing.office.texts
    assert letter["From"] == "Comments <comments@news.example>"
    assert letter["To"] == "ada@example.org"
    assert letter["Subject"] == "Your comment at A site"
    assert "under “Trams return to the harbour” at A site" in words
    assert newsroom.whole(comment)["body"] not in words
    whole = newsroom.client.get(mailing.link(0, "receipt="))
    assert "Where your comment stands" in whole.text
    assert mailing.left(comment) is None
    (mail,) = mailing.mails()
    assert (mail.sealed, mail.next_at, mail.dead_at) == (None, None, None)
    assert b"ada@example" not in stored(mailing)


def test_nothing_stored_shows_the_address_while_it_waits(mailing: Mailing) -> None:
    comment = mailing.accepted("outcome", "reply")
    mailing.newsroom.decide(comment)
    assert b"ada@example" not in stored(mailing)


def stored(mailing: Mailing) -> bytes:
    """Everything in the tables of letters and of the audit log."""
    with mailing.newsroom.services.database.reading() as session:
        rows = [
            session.execute(text(f"SELECT * FROM {table}")).all()
            for table in ("mails", "reader_addresses", "audit_events", "outbox", "webhook_deliveries")
        ]
    return repr(rows).encode()


@pytest.mark.parametrize(
    ("language", "subject"),
    [
        ("de-AT,en;q=0.5", "Ihr Kommentar bei A site"),
        ("ar", "تعليقكم في A site"),
        ("hi", "A site पर आपकी टिप्पणी"),
        ("xx", "Your comment at A site"),
    ],
)
def test_a_letter_is_in_the_language_of_whoever_asked_for_it(mailing: Mailing, language: str, subject: str) -> None:
    comment = mailing.accepted(headers={"Accept-Language": language})
    mailing.newsroom.decide(comment)
    mailing.after(minutes=6)
    (letter,) = mailing.office.letters
    assert letter["Subject"] == subject
    assert f"lang={letter['Subject'] and language.partition('-')[0]}" in mailing.office.texts[0] or language == "xx"


def test_a_decision_that_is_taken_back_is_not_mailed_and_the_one_after_it_is(mailing: Mailing) -> None:
    newsroom = mailing.newsroom
    comment = mailing.accepted()
    newsroom.decide(comment, "reject", reason="other")
    set_status(mailing, comment, Status.PENDING, Trigger.MODERATOR)
    assert mailing.after(minutes=6) == 0
    assert mailing.left(comment) == ["outcome"]
    newsroom.decide(comment)
    newsroom.decide(comment, "reject", reason="other")
    newsroom.decide(comment)
    assert mailing.after(minutes=6) == 1
    assert "published" in mailing.office.texts[0]


def test_answers_are_told_once_each_but_not_one_s_own(mailing: Mailing) -> None:
    newsroom = mailing.newsroom
    ada = {"name": "Ada", "id": "ada"}
    comment = mailing.accepted("reply", author=ada)
    newsroom.decide(comment)
    answer = newsroom.accepted(parent_id=comment, author={"name": "Berta", "id": "berta"})["id"]
    own = newsroom.accepted(parent_id=comment, author=ada)["id"]
    for one in (answer, own):
        newsroom.decide(one)
    assert mailing.after(minutes=6) == 1
    assert mailing.office.letters[0]["Subject"] == "An answer to your comment at A site"
    assert mailing.link(0, answer) == f"/comments/{answer}"
    newsroom.decide(answer, "reject", reason="other")
    newsroom.decide(answer)
    assert mailing.after(minutes=6) == 0, "told already"
    assert mailing.left(comment) == ["reply"]
    newsroom.clock.move(days=31)
    forget(newsroom.services)
    assert mailing.left(comment) is None


def test_after_the_outcome_the_address_stays_for_answers_alone_where_that_was_asked(mailing: Mailing) -> None:
    newsroom = mailing.newsroom
    comment = mailing.accepted("outcome", "reply")
    newsroom.decide(comment)
    assert mailing.after(minutes=6) == 1
    assert mailing.left(comment) == ["reply"]
    refused = mailing.accepted("outcome", "reply")
    newsroom.decide(refused, "reject", reason="other")
    assert mailing.after(minutes=6) == 1
    assert mailing.left(refused) is None


def test_what_is_decided_at_once_needs_no_letter(mailing: Mailing) -> None:
    newsroom = mailing.newsroom
    newsroom.configure("[policy.approve]\ntoxicity_at_most = 0.5\n[policy.reject]\nobscene_at_least = 0.9\n")
    published = mailing.accepted()
    refused = mailing.accepted("outcome", "reply", author={"name": "Berta"}, words="obscene=0.95")
    listening = mailing.accepted("outcome", "reply", author={"name": "Carla"})
    assert (newsroom.status(published), newsroom.status(refused)) == ("approved", "rejected")
    assert (mailing.left(published), mailing.left(refused)) == (None, None)
    assert mailing.left(listening) == ["reply"]
    assert mailing.after(minutes=6) == 0


@pytest.mark.parametrize(("verdict", "said"), [("uphold", "The refusal stands."), ("reverse", "was taken back.")])
def test_what_came_of_another_look_is_mailed_too(mailing: Mailing, verdict: str, said: str) -> None:
    newsroom = mailing.newsroom
    newsroom.configure(REASONS)
    comment = newsroom.accepted()
    colleague(newsroom).decide(comment["id"], "reject", reason_id="spam")
    newsroom.client.post(
        f"/api/v1/comments/{comment['id']}/appeal", query_string={"receipt": comment["receipt"]}, json={"text": "No."}
    )
    form = {"receipt": comment["receipt"], "email": "ada@example.org", "outcome": "yes"}
    sent = newsroom.client.post(f"/comments/{comment['id']}/mail", data=form, headers={"Sec-Fetch-Site": "same-origin"})
    assert (sent.status_code, mailing.left(comment["id"])) == (303, ["outcome"])
    assert mailing.after(minutes=6) == 0
    with newsroom.services.database.reading() as session:
        appeal = appeal_about(session, comment["id"])
    assert appeal is not None
    outcome = AppealOutcome.UPHELD if verdict == "uphold" else AppealOutcome.REVERSED
    revision = int(newsroom.whole(comment["id"])["revision"])
    ruling = AppealRuling(outcome=outcome, explanation="We read it again.", revision=revision)
    decide_appeal(newsroom.services, colleague(newsroom).actor, appeal.id, ruling)
    assert mailing.after(minutes=6) == 1
    assert said in mailing.office.texts[0]
    assert mailing.left(comment["id"]) is None


@pytest.mark.parametrize(
    ("status", "trigger"),
    [(Status.WITHDRAWN, Trigger.WITHDRAWAL), (Status.ERASED, Trigger.ERASURE)],
)
def test_whoever_takes_a_comment_back_or_is_erased_gets_no_letter(
    mailing: Mailing, status: Status, trigger: Trigger
) -> None:
    comment = mailing.accepted("outcome", "reply")
    mailing.newsroom.decide(comment)
    set_status(mailing, comment, status, trigger)
    assert (mailing.left(comment), mailing.mails()) == (None, [])
    assert mailing.after(minutes=6) == 0


def test_an_erasure_leaves_neither_address_nor_letter(mailing: Mailing) -> None:
    told, waiting = mailing.accepted("outcome", "reply"), mailing.accepted("outcome")
    mailing.newsroom.decide(told)
    assert mailing.after(minutes=6) == 1
    assert len(mailing.mails()) == 1  # sent, and kept for a while
    for comment in (told, waiting):
        erase_comment(mailing.newsroom.services, Asker(actor="command-line"), mailing.newsroom.site, comment)
        assert mailing.left(comment) is None
    assert mailing.mails() == []


def test_what_is_held_about_a_reader_names_the_address_as_long_as_it_is_kept(mailing: Mailing, tmp_path: Path) -> None:
    services, site = mailing.newsroom.services, mailing.newsroom.site
    comment = mailing.newsroom.accepted(
        author={"name": "Ada", "id": "ada"}, notify={"email": "ada@readers.example", "events": ["outcome"]}
    )
    for file, address in ((tmp_path / "before", "ada@readers.example"), (tmp_path / "after", None)):
        assert export_reader(services, site, "ada", file) == 1
        (told,) = json.loads(file.read_text())["comments"]
        assert (told["mail"] or {}).get("address") == address
        take_address_back(services, comment["id"])


def test_an_expired_comment_is_an_outcome_and_the_address_goes(mailing: Mailing) -> None:
    comment, other = mailing.accepted(), mailing.accepted("reply")
    for one in (comment, other):
        set_status(mailing, one, Status.EXPIRED, Trigger.EXPIRY)
    assert mailing.after(minutes=6) == 1
    assert (mailing.left(comment), mailing.left(other)) == (None, None)


def set_status(mailing: Mailing, comment_id: str, status: Status, trigger: Trigger) -> None:
    def work(unit: UnitOfWork) -> None:
        row = find_comment(unit.session, comment_id, lock=True)
        assert row is not None
        change_status(unit, row, status, trigger, actor="test", policy_version="1")

    run_in_unit_of_work(mailing.newsroom.services, work)


# --- one click to stop ------------------------------------------------------------------------------------------------


def test_one_click_stops_every_letter_and_looking_stops_none(mailing: Mailing) -> None:
    newsroom = mailing.newsroom
    comment = mailing.accepted("outcome", "reply")
    newsroom.decide(comment)
    mailing.after(minutes=6)
    (letter,) = mailing.office.letters
    path = mailing.link(0, "/mail/stop/")
    assert letter["List-Unsubscribe"] == f"<https://comments.example{path}>"
    assert mailing.office.got[0].startswith(f"List-Unsubscribe: <https://comments.example{path}>\r\n".encode())
    assert letter["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    page = newsroom.client.get(path)
    assert (page.status_code, mailing.left(comment)) == (200, ["reply"])
    assert "Send no more" in page.text
    forged = path.replace("/mail/stop/" + comment, "/mail/stop/" + mailing.accepted())
    assert newsroom.client.post(forged).status_code == 404
    assert newsroom.client.get(path.replace("?", "0?")).status_code == 404
    newsroom.accepted(parent_id=comment, author={"name": "Berta"})
    # As a mail program sends it: from nowhere, without a cookie or a token.
    stopped = newsroom.client.post(path, data={"List-Unsubscribe": "One-Click"})
    assert stopped.status_code == 200
    assert "your address is erased" in stopped.text
    assert mailing.left(comment) is None
    assert newsroom.client.post(path).status_code == 200, "again changes nothing"


def test_a_reader_leaves_an_address_with_the_receipt_and_takes_it_back(mailing: Mailing) -> None:
    newsroom, client = mailing.newsroom, mailing.newsroom.client
    comment = newsroom.accepted()
    page = f"/comments/{comment['id']}?receipt={comment['receipt']}"
    assert "Tell me by mail how it ends" in client.get(page).text
    form = {"receipt": comment["receipt"], "email": "not an address", "outcome": "yes", "reply": "yes"}
    ours = {"Sec-Fetch-Site": "same-origin"}
    where = f"/comments/{comment['id']}/mail"
    refused = client.post(where, data=form, headers=ours)
    assert refused.status_code == 422
    assert "no mail address that we can write to" in refused.text
    assert 'value="not an address"' in refused.text
    nothing = client.post(where, data=form | {"email": "ada@example.org", "outcome": "", "reply": ""}, headers=ours)
    assert nothing.status_code == 422
    assert client.post(where, data=form | {"receipt": "0" * 32}, headers=ours).status_code == 404
    kept = client.post(where, data=form | {"email": "ada@example.org"}, headers=ours)
    assert kept.status_code == 303
    assert mailing.left(comment["id"]) == ["outcome", "reply"]
    shown = client.get(page).text
    assert "A letter tells you how it ends, and of answers." in shown
    assert "ada@example.org" not in shown, "the receipt's link may have been passed on"
    back = client.post(f"/comments/{comment['id']}/no-mail", data={"receipt": comment["receipt"]}, headers=ours)
    assert back.status_code == 303
    assert mailing.left(comment["id"]) is None
    newsroom.decide(comment["id"])
    assert "Tell me by mail of answers" in client.get(page).text
    late = client.post(where, data={**form, "email": "ada@example.org", "reply": ""}, headers=ours)
    assert late.status_code == 422
    assert "nothing left to tell you" in late.text


# --- bad input --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "email",
    [
        "",
        "ada",
        "ada@",
        "@example.org",
        "ada@example",
        "ada@example.org\r\nBcc: everybody@example.org",
        "ada@example.org, berta@example.org",
        "Ada <ada@example.org>",
        "ada example@example.org",
        "ada@exam ple.org",
        "ada@-example.org",
        "ada..b@example.org",
        "ada@127.0.0.1",
        "adä@example.org",
        "a" * 65 + "@example.org",
        "ada@" + "a" * 250 + ".org",
    ],
)
def test_what_is_no_address_is_refused_and_nothing_is_stored(mailing: Mailing, email: str) -> None:
    before = mailing.newsroom.stored()
    answer = mailing.newsroom.comment(notify={"email": email, "events": ["outcome"]})
    assert answer.status_code == 422
    assert "mail address" in answer.text or "at most 254" in answer.text
    assert mailing.newsroom.stored() == before


@pytest.mark.parametrize(
    "notify", [{}, {"email": "a@b.example", "events": []}, {"email": "a@b.example", "events": ["x"]}, 7]
)
def test_a_wish_that_is_none_is_refused(mailing: Mailing, notify: Any) -> None:
    assert mailing.newsroom.comment(notify=notify).status_code == 422


def test_without_a_mail_server_a_wish_is_refused_and_nothing_is_offered(newsroom: Newsroom) -> None:
    answer = newsroom.comment(notify={"email": "ada@example.org"})
    assert answer.status_code == 422
    assert "sends no mail" in answer.text
    assert detail(answer)
    comment = newsroom.accepted()
    page = newsroom.client.get(f"/comments/{comment['id']}?receipt={comment['receipt']}").text
    assert "by mail" not in page
    assert Postman(newsroom.services).look() == 0


def test_no_word_of_anybody_s_adds_a_header_or_a_line(mailing: Mailing) -> None:
    newsroom = mailing.newsroom
    newsroom.put_article("trams", title="Trams\r\nBcc: everybody@example.org\r\n\r\n.\r\nQUIT")
    comment = mailing.accepted()
    newsroom.decide(comment)
    mailing.after(minutes=6)
    (letter,) = mailing.office.letters
    assert letter["Bcc"] is None
    assert mailing.office.to == ["ada@example.org"]
    assert "Trams Bcc: everybody@example.org . QUIT" in mailing.office.texts[0]


def test_the_title_that_a_browser_made_up_is_not_sent_to_anybody(mailing: Mailing) -> None:
    newsroom = mailing.newsroom
    page = {"url": "https://news.example/unknown", "title": "Buy cheap pills at pills.example", "text": "Pills."}
    notify = {"email": "ada@example.org"}
    content = {"author": {"name": "Eve"}, "body": newsroom.text(), "article": page, "notify": notify}
    sent = newsroom.browser("POST", "/api/v1/articles/unknown/comments", json=content)
    assert sent.status_code == 202, sent.text
    newsroom.decide((sent.json or {})["id"], "reject", reason="other")
    assert mailing.after(minutes=6) == 1
    assert "pills" not in mailing.office.texts[0]


# --- a server that doesn't take it ------------------------------------------------------------------------------------


def test_what_is_not_taken_is_tried_again_ever_more_rarely_and_given_up_after_three_days(mailing: Mailing) -> None:
    newsroom, office = mailing.newsroom, mailing.office
    comment = mailing.accepted()
    newsroom.decide(comment)
    office.answer = LATER
    assert mailing.after(minutes=6) == 0
    (mail,) = mailing.mails()
    assert (mail.attempts, mail.error) == (1, "the mail server said 451 4.3.0 come again")
    assert mailing.send() == 0
    assert mailing.mails()[0].attempts == 1, "not before its time"
    office.answer = None
    assert mailing.after(minutes=2) == 1
    assert len(office.got) == 1
    second = mailing.accepted()
    newsroom.decide(second)
    office.answer = LATER
    for _ in range(30):
        mailing.after(hours=6)
    (mail,) = [mail for mail in mailing.mails() if mail.subject == second]
    assert mail.dead_at is not None
    assert (mail.sealed, mailing.left(second)) == (None, None)
    office.answer = None
    assert mailing.after(days=1) == 0
    figures = newsroom.client.get("/metrics", environ_base={"REMOTE_ADDR": "127.0.0.1"}).text
    assert "moderation_mail_dead 1.0" in figures


def test_an_address_that_there_is_not_is_given_up_at_once_and_not_named(
    mailing: Mailing, caplog: pytest.LogCaptureFixture
) -> None:
    comment = mailing.accepted()
    mailing.newsroom.decide(comment)
    mailing.office.rcpt = NEVER
    assert mailing.after(minutes=6) == 0
    (mail,) = mailing.mails()
    assert mail.dead_at is not None
    assert (mail.error or "").startswith("the mail server said 550 5.1.1")
    assert "ada" not in (mail.error or "") + caplog.text
    assert mailing.left(comment) is None


def test_a_server_that_is_away_costs_one_try_a_look(mailing: Mailing) -> None:
    for _ in range(3):
        mailing.newsroom.decide(mailing.accepted())
    with post_office() as gone:
        port = gone.port
    reached = mailing.newsroom.services.settings.mail
    assert reached is not None
    mailing.newsroom.clock.move(minutes=6)
    with pointed_at(mailing, port):
        assert mailing.send() == 0
        assert sorted(mail.attempts for mail in mailing.mails()) == [0, 0, 1]
    assert mailing.after(minutes=2) == 3


@contextmanager
def pointed_at(mailing: Mailing, port: int) -> Iterator[None]:
    """The service looks for its mail server elsewhere."""
    settings = mailing.newsroom.services.settings
    assert settings.mail is not None
    mail = replace(settings.mail, server=replace(settings.mail.server, port=port))
    mailing.newsroom.hall.change(settings=replace(settings, mail=mail))
    yield
    mailing.newsroom.hall.change(settings=settings)


def test_a_connection_that_ends_before_the_answer_is_no_reason_to_send_twice(mailing: Mailing) -> None:
    mailing.newsroom.decide(mailing.accepted())
    mailing.office.hangs_up = True
    assert mailing.after(minutes=6) == 0
    mailing.office.hangs_up = False
    assert mailing.after(days=1) == 0
    assert len(mailing.office.got) == 1
    (mail,) = mailing.mails()
    assert mail.error == INTERRUPTED


def test_a_service_that_is_killed_while_it_sends_does_not_send_twice(
    mailing: Mailing, monkeypatch: pytest.MonkeyPatch
) -> None:
    mailing.newsroom.decide(mailing.accepted())
    mailing.newsroom.clock.move(minutes=6)

    class Killed(BaseException):
        """The process ends here."""

    def end(*_: Any, **__: Any) -> None:
        raise Killed

    monkeypatch.setattr(Postman, "_end", end)
    with pytest.raises(Killed):
        mailing.send()
    monkeypatch.undo()
    assert len(mailing.office.got) == 1
    assert mailing.send() == 0, "its lease holds"
    assert mailing.after(minutes=10) == 0
    assert len(mailing.office.got) == 1
    assert mailing.mails()[0].error == INTERRUPTED


def test_one_address_gets_only_so_many_letters_a_day(mailing: Mailing, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postman, "MOST_A_DAY", 2)
    for name in ("Ada", "Berta", "Carla"):
        mailing.newsroom.decide(mailing.accepted(author={"name": name}))
    mailing.newsroom.decide(mailing.accepted(author={"name": "Dora"}, email="dora@example.org"))
    assert mailing.after(minutes=6) == 3
    assert [mail.error for mail in mailing.mails()].count(TOO_MANY) == 1
    mailing.newsroom.decide(mailing.accepted(author={"name": "Emma"}))
    assert mailing.after(days=2) == 1


def test_a_key_that_is_gone_gives_up_what_it_opened(mailing: Mailing) -> None:
    comment = mailing.accepted()
    mailing.newsroom.decide(comment)

    def work(session: Session) -> None:
        session.execute(text("UPDATE mails SET sealed = 'nothing that a key of ours opens'"))

    mailing.newsroom.services.database.writing(work)
    assert mailing.after(minutes=6) == 0
    assert mailing.mails()[0].dead_at is not None


def test_letters_that_ended_are_forgotten_in_time(mailing: Mailing) -> None:
    mailing.newsroom.decide(mailing.accepted())
    mailing.after(minutes=6)
    mailing.newsroom.clock.move(days=29)
    forget(mailing.newsroom.services)
    assert len(mailing.mails()) == 1
    mailing.newsroom.clock.move(days=2)
    forget(mailing.newsroom.services)
    assert mailing.mails() == []


def test_letters_that_no_server_takes_any_more_don_t_keep_their_address(mailing: Mailing) -> None:
    newsroom = mailing.newsroom
    newsroom.decide(mailing.accepted())
    newsroom.hall.change(settings=replace(newsroom.services.settings, mail=None))
    mailing.after(days=31)
    assert mailing.mails()[0].sealed is not None
    forget(newsroom.services)
    assert mailing.mails() == []


def test_an_address_that_is_taken_back_while_its_comment_is_decided_gets_no_letter(mailing: Mailing) -> None:
    """However the two meet: what is decided and what is taken back at once ends without a letter, or with it gone."""
    newsroom = mailing.newsroom
    for number in range(5):
        comment = mailing.accepted(author={"name": f"Reader {number}"})
        with ThreadPoolExecutor(2) as pool:
            both = [
                pool.submit(take_address_back, newsroom.services, comment),
                pool.submit(set_status, mailing, comment, Status.APPROVED, Trigger.MODERATOR),
            ]
            for one in both:
                one.result()
        assert (mailing.left(comment), [mail for mail in mailing.mails() if mail.subject == comment]) == (None, [])


def test_two_workers_send_each_letter_once(mailing: Mailing) -> None:
    for number in range(10):
        mailing.newsroom.decide(mailing.accepted(author={"name": f"Reader {number}"}, email=f"r{number}@example.org"))
    mailing.newsroom.clock.move(minutes=6)
    threads = [threading.Thread(target=mailing.send) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(mailing.office.to) == sorted(f"r{number}@example.org" for number in range(10))
    assert all(isinstance(mail, Mail) and mail.sent_at for mail in mailing.mails())
