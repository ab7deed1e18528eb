"""The queue: a list of comments and the one that is open beside it, to be worked through by keyboard."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import parse_qsl

from flask import Blueprint, Response
from sqlalchemy.orm import Session

from moderation.accounts.reachable import scopes_reached
from moderation.core.actor import Actor
from moderation.core.comment import WAITING
from moderation.core.reach import READ, everywhere
from moderation.core.scores import LABELS
from moderation.jobs.queue_order import progress
from moderation.storage.actions import ModeratorAction, find_action, newest_action
from moderation.storage.desk import author_name, lines_of, standing_of, titles_of, verdicts_on
from moderation.storage.desk_lists import (
    RANGED,
    Order,
    Unusable,
    arrived_since,
    how_many,
    newest_number,
    page_of,
)
from moderation.storage.moderator_workspace import FlagKind, kinds_on, views_for
from moderation.web.desk.comment_view import Reading
from moderation.web.desk.menus import article_menu, section_menu
from moderation.web.desk.queue_view import FLAGS, ORDERS, TABS, UNUSABLE, WAITS, View
from moderation.web.desk.responses import facts
from moderation.web.desk.words import action_words
from moderation.web.shared.access import person, services
from moderation.web.shared.frame import QUEUE, desk_page
from moderation.web.shared.languages import gettext
from moderation.web.shared.rendering import LARGEST_COUNT, argument, known_id, page, whole_number
from moderation.web.shared.signals import signal_name
from moderation.web.shared.waiting_counts import counted, lately, waiting
from moderation.web.shared.wording import beginning, language_name, number, status_word

PAGE = 30
NEWS_COUNTED = 99


def blueprint() -> Blueprint:
    """The routes ``/review``, ``/review/list``, ``/review/news`` and ``/review/waiting``."""
    pages = Blueprint("queue_pages", __name__)

    @pages.get(QUEUE)
    def queue() -> Response:
        with services().database.reading() as db:
            return _queue_page(Reading(db, person()), View.asked())

    @pages.get(f"{QUEUE}/list")
    def further() -> Response:
        with services().database.reading() as db:
            reading, view = Reading(db, person()), View.asked()
            entries, more = _entries(reading, view)
        return page("desk/_lines.html", entries=entries, chosen=None, more=more)

    @pages.get(f"{QUEUE}/news")
    def news() -> Response:
        with services().database.reading() as db:
            return _news(Reading(db, person()), View.asked())

    @pages.get(f"{QUEUE}/waiting")
    def waits() -> Response:
        return facts({"waiting": _waits(person())})

    return pages


def _queue_page(reading: Reading, view: View) -> Response:
    entries, more = _entries(reading, view)
    ids = [entry.id for entry in entries]
    chosen = known_id(view.at) if view.at else next((e.id for e in entries if not e.taken), ids[0] if ids else "")
    following = _following(entries, chosen)
    here = view.changed(after=view.after, at=chosen).href
    back = view.changed(after=view.after, at=following or "").href
    pane = reading.pane(chosen, back=back, here=here, find=view.sought) if chosen else None
    return desk_page(
        "desk/queue.html",
        here=QUEUE,
        db=reading.db,
        view=view,
        frame=_frame(reading, view),
        entries=entries,
        more=more,
        chosen=chosen,
        opened=bool(view.at),
        newest=newest_number(reading.db),
        previous=_href(view, _before(ids, chosen)),
        next=_href(view, following) or more,
        **(pane or {"item": None}),
    )


def _entries(reading: Reading, view: View) -> tuple[list[Any], str | None]:
    """The list's lines, and the address of the further ones."""
    wanted = view.wanted(reading.scopes, reading.now)
    found = page_of(reading.db, wanted, after=known_id(view.after) if view.after else None, limit=PAGE + 1)
    lines = lines_of(reading.db, found[:PAGE])
    find, flags = view.sought, kinds_on(reading.db, found[:PAGE])
    list_of = view.changed(after=view.after).query
    entries = [
        reading.entry(
            line,
            f"{QUEUE}?{list_of}{'&' if list_of else ''}at={line.id}",
            find=find,
            flags=[
                kind for kind in flags.get(line.id, ()) if kind != view.flagged_as
            ],  # that one is what the list is of
        )
        for line in lines
    ]
    return entries, view.changed(after=found[PAGE - 1]).href if len(found) > PAGE else None


