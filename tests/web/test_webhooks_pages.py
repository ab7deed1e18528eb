"""Webhooks, as administrators keep them: endpoints, secrets, deliveries."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from standardwebhooks.webhooks import Webhook

from moderation.storage.accounts import Role
from moderation.webhooks.delivering import Deliverer
from tests.web.pages import Pages, Visitor, secret_of
from tests.webhooks.receiver import OK, Receiver, receiving, status


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as opened:
        yield opened


def deliver(pages: Pages) -> None:
    deliverer = Deliverer(pages.services)
    while deliverer.look():
        pass
    deliverer.finish()
    deliverer.close()


def only_endpoint(admin: Visitor) -> str:
    (href,) = admin.open("/admin/webhooks").page.xpath("//section[@id='webhooks']//li//a/@href")
    return str(href)


def test_an_endpoint_is_added_tried_looked_at_and_removed(pages: Pages, receiver: Receiver) -> None:
    deliver(pages)  # what is there already is told to nobody
    admin = pages.signed_in().open("/admin/webhooks")
    admin.send("/admin/webhooks", site="demo", url=receiver.url, event="comment.accepted", allow_private="yes")
    secret = secret_of(admin)
    assert secret.startswith("whsec_")
    endpoint = only_endpoint(admin)
    assert secret not in admin.text
    admin.open(endpoint)
    assert "200: thanks" in admin.send(f"{endpoint}/test").text
    test = receiver.got[0]
    sent_at = datetime.fromtimestamp(int(test.headers["webhook-timestamp"]), UTC)
    assert Webhook(secret).sign(test.headers["webhook-id"], sent_at, test.text) == test.headers["webhook-signature"]
    receiver.answer = status(500, "<b>our fault</b>")
    pages.say()
    deliver(pages)
    page = admin.open(endpoint)
    assert "500: <b>our fault</b>" in page.text
    assert page.texts("//ul/li//p/code") == ["comment.accepted", "webhook.test"]
    pages.clock.move(days=3, hours=1)
    deliver(pages)
    admin = pages.signed_in()  # three days are more than a session lasts
    page = admin.open(f"{endpoint}?only=dead")
    assert page.texts("//ul/li//p/code") == ["comment.accepted"]
    (number,) = page.page.xpath("//input[@name='delivery']/@value")
    receiver.answer = OK
    admin.send(f"{endpoint}/redeliver", delivery=number)
    deliver(pages)
    assert receiver.kinds.count("comment.accepted") >= 2
    assert admin.open(f"{endpoint}?only=dead").texts("//ul/li//p/code") == []
    admin.open(endpoint).send(f"{endpoint}/rotate")
    assert secret_of(admin) != secret
    assert "newest secret alone" in admin.send(f"{endpoint}/retire").text
    token = admin.page.xpath("//input[@name='csrf_token']/@value")[0]
    assert admin.post(f"{endpoint}/retire", {"csrf_token": token}).status == 422  # pressed in another window too
    assert "is removed" in admin.send(f"{endpoint}/remove").text
    assert admin.open(endpoint).status == 404


def test_an_administrator_of_one_site_has_its_endpoints_alone_and_none_inside_the_house(pages: Pages) -> None:
    chief = pages.signed_in().open("/admin/sites").send("/admin/sites", id="second", name="The Second")
    chief.open("/admin/webhooks").send("/admin/webhooks", site="demo", url="https://cms.example/")
    endpoint = only_endpoint(chief)
    pages.account("local", {"second": Role.ADMIN})
    local = pages.signed_in("local").open("/admin/webhooks")
    assert local.texts("//section[@id='webhooks']//h2/code") == ["second"]
    assert not local.page.xpath("//input[@name='allow_private']")
    token = local.page.xpath("//input[@name='csrf_token']/@value")[0]
    form = {"csrf_token": token, "site": "demo", "url": "https://cms.example/2"}
    assert local.post("/admin/webhooks", form).status == 404
    form = {"csrf_token": token, "site": "second", "url": "http://10.0.0.1/", "allow_private": "yes"}
    assert local.post("/admin/webhooks", form).status == 403
    local.open("/admin/webhooks")
    assert local.send("/admin/webhooks", site="second", url="https://10.0.0.1/").status == 422
    assert local.open(endpoint).status == 404
    token = local.open("/admin/webhooks").page.xpath("//input[@name='csrf_token']/@value")[0]
    for action in ("test", "rotate", "retire", "redeliver", "remove"):
        assert local.post(f"{endpoint}/{action}", {"csrf_token": token}).status == 404


def test_the_pages_speak_the_administrator_s_language(pages: Pages) -> None:
    admin = pages.signed_in().open("/admin/webhooks")
    admin.send("/admin/webhooks", site="demo", url="https://cms.example/")
    assert "Neuer Empfänger" in admin.open("/admin/webhooks?lang=de").text
    assert "Aucun" not in admin.text
    assert "Rien n’a encore été envoyé." in admin.open(f"{only_endpoint(admin)}?lang=fr").text


def test_the_figures_say_how_deliveries_stand(pages: Pages) -> None:
    admin = pages.signed_in().open("/admin/webhooks")
    deliver(pages)
    admin.send("/admin/webhooks", site="demo", url="http://127.0.0.1:1/", allow_private="yes")
    pages.say()
    pages.clock.move(seconds=90)
    figures = pages.app.test_client().get("/metrics").text
    assert 'moderation_webhook_lag_seconds{site="demo"} 90.0' in figures
    deliver(pages)
    figures = pages.app.test_client().get("/metrics").text
    assert 'moderation_webhook_waiting{site="demo"} 1.0' in figures
    assert 'moderation_webhook_failing_endpoints{site="demo"} 1.0' in figures
    assert 'moderation_webhook_dead{site="demo"} 0.0' in figures
