"""Which addresses of the web name one article."""

from __future__ import annotations

import pytest

from moderation.core.addresses import LONGEST, canonical_address, host_of, name_of
from moderation.core.article_ids import article_name
from moderation.core.errors import InvalidField


@pytest.mark.parametrize(
    "address",
    [
        "https://news.example/city/trams",
        "http://news.example/city/trams/",
        "https://www.news.example/city/trams",
        "HTTPS://News.Example:443/city/trams",
        "http://news.example.:80/city/trams#comments",
        "https://news.example/city/trams?utm_source=x&UTM_Medium=y&fbclid=1&gclid=2&mc_cid=3",
        "https://news.example/city/tr%61ms?",
        "  https://news.example/city/trams  ",
    ],
)
def test_these_are_one_address(address: str) -> None:
    assert canonical_address(address) == "news.example/city/trams"


@pytest.mark.parametrize(
    ("address", "canonical"),
    [
        ("https://news.example", "news.example"),
        ("https://news.example/?b=2&a=1", "news.example?a=1&b=2"),
        ("https://news.example/Trams", "news.example/Trams"),
        ("https://news.example:8443/a", "news.example:8443/a"),
        ("https://amp.news.example/a", "amp.news.example/a"),
        ("https://news.example/a%2Fb", "news.example/a%2Fb"),
        ("https://news.example/a%2fb", "news.example/a%2Fb"),
        ("https://münchen.example/straße", "xn--mnchen-3ya.example/stra%C3%9Fe"),
        ("https://xn--mnchen-3ya.example/stra%c3%9fe", "xn--mnchen-3ya.example/stra%C3%9Fe"),
        ("https://news.example/a?id=1&ref=2", "news.example/a?id=1&ref=2"),
        ("https://[2001:db8::1]:8080/a", "[2001:db8::1]:8080/a"),
        ("https://news.example/a b\n", "news.example/a%20b"),
    ],
)
def test_what_tells_articles_apart_stays(address: str, canonical: str) -> None:
    assert canonical_address(address) == canonical


@pytest.mark.parametrize(
    "address",
    [
        "",
        "news.example/trams",
        "javascript:alert(1)",
        "https://",
        "https:///trams",
        "https://user:secret@news.example/",
        "https://news.example\\@evil.example/",
        "https://a b.example/",
        "https://news.example:port/",
        "ftp://news.example/",
        "https://news.example/" + "a" * LONGEST,
        "https://news.example/" + "é" * (LONGEST // 2),
        "https://" + "a" * 300 + ".example/",
        "https://" + "é" * 100 + ".example/",
    ],
)
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(InvalidField):
        canonical_address(address)


def test_the_host_and_a_name_are_told_from_it() -> None:
    assert host_of("news.example:8443/a") == "news.example:8443"
    assert host_of("news.example?a=1") == "news.example"
    assert name_of("news.example/a") == "https://news.example/a"
    long = "news.example/" + "a" * 1000
    assert article_name(name_of(long)) == name_of(long)
    assert name_of(long) != name_of(long + "b")
