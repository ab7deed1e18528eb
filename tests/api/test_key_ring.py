"""The key ring: a change of keys lifts no ban and takes no receipt, cursor or second factor away."""

from __future__ import annotations

import itertools
import re
import threading
from base64 import b32encode
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from joserfc.jwk import OctKey
from pyotp import TOTP
from sqlalchemy import select, text, update

from moderation.accounts.accounts import add_account
from moderation.accounts.passwords import hash_of
from moderation.accounts.second_factor import set_up
from moderation.accounts.sign_in import CodeNeeded, CodeWrong, account_asked_for, sign_in, sign_in_by_code
from moderation.accounts.totp import secret_of
from moderation.cli import main
from moderation.config.settings import read_environment
from moderation.core.actor import EVERYWHERE
from moderation.core.comment import Author as Sent
from moderation.core.errors import ConfigurationError
from moderation.core.ids import new_id
from moderation.core.keyring import Key, KeyRing, Purpose
from moderation.core.signing import author_key, keyed, receipt_for
from moderation.readers.keys import Algorithm
from moderation.readers.site_keys import set_key
from moderation.storage.accounts import Account, Granted, Role
from moderation.storage.audit import events_of
from moderation.storage.authors import FOREVER, Author
from moderation.storage.database import Database
from moderation.storage.key_store import KeyStore
from moderation.storage.keys import StoredKey
from moderation.storage.mails import MailKind, post
from moderation.storage.schema import upgrade
from moderation.storage.webhooks import find_endpoint
from moderation.webhooks.endpoints import add_endpoint
from moderation.webhooks.signing import seal
from tests.api.grown import grow
from tests.doubles import CHEAP, NOON
from tests.newsroom import SECRET, Hall, Newsroom, open_hall, settings_for
from tests.signing import claims_for, signed

ANOTHER = "another secret key, as long as it must be"
THIRD = "a third secret key, as long as it must be"
PASSWORD = "a good long password for tests"
_texts = itertools.count(1000)
READERS: dict[str, dict[str, str]] = {
    "an id": {"name": "Ada", "id": "ada"},
    "an address": {"name": "Bob", "address": "203.0.113.9"},
    "a name": {"name": "Cleo"},
}


@contextmanager
def started(
    url: str, folder: Path, secret: str = SECRET, *before: str, like: Newsroom | None = None
) -> Iterator[Newsroom]:
    """The application started with this secret key, and those before it; ``like``: the site of an earlier start."""
    hall = open_hall(url, folder, secret_key=secret, previous_secret_keys=before)
    try:
        if like is None:
            newsroom = hall.new_site()
            newsroom.put_article()
        else:
            newsroom = Newsroom(
                hall=hall,
                site=like.site,
                secret=like.secret,
                publishable=like.publishable,
                client=hall.app.test_client(),
                texts=_texts,
            )
        yield newsroom
    finally:
        hall.services.database.close()


def ban(newsroom: Newsroom, comment_id: str) -> None:
    """Bans whoever wrote this comment, until it is lifted."""
    author_id = newsroom.services.database.writing(
        lambda session: session.scalar(text("SELECT author_id FROM comments WHERE id = :id"), {"id": comment_id})
    )
    change = update(Author).where(Author.id == author_id).values(banned_until=FOREVER)
    newsroom.services.database.writing(lambda session: session.execute(change))


def published_cursor(newsroom: Newsroom) -> str:
    newsroom.configure("[policy.approve]\ntoxicity_at_most = 0.9\n")
    assert newsroom.comment(author={"name": "Dan", "id": "dan"}).status_code == 201
    at = newsroom.clock()
    grow(newsroom, "trams", [{"id": new_id(at), "status": "approved", "published_at": at} for _ in range(50)])
    cursor = (newsroom.published().json or {})["next"]
    assert cursor
    return str(cursor)