def _href(view: View, comment_id: str | None) -> str | None:
    return view.changed(after=view.after, at=comment_id).href if comment_id else None


def _following(entries: Sequence[Any], chosen: str) -> str | None:
    """The next comment in the list that nobody else has open."""
    ids = [entry.id for entry in entries]
    rest = entries[ids.index(chosen) + 1 :] if chosen in ids else entries
    return next((entry.id for entry in rest if not entry.taken), None)


def _before(ids: Sequence[str], chosen: str) -> str | None:
    place = ids.index(chosen) if chosen in ids else 0
    return ids[place - 1] if place > 0 else None


# --- what stands around the list --------------------------------------------------------------------------------------


def _frame(reading: Reading, view: View) -> dict[str, Any]:
    total = _total(reading, view)
    return {
        "total": total,
        "tabs": [
            {
                "href": view.changed(status=status).href,
                "words": gettext(words),
                "here": status == view.status,
                "count": total
                if status == view.status and (view.narrowed or view.waiting)
                else _waiting_count(reading, view, status),
            }
            for status, (words, _) in TABS.items()
        ],
        "orders": [
            {"href": view.changed(order=order).href, "words": gettext(words), "here": order is view.order}
            for order, words in ORDERS.items()
        ],
        "sites": reading.sites,
        "articles": article_menu(reading.db, reading.scopes, site=view.site, chosen=view.article),
        "sections": [
            {"id": section, "title": section, "count": None, "chosen": section in view.section}
            for section in section_menu(reading.db, reading.scopes, chosen=view.section)
        ],
        "author": author_name(reading.db, known_id(view.author), reading.scopes) if view.author else None,
        "signals": RANGED,
        "unusable": UNUSABLE,
        "waits": WAITS,
        "flags": FLAGS,
        "kept": parse_qsl(view.changed(find="").query),
        "narrowing": _narrowing(reading, view),
        "everything": View(status=view.status, order=view.order).href,
        "views": _views(reading, view),
        "labels": LABELS,
        "last": last_action(reading.db, reading.actor),
        "done": _done(reading.db, reading.actor),
        "reordering": _reordering(reading) if view.waiting and view.order is Order.SEVERITY else None,
    }


def _reordering(reading: Reading) -> str | None:
    """How far the order under a new policy has come, while the list still has the old one. Whoever doesn't see every
    site isn't told how much waits there.
    """
    found = progress(reading.db, reading.configuration)
    if found is None:
        return None
    share = f"{100 * found.done // max(found.total, 1)}%"
    all_seen = everywhere(reading.actor, READ)
    both = gettext("%(done)s of %(total)s", done=number(found.done), total=number(found.total))
    return both if all_seen else share


def _narrowing(reading: Reading, view: View) -> list[dict[str, str]]:
    """What the view is narrowed to, piece by piece, each with the address of the view without it."""
    titles = titles_of(reading.db, [known_id(article) for article in view.article], reading.scopes)
    found = [(f"“{view.find}”" if view.find else "", view.changed(find=""))]
    found += [(site.name, view.changed(site="")) for site in reading.sites if site.id == view.site]
    found += [
        (titles.get(a, gettext("an article")), view.changed(article=_without(view.article, a))) for a in view.article
    ]
    found += [(section, view.changed(section=_without(view.section, section))) for section in view.section]
    if view.signal and (view.low is not None or view.high is not None):
        low, high = view.low or 0.0, 1.0 if view.high is None else view.high
        words = gettext(
            "%(score)s %(low)s to %(high)s", score=signal_name(view.signal), low=f"{low:.2f}", high=f"{high:.2f}"
        )
        found.append((words, view.changed(signal="", low=None, high=None)))
    if view.scores or view.language:
        found.append((_scores_words(view), view.changed(scores="", language="")))
    if view.author:
        name = author_name(reading.db, known_id(view.author), reading.scopes)
        found.append((gettext("by %(name)s", name=name or gettext("nobody")), view.changed(author="")))
    if view.waited:
        found.append((gettext("waits longer than %(time)s", time=gettext(WAITS[view.waited])), view.changed(waited="")))
    if view.flag and view.status not in FLAGS:
        found.append((gettext(FLAGS[FlagKind(view.flag)]), view.changed(flag="")))
    return [{"words": words, "href": without.href} for words, without in found if words]


