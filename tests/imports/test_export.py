"""A site goes out and is read back elsewhere: everything is there, the chain verifies, authors are known again."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import text

from moderation.cli import main
from moderation.storage.database import Database
from tests.imports import archives
from tests.imports.commands import moderation
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