def command(newsroom: Newsroom, *arguments: str, secret: str = SECRET, before: str = "") -> Result:
    environment = {
        "MODERATION_DATABASE_URL": newsroom.services.database.engine.url.render_as_string(hide_password=False),
        "MODERATION_VAR": str(newsroom.services.settings.var),
        "MODERATION_SECRET_KEY": secret,
        "MODERATION_SECRET_KEY_PREVIOUS": before,
    }
    return CliRunner().invoke(main, ["keys", *arguments], env=environment)


def everything(newsroom: Newsroom) -> dict[str, Any]:
    """A ban of each kind of reader, a receipt and a cursor, to be looked at after a change."""
    comments = [newsroom.accepted(author=author) for author in READERS.values()]
    for comment in comments:
        ban(newsroom, comment["id"])
    return {"receipt": newsroom.accepted(author={"name": "Eve", "id": "eve"}), "cursor": published_cursor(newsroom)}


def holds(newsroom: Newsroom, before: dict[str, Any]) -> None:
    assert {kind: newsroom.comment(author=author).status_code for kind, author in READERS.items()} == dict.fromkeys(
        READERS, 403
    )
    receipt = before["receipt"]
    asked = newsroom.client.get(f"/api/v1/comments/{receipt['id']}?receipt={receipt['receipt']}")
    assert asked.status_code == 200
    assert newsroom.published(cursor=before["cursor"]).status_code == 200
    # Who is not banned is the same person as before, too: their text is known.
    assert newsroom.comment(author={"name": "New", "id": "new"}).status_code in (201, 202)


def test_another_secret_key_with_the_one_before_it_loses_nothing(database_url: str, tmp_path: Path) -> None:
    with started(database_url, tmp_path) as newsroom:
        before = everything(newsroom)
    with started(database_url, tmp_path, ANOTHER, SECRET, like=newsroom) as after:
        holds(after, before)
    with started(database_url, tmp_path, ANOTHER, like=newsroom) as later:
        holds(later, before)
    with started(database_url, tmp_path, THIRD, SECRET, ANOTHER, like=newsroom) as last:
        holds(last, before)


def test_another_secret_key_alone_stops_the_start_and_says_how_to_go_on(database_url: str, tmp_path: Path) -> None:
    with started(database_url, tmp_path) as newsroom:
        before = everything(newsroom)
        refused = command(newsroom, "list", secret=ANOTHER)
    assert refused.exit_code == 2
    for named in ("MODERATION_SECRET_KEY_PREVIOUS", "bans", "receipts", "second factors", "replace-lost"):
        assert named in refused.output
    assert SECRET not in refused.output
    database = Database(database_url)
    services = replace(
        newsroom.services, database=database, settings=settings_for(database_url, tmp_path, secret_key=ANOTHER)
    )
    with pytest.raises(ConfigurationError):
        _ = replace(services, key_store=None).keys
    database.close()
    with started(database_url, tmp_path, SECRET, like=newsroom) as again:
        holds(again, before)


@pytest.mark.parametrize("purpose", Purpose)
def test_a_new_key_for_one_purpose_lets_the_old_one_read(newsroom: Newsroom, purpose: Purpose) -> None:
    before, folder = everything(newsroom), newsroom.services.settings.config_path.parent
    rotated = command(newsroom, "rotate", purpose.value)
    assert rotated.exit_code == 0, rotated.output
    url = newsroom.services.database.engine.url.render_as_string(hide_password=False)
    with started(url, folder, like=newsroom) as after:
        holds(after, before)
        keys = getattr(after.services.keys, purpose.replace("-", "_"))
        assert len(keys.all) >= 2
        new = after.accepted(author={"name": "Flo", "id": "flo"})
        newest = receipt_for(after.services.keys.receipts.newest.secret, new["id"])
        assert new["receipt"] == newest
    with newsroom.services.database.reading() as session:
        events = [event for event in events_of(session, "system") if event.event == "key.rotated"]
    assert purpose.value in events[-1].payload


