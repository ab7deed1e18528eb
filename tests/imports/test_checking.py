"""An export that can't be stored as a whole is refused before any of it is; what passes the check can be stored."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from moderation.imports.checking import check_export
from moderation.imports.reading import UnreadableArchive
from moderation.storage.base import Base
from moderation.storage.database import Database
from tests.commands import moderation
from tests.imports import archives
from tests.imports.test_export import elsewhere, lived, there
from tests.newsroom import Hall

__all__ = ["elsewhere"]

Lines = list[dict[str, Any]]


@pytest.fixture(scope="module")
def exported(sqlite_hall: Hall, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    """A site on which all was done that an export holds; and its export."""
    folder = tmp_path_factory.mktemp("exported")
    newsroom = sqlite_hall.new_site()
    newsroom.put_article()
    newsroom.accepted(parent_id=newsroom.accepted()["id"])
    moderation(sqlite_hall, "import", "coral", str(archives.coral(folder / "coral")), "--site", newsroom.site)
    lived(newsroom)
    assert moderation(sqlite_hall, "export", "--site", newsroom.site, str(folder / "whole.jsonl")).exit_code == 0
    return newsroom.site, (folder / "whole.jsonl").read_text()


@pytest.fixture
def site(exported: tuple[str, str]) -> str:
    return exported[0]


@pytest.fixture
def lines(exported: tuple[str, str]) -> Lines:
    return [json.loads(line) for line in exported[1].splitlines()]


def first(lines: Lines, kind: str) -> dict[str, Any]:
    return next(line for line in lines if line["kind"] == kind)


def drop(lines: Lines, kind: str) -> None:
    lines.remove(first(lines, kind))
    lines[-1]["lines"] -= 1


def repeat(lines: Lines, kind: str, **changes: Any) -> None:
    one = first(lines, kind)
    lines.insert(lines.index(one), one | changes)
    lines[-1]["lines"] += 1


def add_accounts(lines: Lines, *accounts: tuple[str, str]) -> None:
    lines[1:1] = [{"kind": "account", "id": id_, "name": name} for id_, name in accounts]
    lines[-1]["lines"] += len(accounts)


def answer_first(lines: Lines) -> None:
    answer = next(line for line in lines if line["kind"] == "comment" and line["parent_id"])
    lines.remove(answer)
    lines.insert(lines.index(first(lines, "comment")), answer)


def lose_the_end_of_the_chain(lines: Lines) -> None:
    last = [line for line in lines if line["kind"] == "event"][-1]
    lines.remove(last)
    lines[-1]["lines"] -= 1


SPOILT: dict[str, Callable[[Lines], object]] = {
    "another site's": lambda lines: first(lines, "article").update(site_id="other"),
    "two statuses": lambda lines: first(lines, "comment")["queue"].update(status="withdrawn"),
    "no such status": lambda lines: first(lines, "decision").update(status="exploded"),
    "no such mode": lambda lines: first(lines, "article").update(mode="ajar"),
    "a decision's comment": lambda lines: first(lines, "decision").update(comment_id="nothing"),
    "a comment's author": lambda lines: drop(lines, "author"),
    "a comment's article": lambda lines: first(lines, "comment")["queue"].update(article_id="nothing"),
    "an answer before its question": answer_first,
    "joined into nothing": lambda lines: first(lines, "article").update(joined_into="nothing"),
    "an account that isn't there": lambda lines: first(lines, "decision").update(account_id="nobody"),
    "one id twice": lambda lines: repeat(lines, "decision"),
    "one name twice": lambda lines: repeat(lines, "article", id="0other"),
    "one account twice": lambda lines: add_accounts(lines, ("a", "Ann"), ("a", "Bo")),
    "two accounts of one name": lambda lines: add_accounts(lines, ("a", "Ann"), ("b", "Ann")),
    "an account's name": lambda lines: add_accounts(lines, ("a", "\ud800")),
    "too large a number": lambda lines: first(lines, "comment").update(depth=2**40),
    "no number": lambda lines: first(lines, "perspective_score").update(score=float("nan")),
    "half a character": lambda lines: first(lines, "article").update(paragraphs=["a\ud800"]),
    "half a character in an event": lambda lines: first(lines, "event").update(subject="\ud800"),
    "too long a name": lambda lines: first(lines, "article").update(external_id="é" * 1500),
    "half of the chain": lose_the_end_of_the_chain,
    "another head": lambda lines: lines[-1].update(head="0" * 64),
    "keys that are none": lambda lines: lines[0].update(identity_keys=5),
    "a key that is none": lambda lines: lines[0].update(identity_keys=["é"]),
    "a site's name": lambda lines: lines[0].update(name="\x00"),
}


@pytest.mark.parametrize("spoil", SPOILT)
def test_nothing_is_written_of_an_export_that_does_not_hold(
    site: str, lines: Lines, elsewhere: Database, tmp_path: Path, spoil: str
) -> None:
    SPOILT[spoil](lines)
    file = written(tmp_path, lines)
    before = rows_in(elsewhere)
    for more in ("--dry-run",), ():
        result = there(elsewhere, tmp_path, "import", "moderation", str(file), "--site", site, *more)
        assert result.exit_code == 1, result.output
        assert file.name in result.output
        assert rows_in(elsewhere) == before


def test_an_id_that_another_site_has_is_met_before_anything_is_written(
    sqlite_hall: Hall, site: str, lines: Lines, tmp_path: Path
) -> None:
    """Somebody has written another site's name over an export's, where that site is."""
    other = sqlite_hall.new_site()
    made = json.loads(json.dumps(lines).replace(json.dumps(site), json.dumps(other.site)))
    made = [line for line in made if line["kind"] != "event"]
    made[-1] |= {"lines": len(made) - 2, "head": None}
    file = written(tmp_path, made)
    before = rows_in(sqlite_hall.services.database)
    result = moderation(sqlite_hall, "import", "moderation", str(file), "--site", other.site)
    assert result.exit_code == 1
    assert "another site here has already" in result.output
    assert rows_in(sqlite_hall.services.database) == before


ANY: list[Any] = [
    *(None, "", "x", "x" * 3000, "é" * 1500, "a\x00b", "\ud800", "2026-01-01T00:00:00Z", "9999-01-01T00:00:00Z"),
    *(0, -1, 2**31, 2**63, 1.5, 1e300, float("inf"), True, [], {}, ["\ud800"], {"\x00": 1}, [[0.5]]),
]


@pytest.mark.parametrize("seed", range(2))
def test_what_passes_the_check_can_be_stored(
    sqlite_hall: Hall, site: str, lines: Lines, elsewhere: Database, tmp_path: Path, seed: int
) -> None:
    """Line after line is damaged; the damage that passes stays, and all of it is stored at the end."""
    chance = random.Random(seed)
    services = replace(sqlite_hall.services, database=elsewhere)
    accepted = 0
    for _ in range(150):
        damaged = json.loads(json.dumps(lines))
        damage(chance, damaged)
        try:
            check_export(services, written(tmp_path, damaged), site, lambda _: None)
        except UnreadableArchive:
            continue
        lines, accepted = damaged, accepted + 1
    assert accepted
    result = there(elsewhere, tmp_path, "import", "moderation", str(written(tmp_path, lines)), "--site", site)
    assert result.exit_code == 0, result.output


def damage(chance: random.Random, lines: Lines) -> None:
    line = chance.choice([one for one in lines if one["kind"] != "event"])
    where = line["queue"] if "queue" in line and chance.random() < 0.5 else line
    key = chance.choice([key for key in where if key != "kind"])
    like = [one[key] for one in lines if key in one]
    how = chance.randrange(10)
    if how == 0:
        del where[key]
    elif how == 1:
        lines.insert(chance.randrange(1, len(lines)), dict(line))
        lines[-1]["lines"] = len(lines) - 2
    elif how == 2 and line not in (lines[0], lines[-1]):
        lines.remove(line)
        lines[-1]["lines"] = len(lines) - 2
    else:
        where[key] = chance.choice(like if how < 5 and like else ANY)


def written(folder: Path, lines: Lines) -> Path:
    file = folder / "spoilt.jsonl"
    file.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return file


def rows_in(database: Database) -> dict[str, int]:
    with database.asking() as connection:
        return {
            table.name: connection.scalar(select(func.count()).select_from(table)) or 0
            for table in Base.metadata.sorted_tables
        }
