"""Limits by reader, address and site: what counts, what doesn't, and what the caller is told."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import redis
from werkzeug.test import TestResponse

from moderation.core.network import network_of
from moderation.web.shared.limit_storage import ProcessStorage
from tests.newsroom import ORIGIN, Hall, Newsroom, detail, open_hall
from tests.stalling_proxy import stalling_proxy

ADA = {"name": "Ada", "id": "ada"}
BOB = {"name": "Bob", "id": "bob"}


def limited(newsroom: Newsroom, **limits: list[str]) -> None:
    """These limits, and none of the others."""
    lines = [f"{name} = {limits.get(name, [])!r}" for name in ("per_reader", "per_address", "per_site")]
    newsroom.configure("\n".join(["[rate_limits]", *lines]), limits=True)


def statuses(answers: list[TestResponse]) -> list[int]:
    return [answer.status_code for answer in answers]


def test_the_seventh_comment_of_a_reader_within_a_minute_is_429(newsroom: Newsroom) -> None:
    newsroom.configure("", limits=True)
    assert statuses([newsroom.comment(author=ADA) for _ in range(7)]) == [202] * 6 + [429]
    answer = newsroom.comment(author=ADA)
    assert "6 per 1 minute" in detail(answer)
    assert 1 <= int(answer.headers["Retry-After"]) <= 60
    assert newsroom.stored() == 6
    assert newsroom.comment(author={"name": "Bob", "id": "bob"}).status_code == 202


def test_only_accepted_comments_of_a_reader_count(newsroom: Newsroom) -> None:
    limited(newsroom, per_reader=["2 per minute"])
    body = newsroom.text()
    newsroom.accepted(author=ADA, body=body)
    refused = [
        newsroom.comment(author=ADA, body=body),
        newsroom.comment(author=ADA, body="short"),
        newsroom.comment(author=ADA, article="nowhere"),
        newsroom.comment(author=ADA, parent_id="nothing"),
        newsroom.comment(author=ADA, colour="red"),
    ]
    assert statuses(refused) == [409, 422, 404, 422, 422]
    assert newsroom.comment(author=ADA).status_code == 202
    assert newsroom.comment(author=ADA).status_code == 429


def test_what_the_policy_rejects_was_accepted_and_counts(newsroom: Newsroom) -> None:
    limited(newsroom, per_reader=["1 per minute"])
    newsroom.configure(
        '[rate_limits]\nper_reader = ["1 per minute"]\n[policy.reject]\nthreat_at_least = 0.5', limits=True
    )
    assert newsroom.accepted("threat=0.9", author=ADA)["status"] == "rejected"
    assert newsroom.comment(author=ADA).status_code == 429


def test_what_is_over_the_limit_is_neither_scored_nor_stored(newsroom: Newsroom) -> None:
    limited(newsroom, per_reader=["1 per minute"])
    newsroom.comment(author=ADA)
    asked = len(newsroom.scorer.asked)
    assert newsroom.comment(author=ADA).status_code == 429
    assert len(newsroom.scorer.asked) == asked
    assert newsroom.stored() == 1


@pytest.mark.parametrize("by", ["server", "browser"])
def test_without_id_address_and_name_are_the_reader_and_the_address_bounds_all(newsroom: Newsroom, by: str) -> None:
    limited(newsroom, per_reader=["2 per minute"], per_address=["5 per minute"])

    def sent(name: str, address: str = "198.51.100.4") -> int:
        if by == "server":
            return newsroom.comment(author={"name": name, "address": address}).status_code
        return newsroom.send(author={"name": name}, address=address).status_code

    assert [sent("Ada"), sent("Ada"), sent("Bob"), sent("Bob")] == [202] * 4  # one office
    if by == "server":  # in a browser what is refused counts too
        assert sent("ADA!") == 429
    answers = [sent(f"Nobody {letter}") for letter in "abcdef"]
    assert answers == [202] + [429] * 5
    assert sent("Ada", "198.51.100.5") == 202


def test_readers_whom_the_site_tells_apart_may_share_an_address(newsroom: Newsroom) -> None:
    limited(newsroom, per_reader=["1 per minute"], per_address=["1 per minute"])
    for name in ("a", "b", "c"):
        author = {"name": "Ada", "id": name, "address": "198.51.100.4"}
        assert newsroom.comment(author=author).status_code == 202
        assert newsroom.comment(author=author).status_code == 429


def test_an_archive_that_a_secret_key_vouches_for_counts_against_the_site_alone(newsroom: Newsroom) -> None:
    limited(newsroom, per_reader=["1 per minute"], per_address=["1 per minute"], per_site=["8 per minute"])
    guest = {"name": "Bob", "address": "198.51.100.4"}
    then = "2026-03-02T11:00:00Z"  # an hour ago
    for number in range(3):
        for author in (ADA, guest):
            sent = newsroom.comment(author=author, created_at=then, external_id=f"{author['name']} {number}")
            assert sent.status_code == 202
    # Neither of the two alone vouches for it, nor does what was written just now.
    assert newsroom.comment(author=ADA, created_at=then).status_code == 202
    assert newsroom.comment(author=ADA, external_id="x").status_code == 429
    assert newsroom.comment(author=ADA, external_id="x", created_at="2026-03-02T11:00:01Z").status_code == 429
    assert newsroom.comment(author=ADA, external_id="x", created_at=then).status_code == 202
    assert newsroom.comment(author=ADA, external_id="y", created_at=then).status_code == 429  # the site is full


def test_a_browser_can_vouch_for_nothing(newsroom: Newsroom) -> None:
    limited(newsroom, per_reader=["1 per minute"])
    answers = [newsroom.send(created_at="2020-01-01T00:00:00Z", external_id=f"{number}") for number in range(2)]
    assert statuses(answers) == [202, 429]


def test_with_a_name_alone_the_site_is_the_only_limit(newsroom: Newsroom) -> None:
    limited(newsroom, per_reader=["1 per minute"], per_site=["3 per minute"])
    assert statuses([newsroom.comment(author={"name": "Ada"}) for _ in range(4)]) == [202, 202, 202, 429]


def test_a_household_shares_its_ipv6_network(newsroom: Newsroom) -> None:
    limited(newsroom, per_reader=["1 per minute"])
    assert newsroom.send(address="2001:db8:1:2::1").status_code == 202
    assert newsroom.send(address="2001:db8:1:2:ffff::9").status_code == 429
    assert newsroom.send(address="2001:db8:1:3::1").status_code == 202


def test_a_site_that_is_full_takes_nothing_from_its_readers(newsroom: Newsroom) -> None:
    limited(newsroom, per_reader=["2 per hour"], per_site=["1 per minute"])
    assert newsroom.comment(author=ADA).status_code == 202
    assert statuses([newsroom.comment(author=ADA) for _ in range(3)]) == [429] * 3
    limited(newsroom, per_reader=["2 per hour"])
    assert statuses([newsroom.comment(author=ADA), newsroom.comment(author=ADA)]) == [202, 429]


def test_sites_and_readers_of_other_sites_do_not_share_limits(newsroom: Newsroom) -> None:
    limited(newsroom, per_reader=["1 per minute"], per_site=["1 per minute"])
    assert newsroom.comment(author=ADA).status_code == 202
    other = newsroom.hall.new_site()
    other.put_article()
    limited(other, per_reader=["1 per minute"], per_site=["1 per minute"])
    assert other.comment(author=ADA).status_code == 202


def test_writes_without_a_secret_key_count_by_address_refused_ones_too(newsroom: Newsroom) -> None:
    limited(newsroom, per_address=["3 per minute"])
    address = {"address": "198.51.100.77"}
    answers = [newsroom.send(**address), newsroom.send(body="short", **address), newsroom.send(colour=1, **address)]
    assert statuses(answers) == [202, 422, 422]
    assert newsroom.send(**address).status_code == 429
    assert newsroom.send(address="198.51.100.78").status_code == 202
    # The same address behind the site's own server is nobody's but the server's.
    assert newsroom.comment(author={"name": "Ada", **address}).status_code == 202


def test_withdrawing_counts_by_address(newsroom: Newsroom) -> None:
    limited(newsroom, per_address=["2 per minute"])
    statuses = []
    for _ in range(3):
        arrived = newsroom.accepted()
        path = f"/api/v1/comments/{arrived['id']}/withdraw?receipt={arrived['receipt']}"
        statuses.append(newsroom.client.post(path, environ_base={"REMOTE_ADDR": "198.51.100.90"}).status_code)
    assert statuses == [200, 200, 429]


def test_an_answer_given_again_counts_against_nothing(newsroom: Newsroom) -> None:
    limited(newsroom, per_reader=["1 per minute"], per_site=["1 per minute"], per_address=["1 per minute"])
    content = {"author": {"name": "Ada"}, "body": newsroom.text()}
    call: dict[str, Any] = {
        "json": content,
        "headers": {"Idempotency-Key": "k"},
        "environ_base": {"REMOTE_ADDR": "198.51.100.91"},
    }
    answers = [newsroom.browser("POST", "/api/v1/articles/trams/comments", **call) for _ in range(4)]
    assert statuses(answers) == [202] * 4
    assert len({answer.text for answer in answers}) == 1


def assert_what_is_refused_while_it_is_stored_counts_against_nothing(newsroom: Newsroom) -> None:
    limited(newsroom, per_reader=["1 per minute"], per_site=["1 per minute"], per_address=["1 per minute"])
    score = newsroom.scorer.score_one

    def closes_meanwhile(*asked: Any, **how: Any) -> Any:
        newsroom.put_article(mode="closed")
        return score(*asked, **how)

    newsroom.scorer.score_one = closes_meanwhile  # type: ignore[method-assign]
    try:
        assert newsroom.comment(author=ADA).status_code == 403
    finally:
        del newsroom.scorer.score_one
    newsroom.put_article(mode="pre")
    assert statuses([newsroom.comment(author=ADA) for _ in range(2)]) == [202, 429]


def test_what_is_refused_while_it_is_stored_counts_against_nothing(newsroom: Newsroom) -> None:
    assert_what_is_refused_while_it_is_stored_counts_against_nothing(newsroom)


@pytest.mark.redis
def test_in_redis_what_is_refused_while_it_is_stored_counts_against_nothing(redis_hall: Hall) -> None:
    newsroom = redis_hall.new_site()
    newsroom.put_article()
    assert_what_is_refused_while_it_is_stored_counts_against_nothing(newsroom)


def test_a_burst_of_one_reader_never_gets_over_the_limit(newsroom: Newsroom) -> None:
    limited(newsroom, per_reader=["3 per minute"])
    barrier = threading.Barrier(10)
    texts = [newsroom.text() for _ in range(10)]

    def send(text: str) -> int:
        client = newsroom.hall.app.test_client()
        barrier.wait()
        headers = {"Authorization": f"Bearer {newsroom.secret}"}
        content = {"author": ADA, "body": text}
        return client.post("/api/v1/articles/trams/comments", json=content, headers=headers).status_code

    with ThreadPoolExecutor(10) as pool:
        assert sorted(pool.map(send, texts)) == [202] * 3 + [429] * 7
    assert newsroom.stored() == 3


def test_answers_tell_how_much_is_left_of_the_readers_limit(newsroom: Newsroom) -> None:
    limited(newsroom, per_reader=["5 per minute"], per_site=["1000 per minute"])
    answer = newsroom.comment(author=ADA)
    assert (answer.headers["X-RateLimit-Limit"], answer.headers["X-RateLimit-Remaining"]) == ("5", "4")
    assert int(answer.headers["X-RateLimit-Reset"]) > 0
    assert "Retry-After" not in answer.headers


def test_a_browser_may_read_the_rate_headers(newsroom: Newsroom) -> None:
    limited(newsroom, per_reader=["1 per minute"])
    newsroom.send(address="198.51.100.92")
    answer = newsroom.send(address="198.51.100.92")
    assert answer.status_code == 429
    assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN
    assert "Retry-After" in answer.headers["Access-Control-Expose-Headers"]


def test_switched_off_nothing_is_counted(newsroom: Newsroom) -> None:
    newsroom.configure('per_reader = ["1 per minute"]\n')
    assert statuses([newsroom.comment(author=ADA) for _ in range(8)]) == [202] * 8


def test_changed_limits_take_effect_with_the_next_comment(newsroom: Newsroom) -> None:
    limited(newsroom, per_reader=["1 per minute"])
    assert statuses([newsroom.comment(author=ADA) for _ in range(2)]) == [202, 429]
    limited(newsroom, per_reader=["4 per minute"])
    assert newsroom.comment(author=ADA).status_code == 202


# --- behind proxies -------------------------------------------------------------------------------------------------


def forwarded(newsroom: Newsroom, chain: str) -> int:
    return newsroom.send(address="10.0.0.1", headers={"X-Forwarded-For": chain}).status_code


def test_without_proxies_the_forwarded_address_counts_for_nothing(newsroom: Newsroom) -> None:
    limited(newsroom, per_reader=["2 per minute"])
    assert [forwarded(newsroom, f"203.0.113.{number}") for number in range(3)] == [202, 202, 429]


def test_behind_one_proxy_only_what_it_added_is_believed(sqlite_url: str, tmp_path: Path) -> None:
    hall = open_hall(sqlite_url, tmp_path, trusted_proxies=1)
    newsroom = hall.new_site()
    newsroom.put_article()
    limited(newsroom, per_reader=["2 per minute"])
    # The reader makes up what stands in front; the proxy adds the last one.
    assert [forwarded(newsroom, f"1.1.1.{number}, 203.0.113.9") for number in range(3)] == [202, 202, 429]
    assert forwarded(newsroom, "203.0.113.9, 203.0.113.10") == 202
    hall.services.database.close()


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.7", "203.0.113.7"),
        (" 203.0.113.7 ", "203.0.113.7"),
        ("203.0.113.7:49152", "203.0.113.7"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("2001:db8::1", "2001:db8::"),
        ("[2001:db8::1]:443", "2001:db8::"),
        ("fe80::1%eth0", "fe80::"),
        ("::1", "::"),
        ("no address", "no address"),
        ("", "unknown"),
    ],
)
def test_an_address_stands_for_its_network(address: str, network: str) -> None:
    assert network_of(address) == network


# --- where it is counted --------------------------------------------------------------------------------------------


@pytest.fixture
def redis_hall(sqlite_url: str, tmp_path: Path, redis_url: str) -> Iterator[Hall]:
    hall = open_hall(sqlite_url, tmp_path, redis_url=redis_url)
    yield hall
    hall.services.database.close()


@pytest.mark.redis
def test_redis_counts_for_several_processes(redis_hall: Hall, sqlite_url: str, tmp_path: Path, redis_url: str) -> None:
    newsroom = redis_hall.new_site()
    newsroom.put_article()
    limited(newsroom, per_reader=["3 per minute"])
    assert statuses([newsroom.comment(author=ADA) for _ in range(2)]) == [202, 202]
    other = open_hall(sqlite_url, tmp_path, redis_url=redis_url)
    elsewhere = Newsroom(
        hall=other,
        site=newsroom.site,
        secret=newsroom.secret,
        publishable=newsroom.publishable,
        client=other.app.test_client(),
        texts=newsroom.texts,
    )
    limited(elsewhere, per_reader=["3 per minute"])
    assert statuses([elsewhere.comment(author=ADA) for _ in range(2)]) == [202, 429]
    other.services.database.close()


@pytest.mark.redis
def test_redis_learns_no_address(redis_hall: Hall, redis_url: str) -> None:

    newsroom = redis_hall.new_site()
    newsroom.put_article()
    newsroom.configure("", limits=True)
    newsroom.send(address="198.51.100.99")
    with redis.Redis.from_url(redis_url) as client:
        keys = b" ".join(client.keys())
    assert keys
    assert b"198.51.100" not in keys


def test_limits_go_on_in_the_process_when_redis_is_gone(sqlite_url: str, tmp_path: Path) -> None:
    hall = open_hall(sqlite_url, tmp_path, redis_url="redis://127.0.0.1:1/0")
    newsroom = hall.new_site()
    newsroom.put_article()
    limited(newsroom, per_reader=["2 per minute"])
    assert statuses([newsroom.comment(author=ADA) for _ in range(3)]) == [202, 202, 429]
    hall.services.database.close()


@pytest.mark.redis
def test_limits_go_on_in_the_process_when_redis_hangs_however_many_notice_at_once(
    sqlite_url: str, tmp_path: Path, redis_url: str
) -> None:
    parts = urlsplit(redis_url)
    with stalling_proxy(parts.hostname or "", parts.port or 6379) as proxy:
        hall = open_hall(sqlite_url, tmp_path, redis_url=f"redis://127.0.0.1:{proxy.port}{parts.path}")
        newsroom = hall.new_site()
        newsroom.put_article()
        limited(newsroom, per_site=["5 per hour"])
        asked = {"comment": {"text": "hello"}, "requestedAttributes": {"TOXICITY": {}}}

        def analyze(_: int) -> TestResponse:
            path = f"/v1alpha1/comments:analyze?key={newsroom.secret}"
            return hall.app.test_client().post(path, json=asked)

        assert analyze(0).status_code == 200
        proxy.hang()
        with ThreadPoolExecutor(16) as pool:
            many = statuses(list(pool.map(analyze, range(16))))
        assert sorted(many) == [200] * 5 + [429] * 11
        limited(newsroom, per_reader=["2 per hour"])
        assert statuses([newsroom.comment(author=ADA) for _ in range(3)]) == [202, 202, 429]
        proxy.go_on()
        with redis.Redis.from_url(redis_url) as client:
            wait_until(lambda: newsroom.comment(author=BOB).status_code in (202, 429) and counted(client, "reader") > 0)
        hall.services.database.close()


def counted(client: redis.Redis, scope: str) -> int:
    """How many of these counters Redis keeps."""
    return sum(scope.encode() in key for key in client.scan_iter())


def wait_until(holds: Callable[[], bool]) -> None:
    for _ in range(200):
        if holds():
            return
        time.sleep(0.05)
    pytest.fail("it never came true")


class Stopwatch:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_a_moving_window_opens_hit_by_hit() -> None:
    watch = Stopwatch()
    storage = ProcessStorage(now=watch)
    assert [storage.acquire_entry("k", 2, 60) for _ in range(3)] == [True, True, False]
    watch.now += 59.9
    assert not storage.acquire_entry("k", 2, 60)
    watch.now += 0.2
    assert [storage.acquire_entry("k", 2, 60) for _ in range(3)] == [True, True, False]
    assert storage.get_moving_window("k", 2, 60)[1] == 2


def test_counters_that_have_run_out_are_forgotten() -> None:
    watch = Stopwatch()
    storage = ProcessStorage(now=watch)
    for number in range(100):
        storage.acquire_entry(f"k{number}", 5, 30)
    watch.now += 61
    storage.acquire_entry("last", 5, 30)
    assert storage.reset() == 1