def test_an_author_of_before_is_the_same_author_after(database_url: str, tmp_path: Path) -> None:
    with started(database_url, tmp_path) as newsroom:
        text = newsroom.text()
        newsroom.accepted(author=READERS["an id"], body=text)
        assert command(newsroom, "rotate", "identity").exit_code == 0
    with started(database_url, tmp_path, like=newsroom) as after:
        assert after.comment(author=READERS["an id"], body=text).status_code == 409
        after.accepted(author=READERS["an id"])
        with after.services.database.reading() as session:
            assert len(session.scalars(select(Author).where(Author.site_id == after.site)).all()) == 1


def test_a_ban_counts_also_where_a_person_was_stored_twice_while_keys_changed(
    database_url: str, tmp_path: Path
) -> None:
    """A process that has the old ring still stores whom one with the new ring has stored already."""
    with started(database_url, tmp_path) as old:
        assert command(old, "rotate", "identity").exit_code == 0
        with started(database_url, tmp_path, like=old) as new:
            new.accepted(author=READERS["an id"])
        ban(old, old.accepted(author=READERS["an id"])["id"])
    with started(database_url, tmp_path, like=old) as after:
        assert after.comment(author=READERS["an id"]).status_code == 403


# --- a database of before the ring ------------------------------------------------------------------------------------


def test_what_hung_on_the_secret_key_itself_goes_on_after_the_upgrade(tmp_path: Path, empty_postgres_url: str) -> None:
    for url in (f"sqlite:///{tmp_path / 'old.sqlite3'}", empty_postgres_url):
        database = Database(url)
        upgrade(database, revision="0003")
        _furnish_as_before(database)
        upgrade(database)
        database.close()
        for secret, *before in ((SECRET,), (ANOTHER, SECRET), (ANOTHER,)):
            hall = open_hall(url, tmp_path, secret_key=secret, previous_secret_keys=tuple(before))
            keys = hall.services.keys
            assert keys.author_keys("old", Sent(name="Ada", id="ada")) == (
                author_key(SECRET, "old", Sent(name="Ada", id="ada")),
            )
            assert keys.is_receipt("a comment", receipt_for(SECRET, "a comment"))
            code = TOTP(_app_of_before("a salt of before")).at(hall.clock())
            sign_in_with(hall, code)
            hall.services.database.close()


@pytest.mark.parametrize("named", [True, False], ids=["the one before is named", "it lies under var"])
def test_a_secret_key_that_changes_with_the_upgrade_itself_loses_nothing_either(
    tmp_path: Path, empty_postgres_url: str, named: bool
) -> None:
    for url in (f"sqlite:///{tmp_path / 'old.sqlite3'}", empty_postgres_url):
        database = Database(url)
        upgrade(database, revision="0003")
        _furnish_as_before(database)
        upgrade(database)
        database.close()
        folder = tmp_path / "var"
        folder.mkdir(exist_ok=True)
        (folder / "secret_key").write_text(THIRD if named else SECRET)
        environment = {
            "MODERATION_SECRET_KEY": ANOTHER,
            "MODERATION_VAR": str(folder),
            "MODERATION_SECRET_KEY_PREVIOUS": SECRET if named else "",
        }
        settings = read_environment(environment, root=tmp_path)
        for before in (settings.previous_secret_keys, ()):
            hall = open_hall(url, tmp_path, secret_key=ANOTHER, previous_secret_keys=before)
            ada = Sent(name="Ada", id="ada")
            assert author_key(SECRET, "old", ada) in hall.services.keys.author_keys("old", ada)
            # What is made new hangs on the new one.
            assert hall.services.keys.author_keys("old", ada)[0] == author_key(ANOTHER, "old", ada)
            assert hall.services.keys.is_receipt("a comment", receipt_for(SECRET, "a comment"))
            hall.clock.move(minutes=5)  # a code works once
            sign_in_with(hall, TOTP(_app_of_before("a salt of before")).at(hall.clock()))
            hall.services.database.close()
        if url.startswith("sqlite"):
            (tmp_path / "old.sqlite3").unlink()


