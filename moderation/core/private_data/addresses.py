"""Postal addresses, by the formats of some thirty countries: a street with a house's number, a flat, a postcode.

A street alone is public talk, and so are the addresses that everybody knows.
"""
# ruff: noqa: E501 - a pattern reads best in one piece

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import regex

from moderation.core.private_data.cues import counts_something, speaks_of_a_home
from moderation.core.private_data.public_places import is_public


@dataclass(frozen=True, slots=True)
class Format:
    """How addresses look in some countries. ``rules`` says of a match whether it is one."""

    regions: frozenset[str]
    pattern: regex.Pattern[str]
    rules: Callable[[regex.Match[str]], bool]


_WORD = r"\p{L}[\p{L}'’.-]{0,24}"
_CAPITAL = r"\p{Lu}[\p{L}'’-]{0,24}"
_UK_CODE = r"(?:[A-PR-UWYZ][A-HK-Y]?\d[A-Z\d]?\s?\d[ABD-HJLN-UW-Z]{2})(?![^\W_])"
_EIRCODE = r"(?:[AC-FHKNPRTV-Y]\d[0-9W]\s?(?=[0-9]{0,3}[A-Z])[0-9AC-FHKNPRTV-Y]{4})(?![^\W_])"
_CA_CODE = r"(?:[ABCEGHJ-NPRSTVXY]\d[A-Z][ -]?\d[A-Z]\d)(?![^\W_])"
_ZIP = r"(?:(?:[A-Z]{2,3}|[A-Z][a-z]{3,12})\.?,?\s\d{5}(?:-\d{4})?(?!\d))"
_AU_CODE = r"(?:(?:NSW|VIC|QLD|WA|SA|TAS|ACT|NT),?\s\d{4}(?!\d))"
_PIN = r"(?:[-–]?\s?[1-9]\d{2}\s?\d{3}(?!\d))"
_CODE = rf"(?:{_UK_CODE}|{_EIRCODE}|{_CA_CODE}|{_AU_CODE}|{_ZIP}|{_PIN}|\d{{4,5}}(?![\d:]|\.\d))"
_STRONG = (
    "street|str|st|road|rd|avenue|ave|lane|ln|drive|boulevard|blvd|crescent|cres|terrace|tce|parkway|pkwy|gardens|gdns|grove|mews|"
    "parade|pde|esplanade|close|highway|hwy|marg|nagar|salai|veedhi|path|trail|turnpike|promenade|court|ct|drove|croft|row|quay|wynd|brae"
)
_WEAK = "dr|cl|pl|place|sq|square|way|walk|hill|rise|view|green|park|circle|cir|heights|loop|vale|mount|garth|wharf|ridge|run|point|broadway|ter|av|cr|gr"
_UNIT = r"(?:flat|apartment|apt|unit|suite|ste|penthouse|flt|bungalow|house|villa|studio|bsmt)\.?\s?(?:no\.?\s?|number\s|\#)?(?:[a-z]?-?\d{1,4}[a-z]?|[a-h]),?\s{1,2}"
_NUMBER = r"\d{1,5}(?:[a-f](?![^\W_]))?(?:\s?[-/&]\s?\d{1,5}[a-f]?(?![^\W_]))?"
_NAMES = rf"(?:(?:{_WORD}|\d{{1,3}}(?:st|nd|rd|th))\s){{1,4}}?"
_TOWN = rf"(?:(?:,\s?|\s){_CAPITAL}(?:\s{_CAPITAL}){{0,3}}){{0,4}}+"
_APARTMENT = r"(?i:,?\s(?:apt|apartment|unit|suite|ste|flat|\#)\.?\s?\#?\s?[A-Za-z]?\d{0,4}[A-Za-z]?(?![^\W_]))?"
_TAIL = rf"(?P<tail>{_APARTMENT}(?:{_TOWN})(?:,?\s{{0,2}}{_CODE})?)"

