"""Unicode's folding of a text for comparison: what different keyboards, capitals and schools of spelling write
differently is one, and letters that readers tell apart stay apart.

One: capitals and small letters of every script (ß and ss, final sigma, the four i's of Turkish), composed and
decomposed accents, full-width letters and ligatures, Greek accents, which capitals do without, Cyrillic ё and е, Arabic
and Hebrew points, tatweel, the alefs, yehs, kafs and final hehs of Arabic and Persian, apostrophes, hyphens, invisible
characters. Not one: é and e, ö and o, й and и, ñ and n, hiragana and katakana.
"""

from __future__ import annotations

import unicodedata

import regex

from moderation.core.text.written import compatible

_SPACES = regex.compile(r"\s+")
_ARABIC_POINTS = (
    r"\u0610-\u061a\u0640\u064b-\u065f\u0670\u06d6-\u06dc\u06df-\u06e4\u06e7\u06e8\u06ea-\u06ed\u08d3-\u08ff"
)
_HEBREW_POINTS = r"\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7"
_DROPPED = regex.compile(
    rf"(?<=\p{{Greek}})\p{{Mn}}++|(?<=i)\u0307++|(?<=\u0435)\u0308++"
    rf"|[{_ARABIC_POINTS}{_HEBREW_POINTS}\p{{Default_Ignorable_Code_Point}}]++"
)
_SAME = str.maketrans(
    {
        **dict.fromkeys("’‘ʼ‛′＇`´ʹʻ׳", "'"),
        **dict.fromkeys("״“”„", '"'),
        **dict.fromkeys("‐‑‒–—―−־", "-"),
        "ı": "i",
        "ٱ": "ا",
        **dict.fromkeys("ىیېے", "ي"),
        **dict.fromkeys("کڪ", "ك"),
        **dict.fromkeys("ةەہھۀ", "ه"),
    }
)


def folded(text: str) -> str:
    """A text as words in it are compared, with single spaces. Linear time."""
    if text.isascii():
        return _SPACES.sub(" ", text.casefold().replace("`", "'"))
    return _SPACES.sub(" ", same_letters(compatible(text.translate(_SAME))))


def same_letters(text: str) -> str:
    """A text in one case whose letters of other scripts are what they are without points and variants; composed."""
    apart = unicodedata.normalize("NFD", text)
    return unicodedata.normalize("NFC", _DROPPED.sub("", apart).translate(_SAME))
