"""What Coral does when a comment is written there: bodies and signatures as its version 9.11 makes them."""

from __future__ import annotations

import hmac
import json
import secrets
from dataclasses import dataclass
from typing import Any

from werkzeug.test import TestResponse

from moderation.coral.secret import keep_secret
from tests.newsroom import Newsroom

PATH = "/api/v1/integrations/coral"
STORY = "https://news.example/trams"


def new_secret() -> str:
    """As Coral makes one: 32 to 36 random bytes."""
    return "empsec_" + secrets.token_hex(33)


@dataclass(slots=True)
class Coral:
    """A site's Coral with the secrets of its phase, the newest first."""

    newsroom: Newsroom
    secrets: list[str]

    def question(self, body: str, **changes: Any) -> dict[str, Any]:
        """A new comment by a reader; ``changes`` are merged into its objects."""
        whole: dict[str, Any] = {
            "action": "NEW",
            "comment": {"body": body, "parentID": None},
            "author": {"id": "baf4e943-3594-4fcc-b2ba-3e8de7a76352", "role": "COMMENTER"},
            "story": {"id": "245b3856-b0a0-4d2f-a6bb-58c71f18d6a6", "url": STORY},
            "site": {"id": "a4bede88-2d2c-4424-bc18-4322a9e285a6"},
            "tenantID": "19ba5794-7eeb-4d46-a81b-c00c61672501",
            "tenantDomain": "coral.news.example",
        }
        for key, value in changes.items():
            whole[key] = {**whole[key], **value} if isinstance(value, dict) else value
        return whole

    def signature(self, body: bytes) -> str:
        return ",".join(f"sha256={hmac.new(one.encode(), body, 'sha256').hexdigest()}" for one in self.secrets)

    def send(self, body: bytes, signature: str | None = None) -> TestResponse:
        headers = {"X-Coral-Signature": self.signature(body) if signature is None else signature}
        headers["User-Agent"] = "Coral Moderation/9.11.8"
        return self.newsroom.client.post(PATH, data=body, content_type="application/json", headers=headers)

    def ask(self, body: str, **changes: Any) -> dict[str, Any]:
        """What Coral is told about a comment."""
        sent = json.dumps(self.question(body, **changes), indent=2, ensure_ascii=False).encode()
        answer = self.send(sent)
        assert answer.status_code == 200, answer.text
        assert answer.content_type == "application/json"
        told = dict(answer.json or {})
        check(told)
        return told

    def status(self, body: str, **changes: Any) -> str:
        return str(self.ask(body, **changes)["status"])


def connected(newsroom: Newsroom) -> Coral:
    """A site whose article has an address, with its Coral's secret."""
    assert newsroom.put_article(url=STORY, aliases=["https://m.news.example/t/1"]).status_code == 200
    secret = new_secret()
    keep_secret(newsroom.services, "test", newsroom.site, secret)
    return Coral(newsroom, [secret])


_STATUSES = ("NONE", "APPROVED", "REJECTED", "PREMOD", "SYSTEM_WITHHELD")
_CODES = (
    *("OFFENSIVE", "ABUSIVE", "SPAM", "BANNED_WORD", "AD", "ILLEGAL_CONTENT", "HARASSMENT_BULLYING", "MISINFORMATION"),
    *("HATE_SPEECH", "IRRELEVANT_CONTENT", "OTHER"),
)
_REASON = ("code", "legalGrounds", "detailedExplanation", "customReason")


def check(told: dict[str, Any]) -> None:
    """Fails where Coral would throw an answer away for a word that it doesn't know."""
    assert told["status"] in _STATUSES
    for action in told.get("actions", ()):
        assert action["actionType"] == "FLAG"
        assert action["reason"] in ("COMMENT_DETECTED_TOXIC", "COMMENT_DETECTED_SPAM")
    if "moderationAction" in told:
        assert told["status"] == told["moderationAction"]["status"] == "REJECTED"
        reason = told["moderationAction"]["rejectionReason"]
        assert reason["code"] in _CODES
        assert set(reason) <= set(_REASON)
        assert all(isinstance(value, str) and value for value in reason.values())
