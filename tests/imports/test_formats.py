"""Every system's archive, with its oddities: what comes of it, told from the command line on both databases."""

from __future__ import annotations

import gzip
import json
import random
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, text

from moderation.core.text.search_words import words_in
from moderation.storage.articles import Article
from moderation.storage.comments import Comment, DecisionRow
from tests.commands import moderation
from tests.imports import archives
from tests.imports.stored import stored
from tests.newsroom import Hall, Newsroom


def test_a_disqus_archive_comes_as_readers_saw_it(hall: Hall, site: Newsroom, tmp_path: Path) -> None:
    file, report = tmp_path / "disqus.xml", tmp_path / "report.jsonl"
    file.write_text(archives.DISQUS, encoding="utf-8")
    result = moderation(hall, "import", "disqus", str(file), "--site", site.site, "--report", str(report))
    assert result.exit_code == 0, result.output
    comments = stored(hall, site)
    assert {name: one.status for name, one in comments.items()} == {
        "disqus:101": "withdrawn",
        "disqus:103": "approved",
        "disqus:104": "rejected",
        "disqus:108": "approved",
    }
    first, answer, late = comments["disqus:101"], comments["disqus:103"], comments["disqus:108"]
    assert first.body == "First line\n\nSecond <line> here"
    assert answer.body == "An answer before its question, with a link."
    assert (answer.parent_id, answer.depth, answer.author_name) == (first.id, 1, "Bo")
    assert answer.created_at == datetime(2020, 1, 3, 9, tzinfo=UTC)
    assert (first.shown, first.replies_shown, answer.thread_id) == (True, 1, first.id)
    assert (late.parent_id, late.opening) == (None, True)
    told = [json.loads(line) for line in report.read_text().splitlines()]
    assert {one["code"]: one["id"] for one in told[:-1]} == {
        "no_article": "105",
        "broken_date": "106",
        "no_id": None,
        "empty": "107",
        "no_parent": "108",
    }
    assert told[-1]["summary"]["stored"] == {"withdrawn": 1, "approved": 2, "rejected": 1}


def test_the_section_finds_the_comments_by_the_address_of_the_page(hall: Hall, site: Newsroom, tmp_path: Path) -> None:
    file = tmp_path / "disqus.xml"
    file.write_text(archives.DISQUS, encoding="utf-8")
    moderation(hall, "import", "disqus", str(file), "--site", site.site)
    with hall.services.database.reading() as session:
        articles = session.scalars(select(Article).where(Article.site_id == site.site)).all()
    assert {(one.title, one.mode) for one in articles} == {
        ("Trams & rails", "closed"),
        ("https://news.example/ferries", None),
    }
    # The newsroom registers the article under a name of its own: the old comments are its comments then.
    sent = {"title": "Trams", "text": "The city lays new rails.", "url": "https://news.example/trams"}
    assert site.server("PUT", "/api/v1/articles/its-own-name", json=sent).status_code == 201
    listed = site.server("GET", "/api/v1/articles/its-own-name/comments").get_json()
    assert [one["body"] for one in listed["comments"] if one["body"]] == [
        "An answer before its question, with a link.",
        "To somebody who is gone",
    ]


def test_a_wordpress_archive_brings_its_statuses_and_its_article(hall: Hall, site: Newsroom, tmp_path: Path) -> None:
    file = tmp_path / "blog.xml.gz"
    file.write_bytes(gzip.compress(archives.WORDPRESS.encode()))
    result = moderation(hall, "import", "wordpress", str(file), "--site", site.site)
    assert result.exit_code == 0, result.output
    assert "not a reader’s comment" in result.output
    comments = stored(hall, site)
    assert {name: one.status for name, one in comments.items()} == {
        "wordpress:1": "approved",
        "wordpress:2": "pending",
        "wordpress:3": "rejected",
        "wordpress:4": "rejected",
    }
    assert comments["wordpress:1"].body == "Good.\nSo good."
    assert comments["wordpress:2"].parent_id == comments["wordpress:1"].id
    assert comments["wordpress:2"].created_at == datetime(2021, 3, 2, 11, tzinfo=UTC)
    with hall.services.database.reading() as session:
        article = session.get_one(Article, comments["wordpress:1"].article_id)
        refused = session.scalars(select(DecisionRow).where(DecisionRow.comment_id == comments["wordpress:3"].id)).one()
    assert article.paragraphs == ["The city lays rails.", "Trams run from May."]
    assert refused.reader_sentence == "It reads like advertising."
    assert refused.statement is not None


