"""Coral's external moderation phase: what is answered about a comment, and what it is made from."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from sqlalchemy import select, text

from moderation.coral.asking import ANSWER_WITHIN_SECONDS
from moderation.core.scores import PreparedArticle
from moderation.storage.authors import Author
from moderation.web.api.coral import IMPATIENT, hold_for_load
from tests.coral.asking import PATH, STORY, Coral, check, connected
from tests.newsroom import Newsroom

CALM = "<div>The new trams run on time, and the stop by the harbour is a good one.</div>"
APPROVES = "[policy.approve]\ntoxicity_at_most = 0.2\nrelevance_at_least = 0.5\n"
REJECTS = "[policy.reject]\nthreat_at_least = 0.8\nidentity_attack_at_least = 0.8\ninsult_at_least = 0.9\n"
REJECTS += "obscene_at_least = 0.9\nspam_at_least = 0.95\nrelevance_at_most = 0.05\nprivate_data_at_least = 1\n"


def tables(newsroom: Newsroom) -> dict[str, int]:
    """How many rows each table has."""
    names = ["comments", "authors", "decisions", "scores", "queue_index", "outbox", "audit_events", "articles"]
    with newsroom.services.database.reading() as session:
        return {name: session.scalar(text(f"SELECT count(*) FROM {name}")) or 0 for name in names}


def test_with_the_defaults_every_comment_waits(coral: Coral) -> None:
    told = coral.ask(CALM)
    assert told == {"status": "PREMOD", "reasons": ["every comment here is read before it is published"]}


def test_what_the_policy_approves_is_published(coral: Coral) -> None:
    coral.newsroom.configure(APPROVES)
    assert coral.status(CALM) == "APPROVED"
    assert coral.status(f"{CALM} relevance=0.3") == "PREMOD"


def test_what_is_flagged_waits_with_coral_s_own_flag(coral: Coral) -> None:
    coral.newsroom.configure(APPROVES)
    told = coral.ask(f"{CALM} toxicity=0.8")
    assert told["status"] == "PREMOD"
    assert told["actions"] == [{"actionType": "FLAG", "reason": "COMMENT_DETECTED_TOXIC"}]
    told = coral.ask(f"{CALM} https://one.example https://two.example")
    assert told["actions"] == [{"actionType": "FLAG", "reason": "COMMENT_DETECTED_SPAM"}]
    assert "moderationAction" not in told  # Coral would tell the reader of a refusal


@pytest.mark.parametrize(
    ("scores", "code"),
    [
        ("threat=0.9", "HARASSMENT_BULLYING"),
        ("threat=0.9 identity_attack=0.9", "HARASSMENT_BULLYING"),
        ("identity_attack=0.9", "HATE_SPEECH"),
        ("insult=0.95", "ABUSIVE"),
        ("obscene=0.95", "OFFENSIVE"),
        ("spam=0.99999", "SPAM"),
        ("relevance=0.01", "IRRELEVANT_CONTENT"),
        ("call me at +44 20 7946 0123", "OTHER"),
    ],
)
def test_what_the_policy_rejects_has_coral_s_code_and_a_sentence(coral: Coral, scores: str, code: str) -> None:
    coral.newsroom.configure(REJECTS)
    told = coral.ask(f"<div>{scores}</div>")
    assert told["status"] == "REJECTED", told
    reason = told["moderationAction"]["rejectionReason"]
    assert reason["code"] == code
    assert reason["detailedExplanation"]
    assert ("customReason" in reason) == (code == "OTHER")
    assert "legalGrounds" not in reason


def test_the_newsroom_s_own_reason_says_it_with_its_legal_grounds(coral: Coral) -> None:
    own = '[[reasons]]\nid = "hate"\nlabel = "Hate"\nreader = "It demeans people."\nlegal_grounds = "§ 130 StGB"\n'
    coral.newsroom.configure(REJECTS + own)
    reason = coral.ask("<div>identity_attack=0.9</div>")["moderationAction"]["rejectionReason"]
    assert reason == {"code": "HATE_SPEECH", "detailedExplanation": "It demeans people.", "legalGrounds": "§ 130 StGB"}


def test_without_one_the_sentence_is_in_the_comment_s_language(coral: Coral) -> None:
    coral.newsroom.configure(REJECTS)
    said = [
        coral.ask(f"<div>threat=0.9 language={language}</div>")["moderationAction"]["rejectionReason"]
        for language in ("de", "hi", "fi")
    ]
    sentences = [reason["detailedExplanation"] for reason in said]
    assert sentences[2] == "It reads like a threat."
    assert len(set(sentences)) == 3


def test_what_no_pack_reads_waits_whatever_it_scores(coral: Coral) -> None:
    coral.newsroom.configure(APPROVES + REJECTS)
    told = coral.ask("<div>unreadable language=mn threat=0.99</div>")
    assert told["status"] == "PREMOD"
    assert any("(mn)" in reason for reason in told["reasons"])


# --- what it is made from ---------------------------------------------------------------------------------------------


def asked(coral: Coral) -> Any:
    return coral.newsroom.scorer.asked[-1]


def test_it_is_scored_with_the_article_at_the_story_s_address(coral: Coral) -> None:
    for url in (STORY, "http://www.news.example/trams/?utm_source=x#comments", "https://m.news.example/t/1"):
        coral.ask(CALM, story={"url": url})
        article = asked(coral).article
        assert isinstance(article, PreparedArticle)
        assert article.passages[0] == "Trams return to the harbour"


def test_an_article_is_known_by_coral_s_own_id_too_as_an_import_leaves_it(coral: Coral) -> None:
    coral.newsroom.put_article("245b3856-b0a0-4d2f-a6bb-58c71f18d6a6", title="Imported", text="A text.\n\nMore.")
    coral.ask(CALM, story={"url": "https://news.example/another"})
    assert asked(coral).article.passages[0] == "Imported"


@pytest.mark.parametrize(
    "url", ["https://elsewhere.example/x", "not an address", "", None, 7, "https://a\u0000b.example/"]
)
def test_a_story_that_is_not_known_has_no_relevance_and_waits(coral: Coral, url: Any) -> None:
    coral.newsroom.configure(APPROVES)
    told = coral.ask(CALM, story={"url": url, "id": "nothing"})
    assert told["status"] == "PREMOD"
    assert asked(coral).article is None
    coral.newsroom.configure("[policy.approve]\ntoxicity_at_most = 0.2\n[policy.flag]\nrelevance_at_most = false\n")
    assert coral.status(CALM, story={"url": url, "id": "nothing"}) == "APPROVED"


def test_another_site_s_article_is_not_looked_at(coral: Coral) -> None:
    other = coral.newsroom.hall.new_site()
    other.put_article(url="https://other.example/theirs", title="Theirs")
    coral.ask(CALM, story={"url": "https://other.example/theirs"})
    assert asked(coral).article is None


def test_it_is_scored_with_the_comment_that_it_answers_where_that_is_known(coral: Coral) -> None:
    said = "The old trams were much too loud for all of us who live here."
    coral.newsroom.accepted(external_id="d79b787f-f406-49a0-a179-72e3652e54be", body=said)
    coral.ask(CALM, comment={"parentID": "d79b787f-f406-49a0-a179-72e3652e54be"})
    assert asked(coral).parent == said
    coral.ask(CALM, comment={"parentID": "11111111-f406-49a0-a179-72e3652e54be"})
    assert asked(coral).parent is None


def test_html_is_read_as_a_reader_sees_it(coral: Coral) -> None:
    coral.ask(
        '<div>You are <b>i</b>d<i>i</i>ots &amp; worse.<br>All <span class="s">of you</span>.</div><div>So there.</div>'
    )
    assert re.sub(r"\s+", " ", asked(coral).text) == "You are idiots & worse. All of you. So there."


@pytest.mark.parametrize(
    "hidden", ["<!-- you idiots -->", "<script>you idiots</script>", '<p title="x" you idiots>', "<you idiots>"]
)
def test_plain_text_that_looks_like_markup_hides_nothing(coral: Coral, hidden: str) -> None:
    coral.ask(f"I <3 the trams. {hidden} Thank you.")
    assert "you idiots" in asked(coral).text


def test_links_count_by_where_they_lead(coral: Coral) -> None:
    coral.newsroom.configure("[policy.flag]\nlinks_at_least = 3\n")
    link = '<a href="https://{0}.example/" target="_blank" rel="noopener noreferrer">here</a>'
    assert "actions" not in coral.ask("<div>" + " ".join(link.format(name) for name in "ab") + "</div>")
    assert "actions" in coral.ask("<div>" + " ".join(link.format(name) for name in "abc") + "</div>")
    same = "".join(f'<a href="https://{name}.example/">https://{name}.example/</a> ' for name in "ab")
    assert "actions" not in coral.ask(f"<div>{same}</div>")


def test_the_wordlists_and_modes_of_the_desk_hold(coral: Coral) -> None:
    coral.newsroom.configure(APPROVES)
    coral.newsroom.put_article(url=STORY, mode="closed")
    told = coral.ask(CALM)
    assert told["status"] == "PREMOD"
    assert "nobody can write here" in told["reasons"][0]
    coral.newsroom.configure("")
    coral.newsroom.put_article(url=STORY, mode="post")
    assert coral.status(CALM) == "APPROVED"


def test_staff_and_the_author_s_record_count(coral: Coral) -> None:
    coral.newsroom.configure("[policy.approve]\nstaff_at_least = 1\n")
    assert coral.status(CALM, author={"role": "MODERATOR"}) == "APPROVED"
    assert coral.status(CALM) == "PREMOD"
    coral.newsroom.configure("[policy.approve]\nauthor_approved_at_least = 1\n")
    known = coral.newsroom.accepted(author={"name": "Ada", "id": "ada"})
    coral.newsroom.decide(known["id"])
    assert coral.status(CALM, author={"id": "ada"}) == "APPROVED"
    with coral.newsroom.services.database.reading() as session:
        author = session.scalar(
            select(Author).where(Author.site_id == coral.newsroom.site, Author.external_id == "ada")
        )
    assert author is not None
    later = coral.newsroom.clock.now.replace(year=2027)
    coral.newsroom.services.database.writing(
        lambda session: setattr(session.get_one(Author, author.id), "muted_until", later)
    )
    told = coral.ask(CALM, author={"id": "ada"})
    assert told["status"] == "PREMOD"
    assert "muted" in " ".join(told["reasons"])


def test_how_long_an_author_has_written_and_what_was_rejected_counts(coral: Coral) -> None:
    coral.newsroom.configure("[policy.approve]\ntoxicity_at_most = 0.5\nauthor_age_days_at_least = 30\n")
    sent = coral.newsroom.accepted(author={"name": "Ada", "id": "ada"})
    assert coral.status(CALM, author={"id": "ada"}) == "PREMOD"
    coral.newsroom.clock.move(days=31)
    assert coral.status(CALM, author={"id": "ada"}) == "APPROVED"
    assert coral.status(CALM, author={"id": "nobody who has written here"}) == "PREMOD"
    coral.newsroom.configure("[policy.approve]\ntoxicity_at_most = 0.5\nauthor_rejected_share_at_most = 0.5\n")
    assert coral.status(CALM, author={"id": "ada"}) == "APPROVED"
    coral.newsroom.decide(sent["id"], "reject", reason="other")
    assert coral.status(CALM, author={"id": "ada"}) == "PREMOD"


def test_what_the_policy_asks_about_an_author_is_asked_here_too(coral: Coral) -> None:
    newsroom, reader = coral.newsroom, {"name": "Ada", "id": "ada"}
    for outcome in ("approve", "reject"):
        newsroom.decide(newsroom.accepted(author=reader)["id"], outcome)
    newsroom.configure('[comments]\nmode = "post"\n[policy.flag]\nauthor_rejected_share_at_least = 0.5\n')
    told = coral.ask(CALM, author={"id": "ada"})
    assert told["status"] == "PREMOD"
    assert "rejected share" in told["reasons"][0]
    newsroom.configure("[policy.approve]\ntoxicity_at_most = 0.2\nauthor_age_days_at_least = 30\n")
    assert coral.status(CALM, author={"id": "never heard of"}) == "PREMOD"
    newsroom.clock.move(days=31)
    assert coral.status(CALM, author={"id": "ada"}) == "APPROVED"


def test_it_is_held_against_what_people_approved_there_by_others(coral: Coral) -> None:
    newsroom = coral.newsroom
    for reader in ("ada", "berta"):
        newsroom.decide(newsroom.accepted(author={"name": reader, "id": reader})["id"])
    coral.ask(CALM, author={"id": "carla"})
    assert len(asked(coral).discussion) == 2
    coral.ask(CALM, author={"id": "ada"})
    assert len(asked(coral).discussion) == 1


def test_an_edit_is_judged_as_a_new_comment_is(coral: Coral) -> None:
    coral.newsroom.configure(APPROVES)
    assert coral.status(f"{CALM} toxicity=0.8", action="EDIT") == "PREMOD"


# --- nothing is stored, and nothing published for a failure -----------------------------------------------------------


def test_nothing_is_stored_and_asking_again_changes_nothing(newsroom: Newsroom) -> None:
    coral = connected(newsroom)
    newsroom.configure(APPROVES + REJECTS)
    questions = [CALM, f"{CALM} threat=0.9", f"{CALM} toxicity=0.7"]
    coral.ask(CALM)  # the article's side of relevance is kept
    before = tables(newsroom)
    first = [coral.ask(question) for question in questions]
    assert [told["status"] for told in first] == ["APPROVED", "REJECTED", "PREMOD"]
    assert [coral.ask(question) for question in questions] == first
    assert tables(newsroom) == before


@pytest.mark.parametrize("trouble", ["fails", "slow"])
def test_where_the_pack_fails_or_is_late_the_comment_is_held(coral: Coral, trouble: str) -> None:
    coral.newsroom.configure(APPROVES)
    coral.newsroom.put_article(url=STORY, mode="post")
    setattr(coral.newsroom.scorer, trouble, 1)
    assert coral.status(CALM) == "PREMOD"


def test_the_pack_has_no_longer_than_coral_waits(coral: Coral) -> None:
    coral.newsroom.configure("[scoring]\ntimeout_seconds = 60\n")
    coral.ask(CALM)
    (seconds,) = coral.newsroom.scorer.timeouts
    assert seconds is not None
    assert 0 < seconds <= ANSWER_WITHIN_SECONDS


def test_what_waited_too_long_for_its_turn_is_held_unscored(coral: Coral) -> None:
    coral.newsroom.configure(APPROVES)
    body = json.dumps(coral.question(CALM)).encode()
    answer = coral.newsroom.client.post(
        "/api/v1/integrations/coral",
        data=body,
        headers={"X-Coral-Signature": coral.signature(body)},
        environ_overrides={"moderation.waited_seconds": 0.9},
    )
    assert (answer.status_code, (answer.json or {})["status"]) == (200, "PREMOD")
    assert not coral.newsroom.scorer.asked


def test_who_has_too_many_ahead_is_told_the_same_in_time() -> None:
    status, headers, body = hold_for_load()
    assert status == "200 OK"
    assert dict(headers)["Content-Type"] == "application/json"
    check(json.loads(body))
    assert json.loads(body)["status"] == "PREMOD"
    assert list(IMPATIENT) == [PATH]


def test_over_the_site_s_limit_comments_are_held(coral: Coral) -> None:
    limit = '[rate_limits]\nper_site = ["2 per minute"]\n'
    coral.newsroom.configure(limit + APPROVES, limits=True)
    assert [coral.status(CALM) for _ in range(3)] == ["APPROVED", "APPROVED", "PREMOD"]


def test_whatever_breaks_in_between_is_held(coral: Coral) -> None:
    coral.newsroom.configure(APPROVES)

    class Broken:
        def rules(self, *_: Any) -> Any:
            raise RuntimeError

    before = coral.newsroom.services.site_rules
    coral.newsroom.hall.change(site_rules=Broken())
    try:
        assert coral.ask(CALM) == {"status": "PREMOD", "reasons": ["the check failed"]}
    finally:
        coral.newsroom.hall.change(site_rules=before)


def test_no_text_is_in_the_log_or_in_the_figures(coral: Coral, caplog: pytest.LogCaptureFixture) -> None:
    coral.newsroom.scorer.fails = 1
    coral.ask("<div>Something very private about the Mayor</div>")
    coral.send(b'{"comment": "Something very private"}')
    figures = coral.newsroom.client.get("/metrics").text
    assert "very private" not in caplog.text + figures
    assert f'moderation_coral_answers_total{{answer="held",site="{coral.newsroom.site}"}} 2.0' in figures
