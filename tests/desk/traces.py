"""A reader who has done all that a reader can, and where in the database anything is left of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import inspect, select, text

from moderation.comments import erasing
from moderation.core.audit_chain import verify
from moderation.desk.authors import AuthorRuling, decide_author
from moderation.desk.bulk import remove_everything
from moderation.desk.decide import Ruling, Verdict
from moderation.desk.flags import add_note, flag_comment, unflag_comment
from moderation.desk.legal import CaseForm, CaseRuling, decide_case, receive
from moderation.desk.locks import lock_comment
from moderation.storage.actions import Everything
from moderation.storage.audit import events_of
from moderation.storage.comments import Comment
from moderation.storage.legal import LegalKind, LegalOutcome
from moderation.storage.moderator_workspace import FlagKind, NoteAbout
from moderation.storage.perspective_scores import PerspectiveScore
from moderation.storage.reports import Reporter
from moderation.storage.site_rules import AuthorKind
from moderation.storage.suggestions import SuggestedLabels
from moderation.storage.webhooks import WebhookAttempt, WebhookDelivery, WebhookEndpoint
from tests.commands import moderation
from tests.desk.desk import Colleague
from tests.newsroom import Newsroom

MARK = "zyxquark"
"""Stands in everything that the reader, or anybody about them, has written."""
READER: dict[str, Any] = {"name": f"Vera {MARK}", "id": f"reader-{MARK}", "verified": True, "badges": ["Gold"]}
PLAIN = {"name": "Paula Plain", "id": "reader-plain"}
OTHER = {"name": "Otto Other", "id": "reader-other"}


def erase(newsroom: Newsroom, *arguments: str) -> Any:
    return moderation(newsroom.hall, "erase", "--site", newsroom.site, *arguments, "--yes")


def everything_about_a_reader(newsroom: Newsroom, senior: Colleague) -> dict[str, str]:
    """Whatever a newsroom can come to hold of one reader; and the ids of their comments."""
    newsroom.put_article("lake")
    published = newsroom.accepted(
        f"{MARK} published",
        author=READER,
        external_id=f"theirs-{MARK}",
        headers={"Idempotency-Key": f"key-{MARK}"},
    )["id"]
    refused = newsroom.accepted(f"{MARK} refused", author=READER, external_id=f"theirs-2-{MARK}")["id"]
    waiting = newsroom.accepted(f"{MARK} waiting", author=READER)["id"]
    removed = newsroom.accepted(f"{MARK} removed", author=READER, article="lake")["id"]
    newsroom.decide(published)
    answer = newsroom.accepted("An answer.", author=OTHER, parent_id=published)["id"]
    newsroom.decide(answer)
    other = newsroom.accepted("Somebody else says this.", author=OTHER)["id"]
    newsroom.decide(other)
    services, actor = newsroom.services, senior.actor
    receipt = services.keys.receipt(waiting)
    edited = newsroom.text(f"{MARK} edited")
    assert (
        newsroom.browser("PATCH", f"/api/v1/comments/{waiting}?receipt={receipt}", json={"body": edited}).status_code
        == 200
    )
    flag_comment(services, actor, waiting, FlagKind.ESCALATED, f"for a senior: {MARK}")
    flag_comment(services, actor, published, FlagKind.NEWSROOM, f"look: {MARK}")
    unflag_comment(services, actor, published, FlagKind.NEWSROOM)
    flag_comment(services, actor, published, FlagKind.FEATURED, f"well said: {MARK}")
    lock_comment(services, actor, waiting)
    add_note(services, actor, NoteAbout.COMMENT, published, f"they wrote {MARK}")
    senior.decide(refused, "reject", reason_id="spam", sentence=f"You said {MARK}.", note=f"{MARK} again")
    receipt = services.keys.receipt(refused)
    appeal = newsroom.browser(
        "POST", f"/api/v1/comments/{refused}/appeal?receipt={receipt}", json={"text": f"I am {MARK}."}
    )
    assert appeal.status_code == 202
    reported = {"reason": "spam", "text": f"{MARK} lies"}
    assert newsroom.browser("POST", f"/api/v1/comments/{published}/reports", json=reported).status_code == 202
    by_them = {"reason": "spam", "text": f"says {MARK}", "reporter": {"id": READER["id"]}}
    assert newsroom.server("POST", f"/api/v1/comments/{other}/reports", json=by_them).status_code == 202
    with services.database.reading() as session:
        author = session.get_one(Comment, published).author_id
    add_note(services, actor, NoteAbout.AUTHOR, author, f"{MARK} is known to us")
    muted = AuthorRuling(kind=AuthorKind.MUTED, reason_id="spam", sentence=f"Quiet, {MARK}.", note=f"about {MARK}")
    decide_author(services, actor, author, muted)
    for kind, sender in ((LegalKind.NOTICE, "A lawyer"), (LegalKind.GRIEVANCE, f"Vera {MARK}")):
        form = CaseForm(
            kind=kind,
            explanation=f"It says {MARK}.",
            received_at=newsroom.clock.now,
            link=published,
            sender=sender,
            contact=f"{MARK}@example.org" if kind is LegalKind.GRIEVANCE else "law@example.org",
        )
        case = receive(services, actor, newsroom.site, form)
        decide_case(services, actor, case, CaseRuling(outcome=LegalOutcome.REFUSED, decision=f"{MARK} may say so."))
    lake = Everything(site_id=newsroom.site, article_id=_article_of(newsroom, removed))
    told: dict[str, Any] = {"sentence": f"No more of {MARK}.", "note": f"for {MARK}"}
    remove_everything(services, actor, lake, Ruling(verdict=Verdict.REJECT, reason_id="spam", **told))
    _stored_behind_the_doors(newsroom, published)
    return {
        "published": published,
        "refused": refused,
        "waiting": waiting,
        "removed": removed,
        "answer": answer,
        "other": other,
        "author": author,
    }


def _article_of(newsroom: Newsroom, comment: str) -> str:
    with newsroom.services.database.reading() as session:
        return session.get_one(Comment, comment).article_id


def _stored_behind_the_doors(newsroom: Newsroom, comment: str) -> None:
    """What archives bring, what moderators elsewhere suggest, and what a receiver of webhooks has answered."""
    now = newsroom.clock.now

    def store(session: Any) -> None:
        body = session.get_one(Comment, comment).body
        session.add(PerspectiveScore(comment_id=comment, attribute="TOXICITY", score=0.5, model="m"))
        common: dict[str, Any] = {"site_id": newsroom.site, "labels": {}, "created_at": now}
        session.add(SuggestedLabels(id=f"s1{newsroom.site}", text=body, salt=b"0" * 16, **common))
        session.add(SuggestedLabels(id=f"s2{newsroom.site}", client_token=f"theirs-{MARK}", **common))
        endpoint = WebhookEndpoint(
            id=f"e{newsroom.site}", site_id=newsroom.site, url="https://news.example/", events=[], allow_private=False,
            secret="-", created_at=now, retry_at=now, removed_at=now,
        )  # fmt: skip
        session.add(endpoint)
        session.flush()
        delivery = WebhookDelivery(
            endpoint_id=endpoint.id, event_id="e", kind="comment.published", subject=comment, sequence=1, payload={},
            happened_at=now, created_at=now, delivered_at=now,
        )  # fmt: skip
        session.add(delivery)
        session.flush()
        session.add(
            WebhookAttempt(delivery=delivery.number, tried_at=now, milliseconds=1, status=200, answer=f"got {MARK}")
        )

    newsroom.services.database.writing(store)


def dump(newsroom: Newsroom) -> Iterator[tuple[str, str]]:
    """Every row of every table, the search index's own among them, as text: bytes as one character each."""
    with newsroom.services.database.asking() as connection:
        names = inspect(connection).get_table_names()
        if connection.dialect.name == "sqlite":
            names = list(connection.scalars(text("SELECT name FROM sqlite_master WHERE type = 'table'")))
        for name in names:
            if name == "comment_search":
                continue  # what it is made of is read instead
            for row in connection.execute(text(f'SELECT * FROM "{name}"')):
                yield (
                    name,
                    "\n".join(value.decode("latin-1") if isinstance(value, bytes) else str(value) for value in row),
                )