def _app_of_before(salt: str) -> str:
    return b32encode(bytes.fromhex(keyed(SECRET, "second factor", salt))[:20]).decode()


def _furnish_as_before(database: Database) -> None:
    statements: list[tuple[str, dict[str, Any]]] = [
        ("INSERT INTO sites (id, name, created_at, house_revision) VALUES ('old', 'x', :now, 0)", {"now": NOON}),
        (
            "INSERT INTO authors (id, site_id, key, known, name, approved, rejected, trusted, created_at)"
            " VALUES ('a1', 'old', :key, true, 'Ada', 0, 0, false, :now)",
            {"key": author_key(SECRET, "old", Sent(name="Ada", id="ada")), "now": NOON},
        ),
        (
            "INSERT INTO accounts (id, name, password_hash, created_at, totp_secret, recovery)"
            " VALUES ('acc1', 'maria', :hash, :now, 'a salt of before', '[]')",
            {"hash": hash_of(CHEAP, PASSWORD), "now": NOON},
        ),
    ]
    with database.engine.connect() as connection, connection.begin():
        for statement, values in statements:
            connection.execute(text(statement), values)


def test_a_new_database_s_keys_are_not_the_secret_key(database_url: str, tmp_path: Path) -> None:
    with started(database_url, tmp_path) as newsroom:
        keys = newsroom.services.keys
        secrets = {getattr(keys, purpose.replace("-", "_")).newest.secret for purpose in Purpose}
        assert len(secrets) == len(Purpose)
        assert SECRET not in secrets
        with newsroom.services.database.reading() as session:
            stored = " ".join(str(row) for row in session.execute(text("SELECT wrapped FROM key_ring")))
        assert not any(secret in stored for secret in secrets)
        assert not any(secret in repr(newsroom.services.keys) for secret in secrets)


def test_starts_at_once_make_one_ring(database_url: str, tmp_path: Path) -> None:
    settings = settings_for(database_url, tmp_path)
    databases = [Database(database_url) for _ in range(4)]
    barrier = threading.Barrier(4)

    def start(database: Database) -> KeyRing:
        barrier.wait()
        return KeyStore(settings, database, lambda: NOON).ring()

    with ThreadPoolExecutor(4) as pool:
        rings = list(pool.map(start, databases))
    assert all(ring == rings[0] for ring in rings)
    with databases[0].reading() as session:
        assert len(session.scalars(select(StoredKey)).all()) == len(Purpose)
    for database in databases:
        database.close()


# --- the second factor ------------------------------------------------------------------------------------------------


def sign_in_with(hall: Hall, code: str, name: str = "maria") -> None:
    """Raises ``CodeWrong``."""
    account = account_asked_for(hall.services, name)[1]
    assert account is not None
    hall.services.database.writing(
        lambda session: session.execute(update(Account).where(Account.id == account.id).values(totp_last=None))
    )
    with pytest.raises(CodeNeeded) as half:
        sign_in(hall.services, account, PASSWORD)
    sign_in_by_code(hall.services, half.value.proof, code)


def with_second_factor(newsroom: Newsroom) -> tuple[str, list[str]]:
    """An account with a second factor: its salt and its recovery codes."""
    services = newsroom.services
    account_id = add_account(services, "test", "maria", PASSWORD, {EVERYWHERE: Granted(role=Role.MODERATOR)})
    owner = type("Owner", (), {"reference": f"account:{account_id}", "account_id": account_id})()
    keys = services.keys.second_factor
    salt = f"{keys.newest.id}.salt"
    return salt, set_up(services, owner, salt, TOTP(secret_of(keys, salt) or "").at(NOON))