_ENGLISH = regex.compile(
    rf"(?i)(?<![^\W_]|[\d£$€#][.,:/-]?|[.,:/-]\b)(?P<unit>{_UNIT})?(?:no\.?\s|number\s|\#)?(?P<number>{_NUMBER}),?\s(?P<name>{_NAMES})"
    rf"(?:(?P<strong>{_STRONG})|(?P<weak>{_WEAK}))(?:\.|(?![^\W_]))(?:\s(?:north|south|east|west|[nsew]{{1,2}})(?![^\W_]))?(?-i:{_TAIL})"
)
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
_TYPES_WITHIN = regex.compile(
    r"(?i)^(?:bus(?:es)?|people|men|women|years?|minutes?|hours?|days?|miles?|million|percent|per|pounds?|euros?|of|in|on|at|and|or|to|from|for|is|are|was|were|a|an|as|more|new|times|cars|homes|mph|km|pm|am|goals?|points?|members?|votes?|other|residents|businesses|different|metres?|meters?|shops?|houses|flats|families|blocks?|storey|story|lane|way|separate|star|yard|man|minute|mile|hour|year|day|foot|feet|bedroom|bed|acre|acres|premier|supreme|high court|crown|under|over|off|by|down)$"
)


def _english(match: regex.Match[str]) -> bool:
    text, start, end = match.string, match.start(), match.end()
    words = match["name"].split()
    before = text[max(0, start - 40) : start].rpartition("\n")[2]
    tail = match["tail"]
    coded = bool(tail) and any(character.isdigit() for character in tail)
    capitals = all(word[0].isupper() or word[0].isdigit() or word.lower() in _SMALL_NAMES for word in words)
    asked = _ASKS_FOR.search(before) is not None
    lane = end - len(tail)
    if any(_TYPES_WITHIN.match(word) for word in words if not word[0].isupper()):
        return False
    if match["unit"] and capitals:
        return True
    if not capitals or not (match["strong"] or match["weak"])[0].isupper():
        return coded or asked
    if coded and not _YEAR.fullmatch(match["number"]):
        return True
    if _YEAR.fullmatch(match["number"]) and not asked and (not coded or _BEFORE_A_YEAR.search(before)):
        return False
    if asked:
        return not _PLURAL.match(text, lane) or speaks_of_a_home(text, start, end)
    if _DENIED.search(before) or _PLURAL.match(text, lane):
        return False
    if match["weak"]:
        return "," in tail or speaks_of_a_home(text, start, end, after=40)
    return (
        bool(_PLACE_WORD.search(before))
        or "," in tail
        or speaks_of_a_home(text, start, end, after=40)
        or not before.strip()
    )


_STREETISH = rf"(?:{_STRONG}|cottage|farm|barn|lodge|hall|house|court|flat|apartment|manor|rectory|vicarage|bungalow|place|way|hill|rise|view|park|walk|green|square|drive)"
_BY_CODE = regex.compile(
    rf"(?<![^\W_])(?:(?:{_CAPITAL}|\d{{1,4}}[a-zA-Z]?),?\s){{1,3}}(?i:{_STREETISH})(?![^\W_])[^\n;!?]{{0,70}}?(?<![^\W_])(?:{_UK_CODE}|{_CA_CODE}|{_EIRCODE})"
)
_CODE_ALONE = regex.compile(
    rf"(?i)(?<![^\W_])(?:(?P<house>(?:number|no\.?|house|flat)\s\d{{1,4}}[a-z]?\W{{1,3}}))?(?P<code>{_UK_CODE}|{_CA_CODE}|{_EIRCODE})"
)
_LIVES = regex.compile(
    r"(?i)(?<![^\W_])(?:lives?|living|lived|stays?|house|home|address|flat|resid\w{1,5}|find|number|no|post\s?code is|eircode)(?![^\W_])"
)


def _code_alone(match: regex.Match[str]) -> bool:
    before = match.string[max(0, match.start() - 40) : match.start()].rpartition("\n")[2]
    return match["house"] is not None or _LIVES.search(before) is not None


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


def _always(match: regex.Match[str]) -> bool:
    return True