def test_a_coral_archive_brings_decisions_reasons_and_perspectives_scores(
    hall: Hall, site: Newsroom, tmp_path: Path
) -> None:
    folder = archives.coral(tmp_path / "coral")
    result = moderation(hall, "import", "coral", str(folder), "--site", site.site)
    assert result.exit_code == 0, result.output
    comments = stored(hall, site)
    assert {name: one.status for name, one in comments.items()} == {
        "coral:c1": "approved",
        "coral:c2": "rejected",
        "coral:c3": "pending",
    }
    assert comments["coral:c1"].body == "Fine\nweather"
    with hall.services.database.reading() as session:
        query = select(DecisionRow).where(DecisionRow.comment_id == comments["coral:c2"].id)
        first, last = session.scalars(query.order_by(DecisionRow.revision)).all()
        scores = session.execute(
            text("SELECT attribute, score FROM perspective_scores WHERE comment_id = :id"),
            {"id": comments["coral:c2"].id},
        ).all()
        by_person = session.scalar(
            text("SELECT by_person FROM queue_index WHERE comment_id = :id"), {"id": comments["coral:c2"].id}
        )
    assert (first.status, first.automated, last.status, last.automated) == ("approved", True, "rejected", False)
    assert (last.reason_id, last.note) == ("hate", "Coral: HATE_SPEECH: Names a group")
    assert last.decided_at == datetime(2022, 1, 2, 5, tzinfo=UTC)
    assert scores == [("SEVERE_TOXICITY", 0.91)]
    assert by_person == "rejected"


def test_perspectives_scores_of_an_archive_are_compared_with_ours(hall: Hall, site: Newsroom, tmp_path: Path) -> None:
    moderation(hall, "import", "coral", str(archives.coral(tmp_path / "coral")), "--site", site.site)
    plot = str(tmp_path / "plot.svg")
    result = moderation(hall, "perspective", "compare", "--site", site.site, "--plot", plot)
    assert result.exit_code == 0, result.output
    assert "SEVERE_TOXICITY" in result.output


def test_an_isso_database_comes_with_its_threads(hall: Hall, site: Newsroom, tmp_path: Path) -> None:
    comments: list[dict[str, Any]] = [
        {"id": 1, "created": 1600000000.5, "mode": 4, "text": ""},
        {"id": 2, "created": 1600000100.0, "text": "I *know*", "author": "Ann", "parent": 1, "likes": 2, "dislikes": 1},
        {"id": 3, "created": 1600000200.0, "mode": 2, "text": "Wait", "remote_addr": "203.0.113.0"},
        {"id": 4, "created": 1600000300.0, "mode": 4, "text": ""},
        {"id": 5, "created": 1600000300.0, "tid": 9, "text": "Nowhere"},
        {"id": 6, "created": -1e300, "text": "When"},
    ]
    file = archives.isso(tmp_path / "comments.db", comments)
    result = moderation(hall, "import", "isso", str(file), "--site", site.site, "--base-url", "https://news.example")
    assert result.exit_code == 0, result.output
    assert "votes, left out                 3" in result.output
    found = stored(hall, site)
    assert {name: (one.status, one.body) for name, one in found.items()} == {
        "isso:1": ("withdrawn", ""),
        "isso:2": ("approved", "I *know*"),
        "isso:3": ("pending", "Wait"),
    }
    assert found["isso:1"].shown
    assert found["isso:2"].thread_id == found["isso:1"].id


