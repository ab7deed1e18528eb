"""Operations: alive, ready, figures, the API's description, and what every answer carries."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg
import pytest

from moderation.app import create_app
from moderation.watching.figures import forget_former_processes
from tests.newsroom import Hall, Newsroom, detail, open_hall
from tests.waiting import until


def test_alive_needs_nothing(newsroom: Newsroom) -> None:
    newsroom.scorer.ready = False
    assert newsroom.client.get("/healthz").status_code == 200


def test_alive_asks_for_nothing_that_could_be_held_by_somebody(hall: Hall) -> None:
    class Untouchable:
        def __getattr__(self, name: str) -> Any:
            raise AssertionError(f"asked for {name}")

    nothing: Any = Untouchable()
    services = replace(hall.services, database=nothing, configuration=nothing, scorer=nothing, key_store=nothing)
    for method in ("get", "head", "options"):
        answer = getattr(create_app(services).test_client(), method)("/healthz")
        assert answer.status_code == 200
        assert "Content-Security-Policy" in answer.headers


def test_ready_waits_for_the_pack(newsroom: Newsroom) -> None:
    assert newsroom.client.get("/readyz").status_code == 200
    newsroom.scorer.ready = False
    answer = newsroom.client.get("/readyz")
    assert (answer.status_code, (answer.json or {})["waits_for"]) == (503, ["the scoring pack"])


def test_ready_waits_for_the_tables(tmp_path: Path) -> None:
    hall = open_hall(f"sqlite:///{tmp_path / 'empty.sqlite3'}", tmp_path)
    answer = hall.app.test_client().get("/readyz")
    assert answer.status_code == 503
    assert "migrations" in str((answer.json or {})["waits_for"])
    hall.services.database.close()


def test_figures_are_for_this_machine(newsroom: Newsroom) -> None:
    newsroom.accepted()
    answer = newsroom.client.get("/metrics")
    assert answer.status_code == 200
    assert f'moderation_comments_total{{site="{newsroom.site}",status="pending"}} 1.0' in answer.text
    assert "Ada" not in answer.text


def test_what_processes_of_a_former_start_counted_is_forgotten(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", "pass"]) as ended:
        ended.wait()
    for process in (ended.pid, os.getpid(), os.getppid()):
        (tmp_path / f"counter_{process}.db").touch()
    (tmp_path / "somebody_elses.db").touch()
    forget_former_processes(tmp_path)
    assert {file.name for file in tmp_path.iterdir()} == {f"counter_{os.getppid()}.db", "somebody_elses.db"}


@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded", "X-Real-IP", "Via"])
def test_figures_are_shut_behind_a_proxy_that_nobody_named(front_door: Newsroom, header: str) -> None:
    assert front_door.client.get("/metrics", headers={header: "127.0.0.1"}).status_code == 403


def test_figures_open_elsewhere_with_the_token_alone(sqlite_url: str, tmp_path: Path) -> None:
    token = "a token for the figures of the tests"
    hall = open_hall(sqlite_url, tmp_path, metrics_token=token)
    client = hall.app.test_client()
    elsewhere = {"REMOTE_ADDR": "203.0.113.1"}
    assert client.get("/metrics", environ_base=elsewhere).status_code == 403
    wrong = {"Authorization": "Bearer \xff"}
    assert client.get("/metrics", environ_base=elsewhere, headers=wrong).status_code == 403
    right = {"Authorization": f"Bearer {token}"}
    assert client.get("/metrics", environ_base=elsewhere, headers=right).status_code == 200
    hall.services.database.close()


def test_every_call_of_the_api_is_described(front_door: Newsroom) -> None:
    document = front_door.client.get("/openapi.json").json or {}
    assert document["openapi"].startswith("3.1")
    described = {(path, method.upper()) for path, calls in document["paths"].items() for method in calls}
    there = {
        (re.sub(r"<(comment|notice)_id>", "{id}", rule.rule.replace("<article:article_id>", "{article_id}")), method)
        for rule in front_door.hall.app.url_map.iter_rules()
        if rule.rule.startswith("/api/v1/")
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    assert described == there


@pytest.mark.parametrize("path", ["/healthz", "/api/v1/nothing", "/api/v1/comments/x"])
def test_every_answer_is_guarded(front_door: Newsroom, path: str) -> None:
    headers = front_door.client.get(path).headers
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert "Strict-Transport-Security" not in headers


def test_what_is_not_there_and_what_is_not_possible_are_problems(newsroom: Newsroom) -> None:
    assert newsroom.client.get("/api/v1/nothing").status_code == 404
    answer = newsroom.client.delete("/api/v1/articles/trams")
    assert answer.status_code == 405
    assert "DELETE" in detail(answer)
    assert "PUT" in answer.headers["Allow"]


def test_without_its_database_the_service_says_so_and_when_to_come_again(hall: Hall, tmp_path: Path) -> None:
    gone = open_hall("postgresql+psycopg://nobody@127.0.0.1:1/nothing", tmp_path)
    client = gone.app.test_client()
    headers = {"Authorization": "Bearer something"}
    answer = client.post("/api/v1/articles/trams/comments", json={}, headers=headers)
    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) > 0
    assert "database" in detail(answer)
    from_elsewhere = client.get("/api/v1/articles/trams/comments?site=pk", headers={"Origin": "https://a.example"})
    assert from_elsewhere.status_code == 503
    assert (client.get("/readyz").json or {})["waits_for"] == ["the database"]
    assert client.get("/healthz").status_code == 200
    gone.services.database.close()


@pytest.mark.postgres
def test_a_database_that_comes_back_is_used_again(postgres_url: str, tmp_path: Path) -> None:
    hall = open_hall(postgres_url, tmp_path)
    newsroom = hall.new_site()
    newsroom.put_article()
    assert newsroom.comment().status_code == 202
    others = "FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    with psycopg.connect(postgres_url.replace("+psycopg", ""), autocommit=True) as server:
        server.execute(f"SELECT pg_terminate_backend(pid, 5000) {others}")
        until(lambda: server.execute(f"SELECT count(*) {others}").fetchone() == (0,))
    assert newsroom.comment().status_code == 202, "a connection used a moment ago is seen to be cut, before it is used"
    hall.services.database.close()
