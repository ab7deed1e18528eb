"""The score map: what waits along one score, a range of it to look into, and to decide together."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, current_app, redirect, request
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from moderation.accounts.reachable import sites_reached
from moderation.core.actor import Actor
from moderation.core.errors import InvalidField
from moderation.core.reach import MODERATE, READ, reachable, somewhere_on
from moderation.desk.bulk import BATCH_RIGHT, decide_score_range
from moderation.desk.decide import Ruling, Verdict
from moderation.storage.desk import lines_of
from moderation.storage.score_map import SIGNALS, Area, Histogram, among, histogram, numbers_within, sampled
from moderation.web.desk.bulk import ACTIONS
from moderation.web.desk.comment_view import Reading
from moderation.web.desk.menus import article_menu, section_menu
from moderation.web.desk.score_map_view import MAP, MapView, SampleLine, beside, drawing, sample_line, score_range_asked
from moderation.web.shared.access import person, services
from moderation.web.shared.frame import desk_page
from moderation.web.shared.languages import language
from moderation.web.shared.signals import signal_name
from moderation.web.shared.wording import beginning

SAMPLE = 8
LOOKED_AT = 500
"""Where a score range has few hundredths, its sample is drawn from so many of its comments."""
MANY = 5000
"""Where more than these wait, counting them takes long enough to be done once in a few seconds."""
KEPT = timedelta(seconds=5)
MAX_KEPT = 200


def blueprint() -> Blueprint:
    """The routes under ``/review/map``."""
    pages = Blueprint("map_pages", __name__, url_prefix=MAP)

    @pages.get("")
    def score_map() -> Response:
        return _map_page(MapView.of(request.args))

    @pages.post("/approve")
    def approve() -> Response:
        return _decide(Verdict.APPROVE)

    @pages.post("/reject")
    def reject() -> Response:
        return _decide(Verdict.REJECT)

    return pages


def _map_page(view: MapView, problem: InvalidField | None = None) -> Response:
    with services().database.reading() as db:
        reading = Reading(db, person())
        area = view.area(reading.actor, reading.sites)
        found = _counted(db, area, view.signal)
        score_range = _score_range_shown(reading, area, view, found)
        scopes, chosen = reading.scopes, [view.article] if view.article else []
        articles = article_menu(db, scopes, site=view.site, chosen=chosen)
        sections = section_menu(db, scopes, chosen=[view.section] if view.section else [])
        return desk_page(
            "desk/score_map.html",
            422 if problem else 200,
            here=MAP,
            db=db,
            view=view,
            found=found,
            drawn=drawing(found, view),
            beside=beside(found, view),
            score_range=score_range,
            signals=[{"id": signal, "words": beginning(signal_name(signal))} for signal in SIGNALS],
            sites=reading.sites,
            # An article that isn't reached from here is as unknown as one that was never there.
            article=next((article for article in articles if article["id"] == view.article), None),
            articles=articles,
            sections=sections,
            reasons=services().configuration.current().reasons,
            problem=problem.sentence(language()) if problem else None,
            typed=request.form,
        )


def _counted(db: Session, area: Area, signal: str) -> Histogram:
    """The map. A large one may be a few seconds old, but not older than what this process decided: deciding together
    looks afresh anyway.
    """
    kept, now = _kept_maps(), services().clock()
    known = kept.get((area, signal))
    if known is not None and now - known[0] < KEPT:
        return known[1]
    found = histogram(db, area, signal)
    if found.total > MANY:
        if len(kept) >= MAX_KEPT:
            kept.clear()
        kept[area, signal] = (now, found)
    return found


def _kept_maps() -> dict[tuple[Area, str], tuple[datetime, Histogram]]:
    kept: dict[tuple[Area, str], tuple[datetime, Histogram]] = current_app.extensions.setdefault("score maps", {})
    return kept


def _score_range_shown(reading: Reading, area: Area, view: MapView, found: Histogram) -> dict[str, Any] | None:
    """The chosen score range: how many it holds, a sample, and what this person may do with it."""
    if view.score_range is None:
        return None
    taken = among(reading.db, area, view.score_range, list(reading.locks))
    may = {verdict: _may(reading.actor, area, verdict) for verdict in BATCH_RIGHT}
    return {
        "count": found.within(view.score_range),
        "open_elsewhere": len(taken),
        "open_with": reading.open_with(taken),
        "sample": _sample(reading, area, view, found),
        "may_approve": may[Verdict.APPROVE],
        "may_reject": may[Verdict.REJECT],
        "queue": f"/review?{urlencode(view.fields)}",
    }


def _may(actor: Actor, area: Area, verdict: Verdict) -> bool:
    return bool(area.scopes) and all(
        reachable(actor, right, somewhere_on(scope.site_id))
        for scope in area.scopes
        for right in (MODERATE, BATCH_RIGHT[verdict])
    )


def _sample(reading: Reading, area: Area, view: MapView, found: Histogram) -> list[SampleLine]:
    """Some comments from all over a score range: the oldest and the newest of its hundredths, and where those are few,
    others from between them.
    """
    assert view.score_range is not None
    numbers = [number for some in found.examples[view.score_range.low : view.score_range.high] for number in some]
    missing = min(SAMPLE, found.within(view.score_range)) - len(numbers)
    if missing > 0:
        others = numbers_within(reading.db, area, view.score_range, limit=LOOKED_AT)
        numbers += _spread([number for number in others if number not in numbers], missing)
    scores = sampled(reading.db, _spread(numbers, SAMPLE), view.signal)
    return [
        sample_line(line, scores[line.id], reading.urgency(line), reading.preferences)
        for line in lines_of(reading.db, list(scores))
    ]


def _spread(numbers: list[int], maximum: int) -> list[int]:
    """At most so many of them, at even distances."""
    few = min(maximum, len(numbers))
    return [numbers[at * len(numbers) // few] for at in range(few)]


def _decide(verdict: Verdict) -> Response:
    form, actor = request.form, person()
    view = MapView.of(form)
    with services().database.reading() as db:
        area = view.area(actor, sites_reached(db, actor, READ))
    try:
        ruling = Ruling(
            verdict=verdict,
            reason_id=form.get("reason") or None if verdict is Verdict.REJECT else None,
            sentence=form.get("sentence", "")[:5000] or None if verdict is Verdict.REJECT else None,
        )
        begun = decide_score_range(services(), actor, area, score_range_asked(form), ruling)
    except InvalidField as error:
        return _map_page(view, error)
    _kept_maps().clear()
    return redirect(f"{ACTIONS}/{begun.action_id}?{urlencode({'back': view.href})}", 303)
