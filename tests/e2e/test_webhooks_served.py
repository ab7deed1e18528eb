"""`moderation serve` tells a site of its events by itself, and tries again soon where that fails."""

from __future__ import annotations

from tests.e2e.service import Service
from tests.waiting import until
from tests.webhooks.receiver import OK, receiving, status

BODY = "The bridge will spare my children the detour along the main road every morning."
ARTICLE = {"title": "The bridge", "text": "The council builds a bridge over the river."}


def test_serving_delivers_and_retries_within_ten_seconds(own_service: Service) -> None:
    service = own_service.start()
    with receiving() as receiver:
        receiver.answer = status(503)
        added = service.command("webhooks", "add", "--site", "demo", receiver.url, "--allow-private")
        assert added.exit_code == 0, added.stderr
        assert service.ask("PUT", "/api/v1/articles/bridge", ARTICLE).status == 201
        until(lambda: receiver.kinds == ["article.opened"])
        receiver.answer = OK
        comment = service.ask(
            "POST", "/api/v1/articles/bridge/comments", {"author": {"name": "Ada", "id": "ada"}, "body": BODY}
        )
        assert comment.status in (201, 202)
        until(lambda: "comment.accepted" in receiver.kinds and receiver.kinds.count("article.opened") == 2)
        first, again = (request.at for request in receiver.got if request.kind == "article.opened")
        assert again - first < 10
        assert service.stop() == 0
