"""Where archives meet what else is here: articles without addresses, joined ones, appeals, reports, edits."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from moderation.imports.archive import READERS, Archive, import_archive
from moderation.imports.reading import UnreadableArchive
from moderation.imports.records import Options
from tests.doubles import NOON
from tests.imports.commands import stored
from tests.newsroom import Hall, Newsroom


@pytest.fixture
def site(hall: Hall) -> Newsroom:
    return hall.new_site()


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


def test_another_kind_of_file_is_refused_by_its_first_element(tmp_path: Path) -> None:
    file = tmp_path / "other.xml"
    file.write_text("<other>" + "<row>hello</row>" * 200_000 + "</other>")
    read: list[int] = []
    with pytest.raises(UnreadableArchive, match="its first element is <other>"):
        list(READERS["disqus"](file, Options(now=NOON, progress=read.append)))
    assert sum(read) < 500_000
