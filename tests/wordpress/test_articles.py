"""Articles go from WordPress to the service, and what readers may not read stays there."""

from __future__ import annotations

from typing import Any

from tests.wordpress.conftest import Pair

DEAD = "http://127.0.0.1:9"


def test_an_article_is_sent_when_it_is_published_with_its_category_as_its_section(pair: Pair) -> None:
    pair.site.php("wp_insert_term( 'Around the harbour', 'category', array( 'slug' => 'harbour' ) );")
    post = pair.site.post("Trams &amp; <em>buses</em>", post_status="draft")
    assert pair.article(post) is None
    pair.site.php(
        f"wp_set_post_terms( {post}, array( get_term_by( 'slug', 'harbour', 'category' )->term_id ), 'category' );"
    )
    pair.site.php(f"wp_update_post( array( 'ID' => {post}, 'post_status' => 'publish' ) );")
    article = told(pair, post)
    assert (article["title"], article["section"], article["mode"]) == ("Trams & buses", "harbour", None)
    assert article["paragraphs"] == ["The city lays new rails.", "Trams will run from May."]
    assert article["published_at"] is not None
    assert article["url"] == pair.site.php(f"return get_permalink( {post} );")
    pair.site.php(f"wp_update_post( array( 'ID' => {post}, 'comment_status' => 'closed', 'post_title' => 'Trams' ) );")
    assert (told(pair, post)["title"], told(pair, post)["mode"]) == ("Trams", "closed")


def test_drafts_private_articles_and_those_behind_a_password_are_never_sent(pair: Pair) -> None:
    for values in (
        {"post_status": "draft"},
        {"post_status": "private"},
        {"post_password": "open"},
        {"post_status": "pending"},
    ):
        post = pair.site.post("Not for you", **values)
        assert pair.article(post) is None
        assert "_rcm" not in str(pair.site.php(f"return get_post_meta( {post} );"))
    future = pair.site.post("Tomorrow", post_date="2040-01-01 00:00:00")
    assert pair.article(future) is None


def test_comments_under_what_is_not_sent_wait_in_wordpress_and_are_not_sent_either(pair: Pair) -> None:
    post = pair.site.post("Behind a password", post_password="open")
    visitor = pair.site.visitor()
    visitor.post("/wp-login.php?action=postpass", {"post_password": "open"})
    assert visitor.comment(post, pair.text()).status == 200
    (comment,) = pair.site.comments(post)
    assert (comment["comment_approved"], pair.id(int(comment["comment_ID"]))) == ("0", "")
    assert pair.article(post) is None


def test_what_is_taken_back_is_hidden_without_its_text(pair: Pair) -> None:
    post = pair.site.post("Taken back")
    assert told(pair, post)["mode"] is None
    pair.site.php(f"wp_update_post( array( 'ID' => {post}, 'post_status' => 'private' ) );")
    article = told(pair, post)
    assert (article["title"], article["paragraphs"], article["mode"]) == ("(not published)", [], "hidden")
    refused = pair.service.ask(
        "POST", f"/api/v1/articles/wp-1-{post}/comments", {"author": {"name": "Ada"}, "body": pair.text()}
    )
    assert refused.status == 403
    pair.site.php(f"wp_update_post( array( 'ID' => {post}, 'post_status' => 'publish' ) );")
    assert (told(pair, post)["title"], told(pair, post)["mode"]) == ("Taken back", None)


def test_an_article_without_words_is_sent_by_its_title(pair: Pair) -> None:
    post = pair.site.post("A picture", "[gallery]<img src='data:image/png;base64,AAAA'>")
    assert told(pair, post)["title"] == "A picture"


def test_the_first_comment_brings_an_article_that_was_never_sent(pair: Pair) -> None:
    pair.site.set_up()
    post = pair.site.post("From before")
    pair.join()
    assert pair.status(pair.write(post)) == "1"
    assert told(pair, post)["title"] == "From before"


def test_an_article_that_could_not_be_sent_is_sent_later(pair: Pair) -> None:
    pair.join(address=DEAD)
    post = pair.site.post("Later")
    pair.join()
    assert pair.article(post) is None
    pair.site.work()
    assert pair.article(post) is not None


def test_all_articles_are_sent_in_turns(pair: Pair) -> None:
    pair.site.set_up()
    made = pair.site.php(
        "$ids = array(); for ( $i = 0; $i < 55; $i++ ) { $ids[] = wp_insert_post( array( 'post_title' => \"Old $i\","
        " 'post_content' => 'It was long ago.', 'post_status' => $i % 11 ? 'publish' : 'private' ) ); } return $ids;"
    )
    pair.join()
    visitor = pair.site.visitor().sign_in()
    page = visitor.get("/wp-admin/options-general.php?page=reader-comment-moderation")
    nonce = page.text.split('value="rcm_send_all"')[1].split('name="_wpnonce" value="')[1].split('"')[0]
    assert visitor.post("/wp-admin/admin-post.php", {"action": "rcm_send_all", "_wpnonce": "wrong"}).status == 403
    assert (
        pair.site.visitor().post("/wp-admin/admin-post.php", {"action": "rcm_send_all", "_wpnonce": nonce}).status
        != 200
    )
    assert pair.site.php("return get_option( 'rcm_sending_all', 'none' );") == "none"
    page = visitor.post("/wp-admin/admin-post.php", {"action": "rcm_send_all", "_wpnonce": nonce})
    assert page.says("The articles are sent in the background")
    assert page.says("articles are still to be sent.")
    for _ in range(3):
        pair.site.work()
    assert pair.site.php("return get_option( 'rcm_sending_all', 'none' );") == "none"
    known = [pair.article(post) is not None for post in made]
    assert known == [bool(number % 11) for number in range(55)]


def told(pair: Pair, post: int) -> dict[str, Any]:
    """What the service has of an article."""
    article = pair.article(post)
    assert article is not None
    return article
