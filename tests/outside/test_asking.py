"""A classifier of one's own: what it is asked, what its answer does, and that it never decides by its absence."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from standardwebhooks.webhooks import Webhook

from moderation.comments.evaluation import with_outside
from moderation.comments.rescoring import score_waiting
from moderation.core.errors import ConfigurationError
from moderation.core.scores import ScoreRequest
from moderation.outside.asking import check_reachable
from moderation.outside.breaker import FAILURES, REST_SECONDS, Breaker
from moderation.storage.comments import decisions_of
from moderation.webhooks.sending import post
from moderation.webhooks.signing import outside_secrets
from tests.coral.asking import connected
from tests.newsroom import Newsroom
from tests.outside.classifier import Asked, obedient
from tests.webhooks.receiver import Answer, Receiver, listening_in_silence, raw, slowly, status

FLAGS = "[policy.flag]\noutside.clickbait_at_least = 0.7\n"
APPROVES = "[policy.approve]\noutside.clickbait_at_most = 0.2\n"
REJECTS = "[policy.reject]\noutside.clickbait_at_least = 0.9\n"
POST = '[comments]\nmode = "post"\n'


def accepted(newsroom: Newsroom, words: str = "", **more: Any) -> dict[str, Any]:
    return newsroom.accepted(words, **more)


# --- what it is asked -------------------------------------------------------------------------------------------------


def test_it_is_asked_with_what_the_pack_knows_and_without_who_wrote_it(asked: Asked) -> None:
    asked.configure(FLAGS)
    newsroom = asked.newsroom
    parent = accepted(newsroom, author={"name": "Berta"})
    text = newsroom.text("toxicity=0.3 language=de")
    body = newsroom.accepted(body=text, parent_id=parent["id"], author={"name": "Ada Nobody-Knows", "id": "ada-1"})
    assert body["status"] == "pending"
    question = asked.questions[-1]
    assert question.keys() == {"text", "article", "parent", "language", "scores"}
    assert question["text"] == text
    assert question["article"] == {
        "title": "Trams return to the harbour",
        "text": "The city lays new rails.\n\nTrams will run from May.",
    }
    assert question["parent"] == newsroom.whole(parent["id"])["body"]
    assert question["language"] == {"code": "de", "supported": True}
    assert question["scores"]["toxicity"]["toxicity"] == 0.3
    assert "Nobody-Knows" not in asked.receiver.got[-1].text
    assert "ada-1" not in asked.receiver.got[-1].text


def test_its_receiver_can_check_that_we_ask(asked: Asked) -> None:
    asked.configure(FLAGS)
    accepted(asked.newsroom)
    request = asked.receiver.got[-1]
    secret = outside_secrets(asked.newsroom.services.keys.webhooks)[0]
    signature = request.headers["webhook-signature"]
    expected = Webhook(secret).sign(request.headers["webhook-id"], asked.newsroom.clock.now, request.text)
    assert signature.split(" ")[0] == expected


# --- what its answer does ---------------------------------------------------------------------------------------------


def test_its_signals_flag_publish_and_refuse(asked_on_both: Asked) -> None:
    asked, newsroom = asked_on_both, asked_on_both.newsroom
    asked.configure(FLAGS + APPROVES + REJECTS)
    low, flagged, refused = (accepted(newsroom, f"clickbait={value}") for value in (0.1, 0.8, 0.95))
    assert [one["status"] for one in (low, flagged, refused)] == ["approved", "pending", "rejected"]
    assert flagged["reasons"] == ["outside: clickbait 0.80, at or over 0.70"]
    assert flagged["scores"]["outside"] == {"clickbait": 0.8}
    assert newsroom.whole(flagged["id"])["scores"]["outside"] == {"clickbait": 0.8}
    with newsroom.services.database.reading() as session:
        (decision,) = decisions_of(session, refused["id"])
    assert decision.basis["signals"]["outside.clickbait"] == 0.95
    assert decision.statement is not None
    assert decision.statement["automated_decision"] is True


def test_an_edit_and_a_late_score_are_asked_about_too(asked: Asked) -> None:
    newsroom = asked.newsroom
    asked.configure(FLAGS)
    one = accepted(newsroom)
    path = f"/api/v1/comments/{one['id']}?receipt={one['receipt']}"
    edited = newsroom.client.patch(path, json={"body": newsroom.text("clickbait=0.9")})
    assert edited.status_code == 200
    assert "outside: clickbait 0.90, at or over 0.70" in newsroom.whole(one["id"])["reasons"]
    newsroom.scorer.fails = 1
    late = accepted(newsroom, "clickbait=0.75")
    assert late["scores"] is None
    assert score_waiting(newsroom.services) >= 1
    assert newsroom.whole(late["id"])["scores"]["outside"] == {"clickbait": 0.75}


def test_many_late_scores_are_asked_about_together(asked: Asked) -> None:
    newsroom = asked.newsroom
    asked.configure(FLAGS)
    newsroom.scorer.fails = 12
    late = [accepted(newsroom, f"clickbait=0.{number:02}") for number in range(12)]
    while score_waiting(newsroom.services):
        pass
    said = [newsroom.whole(one["id"])["scores"]["outside"]["clickbait"] for one in late]
    assert said == [number / 100 for number in range(12)]


def test_where_nothing_is_configured_nobody_is_asked(asked: Asked) -> None:
    asked.newsroom.configure("")
    one = accepted(asked.newsroom)
    assert "outside" not in one["scores"]
    assert not asked.receiver.got


def test_coral_s_comments_are_asked_about_too_within_the_time_that_coral_waits(asked: Asked) -> None:
    coral = connected(asked.newsroom)
    asked.configure(REJECTS + APPROVES, settings="timeout_ms = 5000")
    assert coral.status("<div>clickbait=0.95</div>") == "REJECTED"
    assert coral.status("<div>clickbait=0.1</div>") == "APPROVED"
    asked.receiver.answer = asked.receiver.hang
    told = coral.ask("<div>It hangs.</div>")
    assert told["status"] == "PREMOD"
    assert "outside: clickbait unknown" in told["reasons"][0]


def test_with_less_time_than_it_is_allowed_nobody_is_blamed(asked: Asked) -> None:
    asked.configure(FLAGS, settings="timeout_ms = 5000")
    asked.receiver.answer = asked.receiver.hang
    services, request = asked.newsroom.services, ScoreRequest(text="Hello")
    scores = services.scorer.score_one(request)
    for _ in range(FAILURES + 1):
        (said,) = with_outside(services, [(request, scores)], timeout_s=0.05)
        assert said.outside == {"clickbait": None}
    asked.receiver.answer = obedient
    (said,) = with_outside(services, [(ScoreRequest(text="clickbait=0.4"), scores)])
    assert said.outside == {"clickbait": 0.4}


# --- its absence ------------------------------------------------------------------------------------------------------


def trouble(receiver: Receiver) -> dict[str, Answer]:
    return {
        "an error": status(500, "no"),
        "a redirect": status(302, Location=receiver.url),
        "no JSON": status(200, "clickbait!"),
        "nothing": status(200, ""),
        "a list": status(200, "[]"),
        "no signals": status(200, '{"clickbait": 1}'),
        "a word": status(200, '{"signals": {"clickbait": "much"}}'),
        "true": status(200, '{"signals": {"clickbait": true}}'),
        "too much": status(200, '{"signals": {"clickbait": 1.01}}'),
        "no number": status(200, '{"signals": {"clickbait": NaN}}'),
        "half an answer": status(200, json.dumps({"signals": {"clickbait": 0.1}, "more": "x" * 70_000})),
        "another signal": status(200, '{"signals": {"helpful": 0.9}}'),
        "silence": receiver.hang,
    }


@pytest.mark.parametrize("name", list(trouble(Receiver(port=0))))
def test_it_never_decides_by_its_absence(asked: Asked, name: str) -> None:
    newsroom = asked.newsroom
    asked.receiver.answer = trouble(asked.receiver)[name]
    quick = "timeout_ms = 100"
    asked.configure(POST + REJECTS, settings=quick)
    assert accepted(newsroom)["status"] == "approved", "what only refuses by it goes on without it"
    asked.configure(APPROVES, settings=quick)
    waits = accepted(newsroom)
    assert waits["status"] == "pending"
    assert "outside: clickbait unknown: the classifier gave no answer" in waits["reasons"][0]
    asked.configure(POST + FLAGS, settings=quick)
    flagged = accepted(newsroom)
    assert flagged["status"] == "pending"
    assert flagged["reasons"] == ["outside: clickbait unknown: the classifier gave no answer"]
    assert flagged["scores"]["outside"] == {"clickbait": None}


@pytest.mark.parametrize("url", ["http://127.0.0.1:1/", "http://nowhere.invalid/"])
def test_an_address_where_nobody_listens_gives_no_signal(asked: Asked, url: str) -> None:
    settings = f'[scoring.outside]\nurl = "{url}"\nallow_private = true\nsignals = ["clickbait"]\n'
    asked.newsroom.configure(settings + POST + REJECTS)
    one = accepted(asked.newsroom)
    assert (one["status"], one["scores"]["outside"]) == ("approved", {"clickbait": None})


def test_one_that_fails_again_and_again_is_left_alone_and_then_tried_again(asked: Asked) -> None:
    now = [0.0]
    asked.configure(POST + REJECTS)
    asked.receiver.answer = status(503)
    for _ in range(FAILURES + 3):
        accepted(asked.newsroom)
    assert len(asked.receiver.got) == FAILURES
    figures = asked.newsroom.client.get("/metrics").text
    assert re.search(r'moderation_outside_total\{classifier="address",result="skipped"\} [1-9]', figures)

    breaker = Breaker(lambda: now[0])
    assert [breaker.failed() for _ in range(FAILURES + 1)] == [False] * (FAILURES - 1) + [True, False]
    assert not breaker.may_ask()
    now[0] += REST_SECONDS
    assert [breaker.may_ask() for _ in range(3)] == [True, False, False]
    breaker.failed()
    assert not breaker.may_ask()
    now[0] += REST_SECONDS
    assert breaker.may_ask()
    breaker.succeeded()
    assert [breaker.may_ask() for _ in range(3)] == [True] * 3


WORDS = b"Something very private"


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 22\r\n\r\n" + WORDS,
        WORDS + b"\r\n\r\n",
        b"HTTP/1.1 " + WORDS + b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nA: b\r\n" + WORDS + b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + WORDS + b"\r\n\r\n",
    ],
)
def test_no_text_gets_into_the_log(asked: Asked, caplog: pytest.LogCaptureFixture, answer: bytes) -> None:
    asked.configure(POST + REJECTS)
    asked.receiver.answer = raw(answer)
    accepted(asked.newsroom, WORDS.decode())
    assert "gave no signals" in caplog.text
    assert "very private" not in caplog.text
    assert "/events" not in caplog.text  # nor where it is asked


def test_one_to_whom_another_has_left_no_time_is_not_blamed(asked: Asked, package: None) -> None:
    asked.configure(FLAGS, settings='timeout_ms = 400\nfunctions = ["waits"]', signals='"clickbait", "shouting"')
    asked.receiver.answer = slowly(0.25, obedient)
    for _ in range(FAILURES + 1):
        accepted(asked.newsroom, "clickbait=0.4")
    asked.receiver.answer = obedient
    assert accepted(asked.newsroom)["scores"]["outside"]["shouting"] == 0.5


def test_a_connection_that_takes_too_long_is_late_and_no_failure(asked: Asked) -> None:
    with listening_in_silence() as port:
        url = f"https://127.0.0.1:{port}/"
        sent = post(url, {}, b"{}", allow_private=True, seconds=0.2)
    assert (sent.overdue, sent.error) == (True, "no answer within 0.2 seconds")


# --- where questions go -----------------------------------------------------------------------------------------------


def test_an_address_of_one_s_own_network_must_be_allowed(asked: Asked) -> None:
    url = asked.receiver.url.replace("http:", "https:")
    asked.newsroom.configure(f'[scoring.outside]\nurl = "{url}"\nsignals = ["clickbait"]\n' + POST)
    accepted(asked.newsroom)
    assert not asked.receiver.got
    with pytest.raises(ConfigurationError, match=r"scoring\.outside\.url"):
        check_reachable(asked.newsroom.services.configuration.current().scoring.outside)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[policy.flag]\noutside.clickbait_at_least = 0.5\n", "doesn't list. It lists none."),
        ('[scoring.outside]\nurl = "ftp://x"\nsignals = ["a"]\n', "must be an address"),
        ('[scoring.outside]\nurl = "http://x.example/"\nsignals = ["a"]\n', "allow_private = true"),
        ('[scoring.outside]\nsignals = ["a"]\n', "nobody gives these signals"),
        ('[scoring.outside]\nurl = "https://x.example/"\n', "signals: is missing"),
        ('[scoring.outside]\nurl = "https://x.example/"\nsignals = ["a", "a"]\n', "each once"),
        ('[scoring.outside]\nurl = "https://x.example/"\nsignals = ["A"]\n', "small letters"),
        ('[scoring.outside]\nurl = "https://x.example/"\nsignals = ["a_at_least"]\n', "small letters"),
        ('[scoring.outside]\nfunctions = ["f"]\nsignals = ["a"]\ntimeout_ms = 9\n', "from 10 to 5000"),
        (
            '[scoring.outside]\nfunctions = ["f"]\nsignals = ["a"]\n[policy.flag]\noutside.a_at_least = 2\n',
            "from 0 to 1",
        ),
        (
            '[scoring.outside]\nfunctions = ["f"]\nsignals = ["a"]\n[policy.flag]\noutside.a_at_leas = 0.5\n',
            "no condition",
        ),
        ("[policy.flag]\noutside = 0.5\n", "must be a table"),
        ('[scoring.outside]\nurls = "https://x.example/"\n', "Did you mean url?"),
    ],
)
def test_a_wrong_configuration_names_what_is_wrong(asked: Asked, text: str, said: str) -> None:
    with pytest.raises(ConfigurationError) as error:
        asked.newsroom.configure(text)
    assert said in str(error.value)


def test_settings_change_without_a_restart(asked: Asked) -> None:
    asked.configure(FLAGS)
    accepted(asked.newsroom)
    asked.configure(FLAGS + "outside.helpful_at_most = 0.1\n", signals='"clickbait", "helpful"')
    one = accepted(asked.newsroom, "clickbait=0.1 helpful=0.05")
    assert one["reasons"] == ["outside: helpful 0.05, at or under 0.10"]
    assert one["scores"]["outside"] == {"clickbait": 0.1, "helpful": 0.05}