def test_an_isso_database_may_be_packed(hall: Hall, site: Newsroom, tmp_path: Path) -> None:
    comments = [{"id": 1, "created": 1600000000.5, "text": "Fine"}]
    packed = tmp_path / "comments.db.gz"
    packed.write_bytes(gzip.compress(archives.isso(tmp_path / "comments.db", comments).read_bytes()))
    result = moderation(hall, "import", "isso", str(packed), "--site", site.site)
    assert result.exit_code == 0, result.output
    assert set(stored(hall, site)) == {"isso:1"}
    packed.write_bytes(packed.read_bytes()[:-40])
    assert "damaged" in moderation(hall, "import", "isso", str(packed), "--site", site.site).output


def test_an_isso_page_with_an_address_that_is_none_is_taken(hall: Hall, site: Newsroom, tmp_path: Path) -> None:
    file = archives.isso(tmp_path / "comments.db", [{"id": 1, "created": 1600000000.5, "text": "Fine"}])
    with closing(sqlite3.connect(file)) as database, database:
        database.execute("UPDATE threads SET uri = '//[trams'")
    result = moderation(hall, "import", "isso", str(file), "--site", site.site, "--base-url", "https://news.example")
    assert result.exit_code == 0, result.output
    assert set(stored(hall, site)) == {"isso:1"}


def test_a_remark42_backup_keeps_the_place_of_what_was_deleted(hall: Hall, site: Newsroom, tmp_path: Path) -> None:
    file = tmp_path / "backup.gz"
    file.write_bytes(gzip.compress("".join(json.dumps(line) + "\n" for line in archives.REMARK42).encode()))
    result = moderation(hall, "import", "remark42", str(file), "--site", site.site)
    assert result.exit_code == 0, result.output
    found = stored(hall, site)
    assert found["remark42:r1"].status == "withdrawn"
    assert found["remark42:r2"].body == "Thanks & bye"
    assert found["remark42:r2"].created_at == datetime(2023, 5, 2, 15, 0, 0, 123456, tzinfo=UTC)


def test_a_commento_export_knows_its_people_whom_it_names_last(hall: Hall, site: Newsroom, tmp_path: Path) -> None:
    file = tmp_path / "commento.json"
    file.write_text(json.dumps(archives.COMMENTO))
    result = moderation(hall, "import", "commento", str(file), "--site", site.site)
    assert result.exit_code == 0, result.output
    found = stored(hall, site)
    assert (found["commento:k1"].author_name, found["commento:k1"].status) == ("Ann", "approved")
    assert (found["commento:k2"].author_name, found["commento:k2"].status) == ("Anonymous", "pending")
    assert found["commento:k2"].parent_id == found["commento:k1"].id


def test_whom_a_commento_export_does_not_list_is_known_by_the_same_kind_of_id(
    hall: Hall, site: Newsroom, tmp_path: Path
) -> None:
    file = tmp_path / "commento.json"
    file.write_text(json.dumps({**archives.COMMENTO, "commenters": []}))
    moderation(hall, "import", "commento", str(file), "--site", site.site)
    file.write_text(json.dumps(archives.COMMENTO).replace("k1", "k3"))
    moderation(hall, "import", "commento", str(file), "--site", site.site)
    found = stored(hall, site)
    assert found["commento:k1"].author_id == found["commento:k3"].author_id


@pytest.mark.parametrize("name", ["disqus", "wordpress", "coral", "isso", "remark42", "commento"])
def test_another_kind_of_file_is_named_in_words(hall: Hall, site: Newsroom, tmp_path: Path, name: str) -> None:
    file = tmp_path / "picture.png"
    file.write_bytes(b"\x89PNG\r\n\x1a\n\x00\x00\xff\xfe nothing of ours")
    result = moderation(hall, "import", name, str(file), "--site", site.site)
    assert result.exit_code == 1
    assert "Traceback" not in result.output
    assert result.output.strip()


def test_an_archive_that_declares_entities_is_refused(hall: Hall, site: Newsroom, tmp_path: Path) -> None:
    file = tmp_path / "bomb.xml"
    bomb = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10 if n else "ha"}">' for n in range(10))
    file.write_text(f"<!DOCTYPE disqus [{bomb}]><disqus xmlns='http://disqus.com'><post>&e9;</post></disqus>")
    result = moderation(hall, "import", "disqus", str(file), "--site", site.site)
    assert result.exit_code == 1
    assert "document type" in result.output


