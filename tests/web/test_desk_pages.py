"""The moderators' desk: signing in, the queue, one comment, decisions and their undo."""

from __future__ import annotations

import re
from urllib.parse import urlencode

import pytest

from moderation.comments.idempotency import Sender
from moderation.comments.submit import submit
from moderation.core.comment import Author, Submission
from moderation.desk.decide import Verdict
from moderation.storage.accounts import Role
from tests.plans import plans_of
from tests.web.pages import (
    ADMIN_PASSWORD,
    CALM,
    RUDE,
    Pages,
    Visitor,
    fields_of,
    names,
    on_sqlite_alone,
)

OFF = "My grandmother's strawberries never needed any sugar, and I shall not be told otherwise."


def action(desk: Visitor, comment: str, verb: str, **filled: str) -> Visitor:
    """Opens the comment beside the list, unless it is open, and sends the form."""
    action = f"/review/comments/{comment}/{verb}"
    if all(form.action != action for form in desk.page.forms):
        desk.open(f"/review?at={comment}")
    return desk.send(action, **filled)


def undo(desk: Visitor) -> Visitor:
    """Presses the undo that stands beside what was just done."""
    form = next(form for form in desk.page.xpath("//*[@id='done']//form"))
    return desk.post(form.action, fields_of(form))


# --- signing in -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/review", "/review?find=x", "/audit", "/admin", "/review/comments/abc"])
def test_every_page_of_the_desk_asks_for_a_sign_in(pages: Pages, path: str) -> None:
    visitor = pages.visitor().open(path)
    assert visitor.texts("//h1") == ["Sign in"]
    assert visitor.page.forms[0].fields["next"] == path


def test_a_sign_in_leads_to_where_one_wanted_to_go(pages: Pages) -> None:
    visitor = pages.visitor().open("/review?find=x")
    visitor.send("/login", name="admin", password=ADMIN_PASSWORD)
    assert visitor.path == "/review?find=x"


@pytest.mark.parametrize(
    ("name", "password"),
    [("admin", "wrong"), ("nobody", ADMIN_PASSWORD), ("a\x00b", "x"), ("x" * 9000, "y" * 9000)],
)
def test_a_wrong_sign_in_does_not_say_what_was_wrong(pages: Pages, name: str, password: str) -> None:
    visitor = pages.visitor().open("/login").send("/login", name=name, password=password)
    assert visitor.status == 422
    assert "Name or password is wrong" in visitor.text
    assert visitor.open("/review").texts("//h1") == ["Sign in"]


@pytest.mark.parametrize(
    "leads_to", ["https://evil.example/", "//evil.example", "/\\evil.example", "/review@evil", "x"]
)
def test_a_sign_in_leads_nowhere_else(pages: Pages, leads_to: str) -> None:
    visitor = pages.visitor().open(f"/login?{urlencode({'next': leads_to})}")
    assert visitor.page.forms[0].fields["next"] == "/review"
    signed_in = pages.signed_in().open(f"/login?{urlencode({'next': leads_to})}")
    assert signed_in.path == "/review"


def test_a_form_of_the_sign_in_that_somebody_changed_leads_nowhere_else(pages: Pages) -> None:
    visitor = pages.visitor().open("/login")
    visitor.send("/login", name="admin", password=ADMIN_PASSWORD, next="//evil.example/review")
    assert visitor.path == "/review"


def test_signing_out_ends_the_sign_in_and_not_only_the_cookie(pages: Pages) -> None:
    desk = pages.signed_in().open("/review")
    cookie = desk.client.get_cookie("moderation_session")
    desk.send("/logout")
    assert desk.texts("//h1") == ["Sign in"]
    assert cookie is not None
    desk.client.set_cookie("moderation_session", cookie.value)
    assert desk.open("/review").texts("//h1") == ["Sign in"]


def test_a_forged_cookie_is_nobody(pages: Pages) -> None:
    visitor = pages.visitor()
    visitor.client.set_cookie("moderation_session", "x" * 43)
    assert visitor.open("/review").texts("//h1") == ["Sign in"]


