"""Disqus: the XML that it sends by mail (Admin, Moderate, Export)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from moderation.core.comment import Status
from moderation.imports.reading import Broken, moment, moment_or_none, reference, text_of_html
from moderation.imports.records import Article, Comment, Decided, Options, Person, Record, Untaken
from moderation.imports.xml import Element, attribute, child_attribute, child_text, elements


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
    return Article(
        ref=reference(ref, "dsq:id"),
        title=child_text(element, "title"),
        url=child_text(element, "link") or None,
        name=child_text(element, "id") or None,
        published_at=moment_or_none(child_text(element, "createdAt") or None, now=options.now),
        closed=child_text(element, "isClosed") == "true",
    )


def _post(element: Element, ref: str, where: str, options: Options) -> Comment:
    author = element.find("{*}author")
    person = Person()
    if author is not None:
        username = child_text(author, "username")
        named = username and child_text(author, "isAnonymous") != "true"
        person = Person(
            name=child_text(author, "name"),
            id=f"disqus:{username}" if named else None,
            email=child_text(author, "email") or None,
            address=child_text(element, "ipAddress") or None,
        )
    spam, deleted = child_text(element, "isSpam") == "true", child_text(element, "isDeleted") == "true"
    if spam:
        decided = Decided(status=Status.REJECTED, reason="spam")
    elif deleted:
        decided = Decided(status=Status.WITHDRAWN)
    elif child_text(element, "isApproved") == "false":
        decided = Decided(status=Status.PENDING)
    else:
        decided = Decided(status=Status.APPROVED)
    return Comment(
        ref=reference(ref, "dsq:id"),
        where=where,
        article=reference(child_attribute(element, "thread", "id"), "thread"),
        parent=child_attribute(element, "parent", "id") or None,
        author=person,
        body=text_of_html(child_text(element, "message")),
        created_at=moment(child_text(element, "createdAt"), now=options.now),
        decided=decided,
    )