def test_an_archive_that_breaks_off_says_so_and_takes_no_half_comment(
    hall: Hall, site: Newsroom, tmp_path: Path
) -> None:
    file = tmp_path / "disqus.xml"
    file.write_text(archives.DISQUS[: archives.DISQUS.index("watches")], encoding="utf-8")
    result = moderation(hall, "import", "disqus", str(file), "--site", site.site)
    assert result.exit_code == 1
    assert "breaks off" in result.output
    assert set(stored(hall, site)) == {"disqus:101", "disqus:103"}


def test_no_mail_address_and_no_ip_address_is_stored(hall: Hall, site: Newsroom, tmp_path: Path) -> None:
    file = tmp_path / "disqus.xml"
    file.write_text(archives.DISQUS, encoding="utf-8")
    moderation(hall, "import", "disqus", str(file), "--site", site.site)
    with hall.services.database.asking() as connection:
        for table in ("authors", "comments", "decisions", "audit_events", "articles"):
            rows = str(connection.execute(text(f"SELECT * FROM {table}")).all())
            assert "ann@mail.example" not in rows
            assert "203.0.113.77" not in rows


def test_a_comments_history_says_where_it_came_from(hall: Hall, site: Newsroom, tmp_path: Path) -> None:
    folder = archives.coral(tmp_path / "coral")
    output = moderation(hall, "import", "coral", str(folder), "--site", site.site).output
    comment = stored(hall, site)["coral:c1"]
    exported = moderation(hall, "audit", "export").output.splitlines()
    (event,) = (one for line in exported if (one := json.loads(line))["subject"] == comment.id)
    payload = event["payload"] if isinstance(event["payload"], dict) else json.loads(event["payload"])
    assert event["event"] == "comment.imported"
    assert payload["format"] == "coral"
    assert payload["file"] in output
    assert moderation(hall, "audit", "verify").exit_code == 0


def test_comments_of_an_archive_are_searched_like_others(hall: Hall, site: Newsroom, tmp_path: Path) -> None:
    moderation(hall, "import", "coral", str(archives.coral(tmp_path / "coral")), "--site", site.site)
    with hall.services.database.reading() as session:
        rows = session.scalars(select(Comment).where(Comment.site_id == site.site)).all()
        assert len(rows) == 3
        if hall.services.database.is_sqlite:
            query = "SELECT rowid FROM comment_search WHERE comment_search MATCH 'weather'"
            query = f"SELECT count(*) FROM queue_index WHERE site_id = :site AND number IN ({query})"
        else:
            query = "SELECT count(*) FROM comments WHERE site_id = :site AND search @@ to_tsquery('simple', 'weather')"
        assert session.scalar(text(query), {"site": site.site}) == 1


def test_readers_of_two_blogs_with_the_same_ids_stay_two(hall: Hall, site: Newsroom, tmp_path: Path) -> None:
    file = tmp_path / "blog.xml"
    file.write_text(archives.WORDPRESS)
    for source in ((), ("--source", "sports")):
        result = moderation(hall, "import", "wordpress", str(file), "--site", site.site, *source)
        assert result.exit_code == 0, result.output
    found = stored(hall, site)
    authors = {name: one.author_id for name, one in found.items()}
    assert authors["wordpress:2"] == authors["wordpress:4"]
    assert authors["wordpress:sports:2"] == authors["wordpress:sports:4"]
    assert authors["wordpress:2"] != authors["wordpress:sports:2"]
    assert authors["wordpress:1"] == authors["wordpress:sports:1"]  # known by e-mail


