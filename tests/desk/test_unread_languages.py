"""Comments whose scores decide nothing, as no pack reads their language or none has scored them: people read each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select, update

from moderation.comments.rescoring import score_late
from moderation.config.configuration_file import parse_configuration
from moderation.core.reach import Scope
from moderation.core.scores import ArticleText, PreparedArticle, Scale, ScoreRequest, Scores
from moderation.desk.bulk import decide_score_range
from moderation.desk.bulk_runner import carry_on
from moderation.desk.decide import Ruling, Verdict
from moderation.policy_lab.replay import replay_all
from moderation.scoring import pack_scorer
from moderation.storage.actions import ModeratorAction
from moderation.storage.base import table_of
from moderation.storage.desk_lists import ScoreRange as ListScoreRange
from moderation.storage.desk_lists import Unusable, Wanted, how_many, page_of
from moderation.storage.queue_index import QueueIndex
from moderation.storage.score_map import SIGNALS, Area, ScoreRange, histogram, numbers_within, sampled
from tests.desk.desk import Colleague, colleague
from tests.newsroom import Newsroom
from tests.plans import plans_of

THREATS = {
    "de": "Ich weiß genau, wo du wohnst, und morgen Nacht komme ich vorbei und bringe dich um.",
    "fr": "Je sais très bien où tu habites, et demain soir je viendrai chez toi pour te tuer.",
    "ar": "أعرف جيدا أين تسكن وسوف آتي إليك غدا في الليل وأقتلك أنت وعائلتك كلها",
    "es": "Sé perfectamente dónde vives, y mañana por la noche voy a ir a tu casa para matarte.",
    "ru": "Я прекрасно знаю, где ты живёшь, и завтра ночью я приду к тебе домой и убью тебя.",
    "hi": "मुझे अच्छी तरह पता है कि तुम कहाँ रहते हो, कल रात मैं आकर तुम्हें जान से मार दूँगा।",
}
APPROVE = Ruling(verdict=Verdict.APPROVE)
HARMLESS = ScoreRange(signal="toxicity", low=0, high=5)
GENEROUS = """
[policy.approve]
toxicity_at_most = 1.0
[policy.flag]
toxicity_at_least = 0.0
name_toxicity_at_least = false
relevance_at_most = 1.0
"""


class BuiltinPack:
    """The pack that ships, as the newsroom's scorer."""

    def __init__(self) -> None:
        self._scorer = pack_scorer("builtin", "auto", threads=1)
        self.stamp, self.prepares_as, self.ready = self._scorer.stamp, self._scorer.prepares_as, True

    def prepare(self, article: ArticleText) -> PreparedArticle:
        return self._scorer.prepare(article)

    def score_one(
        self, request: ScoreRequest, *, scale: Scale = Scale.NATURAL, timeout_s: float | None = None
    ) -> Scores:
        return self._scorer.score([request], scale=scale)[0]

    def score_each(
        self, requests: Sequence[ScoreRequest], *, scale: Scale = Scale.NATURAL, timeout_s: float | None = None
    ) -> list[Scores]:
        return self._scorer.score(requests, scale=scale)


@pytest.fixture(scope="module")
def builtin() -> BuiltinPack:
    return BuiltinPack()


def area(newsroom: Newsroom) -> Area:
    return Area(scopes=(Scope(site_id=newsroom.site),))


def mapped(newsroom: Newsroom, signal: str = "toxicity") -> Any:
    with newsroom.services.database.reading() as session:
        return histogram(session, area(newsroom), signal)


def unread(newsroom: Newsroom, code: str = "de", **more: Any) -> str:
    return str(newsroom.accepted(f"toxicity=0.0 relevance=0.0 unreadable language={code}", **more)["id"])


def unscored(newsroom: Newsroom) -> str:
    newsroom.scorer.fails = 1
    return str(newsroom.accepted()["id"])


def listed(newsroom: Newsroom, **more: Any) -> list[str]:
    with newsroom.services.database.reading() as session:
        return page_of(session, Wanted(scopes=(Scope(site_id=newsroom.site),), **more), limit=50)


def granted(newsroom: Newsroom) -> Colleague:
    """Somebody whose actions go on in the background."""
    return colleague(newsroom, "read", "moderate", "batch_approve", granted=True)


# --- threats in six languages, by the pack that ships -----------------------------------------------------------------


def test_the_shipped_pack_s_low_scores_of_a_threat_it_can_t_read_decide_nothing(
    newsroom: Newsroom, builtin: BuiltinPack
) -> None:
    newsroom.configure(GENEROUS)
    newsroom.put_article(mode="post")
    newsroom.scorer.fails = len(THREATS)
    ids = {code: newsroom.accepted(body=body)["id"] for code, body in THREATS.items()}
    newsroom.clock.move(minutes=1)
    services = replace(newsroom.services, scorer=builtin)
    for code, comment_id in ids.items():
        assert score_late(services, comment_id)
        whole = newsroom.whole(comment_id)
        assert whole["scores"]["language"] == {"code": code, "supported": False}
        assert set(whole["scores"]["toxicity"]) >= {"toxicity", "threat"}
        assert whole["status"] == "pending"
        assert whole["reasons"] == [f"in a language ({code}) that the scoring pack can't read"]
    found = mapped(newsroom)
    assert (sum(found.counts), found.without, dict(found.unread)) == (0, 0, dict.fromkeys(THREATS, 1))
    everything = ScoreRange(signal="toxicity", low=0, high=100)
    begun = decide_score_range(services, colleague(newsroom).actor, area(newsroom), everything, APPROVE)
    assert (begun.total, begun.done) == (0, 0)
    assert {newsroom.status(comment_id) for comment_id in ids.values()} == {"pending"}


