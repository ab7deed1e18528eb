"""Telephone numbers: runs of digits that look like one, then asked of the numbering plans of the world (phonenumbers).

A number that belongs to everybody (free of charge, premium, shared cost, a whole company's) is no private one.
"""
# ruff: noqa: E501 - a pattern reads best in one piece

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import phonenumbers
import regex
from phonenumbers import PhoneNumberType, ValidationResult

from moderation.core.private_data.cues import counts_something, phone_cue

_SEPARATORS = frozenset(
    (" ", "-", ".", "/", "(", ")", ") ", " (", ")-", ").", "-(", " - ", " / ", "/ ", ". ", ") - ", "\t", "  ", "- ")
) | {"\n", " \n", "\n ", "-\n", ".\n"}  # over several lines, too
_GROUP = re.compile(r"\d+")
_DATE = regex.compile(
    r"(?:[0-3]?\d[./-][01]?\d[./-](?:19|20)\d\d|(?:19|20)\d\d[./-][01]?\d[./-][0-3]?\d|[0-3]\d\.[01]\d\.\d\d)(?![./-]?\d)"
)
_YEARS = regex.compile(r"(?:1[6-9]|20)\d\d\s?[-/]\s?(?:1[6-9]|20)\d\d(?!\d)")
_TIMES = regex.compile(r"[0-2]?\d[.:][0-5]\d\s?-\s?[0-2]?\d[.:][0-5]\d(?!\d)")
_WORDS = {
    "zero": "0", "oh": "0", "nought": "0", "null": "0", "cero": "0", "zéro": "0",
    "one": "1", "two": "2", "three": "3", "four": "4", "five": "5", "six": "6", "seven": "7", "eight": "8", "nine": "9",
    "uno": "1", "dos": "2", "tres": "3", "cuatro": "4", "cinco": "5", "seis": "6", "siete": "7", "ocho": "8", "nueve": "9",
    "eins": "1", "zwei": "2", "zwo": "2", "drei": "3", "vier": "4", "fünf": "5", "sechs": "6", "sieben": "7", "acht": "8", "neun": "9",
    "un": "1", "deux": "2", "trois": "3", "quatre": "4", "cinq": "5", "sept": "7", "huit": "8", "neuf": "9",
}  # fmt: skip
_TIMES_OVER = {"double": 2, "triple": 3, "treble": 3, "doble": 2}
_SPOKEN = regex.compile(
    rf"(?i)(?<![^\W_])(?:plus\s)?(?:(?:{'|'.join((*_WORDS, *_TIMES_OVER))}|\d{{1,4}})(?![^\W_])[\s,.-]{{0,3}}){{7,60}}+"
)
_SPOKEN_PART = regex.compile(r"[^\W\d_]+|\d+")
_HINT = regex.compile(r"(?i)\b(?:zero|oh|seven|nine|cero|siete|null|sieben|zéro|sept|double)\b")

_SHARED = frozenset(
    (
        PhoneNumberType.TOLL_FREE,
        PhoneNumberType.PREMIUM_RATE,
        PhoneNumberType.SHARED_COST,
        PhoneNumberType.UAN,
        PhoneNumberType.PAGER,
    )
)
_FREE = regex.compile(r"(?:00?44|00?49|0)?80[08]\d{3,8}|1?8(?:00|33|44|55|66|77|88)\d{7}|1[38]00\d{6,7}")
MAX_ASKED = 200
"""Candidates of one text that the numbering plans are asked about; of what comes after, its looks decide."""
_MAX_GROUPS, _MAX_DIGITS = 16, 15
# Which regions write a national number without a leading zero, and how: the lengths of its groups.
_NORTH_AMERICA = frozenset({"US", "CA"})
_PAIRS_AND_THREES = {
    "ES": {(9,), (3, 3, 3), (3, 2, 2, 2), (2, 3, 2, 2), (3, 6)},
    "PT": {(9,), (3, 3, 3), (2, 3, 2, 2), (3, 2, 2, 2)},
    "PL": {(9,), (3, 3, 3), (2, 3, 2, 2)},
    "IT": {(10,), (3, 7), (3, 3, 4), (3, 3, 2, 2), (3, 2, 2, 3)},
    "IN": {(10,), (5, 5), (4, 6), (4, 3, 3), (3, 3, 4), (2, 4, 4)},
    "BR": {(2, 5, 4), (2, 4, 4), (2, 9), (2, 8), (11,), (2, 1, 4, 4)},
}


