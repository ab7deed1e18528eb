"""What the article page shows of a discussion: who wrote what, in which order, and whether one may still write."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from moderation.comments.discussion_state import Standing
from moderation.core.comment import Mode
from moderation.core.messages import Message
from moderation.core.policy import Rules
from moderation.storage.articles import Article
from moderation.storage.comments import Comment
from moderation.storage.discussion import Entry, Opening, is_gone
from moderation.web.shared.languages import gettext

PAGE = 100
"""How many openings one page of a discussion holds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """One published comment, or the place of one that is ``gone``. ``to`` is the name of whom it answers, where that
    is not the one that its replies stand under; ``more`` says that further replies have a page of their own.
    """

    id: str
    name: str
    body: str
    created_at: datetime
    gone: bool = False
    to: str = ""
    featured: bool = False
    replies: tuple[Said, ...] = ()
    more: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Discussion:
    """What stands under an article. ``sentence`` is what the newsroom says of the discussion while it is open,
    ``what_follows`` what becomes of a comment that is sent; ``next`` is the id after which the next page begins,
    ``under`` the comment whose answers alone are shown.
    """

    shown: bool
    open: bool
    closed_because: str | Message | None
    sentence: str | None
    what_follows: str
    count: int
    items: tuple[Said, ...]
    next: str | None
    under: Said | None = None


def what_follows(mode: Mode, rules: Rules) -> str:
    """What becomes of a comment that is sent here, as far as mode and policy say it."""
    if mode is Mode.POST:
        return gettext("Comments appear at once unless something about them needs a moderator’s eye.")
    if rules.approve:
        return gettext("Some comments appear at once; a moderator reads the others before they appear.")
    return gettext("A moderator reads comments before they appear.")


def who_decides(mode: Mode, rules: Rules) -> str:
    """Who decides about comments here."""
    if mode is Mode.POST or rules.approve or rules.reject:
        return gettext(
            "Comments here are read by software first: it decides about some of them by our rules, people about others."
        )
    return gettext("Comments here are read by software for a first impression and decided by people.")


def discussion_view(
    openings: Sequence[Opening],
    *,
    count: int,
    stands: Standing,
    what_follows: str,
    under: Comment | None = None,
    under_featured: bool = False,
) -> Discussion:
    """The discussion from its openings, of which there is one more than a page holds where another page follows."""
    page = openings[:PAGE]
    return Discussion(
        shown=stands.shown,
        open=stands.closed_because is None,
        closed_because=stands.closed,
        sentence=stands.sentence,
        what_follows=what_follows,
        count=count,
        items=tuple(_said(opening) for opening in page),
        next=page[-1].entry.comment.id if len(openings) > PAGE else None,
        under=said(under, featured=under_featured) if under is not None else None,
    )


def _said(opening: Opening) -> Said:
    names = {entry.comment.id: entry.comment.author_name for entry in opening.replies if not is_gone(entry.comment)}
    replies = tuple(
        said(reply.comment, to=names.get(_answers(reply), ""), featured=reply.featured) for reply in opening.replies
    )
    return said(opening.entry.comment, featured=opening.entry.featured, replies=replies, more=opening.more)


def _answers(reply: Entry) -> str:
    return reply.in_reply_to or reply.parent_id or ""


def said(
    comment: Comment,
    *,
    to: str = "",
    featured: bool = False,
    replies: tuple[Said, ...] = (),
    more: bool = False,
) -> Said:
    """A comment as the page shows it."""
    gone = is_gone(comment)
    return Said(
        id=comment.id,
        name="" if gone else comment.author_name,
        body="" if gone else comment.body,
        created_at=comment.created_at,
        gone=gone,
        to="" if gone else to,
        featured=featured and not gone,
        replies=replies,
        more=more,
    )


def article_texts(article: Article) -> tuple[str, ...]:
    """Everything of an article that is read, for its reading time."""
    return (article.title, article.summary or "", *article.key_points, *article.paragraphs)
