"""A comment that a colleague has open is changed on the second press alone, and its reader is told by whom."""

from __future__ import annotations

import pytest

from moderation.core.actor import Actor
from moderation.desk.legal import CaseForm, receive
from moderation.storage.accounts import Role
from moderation.storage.comments import Comment
from moderation.storage.legal import LegalKind
from tests.web.pages import CALM, Pages, Visitor, fields_of, names
from tests.web.site_rules import post
from tests.web.test_review_pages import asked, news
from tests.web.test_sections import token_of


def opened_by_berta(pages: Pages) -> tuple[str, Visitor]:
    """A waiting comment that a colleague has open; and the admin's desk, where it stands."""
    comment = pages.say()
    berta = pages.signed_in("berta").open("/review")
    assert asked(berta, "/review/locks", open=comment)[1]["mine"]
    return comment, pages.signed_in().open("/review")


@pytest.fixture
def two(pages: Pages) -> Pages:
    pages.account("berta", {"*": Role.MODERATOR})
    return pages


ACTIONS = [
    ("approve", {}, "Published"),
    ("reject", {"reason": "off-topic", "sentence": "My own words."}, "Rejected"),
    ("flags/escalated", {}, "for a senior"),
    ("flags/featured", {}, "Published"),
]


@pytest.mark.parametrize(("press", "fields", "stands"), ACTIONS, ids=[press for press, _, _ in ACTIONS])
def test_whoever_decides_over_a_colleague_presses_twice(
    two: Pages, press: str, fields: dict[str, str], stands: str
) -> None:
    comment, desk = opened_by_berta(two)
    action = f"/review/comments/{comment}/{press}"
    status, said = asked(desk, action, revision="1", approve="1" if press == "flags/featured" else "", **fields)
    assert (status, said["open_with"]) == (409, "berta")
    desk.send(action, **fields)
    assert desk.status == 409
    assert "berta has this comment open. Nothing was changed yet." in desk.text
    form = next(form for form in desk.page.forms if form.action == action)
    if "sentence" in fields:
        assert form.fields["sentence"].strip() == "My own words."
    again = fields_of(form) | fields
    assert names(desk.open("/review")) == ["Priya S"]
    desk.post(action, again)
    assert desk.status == 200
    assert names(desk.open("/review")) == []
    assert stands in desk.open(f"/review/comments/{comment}").text


def test_whoever_had_it_open_is_told_who_decided_and_what(two: Pages) -> None:
    comment, desk = opened_by_berta(two)
    berta = two.signed_in("berta").open("/review")
    asked(desk, f"/review/comments/{comment}/reject", revision="1", reason="off-topic", anyway="1")
    assert news(berta, ids=comment)["standing"][comment]["words"] == "Rejected by admin: Off-topic"
    status, said = asked(berta, f"/review/comments/{comment}/approve", revision="1")
    assert (status, said["current"]["words"]) == (409, "Rejected by admin: Off-topic")
    berta.send(f"/review/comments/{comment}/approve")
    assert "Rejected by admin: Off-topic. Nothing was overwritten." in berta.text


def test_nobody_is_asked_because_of_themselves_or_of_somebody_who_left(two: Pages) -> None:
    comment, desk = opened_by_berta(two)
    berta = two.signed_in("berta").open("/review")
    assert asked(berta, f"/review/comments/{comment}/approve", revision="1")[0] == 200
    comment = two.say(f"{CALM} Two.")
    asked(berta, "/review/locks", open=comment)
    two.clock.move(minutes=5)
    assert asked(desk, f"/review/comments/{comment}/approve", revision="1")[0] == 200


def test_a_program_is_not_asked(two: Pages) -> None:
    comment, _ = opened_by_berta(two)
    answer = two.app.test_client().post(
        f"/api/v1/comments/{comment}/decisions",
        json={"outcome": "approve"},
        headers={"Authorization": f"Bearer {token_of(two, 'admin')}"},
    )
    assert (answer.status_code, (answer.json or {})["status"]) == (200, "approved")


def test_a_batch_says_how_many_are_open_elsewhere_and_with_whom(two: Pages) -> None:
    comment, desk = opened_by_berta(two)
    two.say(f"{CALM} Two.")
    with two.services.database.reading() as db:
        found = db.get_one(Comment, comment)
    desk.open("/review/map?signal=toxicity&from=0&to=1")
    assert desk.texts("//*[@class='open-now']") == ["1 comment is open with berta at the moment."]
    for path in (f"/review/articles/{found.article_id}/remove", f"/review/authors/{found.author_id}/remove"):
        (told,) = desk.open(path).texts("//*[@class='open-now']")
        assert told.startswith("1 comment is open with berta at the moment, and is removed all the same")
    assert not desk.open("/review/map?signal=toxicity&from=0.9&to=1").texts("//*[@class='open-now']")


def test_a_legal_decision_about_it_is_pressed_twice_too(two: Pages) -> None:
    comment, desk = opened_by_berta(two)
    admin = Actor(reference="test", name="test", rights={"*": frozenset({"senior", "moderate"})})
    form = CaseForm(kind=LegalKind.ORDER, explanation="Take it down.", received_at=two.clock(), link=comment)
    path = f"/legal/{receive(two.services, admin, 'demo', form)}"
    typed = {"outcome": "acted", "verdict": "reject", "reason": "hate", "decision": "It had to go."}
    desk.open(path).send(f"{path}/decide", **typed)
    assert "berta has this comment open" in desk.text
    (form_again,) = (form for form in desk.page.forms if form.action == f"{path}/decide")
    post(desk, f"{path}/decide", **typed, anyway=form_again.fields["anyway"])
    assert desk.texts("//h2[@id='decision']") == ["Acted upon"]