@dataclass(frozen=True, kw_only=True)
class _Number:
    """A run of groups of digits as it stands; ``plus`` where it begins with + or 00."""

    digits: str
    lengths: tuple[int, ...]
    plus: bool
    whole: bool
    dotted: bool
    text: str
    start: int
    end: int

    @cached_property
    def cue(self) -> bool | None:
        return phone_cue(self.text, self.start)

    @cached_property
    def counts(self) -> bool:
        return counts_something(self.text, self.end)


@dataclass(slots=True)
class Plans:
    """Asks the numbering plans of some regions, at most ``MAX_ASKED`` times."""

    regions: Sequence[str]
    asked: int = 0
    known: dict[tuple[str, str], int | None] = field(default_factory=dict)

    @property
    def tired(self) -> bool:
        return self.asked >= MAX_ASKED

    def kind(self, number: str, region: str) -> int | None:
        """The number's type in this region's plan; None where it isn't valid there."""
        key = (number, region)
        if key not in self.known:
            self.asked += 1
            self.known[key] = _kind(number, region)
        return self.known[key]

    def private(self, number: str, regions: Sequence[str]) -> bool | None:
        """Whether it is somebody's own in one of these; False where it is nobody's own, None where it isn't valid."""
        found = None
        for region in regions:
            kind = self.kind(number, region)
            if kind is not None and kind not in _SHARED:
                return True
            if kind is not None:
                found = False
        return found


def _kind(number: str, region: str) -> int | None:
    try:
        parsed = phonenumbers.parse(number, region or None)
    except phonenumbers.NumberParseException:
        return None
    kind = phonenumbers.number_type(parsed)
    if kind != PhoneNumberType.UNKNOWN:
        return int(kind)
    return None


def national_digits(number: str) -> str:
    """The digits of a number without its country's code and without leading zeros; "+44 (0)20 7946 0958" and
    "020 7946 0958" have the same.
    """
    digits = "".join(_GROUP.findall(number))
    if number.lstrip(" (").startswith("+") or digits.startswith("00"):
        try:
            parsed = phonenumbers.parse("+" + digits.removeprefix("00"), None)
        except phonenumbers.NumberParseException:
            pass
        else:
            digits = str(parsed.national_number)
    return digits.lstrip("0")


def phones(text: str, regions: Sequence[str], is_allowed: Callable[[str], bool]) -> Iterator[tuple[int, int]]:
    """Start and end of each telephone number; ``is_allowed`` is asked of digits, and says which to leave out."""
    plans = Plans(regions)
    for groups in _runs(text):
        yield from _in_run(_Run(text, groups), plans, is_allowed)
    if _HINT.search(text):
        yield from _spoken(text, plans, is_allowed)


def _runs(text: str) -> Iterator[list[tuple[int, int]]]:
    """Groups of digits that stand together, as start and end of each; seven digits at least."""
    run: list[tuple[int, int]] = []
    digits = 0
    for match in _GROUP.finditer(text):
        start, end = match.span()
        if run and text[run[-1][1] : start] not in _SEPARATORS:
            if digits >= 7:
                yield run
            run, digits = [], 0
        if not run and end - start < 9 and _joined_before(text, start):
            continue
        run.append((start, end))
        digits += end - start
    if digits >= 7:
        yield run


def _joined_before(text: str, start: int) -> bool:
    """Whether a number is the rest of something else: "B12", "#12", "1,200"."""
    before = text[start - 1 : start]
    return before.isalpha() or before in ("#", "_") or (before in (",", ":") and text[start - 2 : start - 1].isdigit())


