"""Which letter is written how."""

from __future__ import annotations

from sqlalchemy.orm import Session

from moderation.comments.writers_mail import unsealed
from moderation.mail.digest import digest
from moderation.mail.invitations import invitation
from moderation.mail.to_readers import outcome, reply
from moderation.mail.writing import Letter, Writing
from moderation.services import Services
from moderation.storage.mails import Mail, MailKind


class Unreadable(Exception):
    """The key that a letter's address was kept under is gone."""


def letter_of(services: Services, session: Session, mail: Mail) -> Letter | None:
    """What a letter says now; None where there is nothing to be told any more. Raises ``Unreadable``."""
    needed = unsealed(services.keys, mail.sealed or "")
    if needed is None:
        raise Unreadable
    write = {MailKind.OUTCOME: outcome, MailKind.REPLY: reply, MailKind.INVITATION: invitation, MailKind.DIGEST: digest}
    settings = services.settings.mail
    assert settings is not None
    return write[MailKind(mail.kind)](Writing(services, settings, session, mail.language), mail, needed)
