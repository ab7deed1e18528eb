"""Postal addresses as they are written on the continent, in Latin America and in Asia."""
# ruff: noqa: E501 - a pattern reads best in one piece

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache

import regex

from moderation.core.private_data.cues import counts_something, speaks_of_a_home
from moderation.core.private_data.tokens import Tokens

_CAPITAL = r"\p{Lu}[\p{L}'’-]{0,24}"
_YEAR = regex.compile(r"(?:1[6-9]|20)\d\d")
_TOWN_FIRST = rf"(?:,?\s(?:in\s)?(?:[A-Z]{{1,2}}-)?\d{{4,5}}\s{_CAPITAL}(?:[\s-]{_CAPITAL}){{0,3}})"
_AFTER_NUMBER = r"(?![\d.:]?\d|[^\W\d_]|\s?(?:Uhr|Prozent|Euro|Meter|Jahre|Millionen|km|%|€|Prozent|Unfälle|Wohnungen|Menschen|Läden|Anwohner|Bäume|Häuser|Geschäfte|heures?|euros?|jaar|uur|winkels|metri|anni|milioni|lat|osób|zł|anos|mil|pessoas|años|metros|år|kr|kl)\b)"
_GERMAN = regex.compile(
    rf"(?<![^\W_])(?:(?:\p{{Lu}}[\p{{L}}-]{{0,30}}(?:[sS]tra(?:ß|ss)e|[sS]tr\.|weg|platz|allee|gasse|ring|damm|ufer|stieg|steig|chaussee|markt|berg|graben|hof|kamp|winkel|zeile|twiete|promenade)"
    rf"|(?:{_CAPITAL}[-\s]){{1,2}}(?:Stra(?:ß|ss)e|Str\.|Weg|Platz|Allee|Gasse|Ring|Damm|Ufer)|(?:Am|An\sder|An\sden|Im|In\sder|In\sden|Auf\sder|Auf\sdem|Unter\sden|Zum|Zur|Hinter\sder|Beim|Alte|Alter|Neue|Neuer|Lange|Große|Kleine)\s{_CAPITAL}(?:\s{_CAPITAL})?)"
    rf"\s(?:Nr\.?\s?)?(?P<number>\d{{1,4}}(?:\s?[a-h](?![^\W_]))?(?:\s?[-/]\s?\d{{1,4}}[a-h]?){{0,3}})|M?\d[A-Q]?\s?,\s?\d{{1,2}})"
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
    return regex.compile(
        rf"(?<![^\W_])(?<![^\W_]\.)(?:{kinds})\s?{_LATIN_NAME}{_NUMBER_AFTER}{_AFTER_NUMBER}{_LATIN_TAIL}"
    )


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


_Rules = Callable[[regex.Match[str]], bool]


@dataclass(frozen=True, slots=True)
class Format:
    """How addresses look in some countries. ``words`` begin one; or else a house's number stands after a word that ends
    with one of ``endings``, or up to four words after one of ``leaders``. ``rules`` says of a match whether it is one.
    """

    regions: frozenset[str]
    pattern: regex.Pattern[str]
    rules: _Rules
    words: frozenset[str] = frozenset()
    endings: tuple[str, ...] = ()
    leaders: frozenset[str] = frozenset()


def _led(regions: str, pattern: regex.Pattern[str], words: str, rules: _Rules = _no_year) -> Format:
    return Format(frozenset(regions.split()), pattern, rules, words=frozenset(words.split()))


def _ended(
    regions: str, pattern: regex.Pattern[str], endings: str, leaders: str = "", rules: _Rules = _no_year
) -> Format:
    return Format(
        frozenset(regions.split()), pattern, rules, endings=tuple(endings.split()), leaders=frozenset(leaders.split())
    )


FORMATS = (
    _ended(
        "DE AT CH",
        _GERMAN,
        "straße strasse str weg platz allee gasse ring damm ufer stieg steig chaussee markt berg graben hof kamp winkel zeile twiete promenade",
        "am an im in auf unter zum zur hinter beim alte alter neue neuer lange große kleine nr",
        _german,
    ),
    _ended(
        "NL BE",
        _DUTCH,
        "straat laan weg plein gracht kade singel dijk hof steeg pad dreef lei hout veld park",
        rules=_dutch,
    ),
    _ended(
        "SE NO FI DK",
        _NORDIC,
        "gatan gata gade vägen väg veien vei vegen gränd gaten torget torge allén allé stræde plads plass stigen backen bakken katu tie kuja "
        "polku penger vej gate",
    ),
    _ended("DK", _DANISH, "vej"),
    _ended("TR", _TURKISH, "no", "sokak sokağı sok caddesi cad mahallesi mah bulvarı"),
    _led(
        "ES MX",
        _SPANISH,
        "calle c avda avenida av plaza pza pl paseo p carrer ronda camino travesía calzada carretera callejón privada jirón pasaje glorieta vía",
    ),
    _led(
        "IT CH",
        _ITALIAN,
        "via viale v piazza p piazzale corso c vicolo largo strada lungotevere lungarno contrada salita calle fondamenta",
    ),
    _led(
        "PT BR",
        _PORTUGUESE,
        "rua r avenida av travessa tv praça pç alameda al largo estrada rodovia ladeira beco quadra praceta calçada",
    ),
    _led("PL", _POLISH, "ul ulica ulicy ulicę ulicą al aleja alei aleje aleję os osiedle osiedlu pl plac placu"),
    _led("RU UA", _RUSSIAN, "ул улица улице улицы пр проспект проспекте пер переулок переулке вул бульвар бульваре"),
)
_ASIAN = ((frozenset({"CN", "TW"}), _CHINESE), (frozenset({"JP"}), _JAPANESE))
_STREETS_OF_FRANCE = frozenset(
    [
        "rue",
        "avenue",
        "av",
        "boulevard",
        "bd",
        "bvd",
        "place",
        "impasse",
        "allée",
        "allee",
        "chemin",
        "quai",
        "cours",
        "route",
        "square",
        "passage",
        "faubourg",
        "sentier",
        "ruelle",
        "villa",
        "résidence",
        "rond",
        "montée",
        "hameau",
    ]
)


@cache
def _by_word(regions: tuple[str, ...]) -> dict[str, tuple[Format, ...]]:
    """The formats that a word begins."""
    here = [each for each in FORMATS if not each.regions.isdisjoint(regions)]
    return {word: tuple(one for one in here if word in one.words) for each in here for word in each.words}


@cache
def _by_ending(regions: tuple[str, ...]) -> tuple[Format, ...]:
    return tuple(each for each in FORMATS if each.endings and not each.regions.isdisjoint(regions))


def continental(tokens: Tokens, regions: tuple[str, ...]) -> Iterator[tuple[int, int]]:
    """Start and end of each address in the formats of these regions."""
    by_word = _by_word(regions)
    if not tokens.known.isdisjoint(by_word):
        for at, word in enumerate(tokens.words):
            for each in by_word.get(word, ()):
                match = each.pattern.match(tokens.text, tokens.spans[at][0])
                if match is not None and each.rules(match):
                    yield match.span()
    for each in _by_ending(regions):
        yield from _before_a_number(tokens, each)
    if not {"FR", "BE", "CH", "CA"}.isdisjoint(regions) and not tokens.known.isdisjoint(_STREETS_OF_FRANCE):
        for at in tokens.numbered:
            match = _FRENCH.match(tokens.text, tokens.spans[at][0])
            if match is not None and _french(match):
                yield match.span()
    for countries, pattern in _ASIAN:
        if not countries.isdisjoint(regions):
            yield from (match.span() for match in pattern.finditer(tokens.text))


def _before_a_number(tokens: Tokens, each: Format) -> Iterator[tuple[int, int]]:
    words, done = tokens.words, 0
    for at in tokens.numbered:
        if at == 0 or tokens.spans[at][0] < done:
            continue
        nearest = words[at - 1]
        if not (nearest.endswith(each.endings) or not each.leaders.isdisjoint(words[max(0, at - 4) : at])):
            continue
        for first in range(max(0, at - 5), at):
            match = each.pattern.match(tokens.text, tokens.spans[first][0])
            if match is not None and match.start("number") >= 0 and each.rules(match):
                done = match.end()
                yield match.span()
                break
