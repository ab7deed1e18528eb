"""Where archives meet what else is here: articles without addresses, joined ones, appeals, reports, edits."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from moderation.imports.archive import READERS, Archive, import_archive
from moderation.imports.reading import UnreadableArchive
from moderation.imports.records import Options
from moderation.storage.authors import Author
from moderation.storage.comments import Comment
from tests.doubles import NOON
from tests.imports import archives
from tests.imports.stored import stored
from tests.newsroom import Hall, Newsroom


def wordpress(path: Path, comments: int, *, link: str = "") -> Path:
    """One post with so many comments, at this address or at none."""
    said = "".join(
        f"<wp:comment><wp:comment_id>{number}</wp:comment_id><wp:comment_author>Reader</wp:comment_author>"
        f"<wp:comment_date_gmt>2023-05-01 10:00:{number:02}</wp:comment_date_gmt>"
        f"<wp:comment_content>Number {number}</wp:comment_content><wp:comment_approved>1</wp:comment_approved>"
        "<wp:comment_parent>0</wp:comment_parent></wp:comment>"
        for number in range(1, comments + 1)
    )
    item = f"<item><title>Trams</title><link>{link}</link><wp:post_id>12</wp:post_id>{said}</item>"
    names = 'xmlns:wp="http://wordpress.org/export/1.2/"'
    path.write_text(f'<?xml version="1.0"?><rss {names}><channel>{item}</channel></rss>')
    return path


@pytest.mark.parametrize("link", ["", "https://news.example/" + "a" * 3000])
def test_an_article_without_an_address_is_found_again(hall: Hall, site: Newsroom, tmp_path: Path, link: str) -> None:
    def stop(_: int) -> None:
        raise KeyboardInterrupt

    archive = Archive(format="wordpress", file=wordpress(tmp_path / "w.xml", 5, link=link), site_id=site.site, batch=2)
    with pytest.raises(KeyboardInterrupt):
        import_archive(hall.services, replace(archive, stored=stop))
    done = import_archive(hall.services, archive)
    assert (done.there, done.new_articles, sum(done.statuses.values())) == (2, 0, 3)
    newer = replace(archive, file=wordpress(tmp_path / "newer.xml", 6, link=link))
    assert import_archive(hall.services, newer).new_articles == 0
    assert len({one.article_id for one in stored(hall, site).values()}) == 1
    other = import_archive(hall.services, replace(archive, source="second-blog"))
    assert (other.new_articles, sum(other.statuses.values())) == (0 if link.count("a") < 3000 and link else 1, 5)


def test_an_author_has_written_since_their_first_comment_wherever_it_comes_from(
    hall: Hall, site: Newsroom, tmp_path: Path
) -> None:
    site.put_article()
    here = site.accepted(author={"name": "Ann", "id": "u1"})
    import_archive(
        hall.services, Archive(format="coral", file=archives.coral(tmp_path / "coral"), site_id=site.site, batch=1)
    )
    with hall.services.database.reading() as session:
        ann = session.get_one(Author, session.get_one(Comment, here["id"]).author_id)
        assert (ann.external_id, ann.created_at) == ("u1", datetime(2022, 1, 1, tzinfo=UTC))


def test_another_kind_of_file_is_refused_by_its_first_element(tmp_path: Path) -> None:
    file = tmp_path / "other.xml"
    file.write_text("<other>" + "<row>hello</row>" * 200_000 + "</other>")
    read: list[int] = []
    with pytest.raises(UnreadableArchive, match="its first element is <other>"):
        list(READERS["disqus"](file, Options(now=NOON, progress=read.append)))
    assert sum(read) < 500_000


@pytest.mark.parametrize("seed", range(4))
def test_every_comment_has_the_place_that_its_answers_give_it(
    hall: Hall, site: Newsroom, tmp_path: Path, seed: int
) -> None:
    """Whatever stands where, whether it comes at once, in small batches, or in two archives one after the other."""
    chance = random.Random(seed)
    comments = [
        {
            "id": f"c{number}",
            "storyID": "s",
            "authorID": f"u{number % 5}",
            "parentID": f"c{chance.randrange(number)}" if number and chance.random() < 0.9 else None,
            "status": chance.choice(["NONE", "REJECTED", "REJECTED", "PREMOD"]),
            "createdAt": f"2022-01-02T00:{number:02}:00Z",
            "revisions": [{"body": f"Number {number}"}],
        }
        for number in range(50)
    ]
    folder = tmp_path / "coral"
    folder.mkdir()
    archives.write_lines(folder / "stories.json", [{"id": "s"}])
    for newsroom, steps, batch in ((site, [20, 50], 7), (hall.new_site(), [50], 1000)):
        for step in steps:
            archives.write_lines(folder / "comments.json", comments[:step])
            import_archive(hall.services, Archive(format="coral", file=folder, site_id=newsroom.site, batch=batch))
        found = stored(hall, newsroom)
        assert len(found) == 50
        check_places({one.id: one for one in found.values()})


def check_places(found: Mapping[str, Comment]) -> None:
    for one in found.values():
        above = found.get(one.parent_id or "")
        stands = above is not None and above.shown
        answers = [other for other in found.values() if other.parent_id == one.id and other.shown]
        assert one.replies_shown == len(answers)
        assert one.shown == (one.status == "approved" or (one.published_at is not None and bool(answers)))
        assert one.opening == (one.shown and not stands)
        thread = above.thread_id if above is not None and stands else one.id
        assert one.thread_id == (thread if one.shown else None)
