"""A writer edits a comment while it waits: checked, scored and decided afresh, and no way to learn the thresholds."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from werkzeug.test import TestResponse

from moderation.comments.rescoring import score_again, score_late
from moderation.core.audit_chain import verify
from moderation.core.comment import Status
from moderation.core.errors import ScoringFailed
from moderation.core.reach import Scope
from moderation.core.scores import ScoreRequest, Scores
from moderation.storage.audit import events_of
from moderation.storage.comments import Comment
from moderation.storage.near_duplicates import similar_waiting
from tests.desk.desk import REASONS, colleague
from tests.doubles import ObedientScorer
from tests.newsroom import Newsroom, detail

POLICY = "[policy.approve]\ntoxicity_at_most = 0.2\n[policy.reject]\ntoxicity_at_least = 0.8\n"
WORKER = '[scoring]\nmode = "worker"\n'


def edit(
    newsroom: Newsroom, comment: dict[str, Any], body: Any, receipt: str | None = None, **more: Any
) -> TestResponse:
    query = {"receipt": receipt or comment["receipt"]}
    content = {"body": body} if isinstance(body, str) else body
    return newsroom.client.patch(f"/api/v1/comments/{comment['id']}", query_string=query, json=content, **more)


def test_a_waiting_comment_is_edited_and_judged_anew(newsroom: Newsroom) -> None:
    comment = newsroom.accepted("toxicity=0.3")
    text = newsroom.text("toxicity=0.1 better said")
    answer = edit(newsroom, comment, text)
    assert answer.status_code == 200, answer.text
    assert answer.json == {"status": "pending", "message": comment["message"], "edits_left": 4}
    assert answer.headers["Cache-Control"] == "private, no-store"
    whole = newsroom.whole(comment["id"])
    assert (whole["body"], whole["revision"], whole["scores"]["toxicity"]["toxicity"]) == (text, 2, 0.1)
    events = newsroom.events(comment["id"])
    assert [event["event"] for event in events[3:]] == ["comment.edited", "comment.scored", "comment.decided"]
    assert (events[3]["actor"], set(events[3]["payload"])) == ("reader", {"revision", "was", "body"})
    assert events[3]["payload"]["was"] == events[0]["payload"]["body"] != events[3]["payload"]["body"]
    assert text not in str(events)
    with newsroom.services.database.reading() as session:
        verify(newsroom.site, events_of(session, newsroom.site))


def test_an_edit_may_publish_or_refuse_what_was_never_flagged(newsroom: Newsroom) -> None:
    newsroom.configure(POLICY + "[policy.flag]\ntoxicity_at_least = 0.5\n")
    first, second = newsroom.accepted("toxicity=0.3"), newsroom.accepted("toxicity=0.3")
    published = edit(newsroom, first, newsroom.text("toxicity=0.1"))
    assert published.json is not None
    assert (published.json["status"], published.json["edits_left"]) == ("approved", 0)
    assert [one["id"] for one in (newsroom.published().json or {})["comments"]] == [first["id"]]
    refused = edit(newsroom, second, newsroom.text("toxicity=0.9"))
    assert refused.json is not None
    assert refused.json["status"] == "rejected"
    assert "does not seem respectful" in refused.json["message"]


def test_what_was_flagged_once_is_never_published_by_an_edit(newsroom: Newsroom) -> None:
    newsroom.configure(POLICY + "[policy.flag]\ntoxicity_at_least = 0.5\n")
    comment = newsroom.accepted("toxicity=0.6")
    for _ in range(2):
        assert edit(newsroom, comment, newsroom.text("toxicity=0.1")).json["status"] == "pending"  # type: ignore[index]
    assert newsroom.whole(comment["id"])["reasons"] == [
        "an earlier text of it was flagged, and its writer has edited it since"
    ]
    newsroom.configure(POLICY + WORKER)
    edit(newsroom, comment, newsroom.text("toxicity=0.1"))
    score_late(newsroom.services, comment["id"])
    assert newsroom.status(comment["id"]) == "pending"


def test_where_a_worker_scores_an_edited_comment_waits_for_it_anew(newsroom: Newsroom) -> None:
    newsroom.configure(POLICY + WORKER)
    comment = newsroom.accepted("toxicity=0.9")
    assert edit(newsroom, comment, newsroom.text("toxicity=0.1")).json["status"] == "received"  # type: ignore[index]
    assert newsroom.whole(comment["id"])["scores"] is None
    assert score_late(newsroom.services, comment["id"])
    whole = newsroom.whole(comment["id"])
    assert (whole["status"], whole["scores"]["toxicity"]["toxicity"]) == ("approved", 0.1)


class _Interrupted(ObedientScorer):
    """While it scores, something else happens."""

    def __init__(self, meanwhile: Callable[[], object]) -> None:
        super().__init__()
        self._meanwhile = meanwhile

    def score_each(self, requests: Sequence[ScoreRequest], **more: Any) -> list[Scores | ScoringFailed]:
        answers = super().score_each(requests, **more)
        self._meanwhile()
        return answers


def test_scores_of_a_text_that_was_edited_meanwhile_are_dropped(newsroom: Newsroom) -> None:
    newsroom.configure(POLICY + WORKER)
    comment, before = newsroom.accepted("toxicity=0.1"), newsroom.services.scorer
    edits = _Interrupted(lambda: edit(newsroom, comment, newsroom.text("toxicity=0.9")))
    newsroom.hall.change(scorer=edits)
    try:
        score_late(newsroom.services, comment["id"])
    finally:
        newsroom.hall.change(scorer=before)
    assert (newsroom.status(comment["id"]), newsroom.whole(comment["id"])["scores"]) == ("received", None)
    assert score_late(newsroom.services, comment["id"])
    assert newsroom.status(comment["id"]) == "rejected"


@pytest.mark.parametrize("mode", [WORKER, ""])
def test_whoever_scores_stored_comments_anew_keeps_no_scores_of_a_text_that_was_edited_meanwhile(
    newsroom: Newsroom, mode: str
) -> None:
    newsroom.configure(POLICY + WORKER)
    comment, before = newsroom.accepted("toxicity=0.1"), newsroom.services.scorer
    newsroom.configure(POLICY + mode)
    text = newsroom.text("toxicity=0.9")
    newsroom.hall.change(scorer=_Interrupted(lambda: edit(newsroom, comment, text)))
    try:
        assert score_again(newsroom.services, [comment["id"]]) == 1
    finally:
        newsroom.hall.change(scorer=before)
    whole = newsroom.whole(comment["id"])
    assert (whole["body"], whole["scores"]["toxicity"]["toxicity"]) == (text, 0.9)
    assert whole["status"] == "rejected"


def test_what_a_moderator_put_back_is_left_to_people(newsroom: Newsroom) -> None:
    newsroom.configure(REASONS)
    comment, berta = newsroom.accepted(), colleague(newsroom)
    berta.decide(comment["id"], "approve")
    berta.decide(comment["id"], "reopen")
    newsroom.configure(REASONS + POLICY)
    for words in ("toxicity=0.1", "toxicity=0.9"):
        assert edit(newsroom, comment, newsroom.text(words)).json["status"] == "pending"  # type: ignore[index]
    assert newsroom.whole(comment["id"])["scores"]["toxicity"]["toxicity"] == 0.9


def test_a_comment_is_edited_five_times_at_most(newsroom: Newsroom) -> None:
    comment = newsroom.accepted()
    left = [edit(newsroom, comment, newsroom.text()).json["edits_left"] for _ in range(5)]  # type: ignore[index]
    assert left == [4, 3, 2, 1, 0]
    answer = edit(newsroom, comment, newsroom.text())
    assert answer.status_code == 409
    assert (
        detail(answer) == "A comment can be edited 5 times, and this one was. You can take it back and write a new one."
    )


def test_the_same_text_again_changes_nothing_and_counts_for_nothing(newsroom: Newsroom) -> None:
    text = newsroom.text()
    comment = newsroom.accepted(body=text)
    answer = edit(newsroom, comment, text)
    assert answer.json is not None
    assert (answer.status_code, answer.json["edits_left"]) == (200, 5)
    assert newsroom.whole(comment["id"])["revision"] == 1


def test_an_edit_counts_against_the_readers_limit(newsroom: Newsroom) -> None:
    newsroom.configure('[rate_limits]\nper_reader = ["3 per minute"]\n', limits=True)
    comment = newsroom.send().json or {}
    assert [edit(newsroom, comment, newsroom.text(), environ_base={"REMOTE_ADDR": "203.0.113.7"}).status_code
            for _ in range(3)] == [200, 200, 429]  # fmt: skip
    assert newsroom.whole(comment["id"])["revision"] == 3


def test_an_edit_is_asked_what_a_comment_is_asked(newsroom: Newsroom) -> None:
    said = newsroom.text()
    ada = {"name": "Ada", "id": "ada"}
    newsroom.accepted(author=ada, body=said)
    comment = newsroom.accepted(author=ada)
    for body, code in (
        ("too short", 422), ("long " * 2000, 422), (said, 409), ({}, 422), ({"body": 5}, 422),
        ({"body": newsroom.text(), "name": "Eve"}, 422), ([], 400), ({"body": "\x00" * 60}, 422),
        ({"body": " " * 60}, 422),
    ):  # fmt: skip
        assert edit(newsroom, comment, body).status_code == code, body
    assert newsroom.client.patch(f"/api/v1/comments/{comment['id']}", json={"body": said}).status_code == 401
    other = newsroom.accepted()
    assert edit(newsroom, comment, newsroom.text(), other["receipt"]).status_code == 404
    newsroom.put_article(mode="closed")
    answer = edit(newsroom, comment, newsroom.text())
    assert answer.status_code == 403
    assert newsroom.whole(comment["id"])["revision"] == 1


@pytest.mark.parametrize(
    ("becomes", "told"),
    [
        (Status.APPROVED, "approved"),
        (Status.REJECTED, "rejected"),
        (Status.WITHDRAWN, "withdrawn"),
    ],
)
def test_an_edit_after_a_decision_is_told_what_happened(newsroom: Newsroom, becomes: Status, told: str) -> None:
    newsroom.configure(REASONS)
    comment, berta = newsroom.accepted(), colleague(newsroom)
    if becomes is Status.WITHDRAWN:
        newsroom.client.post(f"/api/v1/comments/{comment['id']}/withdraw", query_string={"receipt": comment["receipt"]})
    else:
        berta.decide(comment["id"], "approve" if becomes is Status.APPROVED else "reject")
    answer = edit(newsroom, comment, newsroom.text())
    assert answer.status_code == 409
    assert told in detail(answer)
    by = "its writer" if becomes is Status.WITHDRAWN else "a person"
    assert answer.json is not None
    assert answer.json["current"] == {"status": becomes, "revision": 2, "by": by}
    assert berta.actor.name not in answer.text
    assert newsroom.whole(comment["id"])["revision"] == 2


def test_a_moderator_decides_on_the_text_that_they_saw(newsroom: Newsroom) -> None:
    newsroom.configure(REASONS)
    comment = newsroom.accepted()
    edit(newsroom, comment, newsroom.text())
    answer = newsroom.decide(comment["id"], revision=1)
    assert answer.status_code == 409
    assert "Its writer edited it meanwhile" in detail(answer)
    assert (answer.json or {})["current"] == {"status": "pending", "revision": 2, "by": "its writer"}
    assert newsroom.decide(comment["id"], revision=2).status_code == 200


def test_of_an_edit_and_a_decision_at_once_one_wins_and_both_are_told(newsroom: Newsroom) -> None:
    newsroom.configure(REASONS)
    for _ in range(4):
        comment, text = newsroom.accepted(), newsroom.text()
        answers, both = _at_once(newsroom, comment, text), newsroom.whole(comment["id"])
        assert sorted(answers.values()) == [200, 409]
        assert (both["body"] == text) == (answers["edit"] == 200)
        assert both["status"] == ("pending" if answers["edit"] == 200 else "approved")


def _at_once(newsroom: Newsroom, comment: dict[str, Any], text: str) -> dict[str, int]:
    """An edit and a decision at the same moment: what each was answered."""
    both = threading.Barrier(2)
    answers: dict[str, int] = {}
    path, query = f"/api/v1/comments/{comment['id']}", {"receipt": comment["receipt"]}

    def decides() -> None:
        both.wait(20)
        answers["decide"] = newsroom.decide(comment["id"], revision=1).status_code

    def edits() -> None:
        client = newsroom.hall.app.test_client()
        both.wait(20)
        answers["edit"] = client.patch(path, query_string=query, json={"body": text}).status_code

    threads = [threading.Thread(target=decides), threading.Thread(target=edits)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def test_an_edited_comment_is_found_by_its_new_words_and_its_new_likes(newsroom: Newsroom) -> None:
    newsroom.configure(REASONS)
    tale = "Whoever reads the whole report of the harbour office finds that the zeppelin was cheaper than any tram."
    comment, like = newsroom.accepted(), newsroom.accepted(body=f"{tale} Ask them.")
    assert edit(newsroom, comment, f"{tale} Ask me.").status_code == 200
    with newsroom.services.database.reading() as session:
        row = session.get_one(Comment, comment["id"])
        (alike,) = similar_waiting(session, row, [Scope(site_id=newsroom.site)])
        assert alike.comment.id == like["id"]
