"""Letters are sent beside the requests, one after the other: tried for three days, then given up and shown.

None is sent twice. Right before its words go out that is written down; where the service is killed then, or the
connection ends before the server's answer, nobody knows whether it arrived, and it is given up rather than repeated.
"""

from __future__ import annotations

import logging
import smtplib
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import timedelta
from email.utils import parseaddr
from functools import partial

from sqlalchemy.orm import Session

from moderation.core.comment import Status
from moderation.core.signing import keyed
from moderation.mail.digest import post_digests
from moderation.mail.letters import Unreadable, letter_of
from moderation.mail.smtp import NobodyKnows, NotTaken, connect, hand_over
from moderation.mail.writing import Letter, as_message
from moderation.services import Services
from moderation.storage.claims import Claim, Claims, Work
from moderation.storage.comments import find_comment
from moderation.storage.mails import (
    Mail,
    MailKind,
    find_mail,
    forget_address,
    outcome_told,
    outdated_addresses,
    outdated_mails,
    remove_mails,
    sent_to,
    unseal,
)
from moderation.watching import counts

log = logging.getLogger(__name__)

TRIED_FOR = timedelta(days=3)
WAITS = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 30, 120, 360))
"""Before the next try of what has failed so often; the last again and again."""
LEASE = timedelta(minutes=5)
A_DAY = timedelta(days=1)
MOST_A_DAY = 20
"""Letters to one address: anybody can leave anybody's."""
KEPT_FOR = timedelta(days=30)
FORGOTTEN_AT_ONCE = 500
INTERRUPTED = "the service stopped, or the connection ended, while it was being sent; it may have arrived"
TOO_MANY = f"there were {MOST_A_DAY} letters to this address within a day"
UNREADABLE = "the key that its address was kept under is gone"