def _spoken(text: str, plans: Plans, is_allowed: Callable[[str], bool]) -> Iterator[tuple[int, int]]:
    for match in _SPOKEN.finditer(text):
        digits = _spoken_digits(match[0])
        if not 7 <= len(digits) <= _MAX_DIGITS or is_allowed(digits):
            continue
        number = _Number(
            digits=digits,
            lengths=(1,) * len(digits),
            plus=match[0].lower().startswith("plus"),
            whole=True,
            dotted=False,
            text=text,
            start=match.start(),
            end=match.end(),
        )
        if _is_private(number, plans):
            yield match.start(), match.start() + len(match[0].rstrip(" ,.-\n\t"))


def _spoken_digits(words: str) -> str:
    digits, times = "", 1
    for part in _SPOKEN_PART.findall(words.lower()):
        if part in _TIMES_OVER:
            times = _TIMES_OVER[part]
        elif part != "plus":
            digits += _WORDS.get(part, part) * times
            times = 1
    return digits


@dataclass(frozen=True, slots=True)
class _Run:
    text: str
    groups: list[tuple[int, int]]

    def digits(self, first: int, last: int) -> str:
        return "".join(self.text[start:end] for start, end in self.groups[first : last + 1])

    def span(self, first: int, last: int) -> tuple[int, int]:
        """With the plus and the bracket before it."""
        begin = self.groups[first][0]
        while begin > 0 and self.text[begin - 1] in "+(":
            begin -= 1
        return begin, self.groups[last][1]


def _in_run(run: _Run, plans: Plans, is_allowed: Callable[[str], bool]) -> Iterator[tuple[int, int]]:
    first = 0
    while first < len(run.groups):
        lasts = [last for last in _lasts(run.groups, first) if _may_be(run, first, last)]
        everybodys = [last for last in lasts if _is_everybodys(run.digits(first, last), is_allowed)]
        if everybodys:
            first = everybodys[0] + 1
            continue
        taken = next((last for last in lasts if _found(run, first, last, plans)), None)
        if taken is not None:
            yield run.span(first, taken)
        first = first + 1 if taken is None else taken + 1


def _is_everybodys(digits: str, is_allowed: Callable[[str], bool]) -> bool:
    return _FREE.fullmatch(digits) is not None or is_allowed(digits)


def _lasts(groups: list[tuple[int, int]], first: int) -> list[int]:
    """The last groups with which a number that begins here could end, the longest first."""
    found, total = [], 0
    for last in range(first, min(first + _MAX_GROUPS, len(groups))):
        total += groups[last][1] - groups[last][0]
        if total > _MAX_DIGITS:
            break
        if total >= 7:
            found.append(last)
    found.reverse()
    return found


def _may_be(run: _Run, first: int, last: int) -> bool:
    """A part of a longer run is a number only where it begins like one."""
    groups = run.groups
    if first == 0 and last == len(groups) - 1:
        return True
    start = groups[first][0]
    if run.text[start] == "0" or run.text[start - 1 : start] == "+":
        # A group of one or two digits begins a number only where it begins the run.
        return first == 0 or groups[first][1] - start >= 2 or run.text[start - 1 : start] in ("+", "(")
    return last - first >= 2 and [end - begin for begin, end in groups[first : first + 3]] == [3, 3, 4]


def _found(run: _Run, first: int, last: int, plans: Plans) -> bool:
    text, groups = run.text, run.groups
    begin, end = groups[first][0], groups[last][1]
    if _DATE.match(text, begin) or _TIMES.match(text, begin) or _YEARS.match(text, begin):
        return False
    digits = run.digits(first, last)
    plus = text[max(0, begin - 3) : begin].rstrip(" (").endswith("+")
    if digits.startswith("00") and groups[first][1] - begin >= 2:
        plus, digits = True, digits[2:]
    between = {text[groups[at][1] : groups[at + 1][0]].strip() for at in range(first, last)}
    if between >= {".", "-"}:
        return False
    number = _Number(
        digits=digits,
        lengths=tuple(b - a for a, b in groups[first : last + 1]),
        plus=plus,
        whole=first == 0 and last == len(groups) - 1,
        dotted="." in between and between <= {".", ""},
        text=text,
        start=begin,
        end=end,
    )
    return _is_private(number, plans)


