"""What every reader of an archive needs: the file's bytes, its texts and its times."""

from __future__ import annotations

import gzip
import io
import json
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from hashlib import sha256
from itertools import accumulate
from pathlib import Path
from shutil import copyfileobj
from tempfile import NamedTemporaryFile
from typing import Any, BinaryIO, cast

import ijson
import regex

from moderation.core.errors import InvalidField, ModerationError, clipped
from moderation.core.text.markup import text_in_html
from moderation.core.text.written import LONGEST_NAME, as_written, clusters, is_storable, storable
from moderation.core.times import EARLIEST, LATEST, parse_time
from moderation.imports.records import Untaken

LONGEST_LINE = 32 * 1024 * 1024
"""Bytes of one line of a file of JSON Lines."""
DEEPEST = 100
"""Lists and objects inside each other in a JSON file; archives have some five."""
_CHUNK = 64 * 1024
_MARKS = regex.compile(rb'\\["\\]|["\[\]{}]')
_STEPS = {ord("["): 1, ord("{"): 1, ord("]"): -1, ord("}"): -1}
_NO_BRACKETS = bytes(byte for byte in range(256) if byte not in _STEPS)
_GZIP = b"\x1f\x8b"
_WHITESPACE = regex.compile(r"\s+")
_ZONE = regex.compile(r"[Zz]|UTC|GMT|[+\-]\d\d(?::?\d\d)?")
_SECONDS = regex.compile(r"\d{9,13}", regex.ASCII)


@dataclass(eq=False, slots=True)
class UnreadableArchive(ModerationError):
    """An archive of which nothing can be made. ``why`` goes on from the file's name."""

    file: str
    why: str

    @property
    def detail(self) -> str:
        return f"{self.file} {self.why}"


class Broken(Exception):
    """One record that can't be taken: its code and a sentence."""

    def __init__(self, code: str, why: str) -> None:
        super().__init__(why)
        self.code, self.why = code, why

    def untaken(self, where: str, ref: object) -> Untaken:
        return Untaken(where=where, ref=None if ref is None else clipped(str(ref), 200), code=self.code, why=self.why)


# --- bytes ------------------------------------------------------------------------------------------------------------


class _Counted(io.RawIOBase):
    """Reads a file and tells of its bytes as they go by."""

    def __init__(self, file: BinaryIO, progress: Callable[[int], None]) -> None:
        self._file, self._progress = file, progress

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self._file.read(len(buffer))
        buffer[: len(data)] = data
        self._progress(len(data))
        return len(data)


@contextmanager
def opened(file: Path, progress: Callable[[int], None]) -> Iterator[io.BufferedReader]:
    """The file's bytes, unpacked where it is packed with gzip. Raises ``UnreadableArchive``, also while it is read."""
    try:
        with file.open("rb") as plain:
            packed = plain.read(len(_GZIP)) == _GZIP
            plain.seek(0)
            counted = io.BufferedReader(_Counted(plain, progress), _CHUNK)
            # A stream of gzip is no more than a reader to whoever reads it.
            unpacked = cast(Any, gzip.GzipFile(fileobj=counted) if packed else None)
            yield io.BufferedReader(unpacked, _CHUNK) if packed else cast(Any, counted)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise UnreadableArchive(str(file), f"is packed with gzip, and damaged ({error}). Fetch it again.") from error
    except OSError as error:
        raise UnreadableArchive(str(file), f"can't be read: {error.strerror or error}") from error


@contextmanager
def unpacked(file: Path, progress: Callable[[int], None]) -> Iterator[Path]:
    """The file, for what isn't read as a stream; where it is packed with gzip a copy without that, gone afterwards.
    Raises ``UnreadableArchive``.
    """
    with opened(file, lambda _: None) as stream:
        packed = isinstance(stream.raw, gzip.GzipFile)
    if not packed:
        yield file
        progress(file.stat().st_size)
        return
    with NamedTemporaryFile(suffix=".sqlite3") as copy:
        with opened(file, progress) as stream:
            copyfileobj(stream, copy)
        copy.flush()
        yield Path(copy.name)


