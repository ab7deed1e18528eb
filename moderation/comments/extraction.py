"""Finds the article in a web page, in a process of its own: what strangers' HTML does to a parser stays there.

A page is whatever a site sends: nested ten thousand deep, of a million attributes, never closed. The process keeps one
extraction's time and memory apart from everybody's requests; it stays for the next page, and is ended where one takes
too long. It runs this very file, which therefore imports nothing of ours.
"""

# ruff: noqa: SIM905 - names of elements are read better in lines than in a list

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
from contextlib import suppress
from typing import IO

WITHIN_SECONDS = 10.0
"""A page of a megabyte takes about three."""
MEMORY_BYTES = 2 * 2**30


class ExtractionFailed(Exception):
    """The parser failed on the page, or took too long."""


class _Extractor:
    """The process, and who may talk to it: one page at a time. Started at the first page."""

    def __init__(self) -> None:
        self._turn = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._owner = 0
        """Who started it: what a fork brings along belongs to another."""

    def text_of(self, html: str, within_s: float) -> str | None:
        if not self._turn.acquire(timeout=within_s):
            raise ExtractionFailed
        try:
            try:
                process = self._running()
            except OSError as error:  # the system gives no more processes or memory
                raise ExtractionFailed from error
            too_late = threading.Timer(within_s, process.kill)
            too_late.start()
            try:
                return self._asked(process, html)
            except (OSError, ValueError) as error:  # it was killed, or fell over its memory
                self._end(process)
                raise ExtractionFailed from error
            finally:
                too_late.cancel()
        finally:
            self._turn.release()

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None or self._owner != os.getpid() or self._process.poll() is not None:
            self._owner = os.getpid()
            self._process = subprocess.Popen(  # noqa: S603 - this file, by this very Python
                [sys.executable, "-I", __file__],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                start_new_session=True,  # Ctrl-C stops the service, which still answers what was begun
            )
        return self._process

    def _asked(self, process: subprocess.Popen[bytes], html: str) -> str | None:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(json.dumps(html).encode() + b"\n")
        process.stdin.flush()
        answer = json.loads(process.stdout.readline())
        if "failed" in answer:
            raise ExtractionFailed
        text = answer["text"]
        return text if isinstance(text, str) else None

    def _end(self, process: subprocess.Popen[bytes]) -> None:
        self._process = None
        process.kill()
        for pipe in (process.stdin, process.stdout):
            with suppress(OSError):  # closing writes what it never got to read
                if pipe is not None:
                    pipe.close()
        process.wait()


_extractor = _Extractor()


def extracted(html: str, *, within_s: float = WITHIN_SECONDS) -> str | None:
    """The article's own text out of a page or a part of one, a paragraph a line; None where there is none to be found.

    Raises ``ExtractionFailed`` where no parser can make anything of it within so many seconds.
    """
    return _extractor.text_of(html, within_s)


def _serve(pages: IO[bytes], answers: IO[bytes]) -> None:
    """Answers a page a line, in JSON, until there are no more."""
    import trafilatura  # noqa: PLC0415 - only this process needs it

    for page in pages:
        try:
            html = json.loads(page)
            text = trafilatura.extract(html, include_comments=False, include_tables=False, favor_recall=True)
            answer = {"text": text or _blocks(html)}
        except Exception as error:  # whatever a parser makes of whatever was sent: it is not an article
            answer = {"failed": type(error).__name__}
        answers.write(json.dumps(answer).encode() + b"\n")
        answers.flush()


_WHOLE_PAGE = re.compile(r"<(?:!doctype|html|head|body)\b", re.I)
_APART = frozenset(
    "address aside blockquote br dd div dl dt fieldset figure footer form h1 h2 h3 h4 h5 h6 header hr li main nav ol p "
    "pre section table td th tr ul article body".split()
)
_NO_TEXT = frozenset(
    "aside button figcaption figure footer form head iframe nav noscript script select style svg template "
    "textarea".split()
)


def _blocks(html: str) -> str | None:
    """The text of an article that isn't a whole page, or too short to be told from what stands around it: of its first
    ``<article>``, or of all where it is a fragment. What consists of links alone is left out.
    """
    from lxml import etree  # noqa: PLC0415 - only this process needs it

    root = etree.fromstring(
        html.encode("utf-8", "replace"),
        etree.HTMLParser(encoding="utf-8", no_network=True, remove_comments=True, remove_pis=True),
    )
    top = None if root is None else root.find(".//article")
    if top is None and root is not None and not _WHOLE_PAGE.search(html):
        top = root
    found: list[str] = []
    pieces: list[str] = []
    own = links = without = 0  # words of its own, open links, open elements without text

    def said(text: str | None) -> None:
        nonlocal own
        if text and not without:
            pieces.append(text)
            own += 0 if links else len(text.strip())

    def ended() -> None:
        nonlocal own
        if own:
            found.append(" ".join("".join(pieces).split()))
        pieces.clear()
        own = 0

    for event, element in etree.iterwalk(top, events=("start", "end")) if top is not None else ():
        step = 1 if event == "start" else -1
        if element.tag in _APART:
            ended()
        without += step * (element.tag in _NO_TEXT)
        links += step * (element.tag == "a")
        if event == "start":
            said(element.text)
        elif element is not top:
            said(element.tail)
    ended()
    return "\n".join(found) or None


def _limit_memory() -> None:
    with suppress(ImportError, ValueError, OSError):  # not every system can
        import resource  # noqa: PLC0415

        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))


if __name__ == "__main__":
    _limit_memory()
    _serve(sys.stdin.buffer, sys.stdout.buffer)
