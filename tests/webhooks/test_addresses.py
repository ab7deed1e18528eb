"""Where events may be sent: no address leads into the newsroom's own network unless somebody allowed it."""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from itertools import chain, repeat
from pathlib import Path

import pytest

from moderation.core.errors import InvalidField
from moderation.webhooks import sending
from moderation.webhooks.addresses import Resolver, may_connect, target_of
from moderation.webhooks.sending import post
from tests.certificates import certificate_for
from tests.served import serving
from tests.webhooks.receiver import Receiver

PRIVATE = """
127.0.0.1 127.8.8.8 10.1.2.3 172.16.0.1 192.168.1.1 100.64.0.1 192.0.2.1 198.18.0.1 240.0.0.1
::1 fec0::1 5f00::1 fc00::1 fd12::1 2001:db8::1 ::10.0.0.1
::ffff:10.0.0.1 ::ffff:127.0.0.1 2002:0a00:0001::1 64:ff9b::a00:1 2001:0:4136:e378:8000:63bf:3fff:fdd2
"""
"""The last line's stand for IPv4 addresses."""
PUBLIC = "93.184.215.14 8.8.8.8 2606:2800:21f:cb07:6820:80da:af6b:8b2c 64:ff9b::808:808 ::ffff:8.8.8.8"
NOWHERE = """
0.0.0.0 :: 224.0.0.1 ff02::1 nonsense
169.254.169.254 169.254.0.1 fe80::1 fe80::1%eth0 ::ffff:169.254.169.254 64:ff9b::a9fe:a9fe
2002:a9fe:a9fe::1 ::169.254.169.254
fd00:ec2::254 fd20:ce::254 100.100.100.200 192.0.0.192 168.63.129.16 ::ffff:100.100.100.200
"""
"""The last lines': where clouds hand a machine its keys."""


@pytest.mark.parametrize("address", PRIVATE.split())
def test_what_is_not_on_the_public_internet_is_refused_unless_allowed(address: str) -> None:
    assert not may_connect(address, allow_private=False)
    assert may_connect(address, allow_private=True)


def test_what_is_on_it_is_not_refused_and_what_is_no_place_always_is() -> None:
    for address in PUBLIC.split():
        assert may_connect(address, allow_private=False), address
    for address in NOWHERE.split():
        assert not may_connect(address, allow_private=True), address


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("http://cms.example/", "Use https"),
        ("ftp://cms.example/", "must be an address such as"),
        ("cms.example", "must be an address such as"),
        ("https://", "must be an address such as"),
        ("https://.../", "must be an address such as"),
        ("https://cms.example:99999/", "must be an address such as"),
        ("https://cms.example:0/", "port 0"),
        ("https://[::1/", "must be an address such as"),
        ("https://me:secret@cms.example/", "user name or password"),
        ("https://cms.example/#part", "after #"),
        ("https://cms.example/a b", "plain ASCII"),
        ("https://cms.example/\r\nX-Header:1", "plain ASCII"),
        ("https://größe.example/", "plain ASCII"),
        ("https://cms.example\\@10.0.0.1/", "plain ASCII"),
        ("https://10.0.0.1/", "not on the public internet"),
        ("https://[::1]/", "not on the public internet"),
        ("https://cms.example/" + "a" * 2000, "must be an address such as"),
    ],
)
def test_an_address_that_cannot_be_used_is_refused_with_what_to_do(url: str, said: str) -> None:
    with pytest.raises(InvalidField) as refused:
        target_of(url, allow_private=False)
    assert said in str(refused.value)


def test_an_address_is_kept_as_it_is_asked_for() -> None:
    assert target_of(" https://CMS.example./a?b=c ", allow_private=False).url == "https://cms.example/a?b=c"
    assert target_of("https://cms.example:8443", allow_private=False).url == "https://cms.example:8443/"
    assert target_of("http://[fd00::1]:80/x", allow_private=True).url == "http://[fd00::1]/x"


def means(*addresses: str) -> Resolver:
    """A resolver for which every name means these addresses."""
    return lambda _host, _port: addresses


def test_a_name_that_means_a_private_address_is_not_connected_to(receiver: Receiver) -> None:
    url = f"https://cms.example:{receiver.port}/events"
    for found in (["127.0.0.1"], ["::1"], ["10.0.0.9", "169.254.169.254"]):
        sent = post(url, {}, b"{}", allow_private=False, resolve=means(*found))
        assert sent.error is not None
        assert "not on the public internet" in sent.error
    assert receiver.got == []