def test_the_cookie_is_kept_from_scripts_and_under_https_from_the_open_line(pages: Pages) -> None:
    visitor = pages.visitor().open("/login")
    fields = fields_of(visitor.page.forms[0]) | {"name": "admin", "password": ADMIN_PASSWORD}
    answer = visitor.client.post("/login", data=fields, base_url="https://localhost")
    # The form was opened without TLS, so its token travels along; only the flags of the new cookie matter here.
    (cookie,) = [value for value in answer.headers.getlist("Set-Cookie") if value.startswith("moderation_session=")]
    for flag in ("HttpOnly", "SameSite=Lax", "Secure"):
        assert flag in cookie


def test_the_forms_cookie_is_kept_from_the_open_line_under_https(pages: Pages) -> None:
    for scheme, kept in (("https", True), ("http", False)):
        answer = pages.app.test_client().get("/login", base_url=f"{scheme}://localhost")
        (cookie,) = answer.headers.getlist("Set-Cookie")
        assert cookie.startswith("moderation_form=")
        assert ("Secure" in cookie) is kept


def test_a_form_without_its_token_changes_nothing(pages: Pages) -> None:
    comment = pages.say()
    desk = pages.signed_in().open("/review")
    desk.post(f"/review/comments/{comment}/approve", {"revision": "1"})
    assert desk.status == 400
    assert names(desk.open("/review")) == ["Priya S"]


# --- the queue --------------------------------------------------------------------------------------------------------


def test_the_most_flagged_come_first_and_the_oldest_among_them(pages: Pages) -> None:
    pages.say(by="calm first")
    pages.say(RUDE, by="rude")
    pages.say(by="calm second")
    pages.say(f"{RUDE} And the strawberries too.", by="rude and off-topic")
    desk = pages.signed_in().open("/review")
    assert names(desk) == ["rude and off-topic", "rude", "calm first", "calm second"]
    assert "Waiting (4)" in desk.text


def test_a_card_says_why_it_waits_and_shows_the_scores_that_fired_with_their_thresholds(
    pages: Pages,
) -> None:
    pages.say(f"The timetable is fine with me. {RUDE}")
    desk = pages.signed_in().open("/review")
    assert desk.texts("//ul[@class='reasons ']/li") == ["toxicity 0.95, at or over 0.50"]
    assert desk.texts("//dl[@class='scores'][1]/div[@class='fired']/dt") == ["toxicity"]
    assert desk.page.xpath("//div[@class='fired']//line/@x1") == ["50%"]
    assert desk.texts("//mark") == [
        "You are all idiots.",
        "Every idiot in this town believes whatever an idiot on the council is telling them.",
    ]
    assert "Line 4 now takes 17 minutes." in desk.texts("//p[@class='passage']")


def test_a_card_of_an_off_topic_comment_says_that_nothing_is_close(pages: Pages) -> None:
    pages.say(OFF)
    desk = pages.signed_in().open("/review")
    assert "relevance 0.05, at or under 0.20" in desk.text
    assert "Nothing in the article is close to this." in desk.text
    assert not desk.texts("//p[@class='passage']")