def _scores_words(view: View) -> str:
    """Such as "not read: German"."""
    kind = (
        {Unusable.UNREAD: gettext("not read"), Unusable.UNSCORED: gettext("not scored")}.get(Unusable(view.scores))
        if view.scores
        else ""
    )
    return ": ".join(filter(None, (kind, language_name(view.language) if view.language else "")))


def _without(chosen: tuple[str, ...], one: str) -> tuple[str, ...]:
    return tuple(other for other in chosen if other != one)


def _total(reading: Reading, view: View) -> str:
    """How many comments the view shows: the number that stands wherever the page counts them."""
    return counted(how_many(reading.db, view.wanted(reading.scopes, reading.now)))


def _waiting_count(reading: Reading, view: View, status: str) -> str | None:
    """How many the view would show of what waits for somebody; what was ever decided is not counted."""
    if status not in ("waiting", "escalated", "reported", "newsroom"):
        return None
    there = view.changed(status=status)
    # Little is left to seniors or sent to the newsroom, often nothing, and looking through texts takes its time.
    without = there.changed(find="") if view.find and status != "waiting" else None
    if without and not how_many(reading.db, without.wanted(reading.scopes, reading.now)):
        return None
    number = how_many(reading.db, there.wanted(reading.scopes, reading.now))
    return counted(number) if number or status == "waiting" else None


def _views(reading: Reading, view: View) -> list[dict[str, Any]]:
    account_id = reading.actor.account_id
    if account_id is None:
        return []
    return [
        {
            "id": saved.id,
            "name": saved.name,
            "href": View.saved(saved.query).href,
            "here": View.saved(saved.query) == view.changed(),
            "own": saved.account_id == account_id,
            "by": reading.names.get(saved.account_id) or gettext("a colleague"),
            "shared": saved.shared,
        }
        for saved in views_for(reading.db, account_id, reading.scopes)
    ]


def last_action(db: Session, actor: Actor) -> ModeratorAction | None:
    """What this person did last and may take back."""
    return newest_action(db, actor.account_id) if actor.account_id is not None else None


def _done(db: Session, actor: Actor) -> dict[str, Any] | None:
    """What was just done, with its undo, where scripts don't tell of it."""
    action = find_action(db, argument("done")) if argument("done") else None
    if action is None or action.account_id != actor.account_id:
        return None
    return {
        "id": action.id,
        "words": action_words(action.words),
        "may_undo": action.undoes is None and action.undone_by is None,
    }


# --- what is new ------------------------------------------------------------------------------------------------------


def _waits(actor: Actor) -> str:
    """How much waits for this person, of a moment ago: many open pages ask."""

    def count() -> str:
        with services().database.reading() as db:
            return waiting(db, scopes_reached(db, actor, READ))

    return lately(actor, "waiting", count)


def _news(reading: Reading, view: View) -> Response:
    """How many have arrived since the page was made, who has which comment open, and where its comments stand now."""
    since = whole_number(argument("since"), largest=LARGEST_COUNT)
    number = newest_number(reading.db) if since is None else since
    wanted = view.wanted(reading.scopes, reading.now)
    shown = [known_id(comment) for comment in argument("ids", 6000).split(",") if comment][:200]
    standing = standing_of(reading.db, shown, reading.scopes)
    # Who decided is asked of what is through alone: what waits is most of it.
    verdicts = verdicts_on(reading.db, [comment for comment, (status, _) in standing.items() if status not in WAITING])
    locks = {comment: reading.taken(comment) for comment in standing if comment in reading.locks}
    return facts(
        {
            "new": arrived_since(reading.db, wanted, number, maximum=NEWS_COUNTED) if view.waiting else 0,
            "waiting": _waits(reading.actor),
            "total": lately(reading.actor, view.changed(), lambda: _total(reading, view)),
            "taken": locks,
            "standing": {
                comment: {
                    "status": status,
                    "revision": revision,
                    "words": reading.verdict(verdicts.get(comment)) or beginning(status_word(status)),
                }
                for comment, (status, revision) in standing.items()
            },
        }
    )
