"""Puts together what the finders find: which regions are looked at, what is allowed, and where each place lies."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from itertools import islice

import regex

from moderation.core.messages import noted
from moderation.core.private_data.addresses import addresses
from moderation.core.private_data.codes import accounts, cards, has_code, identities
from moderation.core.private_data.emails import emails
from moderation.core.private_data.helplines import HELPLINES
from moderation.core.private_data.phones import national_digits, phones
from moderation.core.private_data.seen import Seen, as_seen
from moderation.core.private_data.tokens import Tokens

DEFAULT_REGIONS = (
    "GB", "IE", "US", "CA", "AU", "NZ", "IN", "ZA", "DE", "AT", "CH", "FR", "BE", "NL", "ES", "MX", "IT", "PT", "BR",
    "PL", "SE", "NO", "DK", "FI",
)  # fmt: skip
KNOWN_REGIONS = (*DEFAULT_REGIONS, "SG", "TR", "RU", "UA", "CN", "TW", "JP")


class Kind(StrEnum):
    """What a place holds; the value is how it is said to people."""

    EMAIL = noted("e-mail address")
    ACCOUNT = noted("bank account")
    CARD = noted("card number")
    IDENTITY = noted("identity number")
    PHONE = noted("telephone number")
    ADDRESS = noted("postal address")


@dataclass(frozen=True, slots=True)
class Place:
    """``start`` to ``end`` of the text as it was written, in code points."""

    start: int
    end: int
    kind: Kind


_DOMAIN = regex.compile(r"(?i)@?(?:[\w-]{1,63}\.){1,8}\p{L}{2,24}")
_SPELLED_NUMBER = regex.compile(r"(?i)(?:tel\.?:?\s?)?[\d\s+()./–-]+")
_OUT = regex.compile(r"[\W_]+")
_SHORTEST_LINE = 6
MAX_PLACES = 200
"""Of each kind in one text; what more there is changes nothing."""


def what_is_allowed(entry: str) -> str | None:
    """Whether an entry is an e-mail address, a domain, a number or a postal line; None: none of them."""
    entry = entry.strip()
    if not entry.startswith("@") and "@" in entry:
        return "email" if _DOMAIN.fullmatch(entry.rpartition("@")[2]) and not any(map(str.isspace, entry)) else None
    if _DOMAIN.fullmatch(entry):
        return "domain"
    digits = sum(character.isdigit() for character in entry)
    if digits and _SPELLED_NUMBER.fullmatch(entry):
        return "number" if digits >= 3 else None
    compact = _compact(entry)
    return "line" if digits and len(compact) >= _SHORTEST_LINE else None


def _compact(text: str) -> str:
    return _OUT.sub("", as_seen(text).text).casefold()


@dataclass(frozen=True, kw_only=True)
class PrivateData:
    """``[private_data]``: the regions whose numbers and addresses are looked for, and what is nobody's secret: e-mail
    addresses, domains, numbers in any spelling, postal lines.
    """

    regions: tuple[str, ...] = DEFAULT_REGIONS
    allow: tuple[str, ...] = ()

    def places(self, text: str) -> tuple[Place, ...]:
        """Where the text holds somebody's address, number or e-mail: in order, without overlap."""
        if not _may_hold(text):
            return ()
        seen = as_seen(text)
        taken: list[Place] = []
        for kind, spans in self._finders(seen):
            found = [Place(start, end, kind) for start, end in islice(spans, MAX_PLACES)]
            taken = _joined([*taken, *found])
        written = (Place(*seen.written(place.start, place.end), place.kind) for place in taken)
        return tuple(_apart(written))

    def _finders(self, seen: Seen) -> Iterator[tuple[Kind, Iterable[tuple[int, int]]]]:
        """The surest first: what one has found, the later ones don't take from it."""
        text, numbers = seen.text, seen.numbers
        yield Kind.EMAIL, ((start, end) for start, end, plain in emails(text) if not self._knows_email(plain))
        tokens = Tokens(text)
        if tokens.numbered and has_code(tokens):
            yield Kind.ACCOUNT, self._unlisted(text, accounts(tokens))
            yield Kind.CARD, self._unlisted(text, cards(Tokens(numbers)))
            yield Kind.IDENTITY, self._unlisted(text, identities(tokens, self.regions))
        yield Kind.PHONE, phones(numbers, self.regions, self._knows_number)
        if tokens.numbered:
            yield Kind.ADDRESS, self._unlisted(text, addresses(tokens, self.regions))

    def _unlisted(self, text: str, spans: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int]]:
        for start, end in spans:
            compact = _OUT.sub("", text[start:end]).casefold()
            if not any(line in compact or (len(compact) >= _SHORTEST_LINE and compact in line) for line in self._lines):
                yield start, end

    def _knows_number(self, digits: str) -> bool:
        """In any spelling: with or without the country's code, and a zero in between."""
        plain = digits.lstrip("0")
        return any(
            plain[-length:] in self._numbers and len(plain) - length <= (4 if length > 5 else 0)
            for length in self._lengths
        )

    def _knows_email(self, plain: str) -> bool:
        domain = plain.rpartition("@")[2]
        return plain in self._emails or any(domain == one or domain.endswith(f".{one}") for one in self._domains)

    @cached_property
    def _entries(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {"email": [], "domain": [], "number": [], "line": []}
        for entry in self.allow:
            kind = what_is_allowed(entry)
            if kind is not None:
                found[kind].append(entry.strip())
        return found

    @cached_property
    def _emails(self) -> frozenset[str]:
        return frozenset(entry.lower() for entry in self._entries["email"])

    @cached_property
    def _domains(self) -> frozenset[str]:
        return frozenset(entry.lower().removeprefix("@") for entry in self._entries["domain"])

    @cached_property
    def _numbers(self) -> frozenset[str]:
        entries = (*HELPLINES, *self._entries["number"])
        return frozenset(filter(None, (national_digits(as_seen(entry).text) for entry in entries)))

    @cached_property
    def _lengths(self) -> frozenset[int]:
        return frozenset(map(len, self._numbers))

    @cached_property
    def _lines(self) -> tuple[str, ...]:
        return tuple(_compact(entry) for entry in (*self._entries["line"], *self._entries["number"]))


_DIGIT_OR_AT = re.compile(r"[\d@＠﹫]")
_DIGIT_OF_ANY_KIND = regex.compile(r"\p{N}")
_SPELLED = (
    "dot",
    "[at]",
    "(at)",
    "gmail",
    "mail",
    "yahoo",
    "outlook",
    "proton",
    "punto",
    "punkt",
    "ponto",
    "kropka",
    "point",
    "punt",
)
_SPELLED_DIGITS = ("zero", "seven", "nine", "siete", "sieben", "sept", "double", "null", "cero", "zéro")


# "in 2019", "12 per cent", "3 million people": numbers of the news, as long as no name comes right after a year.
_NEWS = re.compile(
    r"\b(?i:in|since|by|until|till|from|of|before|after|during|around|about|than) (?:1[5-9]|20)[0-9][0-9]\b"
    r"(?! ?[^\W\da-z_])(?! ?[0-9])"
    r"|(?<![\w.,/-])[0-9]{1,3}(?:[.,][0-9]{1,2})? ?"
    r"(?:%|(?i:percent|per cent|million|billion|years?|days?|hours?|people)\b)"
)


def _may_hold(text: str) -> bool:
    """Most comments hold neither a digit nor an @, but for years and counts, and nothing more is asked of them."""
    if _DIGIT_OR_AT.search(text):
        text = _NEWS.sub(" ", text)
        if _DIGIT_OR_AT.search(text):
            return True
    if not text.isascii() and _DIGIT_OF_ANY_KIND.search(text):
        return True
    low = text.lower()
    return any(word in low for word in _SPELLED) or sum(low.count(word) for word in _SPELLED_DIGITS) > 1


def _joined(places: list[Place]) -> list[Place]:
    """In order, without overlap: of two that overlap the first found stands, longer by what the other saw of it."""
    kept: list[Place] = []
    for place in sorted(places, key=lambda one: one.start):  # keeps the order in which equal ones were found
        if kept and place.start < kept[-1].end:
            first = kept[-1]
            if first.kind == place.kind:
                kept[-1] = Place(first.start, max(first.end, place.end), first.kind)
            elif _RANK[place.kind] < _RANK[first.kind]:
                kept[-1] = place
            continue
        kept.append(place)
    return kept


_RANK = {kind: rank for rank, kind in enumerate(Kind)}


def _apart(places: Iterable[Place]) -> Iterator[Place]:
    """What a reader sees apart may have been written by one and the same character."""
    end = 0
    for place in places:
        if place.start >= end:
            end = place.end
            yield place


def private_data(text: str, regions: Sequence[str] = DEFAULT_REGIONS, allow: Sequence[str] = ()) -> tuple[Place, ...]:
    """As ``PrivateData(...).places(text)``, for a single text."""
    return PrivateData(regions=tuple(regions), allow=tuple(allow)).places(text)
