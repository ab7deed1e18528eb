"""``moderation webhooks``: endpoints from the command line."""

from __future__ import annotations

import json

import pytest
from click.testing import Result
from standardwebhooks.webhooks import Webhook

from moderation.storage.audit import events_of
from tests.commands import moderation
from tests.newsroom import Newsroom
from tests.webhooks.receiver import OK, Receiver, Told, status


def run(newsroom: Newsroom, *arguments: str) -> Result:
    return moderation(newsroom.hall, "webhooks", *arguments)


def test_an_endpoint_from_its_beginning_to_its_end(newsroom: Newsroom, receiver: Receiver) -> None:
    told = Told(newsroom=newsroom, receiver=receiver)
    told.deliver()
    added = run(
        newsroom, "add", "--site", newsroom.site, receiver.url, "--event", "comment.accepted", "--allow-private"
    )
    assert added.exit_code == 0, added.output
    endpoint_id, secret = added.output.split()
    assert secret.startswith("whsec_")

    tested = run(newsroom, "test", endpoint_id)
    assert (tested.exit_code, tested.output.split("\t")[0]) == (0, "200: thanks")
    assert receiver.kinds == ["webhook.test"]
    Webhook(secret).verify(receiver.got[0].text, receiver.got[0].headers)
    receiver.answer = status(401, "who are you?")
    tested = run(newsroom, "test", endpoint_id)
    assert (tested.exit_code, tested.output.split("\t")[0]) == (1, "401: who are you?")

    # The command's clock is ahead of the standing one: what happens then is told to an endpoint that was there.
    newsroom.clock.move(days=3650)
    newsroom.accepted()
    told.deliver()
    listed = run(newsroom, "deliveries", endpoint_id).output.splitlines()
    assert [line.split("\t")[1] for line in listed] == ["comment.accepted", "webhook.test", "webhook.test"]
    assert "tried once\t401: who are you?" in listed[0]
    assert "1 waiting, 0 given up" in run(newsroom, "list", "--site", newsroom.site).output
    assert secret not in run(newsroom, "list").output
    receiver.answer = OK
    again = run(newsroom, "redeliver", endpoint_id, listed[0].split("\t")[0])
    assert again.output == "Sent again: 1.\n"
    told.deliver()
    assert receiver.kinds[-1] == "comment.accepted"
    assert "delivered" in run(newsroom, "deliveries", endpoint_id).output.splitlines()[0]

    new = run(newsroom, "rotate", endpoint_id).output.strip()
    assert new.startswith("whsec_")
    assert new != secret
    assert "two secrets" in run(newsroom, "list").output
    assert run(newsroom, "retire", endpoint_id).exit_code == 0
    assert run(newsroom, "remove", endpoint_id).output == "Removed the endpoint.\n"
    assert endpoint_id not in run(newsroom, "list").output
    with newsroom.services.database.reading() as session:
        noted = [event for event in events_of(session, newsroom.site) if event.event.startswith("webhook.")]
    kinds = [event.event.removeprefix("webhook.") for event in noted]
    assert kinds == ["added", "tested", "tested", "redelivered", "secret_rotated", "secret_retired", "removed"]
    assert all("127.0.0.1" not in json.dumps(event.payload) for event in noted)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("add", "--site", "nowhere", "https://cms.example/"), "no such site"),
        (("add", "--site", "{site}", "http://cms.example/"), "Use https"),
        (("add", "--site", "{site}", "https://127.0.0.1/"), "--allow-private"),
        (("add", "--site", "{site}", "https://cms.example/", "--event", "comment.liked"), "comment.liked"),
        (("test", "nothing"), "no such webhook endpoint"),
        (("remove", "../x"), "no such webhook endpoint"),
        (("rotate", "nothing"), "no such webhook endpoint"),
        (("retire", "nothing"), "no such webhook endpoint"),
        (("deliveries", "nothing"), "no such webhook endpoint"),
        (("redeliver", "nothing", "1"), "no such webhook endpoint"),
    ],
)
def test_what_cannot_be_done_is_told_in_a_sentence(front_door: Newsroom, arguments: tuple[str, ...], said: str) -> None:
    result = run(front_door, *(argument.format(site=front_door.site) for argument in arguments))
    assert result.exit_code == 2
    assert said in result.output


def test_a_site_has_one_endpoint_an_address_and_a_bound_number(front_door: Newsroom) -> None:
    for number in range(20):
        assert run(front_door, "add", "--site", front_door.site, f"https://cms.example/{number}").exit_code == 0
    assert "20 at most" in run(front_door, "add", "--site", front_door.site, "https://cms.example/20").output
    front_door_2 = front_door.hall.new_site()
    assert run(front_door, "add", "--site", front_door_2.site, "https://cms.example/1").exit_code == 0
    again = run(front_door, "add", "--site", front_door_2.site, "https://cms.example/1")
    assert "already" in again.output
