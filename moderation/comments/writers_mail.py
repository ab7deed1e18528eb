"""A comment's writer leaves a mail address with it: to be told how it ends, or that somebody has answered; or takes it
back.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Collection
from typing import cast

from moderation.core.comment import WAITING, MailWish, Status
from moderation.core.errors import CommentNotFound, InvalidField
from moderation.core.keyring import KeyRing
from moderation.core.mail_addresses import mail_address
from moderation.core.messages import Message
from moderation.core.sealing import Seal
from moderation.core.signing import keyed
from moderation.services import Services
from moderation.storage.appeals import appeal_about
from moderation.storage.comments import find_comment
from moderation.storage.mails import Told, forget_address, keep_address
from moderation.unit_of_work import UnitOfWork, run_in_unit_of_work


def sealed(keys: KeyRing, **values: str) -> str:
    """What a letter needs and nobody may keep (``to``: its address), as it is stored until the letter is sent."""
    return _seal(keys).sealed(json.dumps(values))


def unsealed(keys: KeyRing, stored: str) -> dict[str, str] | None:
    """The same, readable; None where the key that it was kept under is gone."""
    text = _seal(keys).opened(stored)
    return None if text is None else cast("dict[str, str]", json.loads(text))


def check_mail_is_on(services: Services, field: str) -> None:
    """Raises ``InvalidField`` where this service sends no mail."""
    if services.settings.mail is None:
        raise InvalidField(field, Message("mail_off"))


def checked_address(services: Services, email: str, events: Collection[Told], field: str) -> str:
    """The address that a reader typed. Raises ``InvalidField`` for one that letters can't go to, for no event at all,
    and where this service sends no mail.
    """
    check_mail_is_on(services, field)
    if not events:
        raise InvalidField(field, Message("mail_events_missing"))
    return mail_address(email, field)


def may_be_told(status: Status, *, looked_at_again: bool) -> tuple[Told, ...]:
    """What there is still to be told of a comment: ``looked_at_again`` where somebody is about to."""
    if status in WAITING:
        return (Told.OUTCOME, Told.REPLY)
    if status is Status.APPROVED:
        return (Told.REPLY,)
    return (Told.OUTCOME,) if status is Status.REJECTED and looked_at_again else ()


def sealed_wish(services: Services, wish: MailWish | None) -> str | None:
    """The address that comes with a new comment, as it is stored; None where none does. Raises ``InvalidField``."""
    if wish is None:
        return None
    events = [Told(event) for event in wish.events]
    return sealed(services.keys, to=checked_address(services, wish.email, events, "notify"))


def keep_wish(unit: UnitOfWork, comment_id: str, status: Status, wish: MailWish, address: str) -> None:
    """Keeps it with the comment for what there is still to be told: how it ended was told in the answer where that was
    decided at once.
    """
    events = [event for event in may_be_told(status, looked_at_again=False) if event in wish.events]
    if events:
        keep_address(unit.connection, comment_id, sealed=address, events=events, language=wish.language, now=unit.now)


def leave_address(services: Services, comment_id: str, email: str, events: Collection[Told], language: str) -> None:
    """Keeps the address of whoever has a comment's receipt, in place of an earlier one. Raises ``CommentNotFound``,
    and ``InvalidField``, also for a comment of which there is nothing to be told any more.
    """
    kept = sealed(services.keys, to=checked_address(services, email, events, "email"))

    def work(unit: UnitOfWork) -> None:
        comment = find_comment(unit.session, comment_id, lock=True)
        if comment is None:
            raise CommentNotFound
        appeal = appeal_about(unit.session, comment.id)
        again = appeal is not None and appeal.decided_at is None
        offered = may_be_told(Status(comment.status), looked_at_again=again)
        chosen = [event for event in offered if event in events]
        if not chosen:
            raise InvalidField("email", Message("mail_nothing_to_tell"))
        keep_address(unit.connection, comment.id, sealed=kept, events=chosen, language=language, now=unit.now)

    run_in_unit_of_work(services, work)


def take_address_back(services: Services, comment_id: str) -> None:
    """Erases the address that was left with a comment, and every letter that waits. There may be none."""
    run_in_unit_of_work(services, lambda unit: forget_address(unit.connection, comment_id))


def stop_signature(keys: KeyRing, comment_id: str) -> str:
    """What a letter's link holds that stops all further ones about a comment, and gives no other right."""
    return _stop_signature(keys.receipts.newest.secret, comment_id)


def is_stop_signature(keys: KeyRing, comment_id: str, signature: str) -> bool:
    """Whether it is this comment's, now or from before a change of key."""
    said = signature.encode("utf-8", "replace")
    return any(
        hmac.compare_digest(_stop_signature(secret, comment_id).encode(), said) for secret in keys.receipts.secrets
    )


def _stop_signature(secret: str, comment_id: str) -> str:
    return keyed(secret, "no more mail", comment_id)[:32]


def _seal(keys: KeyRing) -> Seal:
    return Seal("letters", keys.mail.secrets)
