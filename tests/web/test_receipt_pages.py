"""The page that a receipt opens: what a writer does there, without scripts; and the appeals on the desk."""

from __future__ import annotations

import pytest

from moderation.comments.idempotency import Sender
from moderation.comments.submit import submit
from moderation.core.audit_chain import verify
from moderation.core.comment import Author, Submission
from moderation.desk.decide import Verdict
from moderation.readers.keys import Algorithm
from moderation.readers.site_keys import ask_to_sign_in, set_key
from moderation.storage.accounts import Role
from moderation.storage.appeals import appeal_about
from moderation.storage.audit import events_of
from moderation.storage.comments import Comment
from tests.newsroom import detail
from tests.web.pages import CALM, RUDE, Pages, Visitor

OTHER = "I read the report a third time, and I still think that the council has decided about the lanes too early."
WORDS = "It quotes what the mayor said."


def receipt_page(pages: Pages, comment_id: str, visitor: Visitor | None = None) -> Visitor:
    return (visitor or pages.visitor()).open(address(pages, comment_id))


def address(pages: Pages, comment_id: str, step: str = "") -> str:
    return f"/comments/{comment_id}{step}?receipt={pages.services.keys.receipt(comment_id)}"


def stored(pages: Pages, comment_id: str) -> Comment:
    with pages.services.database.reading() as session:
        return session.get_one(Comment, comment_id)


@pytest.fixture
def article(pages: Pages) -> str:
    return pages.article()


def test_a_guest_mends_nothing_once_readers_sign_in(pages: Pages, article: str) -> None:
    known = pages.say()
    sender = Sender(site_id="demo", key_id=None, reference="test", vouches=False)
    guest = Author(name="Gus", address="203.0.113.9")
    anybody = submit(pages.services, sender, Submission(article_id="lanes", author=guest, body=f"{CALM} Gus"))
    for comment in (known, anybody.comment_id):
        pages.decide(comment, Verdict.REJECT, "off-topic")
    set_key(pages.services, "test", "demo", Algorithm.HS256, "s" * 40)
    ask_to_sign_in(pages.services, "test", "demo", asked=True)
    page = pages.visitor().open(address(pages, anybody.comment_id, "/mend"))
    page.send(f"/comments/{anybody.comment_id}/mend", name="Gus", body=OTHER)
    assert page.status == 401
    assert "sign in" in page.text
    page = pages.visitor().open(address(pages, known, "/mend"))
    assert page.send(f"/comments/{known}/mend", body=OTHER).status == 200


def test_a_writer_edits_what_waits(pages: Pages, article: str) -> None:
    comment = pages.say()
    page = receipt_page(pages, comment)
    assert "You can edit it 5 more times" in page.text
    page.send(f"/comments/{comment}/edit", body=OTHER)
    assert (page.status, stored(pages, comment).body) == (200, OTHER)
    assert "Your change is in." in page.text
    assert "You can edit it 4 more times" in page.text
    page.send(f"/comments/{comment}/edit", body="short")
    assert page.status == 422
    assert "nothing you wrote is lost" in page.text
    assert page.page.xpath("//textarea[@id='body']")[0].value.strip() == "short"
    pages.decide(comment, Verdict.APPROVE)
    late = page.send(f"/comments/{comment}/edit", body=CALM)
    assert late.status == 409
    assert "approved meanwhile" in late.text
    assert stored(pages, comment).body == OTHER
    assert not receipt_page(pages, comment).page.xpath("//form[contains(@action, '/edit')]")


def test_a_writer_is_told_how_long_it_takes_and_when_moderators_work(pages: Pages, article: str) -> None:
    pages.configure('[desk]\nhours = "Monday to Friday, 8 to 20 h"\n')
    first = [pages.say(f"{CALM} {number}", by=f"Reader {number}") for number in range(21)]
    waits = first.pop()
    assert "usually wait" not in receipt_page(pages, waits).text
    assert "When moderators work: Monday to Friday, 8 to 20 h" in receipt_page(pages, waits).text
    pages.clock.move(hours=3)
    for comment in first:
        pages.decide(comment, Verdict.APPROVE)
    assert "Comments here usually wait 3 h for a moderator." in receipt_page(pages, waits).text
    pages.decide(waits, Verdict.APPROVE)
    assert "usually wait" not in receipt_page(pages, waits).text


