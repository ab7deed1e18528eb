"""Web addresses in a text: with their scheme or without, under every ending that there is, and no sentence whose next
one follows without a space.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from functools import cache, lru_cache

import regex
from publicsuffixlist import PublicSuffixList

from moderation.core.text.scripts import UNSPACED
from moderation.core.text.words import COMMON_BY_LANGUAGE, RANK

_DOTS = ".。．｡"
_IN_HOST = rf"[\p{{L}}\p{{M}}\p{{N}}_@\-{_DOTS}]"
_INNER_DOT = regex.compile(rf"[{_DOTS}](?=[\p{{L}}\p{{N}}])")
_DEFANGED = regex.compile(r" ?[\[({](?:(\.|dot)|at|@)[\])}] ?", regex.I)
_MAYBE_DEFANGED = regex.compile(r"[\[({](?:\.|dot|at|@)[\])}]", regex.I)
_SCHEME = r"(?<![\p{L}\p{N}])(?:https?|hxxps?|ftp)://(?=[^\s<>\"“”])"
_ANY_ASCII = regex.compile(r"\.\S|://")
_PLACE = regex.compile(rf"{_SCHEME}|(?<!{_IN_HOST}){_IN_HOST}++", regex.I)
# What an address names behind its host is never looked into; a comma may end one address and begin another.
_REST = regex.compile(r"[^\s<>\"“”«»,;|)\]]*+")
# An ideographic full stop is a host's dot before Latin letters alone: elsewhere it ends the sentence.
_GAP = regex.compile(rf"[{_DOTS}]{{2,}}|[。｡](?![A-Za-z0-9])")
_UNSPACED = rf"[{UNSPACED}\p{{Hangul}}]"
_GLUED = regex.compile(rf"\A{_UNSPACED}++(?=www\Z)", regex.I)
_LATIN_FIRST = regex.compile(rf"\A[A-Za-z]++(?={_UNSPACED})")
_DOT = regex.compile(r"[.．]|[。｡](?=[A-Za-z0-9])")
_LABEL = regex.compile(r"[\p{L}\p{N}](?:[\p{L}\p{M}\p{N}_\-]*+(?<![_\-]))?+")
LONGEST_HOST = 253
_WRITTEN_LARGE = frozenset(("com", "net", "org", "info", "eu"))
"""Endings that are an address even where a sentence could begin: "Example.Com"."""
_PLAIN = _WRITTEN_LARGE | {
    *("app", "biz", "click", "club", "co", "dev", "info", "io", "link", "live", "online"),
    *("shop", "site", "store", "top", "tv", "xyz"),
}
"""Endings whose addresses are so common that the word before them tells nothing."""
_OWN = {"de": ("de",), "es": ("es", "mx"), "fr": ("fr",), "it": ("it",), "nl": ("nl",), "sv": ("se",), "id": ("id",)}
"""Endings of the countries where a language is at home: there a word before them is mostly a paper's or a shop's name,
though some are words too ("mundo.es").
"""
_SHORTENERS = frozenset(("t.me",))


def count_links(text: str) -> int:
    """Web addresses in a text; e-mail addresses don't count, nor do numbers, abbreviations, and sentences that follow
    each other without a space. Takes linear time.
    """
    return sum(1 for _ in _addresses(text))


def foreign_hosts(text: str) -> int:
    """How many of a text's addresses end in another script than Latin: nothing else looks like them."""
    return sum(1 for ending in _addresses(text) if not ending.isascii() or ending.startswith("xn--"))


def _addresses(text: str) -> Iterator[str]:
    """The ending of each address in the text, such as ``com``; empty for what has a scheme. Of one that stands twice
    between the same two spaces, as markup has it, the first.
    """
    if ("[" in text or "(" in text or "{" in text) and _MAYBE_DEFANGED.search(text):
        text = _DEFANGED.sub(lambda sign: "." if sign[1] else "@", text)
    is_ascii = text.isascii()
    if not (_ANY_ASCII.search(text) if is_ascii else _INNER_DOT.search(text) or "://" in text):
        return  # most texts hold none: they aren't taken apart for that
    has_dot = _has_ascii_dot if is_ascii else _INNER_DOT.search
    for chunk in text.split():
        if has_dot(chunk) or "://" in chunk:
            yield from _in_chunk(chunk)


