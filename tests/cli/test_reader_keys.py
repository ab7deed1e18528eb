"""The keys of readers' tokens from the command line, beside the service that uses them."""

from __future__ import annotations

from pathlib import Path

import pytest
from joserfc.jwk import ECKey, OctKey
from sqlalchemy import select

from moderation.readers.keys import Algorithm
from moderation.storage.audit import events_of
from moderation.storage.reader_keys import ReaderKey
from tests.api.test_reader_tokens import refused, send
from tests.cli.test_keys_and_policies import site
from tests.commands import moderation
from tests.newsroom import Hall, Newsroom
from tests.signing import EC, ED, KEYS, RSA, SECRET, claims_for, login, pem_of, signed

__all__ = ["site"]


def test_a_secret_is_made_shown_once_and_signs(hall: Hall, site: Newsroom) -> None:
    made = moderation(hall, "sites", "reader-key", site.site, "set", "--algorithm", "HS256")
    assert made.exit_code == 0, made.output
    secret = made.output.strip()
    assert send(site, signed(claims_for(site), key=OctKey.import_key(secret))).status_code == 202
    shown = moderation(hall, "sites", "reader-key", site.site, "show").output
    assert "HS256" in shown
    assert secret not in shown
    with hall.services.database.reading() as session:
        (row,) = session.scalars(select(ReaderKey).where(ReaderKey.site_id == site.site))
        assert secret not in row.key
        assert secret not in str([event.payload for event in events_of(session, site.site)])
    assert moderation(hall, "sites", "reader-key", site.site, "remove").output == "Removed 1 key.\n"
    refused(send(site, signed(claims_for(site), key=OctKey.import_key(secret))))


@pytest.mark.parametrize("algorithm", list(Algorithm))
def test_a_key_comes_from_a_file_or_is_read(hall: Hall, site: Newsroom, tmp_path: Path, algorithm: Algorithm) -> None:
    key = KEYS[algorithm]
    text = SECRET if isinstance(key, OctKey) else pem_of(key)
    (tmp_path / "key").write_text(text + "\n")
    for file, stdin in ((str(tmp_path / "key"), None), ("-", text)):
        arguments = ("sites", "reader-key", site.site, "set", "--algorithm", algorithm.value, "--key", file)
        result = moderation(hall, *arguments, stdin=stdin)
        assert result.exit_code == 0, result.output
        assert send(site, signed(claims_for(site), algorithm.value)).status_code == 202
        site.clock.move(seconds=1)


def test_a_set_is_fetched_at_once_and_shown_with_its_troubles(hall: Hall, site: Newsroom) -> None:
    with login() as provider:
        provider.publish(RSA)
        arguments = ("sites", "reader-key", site.site, "set", "--algorithm", "RS256", "--jwks", provider.url)
        refused_ = moderation(hall, *arguments)
        assert refused_.exit_code == 2
        assert "http://" in refused_.output
        assert moderation(hall, *arguments, "--allow-private").exit_code == 0
        assert send(site, signed(claims_for(site), "RS256")).status_code == 202
    shown = moderation(hall, "sites", "reader-key", site.site, "show").output
    assert provider.url in shown
    assert "private addresses allowed" in shown
    again = moderation(hall, *arguments, "--allow-private")
    assert again.exit_code == 2
    assert "refused" in again.output


def test_readers_must_sign_in_once_there_is_a_key(hall: Hall, site: Newsroom) -> None:
    before = moderation(hall, "sites", "reader-key", site.site, "require")
    assert before.exit_code == 2
    assert "first" in before.output
    secret = moderation(hall, "sites", "reader-key", site.site, "set", "--algorithm", "HS256").output.strip()
    assert moderation(hall, "sites", "reader-key", site.site, "require").exit_code == 0
    refused(site.send(), "sign_in_required")
    assert send(site, signed(claims_for(site), key=OctKey.import_key(secret))).status_code == 202
    assert "readers sign in" in moderation(hall, "sites", "reader-key", site.site, "show").output
    locked = moderation(hall, "sites", "reader-key", site.site, "remove")
    assert locked.exit_code == 2
    assert "nobody could write" in locked.output
    assert moderation(hall, "sites", "reader-key", site.site, "require", "--off").exit_code == 0
    assert site.send().status_code == 202
    assert moderation(hall, "sites", "reader-key", site.site, "remove").exit_code == 0


OTHER_CURVE = ECKey.generate_key("P-384", auto_kid=False)


@pytest.mark.parametrize(
    ("algorithm", "key", "said"),
    [
        ("HS256", pem_of(RSA), "no secret"),
        ("HS256", pem_of(RSA, private=True), "no secret"),
        ("HS256", '{"kty": "oct", "k": "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}', "no secret"),
        ("HS256", "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJl3dIeudNqd0DMROD5lkDg0", "no secret"),
        ("HS256", "x" * 31, "32 bytes"),
        ("HS256", "x" * 10_001, "10,000"),
        ("RS256", SECRET, "no public key"),
        ("RS256", "", "no public key"),
        ("RS256", pem_of(RSA, private=True), "private key"),
        ("RS256", pem_of(EC), "none for RS256"),
        ("ES256", pem_of(RSA), "none for ES256"),
        ("ES256", pem_of(OTHER_CURVE), "none for ES256"),
        ("EdDSA", pem_of(EC), "none for EdDSA"),
        ("RS256", pem_of(ED), "none for RS256"),
        ("RS256", pem_of(RSA)[:100], "no public key"),
        ("RS256", "-----BEGIN PUBLIC KEY-----\n" + "A" * 20_000, "no public key"),
    ],
    ids=range(16),  # keys are made anew each time, and are no names
)
def test_a_key_that_does_not_fit_says_why(hall: Hall, site: Newsroom, algorithm: str, key: str, said: str) -> None:
    arguments = ("sites", "reader-key", site.site, "set", "--algorithm", algorithm, "--key", "-")
    result = moderation(hall, *arguments, stdin=key)
    assert result.exit_code == 2, result.output
    assert said in result.output
    assert "Guests may write" in moderation(hall, "sites", "reader-key", site.site, "show").output


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("nowhere", "show"), "no site 'nowhere'"),
        (("nowhere", "set", "--algorithm", "HS256"), "no site 'nowhere'"),
        (("nowhere", "require"), "no site 'nowhere'"),
        (("{site}", "set", "--algorithm", "none"), "HS256"),
        (("{site}", "set", "--algorithm", "RS256"), "--jwks"),
        (("{site}", "set", "--algorithm", "HS256", "--jwks", "https://id.example/keys"), "never published"),
        (("{site}", "set", "--algorithm", "RS256", "--key", "-", "--jwks", "https://id.example/k"), "together"),
        (("{site}", "set", "--algorithm", "RS256", "--key", "/nowhere/at/all"), "No such file"),
    ],
)
def test_what_cannot_be_done_is_told(hall: Hall, site: Newsroom, arguments: tuple[str, ...], said: str) -> None:
    asked = [argument.format(site=site.site) for argument in arguments]
    result = moderation(hall, "sites", "reader-key", *asked)
    assert result.exit_code == 2, result.output
    assert said in result.output
