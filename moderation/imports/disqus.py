"""Disqus: the XML of its export, which comes by mail."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from moderation.core.comment import Status
from moderation.imports.reading import Broken, moment, moment_or_none, reference, text_of_html
from moderation.imports.records import Article, Comment, Decided, Options, Person, Record, Untaken
from moderation.imports.xml import Element, attribute, children, elements, text_of


def read(file: Path, options: Options) -> Iterator[Record]:
    """Threads and posts, wherever they stand. Disqus doesn't say who decided."""
    found = elements(file, options, root="disqus", what="Disqus export", tags=("thread", "post"), inside=("disqus",))
    for element in found:
        if isinstance(element, Untaken):
            yield element
            continue
        is_thread = element.tag.endswith("thread")
        ref = attribute(element, "id")
        where = f"{file.name}, line {element.sourceline}"
        try:
            yield _thread(element, ref, options) if is_thread else _post(element, ref, where, options)
        except Broken as broken:
            yield broken.untaken(where, ref or None)


def _thread(element: Element, ref: str, options: Options) -> Article:
    parts = children(element)
    return Article(
        ref=reference(ref, "dsq:id"),
        title=text_of(parts.get("title")),
        url=text_of(parts.get("link")) or None,
        name=text_of(parts.get("id")) or None,
        published_at=moment_or_none(text_of(parts.get("createdAt")) or None, now=options.now),
        closed=text_of(parts.get("isClosed")) == "true",
    )


def _post(element: Element, ref: str, where: str, options: Options) -> Comment:
    parts = children(element)
    return Comment(
        ref=reference(ref, "dsq:id"),
        where=where,
        article=reference(attribute(parts.get("thread"), "id"), "thread"),
        parent=attribute(parts.get("parent"), "id") or None,
        author=_author(parts),
        body=text_of_html(text_of(parts.get("message"))),
        created_at=moment(text_of(parts.get("createdAt")), now=options.now),
        decided=_decided(parts),
    )


def _author(parts: Mapping[str, Element]) -> Person:
    said = children(parts["author"]) if "author" in parts else {}
    username = text_of(said.get("username"))
    named = username and text_of(said.get("isAnonymous")) != "true"
    return Person(
        name=text_of(said.get("name")),
        id=f"disqus:{username}" if named else None,
        email=text_of(said.get("email")) or None,
        address=text_of(parts.get("ipAddress")) or None,
    )


def _decided(parts: Mapping[str, Element]) -> Decided:
    if text_of(parts.get("isSpam")) == "true":
        return Decided(status=Status.REJECTED, reason="spam")
    if text_of(parts.get("isDeleted")) == "true":
        return Decided(status=Status.WITHDRAWN)
    waits = text_of(parts.get("isApproved")) == "false"
    return Decided(status=Status.PENDING if waits else Status.APPROVED)
