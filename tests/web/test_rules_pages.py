"""Site rules: the modes of a site and its sections, and the switch that makes a whole site read-only."""

from __future__ import annotations

import itertools

import pytest

from moderation.core.comment import Mode
from moderation.storage.accounts import Role
from tests.newsroom import detail
from tests.web.pages import Pages, Visitor
from tests.web.site_rules import article_id, configure, events, post, sent

BASE = "/review/rules/demo"


def rules(pages: Pages, name: str = "admin") -> Visitor:
    return pages.signed_in(name).open("/review/rules")


def set_section(desk: Visitor, section: str, **fields: str) -> Visitor:
    return post(desk, f"{BASE}/mode", section=section, **{"mode": "", **fields})


LEVELS = ("site", "section", "article")


@pytest.mark.parametrize("levels", [c for n in range(4) for c in itertools.combinations(LEVELS, n)])
def test_article_stands_over_section_over_site_over_configuration(pages: Pages, levels: tuple[str, ...]) -> None:
    desk = rules(pages)
    modes = {"site": "post", "section": "closed", "article": "pre"}
    if "site" in levels:
        desk.send(f"{BASE}/mode", mode=modes["site"])
    if "section" in levels:
        set_section(desk, "city", mode=modes["section"])
    if "article" in levels:
        path = f"/review/articles/{article_id(pages)}"
        desk.open(path).send(f"{path}/mode", mode=modes["article"])
    expected = modes[levels[-1]] if levels else "pre"
    answer = sent(pages)
    assert (answer.status_code, (answer.json or {})["status"]) == {
        "pre": (202, "pending"), "post": (201, "approved"), "closed": (403, 403),
    }[expected]  # fmt: skip


def test_the_sites_own_word_for_an_article_stands_over_the_section_and_under_the_desks(
    pages: Pages,
) -> None:
    pages.article(mode=Mode.POST)
    desk = rules(pages)
    set_section(desk, "city", mode="closed")
    assert sent(pages).status_code == 201
    path = f"/review/articles/{article_id(pages)}"
    desk.open(path).send(f"{path}/mode", mode="closed")
    assert sent(pages).status_code == 403


def test_a_section_of_the_configuration_stands_over_the_desks_site_and_under_its_section(
    pages: Pages,
) -> None:
    configure(pages, more='[comments.sections.city]\nmode = "post"\n')
    desk = rules(pages)
    desk.send(f"{BASE}/mode", mode="closed")
    assert sent(pages).status_code == 201
    set_section(desk, "city", mode="pre")
    assert sent(pages, words="Again.").status_code == 202


def test_one_switch_makes_the_whole_site_read_only_whatever_else_is_set(pages: Pages) -> None:
    path = f"/review/articles/{article_id(pages)}"
    desk = pages.signed_in().open(path).send(f"{path}/mode", mode="post")
    published = sent(pages)
    assert published.status_code == 201
    desk.open("/review/rules").send(f"{BASE}/read-only", sentence="We are moving house; back on Monday.")
    assert "The whole site is read-only" in desk.text
    assert "Set by admin, 14 January 2026" in desk.text
    answer = sent(pages, words="Later.")
    assert answer.status_code == 403
    assert detail(answer) == "We are moving house; back on Monday."
    reader = pages.visitor().open("/articles/lanes")
    assert "back on Monday" in reader.text
    assert "Reader comments 1" in reader.text
    desk.send(f"{BASE}/read-only")
    assert "takes comments again" in desk.text
    assert sent(pages, words="Later.").status_code == 201
    causes = [(event["cause"], event["to"]) for event in events(pages, "mode.changed")]
    assert causes[-2:] == [("switch", "closed"), ("switch", None)]


def test_a_hidden_discussion_stays_hidden_when_the_site_is_read_only(pages: Pages) -> None:
    pages.article(mode=Mode.HIDDEN)
    rules(pages).send(f"{BASE}/read-only")
    assert "Reader comments" not in pages.visitor().open("/articles/lanes").text


def test_a_sections_setting_tells_readers_its_sentence_while_it_is_open(pages: Pages) -> None:
    desk = rules(pages)
    set_section(desk, "city", mode="post", sentence="The city editors answer here until noon.")
    assert "city: published first set by admin" in desk.text
    assert "The city editors answer here until noon." in pages.visitor().open("/articles/lanes").text
    (event,) = events(pages, "mode.changed")
    assert (event["subject"], event["section"], event["to"]) == ("demo", "city", "post")


def test_a_wrong_form_comes_back_opened_with_what_was_typed(pages: Pages) -> None:
    desk = rules(pages)
    set_section(desk, "city", mode="closed", sentence="Typed", days="soon")
    assert desk.status == 422
    assert desk.page.xpath("//details[@open]//input[@name='sentence']/@value") == ["Typed"]
    set_section(desk, "")
    assert "The section is missing" in desk.text


def test_moderators_keep_lists_and_senior_moderators_set_sites(pages: Pages) -> None:
    pages.account("mo", {"demo": Role.MODERATOR})
    pages.account("sen", {"demo": Role.SENIOR})
    mo = rules(pages, "mo")
    assert "Set it for the whole site" not in mo.text
    mo.send(f"{BASE}/terms", terms="crypto giveaway", why="fraud")
    assert mo.texts("//ul[@class='terms']//strong") == ["crypto giveaway"]
    for path, fields in ((f"{BASE}/mode", {"mode": "closed"}), (f"{BASE}/read-only", {})):
        post(mo.open("/review/rules"), path, **fields)
        assert mo.status == 403
    assert sent(pages).status_code == 202
    rules(pages, "sen").send(f"{BASE}/read-only")
    assert sent(pages, words="Later.").status_code == 403


def test_a_senior_of_one_section_sets_that_section_alone(pages: Pages) -> None:
    pages.account("city senior", {"demo": Role.SENIOR}, sections=("city",))
    desk = rules(pages, "city senior")
    assert "Make the whole site read-only" not in desk.text
    set_section(desk, "city", mode="closed")
    assert desk.status == 200
    for section in ("sports",):
        set_section(desk.open("/review/rules"), section, mode="closed")
        assert desk.status == 403
    for path in (f"{BASE}/mode", f"{BASE}/read-only", f"{BASE}/terms"):
        post(desk.open("/review/rules"), path, mode="closed", terms="word", why="x")
        assert desk.status == 403


def test_the_rules_of_another_site_are_nobodys_here(pages: Pages) -> None:
    pages.account("mo", {"demo": Role.ADMIN})
    desk = rules(pages, "mo")
    assert desk.open("/review/rules?site=elsewhere").status == 404
    for path in ("mode", "read-only", "terms"):
        post(desk.open("/review/rules"), f"/review/rules/elsewhere/{path}", mode="closed", terms="word", why="x")
        assert desk.status == 404