def test_refused_mended_refused_looked_at_again_by_somebody_else_and_published(pages: Pages, article: str) -> None:
    """The whole way, every step in the chain and in what the writer sees."""
    for name in ("ada", "berta"):
        pages.account(name, {"demo": Role.MODERATOR})
    ada, berta = pages.signed_in("ada"), pages.signed_in("berta")

    def refuses(comment_id: str) -> None:
        ada.open(f"/review/comments/{comment_id}")
        ada.send(f"/review/comments/{comment_id}/reject", reason="personal-attack")

    reader = pages.visitor().open("/articles/lanes")
    reader.send("/articles/lanes/comments", name="Priya", body=f"{RUDE} threat=0.1")
    with pages.services.database.reading() as session:
        (first,) = session.query(Comment.id).all()[0]
    refuses(first)
    page = receipt_page(pages, first)
    assert "It attacks a person rather than what they say." in page.text
    mend = page.open(address(pages, first, "/mend"))
    assert mend.page.xpath("//textarea")[0].value.strip().startswith("You are all idiots")
    assert "It attacks a person rather than what they say." in mend.text
    pages.clock.move(minutes=1)
    again = mend.send(f"/comments/{first}/mend", body=OTHER)
    second = again.path.split("/")[2].partition("?")[0]
    assert second != first
    assert (stored(pages, second).body, stored(pages, second).author_name) == (OTHER, "Priya")
    assert "You have mended it and sent it again since." in receipt_page(pages, first).text
    assert pages.visitor().open(address(pages, first, "/mend")).status == 409
    refuses(second)

    page = receipt_page(pages, second)
    page.send(f"/comments/{second}/appeal", text=WORDS)
    assert "You asked for it on" in page.text
    assert not page.page.xpath("//form[contains(@action, '/appeal')]")
    assert "Appeals 1" not in ada.open("/review/appeals").text
    listed = berta.open("/review/appeals")
    assert "Appeals 1" in listed.text
    (link,) = listed.page.xpath("//ol[@class='legal-cases']//a/@href")
    own = ada.open(link)
    assert "somebody else has to look again" in own.text
    assert not own.page.xpath("//form[contains(@action, '/decide')]")
    berta.open(link)
    assert WORDS in berta.text
    berta.send(f"{link}/decide", outcome="reversed", explanation="It was a quotation, as you say.")
    assert berta.status == 200
    assert "Decided and recorded." in berta.text
    page = receipt_page(pages, second)
    assert "Somebody looked again. The refusal was wrong, and was taken back." in page.text
    assert "It was a quotation, as you say." in page.text
    assert "berta" not in page.text
    assert OTHER in pages.visitor().open("/articles/lanes").text
    happened = " ".join(berta.open(f"/review/comments/{second}").texts("//ol[@class='trail']/li"))
    for words in ("Its writer asked for another look", "Looked at again", "Approved"):
        assert words in happened
    assert "Mended by its writer, and sent again" in berta.open(f"/review/comments/{first}").text
    with pages.services.database.reading() as session:
        verify("demo", events_of(session, "demo"))


def test_the_outcome_is_told_in_the_readers_language(pages: Pages, article: str) -> None:
    comment = pages.say()
    pages.decide(comment, Verdict.REJECT, "off-topic")
    page = receipt_page(pages, comment)
    page.send(f"/comments/{comment}/appeal", text=WORDS)
    pages.account("berta", {"demo": Role.MODERATOR})
    berta = pages.signed_in("berta").open("/review/appeals")
    (link,) = berta.page.xpath("//ol[@class='legal-cases']//a/@href")
    berta.open(link).send(f"{link}/decide", outcome="upheld", explanation="")
    assert berta.status == 422
    berta.send(f"{link}/decide", outcome="upheld", explanation="Es geht nicht um die Spuren.")
    for language, words in (
        ("de", "Jemand hat noch einmal hingesehen. Die Ablehnung bleibt."),
        ("fr", "Quelqu’un a réexaminé votre commentaire. Le refus est maintenu."),
        ("hi", "किसी ने फिर से देखा। अस्वीकृति बनी रहती है।"),
    ):
        answer = pages.app.test_client().get(address(pages, comment), headers={"Accept-Language": language})
        assert words in answer.get_data(as_text=True)


