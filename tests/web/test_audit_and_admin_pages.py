"""The audit log, and administration: figures, the policy in force, sites with their keys, accounts."""

from __future__ import annotations

import pytest
from pages_house import ADMIN_PASSWORD, CALM, House, Visitor, fields_of
from sqlalchemy import text

from moderation.accounts import account_signed_in
from moderation.review import Verdict
from moderation.storage.accounts import Role
from moderation.web.access import COOKIE


def events(log: Visitor) -> list[str]:
    return log.texts("//tbody/tr/td[3]")


def secret_of(admin: Visitor) -> str:
    (secret,) = admin.texts("//code[@class='secret']")
    return secret


def submits(house: House, key: str) -> int:
    """The status with which the API answers a comment under this key."""
    answer = house.app.test_client().post(
        "/api/v1/articles/lanes/comments",
        json={"author": {"name": "Ann", "id": key[-4:]}, "body": f"{CALM} {key}"},
        headers={"Authorization": f"Bearer {key}"},
    )
    return answer.status_code


# --- the audit log ----------------------------------------------------------------------------------------------------


def test_the_log_tells_a_comment_s_story_newest_first(either_house: House) -> None:
    comment = either_house.say()
    either_house.decide(comment, Verdict.APPROVE)
    log = either_house.signed_in().open(f"/audit?subject={comment}")
    assert events(log) == ["comment.approved", "comment.decided", "comment.scored", "comment.submitted"]
    assert events(log.open("/audit?event=comment.appr")) == ["comment.approved"]
    assert events(log.open("/audit?actor=policy")) == ["comment.decided"]
    assert "No such event" in log.open("/audit?subject=nothing").text


def test_the_log_goes_back_page_by_page(house: House) -> None:
    for number in range(20):
        house.say(f"{CALM} {number}")
    log = house.signed_in().open("/audit?event=comment.")
    assert len(events(log)) == 50
    (older,) = log.page.xpath("//a[.='Older events']/@href")
    assert len(events(log.open(older))) == 10
    assert log.page.xpath("//a[.='Newest']")


def test_administrators_see_the_chain_of_the_service_too(house: House) -> None:
    log = house.signed_in().open("/audit?chain=system")
    assert {"account.created", "site.created"} <= set(events(log))


def test_verifying_says_that_the_chains_hold(house: House) -> None:
    house.say()
    log = house.signed_in().open("/audit").send("/audit/verify")
    assert "Every chain that you may see verifies." in log.text
    assert "demo: " in log.text
    assert "system: " in log.text


def test_verifying_names_the_event_that_was_changed_behind_its_back(house: House) -> None:
    house.say()
    with house.services.database.engine.execution_options(writes=True).begin() as connection:
        for (name,) in connection.execute(text("SELECT name FROM sqlite_master WHERE type = 'trigger'")).all():
            connection.execute(text(f'DROP TRIGGER "{name}"'))
        connection.execute(text("UPDATE audit_events SET actor = 'nobody' WHERE chain = 'demo' AND sequence = 3"))
    log = house.signed_in().open("/audit").send("/audit/verify")
    assert "A chain does not verify." in log.text
    assert "chain demo, event 3" in log.text


@pytest.mark.parametrize("query", ["chain=%00", "before=x", "before=9" + "9" * 11, "event=%25&actor=%00&subject=%ff"])
def test_odd_questions_to_the_log_are_no_5xx(house: House, query: str) -> None:
    assert house.signed_in().open(f"/audit?{query}").status == 200


# --- figures and policy -----------------------------------------------------------------------------------------------


def test_the_figures_count_what_waits_arrives_and_is_decided(either_house: House) -> None:
    first, second = either_house.say(by="A"), either_house.say(f"{CALM} 2", by="B")
    either_house.say(f"{CALM} 3", by="C")
    either_house.decide(first, Verdict.APPROVE)
    either_house.decide(second, Verdict.REJECT, "spam")
    either_house.clock.wait(hours=2)
    admin = either_house.signed_in().open("/admin")
    assert admin.texts("//dl[@class='figures']//dd") == ["1", "2 h", "3", "2"]
    assert admin.texts("//section[@id='figures']//tbody/tr[last()]/*") == ["2026-01-14", "3", "1", "1"]
    assert "Spam or advertising" in admin.texts("//dl[@class='scores counts']")[0]


