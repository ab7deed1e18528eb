"""Readers' tokens signed by a key of a set that the site's login publishes at an address."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait

import pytest
from joserfc.jwk import ECKey, OctKey, RSAKey

from moderation.core.errors import InvalidField
from moderation.readers import key_sets
from moderation.readers.keys import Algorithm
from moderation.readers.site_keys import set_address
from moderation.storage.reader_keys import ReaderKey, reader_keys_of
from moderation.web.shared.access import KEY_SETS
from tests.api.test_reader_tokens import refused, send
from tests.newsroom import Newsroom
from tests.signing import EC, ED, RSA, Login, claims_for, login, signed, take_tokens

NEW = RSAKey.generate_key(2048, auto_kid=False)


@pytest.fixture
def provider() -> Iterator[Login]:
    with login() as opened:
        opened.publish(RSA, names=("old",))
        yield opened


def use(newsroom: Newsroom, provider: Login, algorithm: Algorithm = Algorithm.RS256) -> None:
    set_address(newsroom.services, "test", newsroom.site, algorithm, provider.url, allow_private=True)


def row_of(newsroom: Newsroom) -> ReaderKey:
    with newsroom.services.database.reading() as session:
        return reader_keys_of(session, newsroom.site)[0]


def settled(newsroom: Newsroom) -> None:
    """Waits for what is fetched in the background."""
    for thread in threading.enumerate():
        if thread.name == "reader keys":
            thread.join(20)


@pytest.mark.parametrize(("algorithm", "key"), [(Algorithm.RS256, RSA), (Algorithm.ES256, EC), (Algorithm.EDDSA, ED)])
def test_any_key_of_the_set_signs_for_its_algorithm(
    newsroom: Newsroom, provider: Login, algorithm: Algorithm, key: RSAKey
) -> None:
    provider.publish(EC, RSA, ED, names=("ec", "rsa"))
    use(newsroom, provider, algorithm)
    assert send(newsroom, signed(claims_for(newsroom), algorithm.value, key)).status_code == 202
    public = OctKey.import_key("x" * 40)
    refused(send(newsroom, signed(claims_for(newsroom), "HS256", public)))
    other = ECKey.generate_key("P-256", auto_kid=False)
    refused(send(newsroom, signed(claims_for(newsroom), "ES256", other)))
    assert provider.asked == 1


def test_a_new_key_is_found_at_once_and_the_old_one_counts_while_it_is_published(
    newsroom: Newsroom, provider: Login
) -> None:
    use(newsroom, provider)
    old, new = (signed(claims_for(newsroom), "RS256", key, kid=name) for key, name in ((RSA, "old"), (NEW, "new")))
    assert send(newsroom, old).status_code == 202
    provider.publish(NEW, RSA, names=("new", "old"))
    newsroom.clock.move(seconds=61)
    assert [send(newsroom, token).status_code for token in (new, old)] == [202, 202]
    assert provider.asked == 2
    provider.publish(NEW, names=("new",))
    newsroom.clock.move(minutes=11)
    fresh = signed(claims_for(newsroom), "RS256", NEW, kid="new")
    assert send(newsroom, fresh).status_code == 202
    settled(newsroom)
    assert "doesn't hold" in refused(send(newsroom, signed(claims_for(newsroom), "RS256", RSA, kid="old")))


def test_a_key_that_nobody_knows_is_looked_for_once_a_minute(newsroom: Newsroom, provider: Login) -> None:
    use(newsroom, provider)
    newsroom.clock.move(seconds=61)
    for number in range(5):
        unknown = signed(claims_for(newsroom), "RS256", NEW, kid=f"unknown-{number}")
        assert "doesn't hold" in refused(send(newsroom, unknown))
    assert provider.asked == 2
    newsroom.clock.move(seconds=61)
    refused(send(newsroom, signed(claims_for(newsroom), "RS256", NEW, kid="unknown")))
    assert provider.asked == 3


@pytest.mark.parametrize("trouble", ["error", "nonsense", "empty", "secrets", "moved"])
def test_a_login_that_is_away_stops_nobody(newsroom: Newsroom, provider: Login, trouble: str) -> None:
    use(newsroom, provider)
    provider.status = {"error": 500, "moved": 302}.get(trouble, 200)
    bodies = {"nonsense": b"<html>", "empty": b'{"keys": []}', "secrets": b'{"keys": [{"kty": "oct", "k": "eA"}]}'}
    provider.body = bodies.get(trouble, provider.body)
    for _ in range(3):
        newsroom.clock.move(minutes=11)
        assert send(newsroom, signed(claims_for(newsroom), "RS256", RSA, kid="old")).status_code == 202
        settled(newsroom)
    assert provider.asked == 4
    assert row_of(newsroom).problem
    provider.status = 200
    provider.publish(RSA, names=("old",))
    newsroom.clock.move(minutes=11)
    send(newsroom, signed(claims_for(newsroom), "RS256", RSA, kid="old"))
    settled(newsroom)
    assert row_of(newsroom).problem is None


def test_a_login_that_hangs_holds_up_no_known_key(
    newsroom: Newsroom, provider: Login, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(key_sets, "WAIT_SECONDS", 0.2)
    use(newsroom, provider)
    provider.hangs = threading.Event()
    newsroom.clock.move(minutes=11)
    assert send(newsroom, signed(claims_for(newsroom), "RS256", RSA, kid="old")).status_code == 202
    refused(send(newsroom, signed(claims_for(newsroom), "RS256", NEW, kid="new")))
    provider.publish(RSA, NEW, names=("old", "new"))
    provider.hangs.set()
    settled(newsroom)
    assert send(newsroom, signed(claims_for(newsroom), "RS256", NEW, kid="new")).status_code == 202
    assert provider.asked == 2


def test_a_login_that_hangs_keeps_few_waiting(
    newsroom: Newsroom, provider: Login, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(key_sets, "WAIT_SECONDS", 60)
    monkeypatch.setattr(key_sets, "WAITING", 1)
    newsroom.hall.app.extensions[KEY_SETS] = key_sets.KeySets()
    use(newsroom, provider)
    provider.hangs = threading.Event()
    newsroom.clock.move(minutes=11)
    provider.publish(RSA, NEW, names=("old", "new"))
    token = signed(claims_for(newsroom), "RS256", NEW, kid="new")
    with ThreadPoolExecutor(2) as pool:
        both = [pool.submit(send, newsroom, token) for _ in range(2)]
        done, waiting = wait(both, return_when=FIRST_COMPLETED)
        assert "doesn't hold" in refused(next(iter(done)).result())
        provider.hangs.set()
        assert next(iter(waiting)).result().status_code == 202
    settled(newsroom)


def test_a_set_of_a_house_of_its_own_needs_to_be_allowed(front_door: Newsroom, provider: Login) -> None:
    for url in (
        provider.url,
        provider.url.replace("http:", "https:"),
        "https://localhost/keys",
        "https://169.254.169.254/latest",
        "https://[::1]/keys",
        "file:///etc/passwd",
        "https://user:word@id.example/keys",
        "ftp://id.example/keys",
        "http://[",
        "https://[::1",
        "",
    ):
        with pytest.raises(InvalidField):
            set_address(front_door.services, "test", front_door.site, Algorithm.RS256, url)
    assert provider.asked == 0


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"", "not JSON"),
        (b"[]", "no set of keys"),
        (b'{"keys": 7}', "no set of keys"),
        (b'{"keys": [7, null, {}, {"kty": "RSA"}, {"kty": "RSA", "n": 7, "e": "AQAB"}]}', "no public key for RS256"),
        (b'{"keys": [{"kty": "RSA", "n": "' + b"A" * 9000 + b'", "e": "AQAB"}]}', "no public key for RS256"),
        (b'{"keys": [' + b" " * 200_000 + b"]}", "100000 bytes"),
    ],
)
def test_what_is_no_set_is_refused_when_it_is_set(front_door: Newsroom, provider: Login, body: bytes, why: str) -> None:
    provider.body = body
    with pytest.raises(InvalidField, match=why):
        use(front_door, provider)
    assert "none yet" in refused(send(front_door, signed(claims_for(front_door), "RS256")))


@pytest.mark.parametrize("changes", [{"use": "enc"}, {"alg": "RS512"}, {"key_ops": ["encrypt"]}, {"alg": "HS256"}])
def test_a_key_for_something_else_signs_nothing(
    front_door: Newsroom, provider: Login, changes: dict[str, object]
) -> None:
    content = json.loads(provider.body)
    content["keys"][0] |= changes
    provider.body = json.dumps(content).encode()
    with pytest.raises(InvalidField):
        use(front_door, provider)


def test_tokens_signed_by_the_key_before_count_on_beside_a_set(newsroom: Newsroom, provider: Login) -> None:
    take_tokens(newsroom, Algorithm.RS256)
    newsroom.clock.move(minutes=1)
    provider.publish(NEW, names=("new",))
    use(newsroom, provider)
    for key, name in ((RSA, None), (NEW, "new")):
        header = {"kid": name} if name else {}
        assert send(newsroom, signed(claims_for(newsroom), "RS256", key, **header)).status_code == 202
