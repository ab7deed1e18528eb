"""Postal addresses as they are written in English: a house's number, a street, a town, a postcode; and India's."""
# ruff: noqa: E501 - a pattern reads best in one piece

from __future__ import annotations

from collections.abc import Iterator

import regex

from moderation.core.private_data.cues import speaks_of_a_home
from moderation.core.private_data.tokens import Tokens

_WORD = r"\p{L}[\p{L}'’.-]{0,24}"
_CAPITAL = r"\p{Lu}[\p{L}'’-]{0,24}"
_UK_CODE = r"(?:[A-PR-UWYZ][A-HK-Y]?\d[A-Z\d]?\s?\d[ABD-HJLN-UW-Z]{2})(?![^\W_])"
_EIRCODE = r"(?:[AC-FHKNPRTV-Y]\d[0-9W]\s?(?=[0-9]{0,3}[A-Z])[0-9AC-FHKNPRTV-Y]{4})(?![^\W_])"
_CA_CODE = r"(?:[ABCEGHJ-NPRSTVXY]\d[A-Z][ -]?\d[A-Z]\d)(?![^\W_])"
_ZIP = r"(?:(?:[A-Z]{2,3}|[A-Z][a-z]{3,12})\.?,?\s\d{5}(?:-\d{4})?(?!\d))"
_AU_CODE = r"(?:(?:NSW|VIC|QLD|WA|SA|TAS|ACT|NT),?\s\d{4}(?!\d))"
_PIN = r"(?:[-–]?\s?[1-9]\d{2}\s?\d{3}(?!\d))"
_CODE = rf"(?:{_UK_CODE}|{_EIRCODE}|{_CA_CODE}|{_AU_CODE}|{_ZIP}|{_PIN}|\d{{4,5}}(?![\d:]|\.\d))"
_TOWN = rf"(?:(?:,\s?|\s){_CAPITAL}(?:\s{_CAPITAL}){{0,3}}){{0,4}}+"
_APARTMENT = r"(?i:,?\s(?:apt|apartment|unit|suite|ste|flat|\#)\.?\s?\#?\s?[A-Za-z]?\d{0,4}[A-Za-z]?(?![^\W_]))?"
_TAIL = rf"(?P<tail>{_APARTMENT}(?:{_TOWN})(?:,?\s{{0,2}}{_CODE})?)"