_TOWN_FIRST = rf"(?:,?\s(?:in\s)?(?:[A-Z]{{1,2}}-)?\d{{4,5}}\s{_CAPITAL}(?:[\s-]{_CAPITAL}){{0,3}})"
_AFTER_NUMBER = r"(?![\d.:]?\d|[^\W\d_]|\s?(?:Uhr|Prozent|Euro|Meter|Jahre|Millionen|km|%|€|Prozent|Unfälle|Wohnungen|Menschen|Läden|Anwohner|Bäume|Häuser|Geschäfte|heures?|euros?|jaar|uur|winkels|metri|anni|milioni|lat|osób|zł|anos|mil|pessoas|años|metros|år|kr|kl)\b)"
_GERMAN = regex.compile(
    rf"(?<![^\W_])(?:(?:\p{{Lu}}[\p{{L}}-]{{0,30}}(?:[sS]tra(?:ß|ss)e|[sS]tr\.|weg|platz|allee|gasse|ring|damm|ufer|stieg|steig|chaussee|markt|berg|graben|hof|kamp|winkel|zeile|twiete|promenade)"
    rf"|(?:{_CAPITAL}[-\s]){{1,2}}(?:Stra(?:ß|ss)e|Str\.|Weg|Platz|Allee|Gasse|Ring|Damm|Ufer)|(?:Am|An\sder|An\sden|Im|In\sder|In\sden|Auf\sder|Auf\sdem|Unter\sden|Zum|Zur|Hinter\sder|Beim|Alte|Alter|Neue|Neuer|Lange|Große|Kleine)\s{_CAPITAL}(?:\s{_CAPITAL})?)"
    rf"\s(?:Nr\.?\s?)?(?P<number>\d{{1,4}}(?:\s?[a-h](?![^\W_]))?(?:\s?[-/]\s?\d{{1,4}}[a-h]?)?)|M?\d[A-Q]?\s?,\s?\d{{1,2}})"
    rf"{_AFTER_NUMBER}(?P<tail>{_TOWN_FIRST}?)"
)


def _no_year(match: regex.Match[str]) -> bool:
    number = match["number"]
    if number is None:
        return False
    if match["tail"]:
        return True
    if _YEAR.fullmatch(number):
        return speaks_of_a_home(match.string, match.start(), match.end(), before=40)
    return not counts_something(match.string, match.end())


_PREPOSED = regex.compile(r"^(?:Am|Im|An|In|Auf|Zum|Zur|Unter|Beim|Hinter|Alte|Alter|Neue|Neuer|Lange|Große|Kleine)\s")
_MONTH = regex.compile(
    r"(?i)(?:am|im|vom|zum)\s(?:montag|dienstag|mittwoch|donnerstag|freitag|samstag|sonntag|januar|februar|märz|april|mai|juni|juli|august|september|oktober|november|dezember)"
)
_VAGUE = regex.compile(r"(?:berg|hof|markt|ring|platz|weg|graben|winkel|damm|zeile)\s\d")


def _german(match: regex.Match[str]) -> bool:
    if _MONTH.match(match[0]) or not _no_year(match):
        return False
    if match["tail"]:
        return True
    if _PREPOSED.match(match[0]) and not regex.search(
        r"(?i)(?:stra(?:ß|ss)e|str\.|weg|platz|allee|gasse)\s\d", match[0]
    ):
        return speaks_of_a_home(match.string, match.start(), match.end(), before=50)
    if _VAGUE.search(match[0]):
        return speaks_of_a_home(match.string, match.start(), match.end(), before=50)
    return True


_FRENCH = regex.compile(
    rf"(?i)(?<![^\W_]|[\d.,:/-])(?P<number>\d{{1,4}})(?:\s?(?:bis|ter|quater|[a-d](?![^\W_])))?,?\s(?:rue|avenue|av\.|boulevard|bd\.?|bvd|place|impasse|allée|allee|chemin|quai|cours|route|square|passage|faubourg|sentier|ruelle|villa|résidence|rond-point|montée|hameau)"
    rf"\s(?:(?:de\sla|de\sl['’]|des|du|de|d['’]|la|le|les|l['’])\s?)?(?-i:(?:\p{{Lu}}|\d)[\p{{L}}\d'’.-]{{0,24}}(?:(?:\s(?:de|du|des|la|le|et|sur)){{0,2}}\s{_CAPITAL}){{0,4}})(?P<tail>(?-i:{_TOWN_FIRST})?)"
)


def _french(match: regex.Match[str]) -> bool:
    before = match.string[max(0, match.start() - 16) : match.start()]
    if _YEAR.fullmatch(match["number"]) and not match["tail"]:
        return False
    return bool(match["tail"]) or not regex.search(r"(?i)(?<![^\W_])(?:les?|ces|des|en|article|plus de)\s$", before)


