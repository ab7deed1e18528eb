"""What people have approved under an article is what relevance is told from, beside its text."""

from __future__ import annotations

from sqlalchemy import select

from moderation.comments.rescoring import score_again, score_waiting
from moderation.core.scores import Subject
from moderation.desk.decide import withdraw
from moderation.policy_lab.replay import OUTCOMES, replayed
from moderation.storage.approved_subjects import approved_subjects
from moderation.storage.comments import Comment, decisions_of
from moderation.storage.queue_index import QueueIndex, signals_of_entry
from moderation.storage.replay import every_decided
from tests.desk.desk import REASONS, colleague
from tests.newsroom import Newsroom
from tests.plans import plans_of

POST = REASONS + '[comments]\nmode = "post"\n'


def written(newsroom: Newsroom, reader: int, words: str = "") -> str:
    """A comment of a reader of this number, by its id."""
    return str(newsroom.accepted(words, author={"name": f"Reader {reader}", "id": f"r{reader}"})["id"])


def held_against(newsroom: Newsroom, reader: int = 99) -> list[str]:
    """The texts behind what the next comment of this reader is held against, newest first."""
    written(newsroom, reader)
    return [one.vector.decode() for one in newsroom.scorer.asked[-1].discussion if isinstance(one, Subject)]


def test_each_approval_and_whatever_takes_it_back_changes_what_the_next_comment_is_held_against(
    newsroom: Newsroom,
) -> None:
    ada = colleague(newsroom)
    ids = [written(newsroom, number) for number in range(3)]
    texts = [newsroom.whole(one)["body"] for one in ids]
    assert held_against(newsroom) == []
    actions = []
    for one in ids:
        newsroom.clock.move(minutes=1)
        actions.append(ada.action(one))
    assert held_against(newsroom) == texts[::-1]
    ada.undo(actions[2])
    assert held_against(newsroom) == texts[1::-1]
    ada.decide(ids[1], "reject", reason_id="spam")
    assert held_against(newsroom) == texts[:1]
    withdraw(newsroom.services, ids[0])
    assert held_against(newsroom) == []


def test_of_each_author_the_newest_counts_and_none_of_ones_own(newsroom: Newsroom) -> None:
    ada = colleague(newsroom)
    for reader in (1, 1, 2, 1):
        newsroom.clock.move(minutes=1)
        ada.decide(written(newsroom, reader, f"mine {reader}"))
    assert [text[-6:] for text in held_against(newsroom, 3)] == ["mine 1", "mine 2"]
    assert [text[-6:] for text in held_against(newsroom, 1)] == ["mine 2"]


def test_what_the_policy_has_published_by_itself_tells_nothing(newsroom: Newsroom) -> None:
    newsroom.configure(POST)
    assert newsroom.status(written(newsroom, 1)) == "approved"
    assert held_against(newsroom) == []


def test_of_a_discussion_however_long_the_newest_alone_are_read(newsroom: Newsroom) -> None:
    """Who writes under twenty thousand comments waits as long as who writes under five hundred."""
    colleague(newsroom).decide(written(newsroom, 1))
    with newsroom.services.database.asking() as connection:
        article = connection.execute(select(Comment.article_id).where(Comment.site_id == newsroom.site)).scalar_one()
        with plans_of(connection, "scores.subject") as plans:
            found = approved_subjects(connection, article, limit=5)
        on_sqlite = connection.dialect.name == "sqlite"
    assert len(found) == 1
    if on_sqlite:  # PostgreSQL has its plan from how much there is
        assert "ix_comments_published" in plans[0]
        assert "ix_comments_thread" not in plans[0]


def test_another_article_has_another_discussion(newsroom: Newsroom) -> None:
    colleague(newsroom).decide(written(newsroom, 1))
    newsroom.put_article("ferries", url="https://news.example/ferries")
    newsroom.accepted(article="ferries", author={"name": "Reader 2"})
    assert newsroom.scorer.asked[-1].discussion == ()


