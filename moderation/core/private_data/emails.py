"""E-mail addresses: as they are written, and as they are spelled out to hide them ("name at gmail dot com")."""
# ruff: noqa: E501 - a pattern reads best in one piece

from __future__ import annotations

from collections.abc import Iterator

import regex

_LOCAL = r"[\w.%+'-]"
_PLAIN = regex.compile(rf"(?<!{_LOCAL}|@|/)({_LOCAL}{{1,64}}+)@((?:[\w-]{{1,63}}\.){{1,8}}\p{{L}}{{2,24}}+)")
# What money is sent to in India reads like an address of mail, with a bank's handle for the domain.
_PAYMENT = regex.compile(
    rf"(?i)(?<!{_LOCAL}|@|/)({_LOCAL}{{2,64}}+)@(ok(?:axis|hdfcbank|icici|sbi)|ybl|ibl|axl|apl|upi|paytm|pt(?:axis|sbi|yes|hdfc)"
    r"|waaxis|wahdfcbank|waicici|wasbi|yapl|rapl|fam|freecharge|airtel|(?:axis|hdfc|icici|kotak|yes|idfc|federal|indus)(?:bank)?"
    r"|sbi|barodampay|cnrb|pnb|jio)(?![\w.@-])"
)
_SIGN = r"(?:at|arroba|arobase|chiocciola|kukac|małpa|malpa|snabel-?a|zavináč|apenstaartje|klammeraffe|ät|@)"
_DOT_WORD = r"(?:dot|punto|punkt|point|ponto|kropka|punt|piste|prick|d0t)"
_OPEN, _CLOSE = r"[\[({<*_]", r"[\])}>*_]"
_AT = rf"(?:\s?{_OPEN}{{1,2}}\s?{_SIGN}\s?{_CLOSE}{{1,2}}\s?|\s{_SIGN}\s|\s?@\s?)"
_DOT = rf"(?:\s?{_OPEN}{{1,2}}\s?(?:{_DOT_WORD}|\.)\s?{_CLOSE}{{1,2}}\s?|\s{_DOT_WORD}\s|\s?\.\s?)"
_WORD = r"[\w%+-]{1,40}"
_SPELLED = regex.compile(
    rf"(?i)(?<![\w.%+@-])(?P<local>{_WORD}(?:{_DOT}{_WORD}){{0,4}})(?P<at>{_AT})(?P<domain>[\w-]{{1,40}}(?:{_DOT}[\w-]{{2,24}}){{1,4}})"
)
_HINT = regex.compile(
    rf"(?i){_OPEN}\s?(?:{_SIGN}|dot|\.)\s?{_CLOSE}|\s@\s|@\s|\s@|\s{_DOT_WORD}\s|\s{_SIGN}\s{{0,2}}\w{{1,40}}\s?[.(\[]"
)
_MARKS = (
    "@",
    "dot",
    "d0t",
    "punt",
    "punkt",
    "point",
    "ponto",
    "kropka",
    "piste",
    "prick",
    "[at",
    "(at",
    "{at",
    "<at",
    "*at",
    "mail",
    "yahoo",
)
_SPELLED_DOT = regex.compile(rf"(?i)\s{_DOT_WORD}\s|{_OPEN}\s?(?:{_DOT_WORD}|\.)\s?{_CLOSE}")
_DOTS = regex.compile(rf"(?i){_DOT}")
_MAILBOXES = frozenset(
    ["gmail", "googlemail", "yahoo", "ymail", "hotmail", "outlook", "live", "icloud", "proton", "protonmail", "aol", "gmx", "web", "mail", "yandex", "tutanota", "tuta", "zoho", "rediffmail", "orange", "wanadoo", "laposte", "libero", "wp", "onet", "interia", "bol", "uol", "t-online", "freenet", "btinternet", "sky", "virginmedia", "comcast", "hey", "fastmail"]
)  # fmt: skip
_NO_DOMAIN = frozenset(["the", "a", "an", "this", "that", "some", "one", "any", "every", "no", "each", "which", "what"])
_FOREIGN_DOT = regex.compile(r"(?i)\s(?:punto|punkt|point|ponto|kropka|punt|piste|prick)\s")
_TOP = frozenset(
    ["com", "org", "net", "edu", "gov", "info", "biz", "io", "co", "me", "uk", "us", "ca", "au", "nz", "ie", "in", "de", "at", "ch", "fr", "es", "it", "nl", "be", "pl", "pt", "br", "eu", "se", "no", "dk", "fi", "cz", "gr", "za", "sg", "ru", "tr", "ua", "hu", "ro", "example", "test"]
)  # fmt: skip
_NO_NAME = frozenset(
    ["me", "us", "him", "her", "them", "you", "it", "account", "email", "mail", "look", "address", "inbox", "see", "found", "here", "up", "out", "down", "back", "available", "more", "read", "site", "page", "all", "is", "are", "be", "was", "were", "starts", "us", "sold", "buy", "works", "working", "worked", "live", "arrived", "only", "not", "and", "or"]
)  # fmt: skip


def emails(text: str) -> Iterator[tuple[int, int, str]]:
    """Start, end and the plain address, in lower case, of each."""
    if "@" in text:
        for match in _PLAIN.finditer(text):
            yield match.start(), match.end(), match[0].lower()
        for match in _PAYMENT.finditer(text):
            yield match.start(), match.end(), match[0].lower()
    low = text.lower()
    if any(mark in low for mark in _MARKS) and _HINT.search(text):
        for match in _SPELLED.finditer(text):
            found = _spelled(match)
            if found is not None:
                yield found


def _spelled(match: regex.Match[str]) -> tuple[int, int, str] | None:
    labels, ends = _labels(match["domain"])
    while len(labels) > 1 and labels[-1] not in _TOP:  # a sentence may go on after the address's end
        labels.pop()
    if len(labels) < 2:
        return None
    local = ".".join(_DOTS.split(match["local"]))
    sign = match["at"].strip()
    plain_word = sign.isalpha()
    dotted = _SPELLED_DOT.search(match["domain"]) is not None
    if plain_word and not dotted and labels[0] not in _MAILBOXES:
        return None  # "look at example.com"
    if plain_word and (labels[0] in _NO_DOMAIN or (sign.lower() == "at" and _FOREIGN_DOT.search(match["domain"]))):
        return None  # "at some point in the story", "at the dot in the middle"
    if plain_word and local.lower().rpartition(".")[2] in _NO_NAME:
        return None
    if sign == "@" and not (dotted or labels[0] in _MAILBOXES or local.isascii()):
        return None
    end = match.start("domain") + ends[len(labels) - 1]
    return match.start(), end, f"{local}@{'.'.join(labels)}".lower()


def _labels(domain: str) -> tuple[list[str], list[int]]:
    """The parts of a domain in lower case, and where each ends."""
    labels, ends, at = [], [], 0
    for dot in _DOTS.finditer(domain):
        labels.append(domain[at : dot.start()].lower())
        ends.append(dot.start())
        at = dot.end()
    return [*labels, domain[at:].lower()], [*ends, len(domain)]
