"""Whether somebody reaches something: what is asked of one thing and what lists are narrowed by give one answer."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Boolean, Column, MetaData, String, Table, create_engine, insert, select

from moderation.core.actor import EVERYWHERE, Actor
from moderation.core.errors import CommentNotFound, RightMissing
from moderation.core.reach import (
    DECIDE,
    Location,
    Scope,
    anywhere,
    demand,
    everywhere,
    limited_to,
    reachable,
    scopes,
    somewhere_on,
    whole,
)
from moderation.storage.reach import within_any

SITES = ("demo", "second")
SECTIONS = (None, "city", "sport", "")
RIGHTS = ("read", "moderate", "senior")
ASKED = (*RIGHTS, DECIDE)
PLACES = [
    (site, section, escalated) for site in (*SITES, "third") for section in SECTIONS for escalated in (False, True)
]

held = st.dictionaries(st.sampled_from((*SITES, EVERYWHERE)), st.frozensets(st.sampled_from(RIGHTS)))
limits = st.dictionaries(st.sampled_from(SITES), st.frozensets(st.sampled_from(("city", "sport", ""))))
accounts = st.sampled_from((None, "a"))
"""None: a site's own key, which is nobody's account."""
actors = st.builds(Actor, reference=st.just("x"), name=st.just("x"), account_id=accounts, rights=held, sections=limits)
things = Table("things", MetaData(), Column("site", String), Column("section", String), Column("escalated", Boolean))
engine = create_engine("sqlite://")
things.create(engine)
with engine.begin() as made:
    made.execute(insert(things), [dict(zip(("site", "section", "escalated"), place, strict=True)) for place in PLACES])


def at(site: str, section: str | None, escalated: bool) -> Location:
    return Location(site_id=site, section=section, escalated=escalated)


@given(actors, st.sampled_from(ASKED))
def test_one_thing_and_a_list_of_things_are_answered_alike(actor: Actor, right: str) -> None:
    one_by_one = {place for place in PLACES if reachable(actor, right, at(*place))}
    reached = scopes(actor, right, (*SITES, "third"))
    columns = (things.c.site, things.c.section, things.c.escalated)
    with engine.connect() as connection:
        rows = connection.execute(select(things).where(within_any(reached, *columns)))
        listed = {(row.site, row.section, row.escalated) for row in rows}
    assert listed == one_by_one
    in_memory = {place for place in PLACES if any(scope.reaches(*place[:2]) for scope in reached)}
    assert {place for place in in_memory if not place[2]} == {place for place in one_by_one if not place[2]}


@given(actors, st.sampled_from(ASKED), st.sampled_from(PLACES))
def test_whoever_is_refused_a_thing_learns_of_it_only_if_they_may_read_it(
    actor: Actor, right: str, place: tuple[str, str | None, bool]
) -> None:
    here = at(*place)
    try:
        demand(actor, right, here, CommentNotFound)
    except CommentNotFound:
        assert not reachable(actor, right, here)
        assert not reachable(actor, "read", here)
    except RightMissing:
        assert not reachable(actor, right, here)
        assert reachable(actor, "read", here)
    else:
        assert reachable(actor, right, here)


@given(actors, st.sampled_from(RIGHTS), st.sampled_from(SITES))
def test_whoever_has_a_right_somewhere_has_it_anywhere(actor: Actor, right: str, site: str) -> None:
    if reachable(actor, right, somewhere_on(site)):
        assert anywhere(actor, right)
    if EVERYWHERE not in actor.rights:
        wholes = [one for one in SITES if reachable(actor, right, whole(one))]
        assert anywhere(actor, right, altogether=True) == bool(wholes)


@given(actors, st.frozensets(st.sampled_from(RIGHTS)), st.sampled_from(RIGHTS), st.sampled_from(PLACES))
def test_a_token_lends_no_more_than_its_account_has(
    actor: Actor, lent: frozenset[str], right: str, place: tuple[str, str | None, bool]
) -> None:
    held = reachable(actor, right, at(*place))
    assert reachable(limited_to(actor, lent), right, at(*place)) == (held and right in lent)


@given(actors, st.sampled_from(RIGHTS), st.sampled_from(SITES))
def test_who_has_the_whole_of_a_site_has_every_section_of_it_and_whoever_has_one_what_all_share(
    actor: Actor, right: str, site: str
) -> None:
    inside = [reachable(actor, right, Location(site_id=site, section=section)) for section in SECTIONS]
    if reachable(actor, right, whole(site)):
        assert all(inside)
    if any(inside):
        assert reachable(actor, right, somewhere_on(site))
    if everywhere(actor, right):
        assert all(inside)


def moderator(*rights: str, sections: frozenset[str] | None = None, key: bool = False) -> Actor:
    limited = {} if sections is None else {"demo": sections}
    return Actor(
        reference="x", name="x", account_id=None if key else "a", rights={"demo": frozenset(rights)}, sections=limited
    )


CITY = Location(site_id="demo", section="city")


@pytest.mark.parametrize(
    ("actor", "right", "at", "refusal"),
    [
        (moderator("read", "moderate"), DECIDE, CITY, None),
        (moderator("read", "moderate"), DECIDE, None, CommentNotFound),
        (moderator("read", "moderate"), DECIDE, Location(site_id="second", section="city"), CommentNotFound),
        (moderator("read", "moderate", sections=frozenset({"sport"})), DECIDE, CITY, CommentNotFound),
        (moderator("read", "moderate", sections=frozenset({"city"})), DECIDE, CITY, None),
        (moderator("read"), DECIDE, CITY, RightMissing),
        (moderator("read", sections=frozenset({"sport"})), DECIDE, CITY, CommentNotFound),
        (moderator("analyze"), "read", CITY, CommentNotFound),
        (moderator(), "read", CITY, CommentNotFound),
    ],
)
def test_what_is_not_reached_answers_as_what_is_not_there(
    actor: Actor, right: str, at: Location | None, refusal: type[Exception] | None
) -> None:
    if refusal is None:
        demand(actor, right, at, CommentNotFound)
    else:
        with pytest.raises(refusal):
            demand(actor, right, at, CommentNotFound)


def test_what_is_left_to_a_senior_is_decided_by_one_or_by_the_sites_own_key() -> None:
    escalated = Location(site_id="demo", section="city", escalated=True)
    assert not reachable(moderator("read", "moderate"), DECIDE, escalated)
    assert not reachable(moderator("senior"), DECIDE, escalated)
    assert reachable(moderator("read", "moderate", "senior"), DECIDE, escalated)
    assert reachable(moderator("read", "moderate", key=True), DECIDE, escalated)
    assert reachable(moderator("read", "moderate"), "read", escalated)


@pytest.mark.parametrize(
    ("own", "other", "covers"),
    [(None, None, True), (None, {"city"}, True), ({"city"}, None, False), ({"city"}, {"city", "sport"}, False),
     ({"city", "sport"}, {"city"}, True), ({"city"}, set(), True)],
)  # fmt: skip
def test_a_scope_covers_what_lies_within_it_on_its_own_site(own: Any, other: Any, covers: bool) -> None:
    of = {name: None if named is None else frozenset(named) for name, named in (("own", own), ("other", other))}
    assert Scope(site_id="demo", sections=of["own"]).covers(Scope(site_id="demo", sections=of["other"])) is covers
    assert not Scope(site_id="demo", sections=of["own"]).covers(Scope(site_id="second", sections=of["other"]))


_ASKED_HERE = {"core/actor.py", "core/reach.py"}
"""Where an actor's rights are looked at. Everybody else asks ``reachable``, ``demand``, ``scopes`` and their like."""


def test_nobody_works_out_for_themselves_who_reaches_what() -> None:
    room = Path(__file__).parents[2] / "moderation"
    found = []
    for file in room.rglob("*.py"):
        name = file.relative_to(room).as_posix()
        if name in _ASKED_HERE:
            continue
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Attribute) and _of_an_actor(node):
                found.append(f"{name}:{node.lineno}: {ast.unparse(node)}")
    assert found == []


def test_pages_take_the_place_of_a_thing_from_where_it_is_stored() -> None:
    """A page that made up a place for a thing could ask about another than the one that is there."""
    web = Path(__file__).parents[2] / "moderation" / "web"
    made = [
        f"{file.relative_to(web)}:{node.lineno}"
        for file in web.rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.Call) and ast.unparse(node.func) in ("Location", "Scope")
    ]
    assert made == []


def _of_an_actor(node: ast.Attribute) -> bool:
    of = ast.unparse(node.value).rpartition(".")[2]
    names = ("actor", "moderator", "person()", "whole", "signed_in()", "account", "me", "who", "by", "somebody")
    return node.attr in ("sections", "rights") and of in names
