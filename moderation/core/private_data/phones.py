"""Telephone numbers: runs of digits that look like one, then asked of the numbering plans of the world (phonenumbers).

A number that belongs to everybody (free of charge, premium, shared cost, a whole company's) is no private one.
"""
# ruff: noqa: E501 - a pattern reads best in one piece

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import phonenumbers
import regex
from phonenumbers import PhoneNumberType, ValidationResult

from moderation.core.private_data.cues import counts_something, phone_cue

RUN = regex.compile(r"(?<![^\W_]|\d[.,:/-]|[#_])(?:\(?\+\s?|\()?\(?\d(?:[ \t]?(?:[.()/-][ .()/-]{0,2}|[ \t])?\d)*+")
_GROUP = regex.compile(r"\d+")
_DATE = regex.compile(
    r"(?:[0-3]?\d[./-][01]?\d[./-](?:19|20)\d\d|(?:19|20)\d\d[./-][01]?\d[./-][0-3]?\d|[0-3]\d\.[01]\d\.\d\d)(?!\d)"
)
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
ASKED_AT_MOST = 200
"""Candidates of one text that the numbering plans are asked about; of what comes after, its looks decide."""
_MOST_GROUPS, _MOST_DIGITS = 16, 15
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
_FOREIGN = {"+": "+", "00": "+"}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Number:
    """A run of groups of digits as it stands; ``plus`` where it begins with + or 00."""

    digits: str
    lengths: tuple[int, ...]
    plus: bool
    whole: bool
    dotted: bool
    cue: bool | None
    counts: bool


@dataclass(slots=True)
class Plans:
    """Asks the numbering plans of some regions, at most ``ASKED_AT_MOST`` times."""

    regions: Sequence[str]
    asked: int = 0
    known: dict[tuple[str, str], int | None] = field(default_factory=dict)

    @property
    def tired(self) -> bool:
        return self.asked >= ASKED_AT_MOST

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
    for run in RUN.finditer(text):
        if run.end() - run.start() >= 7:
            yield from _in_run(text, run.start(), run.end(), plans, is_allowed)
    if _HINT.search(text):
        for match in _SPOKEN.finditer(text):
            digits = _spoken_digits(match[0])
            if 7 <= len(digits) <= _MOST_DIGITS and not is_allowed(digits):
                cue = phone_cue(text, match.start())
                plus = match[0].lower().startswith("plus")
                number = _Number(
                    digits=digits,
                    lengths=(1,) * len(digits),
                    plus=plus,
                    whole=True,
                    dotted=False,
                    cue=cue,
                    counts=False,
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


def _in_run(
    text: str, start: int, end: int, plans: Plans, is_allowed: Callable[[str], bool]
) -> Iterator[tuple[int, int]]:
    groups = [match.span() for match in _GROUP.finditer(text, start, end)]
    first = 0
    while first < len(groups):
        windows = list(_windows(groups, first))
        taken = next((last for last, digits in windows if is_allowed(_digits(text, groups, first, last))), None)
        if taken is None:
            for last, _ in windows:
                number = _number(text, groups, first, last)
                if number is not None and _is_private(number, plans):
                    taken = last
                    yield _span(text, start, groups, first, last)
                    break
        first = first + 1 if taken is None else taken + 1


def _windows(groups: list[tuple[int, int]], first: int) -> Iterator[tuple[int, int]]:
    """The last groups with which a number that begins here could end, the longest first, with their digits."""
    found, total = [], 0
    for last in range(first, min(first + _MOST_GROUPS, len(groups))):
        total += groups[last][1] - groups[last][0]
        if total > _MOST_DIGITS:
            break
        if total >= 6:
            found.append((last, total))
    yield from reversed(found)


def _digits(text: str, groups: list[tuple[int, int]], first: int, last: int) -> str:
    return "".join(text[a:b] for a, b in groups[first : last + 1])


def _span(text: str, start: int, groups: list[tuple[int, int]], first: int, last: int) -> tuple[int, int]:
    """With the plus and the bracket before it."""
    begin = groups[first][0]
    while begin > start and text[begin - 1] in "+( ":
        begin -= 1
    while text[begin] == " ":
        begin += 1
    return begin, groups[last][1]


def _number(text: str, groups: list[tuple[int, int]], first: int, last: int) -> _Number | None:
    begin, end = groups[first][0], groups[last][1]
    if _DATE.match(text, begin) or _TIMES.match(text, begin):
        return None
    before = text[max(0, begin - 3) : begin].rstrip(" (")
    digits = _digits(text, groups, first, last)
    plus = before.endswith("+")
    if digits.startswith("00") and groups[first][1] - begin >= 2:
        plus, digits = True, digits[2:]
    lengths = tuple(b - a for a, b in groups[first : last + 1])
    whole = first == 0 and last == len(groups) - 1
    between = {
        text[b:a].strip() for (_, b), (a, _) in zip(groups[first:last], groups[first + 1 : last + 1], strict=True)
    }
    if between >= {".", "-"} or (not whole and not plus and digits[0] != "0" and lengths[:3] != (3, 3, 4)):
        return None
    return _Number(
        digits=digits,
        lengths=lengths,
        plus=plus,
        whole=whole,
        dotted="." in between and between <= {".", ""},
        cue=phone_cue(text, begin),
        counts=counts_something(text, end),
    )


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
    if not 8 <= len(digits) <= _MOST_DIGITS or (number.cue is False and number.counts):
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
    if not (3 <= first <= 12 or singles or number.cue or (first == 2 and len(digits) in (9, 10))):
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
