"""The demo: articles and comments from ``seeds/``, through the real intake and the real review, so that a first start
shows a page and a desk that live.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from moderation.comments.articles import ArticleForm, register_article
from moderation.comments.idempotency import Sender
from moderation.comments.submit import submit
from moderation.core.actor import Actor
from moderation.core.comment import Author, Submission
from moderation.core.errors import ConfigurationError, DecidedMeanwhile, DuplicateComment, ModerationError
from moderation.core.text.written import as_written, display_name
from moderation.desk.decide import Ruled, Ruling, Verdict, decide_comment
from moderation.services import Clock, Services
from moderation.storage.actions import forget_actions

DECIDED_AFTER = timedelta(minutes=4)
"""How long a seed's comment waited for its moderator."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SeedComment:
    """One comment of ``comments.json``. ``verdict`` is what a moderator made of it; None: it waits."""

    ref: str
    article: str
    author: str
    body: str
    parent: str | None
    minutes_ago: int
    verdict: Verdict | None
    reason: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Seeds:
    """What a folder of seeds holds, comments oldest first."""

    articles: tuple[ArticleForm, ...]
    comments: tuple[SeedComment, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """How many seeds were stored; those that were there already don't count."""

    articles: int
    comments: int
    decisions: int


def read_seeds(folder: Path) -> Seeds:
    """Reads ``articles/*.json`` and ``comments.json``. Raises ``ConfigurationError`` naming the file that is wrong."""
    articles = [_article(path) for path in sorted((folder / "articles").glob("*.json"))]
    file = folder / "comments.json"
    try:
        comments = [_comment(entry) for entry in _json(file)]
    except (KeyError, TypeError, ValueError) as error:
        raise ConfigurationError(str(file), f"holds a comment that can't be read: {error!r}.") from error
    return Seeds(
        articles=tuple(articles),
        comments=tuple(sorted(comments, key=lambda comment: comment.minutes_ago, reverse=True)),
    )


def load_seeds(services: Services, seeds: Seeds, *, site_id: str, moderator: Actor) -> Loaded:
    """Stores the seeds under a site, decisions by ``moderator``. What a start that was cut off has left out is added.

    Each comment arrives, and is decided, as long ago as it says: the clock is set back for it.
    """
    sender = Sender(site_id=site_id, key_id=None, reference="seeds", vouches=True)
    now = services.clock()
    new = [register_article(services, site_id, sender.reference, article)[1] for article in seeds.articles]
    ids: dict[str, str | None] = {}
    arrived = decided = 0
    actions: list[str] = []
    for at, comment in sorted(_moments(seeds, now), key=lambda moment: moment[0]):
        then = replace(services, clock=_standing(at))
        if comment.ref not in ids:
            ids[comment.ref], stored = _arrive(then, sender, comment, ids)
            arrived += stored
        elif (comment_id := ids[comment.ref]) is not None:
            ruled = _decide(then, moderator, comment, comment_id)
            decided += ruled is not None
            actions += [ruled.action_id] if ruled and ruled.action_id else []
    # A moderator's undo begins with what they did themselves.
    services.database.writing(lambda session: forget_actions(session, actions))
    return Loaded(articles=sum(new), comments=arrived, decisions=decided)


def _moments(seeds: Seeds, now: datetime) -> list[tuple[datetime, SeedComment]]:
    """When something happens to which comment: it arrives and, if anybody did, somebody decides."""
    moments = []
    for comment in seeds.comments:
        arrives = now - timedelta(minutes=comment.minutes_ago)
        moments.append((arrives, comment))
        if comment.verdict is not None:
            moments.append((min(arrives + DECIDED_AFTER, now), comment))
    return moments


def _arrive(
    services: Services, sender: Sender, comment: SeedComment, ids: Mapping[str, str | None]
) -> tuple[str | None, bool]:
    """The comment's id and whether it is new; no id where this newsroom's own rules refuse it, or what it answers."""
    parent_id = ids[comment.parent] if comment.parent else None
    if comment.parent and parent_id is None:
        return None, False
    submission = Submission(
        article_id=comment.article,
        author=Author(name=comment.author, id=f"seed:{comment.author}"),
        body=comment.body,
        parent_id=parent_id,
        external_id=f"seed:{comment.ref}",
        created_at=services.clock(),
    )
    try:
        return submit(services, sender, submission).comment_id, True
    except DuplicateComment as error:
        return error.comment_id, False
    except ModerationError:
        return None, False


def _decide(services: Services, moderator: Actor, comment: SeedComment, comment_id: str) -> Ruled | None:
    """What a seed's moderator decided just now; None where somebody has decided before."""
    assert comment.verdict is not None
    # Only a comment that nobody has touched since: a seed never overrides a person.
    before = 1
    configured = comment.reason is not None and services.configuration.current().reason(comment.reason)
    try:
        ruled = decide_comment(
            services,
            moderator,
            comment_id,
            Ruling(verdict=comment.verdict, reason_id=comment.reason if configured else None, revision=before),
        )
    except DecidedMeanwhile:
        return None
    return ruled if ruled.revision > before else None


def _standing(at: datetime) -> Clock:
    return lambda: at


def _json(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ConfigurationError(str(path), f"can't be read as JSON: {error}") from error


def _article(path: Path) -> ArticleForm:
    values = _json(path)
    try:
        return ArticleForm(
            external_id=values["id"],
            title=values["title"],
            summary=values["summary"],
            key_points=tuple(values["key_points"]),
            paragraphs=tuple(values["paragraphs"]),
            section=values["section"],
            source=values["source"],
            byline=values["byline"],
            published_at=datetime.fromisoformat(values["published_at"]),
            url=values["url"],
        )
    except (KeyError, TypeError, ValueError) as error:
        raise ConfigurationError(str(path), f"is no article: {error!r}.") from error


def _comment(entry: Mapping[str, Any]) -> SeedComment:
    then = entry["then"]
    return SeedComment(
        ref=entry["ref"],
        article=entry["article"],
        author=display_name(entry["author"]),
        body=as_written(entry["body"], "body"),
        parent=entry.get("parent"),
        minutes_ago=int(entry["minutes_ago"]),
        verdict=Verdict(then["outcome"]) if then else None,
        reason=then.get("reason") if then else None,
    )
