"""Secrets that events are signed with, as Standard Webhooks has it, and how they are kept."""

from __future__ import annotations

import secrets
from base64 import b64encode
from collections.abc import Iterable
from datetime import datetime

from standardwebhooks.webhooks import Webhook

from moderation.core.keyring import Keys
from moderation.core.sealing import Seal, derived

PREFIX = "whsec_"


def new_secret() -> str:
    """A secret for an endpoint: ``whsec_`` and 32 random bytes in base 64."""
    return PREFIX + b64encode(secrets.token_bytes(32)).decode()


def seal(keys: Keys) -> Seal:
    """How secrets are stored."""
    return Seal("webhook secrets", keys.secrets)


def signed_headers(signing: Iterable[str], message_id: str, at: datetime, body: str) -> dict[str, str]:
    """The headers by which a receiver knows that an event is ours: a signature for each of its secrets."""
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": " ".join(Webhook(secret).sign(message_id, at, body) for secret in signing),
    }


def outside_secrets(keys: Keys) -> tuple[str, ...]:
    """What questions to classifiers are signed with, newest first. It follows from the key ring, and isn't stored."""
    return tuple(PREFIX + b64encode(derived("outside classifiers", secret)).decode() for secret in keys.secrets)