@pytest.mark.parametrize(
    ("format_", "option"),
    [
        ("moderation", ("--report", "report.jsonl")),
        ("moderation", ("--source", "sports")),
        ("moderation", ("--base-url", "https://news.example")),
        ("disqus", ("--base-url", "https://news.example")),
        ("isso", ("--base-url", "news.example")),
        ("isso", ("--source", "\udcff")),
    ],
)
def test_an_option_that_would_do_nothing_is_refused(
    hall: Hall, site: Newsroom, tmp_path: Path, format_: str, option: tuple[str, str]
) -> None:
    file = tmp_path / "file"
    file.write_text("")
    result = moderation(hall, "import", format_, str(file), "--site", site.site, *option)
    assert result.exit_code == 2
    assert option[0] in result.output


UNSTORABLE = "\ud800 and \x00"


def unstorable(value: Any) -> Any:
    """The same with what no database holds behind every text but ids, times and words of the format."""
    if isinstance(value, dict):
        return {key: one if key in _KEPT else unstorable(one) for key, one in value.items()}
    if isinstance(value, list):
        return [unstorable(one) for one in value]
    return value + UNSTORABLE if isinstance(value, str) else value


_KEPT = (
    *("id", "commentID", "storyID", "parentID", "status", "createdAt"),
    *("url", "domain", "pid", "time", "commentHex", "parentHex", "state", "creationDate"),
)


@pytest.mark.parametrize("name", ["coral", "remark42", "commento"])
def test_what_no_database_holds_is_left_out_wherever_it_stands(
    hall: Hall, site: Newsroom, tmp_path: Path, name: str
) -> None:
    file = tmp_path / name
    if name == "coral":
        for part in archives.coral(file).iterdir():
            whole = part.read_text()
            lines = json.loads(whole) if whole.startswith("[") else [json.loads(one) for one in whole.splitlines()]
            for line in lines:
                line["authorID"] = f"{line.get('authorID')}{UNSTORABLE}"
            archives.write_lines(part, unstorable(lines))
    elif name == "remark42":
        lines = unstorable(archives.REMARK42)
        for line in lines[1:]:
            line["user"]["id"] += UNSTORABLE
        archives.write_lines(file, lines)
    else:
        file.write_text(json.dumps(unstorable(archives.COMMENTO)))
    result = moderation(hall, "import", name, str(file), "--site", site.site)
    assert result.exit_code == 0, result.output
    found = stored(hall, site)
    assert len(found) >= 2
    for one in found.values():
        assert "\x00" not in one.body + one.author_name


def test_an_id_that_cannot_be_kept_is_reported_as_it_stands(hall: Hall, site: Newsroom, tmp_path: Path) -> None:
    file, report = tmp_path / "backup", tmp_path / "report.jsonl"
    archives.write_lines(file, [{**archives.REMARK42[1], "id": "r\ud800"}, archives.REMARK42[2]])
    result = moderation(hall, "import", "remark42", str(file), "--site", site.site, "--report", str(report))
    assert "with an id that can’t be kept" in result.output
    assert json.loads(report.read_text().splitlines()[0])["id"] == "r\ud800"


def test_the_longest_text_of_the_longest_words_is_stored(hall: Hall, site: Newsroom, tmp_path: Path) -> None:
    """More words than any index takes in: the comment comes all the same, and its first words find it."""
    letters = [chr(0x10400 + number) for number in range(40)]  # of four bytes each
    chance = random.Random(1)
    words = ["".join(chance.choices(letters, k=64)) for _ in range(15_000)]
    file = archives.write_lines(tmp_path / "backup", [{**archives.REMARK42[1], "text": " ".join(words)}])
    result = moderation(hall, "import", "remark42", str(file), "--site", site.site)
    assert result.exit_code == 0, result.output
    (comment,) = stored(hall, site).values()
    assert comment.body == " ".join(words)
    (word,) = words_in(words[0])
    with hall.services.database.asking() as connection:
        if hall.services.database.is_sqlite:
            query, asked = "SELECT count(*) FROM comment_search WHERE comment_search MATCH :word", f'"{word}"'
        else:
            query, asked = "SELECT count(*) FROM comments WHERE search @@ CAST(:word AS tsquery)", f"'{word}'"
        assert connection.scalar(text(query), {"word": asked}) == 1
