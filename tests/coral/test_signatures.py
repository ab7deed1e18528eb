"""Who is answered: whoever signs with a site's secret, now or before its rotation; and bodies that nobody can read."""

from __future__ import annotations

import json

import pytest
from click.testing import Result

from moderation.coral.wire import MAX_SIGNATURES, is_html, links_in
from moderation.storage.audit import events_of
from tests.commands import moderation
from tests.coral.asking import PATH, Coral, check, connected, new_secret
from tests.newsroom import Newsroom, detail

CALM = "<div>The new trams run on time, and the stop by the harbour is a good one.</div>"
APPROVES = "[policy.approve]\ntoxicity_at_most = 0.2\n"


def body_of(coral: Coral, text: str = CALM) -> bytes:
    return json.dumps(coral.question(text), indent=2).encode()


@pytest.mark.parametrize(
    "signature", ["", "sha256=", "sha256=" + "0" * 64, "md5=1", "é", ",,,", "sha256=0" * 4000, "sha256=\udcff"]
)
def test_a_wrong_signature_is_refused(coral: Coral, signature: str) -> None:
    answer = coral.send(body_of(coral), signature)
    assert answer.status_code == 401
    assert "moderation sites coral" in detail(answer)
    assert not coral.newsroom.scorer.asked


def test_a_missing_signature_is_refused_and_a_secret_key_is_none(coral: Coral) -> None:
    answer = coral.newsroom.server("POST", PATH, data=body_of(coral), content_type="application/json")
    assert answer.status_code == 401
    detail(answer)


def test_a_signature_is_of_the_very_bytes(coral: Coral) -> None:
    body = body_of(coral)
    assert coral.send(body).status_code == 200
    assert coral.send(body + b" ", coral.signature(body)).status_code == 401
    assert coral.send(body, coral.signature(body).upper()).status_code == 401


def test_a_site_without_a_secret_is_unknown_and_each_has_its_own(coral: Coral) -> None:
    stranger = Coral(coral.newsroom, [new_secret()])
    assert stranger.send(body_of(coral)).status_code == 401
    neighbour = coral.newsroom.hall.new_site()
    neighbour.put_article()
    other = connected(neighbour)
    assert other.send(body_of(other)).status_code == 200
    figures = coral.newsroom.client.get("/metrics").text
    assert f'site="{other.newsroom.site}"' in figures
    assert f'moderation_coral_answers_total{{answer="pending",site="{coral.newsroom.site}"}}' not in figures


def test_coral_signs_with_both_secrets_while_it_rotates(coral: Coral) -> None:
    rotated = Coral(coral.newsroom, [new_secret(), *coral.secrets])
    assert rotated.send(body_of(coral)).status_code == 200
    many = ",".join(["sha256=" + "0" * 64] * MAX_SIGNATURES + [coral.signature(body_of(coral))])
    assert coral.send(body_of(coral), many).status_code == 401


# --- bodies -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'"text"',
        b"\xff",
        b'{"comment": {"body": NaN}}',
        b"[" * 100_000,
        b'{"comment": []}',
        b'{"comment": {"body": 7}, "author": {}, "story": {}}',
        b'{"comment": {"body": "x"}}',
        b'{"comment": {"body": "' + b"x" * 60_000 + b'"}, "author": {}, "story": {}}',
        b'{"comment": {"body": "\\ud800 half"}, "author": {"id": "\\u0000"}, "story": {"url": "\\udfff", "id": 9}}',
        b'{"comment": {"body": "' + b"x" * 2_000_000 + b'"}}',
    ],
)
def test_what_is_signed_and_cannot_be_read_is_held_and_never_published(coral: Coral, body: bytes) -> None:
    coral.newsroom.configure('[comments]\nmode = "post"\n')
    answer = coral.send(body)
    assert answer.status_code == 200, answer.text
    told = dict(answer.json or {})
    check(told)
    assert told["status"] == "PREMOD"
    assert told["reasons"][0]