def test_late_scores_and_edits_are_told_from_it_and_never_from_the_same_author(newsroom: Newsroom) -> None:
    ada = colleague(newsroom)
    ada.decide(written(newsroom, 1))
    mine = newsroom.accepted(author={"name": "Reader 2", "id": "r2"})
    newsroom.configure('[scoring]\nmode = "worker"\n')
    late = written(newsroom, 3)
    score_waiting(newsroom.services)
    assert len(newsroom.scorer.asked[-1].discussion) == 1
    newsroom.configure("")
    answer = newsroom.client.patch(
        f"/api/v1/comments/{mine['id']}?receipt={mine['receipt']}", json={"body": newsroom.text("edited")}
    )
    assert answer.status_code == 200
    assert len(newsroom.scorer.asked[-1].discussion) == 1
    ada.decide(late)
    score_again(newsroom.services, [late])
    assert len(newsroom.scorer.asked[-1].discussion) == 1


def test_a_decision_says_on_how_many_its_relevance_stood(newsroom: Newsroom) -> None:
    colleague(newsroom).decide(written(newsroom, 1))
    newsroom.configure(POST)
    second = written(newsroom, 2)
    events = {event["event"]: event["payload"] for event in newsroom.events(second)}
    assert events["comment.scored"]["discussion"] == 1
    with newsroom.services.database.reading() as session:
        assert [row.basis["discussion"] for row in decisions_of(session, second)] == [1]


def test_an_edited_text_is_what_counts(newsroom: Newsroom) -> None:
    mine = newsroom.accepted(author={"name": "Reader 2", "id": "r2"})
    new = newsroom.text("edited")
    newsroom.client.patch(f"/api/v1/comments/{mine['id']}?receipt={mine['receipt']}", json={"body": new})
    colleague(newsroom).decide(mine["id"])
    assert held_against(newsroom) == [new]


def test_a_comment_too_short_to_tell_is_held_against_nobody(newsroom: Newsroom) -> None:
    newsroom.configure(
        "[comments]\nminimum_length = 1\n[policy.flag]\nrelevance_at_most = 0.2\n"
        "[policy.approve]\nrelevance_at_least = 0.6\ntoxicity_at_most = 0.05\n"
    )
    short = newsroom.accepted("relevance=none")
    assert (short["status"], short["scores"]["relevance"]) == ("approved", None)
    assert short["scores"]["relevance_note"] == "too_short"
    assert newsroom.whole(short["id"])["scores"]["relevance_note"] == "too_short"
    with newsroom.services.database.reading() as session:
        chunk = next(every_decided(session))
    mine = chunk.too_short.nonzero()[0]
    assert len(mine) >= 1
    again = replayed(chunk, newsroom.services.configuration.current())
    assert {OUTCOMES[again.outcome[one]].value for one in mine} == {"approved"}
    newsroom.configure("[comments]\nminimum_length = 1\n[policy.approve]\nrelevance_at_least = 0.6\n")
    assert newsroom.accepted("relevance=none")["status"] == "pending"


def test_one_that_is_too_short_is_so_too_where_its_score_comes_after_a_person_stepped_in(newsroom: Newsroom) -> None:
    newsroom.configure("[comments]\nminimum_length = 1\n")
    newsroom.scorer.fails = 1
    short = newsroom.accepted("relevance=none")
    assert short["scores"] is None
    colleague(newsroom).decide(short["id"])
    newsroom.decide(short["id"], "reopen")
    assert score_waiting(newsroom.services) == 1
    assert newsroom.whole(short["id"])["scores"]["relevance_note"] == "too_short"
    with newsroom.services.database.reading() as session:
        entry = session.scalars(select(QueueIndex).where(QueueIndex.comment_id == short["id"])).one()
        signals = signals_of_entry(entry)
    assert signals.inapplicable == {"relevance"}