def test_the_policy_tells_where_each_value_comes_from(house: House) -> None:
    house.configure(
        "\n[policy.sections.opinion.flag]\ntoxicity_at_least = 0.7\nlinks_at_least = false\n"
        "[comments.sections.live]\nminimum_length = 20\n"
    )
    admin = house.signed_in().open("/admin")
    rows = {tuple(row.text_content().split("\n")): row for row in admin.page.xpath("//section[@id='policy']//tbody/tr")}
    shown = [" | ".join(" ".join(cell.text_content().split()) for cell in row) for row in rows.values()]
    assert "everywhere | flagged for a closer look | toxicity is at or over 0.5 | policy.flag" in shown
    assert (
        "section opinion | flagged for a closer look | toxicity is at or over 0.7 | policy.sections.opinion.flag"
        in shown
    )
    assert any("links_at_least: taken away here" in row for row in shown)
    assert "section live | characters at least | 20 | comments.sections.live" in shown


def test_a_value_that_the_file_does_not_name_is_told_as_a_default(house: House) -> None:
    house.configuration.now = house.configuration.now.__class__(
        **{name: getattr(house.configuration.now, name) for name in house.configuration.now.__dataclass_fields__}
        | {"text": ""}
    )
    admin = house.signed_in().open("/admin")
    assert set(admin.texts("//section[@id='policy']//tbody/tr/td[last()]")) == {"default"}


# --- sites and keys ---------------------------------------------------------------------------------------------------


def test_a_new_secret_key_is_shown_once_and_works_until_it_is_revoked(house: House) -> None:
    admin = house.signed_in().open("/admin")
    form = next(f for f in admin.page.forms if f.action == "/admin/sites/demo/keys" and f.fields["kind"] == "secret")
    admin.post(form.action, fields_of(form))
    key = secret_of(admin)
    assert submits(house, key) == 202
    assert key not in admin.open("/admin").text
    (revoke,) = admin.page.xpath(f"//tr[contains(., '…{key[-4:]}')]//form[contains(@action, '/revoke')]/@action")
    admin.send(revoke)
    assert submits(house, key) == 401


def test_a_rotated_key_gives_a_new_one_and_works_on_until_it_is_revoked(house: House) -> None:
    admin = house.signed_in().open("/admin")
    form = next(f for f in admin.page.forms if f.action == "/admin/sites/demo/keys" and f.fields["kind"] == "secret")
    admin.post(form.action, fields_of(form))
    old = secret_of(admin)
    (rotate,) = admin.page.xpath(f"//tr[contains(., '…{old[-4:]}')]//form[contains(@action, '/rotate')]/@action")
    admin.send(rotate)
    new = secret_of(admin)
    assert new != old
    assert [submits(house, key) for key in (old, new)] == [202, 202]


@pytest.mark.parametrize("origins", ["", "news.example", "javascript:alert(1)", "https://a b"])
def test_a_publishable_key_needs_proper_origins(house: House, origins: str) -> None:
    admin = house.signed_in().open("/admin")
    token = admin.page.xpath("//input[@name='csrf_token']/@value")[0]
    admin.post("/admin/sites/demo/keys", {"csrf_token": token, "kind": "publishable", "origins": origins})
    assert admin.status == 422
    assert admin.page.xpath("//*[@id='problem']")


def test_an_administrator_of_one_site_cannot_touch_another_s_keys_nor_any_account(house: House) -> None:
    house.signed_in().open("/admin").send("/admin/sites", id="second", name="The Second")
    house.account("local", {"second": Role.ADMIN})
    everywhere = house.signed_in().open("/admin")
    (foreign, *_) = everywhere.page.xpath("//section[@id='sites']//form[contains(@action, '/revoke')]/@action")
    (account, *_) = everywhere.page.xpath("//form[contains(@action, '/disable')]/@action")
    local = house.signed_in("local").open("/admin")
    assert local.texts("//section[@id='sites']//h3/code") == ["second"]
    assert not local.page.xpath("//section[@id='accounts']")
    token = local.page.xpath("//input[@name='csrf_token']/@value")[0]
    for action, status in ((foreign, 404), ("/admin/sites/demo/keys", 404), (account, 403), ("/admin/sites", 403)):
        assert local.post(action, {"csrf_token": token, "id": "x", "name": "X"}).status == status, action
        local.open("/admin")


# --- accounts ---------------------------------------------------------------------------------------------------------