def test_a_view_can_be_narrowed_and_its_address_says_how(pages: Pages) -> None:
    pages.article("other", title="Another article")
    pages.say(by="Ann")
    pages.say("Bus drivers deserve a rest as well, and nobody in the report has asked them.", by="Bob")
    pages.say(CALM, by="Cat", under="other")
    done = pages.say("This one is published and appears in the other view of the desk, not here.", by="Dan")
    pages.decide(done, Verdict.APPROVE)
    desk = pages.signed_in().open("/review?find=DRIVERS")
    assert names(desk) == ["Bob"]
    assert names(desk.open("/review?find=ann")) == ["Ann"]
    assert names(desk.open("/review?status=approved")) == ["Dan"]
    desk.open("/review")
    boxes = desk.page.xpath("//fieldset[legend[contains(., 'Articles')]]//label")
    first, other = (label.xpath(".//input/@value")[0] for label in boxes)
    assert [" ".join(label.text_content().split()) for label in boxes] == [
        "The lanes stay 2 waiting",
        "Another article 1 waiting",
    ]
    assert names(desk.open(f"/review?article={other}")) == ["Cat"]
    # What is chosen stands first, and is sent again with what is chosen beside it.
    assert desk.page.xpath("//fieldset//input[@name='article']/@value") == [other, first]
    (form,) = [form for form in desk.page.forms if "flag" in form.fields]
    assert fields_of(form)["article"] == [other]
    assert names(desk.open(f"/review?article={other}&article={first}")) == ["Ann", "Bob", "Cat"]
    assert not desk.page.xpath("//select[@multiple]")
    assert names(desk.open("/review?find=%22nobody+in+the+report%22")) == ["Bob"]
    assert names(desk.open("/review?find=report+nobody")) == ["Bob"]
    assert names(desk.open("/review?find=driv*")) == ["Bob"]
    assert "Nothing matches" in desk.open("/review?find=%25").text


def test_a_long_queue_goes_on_another_page(pages: Pages) -> None:
    for number in range(33):
        pages.say(f"Comment number {number} of a queue that is longer than one page can show.", by=f"R{number}")
    desk = pages.signed_in().open("/review")
    assert names(desk) == [f"R{number}" for number in range(30)]
    (further,) = desk.page.xpath("//a[.='Further comments']/@href")
    assert names(desk.open(further)) == ["R30", "R31", "R32"]


@pytest.mark.parametrize(
    "query",
    [
        "status=x",
        "site=none",
        "article=%00",
        "find=%00%ff",
        "after=nobody",
        "done=%ed%a0%80",
        "find=" + "%F0%9F%91%A9" * 400,
    ],
)
def test_odd_views_are_empty_or_ordinary_and_never_a_5xx(pages: Pages, query: str) -> None:
    assert pages.signed_in().open(f"/review?{query}").status == 200


# --- decisions --------------------------------------------------------------------------------------------------------


def test_approving_publishes_and_leads_to_the_next_with_an_undo(pages: Pages) -> None:
    first, second = pages.say(by="First"), pages.say(f"{CALM} Indeed.", by="Second")
    desk = pages.signed_in().open("/review")
    action(desk, first, "approve")
    assert names(desk) == ["Second"]
    assert desk.answer.request.path == "/review"
    assert CALM in pages.visitor().open("/").text
    assert "Approved." in desk.texts("//*[@id='done']")[0]
    undo(desk)
    assert sorted(names(desk)) == ["First", "Second"]
    assert CALM not in pages.visitor().open("/").text
    assert second


def test_a_decision_leads_back_to_the_very_view_at_the_next_comment(pages: Pages) -> None:
    first, second = pages.say(by="First"), pages.say(f"{CALM} Indeed.", by="Second")
    desk = pages.signed_in().open("/review?find=report")
    form = next(form for form in desk.page.forms if form.action.endswith(f"{first}/approve"))
    answer = desk.client.post(form.action, data=fields_of(form))
    assert answer.headers["Location"].startswith(f"/review?find=report&at={second}&done=")


def test_rejecting_takes_a_reason_and_tells_the_reader_its_sentence(pages: Pages) -> None:
    comment = pages.say(OFF)
    desk = pages.signed_in().open("/review")
    action(desk, comment, "reject", reason="off-topic")
    assert "Rejected: Off-topic." in desk.texts("//*[@id='done']")[0]
    desk.open(f"/review/comments/{comment}")
    assert desk.texts("//dl[@class='facts']/dd")[-2:] == ["Off-topic", "It is not about the article."]


def test_the_list_of_what_was_decided_says_by_whom_and_why(pages: Pages) -> None:
    comment = pages.say(OFF)
    desk = pages.signed_in().open("/review")
    action(desk, comment, "reject", reason="off-topic")
    assert "Rejected by admin: Off-topic" in desk.open("/review?status=rejected").texts("//span[@class='fate']")
    assert "Rejected by admin: Off-topic." in desk.open(f"/review/comments/{comment}").text