def test_second_factors_and_recovery_codes_outlive_every_change(database_url: str, tmp_path: Path) -> None:
    with started(database_url, tmp_path) as newsroom:
        salt, recovery = with_second_factor(newsroom)
        app = TOTP(secret_of(newsroom.services.keys.second_factor, salt) or "")
        assert command(newsroom, "rotate", "second-factor").exit_code == 0
        assert command(newsroom, "rotate", "sessions").exit_code == 0
    with started(database_url, tmp_path, ANOTHER, SECRET, like=newsroom) as after:
        sign_in_with(after.hall, app.at(NOON))
        sign_in_with(after.hall, recovery[0])
        with pytest.raises(CodeWrong):
            sign_in_with(after.hall, recovery[0])


def test_an_old_key_makes_no_codes_for_a_second_factor_of_a_newer_one(database_url: str, tmp_path: Path) -> None:
    """Whoever has got hold of the old key, and reads the database, gets no code that works."""
    with started(database_url, tmp_path) as newsroom:
        old = newsroom.services.keys.second_factor.newest
        assert command(newsroom, "rotate", "second-factor").exit_code == 0
    with started(database_url, tmp_path, like=newsroom) as after:
        salt, _ = with_second_factor(after)
        forged = KeyRing.of([Key(id=salt.partition(".")[0], purpose=one, secret=old.secret) for one in Purpose])
        with pytest.raises(CodeWrong):
            sign_in_with(after.hall, TOTP(secret_of(forged.second_factor, salt) or "").at(NOON))
        sign_in_with(after.hall, TOTP(secret_of(after.services.keys.second_factor, salt) or "").at(NOON))


# --- the command ------------------------------------------------------------------------------------------------------


def test_a_retired_key_reads_nothing_any_more(database_url: str, tmp_path: Path) -> None:
    with started(database_url, tmp_path) as newsroom:
        old = newsroom.accepted()
        listed = command(newsroom, "list").output
        number = re.findall(r"^(\d+)\treceipts\t", listed, re.MULTILINE)[0]
        refused = command(newsroom, "retire", number)
        assert refused.exit_code == 2
        assert "newest" in refused.output
        assert command(newsroom, "rotate", "receipts").exit_code == 0
    with started(database_url, tmp_path, like=newsroom) as after:
        new = after.accepted()
        assert command(after, "retire", number).exit_code == 0
    with started(database_url, tmp_path, like=newsroom) as last:
        statuses = [
            last.client.get(f"/api/v1/comments/{one['id']}?receipt={one['receipt']}").status_code for one in (old, new)
        ]
        assert statuses == [404, 200]


@pytest.mark.parametrize("number", ["999", "nothing", "-"])
def test_a_key_that_is_not_there_can_t_be_retired(newsroom: Newsroom, number: str) -> None:
    assert command(newsroom, "retire", "--", number).exit_code == 2


def test_a_key_of_identities_is_never_retired(newsroom: Newsroom) -> None:
    assert command(newsroom, "rotate", "identity").exit_code == 0
    number = re.findall(r"^(\d+)\tidentity\t", command(newsroom, "list").output, re.MULTILINE)[0]
    refused = command(newsroom, "retire", number)
    assert refused.exit_code == 2
    assert "bans" in refused.output


def test_what_is_lost_for_good_is_replaced_on_request_alone(database_url: str, tmp_path: Path) -> None:
    with started(database_url, tmp_path) as newsroom:
        old = newsroom.accepted()
        assert "nothing was changed" in command(newsroom, "replace-lost", "--yes").output
        assert command(newsroom, "replace-lost", secret=ANOTHER).exit_code == 1, "nobody said yes"
        replaced = command(newsroom, "replace-lost", "--yes", secret=ANOTHER)
        assert replaced.exit_code == 0, replaced.output
        assert "bans" in replaced.output
    with started(database_url, tmp_path, ANOTHER, like=newsroom) as after:
        asked = after.client.get(f"/api/v1/comments/{old['id']}?receipt={old['receipt']}")
        assert asked.status_code == 404
        assert after.accepted()