_NUMBER_AFTER = r"(?:,?\s?(?:n[.º°o]{0,2}\.?\s?|número\s|num\.?\s|nr\.?\s|no:?\s?|,\s?)?)(?P<number>\d{1,5}(?:\s?[-/]?\s?[A-Ha-h](?![^\W_]))?(?:[/-]\d{1,4}[A-Za-z]?)?)"
_SMALL = r"(?:de|del|de\sla|de\slos|de\slas|la|las|los|el|da|das|do|dos|di|della|dei|delle|del|degli|san|santa|e|y|van|den|der|d['’]|dell['’])"
_LATIN_NAME = (
    rf"(?:{_SMALL}\s?){{0,2}}(?:\p{{Lu}}[\p{{L}}'’.-]{{0,24}}|\d{{1,2}})(?:\s(?:{_SMALL}\s){{0,2}}{_CAPITAL}){{0,4}}"
)
_LATIN_TAIL = (
    rf"(?P<tail>(?:,?\s(?:\d{{1,2}}[.ºª°]{{1,2}}\s?[A-Za-z]{{0,4}}\.?|(?:apto?|apartamento|bloco|piso|int|scala|esc|puerta|casa)\.?\s?\w{{1,4}})){{0,3}}"
    rf"(?:,?\s{_CAPITAL}(?:\s{_CAPITAL}){{0,3}}){{0,2}}(?:,?\s(?:CEP\s)?\d{{5}}-?\d{{3}}|,?\s\d{{4}}-\d{{3}}|,?\s\d{{2}}-\d{{3}}|,?\s\d{{5}})?(?:\s{_CAPITAL}(?:\s{_CAPITAL}){{0,2}})?)"
)


def _latin(kinds: str) -> regex.Pattern[str]:
    return regex.compile(rf"(?<![^\W_])(?:{kinds})\s?{_LATIN_NAME}{_NUMBER_AFTER}{_AFTER_NUMBER}{_LATIN_TAIL}")


_SPANISH = _latin(
    r"(?i:calle|c/|c\.|avda\.?|avenida|av\.|plaza|pza\.?|pl\.|paseo|p\.º|carrer|ronda|camino|travesía|calzada|carretera|callejón|privada|jirón|pasaje|glorieta|vía)"
)
_ITALIAN = _latin(
    r"(?i:via|viale|v\.le|piazza|p\.zza|piazzale|corso|c\.so|vicolo|largo|strada|lungotevere|lungarno|contrada|salita|calle|fondamenta)"
)
_PORTUGUESE = _latin(
    r"(?i:rua|r\.|avenida|av\.|travessa|tv\.|praça|pç\.|alameda|al\.|largo|estrada|rodovia|ladeira|beco|quadra|praceta|calçada)"
)
_POLISH = regex.compile(
    rf"(?<![^\W_])(?i:ul\.|ulic[aęyą]|al\.|alej[aięey]{{1,2}}|os\.|osiedl[eua]|pl\.|plac[u]?)\s?{_CAPITAL}(?:\s{_CAPITAL}){{0,3}}\s(?P<number>\d{{1,4}}[a-zA-Z]?(?:/\d{{1,4}}|\sm\.\s?\d{{1,4}})?){_AFTER_NUMBER}(?P<tail>(?:,?\s\d{{2}}-\d{{3}}\s{_CAPITAL}(?:[\s-]{_CAPITAL}){{0,2}})?)"
)
_DUTCH = regex.compile(
    rf"(?<![^\W_])\p{{Lu}}[\p{{L}}'’-]{{0,30}}(?:\s\p{{L}}{{1,20}}){{0,2}}?(?:straat|laan|weg|plein|gracht|kade|singel|dijk|hof|steeg|pad|dreef|lei|hout|veld|park)\s(?P<number>\d{{1,4}}(?:\s?[a-hA-H](?![^\W_]))?(?:[-/]\d{{1,4}}|\sbus\s\d{{1,3}})?){_AFTER_NUMBER}"
    rf"(?P<tail>(?:,?\s(?:\d{{4}}\s?[A-Z]{{2}}|(?:B-)?\d{{4}})\s(?:{_CAPITAL}|'s-)(?:[\s-]{_CAPITAL}){{0,2}})?)"
)
_DUTCH_VAGUE = regex.compile(r"(?:hof|pad|lei|hout|veld|park|weg)\s\d")
_NORDIC = regex.compile(
    rf"(?<![^\W_])(?:\p{{Lu}}[\p{{L}}-]{{0,30}}(?:gatan?|gade|vägen|väg|veien|vei|vegen|gränd|gaten|torget?|allén?|stræde|plads|plass|stigen|backen|bakken|katu|tie|kuja|polku|penger)|\p{{Lu}}[\p{{L}}-]{{0,30}}\s(?:vej|gate|gata|vei|väg))"
    rf"\s(?P<number>\d{{1,3}}(?:\s?[A-H](?![^\W_]))?){_AFTER_NUMBER}(?P<tail>(?:,?\s(?:[A-Z]{{1,2}}-)?\d{{3}}\s?\d{{1,2}}\s{_CAPITAL}(?:\s{_CAPITAL}){{0,2}})?)"
)
_DANISH = regex.compile(
    rf"(?<![^\W_])\p{{Lu}}[\p{{L}}-]{{1,30}}vej\s(?P<number>\d{{1,3}}(?:\s?[A-H](?![^\W_]))?){_AFTER_NUMBER}(?P<tail>(?:,?\s(?:\d{{1,2}}\.\s?(?:tv|th|mf)\.?,?\s)?\d{{4}}\s{_CAPITAL}(?:\s{_CAPITAL}){{0,2}})?)"
)
_TURKISH = regex.compile(
    rf"(?<![^\W_]){_CAPITAL}(?:\s{_CAPITAL}){{0,3}}\s(?:Sok(?:ak|ağı|\.)|Cad(?:desi|\.)|Mah(?:allesi|\.)|Bulvarı)\.?,?\s(?:No\s?[:.]?\s?)(?P<number>\d{{1,4}})(?P<tail>(?:[/,]?\s?(?:D|Daire|Kat)\s?[:.]?\s?\d{{1,3}})?)"
)
_RUSSIAN = regex.compile(
    r"(?i)(?<![^\W_])(?:ул\.|улиц[аеы]|пр-?т\.?|проспект[е]?|пер\.|переул\w{1,4}|вул\.|бульвар[е]?)\s?\p{L}[\p{L}.-]{1,24}(?:\s\p{L}{2,24}){0,2},?\s?(?:д\.?|дом[е]?|буд\.)?\s?(?P<number>\d{1,4}[а-е]?)(?P<tail>(?:,?\s?(?:кв\.?|квартира|корп\.?)\s?\d{1,4}){0,2})(?!\s?(?:год|человек|тыс|млн))"
)
_CHINESE = regex.compile(r"\p{Han}{2,12}(?:路|街|巷|道|胡同|弄)(?P<number>\d{1,5})(?P<tail>号[\d\p{Han}-]{0,12})")
_JAPANESE = regex.compile(
    r"(?:〒\s?\d{3}-\d{4}\s?)?\p{Han}{2,12}[\p{Han}\p{Katakana}\p{Hiragana}]{0,10}(?:区|市|町|村)[\p{Han}\p{Katakana}\p{Hiragana}]{0,12}(?P<number>\d{1,4})(?P<tail>丁目\d{1,4}(?:番地?)?-?\d{0,4}号?|-\d{1,4}-\d{1,4}|番地\d{0,4})"
)


