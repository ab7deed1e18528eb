"""Remark42: its backup (``remark42 backup``), a line of JSON for each comment behind a first one about the whole."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from moderation.core.comment import Status
from moderation.imports.reading import Broken, json_lines, mapping, moment, reference, text_in, text_of_html
from moderation.imports.records import Article, Comment, Decided, Options, Person, Record, Untaken


def read(file: Path, options: Options) -> Iterator[Record]:
    """Comments, and the pages that they name."""
    last: str | None = None
    for line in json_lines(file, options.progress):
        if isinstance(line, Untaken):
            yield line
            continue
        where, value = line
        if not isinstance(value, dict):
            yield Untaken(where=where, ref=None, code="not_an_object", why="The line is not a JSON object.")
            continue
        if "version" in value and "id" not in value:
            continue
        url = text_in(mapping(value.get("locator")).get("url"))
        try:
            if url is not None and url != last:
                last = url
                yield Article(ref=url, title=text_in(value.get("title")) or "", url=url)
            yield _comment(value, url, where, options)
        except Broken as broken:
            yield broken.untaken(where, value.get("id"))


def _comment(value: Any, url: str | None, where: str, options: Options) -> Comment:
    user, deleted = mapping(value.get("user")), value.get("delete") is True
    user_id = text_in(user.get("id"))
    votes = value.get("votes")
    score = value.get("score")
    number = len(votes) if isinstance(votes, dict) and votes else abs(score) if isinstance(score, int) else 0
    return Comment(
        ref=reference(value.get("id"), "id"),
        where=where,
        article=reference(url, "locator"),
        parent=text_in(value.get("pid")),
        author=Person(
            name=text_in(user.get("name")) or "",
            # A deleted one has nobody's name.
            id=f"remark42:{user_id}" if user_id and user_id != "deleted" else None,
        ),
        body="" if deleted else text_of_html(text_in(value.get("text")) or ""),
        created_at=moment(value.get("time"), now=options.now),
        decided=Decided(status=Status.WITHDRAWN if deleted else Status.APPROVED),
        votes=number,
    )
