"""A site goes out and is read back elsewhere: everything is there, the chain verifies, authors are known again."""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import String, select, text

from moderation.cli import main
from moderation.comments.joining import join
from moderation.imports import exporting, reading_back
from moderation.imports.exporting import export_site
from moderation.imports.own_format import KINDS, as_json, columns_of, of_json, of_site
from moderation.storage.articles import find_article
from moderation.storage.base import Base, table_of
from moderation.storage.comments import Comment
from moderation.storage.database import Database
from moderation.unit_of_work import UnitOfWork, run_in_unit_of_work
from moderation.webhooks.endpoints import add_endpoint
from tests.commands import moderation
from tests.desk.desk import REASONS
from tests.imports import archives
from tests.newsroom import SECRET, Hall, Newsroom


@pytest.fixture
def site(hall: Hall, tmp_path: Path) -> Newsroom:
    """A site with comments of its own and an archive's."""
    newsroom = hall.new_site()
    newsroom.put_article()
    first = newsroom.accepted()["id"]
    newsroom.accepted(parent_id=first)
    moderation(hall, "import", "coral", str(archives.coral(tmp_path / "coral")), "--site", newsroom.site)
    return newsroom


@pytest.fixture
def file(hall: Hall, site: Newsroom, tmp_path: Path) -> Path:
    """Its export."""
    result = moderation(hall, "export", "--site", site.site, str(tmp_path / "site.jsonl"))
    assert result.exit_code == 0, result.output
    return tmp_path / "site.jsonl"


@pytest.fixture
def elsewhere(database: Database) -> Database:
    """An empty database, of each kind in turn."""
    return database


def there(elsewhere: Database, var: Path, *arguments: str, secret: str = SECRET) -> Result:
    environment = {
        "MODERATION_DATABASE_URL": elsewhere.url,
        "MODERATION_VAR": str(var),
        "MODERATION_SECRET_KEY": secret,
    }
    return CliRunner().invoke(main, arguments, env=environment)


def content(database: Database, site: str) -> dict[str, list[tuple[object, ...]]]:
    queries = {
        "comments": "SELECT id, body, status, parent_id, thread_id, replies_shown, external_id FROM comments",
        "articles": "SELECT id, external_id, title, url FROM articles",
        "authors": "SELECT id, key, name, approved, rejected FROM authors",
        "audit": "SELECT sequence, hash FROM audit_events",
    }
    owner = {"audit": "chain"}
    with database.asking() as connection:
        return {
            name: sorted(
                tuple(row)
                for row in connection.execute(
                    text(f"{query} WHERE {owner.get(name, 'site_id')} = :site"), {"site": site}
                )
            )
            for name, query in queries.items()
        }


def test_a_site_is_read_back_elsewhere_with_its_chain(
    hall: Hall, site: Newsroom, file: Path, elsewhere: Database, tmp_path: Path
) -> None:
    result = there(elsewhere, tmp_path, "import", "moderation", str(file), "--site", site.site)
    assert result.exit_code == 0, result.output
    assert content(elsewhere, site.site) == content(hall.services.database, site.site)
    verified = there(elsewhere, tmp_path, "audit", "verify")
    assert verified.exit_code == 0
    (own,) = (line for line in moderation(hall, "audit", "verify").output.splitlines() if f"chain {site.site}:" in line)
    assert own in verified.output
    again = there(elsewhere, tmp_path, "import", "moderation", str(file), "--site", site.site)
    assert again.exit_code == 0, again.output
    assert "there already" in again.output


