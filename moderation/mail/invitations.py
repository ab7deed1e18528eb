"""An invitation goes by mail to whom it is for."""

from __future__ import annotations

from moderation.comments.writers_mail import check_mail_is_on, sealed
from moderation.core.mail_addresses import mail_address
from moderation.core.messages import Message
from moderation.mail.writing import Letter, Writing
from moderation.services import Services
from moderation.storage.accounts import Account, account_named
from moderation.storage.mails import Mail, MailKind, post
from moderation.storage.sites import digest_of


def check_invitation_mail(services: Services, address: str) -> str:
    """The address, before anybody is invited. Raises ``InvalidField`` for one that letters can't go to, and where this
    service sends no mail.
    """
    check_mail_is_on(services, "mail")
    return mail_address(address, "mail")


def mail_invitation(services: Services, name: str, token: str, address: str, language: str) -> None:
    """Has the invitation of this account sent to an address, which is kept until it was."""
    with services.database.reading() as session:
        account = account_named(session, name)
    assert account is not None
    kept, account_id = sealed(services.keys, to=check_invitation_mail(services, address), token=token), account.id

    services.database.writing(
        lambda session: (
            post(session, MailKind.INVITATION, account_id, sealed=kept, language=language, now=services.clock()).number
        )
    )


def invitation(writing: Writing, mail: Mail, needed: dict[str, str]) -> Letter | None:
    """The letter; None where nobody can take the invitation any more."""
    account = writing.session.get(Account, mail.subject)
    ends_at = account.invitation_ends_at if account else None
    if account is None or account.disabled_at is not None or ends_at is None or ends_at < writing.services.clock():
        return None
    if account.invitation != digest_of(needed["token"]):
        return None  # there is a newer one
    link = f"{writing.settings.public_url}/invitation/{needed['token']}"
    return Letter(
        to=needed["to"],
        subject=writing.says(Message("mail_invitation_subject")),
        paragraphs=(
            writing.says(Message("mail_invitation_there", {"name": account.name})),
            writing.leads(Message("mail_invitation_link"), link),
            writing.says(Message("mail_invitation_mistake")),
        ),
    )