def test_what_a_form_is_refused_comes_back_with_what_was_typed(pages: Pages, article: str) -> None:
    comment, other = pages.say(), pages.say(OTHER)
    pages.decide(comment, Verdict.REJECT, "off-topic")
    page = receipt_page(pages, comment)
    token = str(page.page.xpath("//input[@name='csrf_token']/@value")[0])
    page.send(f"/comments/{comment}/appeal", text="  ")
    assert page.status == 422
    assert "nothing you wrote is lost" in page.text
    page.send(f"/comments/{comment}/appeal", text=WORDS)
    own = {"csrf_token": token, "receipt": pages.services.keys.receipt(comment)}
    page.post(f"/comments/{comment}/appeal", {**own, "text": "Again"})
    assert page.status == 409
    assert "asked for already" in page.text
    for step in ("edit", "appeal", "mend"):
        others = {**own, "receipt": pages.services.keys.receipt(other), "body": CALM, "text": CALM}
        assert page.post(f"/comments/{comment}/{step}", others).status == 404
        old = pages.visitor().post(f"/comments/{comment}/{step}", {"receipt": own["receipt"], "body": CALM})
        assert old.status == 400, step
    assert pages.visitor().open(address(pages, other, "/mend")).status == 409


def test_of_mending_and_another_look_one_goes_at_a_time(pages: Pages, article: str) -> None:
    pages.account("berta", {"demo": Role.MODERATOR})
    first, second = pages.say(), pages.say(OTHER)
    for comment in (first, second):
        pages.decide(comment, Verdict.REJECT, "off-topic")
    pages.clock.move(minutes=1)
    page = pages.visitor().open(address(pages, first, "/mend"))
    assert page.send(f"/comments/{first}/mend", body=f"{CALM} Mended.").status == 200
    page = receipt_page(pages, first)
    assert not page.page.xpath("//form[contains(@action, '/appeal')]")
    query = {"receipt": pages.services.keys.receipt(first)}
    answer = pages.visitor().client.post(f"/api/v1/comments/{first}/appeal", query_string=query, json={"text": WORDS})
    assert answer.status_code == 409
    assert "the newer one counts now" in detail(answer)

    early = pages.visitor().open(address(pages, second, "/mend"))
    receipt_page(pages, second).send(f"/comments/{second}/appeal", text=WORDS)
    page = receipt_page(pages, second)
    assert "Until that is decided it can’t be mended" in page.text
    assert not page.page.xpath("//a[contains(@href, '/mend')]")
    late = early.send(f"/comments/{second}/mend", body=f"{OTHER} Mended.")
    assert late.status == 409
    assert "Until that is decided it can’t be mended" in late.text
    berta = pages.signed_in("berta").open("/review/appeals")
    (link,) = berta.page.xpath("//section[h2='To decide']//ol//a/@href")
    berta.open(link).send(f"{link}/decide", outcome="upheld", explanation="It is about something else.")
    page = pages.visitor().open(address(pages, second, "/mend"))
    pages.clock.move(minutes=1)
    assert page.send(f"/comments/{second}/mend", body=f"{OTHER} Mended.").status == 200