def lived(newsroom: Newsroom) -> None:
    """What readers and moderators did on the site: an edit, an appeal that was decided, a report; one article is
    joined into another, and an endpoint is told.
    """
    target = add_endpoint(newsroom.services, "test", newsroom.site, "https://cms.example/events?token=T0P-SECRET")
    assert target.secret
    newsroom.configure(REASONS)
    waits, refused, open_ = (newsroom.accepted() for _ in range(3))
    one = f"/api/v1/comments/{waits['id']}"
    text_ = {"body": newsroom.text("changed")}
    assert newsroom.client.patch(one, query_string={"receipt": waits["receipt"]}, json=text_).status_code == 200
    newsroom.decide(refused["id"], "reject", reason="spam")
    one = f"/api/v1/comments/{refused['id']}/appeal"
    asks = {"query_string": {"receipt": refused["receipt"]}, "json": {"text": "It quotes the mayor."}}
    assert newsroom.client.post(one, **asks).status_code == 202
    newsroom.decide(refused["id"])
    newsroom.decide(open_["id"])
    sent = newsroom.server("POST", f"/api/v1/comments/{open_['id']}/reports", json={"reason": "spam"})
    assert sent.status_code == 202
    newsroom.put_article("old-trams")
    newsroom.accepted()

    def work(unit: UnitOfWork) -> None:
        named = [find_article(unit.session, newsroom.site, name, lock=True) for name in ("old-trams", "trams")]
        source, into = (one for one in named if one is not None)
        join(unit, source, into, actor="test")

    run_in_unit_of_work(newsroom.services, work)


def rows_of(database: Database, site: str) -> dict[str, list[str]]:
    """Every row of every kind that an export holds, as text."""
    found = {}
    with database.asking() as connection:
        for kind in KINDS:
            rows = connection.execute(select(kind.table).where(of_site(kind, site))).mappings()
            found[kind.name] = sorted(json.dumps(as_json(kind.table, dict(row)), sort_keys=True) for row in rows)
    return found


@pytest.mark.parametrize("stopped", [False, True])
def test_all_that_readers_and_moderators_did_comes_back(
    hall: Hall, site: Newsroom, elsewhere: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, stopped: bool
) -> None:
    lived(site)
    file = tmp_path / "lived.jsonl"
    assert moderation(hall, "export", "--site", site.site, str(file)).exit_code == 0
    assert "T0P-SECRET" not in file.read_text()
    assert "whsec_" not in file.read_text()
    arguments = ("import", "moderation", str(file), "--site", site.site)
    if stopped:
        with monkeypatch.context() as patched:
            patched.setattr(reading_back, "put_back", stop)
            assert there(elsewhere, tmp_path, *arguments).exit_code == 130
    result = there(elsewhere, tmp_path, *arguments)
    assert result.exit_code == 0, result.output
    found = rows_of(elsewhere, site.site)
    assert found == rows_of(hall.services.database, site.site)
    assert {name for name in ("edit", "appeal", "reporter", "report", "reported") if not found[name]} == set()
    assert any('"joined_into": "' in row for row in found["article"])
    assert there(elsewhere, tmp_path, "audit", "verify").exit_code == 0


def stop(*_: object) -> None:
    raise KeyboardInterrupt


LEFT_OUT = {
    "site_keys": "its keys and their origins",
    "reader_keys": "keys of readers' tokens",
    "webhook_endpoints": "webhooks, with their addresses",
    "webhook_sequences": "webhooks, with their addresses",
    "webhook_deliveries": "deliveries",
    "webhook_attempts": "deliveries",
    "outbox": "still to be told",
    "reader_addresses": "readers' mail addresses",
    "mails": "letters",
    "digests": "preferences",
    "legal_cases": "legal cases",
    "grants": "rights",
    "tokens": "tokens",
    "web_sessions": "sign-ins",
    "preferences": "preferences",
    "saved_views": "saved views",
    "comment_locks": "have open",
    "moderator_actions": "undo",
    "action_items": "bulk actions under way",
    "suggested_labels": "labels that were suggested",
    "configurations": "configuration",
    "key_ring": "all other keys",
    "alerts_told": "chat alerts",
    "chain_checks": "chains were checked",
    "idempotency_keys": "sent twice",
    "prepared_articles": "prepared for relevance",
    "severity_order": "queue's order",
    "erasures": "requests to erase a reader",
    "workers": "which workers live",
}
"""Tables that don't go out, and the words by which the README says so."""


def test_every_table_goes_out_or_is_said_to_be_left_out() -> None:
    """Whoever adds a table says in KINDS that it goes out, or here and in the README that it doesn't."""
    held = {kind.table.name for kind in KINDS} | {
        "queue_index",
        "audit_events",
        "audit_heads",
        "audit_checkpoints",
        "sites",
        "accounts",
    }
    assert set(Base.metadata.tables) - held == set(LEFT_OUT)
    readme = (Path(exporting.__file__).parent / "README.md").read_text(encoding="utf-8")
    said = " ".join(readme.partition("Left out:")[2].partition("`identity_keys`")[0].split())
    assert [words for words in LEFT_OUT.values() if words not in said] == []


