"""The conversation with a mail server, in steps: whoever sends must know whether a letter was handed over."""

from __future__ import annotations

import re
import smtplib
import ssl
from collections.abc import Callable
from functools import cache

import certifi

from moderation.config.settings import SmtpServer

SECONDS = 20.0
"""For each answer of the server."""
KEPT_CHARACTERS = 200
_ADDRESS = re.compile(r"\S*@\S*")


class NotTaken(Exception):
    """The server has not taken a letter; ``for_good``: it won't later either. In words, without any address."""

    def __init__(self, words: str, *, for_good: bool = False) -> None:
        super().__init__(words)
        self.words, self.for_good = words, for_good


class NobodyKnows(Exception):
    """The connection ended when the letter was out and its answer wasn't there: it may have been taken."""


def connect(server: SmtpServer) -> smtplib.SMTP:
    """A connection on which letters can be sent. Raises ``NotTaken``."""
    try:
        if server.security == "tls":
            connection: smtplib.SMTP = smtplib.SMTP_SSL(server.host, server.port, timeout=SECONDS, context=_trusted())
        else:
            connection = smtplib.SMTP(server.host, server.port, timeout=SECONDS)
        try:
            if server.security == "starttls":
                connection.starttls(context=_trusted())
            if server.user is not None and server.password is not None:
                connection.login(server.user, server.password)
            connection.ehlo_or_helo_if_needed()
        except BaseException:
            connection.close()
            raise
    except (OSError, smtplib.SMTPException) as failed:
        raise NotTaken(_in_words(failed)) from failed
    return connection


def hand_over(connection: smtplib.SMTP, sender: str, to: str, message: bytes, *, begin: Callable[[], None]) -> None:
    """Hands one letter over. ``begin`` is called right before its words go out. Raises ``NotTaken``, or
    ``NobodyKnows``; the connection is of no use after either.
    """
    try:
        _asked(connection.mail(sender), 250, to)
        _asked(connection.rcpt(to), 250, to)
        _asked(connection.docmd("DATA"), 354, to)
    except (OSError, smtplib.SMTPException) as failed:
        raise NotTaken(_in_words(failed)) from failed
    begin()
    try:
        connection.send(re.sub(rb"(?m)^\.", b"..", message).removesuffix(b"\r\n") + b"\r\n.\r\n")
        answer = connection.getreply()
    except (OSError, smtplib.SMTPException) as failed:
        raise NobodyKnows from failed
    _asked(answer, 250, to)


def _asked(answer: tuple[int, bytes], wanted: int, to: str) -> None:
    code, reply = answer
    if code // 10 != wanted // 10:
        words = reply.decode("utf-8", "replace").replace(to, "…").replace(to.rpartition("@")[0], "…")
        told = " ".join(_ADDRESS.sub("…", words).split())[:KEPT_CHARACTERS]
        raise NotTaken(f"the mail server said {code} {told}".strip(), for_good=code >= 500)


@cache
def _trusted() -> ssl.SSLContext:
    """The authorities that this machine trusts, a house's own among them, and those of Mozilla."""
    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    return context


def _in_words(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPAuthenticationError):
        return "the mail server refused the user or the password of MODERATION_SMTP_URL"
    if isinstance(error, smtplib.SMTPNotSupportedError):
        return "the mail server doesn't offer what MODERATION_SMTP_URL asks of it, STARTTLS or a sign-in"
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"the mail server's certificate can't be trusted: {error.verify_message}"
    if isinstance(error, ConnectionRefusedError):
        return "the mail server refused the connection"
    if isinstance(error, TimeoutError):
        return f"the mail server did not answer within {SECONDS:g} seconds"
    return f"the mail server can't be spoken to: {_ADDRESS.sub('…', str(error))[:KEPT_CHARACTERS]}"
