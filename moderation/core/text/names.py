"""Authors' names as they are judged: the words in them, the web addresses in them, and when two are the same.

A name is short, without sentences, and often run together ("StupidIdiot_88"): it is taken apart before it is scored
and before terms of the wordlists are looked for.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache

import regex

from moderation.core.text.disguise import undisguise
from moderation.core.text.folding import same_letters
from moderation.core.text.links import foreign_hosts
from moderation.core.text.lookalikes import COUSINS
from moderation.core.text.scripts import UNSPACED
from moderation.core.text.words import ABUSE, ENGLISH_ABUSE, RANK, every_list

_HUMP = regex.compile(r"(?<=\p{Ll})(?=\p{Lu})")
_GLUE = regex.compile(r"[_.+~=\-]+")
_NUMBER = regex.compile(r"(?<=\p{L})[_.\-]*\p{N}++(?!\S)")
_SPACES = regex.compile(r"\s+")


def name_words(name: str) -> str:
    """The name as a reader makes words of it: "StupidIdiot_88" is "Stupid Idiot"."""
    words = _GLUE.sub(" ", _HUMP.sub(" ", _NUMBER.sub("", name)))
    return _SPACES.sub(" ", words).strip() or name


_OF_HATE = r"(?:14|18|28|88|1488|8814)"
_GUEST_NUMBER = regex.compile(rf"(?<!\S)(?!{_OF_HATE}(?!\S))\p{{N}}++(?!\S)")


def scored_words(name: str) -> str:
    """What of a name a scoring pack is asked about: its words, disguise undone, without the number by which guests are
    told apart ("Reader 17"), unless that number is a sign of hate.
    """
    words = name_words(name)
    return undisguise(_SPACES.sub(" ", _GUEST_NUMBER.sub(" ", words)).strip() or words).text


# What is said in a name rather than being one: words of sentences, and what abuse is made of beside the words of abuse.
_SPEAKING = frozenset(word for words in every_list("speaking").values() for word in words)
# Scripts without spaces, and Korean, run words together: there a word of two characters, or one for death, is a part.
_RUN_TOGETHER = regex.compile(f"[{UNSPACED}\\p{{Hangul}}]")
_PARTS = frozenset(
    (
        *(word for word in ENGLISH_ABUSE if 4 <= len(word) <= 14),
        *(word for word in ABUSE if 5 <= len(word) <= 14),
        *(word for word in (*ABUSE, *_SPEAKING) if _RUN_TOGETHER.match(word)),
        *("kill", "nazi", "hitler", "rape", "hate", "kike", "jews", "muslim", "retard"),
    )
)
_LENGTHS = sorted(set(map(len, _PARTS)))
_WORDS = regex.compile(r"[\p{L}\p{M}]+")


@lru_cache(maxsize=4096)
def says_something(name: str) -> bool:
    """Whether a name holds more than a name does: a word of abuse, or a part of one, however it is disguised; a word
    that sentences are made of; two words of the language. Any other ("Priya Sharma", "Reader 17") gives a scoring pack
    nothing to judge, and would cost as much as a third of a comment.
    """
    read = undisguise(name_words(name)).text.lower()
    words = _WORDS.findall(read)
    together = "".join(words)
    if not ABUSE.keys().isdisjoint(words) or any(
        together[at : at + length] in _PARTS for at in range(len(together)) for length in _LENGTHS
    ):
        return True
    return not _SPEAKING.isdisjoint(words) or sum(word in RANK for word in words) >= 2


# Every country has two letters; of the others those that are written without "http" or "www". A name such as
# "Alex.Green" is none, though there is such a domain.
_ENDS = (
    r"(?:com|net|org|info|biz|shop|site|online|store|xyz|top|club|live|link|click|app|dev|blog|news|pro|vip|bet|win|cash|"
    r"casino|porn|sex|xxx|adult|tube|space|website|tech|art|fun|icu|work|loan|money|example|onion|"
    r"a[cdefgilmoqrstuwxz]|b[abdefghijmnorstwyz]|c[acdfghiklmnoruvwxyz]|d[ejkmoz]|e[cegrstu]|f[ijkmor]|"
    r"g[abdefghilmnpqrstuwy]|h[kmnrtu]|i[delmnoqrst]|j[emop]|k[eghimnprwyz]|l[abcikrstuvy]|m[acdeghklmnopqrstuvwxyz]|"
    r"n[acefgilopruz]|om|p[aefghklmnrstwy]|qa|r[eosuw]|s[abcdeghiklmnorstuvxyz]|t[cdfghjklmnortvwz]|u[agksyz]|"
    r"v[aceginu]|w[fs]|y[et]|z[amw])"
)
_DOT = r"(?:\.|[ ]?[\[({]?(?:\.|\bdot\b)[\])}]?[ ]?)"
_ADDRESS = regex.compile(
    rf"(?i)(?<![\p{{L}}\p{{N}}@.\-])(?:[\p{{L}}\p{{N}}][\p{{L}}\p{{N}}\-]{{0,62}}{_DOT}){{1,4}}+"
    rf"(?<=[.)\]}}t ]){_ENDS}(?:/\S*|:\d+)?(?![\p{{L}}\p{{N}}\-]|\.[\p{{L}}\p{{N}}])"
)
_PATH = regex.compile(r"(?i)(?<![\p{L}\p{N}@.\-])[\p{L}\p{N}][\p{L}\p{N}\-]{0,62}(?:\.[\p{L}\p{N}\-]{1,62}){1,4}/\S")
_SCHEME = regex.compile(r"(?i)\b(?:https?|hxxps?|ftp)\s?:|\bwww\b|\bhttps?\b")
_INITIAL = regex.compile(r"(?i)^(?:\p{L}\.)+\p{L}{2}$|^(?:st|dr|mr|ms|mrs|jr|sr|prof|mc|de|la|van|von|al|el|bin)\.")
_APART = regex.compile(r"(?<=(?<!\S)\S)\s(?=\S(?!\S))")
_FULL_STOPS = str.maketrans("。｡．․", "....")


def links_in_name(name: str) -> int:
    """Web addresses in a name: with or without their scheme, with "dot" for the dot, under whatever domain."""
    plain = unicodedata.normalize("NFKC", name.translate(_FULL_STOPS))
    seen = undisguise(plain).text
    return max(*map(_links, {plain, seen, _APART.sub("", seen)}), foreign_hosts(name))


def _links(text: str) -> int:
    found = max(len(_SCHEME.findall(text)), len(_PATH.findall(text)))
    return max(found, sum(1 for match in _ADDRESS.finditer(text) if not _is_name(match[0])))


def _is_name(address: str) -> bool:
    """Initials and titles that are set close: "J.R.Me", "St.Jo"."""
    return bool(_INITIAL.match(address)) and address.lower() not in ("t.me", "x.co", "g.co", "t.co")


# --- when two names are the same --------------------------------------------------------------------------------------

# Accents, and signs over or under letters that may as well be left out: of emoji, of Arabic and Hebrew.
_ACCENT = regex.compile(
    "[\u0300-\u036f\u0483-\u0489\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0610-\u061a\u0640\u064b-\u065f\u0670"
    "\u06d6-\u06dc\u20d0-\u20ff\ufe00-\ufe0f\U000e0100-\U000e01ef]+"
)
_SIGNS = regex.compile("[©®℗℠™ªº]+")
_STRUCK = str.maketrans("₳฿₿¢₵đɖɇ€ғǥħɨɟ₭łŁ£₤₥₦øɵ₱ᵽ₽ɍ₹₴ŧ₮ʉ₩¥ƶ", "abbccddeefghijkllllmnooppprrsttuwyz")
"""Letters with a stroke, and the signs of currencies that are made of such."""
_SIGNED = regex.compile(r"(?=[\p{M}0-9@$€!|]{0,160}+\p{L})[\p{L}\p{M}0-9@$€]+(?:[!|]+(?=\p{L})[\p{L}\p{M}0-9@$€]+)*+")
_AS_LETTERS = str.maketrans("013456789@$€!|", "oieasgtbgaseii")
_STRETCHED = regex.compile(r"(\p{L})\1{2,}")
_ENDS_BARE = regex.compile(r"^[^\p{L}\p{N}]++|(?<![^\p{L}\p{M}\p{N}])[^\p{L}\p{M}\p{N}]++$")
_LETTERS = regex.compile(r"[^\p{L}\p{M}\p{N}]+")


@lru_cache(maxsize=64)  # asked twice of the name of whoever writes
def comparable_name(name: str) -> str:
    """A name without case, accents, spaces, punctuation and disguise: names with one form are one name.

    "Реst", "P3st", "P e s t" and "Pest!" are "pest"; "Pest2" and "Pestov" aren't. Letters are folded as those of terms
    are (``core.folding``). A name without letters and digits stays what it is.
    """
    plain = _SIGNS.sub("", name).casefold().translate(_STRUCK)
    plain = _STRETCHED.sub(r"\1", unicodedata.normalize("NFKC", plain).casefold())
    seen = unicodedata.normalize("NFKD", undisguise(plain).text.casefold())
    seen = _ACCENT.sub("", "".join(COUSINS.get(letter, letter) for letter in seen))
    signed = _SIGNED.sub(lambda word: word[0].translate(_AS_LETTERS), seen)
    bare = same_letters(_LETTERS.sub("", signed).casefold()).translate(_STRUCK)
    if regex.search(r"\p{L}", bare):  # digits that stood apart are the same as those that didn't
        bare = bare.translate(_AS_LETTERS)
    return bare.replace("l", "i") or name.casefold()


def earlier_forms(name: str) -> tuple[str, ...]:
    """What names were compared as before, of this name and of what it may be a disguise of."""
    seen = _SPACES.sub(" ", undisguise(name).text).strip()
    bare = _ENDS_BARE.sub("", seen)
    forms = (name, seen, bare, _LETTERS.sub("", seen))
    return tuple(dict.fromkeys(form.casefold() for form in forms if form))
