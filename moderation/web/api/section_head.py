"""What stands above the comments of a section: the article, whether one may write, and by which rules."""

from __future__ import annotations

from datetime import timedelta

from moderation.comments.discussion_state import Standing, standing
from moderation.core.comment import Mode, Notice
from moderation.core.discussion_hours import Settings
from moderation.core.messages import told
from moderation.core.text.written import LONGEST_NAME
from moderation.storage.section import SectionPlace
from moderation.storage.sites import Site
from moderation.web.api import section_answers as answers
from moderation.web.shared.access import services
from moderation.web.shared.languages import language


def unknown_place(site: Site, name: str) -> SectionPlace:
    """An article that nobody has told of yet, as it would be with its first comment."""
    now = services().clock()
    return SectionPlace(
        id="",
        site_id=site.id,
        section=None,
        mode=None,
        version=0,
        published_at=None,
        created_at=now,
        verified=False,
        rules_revision=site.rules_revision,
        external_id=name,
        title="",
        url=None,
        site_name=site.name,
        discussion_revision=None,
        notice_kind=None,
        notice=None,
        notice_until=None,
    )


def stands_at(place: SectionPlace, settings: Settings, *, reply: bool = False) -> Standing:
    """Where the discussion stands now, for comments or for replies."""
    comments = services().configuration.current().comments
    return standing(comments, place, settings, reply=reply, now=services().clock())


def head_of(place: SectionPlace, settings: Settings, *, count: int, sign_in: bool) -> answers.SectionHead:
    """``count`` is how many comments are published; ``sign_in``: the site takes none of guests."""
    stands, replies = stands_at(place, settings), stands_at(place, settings, reply=True)
    return answers.SectionHead(
        site=answers.SectionSite(name=place.site_name),
        sign_in=sign_in,
        article=_article(place, stands, count if stands.shown else 0),
        rules=answers.SectionRules(
            minimum_length=stands.rules.minimum_length,
            reply_minimum_length=replies.rules.minimum_length,
            maximum_length=stands.rules.maximum_length,
            name_maximum=LONGEST_NAME,
        ),
        what_follows=_what_follows(place, stands),
        announcement=_notice(place),
    )


def state_of(stands: Standing) -> answers.State:
    if not stands.shown:
        return "hidden"
    return "open" if stands.closed_because is None else "closed"


def _article(place: SectionPlace, stands: Standing, count: int) -> answers.SectionArticle:
    known, days = bool(place.id), stands.rules.close_after_days
    opened = place.published_at or place.created_at
    return answers.SectionArticle(
        id=place.external_id,
        title=place.title if known else None,
        url=place.url,
        known=known,
        state=state_of(stands),
        closed_because=None if stands.closed is None else told(stands.closed, language()),
        opens_at=stands.opens_at,
        closes_at=opened + timedelta(days=days) if known and days and stands.closed_because is None else None,
        count=count,
    )


def _what_follows(place: SectionPlace, stands: Standing) -> answers.Follows:
    if stands.rules.mode is Mode.POST:
        return "at_once"
    rules = services().configuration.current().policy.rules_for(place.site_id, place.section)
    return "some_at_once" if rules.approve and place.id else "after_review"


def _notice(place: SectionPlace) -> answers.SectionNotice | None:
    if place.notice is None or place.notice_kind is None:
        return None
    if place.notice_until is not None and place.notice_until <= services().clock():
        return None
    return answers.SectionNotice(kind=Notice(place.notice_kind), text=place.notice, until=place.notice_until)