def traces(newsroom: Newsroom, *wanted: str) -> set[tuple[str, str]]:
    """Which table holds which of these."""
    return {(name, one) for name, row in dump(newsroom) for one in wanted if one.lower() in row.lower()}


def identifiers(newsroom: Newsroom, ids: dict[str, str]) -> list[str]:
    """What leads from the reader to their data, or from a text to its fingerprint: keyed hashes and salts."""
    with newsroom.services.database.reading() as session:
        found = session.scalars(select(Comment).where(Comment.author_id == ids["author"])).all()
        salts = [comment.salt.decode("latin-1") for comment in found if comment.salt]
        prints = [comment.fingerprint for comment in found]
        keys = erasing.keys_as_reporter(newsroom.services, newsroom.site, READER["id"])
        reporter = session.scalars(select(Reporter.key).where(Reporter.key.in_(keys))).one()
    return [MARK, reporter, *salts, *prints]


def others(newsroom: Newsroom, ids: dict[str, str]) -> list[tuple[str, str]]:
    """What stands in the database of the other reader alone."""
    with newsroom.services.database.reading() as session:
        author = session.get_one(Comment, ids["other"]).author_id
    mine = (ids["other"], ids["answer"], author)
    return sorted(
        (name, row)
        for name, row in dump(newsroom)
        if any(one in row for one in mine)
        and name not in ("audit_events", "outbox", "reports", "reporters")
        and "comment_search" not in name
    )


def chain_holds(newsroom: Newsroom) -> int:
    with newsroom.services.database.reading() as session:
        return verify(newsroom.site, events_of(session, newsroom.site)).sequence