def hash_of(path: Path) -> str:
    """The SHA-256 of a file; of a folder that of its files' names and contents, in their order."""
    digest = sha256()
    files = sorted(one for one in path.rglob("*") if one.is_file()) if path.is_dir() else [path]
    try:
        for file in files:
            if path.is_dir():
                digest.update(f"{file.relative_to(path)}\0".encode("utf-8", "surrogateescape"))
            with file.open("rb") as opened_file:
                while chunk := opened_file.read(1024 * 1024):
                    digest.update(chunk)
    except OSError as error:
        raise UnreadableArchive(str(path), f"can't be read: {error.strerror or error}") from error
    return digest.hexdigest()


# --- JSON -------------------------------------------------------------------------------------------------------------


def json_lines(file: Path, progress: Callable[[int], None]) -> Iterator[tuple[str, Any] | Untaken]:
    """Each line's place and value; of a file that is one JSON array, its elements."""
    with opened(file, progress) as lines:
        start = lines.peek(4096)[:4096].removeprefix(b"\xef\xbb\xbf").lstrip()
        if start.startswith(b"["):
            yield from _elements(file, lines, "item")
            return
        number = 0
        while line := lines.readline(LONGEST_LINE + 1):
            number += 1
            where = f"{file.name}, line {number}"
            if len(line) > LONGEST_LINE:
                while line and not line.endswith(b"\n"):
                    line = lines.readline(_CHUNK)
                yield Untaken(where=where, ref=None, code="too_long", why="The line is longer than 32 MB.")
                continue
            if not line.strip():
                continue
            try:
                yield where, json.loads(line.decode("utf-8-sig"))
            except (ValueError, RecursionError) as error:
                why = "The line is not UTF-8." if isinstance(error, UnicodeDecodeError) else "The line is not JSON."
                yield Untaken(where=where, ref=None, code="not_json", why=why)


def json_elements(file: Path, path: str, progress: Callable[[int], None]) -> Iterator[tuple[str, Any] | Untaken]:
    """The elements of the array at this path of a JSON file, such as ``comments.item``, one at a time."""
    with opened(file, progress) as stream:
        if stream.peek(3)[:3] == b"\xef\xbb\xbf":
            stream.read(3)
        yield from _elements(file, stream, path)


def _elements(file: Path, stream: BinaryIO, path: str) -> Iterator[tuple[str, Any] | Untaken]:
    number = 0
    try:
        for value in ijson.items(_Shallow(stream), path, use_float=True):
            number += 1
            yield f"{file.name}, element {number}", value
    except (ijson.JSONError, UnicodeDecodeError, ValueError, RecursionError, OverflowError):
        why = f"The file is no JSON from here on: what comes after element {number} can't be read."
        yield Untaken(where=f"{file.name}, element {number + 1}", ref=None, code="breaks_off", why=why)


class _Shallow:
    """The same bytes, up to where they go too deep: there it raises ``ValueError``, as each step has a parser write out
    all above it. Counted are brackets outside texts, whole chunks at a time: a parser's events would cost far more.
    """

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._depth = 0
        self._in_text = False
        self._escape = b""
        self._ends = False

    def read(self, size: int = -1) -> bytes:
        if self._ends:
            raise ValueError("too deep")
        chunk = self._stream.read(size)
        depth, in_text, data = self._depth, self._in_text, self._escape + chunk
        plain = data.replace(b"\\\\", b"").replace(b'\\"', b"")
        self._escape = plain[-1:] if plain.endswith(b"\\") else b""
        parts = plain.split(b'"')
        outside = b"".join(parts[in_text::2])
        self._in_text = in_text ^ (len(parts) % 2 == 0)
        depths = list(accumulate(map(_STEPS.__getitem__, outside.translate(None, _NO_BRACKETS)), initial=depth))
        self._depth = depths[-1]
        if max(depths) <= DEEPEST:
            return chunk
        self._ends = True
        return chunk[: _goes_too_deep(data, depth, in_text) - (len(data) - len(chunk))]


