"""A mail server that really listens, answers as a test has it answer, and keeps what it was given."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any, cast
from urllib.parse import urlsplit

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from sqlalchemy import delete
from sqlalchemy.orm import Session as DatabaseSession

from moderation.mail.postman import Postman
from moderation.storage.mails import Mail, ReaderAddress, newest_mails
from tests.newsroom import Newsroom

LATER = "451 4.3.0 come again"
NO_WORDS = re.compile(r"\bmail_[a-z_]+")
"""A sentence's code in place of the sentence."""
NEVER = "550 5.1.1 <ada@example.org>: there is no ada here"


@dataclass(slots=True)
class PostOffice:
    """``answer`` is what it says to each letter, ``rcpt`` to each address; None: it takes it. ``hangs_up``: it takes
    the letter and ends the connection without a word.
    """

    port: int = 0
    answer: str | None = None
    rcpt: str | None = None
    hangs_up: bool = False
    got: list[bytes] = field(default_factory=list)
    to: list[str] = field(default_factory=list)

    @property
    def letters(self) -> list[EmailMessage]:
        return [message_from_bytes(one, policy=default) for one in self.got]

    @property
    def texts(self) -> list[str]:
        return [str(letter.get_content()) for letter in self.letters]

    # The names are aiosmtpd's.
    async def handle_RCPT(
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if self.rcpt is not None:
            return self.rcpt
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, _session: Session, envelope: Envelope) -> str:
        if self.answer is not None:
            return self.answer
        self.got.append(cast("bytes", envelope.content))
        self.to += envelope.rcpt_tos
        if self.hangs_up:
            assert server.transport is not None
            server.transport.close()
        return "250 OK"


@contextmanager
def post_office(**how: Any) -> Iterator[PostOffice]:
    """``how``: what aiosmtpd's controller takes beside."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    office = PostOffice(port=port)
    controller = Controller(office, hostname="127.0.0.1", port=port, **how)
    controller.start()
    try:
        yield office
    finally:
        controller.stop()


@dataclass(slots=True)
class Mailing:
    """A site whose service sends mail."""

    newsroom: Newsroom
    office: PostOffice

    def send(self) -> int:
        """What a worker does at one look."""
        return Postman(self.newsroom.services).look()

    def after(self, **span: float) -> int:
        """What a worker does so long after."""
        self.newsroom.clock.move(**span)
        return self.send()

    def mails(self) -> list[Mail]:
        """Oldest first."""
        with self.newsroom.services.database.reading() as session:
            return list(reversed(newest_mails(session, limit=1000)))

    def left(self, comment_id: str) -> list[str] | None:
        """Of what the comment's writer is to be told."""
        with self.newsroom.services.database.reading() as session:
            found = session.get(ReaderAddress, comment_id)
            return None if found is None else found.events

    def accepted(self, *events: str, email: str = "ada@example.org", **more: Any) -> str:
        """A comment whose writer wants to be told of these."""
        notify = {"email": email, "events": list(events or ("outcome",))}
        return str(self.newsroom.accepted(notify=notify, **more)["id"])

    def link(self, number: int, part: str) -> str:
        """The path of a letter's link that holds this part."""
        words = self.office.texts[number].split()
        (link,) = [word for word in words if word.startswith("https://comments.example/") and part in word]
        parts = urlsplit(link)
        return f"{parts.path}?{parts.query}" if parts.query else parts.path

    def forget_all(self) -> None:
        def work(session: DatabaseSession) -> None:
            session.execute(delete(Mail))
            session.execute(delete(ReaderAddress))

        self.newsroom.services.database.writing(work)