def test_nothing_is_written_by_a_dry_run(site: Newsroom, file: Path, elsewhere: Database, tmp_path: Path) -> None:
    result = there(elsewhere, tmp_path, "import", "moderation", str(file), "--site", site.site, "--dry-run")
    assert result.exit_code == 0, result.output
    assert not any(content(elsewhere, site.site).values())


@pytest.mark.parametrize("spoil", ["cut", "changed", "other"])
def test_an_export_that_is_not_whole_is_refused_before_anything_is_written(
    site: Newsroom, file: Path, elsewhere: Database, tmp_path: Path, spoil: str
) -> None:
    lines = file.read_text().splitlines(keepends=True)
    if spoil == "cut":
        lines = lines[:-3]
    elif spoil == "changed":
        at = next(n for n, line in enumerate(lines) if json.loads(line)["kind"] == "event")
        lines[at] = json.dumps(json.loads(lines[at]) | {"actor": "nobody"}) + "\n"
    file.write_text("".join(lines))
    named = "another" if spoil == "other" else site.site
    result = there(elsewhere, tmp_path, "import", "moderation", str(file), "--site", named)
    assert result.exit_code == 1
    assert file.name in result.output
    assert not any(content(elsewhere, site.site).values())


def test_a_stranger_to_the_key_is_told_what_it_costs(
    site: Newsroom, file: Path, elsewhere: Database, tmp_path: Path
) -> None:
    other = "another secret that is long enough too"
    result = there(elsewhere, tmp_path, "import", "moderation", str(file), "--site", site.site, secret=other)
    assert result.exit_code == 0, result.output
    assert "MODERATION_SECRET_KEY_PREVIOUS" in result.output


def test_the_export_is_for_its_owners_eyes(file: Path) -> None:
    assert file.stat().st_mode & 0o077 == 0
    assert SECRET not in file.read_text()


@pytest.mark.parametrize("chunk", [1, 1000])
def test_an_export_holds_one_moment_whoever_writes_meanwhile(
    hall: Hall, site: Newsroom, elsewhere: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, chunk: int
) -> None:
    lived(site)
    monkeypatch.setattr(exporting, "CHUNK", chunk)
    before = rows_of(hall.services.database, site.site)
    lines = itertools.count()

    def meanwhile(_: int) -> None:
        if next(lines) % 10 == 0:
            site.decide(site.accepted()["id"])

    file = tmp_path / "meanwhile.jsonl"
    export_site(hall.services, site.site, file, written=meanwhile)
    assert next(lines) > 10
    found = {name: list[str]() for name in before}
    for line in map(json.loads, file.read_text().splitlines()[1:-1]):
        if (kind := line.pop("kind")) in found:
            line.pop("queue", None)
            found[kind].append(json.dumps(line, sort_keys=True))
    assert {name: sorted(rows) for name, rows in found.items()} == before
    result = there(elsewhere, tmp_path, "import", "moderation", str(file), "--site", site.site)
    assert result.exit_code == 0, result.output
    assert rows_of(elsewhere, site.site) == before
    assert there(elsewhere, tmp_path, "audit", "verify").exit_code == 0


def test_an_export_that_is_stopped_leaves_nothing_behind(hall: Hall, site: Newsroom, tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        export_site(hall.services, site.site, tmp_path / "stopped.jsonl", written=stop)
    assert list(tmp_path.glob("stopped*")) == []


def test_an_archive_of_before_a_column_has_its_default() -> None:
    line = {column.name: "x" for column in columns_of(table_of(Comment)) if isinstance(column.type, String)}
    line |= dict.fromkeys(("created_at", "received_at"), "2026-03-02T12:00:00Z")
    whole: dict[str, Any] = {
        "revision": 1,
        "flags": 0,
        "scored": False,
        "scoring_attempts": 0,
        "depth": 0,
        "replies_shown": 0,
    }
    whole |= dict.fromkeys(("shown", "opening", "form_filled", "first"), False) | {"marks": [], "salt": None}
    assert of_json(table_of(Comment), line | whole)["trusted"] is False
    with pytest.raises(ValueError, match="lacks 'trusted'"):
        of_json(table_of(Comment), line | whole | {"trusted": None})