def _goes_too_deep(data: bytes, depth: int, in_text: bool) -> int:
    """Where it does."""
    for found in _MARKS.finditer(data):
        mark = found[0]
        if mark == b'"':
            in_text = not in_text
        elif not in_text and len(mark) == 1:
            depth += _STEPS[mark[0]]
            if depth > DEEPEST:
                return found.start()
    raise AssertionError("it doesn't")


def mapping(value: Any) -> Mapping[str, Any]:
    """The value where it is a JSON object, an empty one else."""
    return value if isinstance(value, dict) else {}


def text_in(value: Any) -> str | None:
    """A text, or a number as a text; None for nothing and for anything else."""
    if isinstance(value, str):
        return value.strip() or None
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else None


def reference(value: Any, what: str) -> str:
    """An id that must be there. Raises ``Broken``."""
    found = text_in(value)
    if found is None:
        raise Broken("no_id", f"It has no {what}.")
    if not is_storable(found):
        raise Broken("bad_id", f"Its {what} holds characters that can't be kept.")
    return found


# --- texts and times --------------------------------------------------------------------------------------------------


def text_of_html(html: str) -> str:
    """The text as a reader saw it. White space of the source is none of the text's, but in ``<pre>``."""
    if "<pre" in html.lower():
        return tidy(text_in_html(html))
    lines = [" ".join(line.split()) for line in text_in_html(" ".join(html.split())).strip().split("\n")]
    if len(lines) == 1 and lines[0].isascii() and lines[0].isprintable():
        return lines[0]  # as it would be kept
    return tidy("\n".join(lines))


def tidy(text: str) -> str:
    """A text as it is kept (``core.text.written``). Characters that can't be kept are left out. Raises ``Broken``."""
    try:
        return as_written(storable(text), "text")
    except InvalidField as error:
        raise Broken("bad_text", "Its text is too long, or holds what no page can show.") from error


def one_line(text: str, longest: int) -> str:
    """A name or a title on one line, cut where it is longer than so many characters; empty for what can't be kept."""
    try:
        return "".join(clusters(_WHITESPACE.sub(" ", tidy(text[: longest * 8])))[:longest]).strip()
    except Broken:
        return ""


@lru_cache(maxsize=10_000)  # most people wrote more than once
def name_of(text: str | None) -> str:
    """A person's name as it is kept."""
    return one_line(text or "", LONGEST_NAME) or "Anonymous"


def moment(value: Any, *, now: datetime) -> datetime:
    """A time as archives write it: ISO 8601, taken for UTC where it says no zone, seconds since 1970 or milliseconds,
    or MongoDB's ``{"$date": ...}``. Raises ``Broken`` for what is none, or lies ahead.
    """
    found = _moment(value)
    if found is None:
        raise Broken("broken_date", f"Its date can't be read: {clipped(str(value), 60)}.")
    if found > now + timedelta(days=1):
        raise Broken("date_ahead", f"Its date lies ahead: {found:%Y-%m-%d}.")
    return min(found, now)


def moment_or_none(value: Any, *, now: datetime) -> datetime | None:
    """The same where a time may be lacking or broken."""
    try:
        return None if value is None else moment(value, now=now)
    except Broken:
        return None


def _moment(value: Any) -> datetime | None:
    if isinstance(value, dict):
        inner = value.get("$date")
        return _moment(inner.get("$numberLong") if isinstance(inner, dict) else inner)
    if isinstance(value, str):
        return _written(value.strip())
    return _counted(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _written(text: str) -> datetime | None:
    if _SECONDS.fullmatch(text):
        return _counted(int(text))
    try:
        if len(text) == len("2026-03-02T12:00:00Z") and text.endswith("Z"):
            found = datetime.fromisoformat(text)  # as most archives write it
            return found if EARLIEST <= found.year <= LATEST else None
        return parse_time(text if _ZONE.search(text[10:]) else f"{text}Z")
    except ValueError:
        return None


def _counted(number: float) -> datetime | None:
    try:
        found = datetime.fromtimestamp(number / 1000 if abs(number) > 10**11 else number, UTC)
    except (ValueError, OverflowError, OSError):
        return None
    return found if EARLIEST <= found.year <= LATEST else None
