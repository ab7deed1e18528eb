"""Kinds of events: what the service tells is what an endpoint can ask for, and what the chapter explains."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import moderation
from moderation.comments.lifecycle import TRANSITIONS
from moderation.core.comment import WAITING
from moderation.desk import flags
from moderation.storage.moderator_workspace import FlagKind
from moderation.webhooks.kinds import KINDS

ROOM = Path(moderation.__file__).parent
CHAPTER = (ROOM / "webhooks" / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_explained(kind: str) -> None:
    assert f"`{kind}`" in CHAPTER


def test_every_status_that_is_told_has_a_kind() -> None:
    for status in {after for _, after in TRANSITIONS if after not in WAITING}:
        assert {"approved": "comment.published"}.get(status, f"comment.{status}") in KINDS


def test_every_flag_that_is_told_has_a_kind() -> None:
    for kinds in (flags._FLAGGED, flags._UNFLAGGED):
        for flag in (FlagKind.FEATURED, FlagKind.NEWSROOM):
            event = kinds[flag][0]
            assert flags._TOLD.get(event, event) in KINDS


def test_what_is_told_by_name_anywhere_has_a_kind() -> None:
    told = {
        kind
        for file in ROOM.rglob("*.py")
        for kind in re.findall(r'outbox_event\([^)"]*"([a-z]+\.[a-z_]+)"', file.read_text(encoding="utf-8"))
    }
    assert "comment.accepted" in told
    assert told <= set(KINDS)
