"""What Coral sends to an external moderation phase, how it signs it, and what it takes for an answer. No I/O.

Coral (https://github.com/coralproject/talk, 9.x) passes over whatever isn't a 200, comes late or holds a word that it
doesn't know, and goes on as if nobody had been asked: so each answer here is made of its own words alone. Fields that
it doesn't know it drops, which leaves room for ``reasons``, for whoever tries this by hand.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import regex

from moderation.core.strict_json import NotJson, parse_json

HEADER = "X-Coral-Signature"
MAX_SIGNATURES = 8
"""Coral signs with the secret in use and with those before it that still hold: two, as a rule."""
LONGEST_BODY = 50_000
"""Characters of a comment as Coral sends it, markup included."""
STAFF = frozenset({"STAFF", "MODERATOR", "ADMIN"})
"""Coral's roles of people who belong to the newsroom."""


class NotCoral(ValueError):
    """A body that isn't a question of Coral's; the message says what is wrong, from ``The request`` on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A new or edited comment. ``body`` is as it was sent, ``parent_id`` and ``author_id`` are Coral's ids."""

    body: str
    parent_id: str | None
    author_id: str | None
    is_staff: bool
    story_id: str | None
    story_url: str | None


def is_signed(header: str, body: bytes, secrets: Iterable[str]) -> bool:
    """Whether one of the header's signatures (``sha256=`` and hexadecimal digits, with commas between) was made of
    these very bytes with one of the secrets.
    """
    told = [part.strip().encode("utf-8", "replace") for part in header.split(",", MAX_SIGNATURES)[:MAX_SIGNATURES]]
    found = False
    for secret in secrets:
        own = b"sha256=" + hmac.new(secret.encode(), body, sha256).hexdigest().encode()
        for one in told:  # all of them, whichever fits: how long it takes says nothing
            found |= hmac.compare_digest(own, one)
    return found


def read_question(body: bytes) -> Question:
    """The question in a request's body. Raises ``NotCoral``."""
    try:
        whole = parse_json(body)
    except NotJson as error:
        raise NotCoral(f"is not JSON: {error}") from error
    comment, author, story = (_object(whole, key) for key in ("comment", "author", "story"))
    text = comment.get("body")
    if not isinstance(text, str):
        raise NotCoral("has no text at comment.body.")
    if len(text) > LONGEST_BODY:
        raise NotCoral(f"holds a comment of {len(text):,} characters; at most {LONGEST_BODY:,} are read.")
    return Question(
        body=text,
        parent_id=_text(comment, "parentID"),
        author_id=_text(author, "id"),
        is_staff=_text(author, "role") in STAFF,
        story_id=_text(story, "id"),
        story_url=_text(story, "url"),
    )


def _object(whole: Any, key: str) -> dict[str, Any]:
    if not isinstance(whole, dict):
        raise NotCoral("is not a JSON object.")
    value = whole.get(key)
    if not isinstance(value, dict):
        raise NotCoral(f"has no object at {key}.")
    return value


def _text(values: dict[str, Any], key: str) -> str | None:
    """A text, as something to look for: what no database can hold is nothing that could be found."""
    value = values.get(key)
    if not isinstance(value, str) or not 0 < len(value) <= 2000 or _UNFINDABLE.search(value):
        return None
    return value


_UNFINDABLE = regex.compile("[\\0\ud800-\udfff]")
_ATTRIBUTE = r"""(?: [a-z]{1,12}="[^"<>]{0,2000}+")"""
_MARKUP = regex.compile(rf"</?(?:a|b|blockquote|br|div|em|i|li|p|s|span|strong|u|ul){_ATTRIBUTE}*+ ?/?>")
_TAG = regex.compile(r"<[a-zA-Z/!?]")
_TARGET = regex.compile(r"""<a(?: [a-z]{1,12}="[^"<>]{0,2000}+")*? href="([^"<>]{0,2000}+)\"""")


def is_html(body: str) -> bool:
    """Whether a body is HTML as Coral keeps it: nothing but the few tags that it lets through. One that is sent as
    plain text holds whatever its writer typed, and all of that is seen: what looks like other markup hides nothing.
    """
    return _TAG.search(_MARKUP.sub("", body)) is None


def links_in(body: str) -> int:
    """How many different addresses a body in HTML leads to, whatever is written on the links."""
    return len(set(_TARGET.findall(body)))
