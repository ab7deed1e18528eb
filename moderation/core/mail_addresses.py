"""Mail addresses that letters may go to: plain ones, in ASCII, with nothing that a header or a server could misread."""

from __future__ import annotations

import re

from moderation.core.errors import InvalidField
from moderation.core.messages import Message

LONGEST = 254
_LONGEST_LOCAL = 64
_ATOM = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+")
_LABEL = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?")


def is_mail_address(text: str) -> bool:
    """Whether a text is an address such as ``ada@example.org``."""
    local, at, domain = text.rpartition("@")
    labels = domain.split(".")
    return (
        bool(at)
        and len(text) <= LONGEST
        and len(local) <= _LONGEST_LOCAL
        and all(_ATOM.fullmatch(part) for part in local.split("."))
        and len(labels) > 1
        and all(_LABEL.fullmatch(label) for label in labels)
        and not labels[-1].isdigit()
    )


def mail_address(text: str, field: str) -> str:
    """The address that somebody typed. Raises ``InvalidField``."""
    text = text.strip()
    if not is_mail_address(text):
        raise InvalidField(field, Message("mail_address_wrong"))
    return text
