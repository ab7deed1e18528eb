"""A moderator decides about an author: trusted, muted, banned, or nothing of it any more."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from moderation.accounts.reachable import author_reached
from moderation.config.configuration import Configuration, ReasonChoice
from moderation.core.actor import Actor
from moderation.core.decision import Prompt, Statement
from moderation.core.errors import InvalidField, NotPossibleNow
from moderation.core.ids import new_id
from moderation.core.messages import Message, noted
from moderation.core.reach import MODERATE
from moderation.core.text.written import remark
from moderation.desk.actions import Changed, Reversal, acted
from moderation.services import Services
from moderation.storage.actions import ActionItem
from moderation.storage.authors import FOREVER, Author
from moderation.storage.authors_desk import stands_of
from moderation.storage.site_rules import AuthorDecision, AuthorKind, newest_author_decision
from moderation.unit_of_work import UnitOfWork, run_in_unit_of_work

AUTHOR = "author"
"""The kind of action that a decision about an author is."""

REDRESS = (
    "If you think this is wrong, write to the newsroom and name the reference of this decision. "
    "You may also turn to a certified dispute settlement body or to a court."
)
_RESTRICTION = {
    AuthorKind.MUTED: noted("Your comments wait until a moderator has read them."),
    AuthorKind.BANNED: noted("You can’t write comments."),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorRuling:
    """A decision about an author as it comes in. ``until`` is for mutes and bans; None: until it is lifted."""

    kind: AuthorKind
    until: datetime | None = None
    reason_id: str | None = None
    sentence: str | None = None
    note: str | None = None


def decide_author(services: Services, moderator: Actor, author_id: str, ruling: AuthorRuling) -> str | None:
    """Records a decision about an author, in place of the one before, and returns the action's id.

    Raises ``AuthorNotFound``, ``RightMissing``, ``InvalidField``, and ``NotPossibleNow``: an author who is known by a
    name alone can't be trusted, and where nothing was decided nothing can be lifted.
    """
    configuration = services.configuration.current()
    reason = _reason(configuration, ruling)
    sentence = remark(ruling.sentence, "sentence") or (reason.reader if reason else None)
    note = remark(ruling.note, "note")

    def work(unit: UnitOfWork) -> str | None:
        author = _at_hand(unit, moderator, author_id)
        _check(author, ruling, unit.now)
        earlier = newest_author_decision(unit.session, author.id)
        before = _standing(author) | {"decision": earlier.id if earlier else None}
        decision = AuthorDecision(
            id=new_id(unit.now),
            site_id=author.site_id,
            author_id=author.id,
            kind=ruling.kind,
            until=ruling.until,
            reason_id=reason.id if reason else None,
            sentence=sentence,
            note=note,
            statement=_statement(ruling, reason, sentence),
            account_id=moderator.account_id,
            decided_at=unit.now,
        )
        unit.session.add(decision)
        _apply(author, ruling)
        _tell(unit, moderator, decision)
        change = Changed(subject=author.id, before=before, revision=None)
        detail = {"decision": decision.id}
        return acted(unit, moderator, AUTHOR, _words(ruling), [change], site_id=author.site_id, detail=detail)

    return run_in_unit_of_work(services, work)


def reverse_author(of: Reversal, item: ActionItem) -> bool:
    """Puts an author back to where they stood before. False where somebody has decided about them since."""
    unit, before = of.unit, item.before
    author = _at_hand(unit, of.actor, item.subject)
    newest = newest_author_decision(unit.session, author.id)
    if newest is None or newest.id != of.action.detail["decision"]:
        return False
    author.trusted = before["trusted"]
    author.muted_until = _moment(before["muted_until"])
    author.banned_until = _moment(before["banned_until"])
    earlier = unit.session.get(AuthorDecision, before["decision"]) if before["decision"] else None
    decision = AuthorDecision(
        id=new_id(unit.now),
        site_id=author.site_id,
        author_id=author.id,
        kind=stands_of(author, unit.now) or AuthorKind.LIFTED,
        until=earlier.until if earlier else None,
        reason_id=earlier.reason_id if earlier else None,
        sentence=earlier.sentence if earlier else None,
        note=None,
        statement=earlier.statement if earlier else None,
        account_id=of.actor.account_id,
        decided_at=unit.now,
    )
    unit.session.add(decision)
    _tell(unit, of.actor, decision, undoes=of.action.id)
    return True


def _at_hand(unit: UnitOfWork, actor: Actor, author_id: str) -> Author:
    """The author that somebody is about to decide about; nobody else does until this transaction ends."""
    return author_reached(unit.session, actor, MODERATE, author_id, altogether=True, lock=True)


def _check(author: Author, ruling: AuthorRuling, now: datetime) -> None:
    if ruling.kind is AuthorKind.TRUSTED and not author.known:
        raise NotPossibleNow(Message("author_not_trustable"))
    if ruling.kind is AuthorKind.LIFTED and stands_of(author, now) is None:
        raise NotPossibleNow(Message("author_nothing_to_lift"))
    if ruling.until is not None:
        if ruling.kind not in _RESTRICTION:
            raise InvalidField("until", Message("until_not_for_this"))
        if not now < ruling.until < FOREVER:
            raise InvalidField("until", Message("until_in_past"))


def _reason(configuration: Configuration, ruling: AuthorRuling) -> ReasonChoice | None:
    if ruling.kind not in _RESTRICTION:
        return None
    if ruling.reason_id is None:
        raise InvalidField("reason", Message("restriction_reason_missing"))
    reason = configuration.reason(ruling.reason_id)
    if reason is None:
        known = ", ".join(choice.id for choice in configuration.reasons)
        raise InvalidField("reason", Message("reason_unknown", {"reason": repr(ruling.reason_id[:60]), "known": known}))
    return reason


def _apply(author: Author, ruling: AuthorRuling) -> None:
    author.trusted = ruling.kind is AuthorKind.TRUSTED
    author.muted_until = (ruling.until or FOREVER) if ruling.kind is AuthorKind.MUTED else None
    author.banned_until = (ruling.until or FOREVER) if ruling.kind is AuthorKind.BANNED else None


def _statement(ruling: AuthorRuling, reason: ReasonChoice | None, sentence: str | None) -> dict[str, Any] | None:
    if ruling.kind not in _RESTRICTION or reason is None:
        return None
    until = ruling.until
    return Statement(
        restriction=_RESTRICTION[ruling.kind],
        duration=f"Until {until.day} {until:%B %Y, %H:%M} UTC." if until else noted("Until the newsroom lifts it."),
        reach=noted("Everywhere on this site, for this account alone."),
        facts=noted("A moderator read what was written under this account."),
        prompted_by=Prompt.OWN_CHECK,
        automated_detection=False,
        automated_decision=False,
        rule=reason.label,
        why=sentence or reason.reader,
        redress=REDRESS,
    ).as_dict()


def _tell(unit: UnitOfWork, actor: Actor, decision: AuthorDecision, *, undoes: str | None = None) -> None:
    payload = {
        "decision": decision.id,
        "until": decision.until.isoformat() if decision.until else None,
        "reason": decision.reason_id,
        **({"undoes": undoes} if undoes else {}),
    }
    unit.event(decision.site_id, actor.reference, f"author.{decision.kind}", decision.author_id, payload)


def _words(ruling: AuthorRuling) -> str:
    until = f" until {ruling.until.day} {ruling.until:%B %Y, %H:%M} UTC" if ruling.until else ""
    return {
        AuthorKind.TRUSTED: "Author trusted",
        AuthorKind.MUTED: f"Author muted{until}",
        AuthorKind.BANNED: f"Author banned{until}",
        AuthorKind.LIFTED: "Author free again",
    }[ruling.kind]


def _standing(author: Author) -> dict[str, Any]:
    return {
        "trusted": author.trusted,
        "muted_until": author.muted_until.isoformat() if author.muted_until else None,
        "banned_until": author.banned_until.isoformat() if author.banned_until else None,
    }


def _moment(kept: str | None) -> datetime | None:
    return datetime.fromisoformat(kept) if kept else None