def test_however_many_appeals_wait_every_page_of_them_is_reached(
    pages: Pages, article: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("moderation.web.desk.appeals.PAGE", 2)
    pages.account("berta", {"demo": Role.MODERATOR})
    for number in range(5):
        comment = pages.say(f"{CALM} {number}", by=f"Reader {number}")
        pages.decide(comment, Verdict.REJECT, "off-topic" if number % 2 else "personal-attack")
        receipt_page(pages, comment).send(f"/comments/{comment}/appeal", text=WORDS)
        pages.clock.move(minutes=1)
    berta, listed = pages.signed_in("berta").open("/review/appeals"), []
    assert "Appeals 5" in berta.text
    while True:
        listed.append(berta.page.xpath("//section[h2='To decide']//ol//a/@href"))
        later = berta.page.xpath("//a[.='Later ones']/@href")
        if not later:
            break
        berta.open(later[0])
    assert [len(page) for page in listed] == [2, 2, 1]
    links = [link for page in listed for link in page]
    assert len(set(links)) == 5
    assert berta.page.xpath("//a[.='From the beginning']")
    assert len(berta.open("/review/appeals?reason=off-topic").texts("//section[h2='To decide']//ol/li")) == 2
    for place, link in enumerate(links):
        berta.open(link)
        found = [berta.page.xpath(f"//a[@data-key='{key}']/@href") for key in "kj"]
        assert found == [[links[place - 1]] if place else [], links[place + 1 : place + 2]]
        assert berta.page.xpath("//form[contains(@action, '/decide')]")
    assert "Appeals 5" in berta.text
    berta.send(f"{links[-1]}/decide", outcome="upheld", explanation="It is about something else.")
    assert "Appeals 4" in berta.text, "whoever decides sees at once what is left"


def test_what_is_mended_is_asked_what_a_comment_is_asked(pages: Pages, article: str) -> None:
    comment = pages.say()
    pages.decide(comment, Verdict.REJECT, "off-topic")
    page = pages.visitor().open(address(pages, comment, "/mend"))
    assert not page.page.xpath("//input[@id='name']")  # its site knows who it is
    page.send(f"/comments/{comment}/mend", body=CALM)
    assert page.status == 409  # the same text
    page.send(f"/comments/{comment}/mend", body="short")
    assert page.status == 422
    pages.clock.move(minutes=1)
    page.send(f"/comments/{comment}/mend", body=OTHER)
    assert page.status == 200
    second = page.path.split("/")[2].partition("?")[0]
    assert stored(pages, second).author_id == stored(pages, comment).author_id
    with pages.services.database.reading() as session:
        assert appeal_about(session, comment) is None


def test_a_statement_is_corrected_with_a_reason_and_undone(pages: Pages, article: str) -> None:
    comment = pages.say()
    pages.account("berta", {"demo": Role.MODERATOR})
    pages.decide(comment, Verdict.REJECT, "off-topic")
    page = pages.signed_in("berta").open(f"/review/comments/{comment}")
    action = f"/review/comments/{comment}/statement"
    page.send(action, reason="personal-attack", note="")
    assert page.status == 422
    page.send(action, reason="off-topic", note="x")
    assert page.status == 422
    page.send(action, reason="personal-attack", sentence="It calls the mayor names.", note="The wrong key was pressed.")
    assert (page.status, page.path.partition("?")[0]) == (200, "/review")
    assert "It calls the mayor names." in receipt_page(pages, comment).text
    history = page.open(f"/review/comments/{comment}").text
    assert "Statement of reasons corrected" in history
    assert "The wrong key was pressed." in history
    with pages.services.database.reading() as session:
        chain = str([event.payload for event in events_of(session, "demo")])
        verify("demo", events_of(session, "demo"))
    assert "calls the mayor" not in chain
    assert "wrong key" not in chain
    page.open("/review/actions")
    (undo,) = page.page.xpath("//form[contains(@action, '/undo')]/@action")
    page.send(undo)
    assert "It calls the mayor names." not in receipt_page(pages, comment).text
    assert stored(pages, comment).status == "rejected"
    pages.decide(comment, Verdict.APPROVE)
    late = page.post(action, {**_token(page), "reason": "off-topic", "note": "x", "revision": "2"})
    assert late.status == 409


def _token(page: Visitor) -> dict[str, str]:
    return {"csrf_token": str(page.page.xpath("//input[@name='csrf_token']/@value")[0])}


def test_figures_count_what_was_asked_and_what_became_of_it(pages: Pages, article: str) -> None:
    pages.account("berta", {"demo": Role.MODERATOR})
    berta = pages.signed_in("berta")
    for number, (reason, outcome) in enumerate(
        [("off-topic", "upheld"), ("off-topic", "reversed"), ("personal-attack", "")]
    ):
        comment = pages.say(f"{CALM} {number}")
        pages.decide(comment, Verdict.REJECT, reason)
        receipt_page(pages, comment).send(f"/comments/{comment}/appeal", text=WORDS)
        pages.clock.move(hours=2)
        if outcome:
            (link,) = berta.open("/review/appeals").page.xpath("//section[h2='To decide']//ol//a/@href")
            berta.open(link).send(f"{link}/decide", outcome=outcome, explanation=WORDS)
            assert berta.status == 200
    admin = pages.signed_in()
    rows = admin.open("/admin/figures/appeals.csv").answer.get_data(as_text=True).split()
    assert "Off-topic,2,1,0,1,2.0" in rows
    assert any(row.endswith(",1,0,0,0,") for row in rows)
    assert "Another look" in admin.open("/admin/figures").text
    assert admin.open("/review/appeals?reason=off-topic").texts("//section[h2='To decide']//li") == []
    assert len(admin.texts("//section[h2='Decided']//li")) == 2
    for query in ("?before=x", "?site=%00", "?section=%F0", "?reason=" + "x" * 5000):
        assert admin.client.get(f"/review/appeals{query}").status_code < 500, query