# --- the policy -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["pre", "post"])
def test_an_unread_comment_waits_with_that_reason_alone_whatever_the_policy(newsroom: Newsroom, mode: str) -> None:
    newsroom.configure(GENEROUS)
    newsroom.put_article(mode=mode)
    whole = newsroom.whole(unread(newsroom))
    assert (whole["status"], whole["reasons"]) == (
        "pending",
        ["in a language (de) that the scoring pack can't read"],
    )
    assert whole["scores"]["toxicity"]["toxicity"] == 0.0


def test_no_replayed_policy_publishes_or_flags_by_the_scores_of_an_unread_comment(newsroom: Newsroom) -> None:
    waiting = {unread(newsroom), unscored(newsroom)}
    for comment_id in waiting:
        newsroom.decide(comment_id)
    read = newsroom.accepted("toxicity=0.0")["id"]
    newsroom.decide(read)
    other = parse_configuration("[comments]\nmode = 'post'\n[policy.approve]\ntoxicity_at_most = 1.0\n[policy.flag]\n")
    with newsroom.services.database.reading() as session:
        published = {
            number for chunk in replay_all(session, other) for number in chunk.past.number[chunk.outcome == 0].tolist()
        }
        rows = session.execute(
            select(QueueIndex.comment_id, QueueIndex.number).where(QueueIndex.site_id == newsroom.site)
        )
        numbers = dict(rows.all())
    assert numbers[read] in published
    assert published.isdisjoint(numbers[comment_id] for comment_id in waiting)


# --- the map and what is decided by it --------------------------------------------------------------------------------


def test_what_is_not_read_or_not_scored_is_in_no_hundredth_of_any_score(newsroom: Newsroom) -> None:
    newsroom.accepted("toxicity=0.02")
    for code in ("de", "de", "fr"):
        unread(newsroom, code)
    unscored(newsroom)
    for signal in SIGNALS:
        found = mapped(newsroom, signal)
        assert (sum(found.counts), found.without) == (1, 0)
        assert (list(found.unread.items()), found.unscored, found.total) == ([("de", 2), ("fr", 1)], 1, 5)
        with newsroom.services.database.reading() as session:
            everything = ScoreRange(signal=signal, low=0, high=100)
            assert len(numbers_within(session, area(newsroom), everything, limit=50)) == 1
            all_numbers = list(session.scalars(select(QueueIndex.number).where(QueueIndex.site_id == newsroom.site)))
            assert len(sampled(session, all_numbers, signal)) == 1


def test_a_batch_over_what_looks_harmless_leaves_unread_and_unscored_comments_waiting(newsroom: Newsroom) -> None:
    read = newsroom.accepted("toxicity=0.02")["id"]
    left = [*(unread(newsroom, code) for code in THREATS), unscored(newsroom)]
    begun = decide_score_range(newsroom.services, colleague(newsroom).actor, area(newsroom), HARMLESS, APPROVE)
    assert (begun.total, begun.done) == (1, 1)
    assert newsroom.status(read) == "approved"
    assert [newsroom.status(comment_id) for comment_id in left] == ["pending"] * len(left)


@pytest.mark.parametrize(
    "changed",
    [{"readable": False, "language": "de"}, {"scored": False}, {"toxicity": 0.9}, {"toxicity": None}],
    ids=["unread", "unscored", "another score", "no such score"],
)
def test_a_comment_whose_scores_change_between_choosing_and_acting_is_passed_over(
    newsroom: Newsroom, changed: dict[str, Any]
) -> None:
    ids = [newsroom.accepted("toxicity=0.02")["id"] for _ in range(51)]
    begun = decide_score_range(newsroom.services, granted(newsroom).actor, area(newsroom), HARMLESS, APPROVE)
    assert (begun.total, begun.running) == (51, True)
    here = update(table_of(QueueIndex)).where(table_of(QueueIndex).c.comment_id == ids[7])
    newsroom.services.database.writing(lambda session: session.execute(here.values(**changed)))
    carry_on(newsroom.services)
    with newsroom.services.database.reading() as session:
        action = session.get_one(ModeratorAction, begun.action_id)
    assert (action.done, action.skipped) == (50, 1)
    assert newsroom.status(ids[7]) == "pending"


def test_the_map_is_read_from_two_indexes_alone(front_door: Newsroom) -> None:
    with front_door.services.database.reading() as session, plans_of(session.connection()) as plans:
        histogram(session, area(front_door), "threat")
    assert [plan.split(" USING ")[1].split(" (")[0] for plan in plans] == [
        "COVERING INDEX ix_queue_index_map",
        "COVERING INDEX ix_queue_index_undecidable",
    ]


# --- lists ------------------------------------------------------------------------------------------------------------


def test_lists_by_score_hold_no_unread_comment_and_those_have_lists_of_their_own(newsroom: Newsroom) -> None:
    read = newsroom.accepted("toxicity=0.02")["id"]
    german, french, without = unread(newsroom), unread(newsroom, "fr"), unscored(newsroom)
    assert listed(newsroom, score_range=ListScoreRange(signal="toxicity", low=0.0, high=1.0)) == [read]
    assert set(listed(newsroom, unusable=Unusable.UNREAD)) == {german, french}
    assert listed(newsroom, unusable=Unusable.UNREAD, language="de") == [german]
    assert listed(newsroom, unusable=Unusable.UNSCORED) == [without]
    with newsroom.services.database.reading() as session:
        scope = (Scope(site_id=newsroom.site),)
        assert how_many(session, Wanted(scopes=scope, unusable=Unusable.UNREAD)) == 2
