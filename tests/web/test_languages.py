"""A comment in every language that the shipped packs read goes the whole way: it comes in by HTTP, the right pack
scores it and says which sentence is rude, and the desk shows it with its language.

These need the pack ``world`` beside the code (``moderation/scoring/packs/world``); where it is, none is left out.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from moderation.core.scores import ScoreRequest
from moderation.scoring import build_scorer, for_many_threads
from moderation.scoring.packs import WORLD, read_manifest
from tests.said import SAID
from tests.web.pages import SITE_KEY, Pages, open_pages

pytestmark = pytest.mark.skipif(
    not (WORLD / "manifest.json").is_file(), reason="the pack world isn't in this repository"
)

NAMES = {
    **{
        "ar": "Arabic",
        "cs": "Czech",
        "de": "German",
        "es": "Spanish",
        "fr": "French",
        "hi": "Hindi",
        "hi-Latn": "Hindi",
    },
    **{"id": "Indonesian", "it": "Italian", "ja": "Japanese", "ko": "Korean", "nl": "Dutch", "pl": "Polish"},
    **{"pt": "Portuguese", "ru": "Russian", "sv": "Swedish", "tr": "Turkish", "vi": "Vietnamese", "zh": "Chinese"},
}


@pytest.fixture(scope="module")
def newsroom(furnished_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pages]:
    """The pages with the packs that the service brings."""
    folder = tmp_path_factory.mktemp("languages")
    own = shutil.copy(furnished_template, folder / "own.sqlite3")
    with open_pages(f"sqlite:///{own}", folder) as opened:
        scorer = for_many_threads(build_scorer(threads=2))
        assert scorer.wait_until_ready(120)
        scorer.score([ScoreRequest(text=SAID["de"][0])])  # loads the other pack, however long that takes
        opened.hall.change(scorer=scorer)
        opened.article()
        yield opened
        scorer.close()


def sent(newsroom: Pages, body: str) -> dict[str, Any]:
    """A comment comes in through the API; what a program is told of it then."""
    client, headers = newsroom.app.test_client(), {"Authorization": f"Bearer {SITE_KEY}"}
    content = {"author": {"id": body[:20], "name": "Kim"}, "body": body}
    answer = client.post("/api/v1/articles/lanes/comments", json=content, headers=headers)
    assert answer.status_code in (201, 202), answer.text
    whole = client.get(f"/api/v1/comments/{(answer.json or {})['id']}", headers=headers)
    assert whole.status_code == 200, whole.text
    return dict(whole.json or {})


def test_these_are_the_languages_of_the_pack() -> None:
    assert {code.partition("-")[0] for code in SAID} == set(read_manifest(WORLD).languages)


@pytest.mark.parametrize("code", SAID)
def test_a_comment_in_each_language_goes_the_whole_way(newsroom: Pages, code: str) -> None:
    kind, rude = SAID[code]
    language = code.partition("-")[0]
    whole = sent(newsroom, f"{kind} {rude}")
    scores = whole["scores"]
    assert scores["pack"]["name"] == ("builtin" if code == "en" else "world")
    assert scores["language"] == {"code": language, "supported": True}
    assert not any("can't read" in reason for reason in whole["reasons"])
    first, *_, last = scores["sentences"]
    assert last["toxicity"] > first["toxicity"]
    thanks = sent(newsroom, f"{kind} {kind}")
    assert scores["toxicity"]["toxicity"] > thanks["scores"]["toxicity"]["toxicity"]
    desk = newsroom.signed_in().open(f"/review/comments/{whole['id']}")
    assert desk.page.get_element_by_id("pane-text").get("lang") == language
    if code == "en":
        assert "Scored by builtin" in desk.text
    else:
        assert f"· in {NAMES[code]} ·" in desk.text
        assert "Scored by world" in desk.text
        assert f", as {NAMES[code]}." in desk.text


@pytest.mark.parametrize(
    "text", ["Du Arschloch", "Ta gueule sale con", "傻逼", "تبا لك يا كلب", "Тупая скотина", "bhag saale harami kutte"]
)
def test_a_short_insult_is_read_by_world(newsroom: Pages, text: str) -> None:
    newsroom.configuration.set("[comments]\nminimum_length = 1\n[rate_limits]\nenabled = false\n")
    scores = sent(newsroom, text)["scores"]
    assert (scores["pack"]["name"], scores["language"]["supported"]) == ("world", True)


def test_what_no_pack_reads_waits_and_says_so(newsroom: Pages) -> None:
    whole = sent(newsroom, "Olen sitä mieltä, että ministeri on täysin oikeassa halutessaan sijoittaa teollisuuteemme.")
    assert whole["scores"]["language"] == {"code": "fi", "supported": False}
    assert (whole["status"], whole["reasons"]) == ("pending", ["in a language (fi) that the scoring pack can't read"])