def test_a_moderator_may_put_it_in_their_own_words_and_leave_a_note(pages: Pages) -> None:
    comment = pages.say(OFF)
    desk = pages.signed_in().open(f"/review/comments/{comment}")
    action(
        desk,
        comment,
        "reject",
        reason="off-topic",
        sentence="Strawberries have a page of their own.",
        note="third time",
    )
    desk.open(f"/review/comments/{comment}")
    assert desk.texts("//dl[@class='facts']/dd")[-2:] == ["Strawberries have a page of their own.", "third time"]


def test_without_a_reason_nothing_is_rejected_and_what_was_typed_comes_back(pages: Pages) -> None:
    comment = pages.say()
    desk = pages.signed_in().open(f"/review/comments/{comment}")
    action(desk, comment, "reject", sentence="My own words.", note="My note.")
    assert desk.status == 422
    assert "choose why" in desk.text
    form = next(form for form in desk.page.forms if form.action.endswith("/reject"))
    assert form.fields["sentence"].strip() == "My own words."
    assert form.fields["note"] == "My note."
    assert names(desk.open("/review")) == ["Priya S"]


def test_an_unknown_reason_is_refused(pages: Pages) -> None:
    comment = pages.say()
    desk = pages.signed_in().open("/review")
    action(desk, comment, "reject", reason="because")
    assert desk.status == 422
    assert "not a configured reason" in desk.text


def test_of_two_decisions_the_second_is_told_who_was_faster_and_overwrites_nothing(pages: Pages) -> None:
    comment = pages.say()
    pages.account("berta", {"*": Role.MODERATOR})
    first, second = pages.signed_in().open("/review"), pages.signed_in("berta").open("/review")
    action(first, comment, "approve")
    action(second, comment, "reject", reason="other")
    assert second.status == 409
    assert "Published by admin. Nothing was overwritten." in second.text
    assert "approved now, decided by admin" in second.text
    assert CALM in pages.visitor().open("/").text


@pytest.mark.parametrize("revision", ["", "x", "-1", "1e3", "٣", "9" * 40])
def test_a_decision_without_a_proper_revision_is_refused(pages: Pages, revision: str) -> None:
    comment = pages.say()
    desk = pages.signed_in().open("/review")
    action(desk, comment, "approve", revision=revision)
    assert desk.status in (409, 422)
    assert names(desk.open("/review")) == ["Priya S"]


@pytest.mark.parametrize("back", ["https://evil.example", "//evil.example/review", "/login", "/reviewed", "\x00"])
def test_a_decision_leads_nowhere_else(pages: Pages, back: str) -> None:
    comment = pages.say()
    desk = pages.signed_in().open("/review")
    action(desk, comment, "approve", back=back)
    assert desk.answer.request.path == "/review"


def test_a_withdrawn_comment_cannot_be_decided(pages: Pages) -> None:
    reader = pages.visitor().open("/").send("/articles/lanes/comments", name="Ravi", body=CALM)
    (link,) = reader.page.xpath("//a[.='this link']/@href")
    comment = link.split("/")[2].split("?")[0]
    desk = pages.signed_in().open("/review")
    reader.open(link).send(f"/comments/{comment}/withdraw")
    action(desk, comment, "approve")
    assert desk.status == 409
    assert not desk.page.xpath("//form[contains(@action, '/approve')]")


# --- one comment ------------------------------------------------------------------------------------------------------


def test_one_comment_shows_parent_thread_author_article_and_history(pages: Pages) -> None:
    first = pages.say("The first one speaks of the lanes, at a length that is just sufficient.", by="Ann")
    pages.decide(first, Verdict.APPROVE)
    reply = pages.say("The reply says something about the first one, and waits.", by="Bob", to=first)
    other = pages.say("Another reply, that waits as well, and is shown beside it.", by="Cat", to=first)
    earlier = pages.say("Something that Bob had said before, somewhere else entirely.", by="Bob")
    desk = pages.signed_in().open(f"/review/comments/{reply}")
    assert "To Ann: The first one speaks" in desk.text
    assert desk.texts("//ol[@class='thread']/li/div[@class='head']/strong") == ["Ann", "Bob", "Cat"]
    assert "The lanes stay" in desk.text
    assert desk.page.xpath(f"//ul[@class='earlier']//a[@href='/review/comments/{earlier}']")
    assert desk.texts("//ol[@class='trail']/li/strong") == ["Arrived", "Scored", "Judged by the policy"]
    assert other