class Postman:
    """Sends what is due, on one connection at a time."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._connection: smtplib.SMTP | None = None

    def look(self, *, stopped: Callable[[], bool] = lambda: False) -> int:
        """Sends what is due; returns how much was sent. Once the server takes nothing, the rest waits for the next
        look.
        """
        sent = 0
        if self._services.settings.mail is None:
            return sent
        post_digests(self._services)
        try:
            while not stopped() and (claim := self._claims().take(1)) is not None:
                taken = self._deliver(claim)
                if taken is None:
                    break
                sent += taken
        finally:
            self._hang_up()
        return sent

    def _claims(self) -> Claims:
        now = self._services.clock()
        due = Work(
            key=Mail.number,
            leased_until=Mail.leased_until,
            waits=(Mail.next_at <= now,),
            order=(Mail.next_at, Mail.number),
            lease=LEASE,
        )
        return Claims(self._services.database, self._services.clock, due)

    def _deliver(self, claim: Claim) -> bool | None:
        """Sends one letter; returns whether it was taken, None where the server takes none at the moment."""
        with self._services.database.reading() as session:
            mail = find_mail(session, claim.keys[0])
            if mail is None:
                return False
            letter = self._written(session, mail)
        if letter is None:
            return self._drop(claim)
        if isinstance(letter, str):
            return self._end(claim, error=letter)
        return self._send(claim, mail, letter)

    def _written(self, session: Session, mail: Mail) -> Letter | str | None:
        """The letter, or why it can't be sent, or None where there is nothing to be told any more."""
        if mail.begun_at is not None:
            return INTERRUPTED
        try:
            letter = letter_of(self._services, session, mail)
        except Unreadable:
            return UNREADABLE
        since = self._services.clock() - A_DAY
        if letter is not None and sent_to(session, self._recipient(letter), since) >= MOST_A_DAY:
            return TOO_MANY
        return letter

    def _send(self, claim: Claim, mail: Mail, letter: Letter) -> bool | None:
        settings = self._services.settings.mail
        assert settings is not None
        try:
            if self._connection is None:
                self._connection = connect(settings.server)
        except NotTaken as refused:
            log.error("no letter can be sent: %s", refused.words)
            self._put_off(claim, refused.words)
            return None
        sender = parseaddr(settings.sender)[1]
        message = as_message(self._services, letter, name=str(mail.number), at=mail.created_at)
        try:
            hand_over(self._connection, sender, letter.to, message, begin=lambda: self._begin(claim))
        except NobodyKnows:
            self._hang_up()
            return self._end(claim, error=INTERRUPTED)
        except NotTaken as refused:
            self._hang_up()
            if refused.for_good:
                return self._end(claim, error=refused.words)
            return self._put_off(claim, refused.words)
        except BaseException:
            self._hang_up()
            raise
        return self._end(claim, recipient=self._recipient(letter))

    def _recipient(self, letter: Letter) -> str:
        return keyed(self._services.keys.mail.newest.secret, "recipient", letter.to.lower())

    # --- what is written down -----------------------------------------------------------------------------------------

    def _begin(self, claim: Claim) -> None:
        def work(_session: Session, mail: Mail) -> None:
            mail.begun_at = self._services.clock()

        if not self._write(claim, work):
            raise NotTaken("it was taken back, or somebody else has it")

    def _end(self, claim: Claim, *, recipient: str | None = None, error: str | None = None) -> bool:
        def work(session: Session, mail: Mail) -> None:
            now = self._services.clock()
            mail.attempts += 1
            mail.recipient = recipient
            unseal(mail, now, error=error)
            if mail.kind == MailKind.OUTCOME:
                comment = find_comment(session, mail.subject)
                if comment is not None:
                    outcome_told(session, comment.id, Status(comment.status), now)
            if error is not None:
                log.error("letter %d (%s) was given up: %s", mail.number, mail.kind, error)

        return self._write(claim, work, "sent" if error is None else "given up") and error is None

    def _put_off(self, claim: Claim, words: str) -> bool:
        def work(_session: Session, mail: Mail) -> None:
            now = self._services.clock()
            mail.attempts += 1
            mail.error, mail.begun_at, mail.leased_until = words, None, None
            mail.next_at = now + WAITS[min(mail.attempts, len(WAITS)) - 1]

        with self._services.database.reading() as session:
            mail = find_mail(session, claim.keys[0])
        if mail is not None and mail.created_at <= self._services.clock() - TRIED_FOR:
            return self._end(claim, error=words)
        self._write(claim, work, "put off")
        return False

    def _drop(self, claim: Claim) -> bool:
        def work(session: Session, mail: Mail) -> None:
            session.delete(mail)

        self._write(claim, work)
        return False

    def _write(self, claim: Claim, work: Callable[[Session, Mail], None], outcome: str | None = None) -> bool:
        """Returns whether the letter is still there, and this claim's: then ``outcome`` is counted."""
        kind = ""

        def held(session: Session) -> bool:
            nonlocal kind
            mail = find_mail(session, claim.keys[0], lock=True)
            if mail is None or not claim.holds(mail.leased_until):
                return False
            kind = mail.kind
            work(session, mail)
            return True

        there = self._services.database.writing(held)
        if there and outcome is not None:
            counts.mail_attempts(kind, outcome)
        return there

    def _hang_up(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(OSError, smtplib.SMTPException):
                connection.quit()
            connection.close()


def forget(services: Services, *, stopped: Callable[[], bool] = lambda: False) -> None:
    """Erases addresses whose time is over, and forgets letters that were written long ago. What is to go is found
    before the transaction that removes it.
    """
    now = services.clock()
    while not stopped():
        with services.database.reading() as session:
            addresses = outdated_addresses(session, now, FORGOTTEN_AT_ONCE)
            numbers = outdated_mails(session, now - KEPT_FOR, FORGOTTEN_AT_ONCE)
        if addresses or numbers:
            services.database.writing(partial(_forget, addresses=addresses, numbers=numbers))
        if max(len(addresses), len(numbers)) < FORGOTTEN_AT_ONCE:
            return


def _forget(session: Session, *, addresses: Sequence[str], numbers: Sequence[int]) -> None:
    for comment_id in addresses:
        forget_address(session.connection(), comment_id)
    remove_mails(session, numbers)
