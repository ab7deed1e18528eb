"""Mail servers: which may be named, and how they are spoken to."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import pytest
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from moderation.config.settings import SmtpServer, read_environment
from moderation.core.errors import ConfigurationError
from moderation.mail import smtp
from moderation.mail.smtp import NotTaken, connect, hand_over
from tests.certificates import certificate_for
from tests.mail.post_office import PostOffice, post_office

REST = {"MODERATION_MAIL_FROM": "Comments <comments@news.example>", "MODERATION_PUBLIC_URL": "https://c.example/"}


@pytest.mark.parametrize(
    ("url", "server"),
    [
        ("smtps://mail.example", SmtpServer(host="mail.example", port=465, security="tls")),
        (
            "smtp+starttls://news%40house:p%3Ass@mail.example:2525",
            SmtpServer(host="mail.example", port=2525, security="starttls", user="news@house", password="p:ss"),
        ),
        ("smtp://127.0.0.1", SmtpServer(host="127.0.0.1", port=25, security="none")),
    ],
)
def test_a_server_is_named_by_an_address(tmp_path: Path, url: str, server: SmtpServer) -> None:
    mail = read_environment({"MODERATION_SMTP_URL": url} | REST, root=tmp_path).mail
    assert mail is not None
    assert (mail.server, mail.sender) == (server, "Comments <comments@news.example>")
    assert mail.public_url == "https://c.example"
    assert "p:ss" not in repr(mail)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"MODERATION_SMTP_URL": "https://mail.example"}, "is no mail server"),
        ({"MODERATION_SMTP_URL": "smtps://"}, "is no mail server"),
        ({"MODERATION_SMTP_URL": "smtps://mail.example:99999"}, "is no mail server"),
        ({"MODERATION_SMTP_URL": "smtps://mail.example/path"}, "is no mail server"),
        ({"MODERATION_SMTP_URL": "smtp://mail.example"}, "readable by everybody"),
        ({"MODERATION_SMTP_URL": "smtps://secret-user@mail.example"}, "without a password"),
        ({"MODERATION_MAIL_FROM": ""}, "with MODERATION_SMTP_URL it must be"),
        ({"MODERATION_PUBLIC_URL": ""}, "with MODERATION_SMTP_URL it must be"),
        ({"MODERATION_MAIL_FROM": "Comments"}, "is no sender"),
        ({"MODERATION_MAIL_FROM": "A <a@b.example>\r\nBcc: c@d.example"}, "is no sender"),
        ({"MODERATION_PUBLIC_URL": "comments.example"}, "is no address of this service"),
        ({"MODERATION_PUBLIC_URL": "https://c.example/?x\r\nX: y"}, "is no address of this service"),
    ],
)
def test_what_cannot_be_used_stops_the_start_and_names_itself(
    tmp_path: Path, changes: dict[str, str], said: str
) -> None:
    with pytest.raises(ConfigurationError) as refused:
        read_environment({"MODERATION_SMTP_URL": "smtps://mail.example"} | REST | changes, root=tmp_path)
    assert said in str(refused.value)
    assert next(iter(changes)) in str(refused.value)
    assert "secret-user" not in str(refused.value)


def test_without_a_server_there_is_no_mail(tmp_path: Path) -> None:
    assert read_environment(REST, root=tmp_path).mail is None


LETTER = b"Subject: x\r\n\r\n.a line that begins with a dot\r\n..two\r\nend\r\n"


@contextmanager
def secure(tmp_path: Path, security: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[PostOffice, SmtpServer]]:
    """A server with a certificate of its own, that this machine trusts, and a user `news` with a password."""
    certificate, key = certificate_for(tmp_path, "localhost")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    trusted = ssl.create_default_context(cafile=certificate)
    monkeypatch.setattr(smtp, "_trusted", lambda: trusted)

    def knows(_server: SMTP, _session: Session, _envelope: Envelope, mechanism: str, given: Any) -> AuthResult:
        good = isinstance(given, LoginPassword) and (given.login, given.password) == (b"news", b"p:ss")
        return AuthResult(success=good, handled=mechanism not in ("LOGIN", "PLAIN"))

    how: dict[str, Any] = {"authenticator": knows}
    if security == "tls":
        how |= {"ssl_context": context, "auth_require_tls": False}
    else:
        how |= {"tls_context": context, "require_starttls": True, "auth_required": True}
    with post_office(**how) as office:
        kind: Literal["tls", "starttls"] = "tls" if security == "tls" else "starttls"
        yield office, SmtpServer(host="localhost", port=office.port, security=kind, user="news", password="p:ss")


@pytest.mark.parametrize("security", ["tls", "starttls"])
def test_letters_go_encrypted_and_as_they_were_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, security: str
) -> None:
    with secure(tmp_path, security, monkeypatch) as (office, server):
        with connect(server) as connection:
            hand_over(connection, "comments@news.example", "ada@example.org", LETTER, begin=lambda: None)
        assert office.got == [LETTER]
        assert office.to == ["ada@example.org"]


@pytest.mark.parametrize("security", ["tls", "starttls"])
def test_a_wrong_password_or_an_unknown_certificate_is_said_and_nothing_is_sent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, security: str
) -> None:
    with secure(tmp_path, security, monkeypatch) as (office, server):
        with pytest.raises(NotTaken, match="refused the user or the password") as refused:
            connect(replace(server, password="wrong"))
        assert "wrong" not in str(refused.value)
        monkeypatch.setattr(smtp, "_trusted", ssl.create_default_context)
        with pytest.raises(NotTaken, match="certificate can't be trusted"):
            connect(server)
        assert office.got == []


def test_a_server_that_offers_no_encryption_is_given_no_password() -> None:
    with post_office() as office:
        server = SmtpServer(host="127.0.0.1", port=office.port, security="starttls", user="news", password="p:ss")
        with pytest.raises(NotTaken, match="doesn't offer"):
            connect(server)


def test_a_server_that_is_not_there_is_said() -> None:
    with pytest.raises(NotTaken, match="refused the connection"):
        connect(SmtpServer(host="127.0.0.1", port=1, security="none"))
