"""Twice, stopped in the middle, dry, broken: an archive doubles nothing, loses nothing, and ends in no traceback."""

from __future__ import annotations

import json
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from moderation.core.comment import Author
from moderation.core.signing import comment_fingerprint
from moderation.imports import archive as module
from moderation.imports.archive import READERS, Archive, import_archive
from moderation.imports.reading import UnreadableArchive
from moderation.imports.records import Options
from moderation.storage.erased import keep_erased
from tests.commands import moderation
from tests.doubles import NOON
from tests.imports import archives
from tests.imports.stored import stored
from tests.newsroom import Hall, Newsroom


def thread(path: Path, comments: int) -> Path:
    """A backup of Remark42 in which each comment answers the one before it."""
    lines: list[dict[str, Any]] = [{"version": 1, "users": [], "posts": []}]
    for number in range(comments):
        lines.append(
            {
                "id": f"n{number}",
                "pid": f"n{number - 1}" if number else "",
                "text": f"<p>Number {number}</p>",
                "user": {"name": f"Reader {number % 3}", "id": f"r{number % 3}"},
                "locator": {"site": "daily", "url": "https://news.example/trams"},
                "time": f"2023-05-01T10:{number // 60:02}:{number % 60:02}Z",
            }
        )
    return archives.write_lines(path, lines)


def count(hall: Hall, site: Newsroom, table: str, column: str = "site_id") -> int:
    with hall.services.database.asking() as connection:
        query = text(f"SELECT count(*) FROM {table} WHERE {column} = :site")
        return int(connection.scalar(query, {"site": site.site}) or 0)


def test_the_same_archive_twice_doubles_nothing(hall: Hall, site: Newsroom, tmp_path: Path) -> None:
    file = thread(tmp_path / "backup.json", 12)
    assert moderation(hall, "import", "remark42", str(file), "--site", site.site).exit_code == 0
    before = [count(hall, site, table) for table in ("comments", "authors", "articles", "queue_index")]
    assert before == [12, 3, 1, 12]
    again = moderation(hall, "import", "remark42", str(file), "--site", site.site)
    assert again.exit_code == 0
    assert "there already" in again.output
    assert [count(hall, site, table) for table in ("comments", "authors", "articles", "queue_index")] == before


def test_what_was_stopped_in_the_middle_goes_on_and_ends_as_if_it_never_had(
    hall: Hall, site: Newsroom, tmp_path: Path
) -> None:
    file, whole = thread(tmp_path / "backup.json", 20), hall.new_site()

    def stop(_: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        import_archive(hall.services, Archive(format="remark42", file=file, site_id=site.site, batch=7, stored=stop))
    assert count(hall, site, "comments") == 7
    for newsroom in (site, whole):
        import_archive(hall.services, Archive(format="remark42", file=file, site_id=newsroom.site, batch=7))
    shape = [
        {
            name: (one.depth, one.replies_shown, one.opening, one.in_reply_to is not None)
            for name, one in stored(hall, newsroom).items()
        }
        for newsroom in (site, whole)
    ]
    assert len(shape[0]) == 20
    assert shape[0] == shape[1]
    assert shape[0]["remark42:n6"] == (5, 0, False, True)
    assert moderation(hall, "audit", "verify").exit_code == 0


def test_a_newer_archive_adds_answers_under_what_is_here(hall: Hall, site: Newsroom, tmp_path: Path) -> None:
    for comments in (1, 3):
        file = thread(tmp_path / f"{comments}.json", comments)
        moderation(hall, "import", "remark42", str(file), "--site", site.site)
    found = stored(hall, site)
    first = found["remark42:n0"]
    assert first.replies_shown == 1
    assert {one.thread_id for one in found.values()} == {first.id}
    with hall.services.database.asking() as connection:
        query = text("SELECT sum(approved) FROM authors WHERE site_id = :site")
        assert connection.scalar(query, {"site": site.site}) == 3


def test_a_dry_run_says_what_would_come_and_writes_nothing(hall: Hall, site: Newsroom, tmp_path: Path) -> None:
    file = tmp_path / "disqus.xml"
    file.write_text(archives.DISQUS, encoding="utf-8")
    events = count(hall, site, "audit_events", "chain")
    result = moderation(hall, "import", "disqus", str(file), "--site", site.site, "--dry-run")
    assert result.exit_code == 0
    assert "Nothing was written" in result.output
    assert "withdrawn" in result.output
    tables = ("comments", "authors", "articles", "queue_index")
    assert [count(hall, site, table) for table in tables] == [0, 0, 0, 0]
    assert count(hall, site, "audit_events", "chain") == events


def test_the_site_is_told_of_nothing(hall: Hall, site: Newsroom, tmp_path: Path) -> None:
    moderation(hall, "import", "remark42", str(thread(tmp_path / "b.json", 3)), "--site", site.site)
    assert count(hall, site, "outbox") == 0


def test_who_was_erased_here_stays_so(hall: Hall, site: Newsroom, tmp_path: Path) -> None:
    keys = hall.services.keys
    gone = keys.author_keys(site.site, Author(name="Reader 1", id="remark42:r1"))
    comment = comment_fingerprint(keys.identity.newest.secret, site.site, "remark42:n0")
    hall.services.database.changing(lambda c: keep_erased(c, site.site, [*gone, comment], NOON))
    result = moderation(hall, "import", "remark42", str(thread(tmp_path / "b.json", 6)), "--site", site.site)
    assert "erased here, left out" in result.output
    assert set(stored(hall, site)) == {"remark42:n2", "remark42:n3", "remark42:n5"}


def test_a_site_that_is_not_there_is_named(hall: Hall, tmp_path: Path) -> None:
    result = moderation(hall, "import", "remark42", str(thread(tmp_path / "b.json", 1)), "--site", "nowhere")
    assert result.exit_code == 2
    assert "no site 'nowhere'" in result.output


# With what no database holds, which JSON does.
_TEXT = st.text(st.characters() | st.sampled_from("\x00\ud800\udfff"), max_size=20)
_ANY = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | _TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_TEXT, inner, max_size=4),
    max_leaves=8,
)
_FIRST: Any = archives.COMMENTO["comments"]
_COMMENT: dict[str, dict[str, Any]] = {
    "coral": {
        "id": "c",
        "storyID": "s",
        "authorID": "u",
        "parentID": "c1",
        "status": "REJECTED",
        "createdAt": "2022-01-02T00:00:00Z",
        "revisions": [{"body": "Fine", "metadata": {"perspective": {"score": 0.5, "model": "TOXICITY"}}}],
        "actionCounts": {"REACTION": 2},
        "deletedAt": None,
    },
    "remark42": {**archives.REMARK42[1], "title": "Trams", "votes": {"a": True}, "delete": False},
    "commento": _FIRST[0],
}