def _is_private(number: _Number, plans: Plans) -> bool:
    digits = number.digits
    if len(set(digits)) < 3 and len(digits) > 8:
        return False  # 0000000000, 1010101010
    if number.plus:
        return _is_foreign(number, plans)
    if _FREE.fullmatch(digits):
        return False
    if digits.startswith("0"):
        return _with_zero(number, plans)
    return _without_zero(number, plans) or _by_cue(number, plans)


def _is_foreign(number: _Number, plans: Plans) -> bool:
    digits = number.digits
    if not 8 <= len(digits) <= _MAX_DIGITS or (number.cue is False and number.counts):
        return False
    if plans.tired:
        return True
    for written in (digits, _without_trunk_zero(number)):
        private = plans.private("+" + written, ("",)) if written else None
        if private is not None:
            return private
    # Numbers for films and documentation aren't in any plan, and neither is tomorrow's.
    return _is_possible("+" + digits, "")


def _without_trunk_zero(number: _Number) -> str | None:
    """+44 (0)20 7946 0958."""
    at = number.lengths[0]
    return number.digits[:at] + number.digits[at + 1 :] if number.digits[at : at + 1] == "0" else None


def _is_possible(number: str, region: str) -> bool:
    try:
        parsed = phonenumbers.parse(number, region or None)
    except phonenumbers.NumberParseException:
        return False
    return phonenumbers.is_possible_number_with_reason(parsed) == ValidationResult.IS_POSSIBLE


def _with_zero(number: _Number, plans: Plans) -> bool:
    """A national number as it is dialled in Europe, Australia, India: 0, the place's code, the rest."""
    digits, lengths = number.digits, number.lengths
    if digits[1] == "0" or not 9 <= len(digits) <= 12 or (number.cue is False and len(lengths) == 1):
        return bool(number.cue) and digits[1] != "0" and 8 <= len(digits) <= 13 and number.whole
    singles = set(lengths) == {1}
    first = lengths[0]
    if not (3 <= first <= 12 or singles or number.cue or (first == 2 and len(digits) <= 11)):
        return False
    if number.dotted and first == 1:
        return False
    if plans.tired:
        return True
    private = plans.private(
        digits, [region for region in plans.regions if region not in _PAIRS_AND_THREES or region in ("IN", "IT", "BR")]
    )
    if private is not None:
        return private
    return len(digits) in (10, 11) and (len(lengths) > 1 or number.cue is True)


def _without_zero(number: _Number, plans: Plans) -> bool:
    """A national number without a zero in front, by the look of its groups."""
    digits, lengths = number.digits, number.lengths
    if number.cue is False or number.counts or not 9 <= len(digits) <= 11:
        return False
    if lengths in ((3, 3, 4), (1, 3, 3, 4), (10,), (11,), (3, 7), (1, 10)):
        american = [region for region in plans.regions if region in _NORTH_AMERICA]
        if len(lengths) > 2 or number.cue:
            if plans.tired:
                return True
            if american and plans.private(digits, american):
                return True
    for region, shapes in _PAIRS_AND_THREES.items():
        if region not in plans.regions or lengths not in shapes:
            continue
        # Thousands are set apart in the same way, and other things are counted in nine digits.
        doubtful = lengths == (3, 3, 3) or (len(lengths) == 1 and (len(digits) != 10 or region != "IN"))
        if doubtful and not number.cue:
            continue
        if plans.tired:
            return True
        kind = plans.kind(digits, region)
        if kind is not None and kind not in _SHARED:
            return True
    return False


def _by_cue(number: _Number, plans: Plans) -> bool:
    """What a word such as "call" calls a number, though it lacks its place's code or is written in nobody's way."""
    if not number.cue or number.counts or not number.whole or not 7 <= len(number.digits) <= 13:
        return False
    lengths = set(number.lengths)
    if max(lengths) < 3 and lengths not in ({1}, {2}):
        return False
    if number.lengths == (3, 4) or len(number.digits) >= 9:
        private = plans.private(number.digits, plans.regions) if not plans.tired else None
        return private is not False
    return len(number.digits) == 8 and len(number.lengths) <= 4
