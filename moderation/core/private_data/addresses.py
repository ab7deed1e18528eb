"""Postal addresses, by the formats of some thirty countries: a street with a house's number, a flat, a postcode.

A street alone is public talk, and so are the addresses that everybody knows.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

from moderation.core.private_data.continental import continental
from moderation.core.private_data.english import english, indian, with_postcode
from moderation.core.private_data.public_places import is_public
from moderation.core.private_data.tokens import Tokens

_ENGLISH = frozenset({"GB", "IE", "US", "CA", "AU", "NZ", "IN", "ZA", "SG"})
_POSTCODES = frozenset({"GB", "IE", "CA"})


def addresses(tokens: Tokens, regions: tuple[str, ...]) -> Iterator[tuple[int, int]]:
    """Start and end of each postal address in the formats of these regions."""
    found = [continental(tokens, regions)]
    if not _ENGLISH.isdisjoint(regions):
        found.append(english(tokens))
    if not _POSTCODES.isdisjoint(regions):
        found.append(with_postcode(tokens))
    if "IN" in regions:
        found.append(indian(tokens))
    for start, end in chain(*found):
        address = tokens.text[start:end].rstrip(" ,.\n")
        if not is_public(address):
            yield start, start + len(address)
