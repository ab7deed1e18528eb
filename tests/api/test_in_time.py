"""What takes too long is left out, and nobody waits for it: preparing an article, or finding one in a page."""

from __future__ import annotations

import threading
import time

import pytest

from moderation.comments.extraction import ExtractionFailed, _Extractor, extracted
from moderation.comments.preparation import finish, prepare_in_time
from moderation.core.errors import ScoringTooSlow
from moderation.core.scores import ArticleText, PreparedArticle
from tests.newsroom import Newsroom, detail

COMMENTS = "/api/v1/articles/trams/comments"


class Endless:
    """A scorer that never gets ready with an article, until the test lets go."""

    def __init__(self) -> None:
        self.begun = 0
        self.let_go = threading.Event()

    def prepare(self, article: ArticleText) -> PreparedArticle:
        self.begun += 1
        self.let_go.wait(60)
        return PreparedArticle(made_by="endless", passages=(article.title,), vectors=b"")


def test_endless_preparing_is_begun_once_and_waited_for_once() -> None:
    scorer, article = Endless(), ArticleText(title="Endless")
    with pytest.raises(ScoringTooSlow):
        prepare_in_time(scorer, article, 0.2)
    begun = time.monotonic()
    for _ in range(5):
        with pytest.raises(ScoringTooSlow):
            prepare_in_time(scorer, article, 0.2)
    assert scorer.begun == 1
    assert time.monotonic() - begun < 5 * 0.2
    scorer.let_go.set()
    # What came late is there for the next who asks.
    assert prepare_in_time(scorer, article, 30).passages == ("Endless",)
    assert scorer.begun == 1


def test_a_stop_waits_for_what_is_being_prepared_but_not_without_end() -> None:
    scorer, article = Endless(), ArticleText(title="Prepared while the service stops")
    with pytest.raises(ScoringTooSlow):
        prepare_in_time(scorer, article, 0.01)
    assert "preparing" in {thread.name for thread in threading.enumerate()}
    finish(0.05)  # goes on although it never ends
    threading.Timer(0.2, scorer.let_go.set).start()
    finish(60)
    assert scorer.let_go.is_set()
    assert prepare_in_time(scorer, article, 0).passages == (article.title,)
    assert scorer.begun == 1


def test_a_comment_arrives_and_waits_while_its_article_cannot_be_prepared(
    newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    endless = Endless()
    monkeypatch.setattr(newsroom.scorer, "prepare", endless.prepare)
    newsroom.configure("[scoring]\ntimeout_seconds = 0.2\n")
    assert newsroom.put_article(text="An article that no pack gets ready with.").status_code in (200, 201)
    answers = [
        newsroom.server("POST", COMMENTS, json={"author": {"name": f"Ada {n}"}, "body": newsroom.text()})
        for n in range(3)
    ]
    endless.let_go.set()
    assert [(a.status_code, (a.json or {})["status"]) for a in answers] == [(202, "pending")] * 3
    assert (answers[0].json or {})["scores"]["relevance"] is None
    assert endless.begun == 1


def test_a_page_that_takes_too_long_is_given_up_and_the_next_is_read() -> None:
    page = "<p>" + "<br>" * 100_000
    with pytest.raises(ExtractionFailed):
        extracted(page, within_s=0.05)
    words = "<p>The city lays new rails along the quay, and the first trams will run from May.</p>" * 3
    assert "new rails" in (extracted(f"<html><body><article>{words}</article></body></html>", within_s=60) or "")


def test_a_page_is_refused_in_words_where_no_process_can_be_started(
    newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    def none_left(*_arguments: object, **_more: object) -> object:
        raise BlockingIOError(11, "Resource temporarily unavailable")

    monkeypatch.setattr("moderation.comments.extraction._extractor", _Extractor())
    monkeypatch.setattr("moderation.comments.extraction.subprocess.Popen", none_left)
    answer = newsroom.put_article(text=None, html="<article><p>Trams return to the harbour.</p></article>")
    assert answer.status_code == 422
    assert "Send the article's text as `text` instead." in detail(answer)


def test_more_text_than_is_handled_is_refused_by_its_length(newsroom: Newsroom) -> None:
    newsroom.configure("[comments]\nmaximum_body = 20000000")
    answer = newsroom.put_article(text="x" * 1_000_001)
    assert answer.status_code == 422
    assert "1000001 code points" in detail(answer)