@pytest.mark.parametrize("purpose", Purpose)
def test_a_key_that_the_database_has_lost_is_not_replaced_unasked(
    database_url: str, tmp_path: Path, purpose: Purpose
) -> None:
    with started(database_url, tmp_path) as newsroom:
        newsroom.accepted()
        add_endpoint(newsroom.services, "test", newsroom.site, "https://cms.example/")  # else nothing hangs on its key
        set_key(newsroom.services, "test", newsroom.site, Algorithm.HS256, "s" * 40)
        newsroom.services.database.writing(
            lambda session: (
                post(
                    session, MailKind.INVITATION, "nobody", sealed="sealed", language="en", now=newsroom.clock.now
                ).number
            )
        )
        newsroom.services.database.writing(
            lambda session: session.execute(text("DELETE FROM key_ring WHERE purpose = :it"), {"it": purpose.value})
        )
    refused = command(newsroom, "list")
    assert refused.exit_code == 2
    assert f"has lost its keys for {purpose}" in refused.output
    replaced = command(newsroom, "replace-lost", "--yes")
    assert replaced.output.startswith(f"{purpose}: "), replaced.output
    with started(database_url, tmp_path, like=newsroom) as after:
        assert after.accepted()


def test_a_ring_of_before_there_were_webhooks_gets_their_key_at_the_next_start(
    database_url: str, tmp_path: Path
) -> None:
    with started(database_url, tmp_path) as newsroom:
        newsroom.services.database.writing(
            lambda session: session.execute(text("DELETE FROM key_ring WHERE purpose = 'webhooks'"))
        )
    with started(database_url, tmp_path, like=newsroom) as after:
        made = add_endpoint(after.services, "test", after.site, "https://cms.example/")
        with after.services.database.reading() as session:
            endpoint = find_endpoint(session, made.id)
            assert endpoint is not None
        assert seal(after.services.keys.webhooks).opened(endpoint.secret) == made.secret


def test_a_ring_of_before_there_were_readers_tokens_gets_their_key_at_the_next_start(
    database_url: str, tmp_path: Path
) -> None:
    with started(database_url, tmp_path) as newsroom:
        newsroom.services.database.writing(
            lambda session: session.execute(text("DELETE FROM key_ring WHERE purpose = 'reader-keys'"))
        )
    with started(database_url, tmp_path, like=newsroom) as after:
        set_key(after.services, "test", after.site, Algorithm.HS256, "s" * 40)
        token = signed(claims_for(after), key=OctKey.import_key("s" * 40))
        assert after.send(headers={"Authorization": f"Reader {token}"}).status_code == 202


def test_tokens_count_on_after_a_change_of_key(database_url: str, tmp_path: Path) -> None:
    with started(database_url, tmp_path) as newsroom:
        set_key(newsroom.services, "test", newsroom.site, Algorithm.HS256, "s" * 40)
    assert command(newsroom, "rotate", "reader-keys").exit_code == 0
    with started(database_url, tmp_path, like=newsroom) as after:
        token = signed(claims_for(after), key=OctKey.import_key("s" * 40))
        assert after.send(headers={"Authorization": f"Reader {token}"}).status_code == 202


@pytest.mark.parametrize("kept", [b"\xff\xfe" * 20, b"short", b""], ids=["no text", "too short", "empty"])
def test_a_key_file_that_holds_no_key_is_told_in_a_sentence(tmp_path: Path, kept: bytes) -> None:
    (tmp_path / "secret_key").write_bytes(kept)
    with pytest.raises(ConfigurationError, match="holds no whole key"):
        read_environment({"MODERATION_VAR": str(tmp_path)}, root=tmp_path)
    # Where a key is named, what lies there is of no importance.
    named = read_environment({"MODERATION_VAR": str(tmp_path), "MODERATION_SECRET_KEY": SECRET}, root=tmp_path)
    assert named.secret_key == SECRET


def test_the_list_shows_no_key(newsroom: Newsroom) -> None:
    listed = command(newsroom, "list").output
    assert len(listed.splitlines()) >= len(Purpose)
    keys = newsroom.services.keys
    for purpose in Purpose:
        for secret in getattr(keys, purpose.replace("-", "_")).secrets:
            assert secret not in listed
