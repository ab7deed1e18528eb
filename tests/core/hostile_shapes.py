"""Texts of any length that are made to be hard: each repeats what some pattern or loop might look at over and over."""

from __future__ import annotations

from collections.abc import Callable, Mapping

Shape = Callable[[int], str]


def _of(unit: str, *, before: str = "", after: str = "") -> Shape:
    def text(length: int) -> str:
        return before + (unit * (length // len(unit) + 1))[:length] + after

    return text


SHAPES: Mapping[str, Shape] = {
    "one giant word": _of("a"),
    "one word of v": _of("v", after="1"),
    "a giant number": _of("1", after="x"),
    "digits and letters": _of("1d10t"),
    "words in leet": _of("1d10t f00l "),
    "short lines": _of("a\n"),
    "spaces": _of(" ", before="a.", after="a"),
    "letters and tabs": _of("a\t"),
    "line breaks": _of("\n", before="a", after="b"),
    "old line breaks": _of("\r\n", before="a", after="b"),
    "line separators": _of("\u2028", before="a", after="b"),
    "exclamation marks": _of("!"),
    "exclamation marks before a letter": _of("!", after="x"),
    "full stops": _of("."),
    "marks and brackets": _of("!)"),
    "quotes after a mark": _of('"', before="!", after="x"),
    "ideographic stops": _of("！」"),
    "dandas": _of("।", after="x"),
    "abbreviations": _of("Mr. "),
    "at signs": _of("@"),
    "marks and an at sign": _of("e\u0301", after="@"),
    "a word and an at sign": _of("a", after="@"),
    "letters and full stops": _of("a."),
    "dots in words": _of("a. dot"),
    "brackets and full stops": _of("(."),
    "accents": _of("é"),
    "full stops and an at sign": _of("a.", after="@"),
    "mail addresses": _of("a@a.a!"),
    "addresses begun": _of("http://www."),
    "hosts": _of("a-."),
    "cash": _of("$"),
    "a cashtag": _of("A", before="$", after="a"),
    "letters apart": _of("f.u.c.k."),
    "letters apart by spaces": _of("f u c k "),
    "separators that change": _of("i d.i-o.t "),
    "spaces apart": _of("a. ."),
    "masked words": _of("f**k s#@t "),
    "one mask": _of("*", before="f"),
    "stretched words": _of("stuuuuupid "),
    "doubled letters": _of("aabbccdd"),
    "mixed alphabets": _of("аbсd"),
    "letters turned round": _of("\u202eab"),
    "combining marks": _of("\u0323\u0301", before="a"),
    "heaps of marks": _of("a" + "\u0301" * 50),
    "Hebrew points": _of("ש\u05bc\u05b8"),
    "viramas": _of("क्"),
    "dotted capitals": _of("İ"),
    "half-width voicing marks": _of("\uff9e", before="ﾊ"),
    "zero-width joiners": _of("\u200d"),
    "families": _of("👩‍👩‍👧‍👦"),
    "flags": _of("🇩"),
    "tags": _of("\U000e0067", before="🏴"),
    "ideographs": _of("漢字"),
    "jamo": _of("\u1100"),
    "what unfolds to eighteen": _of("\ufdfa"),
    "brackets": _of("<"),
    "one giant tag": _of("a", before="<"),
    "tags begun": _of("<a "),
    "comments begun": _of("<!--"),
    "scripts begun": _of("<script>"),
    "references": _of("&amp;&#1"),
    "capitals and gaps": _of("AAA    "),
    "talk of an error": _of("date in "),
    "talk of money": _of("earn "),
    "telephone numbers": _of("1(2"),
    "search quotes": _of('"a '),
    "halves of pairs": _of("\ud800"),
}
