"""One letter at once, for whoever sets the mail server up."""

from __future__ import annotations

from contextlib import suppress
from email.utils import parseaddr
from smtplib import SMTPException

from moderation.core.mail_addresses import mail_address
from moderation.core.messages import Message
from moderation.mail.smtp import NobodyKnows, NotTaken, connect, hand_over
from moderation.mail.writing import Letter, as_message
from moderation.services import Services


def try_mail(services: Services, address: str, language: str) -> str | None:
    """Sends a letter, and returns what went wrong; None where the server took it. Raises ``InvalidField`` for an
    address that letters can't go to.
    """
    settings, to = services.settings.mail, mail_address(address, "address")
    assert settings is not None
    words = (Message("mail_test_subject"), Message("mail_test_words", {"address": settings.public_url}))
    subject, paragraph = (one.told(language) for one in words)
    letter = Letter(to=to, subject=subject, paragraphs=(paragraph,))
    message = as_message(services, letter, name=f"test {services.clock().isoformat()}", at=services.clock())
    try:
        connection = connect(settings.server)
        try:
            hand_over(connection, parseaddr(settings.sender)[1], to, message, begin=lambda: None)
        finally:
            with suppress(OSError, SMTPException):
                connection.quit()
            connection.close()
    except NotTaken as refused:
        return refused.words
    except NobodyKnows:
        return "the connection ended before the mail server's answer; it may have arrived"
    return None
