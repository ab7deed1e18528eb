"""Scripts and styles as they are sent: without comments, indents and spaces around signs, and with short names.

It tells texts, patterns and comments apart, and knows no more of the language. It asks of the sources that every
statement ends with a semicolon, that no text runs over several lines, and that none with values stands in another's.
``scripts/check`` reads what comes out: that it is a script, and that every name in it is known.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from itertools import product
from string import ascii_letters

# A text with values: in them one level of braces.
_VALUE = r"\$\{(?:[^{}`]|\{[^{}`]*\})*\}"
# Texts, and patterns where one can stand: what is in them stays as it is.
_LITERAL = (
    r'"(?:\\.|[^"\\\n])*"'
    r"|'(?:\\.|[^'\\\n])*'"
    rf"|`(?:\\.|{_VALUE}|[^`\\\n])*`"
    r"|(?<=[(=,:])\s?/(?![/*])(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n])+/[a-z]*"
)
_COMMENT = re.compile(rf"({_LITERAL})|[ \t]*(?:/\*.*?\*/|//[^\n]*)", re.DOTALL)
_LITERALS = re.compile(_LITERAL)
_VALUES = re.compile(_VALUE)
_LINE_END = re.compile(r"\s*\n\s*")
_SPACE = re.compile(r"\s?([-=+*/%!{}\[\](),;:?&|<>]+)\s?")
_NEEDLESS = re.compile(r";(?=\})|,(?=[)}\]])")
_CSS_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_CSS_SPACE = re.compile(r"\s*([{};,>])\s*")
_CSS_ZERO = re.compile(r"(?<![\w.])0(?=\.\d)")

_WORD = r"[A-Za-z_$][\w$]*"
_NAME = re.compile(rf"(?:(?<![\w$.])|(?<=\.\.\.)){_WORD}")
_DECLARED = re.compile(rf"\b(?:const|let) ({_WORD})|(?<![\w$.])({_WORD})=>")
_PARAMETERS = re.compile(r"\(([^()]*)\)=>")
_PARAMETER = re.compile(rf"(?:^|,)\s*(?:\.\.\.)?({_WORD})")
# After a dot, before a colon, and where it may be name and value of a property in one.
_PROPERTY = re.compile(rf"(?<!\.\.)\.({_WORD})|({_WORD})\s*:|(?<=[{{,])\s*({_WORD})\s*(?=[,}}=])")


def tightened(text: str) -> str:
    """A script without comments, indents and spaces around signs."""
    bare = _COMMENT.sub(lambda found: found[1] or "", text).strip()
    pieces = (piece.strip() if literal else _tight(piece) for piece, literal in _pieces(bare))
    return "".join(pieces)


def with_short_names(*modules: str) -> str:
    """Tightened modules as one script, whose own names are short. What is a property's name anywhere keeps it, and so
    does what isn't understood.

    A name is as short wherever it stands. Two names become the same letters where they never meet: not in one module,
    and not at the top of two, which all share.
    """
    codes = ["\n".join(_code_in(module)) for module in modules]
    code = "\n".join(codes)
    declared = {name for found in _DECLARED.findall(code) for name in found if name}
    declared |= {name for names in _PARAMETERS.findall(code) for name in _PARAMETER.findall(names)}
    declared -= {name for found in _PROPERTY.findall(code) for name in found if name}
    known = Counter(_NAME.findall(code))
    used = [set(_NAME.findall(one)) for one in codes]
    on_top = {name for one in codes for name in _declared_on_top(one)}
    short = ("".join(letters) for length in (1, 2) for letters in product(ascii_letters, repeat=length))
    free = [name for name in short if name not in known and name not in {"as", "do", "if", "in", "of"}]
    taken: dict[str, list[str]] = {name: [] for name in free}
    shorter: dict[str, str] = {}

    def meet(one: str, other: str) -> bool:
        return (one in on_top and other in on_top) or any(one in names and other in names for names in used)

    for name, _ in known.most_common():
        if name in declared and len(name) > 1:
            found = next((one for one in free if not any(meet(name, other) for other in taken[one])), name)
            taken.setdefault(found, []).append(name)
            shorter[name] = found

    def rename(piece: str) -> str:
        return _NAME.sub(lambda found: shorter.get(found[0], found[0]), piece)

    def in_literal(piece: str) -> str:
        return _VALUES.sub(lambda value: rename_all(value[0]), piece) if piece.startswith("`") else piece

    def rename_all(text: str) -> str:
        return "".join(in_literal(piece) if literal else rename(piece) for piece, literal in _pieces(text))

    return "".join(rename_all(module) for module in modules)


def _declared_on_top(code: str) -> Iterator[str]:
    """Names that a module's code declares outside all brackets."""
    depth = end = 0
    for found in _DECLARED.finditer(code):
        between = code[end : found.start()]
        depth += sum(map(between.count, "({[")) - sum(map(between.count, ")}]"))
        end = found.start()
        if depth == 0:
            yield found[1] or found[2]


def tightened_css(text: str) -> str:
    """A style sheet without comments, spaces around signs, and the 0 of 0.5."""
    bare = _CSS_ZERO.sub("", _CSS_COMMENT.sub("", text))
    return _CSS_SPACE.sub(r"\1", bare).replace(";}", "}").replace(": ", ":").strip()


def _pieces(text: str) -> Iterator[tuple[str, bool]]:
    """The text in its order: code, and literals, which are told by True."""
    end = 0
    for literal in _LITERALS.finditer(text):
        yield text[end : literal.start()], False
        yield literal[0], True
        end = literal.end()
    yield text[end:], False


def _code_in(text: str) -> Iterator[str]:
    for piece, literal in _pieces(text):
        if not literal:
            yield piece
        elif piece.startswith("`"):
            for value in _VALUES.findall(piece):
                yield from _code_in(value[1:])


def _tight(code: str) -> str:
    return _NEEDLESS.sub("", _SPACE.sub(r"\1", _LINE_END.sub("\n", code)))