_TAIL_AFTER = regex.compile(_TAIL)
_STRONG = frozenset(
    [
        "street",
        "str",
        "st",
        "road",
        "rd",
        "avenue",
        "ave",
        "lane",
        "ln",
        "drive",
        "boulevard",
        "blvd",
        "crescent",
        "cres",
        "terrace",
        "tce",
        "parkway",
        "pkwy",
        "gardens",
        "gdns",
        "grove",
        "mews",
        "parade",
        "pde",
        "esplanade",
        "close",
        "highway",
        "hwy",
        "marg",
        "nagar",
        "salai",
        "veedhi",
        "path",
        "trail",
        "turnpike",
        "promenade",
        "court",
        "ct",
        "drove",
        "croft",
        "row",
        "quay",
        "wynd",
        "brae",
    ]
)
_WEAK = frozenset(
    [
        "dr",
        "cl",
        "pl",
        "place",
        "sq",
        "square",
        "way",
        "walk",
        "hill",
        "rise",
        "view",
        "green",
        "park",
        "circle",
        "cir",
        "heights",
        "loop",
        "vale",
        "mount",
        "garth",
        "wharf",
        "ridge",
        "run",
        "point",
        "broadway",
        "ter",
        "av",
        "cr",
        "gr",
    ]
)
_UNIT_BEFORE = regex.compile(
    r"(?i)(?<![^\W_])(?:flat|apartment|apt|unit|suite|ste|penthouse|flt|bungalow|villa|studio)\.?\s?(?:no\.?\s?|number\s|#)?(?:[a-z]?-?\d{1,4}[a-z]?|[a-h]),?\s{1,2}$"
)
_DIRECTION = regex.compile(r"(?i)\.?(?:\s(?:north|south|east|west|[nsew]{1,2})(?![^\W_]))?")
_HOUSE_NUMBER = regex.compile(r"\d{1,5}[a-z]?")
_ORDINAL = regex.compile(r"\d{1,3}(?:st|nd|rd|th)")
_MAX_NAMES = 5
_DENIED = regex.compile(
    r"(?i)(?<![^\W_])(?:the|all|only|some|about|over|under|nearly|almost|another|these|those|than|by|bus|top|of|and|between|least|most|around|"
    r"section|article|act|page|chapter|part|season|episode|series|day|week|rule|clause|junction|platform|pier|gate|route|line|tram|"
    r"route|round|phase|ward|district|form|table|figure|version|grade|level|tier|class|year|age|aged|score|step|every|each|any|our)\W{1,2}$"
)
_BEFORE_A_YEAR = regex.compile(
    r"(?i)(?<![^\W_])(?:in|since|by|until|till|before|after|from|of|early|late|mid|summer|winter|spring|autumn|fall|during|throughout|around|"
    r"circa|year|january|february|march|april|may|june|july|august|september|october|november|december|back|to|and)\W{1,2}$"
)
_YEAR = regex.compile(r"(?:1[6-9]|20)\d\d")
_PLURAL = regex.compile(
    r"\s(?!(?:is|was|has|as|this|his|always|sometimes|does|perhaps|yes|across|unless|besides|towards|lives|owes|keeps|runs)\b)\p{Ll}{3,20}s(?![^\W_])"
)
_PLACE_WORD = regex.compile(
    r"(?i)(?:lives?|living|lived|stays?|staying|address|home|house|is|at|visit|reside\w{0,2}|residence|find|to|outside|near|from|on|@|:|,)"
    r"(?:\s(?:at|is|in|on|over))?\W{1,3}$"
)
_ASKS_FOR = regex.compile(
    r"(?i)(?<![^\W_])(?:lives?|living|lived|stays?|staying|address|resid\w{1,5}|home|house|at|@)(?:\s\p{L}{1,8}){0,2}\W{1,3}$"
)
_SMALL_NAMES = frozenset({"of", "the", "de", "la", "le", "du", "and", "upon", "on", "van", "st"})
_NO_NAMES = frozenset(
    [
        "bus",
        "buses",
        "people",
        "men",
        "women",
        "years",
        "year",
        "minutes",
        "minute",
        "hours",
        "hour",
        "days",
        "day",
        "miles",
        "mile",
        "million",
        "percent",
        "per",
        "pounds",
        "euros",
        "of",
        "in",
        "on",
        "at",
        "and",
        "or",
        "to",
        "from",
        "for",
        "is",
        "are",
        "was",
        "were",
        "a",
        "an",
        "as",
        "more",
        "new",
        "times",
        "cars",
        "homes",
        "mph",
        "km",
        "pm",
        "am",
        "goals",
        "points",
        "members",
        "votes",
        "other",
        "residents",
        "businesses",
        "different",
        "metres",
        "meters",
        "shops",
        "houses",
        "flats",
        "families",
        "blocks",
        "storey",
        "story",
        "lane",
        "way",
        "separate",
        "star",
        "yard",
        "man",
        "foot",
        "feet",
        "bedroom",
        "bed",
        "acre",
        "acres",
        "premier",
        "supreme",
        "crown",
        "under",
        "over",
        "off",
        "by",
        "down",
        "the",
        "this",
        "that",
        "it",
        "his",
        "her",
        "my",
        "our",
        "their",
        "who",
        "which",
        "into",
        "with",
    ]
)


def english(tokens: Tokens) -> Iterator[tuple[int, int]]:
    """A house's number, one to five words, a word such as "Street"."""
    if tokens.known.isdisjoint(_STRONG | _WEAK):
        return
    for at in tokens.numbered:
        start = tokens.spans[at][0]
        if not _HOUSE_NUMBER.fullmatch(tokens.words[at]) or _in_a_number(tokens.text, start):
            continue
        street = _street(tokens, at)
        if street is not None:
            span = _judged(tokens, at, *street)
            if span is not None:
                yield span