def test_the_author_s_record_is_told(pages: Pages) -> None:
    for number, verdict in enumerate((Verdict.APPROVE, Verdict.APPROVE, Verdict.REJECT)):
        pages.decide(pages.say(f"{CALM} {number}"), verdict, "other")
    pages.say("This is the fourth that they have written, and it waits.")
    assert "2 published, 1 rejected so far" in pages.signed_in().open("/review").text


def test_a_first_comment_is_marked_until_something_by_its_author_is_decided(pages: Pages) -> None:
    first, second = pages.say(), pages.say("This is the second that they have written, and it waits.")
    desk = pages.signed_in()
    chips = "//span[@class='chip new']"
    assert desk.open(f"/review/comments/{first}").texts(chips) == ["first comment"]
    assert desk.open("/review").texts(f"//*[@data-id='{first}' or contains(@href, '{first}')]{chips}") == [
        "first comment"
    ]
    pages.decide(second, Verdict.APPROVE)
    for page in (desk.open(f"/review/comments/{first}"), desk.open("/review")):
        assert page.texts(chips) == []
    assert "1 published, 0 rejected so far" in desk.open(f"/review/comments/{first}").text


def test_the_rest_of_the_scores_is_there_on_demand(pages: Pages) -> None:
    comment = pages.say()
    desk = pages.signed_in().open(f"/review/comments/{comment}")
    assert desk.texts("//details[summary='The other scores']//dt") == [
        "severe toxicity",
        "obscene",
        "threat",
        "insult",
        "identity attack",
        "sexual explicit",
    ]


@pytest.mark.parametrize("comment", ["none", "..", "%00", "%ff", "x" * 2000])
def test_a_comment_that_is_not_there_is_a_plain_404(pages: Pages, comment: str) -> None:
    desk = pages.signed_in().open(f"/review/comments/{comment}")
    assert desk.status == 404


# --- sites apart ------------------------------------------------------------------------------------------------------


def test_an_account_of_one_site_sees_and_decides_nothing_of_another(pages: Pages) -> None:
    pages.signed_in().open("/admin/sites").send("/admin/sites", id="second", name="The Second")
    pages.article("there", site="second", title="A story of the second site")
    pages.account("only", {"second": Role.MODERATOR})
    here, there = pages.say(by="Here"), pages.say(by="There", under="there", site="second")
    desk = pages.signed_in("only").open("/review")
    assert names(desk) == ["There"]
    assert "The lanes stay" not in desk.text
    assert desk.open(f"/review?site=demo&done={here}").status == 200
    assert names(desk) == []
    assert "Here" not in desk.text
    assert desk.open(f"/review/comments/{here}").status == 404
    desk.open(f"/review/comments/{there}")
    token = desk.page.xpath("//input[@name='csrf_token']/@value")[0]
    desk.post(f"/review/comments/{here}/approve", {"csrf_token": token, "revision": "1"})
    assert desk.status == 404
    assert not re.search("demo|system", desk.open("/audit").text)
    assert desk.open("/audit?chain=demo").texts("//select[@id='chain']/option") == ["second"]
    assert desk.open("/admin").status == 403


# --- every page -------------------------------------------------------------------------------------------------------