def test_a_name_is_resolved_once_and_the_connection_goes_to_what_was_looked_at(receiver: Receiver) -> None:
    """DNS rebinding: the name means a harmless address when it is looked at, and ours a moment later."""
    answers = chain([["192.0.2.1"]], repeat(["127.0.0.1"]))
    asked: list[str] = []

    def rebinds(host: str, _port: int) -> Sequence[str]:
        asked.append(host)
        return next(answers)

    url = f"https://rebinds.example:{receiver.port}/"
    for _ in range(2):
        sent = post(url, {}, b"{}", allow_private=False, resolve=rebinds)
        assert "not on the public internet" in (sent.error or "")
    assert asked == ["rebinds.example"] * 2
    # And the other way round: only the resolver's word counts, whatever the machine thinks of that name.
    sent = post(
        f"http://no-such-name.example:{receiver.port}/x",
        {},
        b"{}",
        allow_private=True,
        resolve=means("127.0.0.1"),
    )
    assert (sent.status, receiver.got[0].headers["host"]) == (200, f"no-such-name.example:{receiver.port}")


def test_a_link_local_address_is_refused_whatever_is_allowed_and_says_why(receiver: Receiver) -> None:
    with pytest.raises(InvalidField, match="can never be an endpoint"):
        target_of("http://169.254.169.254/latest/meta-data/", allow_private=True)
    url = f"http://cms.example:{receiver.port}/events"
    for found in ("169.254.169.254", "fe80::1", "::ffff:169.254.169.254"):
        sent = post(url, {}, b"{}", allow_private=True, resolve=means(found))
        assert "can never be an endpoint" in (sent.error or "")
    assert receiver.got == []


def test_what_goes_wrong_on_the_way_is_said_in_words(receiver: Receiver) -> None:
    def unknown(_host: str, _port: int) -> Sequence[str]:
        raise socket.gaierror(-2, "Name or service not known")

    assert post("https://cms.example/", {}, b"", allow_private=False, resolve=unknown).error == (
        "its name can't be resolved"
    )
    closed = post("http://127.0.0.1:1/", {}, b"", allow_private=True)
    assert closed.error == "the connection was refused"
    plain = post(f"https://127.0.0.1:{receiver.port}/", {}, b"", allow_private=True)
    assert plain.error is not None
    assert not plain.arrived


def test_a_name_that_nobody_resolves_takes_no_longer_than_a_request_may(receiver: Receiver) -> None:
    def hangs(_host: str, _port: int) -> Sequence[str]:
        receiver.ended.wait(30)
        return []

    begun = time.monotonic()
    sent = post("https://cms.example/", {}, b"{}", allow_private=False, resolve=hangs, seconds=0.3)
    assert time.monotonic() - begun < 5
    assert sent.error == "no answer within 0.3 seconds"


def test_a_certificate_for_another_name_is_not_trusted(tmp_path: Path) -> None:
    with speaking_tls(tmp_path, "cms.example") as (port, authority):
        assert post_trusting(authority, f"https://cms.example:{port}/") is None
        assert "certificate can't be trusted" in (post_trusting(authority, f"https://other.example:{port}/") or "")
        untrusted = post(f"https://cms.example:{port}/", {}, b"{}", allow_private=True, resolve=means("127.0.0.1"))
        assert "certificate can't be trusted" in (untrusted.error or "")


def post_trusting(authority: Path, url: str) -> str | None:
    """The error of a request by a machine that trusts this authority."""
    sending._trusted().load_verify_locations(authority)
    try:
        return post(url, {}, b"{}", allow_private=True, resolve=means("127.0.0.1")).error
    finally:
        sending._trusted.cache_clear()


@contextmanager
def speaking_tls(folder: Path, name: str) -> Iterator[tuple[int, Path]]:
    """A server with a certificate of its own for this name: its port, and the certificate's file."""
    chain_file, key_file = certificate_for(folder, name)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Nothing is logged."""

    class Server(HTTPServer):
        def handle_error(self, *_: object) -> None:
            """A client that trusts us not hangs up."""

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain_file, key_file)
    with Server(("127.0.0.1", 0), Handler) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        with serving(server):
            yield server.server_address[1], chain_file