@st.composite
def _comments(draw: st.DrawFn, name: str) -> list[dict[str, Any]]:
    """Comments as this system writes them, but for some of their parts, each with an id of its own."""
    found = []
    for number in range(draw(st.integers(1, 5))):
        comment = _COMMENT[name] | {("commentHex" if name == "commento" else "id"): f"c{number}"}
        spoilt = draw(st.dictionaries(st.sampled_from(sorted(comment)), _ANY, max_size=3))
        inside = draw(st.dictionaries(st.sampled_from(sorted(_within(comment))), _ANY, max_size=2))
        found.append(_with(comment | spoilt, inside))
    return found


def _within(comment: dict[str, Any]) -> list[str]:
    return [f"{key}.{inner}" for key, value in comment.items() if isinstance(value, dict) for inner in value] or [""]


def _with(comment: dict[str, Any], inside: dict[str, Any]) -> dict[str, Any]:
    whole = dict(comment)
    for path, value in inside.items():
        key, _, inner = path.partition(".")
        if isinstance(whole.get(key), dict):
            whole[key] = whole[key] | {inner: value}
    return whole


def read_all(name: str, file: Path) -> None:
    """Reads an archive to its end; that nothing can be made of it is no fault."""
    from moderation.imports.staging import Staging  # noqa: PLC0415

    staging = Staging(lambda person: (person.name,), lambda _: None)
    try:
        staging.fill(READERS[name](file, Options(now=NOON)))
        for batch in staging.batches(3):
            staging.note_stored({one.ref: "x" for one in batch}, {})
    except UnreadableArchive:
        pass
    finally:
        staging.close()


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    name=st.sampled_from(sorted(_COMMENT)), values=st.lists(st.dictionaries(_TEXT, _ANY), max_size=3), data=st.data()
)
def test_no_json_ends_in_a_traceback(
    hall: Hall, site: Newsroom, tmp_path: Path, name: str, values: list[dict[str, Any]], data: st.DataObject
) -> None:
    lines = [*values, *data.draw(_comments(name))]
    report = tmp_path / "report.jsonl"
    file = Path(mkdtemp(dir=tmp_path)) / "any"
    if name == "commento":
        file.write_text(json.dumps({"version": 1, "comments": lines, "commenters": lines}))
    elif name == "coral":
        file.mkdir()
        archives.write_lines(file / "comments.json", lines)
        stories = [line | {"id": line.get("storyID"), "metadata": line, "url": line.get("id")} for line in lines]
        archives.write_lines(file / "stories.json", stories)
        actions = [line | {"commentID": line.get("id"), "rejectionReason": line} for line in lines]
        archives.write_lines(file / "commentModerationActions.json", actions)
    else:
        archives.write_lines(file, lines)
    result = moderation(hall, "import", name, str(file), "--site", site.site, "--report", str(report))
    assert result.exit_code in (0, 1), result.output
    assert isinstance(result.exception, SystemExit | None)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    name=st.sampled_from(list(READERS)), cut=st.integers(0, 2000), put=st.binary(max_size=12), at=st.integers(0, 2000)
)
def test_no_damage_ends_in_a_traceback(tmp_path: Path, name: str, cut: int, put: bytes, at: int) -> None:
    whole = {
        "disqus": archives.DISQUS.encode(),
        "wordpress": archives.WORDPRESS.encode(),
        "commento": json.dumps(archives.COMMENTO).encode(),
    }.get(name, "".join(json.dumps(line) + "\n" for line in archives.REMARK42).encode())
    file = tmp_path / "damaged"
    file.write_bytes((whole[:at] + put + whole[at:])[: max(len(whole) - cut, 0)])
    read_all(name, file)


def test_what_answers_itself_comes_to_an_end(tmp_path: Path) -> None:
    file = tmp_path / "chain.json"
    lines: list[dict[str, Any]] = [{"version": 1}]
    for number in range(4000):
        lines.append(
            {
                "id": str(number),
                "pid": str(number - 1) if number % 2 else str(number),
                "text": "",
                "user": {},
                "locator": {"url": "https://news.example/a"},
                "time": "2023-05-01T10:00:00Z",
            }
        )
    read_all("remark42", archives.write_lines(file, lines))


def test_every_reader_is_offered() -> None:
    assert set(module.READERS) == {"disqus", "wordpress", "coral", "isso", "remark42", "commento"}
