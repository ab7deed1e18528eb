"""A comment in a language whose pack can't be loaded is kept, waits unscored, and is scored once it can; a pack that is
damaged while it scores goes on, and the next start is refused.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from moderation.comments.rescoring import score_waiting
from moderation.scoring import build_scorer, for_many_threads
from moderation.scoring.packs import PackDamaged
from tests.newsroom import Newsroom, open_hall
from tests.scoring.small_pack import write_pack

ENGLISH = "I think that the minister is right about this and that we should build the trams."
GERMAN = "Ich finde, dass der Minister völlig recht hat, wenn er mehr in unsere Industrie investieren will."


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = write_pack(tmp_path / "shipped" / "world", name="world", languages=("de", "en"), embedding=False, seed=5)
    monkeypatch.setattr("moderation.scoring.packs.WORLD", folder)
    return folder


@pytest.fixture
def newsroom(world: Path, sqlite_url: str, tmp_path: Path) -> Iterator[Newsroom]:
    """A site whose comments are scored by the pack that ships, and by ``world``."""
    hall = open_hall(sqlite_url, tmp_path)
    scorer = for_many_threads(build_scorer("builtin", "auto", tmp_path / "packs", threads=1))
    assert scorer.wait_until_ready(120)
    newsroom = hall.new_site()
    hall.change(scorer=scorer)
    assert newsroom.put_article().status_code == 201
    yield newsroom
    scorer.close()
    hall.services.database.close()


def test_a_comment_whose_pack_cannot_be_loaded_waits_unscored_and_is_scored_once_it_can(
    newsroom: Newsroom, world: Path
) -> None:
    model = (world / "model.onnx").read_bytes()
    (world / "model.onnx").write_bytes(model[:-1] + b"x")
    german, english = (newsroom.accepted(body=body)["id"] for body in (GERMAN, ENGLISH))
    left = newsroom.whole(german)
    assert (left["status"], left["scores"]) == ("pending", None)
    assert newsroom.whole(english)["scores"]["pack"]["name"] == "builtin"
    (world / "model.onnx").write_bytes(model)
    assert score_waiting(newsroom.services) == 1
    late = newsroom.whole(german)
    assert late["scores"]["pack"]["name"] == "world"
    assert late["scores"]["language"] == {"code": "de", "supported": True}
    assert late["scores"]["relevance"] is not None


def test_a_pack_that_is_damaged_while_it_scores_goes_on_and_the_next_start_is_refused(
    sqlite_url: str, tmp_path: Path
) -> None:
    packs = tmp_path / "packs"
    folder = write_pack(packs / "mine", name="mine", languages=("en",), embedding=False, seed=5)
    hall = open_hall(sqlite_url, tmp_path)
    scorer = for_many_threads(build_scorer("mine", "auto", packs, threads=1))
    assert scorer.wait_until_ready(120)
    newsroom = hall.new_site()
    hall.change(scorer=scorer)
    assert newsroom.put_article().status_code == 201
    before = newsroom.accepted(body=ENGLISH)["id"]
    # Where it is: the same file, half of it gone and the rest spoilt, as a disk or a copy that breaks off leaves it.
    for file in ("model.onnx", "tokenizer.json", "manifest.json"):
        with (folder / file).open("r+b") as opened:
            opened.truncate((folder / file).stat().st_size // 2)
            opened.write(b"\xff" * 1000)
    after = newsroom.accepted(body=ENGLISH + " Nobody else thinks so.", author={"name": "Bea", "id": "bea"})["id"]
    told = [newsroom.whole(each)["scores"]["pack"] for each in (before, after)]
    assert told[0] == told[1]
    assert told[0]["name"] == "mine"
    with pytest.raises(PackDamaged, match="builtin"):
        build_scorer("mine", "auto", packs, threads=1)
    scorer.close()
    hall.services.database.close()
