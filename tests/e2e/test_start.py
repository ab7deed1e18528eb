"""A first start, a second one, and starts that must not happen."""

from __future__ import annotations

import http.client
import os
import re
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.service import Service, refused_start


@pytest.fixture
def own_service(tmp_path: Path, production: dict[str, str]) -> Iterator[Service]:
    """A service of the test's own, not started yet, without a database."""
    service = Service(tmp_path, environment=dict(production))
    yield service
    service.end()


def test_a_first_start_tells_its_secrets_once_and_they_work(tmp_path: Path) -> None:
    service = Service(
        tmp_path, by_itself=True, environment={"MODERATION_ADMIN_PASSWORD": "", "MODERATION_SITE_KEY": ""}
    ).start()
    try:
        told = "\n".join(service.lines)
        secret = re.search(r"sk_\S+", told)
        publishable = re.search(r"pk_\S+", told)
        password = re.search(r"password of admin: (\S+)", told)
        assert secret is not None
        assert publishable is not None
        assert password is not None
        article = {"title": "A title", "text": "A text that is long enough to be an article's own."}
        assert service.ask("PUT", "/api/v1/articles/first", article, key=secret[0]).status == 201
        comment = {
            "author": {"name": "Ada"},
            "body": "A comment from a reader's browser that is fifty characters long.",
        }
        headers = {"X_Site_Key": publishable[0], "Origin": service.address}
        assert service.ask("POST", "/api/v1/articles/first/comments", comment, key=None, **headers).status == 202
    finally:
        service.stop()
    service.start()
    try:
        assert not re.search(r"sk_|password of admin: ", "\n".join(service.lines))
        assert service.ask("GET", "/").status == 200
    finally:
        service.stop()
    log = (tmp_path / "log").read_text()
    assert secret[0] not in log
    assert password[1] not in log


def test_a_newsrooms_own_rules_stop_no_first_start(tmp_path: Path) -> None:
    # The demo's comments come through the real intake: rules that refuse some of them, or lack a reason, are obeyed.
    file = tmp_path / "moderation.toml"
    file.write_text("[comments]\nminimum_length = 200\n[comments.replies]\nminimum_length = 300\n")
    service = Service(tmp_path, environment={"MODERATION_CONFIG": str(file)}).start()
    try:
        assert service.ask("GET", "/").status == 200
    finally:
        service.stop()


def test_in_production_nothing_is_loaded_and_no_secret_printed(own_service: Service) -> None:
    service = own_service.start()
    assert not re.search(r"sk_|pk_|password of", "\n".join(service.lines))
    assert "Loaded" not in "\n".join(service.lines)
    assert "sign in as admin" not in "\n".join(service.lines)  # nobody made that account
    assert service.ask("GET", "/api/v1/articles/anything/comments").status == 404


def test_in_production_a_missing_secret_key_stops_the_start(tmp_path: Path) -> None:
    assert "MODERATION_SECRET_KEY" in refused_start(tmp_path, MODERATION_ENV="production")


def test_several_processes_without_redis_are_refused_with_the_reason(tmp_path: Path) -> None:
    said = refused_start(tmp_path, "--processes", "2")
    assert "MODERATION_REDIS_URL" in said
    assert "rate limits" in said
    assert said == refused_start(tmp_path, WEB_CONCURRENCY="2")


def test_a_wrong_configuration_stops_a_first_start_and_names_its_key(tmp_path: Path) -> None:
    file = tmp_path / "moderation.toml"
    file.write_text("[policy.flag]\ntoxicty_at_least = 0.5\n")
    assert "policy.flag.toxicty_at_least" in refused_start(tmp_path, MODERATION_CONFIG=str(file))


def test_an_unreachable_database_is_named(tmp_path: Path) -> None:
    url = "postgresql://nobody@127.0.0.1:9/none"
    assert "MODERATION_DATABASE_URL" in refused_start(tmp_path, MODERATION_DATABASE_URL=url)


@pytest.mark.redis
def test_two_processes_serve_over_one_redis_and_stop_as_one(own_service: Service, redis_url: str) -> None:
    own_service.environment |= {"MODERATION_REDIS_URL": redis_url, "WEB_CONCURRENCY": "2"}
    own_service.start()
    assert all(own_service.ask("GET", "/readyz").status == 200 for _ in range(20))
    assert_figures_are_of_all(own_service)
    assert own_service.stop() == 0


def assert_figures_are_of_all(service: Service) -> None:
    """Whichever process is asked tells of every comment, also of those that an ended one took in."""
    assert service.ask("PUT", "/api/v1/articles/trams", {"title": "Trams", "text": "They return."}).status == 201
    for number in range(6):
        body = f"Comment number {number} about the trams in our harbour, which I like very much."
        sent = service.ask("POST", "/api/v1/articles/trams/comments", {"author": {"name": "Ada"}, "body": body})
        assert sent.status == 202
    assert {arrived(service) for _ in range(8)} == {6.0}
    assert service.process is not None
    pid = service.process.pid
    killed = int(Path(f"/proc/{pid}/task/{pid}/children").read_text().split()[0])
    os.kill(killed, signal.SIGKILL)
    assert {arrived(service) for _ in range(8)} == {6.0}


def arrived(service: Service) -> float:
    """How many comments the figures tell of, whatever became of them."""
    for _ in range(200):
        try:
            told = service.ask("GET", "/metrics").body.decode()
            break
        except (OSError, http.client.HTTPException):  # its process was just killed
            time.sleep(0.1)
    return sum(map(float, re.findall(r"^moderation_comments_total\{.*\} (.*)$", told, re.MULTILINE)))
