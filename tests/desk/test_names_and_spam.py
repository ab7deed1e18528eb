"""A name is published like a text, so it is judged like one; and spam is judged from all that tells of it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sqlalchemy import select, update

from moderation.comments.rescoring import score_waiting
from moderation.core.conditions import NAME_SIGNALS
from moderation.core.signing import keyed
from moderation.desk.authors import AuthorRuling, decide_author
from moderation.desk.wordlists import add_terms
from moderation.policy_lab.replay import OUTCOMES, replayed
from moderation.storage.authors import Author
from moderation.storage.comments import Comment
from moderation.storage.queue_index import QueueIndex
from moderation.storage.replay import Past, _only, every_decided
from moderation.storage.site_rules import AuthorKind
from tests.desk.desk import REASONS, colleague
from tests.newsroom import Newsroom, detail

POST = REASONS + '[comments]\nmode = "post"\n'
NOTHING_FLAGS = POST + "[policy.flag]\n"
HOME = "203.0.113.7"
AD = "My cousin earns a fortune from her sofa with this one trick, so write to her today and be rich tomorrow."


def named(newsroom: Newsroom, name: str, words: str = "", **author: str) -> dict[str, Any]:
    return newsroom.accepted(words, author={"name": name, **author})


def row_of(newsroom: Newsroom, comment_id: str) -> QueueIndex:
    with newsroom.services.database.reading() as session:
        return session.scalars(select(QueueIndex).where(QueueIndex.comment_id == comment_id)).one()


def ban(newsroom: Newsroom, comment_id: str) -> None:
    with newsroom.services.database.reading() as session:
        author = session.get_one(Comment, comment_id).author_id
    actor = colleague(newsroom, "read", "moderate", "senior").actor
    decide_author(newsroom.services, actor, author, AuthorRuling(kind=AuthorKind.BANNED, reason_id="spam"))


# --- names ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("policy", [POST, REASONS + "[policy.approve]\ntoxicity_at_most = 0.05\n"])
def test_an_abusive_name_is_never_published_unseen_and_a_calm_one_is(newsroom: Newsroom, policy: str) -> None:
    newsroom.configure(policy)
    assert named(newsroom, "Ada")["status"] == "approved"
    assert named(newsroom, "toxicity=0.93")["status"] == "pending"


def test_a_name_has_reasons_of_its_own(newsroom: Newsroom) -> None:
    newsroom.configure(POST)
    assert named(newsroom, "toxicity=0.93")["reasons"] == ["name: toxicity 0.93, at or over 0.10"]
    newsroom.configure(POST + "[policy.flag]\nthreat_at_least = 0.5\n")
    flagged = named(newsroom, "threat=0.93")
    assert flagged["reasons"] == ["name: threat 0.93, at or over 0.50"]
    decided = newsroom.events(flagged["id"])[-1]["payload"]["reasons"]
    assert [reason["code"] for reason in decided] == ["name_threat"]
    newsroom.configure(POST + "[policy.reject]\nthreat_at_least = 0.9\n")
    refused = named(newsroom, "threat=0.93")
    assert (refused["status"], refused["reasons"]) == ("rejected", ["name: threat 0.93, at or over 0.90"])
    assert refused["message"].endswith("The name that you gave does not seem respectful.")


@pytest.mark.parametrize("name", ["visit cheap-pills.example", "www.x.com", "t.me/abc", "cheap pills dot com"])
def test_a_web_address_as_a_name_waits(newsroom: Newsroom, name: str) -> None:
    newsroom.configure(NOTHING_FLAGS)
    assert named(newsroom, name)["reasons"] == ["name: links 1, at or over 1"]
    newsroom.configure(NOTHING_FLAGS + "name_links_at_least = false\n")
    assert named(newsroom, name)["status"] == "approved"


@pytest.mark.parametrize("name", ["Pest", "Реst", "P e s t", "P3st!", "Mr_Pest_88", "Little pest"])
def test_a_term_on_a_wordlist_in_a_name_holds_the_comment(newsroom: Newsroom, name: str) -> None:
    newsroom.configure(NOTHING_FLAGS)
    actor = colleague(newsroom, "read", "moderate", "senior").actor
    add_terms(newsroom.services, actor, newsroom.site, ["pest"], "a nickname")
    held = named(newsroom, name)
    assert held["reasons"] == ["its author's name holds a word on the wordlist of this site: a nickname"]
    assert (row_of(newsroom, held["id"]).name_terms, row_of(newsroom, held["id"]).terms) == (1, 0)
    assert newsroom.events(held["id"])[-1]["payload"]["reasons"][0]["code"] == "name_terms"
    assert named(newsroom, "Pesto")["status"] == "approved"


def test_a_name_that_cannot_be_read_waits(newsroom: Newsroom) -> None:
    newsroom.configure(NOTHING_FLAGS)
    assert named(newsroom, "unreadable")["reasons"] == ["its author's name couldn't be scored"]


def test_names_are_scored_late_too(newsroom: Newsroom) -> None:
    newsroom.configure(POST + '[scoring]\nmode = "worker"\n')
    score_waiting(newsroom.services)
    calm, vile, spammer = (named(newsroom, name)["id"] for name in ("Ada", "toxicity=0.93", "www.x.com"))
    newsroom.scorer.fails = 1
    for _ in range(2):
        score_waiting(newsroom.services)
    assert [newsroom.status(one) for one in (calm, vile, spammer)] == ["approved", "pending", "pending"]
    assert newsroom.whole(vile)["reasons"] == ["name: toxicity 0.93, at or over 0.10"]
    assert newsroom.whole(vile)["scores"]["name"]["toxicity"] == 0.93


def test_the_scores_of_a_name_are_kept_as_numbers_and_the_name_itself_stays_out_of_the_audit_log(
    newsroom: Newsroom,
) -> None:
    answer = named(newsroom, "Grumbleweed toxicity=0.93", "spam=0.4")
    assert answer["scores"]["name"]["toxicity"] == 0.93
    assert answer["scores"]["spam"] == 0.4
    events = newsroom.events(answer["id"])
    (scored,) = [event["payload"] for event in events if event["event"] == "comment.scored"]
    assert (scored["name"]["toxicity"], scored["spam"]) == (0.93, 0.4)
    assert "Grumbleweed" not in str(events)
    row = row_of(newsroom, answer["id"])
    assert (row.name_toxicity, row.name_insult, row.name_links) == (0.93, 0.01, 0)


def test_a_replay_decides_as_the_policy_did(newsroom: Newsroom) -> None:
    policies = [
        POST,
        REASONS + "[policy.approve]\ntoxicity_at_most = 0.05\nspam_at_most = 0.5\n",
        POST + "[policy.reject]\nthreat_at_least = 0.9\nlinks_at_least = 1\n",
        NOTHING_FLAGS + "spam_at_least = 0.6\nname_links_at_least = false\n",
    ]
    for policy in policies:
        newsroom.configure(policy)
        for name in ("Ada", "toxicity=0.3", "threat=0.95", "www.x.com", "unreadable"):
            for words in ("", "spam=0.7", "spam=0.2 unreadable"):
                named(newsroom, name, words)
        for past in every_decided_here(newsroom):
            again = replayed(past, newsroom.services.configuration.current())
            then = [OUTCOMES[code].value for code in again.outcome[-15:]]
            assert then == [row.by_policy for row in rows_here(newsroom)][-15:]


def rows_here(newsroom: Newsroom) -> list[QueueIndex]:
    with newsroom.services.database.reading() as session:
        return list(
            session.scalars(select(QueueIndex).where(QueueIndex.site_id == newsroom.site).order_by(QueueIndex.number))
        )


def every_decided_here(newsroom: Newsroom) -> list[Past]:
    with newsroom.services.database.reading() as session:
        chunks = list(every_decided(session))
    ours = [_only(p, np.flatnonzero([p.places[one].site_id == newsroom.site for one in p.place])) for p in chunks]
    return [chunk for chunk in ours if len(chunk)]


def test_comments_from_before_are_replayed_without_what_was_not_asked_then(newsroom: Newsroom) -> None:
    newsroom.configure(POST)
    comment = named(newsroom, "toxicity=0.93")["id"]

    def forget(session: Any) -> None:
        nothing = dict.fromkeys(("spam", *NAME_SIGNALS))
        session.execute(update(QueueIndex).where(QueueIndex.comment_id == comment).values(nothing))

    newsroom.services.database.writing(forget)
    (past,) = every_decided_here(newsroom)
    assert OUTCOMES[replayed(past, newsroom.services.configuration.current()).outcome[0]].value == "approved"


# --- who somebody is --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["Реst", "Pest!", "P e s t", "P3st", "PEST", "Pe\u200bst", "Pést"])
def test_a_banned_name_is_not_let_in_disguised(newsroom: Newsroom, name: str) -> None:
    for where in ({"address": HOME}, {}):
        ban(newsroom, named(newsroom, "Pest", **where)["id"])
        refused = newsroom.comment(author={"name": name, **where})
        assert (refused.status_code, detail(refused)[:30]) == (403, "You can’t comment here at the "), refused.text
    assert named(newsroom, "Pestalozzi", address=HOME)["status"] == "pending"
    assert named(newsroom, name, address="203.0.113.8")["status"] == "pending"


@pytest.mark.parametrize("name", ["Pest", "Реst", "Pest!", "P e s t"])
def test_who_was_known_and_banned_before_names_were_compared_so_stays_banned(newsroom: Newsroom, name: str) -> None:
    comment = named(newsroom, "Pest", address=HOME)["id"]
    secret = newsroom.services.keys.identity.newest.secret
    old = keyed(secret, "author", newsroom.site, HOME, "pest")

    def as_before(session: Any) -> None:
        session.execute(update(Author).where(Author.site_id == newsroom.site).values(key=old))

    newsroom.services.database.writing(as_before)
    named(newsroom, "Pest", address=HOME)
    with newsroom.services.database.reading() as session:
        (author,) = session.scalars(select(Author).where(Author.site_id == newsroom.site))
    assert author.key != old  # and is found in every disguise from now on
    newsroom.services.database.writing(as_before)
    ban(newsroom, comment)
    assert newsroom.comment(author={"name": name, "address": HOME}).status_code == 403


# --- spam -------------------------------------------------------------------------------------------------------------


def test_advertising_is_flagged_as_spam_and_says_why(newsroom: Newsroom) -> None:
    newsroom.configure(POST)
    ad = newsroom.accepted("spam=0.91 https://a.example")
    assert ad["status"] == "pending"
    (reason,) = ad["reasons"]
    assert reason.startswith("spam 0.9")
    assert reason.endswith("at or over 0.80: reads like advertising (0.91); 1 link")
    assert newsroom.accepted("spam=0.3")["status"] == "approved"


def test_nearly_the_same_text_by_several_authors_is_spam(newsroom: Newsroom) -> None:
    newsroom.configure(POST)
    sent = [
        newsroom.accepted(author={"name": f"Reader {n}", "id": f"r{n}"}, body=f"{AD} Yours, {who} spam=0.1")
        for n, who in enumerate(("Ann", "Bob", "Cem", "Dee", "Eve", "Flo"))
    ]
    assert sent[0]["status"] == "approved"
    assert sent[-1]["status"] == "pending"
    assert "5 other authors sent nearly the same text" in sent[-1]["reasons"][0]
    assert newsroom.accepted("spam=0.1")["status"] == "approved"


def test_nearly_the_same_text_without_spaces_is_spam_too(newsroom: Newsroom) -> None:
    newsroom.configure(POST)
    ad = "加我微信每天在家轻松赚九百元，不需要任何经验，马上联系我就可以教你怎么做，名额有限，先到先得，机会难得"
    sent = [
        newsroom.accepted(author={"name": f"Reader {n}", "id": f"z{n}"}, body=f"{ad}{who} spam=0.1")
        for n, who in enumerate("王李张刘陈杨")
    ]
    assert sent[0]["status"] == "approved"
    assert sent[-1]["status"] == "pending"
    assert "5 other authors sent nearly the same text" in sent[-1]["reasons"][0]


def test_an_author_who_repeats_oneself_and_short_thanks_are_no_campaign(newsroom: Newsroom) -> None:
    newsroom.configure(POST)
    newsroom.put_article("other")
    for n in range(6):
        article = f"piece-{n}"
        newsroom.put_article(article)
        one = newsroom.accepted(article=article, author={"name": "Ann", "id": "ann"}, body=f"{AD} spam=0.1")
        assert one["status"] == "approved", one
    newsroom.configure(POST + "minimum_length = 5\n")
    for n in range(6):
        thanks = newsroom.accepted(author={"name": "x", "id": f"t{n}"}, body="What a great article! spam=0.1")
        assert thanks["status"] == "approved", thanks


def test_what_a_campaign_sends_on_another_site_or_long_ago_counts_for_nothing(newsroom: Newsroom) -> None:
    newsroom.configure(POST)
    for n in range(6):
        newsroom.accepted(author={"name": "x", "id": f"c{n}"}, body=f"{AD} spam=0.1")
    newsroom.clock.move(days=8)
    again = newsroom.accepted(author={"name": "x", "id": "late"}, body=f"{AD} spam=0.1")
    assert again["status"] == "approved"
