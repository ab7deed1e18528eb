"""A comment's text: what is stored of it, and how long it is to a reader's eye."""

from __future__ import annotations

import unicodedata
from hashlib import sha256

import regex

from moderation.core.errors import InvalidField
from moderation.core.messages import Message

LONGEST = 1_000_000
"""Code points of any text that is handled at all."""
LONGEST_COMMENT = 500_000
"""Code points of a comment as it is sent, five for each character of the longest that can be configured."""
LONGEST_NAME = 80
"""Characters of an author's name."""
LONGEST_REMARK = 2000
"""Code points of what a moderator writes beside a decision or a flag."""
_SURROGATE = regex.compile("[\ud800-\udfff]")
_UNSTORABLE = regex.compile("[\x00\ud800-\udfff]")
_INVISIBLE = regex.compile(r"[\p{Default_Ignorable_Code_Point}\p{Cc}\p{Cf}\p{Cs}\p{Cn}\p{Zl}\p{Zp}\u2800]")
_WHITESPACE = regex.compile(r"\s+")

# Normalising sorts the marks on a letter, in time that grows with the square of their number: half a million of them
# would hold the process for minutes. The half-width voicing marks become combining ones under NFKC.
_A_MARK = r"[\p{M}\uff9e\uff9f]"
MAX_MARKS = 100
_TOO_MANY_MARKS = regex.compile(rf"(?<!{_A_MARK}){_A_MARK}{{{MAX_MARKS + 1}}}")
KEPT_MARKS = 8
"""No script in use piles more on a letter: Tibetan comes to eight, Hebrew with points and accents to five."""
_PILED_MARKS = regex.compile(rf"({_A_MARK}{{{KEPT_MARKS}}}){_A_MARK}++")

