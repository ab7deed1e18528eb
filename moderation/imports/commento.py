"""Commento: the JSON of its data export."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from moderation.core.comment import Status
from moderation.imports.reading import Broken, json_elements, mapping, moment, reference, text_in, tidy
from moderation.imports.records import Article, Comment, Decided, KnownPerson, Options, Person, Record, Untaken

_STATUS = {"approved": Status.APPROVED, "unapproved": Status.PENDING, "flagged": Status.PENDING}
_NOBODY = ("", "root", "anonymous")


def read(file: Path, options: Options) -> Iterator[Record]:
    """People first, whom the file names last, then comments and their pages: it is read twice."""
    for element in json_elements(file, "commenters.item", lambda _: None):
        if isinstance(element, Untaken):
            continue  # the second reading says so
        person = mapping(element[1])
        id_ = _person(person.get("commenterHex"))
        if id_ is not None:
            known = Person(name=text_in(person.get("name")) or "", id=id_, email=text_in(person.get("email")))
            yield KnownPerson(ref=id_, person=known)
    last: str | None = None
    for element in json_elements(file, "comments.item", options.progress):
        if isinstance(element, Untaken):
            yield element
            continue
        where, value = element
        if not isinstance(value, dict):
            yield Untaken(where=where, ref=None, code="not_an_object", why="The element is not a JSON object.")
            continue
        page = _page(value, options)
        try:
            if page is not None and page != last:
                last = page
                yield Article(ref=page, url=page if "://" in page else None, name=page)
            yield _comment(value, page, where, options)
        except Broken as broken:
            yield broken.untaken(where, value.get("commentHex"))


def _person(commenter: Any) -> str | None:
    """The id of whoever wrote, by which they are also referred to; None for nobody in particular."""
    found = text_in(commenter)
    return f"commento:{found}" if found and found not in _NOBODY else None


def _page(value: Any, options: Options) -> str | None:
    """The address of a comment's page: the archive keeps its domain and its path apart, or a whole address."""
    url, domain = text_in(value.get("url")), text_in(value.get("domain"))
    path = text_in(value.get("path")) or ""
    if url is not None and "://" in url:
        return url
    path = url or path
    if not path:
        return None
    if options.base_url:
        return f"{options.base_url.rstrip('/')}/{path.lstrip('/')}"
    return f"https://{domain}/{path.lstrip('/')}" if domain else path


def _comment(value: Any, page: str | None, where: str, options: Options) -> Comment:
    state, deleted = text_in(value.get("state")) or "", value.get("deleted") is True
    if state not in _STATUS and not deleted:
        raise Broken("unknown_status", f"Its state {state[:40]!r} is none that Commento has.")
    parent, score = text_in(value.get("parentHex")), value.get("score")
    return Comment(
        ref=reference(value.get("commentHex"), "commentHex"),
        where=where,
        article=reference(page, "url"),
        parent=parent if parent not in _NOBODY else None,
        author=_person(value.get("commenterHex")) or Person(),
        body="" if deleted else tidy(text_in(value.get("markdown")) or ""),
        created_at=moment(value.get("creationDate"), now=options.now),
        decided=Decided(status=Status.WITHDRAWN if deleted else _STATUS[state]),
        votes=abs(score) if isinstance(score, int) else 0,
    )
