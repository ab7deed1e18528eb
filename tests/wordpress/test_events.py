"""The service's events: their signature, their time, and that none of them is carried out twice or too late."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
from base64 import b64encode
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from standardwebhooks.webhooks import Webhook

from tests.wordpress.conftest import Pair

OTHER = "whsec_c29tZXRoaW5nIGVsc2UgdGhhbiB0aGUgc2VjcmV0"


def tell(
    pair: Pair,
    event: Any,
    *,
    secret: str | None = None,
    age: float = 0,
    body: str | None = None,
    headers: dict[str, str] | None = None,
) -> int:
    """Sends an event as the service does; returns the status of the answer."""
    text, at = json.dumps(event), datetime.now(UTC) - timedelta(seconds=age)
    signed = Webhook(secret or pair.secret).sign("msg_1", at, text)
    given = {
        "webhook-id": "msg_1",
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": signed,
    } | (headers or {})
    request = urllib.request.Request(pair.events_at, data=(body or text).encode(), headers=given, method="POST")
    request.add_header("Content-Type", "application/json")
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        error.close()
        return error.code


def event(pair: Pair, comment: int, **changes: Any) -> dict[str, Any]:
    """What the service would tell of a comment, but for these."""
    there = pair.there(comment)
    known = ("id", "external_id", "status", "revision", "created_at")
    told = {name: there[name] for name in known} | {"reason": None} | changes
    return {
        "type": "comment.published",
        "timestamp": datetime.now(UTC).isoformat(),
        "data": {"sequence": 2, "change": {}, "comment": told, "article": None},
    }


def test_only_what_is_signed_with_the_sites_secret_a_moment_ago_is_carried_out(pair: Pair) -> None:
    comment = pair.write(pair.site.post("Signed"), links=1)
    release = event(pair, comment, status="approved", revision=2)
    assert tell(pair, release, secret=OTHER) == 401
    assert tell(pair, release, age=301) == 401
    assert tell(pair, release, age=-320) == 401
    assert tell(pair, release, body=json.dumps(release) + " ") == 401
    assert tell(pair, release, headers={"webhook-id": "msg_2"}) == 401
    assert tell(pair, release, headers={"webhook-timestamp": str(int(time.time()) + 1)}) == 401
    assert tell(pair, release, headers={"webhook-timestamp": "now"}) == 401
    assert tell(pair, release, headers={"webhook-signature": ""}) == 401
    assert tell(pair, release, headers={"webhook-signature": "v1,"}) == 401
    pair.join(webhook_secret="")
    assert tell(pair, release) == 401
    pair.join(webhook_secret=OTHER)
    assert tell(pair, release) == 401
    assert pair.status(comment) == "0"
    pair.join(webhook_secret=f"{OTHER} {pair.secret}")  # while the secret is changed
    assert tell(pair, release) == 204
    assert pair.status(comment) == "1"


def test_an_event_that_comes_again_or_late_changes_nothing(pair: Pair) -> None:
    comment = pair.write(pair.site.post("Again"), links=1)
    published = event(pair, comment, status="approved", revision=2)
    rejected = event(pair, comment, status="rejected", revision=3)
    for told, becomes in ((published, "1"), (published, "1"), (rejected, "trash"), (published, "trash")):
        assert tell(pair, told) == 204
        assert pair.status(comment) == becomes


@pytest.mark.parametrize(("status", "becomes"), [("withdrawn", "trash"), ("expired", "trash"), ("erased", "gone")])
def test_what_ended_at_the_service_ends_here(pair: Pair, status: str, becomes: str) -> None:
    comment = pair.write(pair.site.post("Ended"))
    assert tell(pair, event(pair, comment, status=status, revision=2)) == 204
    assert pair.status(comment) == becomes


def test_an_event_before_its_comment_is_stored_is_asked_for_again(pair: Pair) -> None:
    comment = pair.write(pair.site.post("Early"), links=1)
    now, before = (datetime.now(UTC) - timedelta(minutes=ago) for ago in (-1, 2))  # the service's clock may be ahead
    new = {"id": pair.new_id(), "external_id": "wp-1-unheard-of", "created_at": now.isoformat()}
    assert tell(pair, event(pair, comment, **new)) == 503
    assert tell(pair, event(pair, comment, **new, revision=2)) == 503  # a worker has decided already
    assert tell(pair, event(pair, comment, **new | {"created_at": before.isoformat()})) == 204  # it never will be
    assert tell(pair, event(pair, comment, **new | {"external_id": "cms-1"})) == 204  # another's


def test_what_was_imported_from_this_site_is_found_by_its_number(pair: Pair) -> None:
    pair.site.set_up()
    comment = pair.write(pair.site.post("From before"), name="Old")
    pair.join()
    told = imported(pair, comment, status="rejected", author={"name": "Somebody else"})
    whole = {"type": "comment.rejected", "timestamp": "2026-03-02T12:00:00.000Z", "data": {"comment": told}}
    assert tell(pair, whole) == 204
    assert pair.status(comment) != "trash"  # of another WordPress, it seems
    written, told["author"] = told["created_at"], {"name": "Old"}
    told["created_at"] = "2019-03-02T12:00:00.000Z"
    assert tell(pair, whole) == 204
    assert pair.status(comment) != "trash"  # of another that has a reader of that name
    told["created_at"] = written
    assert tell(pair, whole) == 204
    assert pair.status(comment) == "trash"
    assert pair.id(comment) == told["id"]


def test_what_was_imported_and_is_erased_there_goes_here_too(pair: Pair) -> None:
    pair.site.set_up()
    comment = pair.write(pair.site.post("From long before"), name="Old")
    pair.join()
    told = imported(pair, comment, status="erased", author={"name": ""})
    told["external_id"] = f"wordpress:old-blog:{comment}"  # moderation import wordpress … --source old-blog
    whole = {"type": "comment.erased", "timestamp": "2026-03-02T12:00:00.000Z", "data": {"comment": told}}
    assert tell(pair, whole) == 204
    assert pair.status(comment) == "gone"


def imported(pair: Pair, comment: int, **changes: Any) -> dict[str, Any]:
    """What the service would tell of a comment that came to it with an export."""
    written = pair.site.php(f"return get_comment( {comment} )->comment_date_gmt;")
    return {
        "id": pair.new_id(),
        "external_id": f"wordpress:{comment}",
        "created_at": f"{str(written).replace(' ', 'T')}.000Z",
        "revision": 2,
        **changes,
    }


STRANGE_COMMENT = {"id": "01k0v6v1m3c7m5sq5n0p6q8r9t", "status": "approved"}


@pytest.mark.parametrize(
    "strange",
    [
        {},
        [],
        "x",
        7,
        None,
        {"type": 5},
        {"data": []},
        {"data": {"comment": []}},
        {"data": {"comment": {"id": 7}}},
        {"type": "legal.received", "timestamp": "x", "data": {"legal": {"id": "1"}}},
        {"data": {"comment": STRANGE_COMMENT | {"revision": "2"}}},
        {"data": {"comment": STRANGE_COMMENT | {"revision": [], "external_id": []}}},
        {
            "timestamp": [],
            "data": {"comment": STRANGE_COMMENT | {"revision": 1, "author": "x"}, "article": {"id": []}},
        },
        {"data": {"comment": STRANGE_COMMENT | {"revision": 1, "external_id": "wordpress:1", "author": "x"}}},
    ],
)
def test_a_signed_event_that_makes_no_sense_breaks_nothing(pair: Pair, strange: Any) -> None:
    assert tell(pair, strange) in (204, 400)


def test_what_an_event_tells_is_held_against_what_another_process_has_kept_meanwhile(pair: Pair) -> None:
    comment = pair.write(pair.site.post("Two processes"), links=1)
    pair.settled(comment)
    told = b64encode(json.dumps(event(pair, comment)["data"]).encode()).decode()
    state = pair.site.php(
        f"$id = {comment}; $told = json_decode( base64_decode( '{told}' ), true );"
        "delete_comment_meta( $id, '_rcm_state' ); get_comment_meta( $id );"  # what it knows from now on
        "$newer = array( 'revision' => 2, 'status' => 'approved', 'text' => 'its hash' ); global $wpdb;"
        "$row = array( 'comment_id' => $id, 'meta_key' => '_rcm_state', 'meta_value' => serialize( $newer ) );"
        "$wpdb->insert( $wpdb->commentmeta, $row );"
        "$answer = new ReaderCommentModeration\\Answer( 200, $told['comment'] );"
        "ReaderCommentModeration\\carry_out( get_comment( $id ), $answer );"
        "ReaderCommentModeration\\carried_out_event( $answer, $told );"
        "wp_cache_flush(); return get_comment_meta( $id, '_rcm_state', true );"
    )
    assert state == {"revision": 2, "status": "approved", "text": "its hash"}