def _in_a_number(text: str, start: int) -> bool:
    before = text[max(0, start - 2) : start]
    return (before[-1:] in ("£", "$", "€", "#") and before[-1:] != "") or (
        before[-1:] in (".", ",", ":", "/", "-") and before[:1].isdigit()
    )


def _street(tokens: Tokens, at: int) -> tuple[int, int] | None:
    """Positions of the first word of the street's name and of the word that says "Street"; the longer name wins."""
    words = tokens.words
    first = at + 1
    if first < len(words) and tokens.between(at) in ("-", "/", " & ", "–") and _HOUSE_NUMBER.fullmatch(words[first]):
        first += 1
    if first >= len(words) or tokens.between(first - 1) not in (" ", ", "):
        return None
    found = None
    for kind in range(first, min(first + _MAX_NAMES + 1, len(words))):
        if kind > first and tokens.between(kind - 1) not in (" ", ". ", "'", "’", "-", ".", "\xa0"):
            break
        if kind > first and (words[kind] in _STRONG or (words[kind] in _WEAK and found is None)):
            found = (first, kind)
        elif words[kind][0].isdigit() and not _ORDINAL.fullmatch(words[kind]):
            break
    return found


def _judged(tokens: Tokens, at: int, first: int, kind: int) -> tuple[int, int] | None:
    """Start and end of the address that this is, if it is one."""
    text, start = tokens.text, tokens.spans[at][0]
    after = _DIRECTION.match(text, tokens.spans[kind][1])
    lane = after.end() if after else tokens.spans[kind][1]
    match = _TAIL_AFTER.match(text, lane)
    tail = match["tail"] if match else ""
    unit = _UNIT_BEFORE.search(text, max(0, start - 30), start)
    begin = unit.start() if unit else start
    return (
        (begin, lane + len(tail))
        if _is_address(tokens, (at, first, kind), begin, lane, tail, unit is not None)
        else None
    )


def _is_address(tokens: Tokens, places: tuple[int, int, int], begin: int, lane: int, tail: str, unit: bool) -> bool:  # noqa: PLR0911
    at, first, kind = places
    text, number = tokens.text, tokens.words[at]
    names = [text[a:b] for a, b in tokens.spans[first:kind]]
    before = text[max(0, begin - 40) : begin].rpartition("\n")[2]
    coded = any(character.isdigit() for character in tail)
    asked = _ASKS_FOR.search(before) is not None
    year = _YEAR.fullmatch(number) is not None
    if any(not name[0].isupper() and name in _NO_NAMES for name in names):
        return False
    if not all(name[0].isupper() or name[0].isdigit() or name.lower() in _SMALL_NAMES for name in names):
        return unit or coded or asked
    if unit or (coded and not year):
        return True
    if year and not asked and (not coded or _BEFORE_A_YEAR.search(before)):
        return False
    home = speaks_of_a_home(text, begin, lane + len(tail), after=40)
    if asked:
        return home or not _PLURAL.match(text, lane)
    if _DENIED.search(before) or _PLURAL.match(text, lane):
        return False
    vague = tokens.words[kind] in _WEAK or not text[tokens.spans[kind][0]].isupper()
    return "," in tail or home or (not vague and (bool(_PLACE_WORD.search(before)) or not before.strip()))


_POSTCODE = regex.compile(rf"(?i)(?:{_UK_CODE}|{_CA_CODE}|{_EIRCODE})")
_HOUSE_BEFORE = regex.compile(
    rf"(?<![^\W_])(?:(?:{_CAPITAL}|\d{{1,4}}[a-zA-Z]?),?\s){{1,3}}(?i:(?:"
    + "|".join(sorted(_STRONG))
    + r"|cottage|farm|barn|lodge|hall|house|court|flat|apartment|manor|rectory|vicarage|bungalow|place|way|hill|rise|view|park|walk|green|square|drive))(?![^\W_])[^\n;!?]{0,70}$"
)
_NUMBER_BEFORE = regex.compile(r"(?i)(?<![^\W_])(?:number|no\.?|house|flat)\s\d{1,4}[a-z]?\W{1,3}$")
_LIVES = regex.compile(
    r"(?i)(?<![^\W_])(?:lives?|living|lived|stays?|house|home|address|flat|resid\w{1,5}|find|number|no|post\s?code is|eircode)(?![^\W_])"
)