def test_no_page_needs_an_exception_from_the_content_security_policy(pages: Pages) -> None:
    waiting = pages.say(RUDE)
    desk = pages.signed_in()
    paths = [
        "/",
        "/articles/lanes",
        "/review",
        f"/review/comments/{waiting}",
        "/audit",
        "/admin",
        "/admin/accounts",
        "/account",
        "/nothing",
    ]
    for page in (*paths, "/login"):
        visitor = pages.visitor().open(page) if page == "/login" else desk.open(page)
        assert "'unsafe" not in visitor.answer.headers["Content-Security-Policy"], page
        assert not visitor.page.xpath("//style | //script[not(@src)] | //@style | //@*[starts-with(name(), 'on')]"), (
            page
        )
        assert not visitor.page.xpath("//a[starts-with(@href, 'javascript:')]"), page
        foreign = visitor.page.xpath("//script/@src | //link/@href | //img/@src")
        assert all(address.startswith("/static/") for address in foreign), page
        for form in visitor.page.xpath("//form[@method='post']"):
            assert form.xpath(".//input[@name='csrf_token']"), page
        kept = "private, no-cache" if page in ("/", "/articles/lanes") else "private, no-store"
        assert visitor.answer.headers["Cache-Control"] == kept, page


def test_of_a_name_alone_nobody_knows_which_comment_is_its_first(pages: Pages) -> None:
    pages.clock.move(minutes=1)
    sender = Sender(site_id="demo", key_id=None, reference="test", vouches=True)
    guest = Submission(article_id="lanes", author=Author(name="Guest"), body=CALM)
    submit(pages.services, sender, guest)
    desk = pages.signed_in().open("/review")
    assert "Known by name alone" in desk.text
    assert "first comment" not in desk.text


def test_why_a_comment_waits_is_true_of_the_policy_in_force(pages: Pages) -> None:
    waits = pages.say()
    desk = pages.signed_in().open("/review")
    assert "every comment here is read before it is published" in desk.text
    pages.configure(
        "[policy.sites.demo.approve]\ntoxicity_at_most = 0.5\n[policy.sites.demo.reject]\nthreat_at_least = 0.9\n"
    )
    desk.open("/review")
    assert "when it came, every comment here was read before it was published" in desk.text
    assert "every comment here is read" not in desk.text
    titles = {pages.say(f"{CALM} {words}", by=words): title for words, title in AT_ONCE.items()}
    for comment, title in (titles | {waits: "Why it waits"}).items():
        assert title in desk.open(f"/review/comments/{comment}").texts("//*[@id='why-title']")
    pages.configure('[comments.sections.city]\nmode = "post"\n')
    assert "when it came, every comment here was read" in desk.open(f"/review/comments/{waits}").text


AT_ONCE = {"calm": "Why it was published at once", "threat=0.95": "Why it was rejected at once"}


def test_an_empty_queue_says_what_is_left_to_a_senior(pages: Pages) -> None:
    desk = pages.signed_in().open("/review")
    assert "Every comment has been decided." in desk.text
    comment = pages.say()
    desk.open(f"/review/comments/{comment}").send(f"/review/comments/{comment}/flags/escalated")
    desk.open("/review")
    assert "Every comment has been decided." not in desk.text
    assert "What is left is under Escalated, for a senior." in desk.text
    pages.decide(comment, Verdict.APPROVE)
    assert "for a senior" not in desk.open(f"/review/comments/{comment}").texts("//*[@class='who']")[0]


@on_sqlite_alone  # PostgreSQL plans by how much there is, which is next to nothing here
def test_what_waits_is_counted_without_what_was_decided(pages: Pages) -> None:
    for number in range(3):
        pages.say(f"{CALM} Number {number}.")
    desk = pages.signed_in()
    holds_all = (
        "ix_queue_index_arrived",
        "ix_queue_index_status",
        "ix_queue_index_alike_01",
        "ix_queue_index_alike_23",
        "SCAN queue_index",
    )

    with plans_of(pages.services.database.engine, "queue_index.waiting IS TRUE", "queue_index.site_id") as plans:
        for path in ("/review", "/review?order=oldest", "/review/map", "/review/articles", "/review/news"):
            assert desk.open(path).status == 200
    assert plans
    assert [plan for plan in plans if any(index in plan for index in holds_all)] == []
