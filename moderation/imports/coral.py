"""Coral: its collections, as ``mongoexport`` writes them: a folder with ``comments``, ``stories``, ``users`` and
``commentModerationActions`` (and their ``archived`` twins), each ``.json`` or ``.jsonl``; or the comments' file alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from moderation.core.comment import Status
from moderation.imports.reading import (
    Broken,
    UnreadableArchive,
    json_lines,
    mapping,
    moment,
    moment_or_none,
    reference,
    text_in,
    text_of_html,
)
from moderation.imports.records import (
    Article,
    Comment,
    Decided,
    Decision,
    KnownPerson,
    Options,
    Person,
    Record,
    Untaken,
)

_STATUS = {
    "NONE": Status.APPROVED,
    "APPROVED": Status.APPROVED,
    "PREMOD": Status.PENDING,
    "SYSTEM_WITHHELD": Status.PENDING,
    "REJECTED": Status.REJECTED,
}
_REASONS = {
    "OFFENSIVE": "rude",
    "ABUSIVE": "personal-attack",
    "SPAM": "spam",
    "AD": "spam",
    "BANNED_WORD": "rude",
    "HARASSMENT_BULLYING": "personal-attack",
    "HATE_SPEECH": "hate",
    "IRRELEVANT_CONTENT": "off-topic",
}
_KINDS = ("users", "stories", "comments", "commentmoderationactions")
"""In the order in which they are read: people before what they wrote."""


def read(file: Path, options: Options) -> Iterator[Record]:
    """People, stories, comments and what moderators decided."""
    for kind, path in _files(file):
        for line in json_lines(path, options.progress):
            if isinstance(line, Untaken):
                yield line
                continue
            where, value = line
            if not isinstance(value, dict):
                yield Untaken(where=where, ref=None, code="not_an_object", why="The line is not a JSON object.")
                continue
            try:
                yield from _READ[kind](value, where, options)
            except Broken as broken:
                yield broken.untaken(where, text_in(value.get("id")))


def _files(file: Path) -> list[tuple[str, Path]]:
    if not file.is_dir():
        return [("comments", file)]
    found = []
    for path in sorted(file.iterdir()):
        name = path.name.lower().partition(".")[0].removeprefix("archived")
        if name in _KINDS and path.is_file():
            found.append((name, path))
    if not any(kind == "comments" for kind, _ in found):
        raise UnreadableArchive(
            str(file), "holds no file comments.json or comments.jsonl. Export the collection with mongoexport."
        )
    return sorted(found, key=lambda one: _KINDS.index(one[0]))


def _user(value: Mapping[str, Any], _where: str, _options: Options) -> Iterator[Record]:
    ref = reference(value.get("id"), "id")
    name = text_in(value.get("username")) or text_in(value.get("displayName")) or ""
    yield KnownPerson(ref=ref, person=Person(name=name, id=ref, email=text_in(value.get("email"))))


def _story(value: Mapping[str, Any], _where: str, options: Options) -> Iterator[Record]:
    metadata = mapping(value.get("metadata"))
    published = metadata.get("publishedAt") or value.get("createdAt")
    yield Article(
        ref=reference(value.get("id"), "id"),
        title=text_in(metadata.get("title")) or "",
        url=text_in(value.get("url")),
        name=text_in(value.get("id")),
        section=text_in(metadata.get("section")),
        published_at=moment_or_none(published, now=options.now),
        closed=moment_or_none(value.get("closedAt"), now=options.now) is not None,
    )


def _comment(value: Mapping[str, Any], where: str, options: Options) -> Iterator[Record]:
    ref = reference(value.get("id"), "id")
    word = text_in(value.get("status")) or ""
    deleted_at = value.get("deletedAt")
    if word not in _STATUS:
        raise Broken("unknown_status", f"Its status {word[:40]!r} is none that Coral has.")
    revisions = value.get("revisions")
    whole = [mapping(one) for one in revisions] if isinstance(revisions, list) else []
    newest = whole[-1] if whole else {}
    body = text_in(newest.get("body")) or text_in(value.get("body")) or ""
    reactions = mapping(value.get("actionCounts")).get("REACTION")
    yield Comment(
        ref=ref,
        where=where,
        article=reference(value.get("storyID"), "storyID"),
        parent=text_in(value.get("parentID")),
        author=text_in(value.get("authorID")) or Person(),
        body="" if deleted_at else text_of_html(body),
        created_at=moment(value.get("createdAt"), now=options.now),
        decided=Decided(status=Status.WITHDRAWN if deleted_at else _STATUS[word]),
        votes=reactions if isinstance(reactions, int) else 0,
        scores=_scores(newest),
    )


def _scores(revision: Mapping[str, Any]) -> dict[str, tuple[float, str]]:
    """What Perspective said of the text that stands; Coral keeps one score and the model that gave it."""
    perspective = mapping(mapping(revision.get("metadata")).get("perspective"))
    score, model = perspective.get("score"), text_in(perspective.get("model")) or "TOXICITY"
    if isinstance(score, bool) or not isinstance(score, int | float) or not 0 <= score <= 1:
        return {}
    return {model.upper()[:60]: (float(score), model[:60])}


def _action(value: Mapping[str, Any], _where: str, options: Options) -> Iterator[Record]:
    comment, word = reference(value.get("commentID"), "commentID"), text_in(value.get("status")) or ""
    if word not in _STATUS:
        raise Broken("unknown_status", f"Its status {word[:40]!r} is none that Coral has.")
    reason = mapping(value.get("rejectionReason"))
    code = text_in(reason.get("code")) or ""
    said = [part for key in ("detailedExplanation", "customReason") if (part := text_in(reason.get(key)))]
    note = ": ".join(["Coral", *([code] if code else []), *said]) if code or said else None
    yield Decision(
        comment=comment,
        decided=Decided(
            status=_STATUS[word],
            at=moment(value.get("createdAt"), now=options.now),
            person=text_in(value.get("moderatorID")) is not None,
            reason=_REASONS.get(code, "other") if _STATUS[word] is Status.REJECTED else None,
            note=note,
        ),
    )


_READ = {"users": _user, "stories": _story, "comments": _comment, "commentmoderationactions": _action}