def test_a_browser_has_no_way_in(coral: Coral) -> None:
    assert coral.newsroom.client.get(PATH).status_code == 405
    assert coral.newsroom.browser("POST", PATH, json={}).status_code == 401


@pytest.mark.parametrize(
    ("body", "html"),
    [
        ("Nothing but words & signs, 1 < 2", True),
        ('<div>a <a href="https://b.example/?x=1&amp;y=2" rel="noopener noreferrer">b</a><br></div>', True),
        ("<p>one</p><ul><li>two</li></ul><blockquote>three</blockquote>", True),
        ("<img src=x>", False),
        ("a <!-- b -->", False),
        ("<div onclick=x>", False),
        ("<b", False),
    ],
)
def test_html_is_what_coral_lets_through(body: str, html: bool) -> None:
    assert is_html(body) is html


def test_links_are_counted_by_where_they_lead() -> None:
    same = '<a href="https://a.example/" rel="x">one</a> <a class="b" href="https://a.example/">two</a>'
    assert links_in(same) == 1
    assert links_in(f'{same} <a target="_blank" href="https://b.example/">three</a> https://c.example/') == 2


# --- the command ------------------------------------------------------------------------------------------------------


def run(newsroom: Newsroom, *arguments: str, stdin: str = "") -> Result:
    return moderation(newsroom.hall, "sites", "coral", *arguments, stdin=stdin)


def test_a_secret_from_its_beginning_to_its_end(newsroom: Newsroom) -> None:
    newsroom.configure(APPROVES)
    first, second, third = (Coral(newsroom, [new_secret()]) for _ in range(3))

    def who_is_heard() -> list[bool]:
        return [coral.send(body_of(coral)).status_code == 200 for coral in (first, second, third)]

    kept = run(newsroom, newsroom.site, stdin=first.secrets[0] + "\n")
    assert (kept.exit_code, kept.output) == (0, "Kept, encrypted.\n")
    assert who_is_heard() == [True, False, False]
    again = run(newsroom, newsroom.site, stdin=second.secrets[0])
    assert "The one before holds as well" in again.output
    assert who_is_heard() == [True, True, False]
    assert "coral\tasks here, two secrets" in moderation(newsroom.hall, "sites", "list").output
    assert run(newsroom, newsroom.site, "--retire").exit_code == 0
    assert who_is_heard() == [False, True, False]
    assert run(newsroom, newsroom.site, "--remove").exit_code == 0
    assert who_is_heard() == [False, False, False]
    with newsroom.services.database.reading() as session:
        events = [event for event in events_of(session, newsroom.site) if event.event.startswith("coral.")]
        stored = [*session.connection().exec_driver_sql("SELECT coral_secret FROM sites").scalars()]
    assert [event.event for event in events] == [
        *("coral.secret_kept", "coral.secret_kept", "coral.secret_retired", "coral.removed")
    ]
    assert not any(coral.secrets[0] in str(event) for event in events for coral in (first, second))
    assert not set(stored) & {first.secrets[0], second.secrets[0]}


@pytest.mark.parametrize(
    ("arguments", "stdin", "said"),
    [
        (["nothing"], new_secret(), "no such site"),
        ([], "short", "as Coral shows it"),
        ([], "", "as Coral shows it"),
        (["--retire"], "", "no secret before"),
        (["--remove"], "", "nothing was changed"),
        (["--remove", "--retire"], "", "together"),
    ],
    ids=["nowhere", "short", "none", "nothing before", "nothing kept", "both"],
)
def test_what_cannot_be_done_is_said_in_a_sentence(
    front_door: Newsroom, arguments: list[str], stdin: str, said: str
) -> None:
    named = arguments if arguments and not arguments[0].startswith("-") else [front_door.site, *arguments]
    result = run(front_door, *named, stdin=stdin)
    assert result.exit_code != 0
    assert said in result.output, result.output


def test_a_secret_is_one_phase_s_alone(coral: Coral) -> None:
    other = coral.newsroom.hall.new_site()
    for site in (coral.newsroom, other):
        result = run(site, site.site, stdin=coral.secrets[0])
        assert "is kept already" in result.output