def _has_ascii_dot(chunk: str) -> bool:
    return "." in chunk[:-1]


def _in_chunk(chunk: str) -> Iterator[str]:
    known = set()
    at = 0
    while (place := _PLACE.search(chunk, at)) is not None:
        begin, at = place.span()
        endings = [""] if place[0].endswith("://") else list(_endings(place[0], path=chunk[at : at + 1] in _PATH))
        if not endings:
            continue
        if not endings[-1] or chunk[at : at + 1] in _PATH:
            at = _REST.match(chunk, at).end()  # type: ignore[union-attr]  # matches nothing at least
        address = chunk[begin:at].replace("\\", "")
        if address not in known:
            known.add(address)
            yield from endings


_PATH = frozenset("/?#:")


def _endings(hosts: str, *, path: bool) -> Iterator[str]:
    """The endings of what stands here: nothing for an e-mail address, several where dots lie between them."""
    if "@" in hosts:
        return
    parts = _GAP.split(hosts)
    for number, host in enumerate(parts, start=1):
        ending = _ending(host, path=path and number == len(parts))
        if ending is not None:
            yield ending


def _ending(host: str, *, path: bool) -> str | None:
    """The ending of a host, in lower case; None where it is none."""
    labels = [label for label in _DOT.split(host) if label]
    if len(labels) < 2 or len(host) > LONGEST_HOST * 4:
        return None
    cut = _LATIN_FIRST.match(labels[-1])
    if cut:
        labels[-1] = cut[0]
    labels = [unicodedata.normalize("NFKC", label) for label in (_GLUED.sub("", labels[0]), *labels[1:])]
    if labels[0].casefold() == "www":
        return "" if _LABEL.fullmatch(labels[1]) else None
    if not path:
        # "bbc.co.uk.It was": the address, and the next sentence.
        while len(labels) > 1 and _begins_sentence(labels):
            labels.pop()
    labels = [label.casefold().strip("-_") for label in labels]
    ending = labels[-1]
    if len(labels) < 2 or not is_ending(ending) or not all(map(_LABEL.fullmatch, labels)):
        return None
    return None if not path and _is_prose(labels) else ending


def _begins_sentence(labels: list[str]) -> bool:
    last = labels[-1]
    if last.casefold() in _WRITTEN_LARGE:
        return False
    if last.isupper():  # "EXAMPLE.COM" and "IT.IS", but "Example.TV"
        return last.casefold() in RANK if all(map(str.isupper, labels)) else last.casefold() not in _PLAIN
    return last[0].isupper()


def _is_prose(labels: list[str]) -> bool:
    """Whether these are words, numbers or initials rather than an address: "look.at", "2019.it", "a.m.to"."""
    ending, before = labels[-1], labels[:-1]
    if labels == ["et", "al"]:
        return True
    if ending in _PLAIN or ".".join(labels) in _SHORTENERS:
        return False
    words = all(label in RANK or label.isdigit() or len(label) == 1 for label in before)
    return (words and ending in RANK) or any(
        ending in common and ending not in _OWN.get(language, ()) and all(label in common for label in before)
        for language, common in COMMON_BY_LANGUAGE.items()
    )


@lru_cache(maxsize=4096)
def is_ending(label: str) -> bool:
    """Whether domains end so, by the public suffix list as the library brings it along: nothing is fetched."""
    return len(label) > 1 and _list().publicsuffix(f"x.{label}") is not None


@cache
def _list() -> PublicSuffixList:
    return PublicSuffixList(accept_unknown=False, only_icann=True)
