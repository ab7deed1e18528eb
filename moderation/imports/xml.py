"""XML of any length, element by element. What archives hold besides their data (entities, other files) is refused."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, cast

from lxml import etree

from moderation.imports.reading import UnreadableArchive, opened
from moderation.imports.records import Options, Untaken

Element = Any
"""An ``lxml.etree._Element``."""
_CONTROLS = bytes(byte if byte >= 32 or byte in (9, 10, 13) else 32 for byte in range(256))
"""Control characters are no XML, but archives hold them; in UTF-8 no other character has their bytes."""
_BEFORE = 4096
_CAREFUL: dict[str, Any] = {
    "recover": True,
    "resolve_entities": False,
    "load_dtd": False,
    "no_network": True,
    "huge_tree": False,
}


class _Source:
    """The file from its first ``<`` on: some begin with signs that slipped in before it."""

    def __init__(self, stream: io.BufferedReader) -> None:
        start = stream.peek(_BEFORE)[:_BEFORE]
        self._wide = start[:2] in (b"\xff\xfe", b"\xfe\xff")
        self._stream = stream
        if not self._wide and (at := start.find(b"<")) > 0:
            stream.read(at)
        self.ended = False

    def read(self, size: int) -> bytes:
        data = self._stream.read(size)
        self.ended = self.ended or not data
        return data if self._wide else data.translate(_CONTROLS)


def elements(
    file: Path, options: Options, *, root: str, what: str, tags: Sequence[str], inside: Sequence[str]
) -> Iterator[Element | Untaken]:
    """The elements with these local names, right ``inside`` one of those, as each ends; they are let go afterwards.
    ``root`` is the local name of the file's first element, ``what`` the archive's name in words.

    An archive that breaks off gives what stood before that, and then says so. Raises ``UnreadableArchive`` for another
    kind of file.
    """
    _check_first(file, root, what)
    with opened(file, options.progress) as stream:
        source = _Source(stream)
        wanted = [f"{{*}}{tag}" for tag in (*tags, root)]
        context = etree.iterparse(
            cast(Any, source),
            events=("start", "end"),
            tag=wanted,
            **_CAREFUL,
        )
        begun = False
        try:
            for event, element in context:
                if event == "start":
                    if not begun:
                        begun = True
                        _check_root(file, element, root, what)
                    continue
                parent = element.getparent()
                if parent is None or parent.tag.rpartition("}")[2] not in inside:
                    continue
                if source.ended and _broken_off(context):
                    continue  # what ends only because the file does is half of something
                yield element
                _let_go(element)
        except etree.XMLSyntaxError as error:
            if not begun:
                raise UnreadableArchive(str(file), f"is no {what}: it is not XML.") from error
        if not begun:
            raise UnreadableArchive(str(file), f"is no {what}: it is not XML, or begins with another element.")
        broken = _broken_off(context)
        if broken:
            where = f"{file.name}, line {broken}"
            why = "The file breaks off here, or is damaged: what comes after this can't be read. Fetch it again."
            yield Untaken(where=where, ref=None, code="breaks_off", why=why)


def children(element: Element) -> dict[str, Element]:
    """An element's children by their local names; of several with one name the first."""
    found: dict[str, Element] = {}
    for child in element:
        if isinstance(child.tag, str):  # no comment, no instruction
            found.setdefault(child.tag.rpartition("}")[2], child)
    return found


def text_of(element: Element | None) -> str:
    """An element's text; empty where there is none."""
    return "" if element is None else (element.text or "").strip()


def attribute(element: Element | None, name: str) -> str:
    """An attribute by its local name; empty where there is none."""
    if element is not None:
        for key, value in element.attrib.items():
            if key.rpartition("}")[2] == name:
                return str(value).strip()
    return ""


def _check_first(file: Path, root: str, what: str) -> None:
    """Refuses a file of another kind by its first element: read to its end for that, all of it would be in memory."""
    with opened(file, lambda _: None) as stream, suppress(etree.XMLSyntaxError):
        for _, element in etree.iterparse(cast(Any, _Source(stream)), events=("start",), **_CAREFUL):
            _check_root(file, element, root, what)
            return


def _check_root(file: Path, element: Element, root: str, what: str) -> None:
    tree = element.getroottree()
    if tree.docinfo.internalDTD is not None:
        raise UnreadableArchive(str(file), f"declares a document type, as no {what} does; it is not read.")
    first = etree.QName(tree.getroot()).localname
    if first != root:
        raise UnreadableArchive(str(file), f"is no {what}: its first element is <{first[:40]}>, not <{root}>.")


_FATAL = frozenset({"ERR_TAG_NOT_FINISHED", "ERR_DOCUMENT_END", "ERR_CDATA_NOT_FINISHED", "ERR_COMMENT_NOT_FINISHED"})


def _broken_off(context: Any) -> int:
    """The line where the file ends before its time; 0 where it doesn't."""
    for entry in context.error_log:
        if entry.type_name in _FATAL or "Premature end" in entry.message or "huge" in entry.message.lower():
            return int(entry.line) or 1
    return 0


def _let_go(element: Element) -> None:
    """Frees an element that has been read, and what stands before it."""
    element.clear(keep_tail=False)
    parent = element.getparent()
    if parent is None:
        return
    # A comment's neighbours before it, such as its item's title, are still asked for.
    name = element.tag
    while (before := element.getprevious()) is not None and before.tag == name:
        parent.remove(before)