def test_an_account_is_made_with_a_password_shown_once_and_can_sign_in(house: House) -> None:
    admin = house.signed_in().open("/admin")
    admin.send("/admin/accounts", name="Berta", role="moderator", site="demo")
    password = secret_of(admin)
    visitor = house.visitor().open("/login").send("/login", name="Berta", password=password)
    assert visitor.texts("//h1") == ["Waiting (0)"]
    assert visitor.open("/admin").status == 403
    assert visitor.texts("//h1") == ["That is not open to you"]


def test_a_disabled_account_is_out_at_once(house: House) -> None:
    house.account("berta", {"*": Role.MODERATOR})
    theirs = house.signed_in("berta").open("/review")
    admin = house.signed_in().open("/admin")
    (disable,) = admin.page.xpath("//tr[contains(., 'berta')]//form[contains(@action, '/disable')]/@action")
    admin.send(disable)
    assert "disabled" in admin.text
    assert theirs.open("/review").texts("//h1") == ["Sign in"]


def test_rights_are_changed_site_by_site(house: House) -> None:
    house.account("berta", {"*": Role.MODERATOR})
    admin = house.signed_in().open("/admin")
    (role,) = admin.page.xpath("//tr[contains(., 'berta')]//form[contains(@action, '/role')]/@action")
    admin.send(role, site="demo", role="admin")
    assert "moderator: every site" in admin.text
    assert house.signed_in("berta").open("/admin").status == 200
    admin.send(role, site="demo", role="")
    assert house.signed_in("berta").open("/admin").status == 403


def test_rights_hold_in_the_named_sections_and_a_further_one_is_granted_by_name(house: House) -> None:
    house.account("berta", {"demo": Role.MODERATOR})
    admin = house.signed_in().open("/admin")
    (role,) = admin.page.xpath("//tr[contains(., 'berta')]//form[contains(@action, '/role')]/@action")
    admin.send(role, site="demo", role="senior", sections="sport, opinion", extra="batch_reject")
    assert "senior: demo, in sport, opinion, may reject many together" in admin.text
    cookie = house.signed_in("berta").client.get_cookie(COOKIE)
    assert cookie is not None
    berta = account_signed_in(house.services, cookie.value)
    assert berta is not None
    assert [berta.may(right, "demo") for right in ("senior", "batch_approve", "batch_reject", "admin")] == [1, 1, 1, 0]
    assert [berta.reaches("demo", section) for section in ("sport", "city", None)] == [True, False, False]
    admin.send(role, site="*", role="moderator", sections="sport")
    assert admin.status == 422


def test_administrators_cannot_lock_themselves_out(house: House) -> None:
    admin = house.signed_in().open("/admin")
    (role,) = admin.page.xpath("//form[contains(@action, '/role')]/@action")
    (disable,) = admin.page.xpath("//form[contains(@action, '/disable')]/@action")
    assert admin.send(role, site="*", role="moderator").status == 422
    assert admin.send(disable).status == 422
    assert house.signed_in().open("/admin").status == 200


@pytest.mark.parametrize(
    "fields",
    [
        {"name": "", "role": "moderator", "site": "*"},
        {"name": "admin", "role": "moderator", "site": "*"},
        {"name": "x" * 500, "role": "moderator", "site": "*"},
        {"name": "a\x00b", "role": "moderator", "site": "*"},
        {"name": "carl", "role": "emperor", "site": "*"},
        {"name": "carl", "role": "", "site": "*"},
        {"name": "carl", "role": "moderator", "site": "nowhere"},
    ],
)
def test_an_account_that_cannot_be_made_is_refused_in_words(house: House, fields: dict[str, str]) -> None:
    admin = house.signed_in().open("/admin").send("/admin/accounts", **fields)
    assert admin.status == 422
    assert admin.texts("//*[@id='problem']")[0].startswith("The ")


def test_a_moderator_opens_no_page_of_administration(house: House) -> None:
    house.account("berta", {"*": Role.SENIOR})
    desk = house.signed_in("berta").open("/review")
    assert desk.texts("//nav[@aria-label='Desk']//a") == ["Queue", "Audit log"]
    token = desk.page.xpath("//input[@name='csrf_token']/@value")[0]
    for path in ("/admin/sites", "/admin/accounts", "/admin/sites/demo/keys", "/admin/keys/x/revoke"):
        assert desk.post(path, {"csrf_token": token}).status == 403, path
        desk.open("/review")
    assert ADMIN_PASSWORD not in desk.text