# All that ends a line somewhere: a page would be taller than it was measured.
_LINE_END = regex.compile("\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
_BLANK = r"[\s\p{Default_Ignorable_Code_Point}\p{Cc}\p{Cf}\p{Cn}\u2800--\n]"
_EMPTY_LINES = regex.compile(rf"\n(?:{_BLANK}*+\n){{2,}}+", regex.V1)
KEPT_BLANKS = 16
# Spaces and tabs alone take no room: pages show a run of them as one space.
# No text has a long one without any of these, and most have none: to look for them takes a fifth of the time.
_ROOMY = regex.compile(rf"[{_BLANK}--[ \t]]", regex.V1)
_LONG_BLANK = regex.compile(rf"(?<!{_BLANK})(?![ \t]++(?!{_BLANK}))({_BLANK}{{{KEPT_BLANKS}}}){_BLANK}++", regex.V1)

# Two regional indicators make a flag. ``\X`` counts all that stand before to pair them, which would take time that
# grows with the square of their number, so the pairs are matched first.
_CLUSTER = regex.compile(
    r"\p{Regional_Indicator}{2}[\p{Grapheme_Cluster_Break=Extend}\p{Grapheme_Cluster_Break=ZWJ}"
    r"\p{Grapheme_Cluster_Break=SpacingMark}]*+|\X"
)


def is_storable(text: str) -> bool:
    """Whether every database and page can hold it: no NUL is in it, and no half of a surrogate pair."""
    return _UNSTORABLE.search(text) is None


def storable(text: str, *, instead: str = "") -> str:
    """The text with what none of them can hold left out, or replaced."""
    if text.isascii() and "\x00" not in text:
        return text  # most texts, in no time
    return _UNSTORABLE.sub(instead, text)


def as_written(text: str, field: str, *, longest: int = LONGEST) -> str:
    """The text as it is kept: canonical Unicode (NFC), line ends as ``\\n``, trimmed.

    What is shown is what is measured: of empty lines in a row one is kept, of blank or invisible characters in a row
    ``KEPT_BLANKS``, of combining marks on a letter ``KEPT_MARKS``.

    Raises ``InvalidField`` for what is longer than ``longest`` code points, before it looks at anything else, and for
    what no database or page can hold: NUL, halves of surrogate pairs, heaps of marks. Takes linear time.
    """
    if len(text) > longest:
        raise InvalidField(field, Message("text_too_many_code_points", {"number": len(text), "longest": longest}))
    if "\x00" in text:
        raise InvalidField(field, Message("text_holds_nul"))
    if text.isascii():
        return _without_heights(text).strip()
    if _SURROGATE.search(text):
        raise InvalidField(field, Message("text_holds_half_character"))
    if _PILED_MARKS.search(text):
        if _TOO_MANY_MARKS.search(text):
            raise InvalidField(field, Message("text_too_many_marks", {"maximum": MAX_MARKS}))
        text = without_piled_marks(text)
    # Composing may take a mark away or bring one, so that it is done between two cuts.
    canonical = unicodedata.normalize("NFC", text)
    return _without_heights(canonical if canonical == text else without_piled_marks(canonical)).strip()


def without_piled_marks(text: str) -> str:
    """The text with at most ``KEPT_MARKS`` combining marks on a letter: now normalising it takes linear time."""
    return text if text.isascii() else _PILED_MARKS.sub(r"\1", text)


def compatible(text: str) -> str:
    """The text as it is compared with others: compatibility characters plain (NFKC), without case. Linear time."""
    return unicodedata.normalize("NFKC", without_piled_marks(text)).casefold()


def _without_heights(text: str) -> str:
    """Line ends as ``\\n``, at most one empty line in a row, no long run of blanks."""
    text = _EMPTY_LINES.sub("\n\n", _LINE_END.sub("\n", text))
    return _LONG_BLANK.sub(r"\1", text) if _ROOMY.search(text) else text


def clusters(text: str) -> list[str]:
    """The text's characters as a reader counts them: grapheme clusters. Takes linear time."""
    if text.isascii() and "\r" not in text:
        return list(text)
    found: list[str] = _CLUSTER.findall(text)
    return found


def written_within(text: str | None, field: str, maximum: int) -> str | None:
    """A text as it is kept, of at most so many code points; None where there is nothing to be seen. Raises
    ``InvalidField``. Takes linear time.
    """
    text = as_written(text or "", field, longest=10 * maximum)
    if len(text) > maximum:
        raise InvalidField(field, Message("text_too_long", {"number": len(text), "maximum": maximum}))
    return text if visible_length(text) else None


def remark(text: str | None, field: str) -> str | None:
    """What a moderator writes beside a decision or a flag; None where there is nothing. Raises ``InvalidField``."""
    return written_within(text, field, LONGEST_REMARK)


def visible_length(text: str) -> int:
    """Characters as a reader counts them: grapheme clusters, trimmed, without invisible characters, each run of
    white space once. The page's live counter counts the same way.
    """
    if text.isascii() and text.isprintable():
        return len(" ".join(text.split()))
    # A joiner inside an emoji joins; anywhere else it is nothing. So clusters are counted first, and a cluster of
    # nothing visible counts nothing.
    seen = 0
    blank = True
    any_invisible = _INVISIBLE.search(text) is not None
    for cluster in clusters(without_piled_marks(text)):
        rest = _INVISIBLE.sub("", cluster) if any_invisible and not cluster.isspace() else cluster
        if not rest:
            continue
        is_space = rest.isspace()
        if not (is_space and blank):
            seen += 1
        blank = is_space
    return seen - 1 if seen and blank else seen


def display_name(name: str, field: str = "author.name", maximum: int = LONGEST_NAME) -> str:
    """An author's name as it is kept: canonical, on one line. Raises ``InvalidField`` when empty or too long."""
    if len(name) > maximum * 8:
        raise InvalidField(field, Message("name_too_many_code_points", {"number": len(name), "maximum": maximum}))
    tidy = _WHITESPACE.sub(" ", as_written(name, field))
    length = visible_length(tidy)
    if length == 0:
        raise InvalidField(field, Message("name_empty"))
    if length > maximum:
        raise InvalidField(field, Message("name_too_long", {"number": length, "maximum": maximum}))
    return tidy


def sameness(text: str) -> str:
    """A fingerprint under which two copies of a text are the same: case, spacing and invisible characters ignored."""
    folded = _INVISIBLE.sub("", compatible(text))
    return sha256(_WHITESPACE.sub(" ", folded).strip().encode()).hexdigest()
