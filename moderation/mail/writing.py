"""Letters as they are written, and as they go out: plain text, in the language of whoever gets them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr

from sqlalchemy.orm import Session

from moderation.config.settings import MailSettings
from moderation.core.messages import Message
from moderation.core.signing import keyed
from moderation.services import Services


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A letter before it is an e-mail. ``stop``: the address of a page that ends such letters."""

    to: str
    subject: str
    paragraphs: tuple[str, ...]
    stop: str | None = None


@dataclass(frozen=True, slots=True)
class Writing:
    """Where a letter is written."""

    services: Services
    settings: MailSettings
    session: Session
    language: str

    def says(self, message: Message) -> str:
        return message.told(self.language)

    def leads(self, message: Message, url: str) -> str:
        """A paragraph that ends with a link."""
        return f"{self.says(message)}\n{url}"


def as_message(services: Services, letter: Letter, *, name: str, at: datetime) -> bytes:
    """The letter as it goes out, written ``at``. By its ``name``, the same at every try, it is known again. No text of
    anybody's can add a header: the library refuses one with an end of line in it, and none is left here.
    """
    settings = services.settings.mail
    assert settings is not None
    message = EmailMessage(policy=SMTP)
    message["From"], message["To"] = settings.sender, letter.to
    message["Subject"] = " ".join(letter.subject.split())
    message["Date"] = format_datetime(at)
    known_by = keyed(services.keys.receipts.oldest.secret, "letter", name)[:24]
    message["Message-ID"] = f"<{known_by}@{parseaddr(settings.sender)[1].rpartition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content("\n\n".join(letter.paragraphs) + "\n", cte="quoted-printable")
    return _unsubscribe(letter.stop) + message.as_bytes()


def _unsubscribe(stop: str | None) -> bytes:
    """Where one click ends such letters (RFC 8058). The library would break so long an address into encoded pieces; it
    is all our own, and plain.
    """
    if stop is None:
        return b""
    return f"List-Unsubscribe: <{stop}>\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n".encode("ascii")
