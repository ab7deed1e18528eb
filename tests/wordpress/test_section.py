"""The service's section in place of WordPress's comments."""

from __future__ import annotations

import pytest

from tests.waiting import until
from tests.wordpress.conftest import Pair


@pytest.mark.parametrize("theme", ["plain", "blocks"])
def test_the_section_stands_in_place_of_the_comment_form(pair: Pair, theme: str) -> None:
    post = pair.site.post("A section")
    old = pair.write(post)
    pair.site.php(f"switch_theme( '{theme}' );")
    try:
        before = pair.site.visitor().get(f"/?p={post}")
        pair.join(mode="section")
        page = pair.site.visitor().get(f"/?p={post}")
    finally:
        pair.site.php("switch_theme( 'plain' );")
    assert "wp-comments-post.php" in before.text
    assert "embed.js" not in before.text
    line = f'src="{pair.service.address}/embed.js" data-site-key="{pair.publishable}" data-article="wp-1-{post}" async>'
    assert page.text.count(line) == 1
    assert f"/embed/wp-1-{post}?site={pair.publishable}" in page.text.replace("&#038;", "&")
    assert "wp-comments-post.php" not in page.text
    assert pair.status(old) == "1"


def test_nobody_comments_past_the_section(pair: Pair) -> None:
    post = pair.site.post("Past it")
    pair.join(mode="section")
    page = pair.site.visitor().comment(post, pair.text())
    assert page.status == 403
    assert page.says("Comments are written in the section under the article.")
    assert pair.site.comments(post) == []


def test_the_count_is_that_of_the_section(pair: Pair) -> None:
    post = pair.site.post("Counted")
    pair.join(mode="section")
    assert pair.site.visitor().get(f"/?p={post}").says("no comments")
    written = {"author": {"name": "Ada", "id": "ada"}, "body": pair.text()}
    assert pair.service.ask("POST", f"/api/v1/articles/wp-1-{post}/comments", written).status == 201
    until(lambda: pair.site.visitor().get(f"/?p={post}").says("one comment"))
    pair.site.php(f"wp_update_post( array( 'ID' => {post}, 'comment_status' => 'closed' ) );")
    assert "embed.js" in pair.site.visitor().get(f"/?p={post}").text  # closed, but there is something to read


def test_no_section_stands_where_nothing_may_be_said_or_read(pair: Pair) -> None:
    closed = pair.site.post("Closed", comment_status="closed")
    locked = pair.site.post("Locked", post_password="open")
    pair.join(mode="section")
    for post in (closed, locked):
        assert "embed.js" not in pair.site.visitor().get(f"/?p={post}").text
    assert "embed.js" not in pair.site.visitor().get("/").text


def test_what_an_administrator_typed_breaks_out_of_nothing(pair: Pair) -> None:
    post = pair.site.post("Typed")
    pair.join(mode="section", site_key='pk_"><b>', address='https://c.example/"><b>')
    page = pair.site.visitor().get(f"/?p={post}")
    assert "embed.js" in page.text
    assert "<b>" not in page.text
