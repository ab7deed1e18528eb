"""Web addresses in texts: each counts once, whatever it ends in, and prose counts nothing."""

from __future__ import annotations

import socket

import pytest

from moderation.core.text.links import count_links, is_ending


@pytest.mark.parametrize(
    ("text", "links"),
    [
        ("", 0),
        ("no link here. At all.", 0),
        ("see https://news.example/a?b=c#d", 1),
        ("see HTTP://NEWS.example and www.other.example", 2),
        ("see example.com/path, or shop.xyz", 2),
        ("write to ada@example.com", 0),
        ("3.5 million, e.g. this; version 1.2.3", 0),
        ("https://a.example https://b.example https://c.example", 3),
        ("t.me/x", 1),
        ("a.com,b.org,c.net", 3),
        ("see example.eu and kick.tv or my.app", 3),
        ("пример.рф", 1),
        ("münchen.de", 1),
        ("例え.jp", 1),
        ("これは例え.jpです", 1),
        ("xn--e1afmkfd.xn--p1ai", 1),
        ("例え.中国", 1),
        ("took the tram.In my view", 0),
        ("ann@example.com, bob.b@example.org", 0),
        ("mailto:ann@example.com", 0),
        ("a+b@example.com", 0),
        ("example.com/path,example.org,example.net", 3),
        ("(see bbc.co.uk).", 1),
        ("bbc.co.uk.It was", 1),
        ("www.x", 1),
        ("http://localhost:80/x", 1),
        ("http://192.168.0.1/", 1),
        ("3.5 and 1.2.3.4", 0),
        ("Node.js, e.g. p.m. U.K. St. Ives i.e. a.m.to", 0),
        ("end.The next law.It it.Is up.To day.So go.No he.Me see.At who.Am by.As can.Be let.Us", 0),
        ("it's up.to you, look.at that, believe.me, who.is it, what.do you, yes.no, in 2019.it was", 0),
        ("TRAM.IN MY VIEW", 0),
        ("EXAMPLE.COM", 1),
        ("Example.Com", 1),
        ("hxxp://bad.example", 1),
        ("example[.]com example(dot)com", 2),
        ("the dot com bubble", 0),
        ("https://web.archive.org/web/https://example.com/", 1),
        ("https://a.com,https://b.com", 2),
        ("https://www.welt.de/article,12345.html", 1),
        ("wait...what", 0),
        ("Wait...example.com", 1),
        ("corriere.it orf.at vg.no spiegel.de standard.co.uk", 5),
        ("end。我们", 0),
        ("ｅｘａｍｐｌｅ．ｃｏｍ", 1),
        ("@example.com", 0),
        ("https://user@example.com/x", 1),
        ("youtu.be/abc", 1),
        ("[a](https://a.example/x)", 1),
        ("x.com", 1),
        ("t.co/abc", 1),
        ("bit.ly", 1),
        ("HTTP://EXAMPLE.NET", 1),
        ("No.1 and v2.0.1", 0),
        ("$3.50.That's", 0),
        ("был.Москва большая", 0),
        ("google.com.", 1),
        ("a.b.c.d", 0),
        ("and/or.etc", 0),
        ("so.much.winning", 0),
        ("Mr.Smith and Dr.No", 0),
        ("J.R.Me", 0),
        ("U.S.A.", 0),
        ("pills.shop casino.online bet7.win", 3),
        ("Trump.He is", 0),
        ("example.com:8080", 1),
        ("_example.com_", 1),
        ("*example.com*", 1),
        ("example.com's", 1),
        ("ex.com|ex.org;ex.net", 3),
        ("Sorry.SB it.TM Example.TV", 1),
        ("et.al. et.al", 0),
        ("ann(at)example(dot)com", 0),
        ("http:// is how", 0),
        ('<a href="https://a.com">https://a.com</a>', 1),
        ("[https://a.com/x](https://a.com/x)", 1),
        ("why?http://a.example", 1),
        ("and/or/example.com/x", 1),
        ("on/Thanks...a.com...b.com", 2),
        ("a.com a.com", 2),
        ("//t.co/x", 1),
        ("नमस्ते.भारत", 1),
        ("vielen dank.es war gut, leider nicht.so geht das", 0),
        ("está bien.no sé, pues sí.me voy", 0),
        ("non lo so.ma è così, adesso basta.se vuoi", 0),
        ("pas du tout.je pense, c'est bien.la suite", 0),
        ("spiegel.de mundo.es repubblica.it aftonbladet.se lemonde.fr detik.id", 6),
        ("请看example.com吧，还有www.例子.中国。", 2),
        ("看example.com。好", 1),
        ("例え。jp", 1),
        ("여기 example.co.kr에서 보세요", 1),
        ("ここはexample.jpだよ", 1),
        ("смотри на сайте пример.рф/путь и президент.рф", 2),
        ("انظر موقع.مصر و example.com؟", 2),
        ("देखो khabar24.in। फिर", 1),
    ],
)
def test_links_are_counted(text: str, links: int) -> None:
    assert count_links(text) == links


@pytest.mark.parametrize(
    "word", ["in", "it", "is", "to", "so", "my", "me", "at", "be", "by", "do", "no", "us", "am", "as"]
)
def test_a_missing_space_after_a_full_stop_makes_no_link(word: str) -> None:
    for said in (f"We took the tram.{word.capitalize()} was late", f"I KNOW.{word.upper()} WAS LATE"):
        assert count_links(said) == 0
    assert count_links(f"well we all know.{word} was late") == 0


@pytest.mark.parametrize("ending", ["com", "eu", "tv", "app", "in", "it", "is", "to", "me", "рф", "中国", "xn--p1ai"])
def test_every_ending_counts_with_a_path_and_behind_a_name_that_is_no_word(ending: str) -> None:
    assert count_links(f"see gazzetta24.{ending} and know.{ending}/x") == 2


def test_endings_are_known_without_asking_anybody(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object, **__: object) -> None:
        raise AssertionError

    monkeypatch.setattr(socket, "socket", refused)
    is_ending.cache_clear()
    assert (is_ending("museum"), is_ending("html"), is_ending("x" * 100), is_ending("")) == (True, False, False, False)
