"""Secrets that events are signed with, as Standard Webhooks has it, and how they are kept."""

from __future__ import annotations

import secrets
from base64 import b64encode
from collections.abc import Iterable
from datetime import datetime

from standardwebhooks.webhooks import Webhook

from moderation.core import sealing
from moderation.core.keyring import Keys

PREFIX = "whsec_"
_WHAT = b"moderation webhook secrets"
_OUTSIDE = b"moderation outside classifiers"


def new_secret() -> str:
    """A secret for an endpoint: ``whsec_`` and 32 random bytes in base 64."""
    return PREFIX + b64encode(secrets.token_bytes(32)).decode()


def sealed(keys: Keys, secret: str) -> str:
    """A secret as it is stored."""
    return sealing.sealed(keys, _WHAT, secret)


def opened(keys: Keys, stored: str) -> str | None:
    """A stored secret; None where the key that it was kept under is retired."""
    return sealing.opened(keys, _WHAT, stored)


def signed_headers(signing: Iterable[str], message_id: str, at: datetime, body: str) -> dict[str, str]:
    """The headers by which a receiver knows that an event is ours: a signature for each of its secrets."""
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": " ".join(Webhook(secret).sign(message_id, at, body) for secret in signing),
    }


def outside_secrets(keys: Keys) -> tuple[str, ...]:
    """What questions to classifiers are signed with, newest first. It follows from the key ring, and isn't stored."""
    return tuple(PREFIX + b64encode(sealing.derived(secret, _OUTSIDE)).decode() for secret in keys.secrets)