def _dutch(match: regex.Match[str]) -> bool:
    if not _no_year(match):
        return False
    return (
        bool(match["tail"])
        or not _DUTCH_VAGUE.search(match[0])
        or speaks_of_a_home(match.string, match.start(), match.end())
    )


def _formats() -> Iterator[Format]:
    for regions, pattern, rules in (
        ("GB IE US CA AU NZ IN ZA SG", _ENGLISH, _english),
        ("GB IE CA", _BY_CODE, _always),
        ("GB IE CA", _CODE_ALONE, _code_alone),
        ("IN", _INDIAN, _always),
        ("IN", _INDIAN_BY_CODE, _always),
        ("DE AT CH", _GERMAN, _german),
        ("FR BE CH CA", _FRENCH, _french),
        ("ES MX", _SPANISH, _no_year),
        ("IT CH", _ITALIAN, _no_year),
        ("PT BR", _PORTUGUESE, _no_year),
        ("PL", _POLISH, _no_year),
        ("NL BE", _DUTCH, _dutch),
        ("SE NO FI DK", _NORDIC, _no_year),
        ("DK", _DANISH, _no_year),
        ("TR", _TURKISH, _no_year),
        ("RU UA", _RUSSIAN, _no_year),
        ("CN TW", _CHINESE, _always),
        ("JP", _JAPANESE, _always),
    ):
        yield Format(frozenset(regions.split()), pattern, rules)


FORMATS = tuple(_formats())
REGIONS = frozenset(region for each in FORMATS for region in each.regions)


def addresses(text: str, regions: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Start and end of each postal address in the formats of these regions."""
    wanted = frozenset(regions)
    for each in FORMATS:
        if each.regions & wanted:
            for match in each.pattern.finditer(text):
                if each.rules(match) and not is_public(match[0]):
                    end = match.start() + len(match[0].rstrip(" ,.\n"))
                    yield match.start(), end
