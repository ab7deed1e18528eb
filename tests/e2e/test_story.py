"""What the service is for: a comment is written, waits, is approved, appears, and can be accounted for."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.service import ADMIN_PASSWORD, Service

BODY = (
    "Talks alone refine nothing: what I want to know is who pays for the plants that turn these minerals into metal, "
    "and where they will stand. Reference {}."
)


def test_the_story_by_http(service: Service) -> None:
    body = BODY.format("by HTTP")
    home = service.ask("GET", "/", key=None)
    assert home.status == 200
    assert "0/50" in home.body.decode()
    assert "Priya S" in home.body.decode()

    article = {"title": "Ministers speak of minerals", "text": f"Ministers met. They spoke of supply chains.\n\n{body}"}
    assert service.ask("PUT", "/api/v1/articles/ministers", article).status == 201
    sent = service.ask(
        "POST",
        "/api/v1/articles/ministers/comments",
        {"author": {"name": "Asha T"}, "body": body, "external_id": "x-1"},
    )
    assert sent.status == 202
    arrival = sent.json
    assert arrival["status"] == "pending"
    assert {"id", "status", "message", "receipt", "created_at", "scores", "reasons"} <= set(arrival)
    assert arrival["reasons"]
    comment = f"/api/v1/comments/{arrival['id']}"

    standing = service.ask("GET", f"{comment}?receipt={arrival['receipt']}", key=None)
    assert standing.json["status"] == "pending"
    assert service.ask("GET", f"{comment}?receipt=guessed", key=None).status == 404
    assert service.ask("GET", "/api/v1/articles/ministers/comments").json["comments"] == []

    decided = service.ask("POST", f"{comment}/decisions", {"outcome": "approve", "revision": 1})
    assert decided.status == 200
    late = service.ask("POST", f"{comment}/decisions", {"outcome": "reject", "reason": "off-topic", "revision": 1})
    assert late.status == 409
    published = service.ask("GET", "/api/v1/articles/ministers/comments").json["comments"]
    assert [one["body"] for one in published] == [body]

    events = service.ask("GET", f"{comment}/audit").json["events"]
    assert [event["event"] for event in events] == [
        "comment.submitted",
        "comment.scored",
        "comment.decided",
        "comment.approved",
    ]
    verified = service.command("audit", "verify")
    assert verified.exit_code == 0, verified.stdout
    assert "chain demo: " in verified.stdout
    exported = service.command("audit", "export").stdout
    assert all(event["hash"] in exported for event in events)
    assert body not in exported
    assert "Asha" not in exported


@pytest.mark.browser
def test_the_story_in_a_browser(service: Service, page: Page, tmp_path: Path) -> None:
    body = BODY.format("in a browser")
    problems: list[str] = []
    page.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: problems.append(str(error)))

    page.goto(service.address)
    article = page.get_by_role("heading", level=1).inner_text()
    page.locator("reader-comments").scroll_into_view_if_needed()
    expect(page.get_by_text("Nisha Z", exact=True)).to_be_visible()
    counter = page.locator(".counter")
    expect(counter).to_have_text("0/50")
    page.get_by_label("Your name").fill("Meera K")
    page.get_by_label("Your comment").fill("Too short.")
    expect(counter).to_have_text("10/50")
    page.get_by_label("Your comment").fill(body)
    page.get_by_role("button", name="Send comment").click()
    expect(page.locator(".notice")).to_contain_text("Your comment waits for a moderator.")
    expect(page.get_by_role("link", name="Where it stands")).to_be_visible()
    expect(page.locator(".own .text")).to_have_text(body)
    assert body not in page.get_by_role("list", name="Comments", exact=True).inner_text()

    page.goto(f"{service.address}/review")
    page.get_by_label("Name").fill("admin")
    page.get_by_label("Password").fill(ADMIN_PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.goto(f"{service.address}/review?find=in+a+browser")
    card = page.locator("article.card", has_text=body)
    expect(card).to_be_visible()
    comment_id = str(card.get_attribute("id")).removeprefix("c-")
    page.goto(f"{service.address}/review/comments/{comment_id}")
    expect(page.get_by_role("heading", name="Why it waits")).to_be_visible()
    assert page.locator(".why .reasons li").count() > 0
    expect(page.get_by_text(article).first).to_be_visible()
    page.get_by_role("button", name="Approve", exact=True).click()
    page.wait_for_url("**/review?**")

    page.goto(service.address)
    page.locator("reader-comments").scroll_into_view_if_needed()
    expect(page.get_by_role("list", name="Comments", exact=True).get_by_text(body)).to_be_visible()
    expect(page.locator(".own")).to_have_count(0)

    page.goto(f"{service.address}/audit?subject={comment_id}")
    told = page.locator("tbody").inner_text()
    for event in ("comment.submitted", "comment.scored", "comment.decided", "comment.approved"):
        assert event in told
    page.get_by_role("button", name="Verify the chains now").click()
    # In the background, and the page looks again by itself.
    expect(page.get_by_text("Every chain that you may see verifies.")).to_be_visible(timeout=60_000)
    assert problems == []


def test_health_readiness_and_figures_answer(service: Service) -> None:
    assert service.ask("GET", "/healthz", key=None).json == {"status": "alive"}
    assert service.ask("GET", "/readyz", key=None).status == 200
    assert b"# TYPE" in service.ask("GET", "/metrics", key=None).body
    assert service.ask("GET", "/openapi.json", key=None).json["openapi"].startswith("3.1")


def test_ten_megabytes_are_refused_with_an_answer_that_arrives(service: Service) -> None:
    big = {"author": {"name": "Ada"}, "body": "x" * 10_000_000}
    answer = service.ask("POST", "/api/v1/articles/anything/comments", big)
    assert answer.status == 413
    assert answer.headers["Content-Type"] == "application/problem+json"


def test_a_changed_policy_takes_effect_without_a_restart(own_service: Service, tmp_path: Path) -> None:
    file = tmp_path / "moderation.toml"
    file.write_text("[comments]\nminimum_length = 50\n")
    service = own_service
    service.environment["MODERATION_CONFIG"] = str(file)
    service.start()
    text = {"title": "A title", "text": "A text that is long enough to be an article's own."}
    service.ask("PUT", "/api/v1/articles/short", text)
    comment = {"author": {"name": "Ada"}, "body": "Eleven chars"}
    assert service.ask("POST", "/api/v1/articles/short/comments", comment).status == 422
    file.write_text("[comments]\nminimum_length = 5\n")
    deadline = time.monotonic() + 30
    while (answer := service.ask("POST", "/api/v1/articles/short/comments", comment)).status == 422:
        assert time.monotonic() < deadline, answer.json
        time.sleep(0.2)
    assert answer.status == 202
    file.write_text("[comments]\nminimum_length = 'none'\n")
    time.sleep(2)
    again = {"author": {"name": "Ada"}, "body": "Eleven more"}
    assert service.ask("POST", "/api/v1/articles/short/comments", again).status == 202
    assert "comments.minimum_length" in (tmp_path / "log").read_text()
