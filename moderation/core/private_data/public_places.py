"""Addresses that everybody knows, real and invented: talk of them is public talk."""
# ruff: noqa: E501 - a list reads best as it is

from __future__ import annotations

import regex

_KNOWN = """
10 downing|11 downing|12 downing|1600 pennsylvania|221b baker|350 fifth|350 5th|11 wall|1 observatory circle|24 sussex|
1 canada square|30 rockefeller|4 privet|742 evergreen|12 grimmauld|42 wallaby|1313 mockingbird|1 infinite loop|1 first street|
one first street|620 eighth|1 microsoft way|1 hacker way|1600 amphitheatre|124 conch|112 ocean avenue|77 sunset|36 craven|
7 lok kalyan|7 race course|10 janpath|24 akbar|6 krishna menon|55 rue du faubourg saint honore|57 rue de varenne|36 quai des orfevres|
10 rue de solferino|platz der republik 1|willy brandt strasse 1|willy brandt straße 1|spreeweg 1|rue de la loi 200|
calle ferraz 70|calle genova 13|binnenhof|84 avenue foch|1 molesworth|51 spring gardens|15 quai d orsay|120 lombard
"""
_PLACES = tuple(" ".join(line.split()) for line in _KNOWN.replace("\n", "").split("|") if line.strip())
_POSTCODES = regex.compile(r"(?i)(?<![^\W_])SW1A ?(?:0AA|0PW|1AA|2AA|2AB)(?![^\W_])")
_OTHER = regex.compile(r"[\W_]+")
_ACCENTS = str.maketrans("éèêëàâôîïûç", "eeeeaaoiiuc")


def is_public(address: str) -> bool:
    """Whether this is the address of a seat of government, a court, a famous house or a house of fiction."""
    plain = _OTHER.sub(" ", address.casefold().translate(_ACCENTS)).strip()
    return any(plain.startswith(place) for place in _PLACES) or _POSTCODES.search(address) is not None
