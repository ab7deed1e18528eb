"""What another configuration would have made of what people decided: the answer that the pages of the policy share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import numpy as np
from sqlalchemy.orm import Session

from moderation.config.configuration import Configuration
from moderation.policy_lab.replay import Replayed, replayed, told
from moderation.policy_lab.what_if import agreement, policy_toml, published_against, refused_against
from moderation.storage.replay import Past, decided_by_people, texts_of
from moderation.web.admin.what_if_view import Against, AnswerView, against_view, answer_view
from moderation.web.shared.cache import recently

HOW_MANY = (1_000, 10_000, 100_000)
SECONDS = 30
"""What reading and deciding a comment is taken to last, unless somebody says otherwise."""
SHOWN = 25
KEPT_FOR = timedelta(minutes=2)
"""Between two moves of a slider nothing is read again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The answer, with the comments on which it and the moderators differ, the newest first. ``unread`` and
    ``unscored`` count those whose scores decide nothing. ``partial``: the tables of other sites are not in ``toml``.
    """

    view: AnswerView
    unread: int
    unscored: int
    published: tuple[Against, ...]
    published_count: int
    refused: tuple[Against, ...]
    refused_count: int
    toml: str
    partial: bool


def answer(
    db: Session,
    before: Configuration,
    after: Configuration,
    *,
    sites: Sequence[str],
    section: str | None = None,
    comments: int = HOW_MANY[-1],
    seconds: float = SECONDS,
    only: Sequence[str] | None = None,
) -> Answer:
    """Both policies on the latest comments of these sites. ``only``: the sites whose tables may be seen."""
    past: Past = recently("what if", KEPT_FOR, maximum=3).get(
        (tuple(sites), section, comments), lambda: decided_by_people(db, sites, section, limit=comments)
    )
    then, found = replayed(past, before), replayed(past, after)
    published, refused = published_against(found), refused_against(found)
    return Answer(
        view=answer_view(agreement(then), agreement(found), seconds),
        unread=int(np.count_nonzero(~past.readable)),
        unscored=int(np.count_nonzero(~past.scored)),
        published=_against(db, found, published[:SHOWN], after),
        published_count=len(published),
        refused=_against(db, found, refused[:SHOWN], after),
        refused_count=len(refused),
        toml=policy_toml(after.policy if only is None else after.policy.as_seen_from(only)),
        partial=only is not None,
    )


def _against(db: Session, found: Replayed, positions: list[int], after: Configuration) -> tuple[Against, ...]:
    if not positions:
        return ()
    comments = told(db, found, positions, after)
    return against_view(comments, texts_of(db, [comment.comment_id for comment in comments]))
