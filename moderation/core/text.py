"""A comment's text: what is stored of it, and how long it is to a reader's eye."""

from __future__ import annotations

import unicodedata
from hashlib import sha256

import regex

from moderation.core.errors import InvalidField

_SURROGATE = regex.compile("[\ud800-\udfff]")
_INVISIBLE = regex.compile(r"[\p{Default_Ignorable_Code_Point}\p{Cc}\p{Cf}\p{Cs}\p{Cn}\p{Zl}\p{Zp}\u2800]")
_WHITESPACE = regex.compile(r"\s+")
MOST_MARKS = 100
# Normalising sorts the marks on a letter, in time that grows with the square of their number: half a million of them
# would hold the process for minutes. The half-width voicing marks become combining ones under NFKC.
_TOO_MANY_MARKS = regex.compile(rf"[\p{{M}}\uff9e\uff9f]{{{MOST_MARKS + 1}}}")
_CLUSTER = regex.compile(r"\X")


def as_written(text: str, field: str) -> str:
    """The text as it is kept: canonical Unicode (NFC), line ends as ``\\n``, trimmed.

    Raises ``InvalidField`` for what no database or page can hold: NUL, halves of surrogate pairs, heaps of marks.
    """
    if "\x00" in text:
        raise InvalidField(field, "holds a NUL character, which can't be stored. Remove it and send again.")
    if _SURROGATE.search(text):
        raise InvalidField(field, "holds half of a surrogate pair, which is not a character. Send it as valid Unicode.")
    if _TOO_MANY_MARKS.search(text):
        raise InvalidField(field, f"holds a letter with over {MOST_MARKS} combining marks. Remove some of them.")
    return unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n")).strip()


LONGEST_REMARK = 2000


def remark(text: str | None, field: str) -> str | None:
    """What a moderator writes beside a decision or a mark; None where there is nothing. Raises ``InvalidField``."""
    if text is None:
        return None
    text = as_written(text, field)
    if len(text) > LONGEST_REMARK:
        raise InvalidField(field, f"has {len(text)} characters; at most {LONGEST_REMARK} are possible.")
    return text or None


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
    for cluster in _CLUSTER.findall(text):
        rest = _INVISIBLE.sub("", cluster) if not cluster.isspace() else cluster
        if not rest:
            continue
        is_space = rest.isspace()
        if not (is_space and blank):
            seen += 1
        blank = is_space
    return seen - 1 if seen and blank else seen


def display_name(name: str, field: str = "author.name", maximum: int = 80) -> str:
    """An author's name as it is kept: canonical, on one line. Raises ``InvalidField`` when empty or too long."""
    tidy = _WHITESPACE.sub(" ", as_written(name, field))
    if len(tidy) > maximum * 8:
        raise InvalidField(
            field, f"holds {len(tidy)} code points, invisible ones too; at most {maximum} characters are possible."
        )
    length = visible_length(tidy)
    if length == 0:
        raise InvalidField(field, "is empty. A comment needs its author's name.")
    if length > maximum:
        raise InvalidField(field, f"has {length} characters; at most {maximum} are possible.")
    return tidy


def sameness(text: str) -> str:
    """A fingerprint under which two copies of a text are the same: case, spacing and invisible characters ignored."""
    folded = _INVISIBLE.sub("", unicodedata.normalize("NFKC", text)).casefold()
    return sha256(_WHITESPACE.sub(" ", folded).strip().encode()).hexdigest()


_LINK = regex.compile(
    r"(?i)\b(?:https?://|www\.)\S+|\b[a-z0-9][a-z0-9-]{1,62}\.(?:com|net|org|info|biz|ru|cn|io|co|in|uk|de|fr|xyz|top|shop|site|online|club|live|me|ly|link|click)\b(?:/\S*)?"
)


def count_links(text: str) -> int:
    """Web addresses in the text, with or without their scheme; e-mail addresses don't count."""
    return sum(1 for match in _LINK.finditer(text) if match.start() == 0 or text[match.start() - 1] != "@")