def with_postcode(tokens: Tokens) -> Iterator[tuple[int, int]]:
    """A postcode of Britain, Ireland or Canada, which stands for a few houses, with a house or a home before it."""
    for at in tokens.numbered:
        match = _POSTCODE.match(tokens.text, tokens.spans[at][0])
        if match is None:
            continue
        start = match.start()
        before = tokens.text[max(0, start - 110) : start].rpartition("\n")[2]
        house = _HOUSE_BEFORE.search(before) or _NUMBER_BEFORE.search(before)
        if house is not None:
            yield start - len(before) + house.start(), match.end()
        elif _LIVES.search(before[-45:]):
            yield match.span()


_HOUSE = r"(?:flat|house|h\.?\s?no|hno|plot|door|d\.?\s?no|qtr|quarters?|villa|block|tower|room|shop|bungalow|kothi|makan|फ्लैट|मकान)"
_INDIAN_WORD = (
    r"(?:nagar|road|rd|marg|colony|sector|society|apartments?|layout|cross|main|street|st|enclave|vihar|pura?m?|\w{2,16}(?:nagar|pur|puram|abad|halli|palya|wadi|pet|guda)|gali|"
    r"chowk|phase|extn|extension|lane|bagh|ganj|gardens?|residency|towers?|heights|bazaar|mohalla|ward|village|नगर|गली|रोड|मार्ग|कॉलोनी|सेक्टर)"
)
_INDIAN = regex.compile(
    rf"(?i)(?<![^\W_]){_HOUSE}\b\.?\s?(?:no\.?|number|\#|नंबर)?\s?[:\#-]?\s?[a-z]{{0,2}}[-/]?\d{{1,4}}[a-z]?(?:[-/]\d{{1,4}}){{0,3}},?\s[^\n;!?]{{0,80}}?(?<![^\W_]){_INDIAN_WORD}(?![^\W_])"
    rf"(?:[^\n;!?]{{0,60}}?{_PIN})?"
)
_INDIAN_BY_CODE = regex.compile(
    rf"(?i)(?<![^\W_]|[.,:/-]\b)\#?\s?[a-z]{{0,2}}[-/]?\d{{1,4}}[a-z]?(?:[-/]\d{{1,4}}){{0,3}},\s[^\n;!?]{{0,80}}?(?<![^\W_]){_INDIAN_WORD}(?![^\W_])[^\n;!?]{{0,60}}?(?<![^\W_])[1-9]\d{{2}}\s?\d{{3}}(?![\d,])"
)


_INDIAN_HOUSES = frozenset(
    [
        "flat",
        "house",
        "h",
        "hno",
        "plot",
        "door",
        "d",
        "qtr",
        "quarter",
        "quarters",
        "villa",
        "block",
        "tower",
        "room",
        "shop",
        "bungalow",
        "kothi",
        "makan",
        "फ्लैट",
        "मकान",
    ]
)
_HAS_PIN = regex.compile(r"(?<![^\W_])[1-9]\d{2}\s?\d{3}(?![\d,])")


def indian(tokens: Tokens) -> Iterator[tuple[int, int]]:
    """A flat or a house, the colony or sector, the PIN code."""
    if not tokens.known.isdisjoint(_INDIAN_HOUSES):
        for at, word in enumerate(tokens.words):
            if word in _INDIAN_HOUSES and (match := _INDIAN.match(tokens.text, tokens.spans[at][0])):
                yield match.span()
    if _HAS_PIN.search(tokens.text):
        for at in tokens.numbered:
            if match := _INDIAN_BY_CODE.match(tokens.text, tokens.spans[at][0]):
                yield match.span()
