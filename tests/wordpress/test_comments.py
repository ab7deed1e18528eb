"""Comments stay in WordPress: the service is asked before one appears, and both agree about it afterwards."""

from __future__ import annotations

import json
from http.server import BaseHTTPRequestHandler

import pytest

from tests.waiting import until
from tests.webhooks.receiver import Answer, Request, receiving, status
from tests.wordpress.conftest import Pair

DEAD = "http://127.0.0.1:9"


# --- the whole way ----------------------------------------------------------------------------------------------------


def test_a_comment_is_held_here_decided_at_the_desk_and_released_by_the_webhook(pair: Pair) -> None:
    post = pair.site.post("Trams return to the harbour")
    comment = pair.write(post, links=1)
    assert pair.status(comment) == "0"
    waiting = pair.service.ask("GET", f"/api/v1/comments?article=wp-1-{post}").json["comments"]
    assert [(one["id"], one["author"]["name"]) for one in waiting] == [(pair.id(comment), "Ada")]
    pair.decide(comment, "approve")
    pair.becomes(comment, "1")
    assert pair.site.visitor().get(f"/?p={post}").says("long way round the harbour")
    pair.decide(comment, "reject")
    pair.becomes(comment, "trash")
    pair.decide(comment, "reopen")
    pair.becomes(comment, "0")
    pair.decide(comment, "reject", reason="spam")
    pair.becomes(comment, "spam")


def test_what_the_policy_publishes_or_refuses_is_so_at_once(pair: Pair) -> None:
    post = pair.site.post("Buses")
    published, refused = pair.write(post), pair.write(post, links=3)
    assert (pair.status(published), pair.status(refused)) == ("1", "trash")
    assert pair.there(published)["status"] == "approved"
    assert pair.there(refused)["status"] == "rejected"


def test_an_answer_stands_under_what_it_answers(pair: Pair) -> None:
    post = pair.site.post("Answers")
    above = pair.write(post)
    assert pair.there(pair.write(post, parent=above, name="Bob"))["parent_id"] == pair.id(above)
    pair.service.ask("POST", f"/api/v1/comments/{pair.id(above)}/withdraw?receipt={pair.there(above)['receipt']}")
    pair.site.php(f"update_comment_meta( {above}, '_rcm_todo', 'ask' );")  # nothing is told of it just now
    late = pair.write(post, parent=above, name="Cid")
    assert pair.there(late)["parent_id"] is None


def test_the_address_to_which_the_name_leads_is_judged_too(pair: Pair) -> None:
    post = pair.site.post("Their pages")
    comment = pair.write(post, url="https://casino.example/win")
    assert pair.status(comment) == "0"
    assert pair.there(comment)["body"].endswith("\n\nhttps://casino.example/win")
    pair.site.php(f"wp_update_comment( array( 'comment_ID' => {comment}, 'comment_author_url' => '' ) );", user="admin")
    assert "casino" not in pair.there(comment)["body"]
    pair.join(address=DEAD)
    late = pair.write(post, url="https://casino.example/again")
    pair.join()
    pair.site.work()
    assert pair.status(late) == "0"
    assert pair.there(late)["body"].endswith("\n\nhttps://casino.example/again")


def test_a_comment_that_is_too_short_is_refused_with_the_reason(pair: Pair) -> None:
    post = pair.site.post("Short")
    page = pair.site.visitor().comment(post, "Too short, is it?")
    assert page.status == 422
    assert page.says("at least 50")
    assert pair.site.comments(post) == []
    rest = pair.site.php(
        "$request = new WP_REST_Request( 'POST', '/wp/v2/comments' );"
        f"$request->set_body_params( array( 'post' => {post}, 'content' => 'Too short.' ) );"
        "return rest_do_request( $request )->get_status();",
        before="define( 'REST_REQUEST', true );",
        user="admin",
    )
    assert rest == 201  # an administrator's is published whatever it says, as WordPress has it


HARD = 'It’s a \\ back \\\' slash, "quotes", 1 < 2 <3 & so on; the harbour & the <b>bridge</b> are one.'


def test_quotes_slashes_and_signs_arrive_as_they_were_typed_by_form_and_by_program(pair: Pair) -> None:
    post = pair.site.post("Signs")
    pair.site.visitor().comment(post, HARD, name="Ann O'Brien & Söhne")
    pair.site.php(
        "wp_insert_user( array( 'user_login' => 'sub', 'user_pass' => 'long enough',"
        " 'user_email' => 'sub@reader.example' ) );"
    )
    (pair.site.folder / "text").write_text(HARD + " Indeed.")
    answer = pair.site.php(
        "$request = new WP_REST_Request( 'POST', '/wp/v2/comments' ); $request->set_body_params( array("
        f" 'post' => {post}, 'content' => file_get_contents( '{pair.site.folder}/text' ) ) );"
        " $answer = rest_do_request( $request ); return array( $answer->get_status(), $answer->get_data() );",
        before="define( 'REST_REQUEST', true );",
        user="sub",
    )
    assert answer[0] == 201, answer
    by_form, by_program = (int(comment["comment_ID"]) for comment in pair.site.comments(post))
    seen = HARD.replace("<b>", "").replace("</b>", "")
    assert pair.there(by_form)["author"]["name"] == "Ann O'Brien & Söhne"
    assert (pair.there(by_form)["body"], pair.status(by_form)) == (seen, "1")
    assert (pair.there(by_program)["body"], pair.status(by_program)) == (seen + " Indeed.", "1")


def test_the_same_again_meets_the_decision_about_the_first(pair: Pair) -> None:
    post, text = pair.site.post("Again"), pair.text(links=3)
    pair.site.visitor().comment(post, text)
    pair.site.visitor().comment(post, text)
    first, second = pair.site.comments(post)
    assert (first["comment_approved"], second["comment_approved"]) == ("trash", "trash")
    assert pair.id(int(first["comment_ID"])) == pair.id(int(second["comment_ID"]))
    pair.decide(int(second["comment_ID"]), "approve")
    pair.becomes(int(second["comment_ID"]), "1")
    assert pair.status(int(first["comment_ID"])) == "trash"


def test_whom_wordpress_trusts_is_published_and_stands_so_at_the_service(pair: Pair) -> None:
    post = pair.site.post("Ours")
    pair.site.visitor().sign_in().comment(post, pair.text(links=1))
    (comment,) = pair.site.comments(post)
    assert comment["comment_approved"] == "1"
    pair.site.work()
    there = pair.there(int(comment["comment_ID"]))
    assert there["status"] == "approved"
    assert pair.status(int(comment["comment_ID"])) == "1"


def test_what_wordpress_itself_takes_for_spam_is_not_sent(pair: Pair) -> None:
    post = pair.site.post("Bad words")
    pair.site.php("update_option( 'disallowed_keys', 'harbour' );")
    comment = pair.write(post)
    pair.site.php("update_option( 'disallowed_keys', '' );")
    assert (pair.status(comment), pair.id(comment)) == ("trash", "")


def test_a_site_that_is_not_set_up_goes_on_as_before(pair: Pair) -> None:
    pair.site.set_up()
    comment = pair.write(pair.site.post("Not yet"), name="Zoe")
    assert (pair.status(comment), pair.id(comment)) == ("0", "")


# --- the service is away ----------------------------------------------------------------------------------------------


def test_while_the_service_is_away_comments_wait_and_are_sent_once_it_is_back(pair: Pair) -> None:
    post = pair.site.post("Away")
    pair.join(address=DEAD)
    good, waiting, bad = pair.write(post), pair.write(post, links=1), pair.write(post, links=3)
    assert [pair.status(one) for one in (good, waiting, bad)] == ["0", "0", "0"]
    pair.site.work()
    assert pair.id(good) == ""
    pair.join()
    pair.site.work()
    assert [pair.status(one) for one in (good, waiting, bad)] == ["1", "0", "trash"]
    assert pair.there(good)["external_id"].startswith("wp-1-")
    pair.decide(waiting, "approve")
    pair.becomes(waiting, "1")


def test_a_comment_whose_answer_got_lost_is_not_sent_twice(pair: Pair) -> None:
    post = pair.site.post("Lost")
    comment = pair.write(post, links=1)
    id_ = pair.id(comment)
    pair.site.php(
        f"delete_comment_meta( {comment}, '_rcm_id' ); delete_comment_meta( {comment}, '_rcm_state' );"
        f"add_comment_meta( {comment}, '_rcm_todo', 'ask' );"
    )
    pair.site.work()
    assert pair.id(comment) == id_
    assert len(pair.service.ask("GET", f"/api/v1/comments?article=wp-1-{post}").json["comments"]) == 1


def test_an_event_that_comes_before_the_lost_answer_is_made_up_for(pair: Pair) -> None:
    comment = pair.write(pair.site.post("Early"), links=1)
    id_ = pair.id(comment)
    pair.site.php(f"delete_comment_meta( {comment}, '_rcm_id' ); add_comment_meta( {comment}, '_rcm_todo', 'ask' );")
    answer = pair.service.ask("POST", f"/api/v1/comments/{id_}/decisions", {"outcome": "approve"})
    assert answer.status == 200
    until(lambda: pair.site.php("return wp_next_scheduled( 'rcm_work' );"))
    pair.site.work()
    assert (pair.status(comment), pair.id(comment)) == ("1", id_)


ID = "01k0v6v1m3c7m5sq5n0p6q8r9t"


@pytest.mark.parametrize(
    "answer",
    [
        status(500, "{}"),
        status(503, '{"detail": "busy"}'),
        status(429, '{"detail": "slow down"}'),
        status(401, '{"detail": "no such key"}'),
        status(403, '{"code": "right_missing", "detail": "no"}'),
        status(302, "", Location="http://127.0.0.1:9/"),
        status(200, "<html>Welcome to my router</html>"),
        status(201, ""),
        status(201, "[]"),
        status(201, '"approved"'),
        status(201, '{"status": "approved"}'),
        status(201, f'{{"id": "{ID}"}}'),
        status(201, f'{{"id": "{ID}", "status": "fine"}}'),
        status(201, f'{{"id": "{ID}", "status": 1}}'),
        status(201, f'{{"id": "{ID}", "status": ["approved"]}}'),
        status(201, '{"id": "\'; DROP TABLE", "status": "approved"}'),
        status(201, '{"id": "' + ID),
        status(409, '{"detail": "twice", "comment_id": 7}'),
        status(422, '{"errors": "all of them"}'),
        status(404, ""),
    ],
)
def test_a_strange_answer_publishes_nothing(pair: Pair, answer: Answer) -> None:
    with receiving() as receiver:
        receiver.answer = answer
        pair.join(address=f"http://127.0.0.1:{receiver.port}")
        stands = pair.site.php(
            "$data = array( 'comment_post_ID' => 1, 'comment_author' => 'Ada', 'comment_author_url' => '',"
            f" 'comment_author_email' => 'ada@reader.example', 'comment_content' => '{pair.text()}' );"
            "$id = wp_new_comment( $data, true ); $at_once = get_comment( $id )->comment_approved;"
            "do_action( 'rcm_work' ); wp_cache_flush(); return array( $at_once, get_comment( $id )->comment_approved );"
        )
        assert stands == ["0", "0"]
        assert receiver.got


def test_a_service_that_hangs_holds_one_reader_up_and_publishes_nothing(pair: Pair) -> None:
    post = pair.site.post("Slow")
    with receiving() as receiver:
        receiver.answer = receiver.hang
        pair.join(address=f"http://127.0.0.1:{receiver.port}")
        first, second = pair.write(post), pair.write(post)
        assert (pair.status(first), pair.status(second)) == ("0", "0")
        assert len(receiver.got) == 1


# --- decided in WordPress ---------------------------------------------------------------------------------------------


def test_what_is_decided_in_wordpress_holds_at_the_service_and_does_not_come_back(pair: Pair) -> None:
    comment = pair.write(pair.site.post("Decided here"), links=1)
    for done, there in (("approve", "approved"), ("hold", "pending"), ("trash", "rejected"), ("spam", "rejected")):
        pair.site.php(f"wp_set_comment_status( {comment}, '{done}' );", user="admin")
        pair.comes_to_stand(comment, there)
    revision = pair.there(comment)["revision"]
    pair.settled(comment)
    assert (pair.status(comment), pair.there(comment)["revision"]) == ("spam", revision)


def test_spam_is_told_as_spam(pair: Pair) -> None:
    comment = pair.write(pair.site.post("Spam"), links=1)
    pair.site.php(f"wp_spam_comment( {comment} );", user="admin")
    assert pair.there(comment)["decision"]["reason"] == "spam"


def test_what_is_deleted_in_wordpress_is_rejected_at_the_service(pair: Pair) -> None:
    comment, late = (pair.write(pair.site.post("Deleted")) for _ in range(2))
    ids = [pair.id(comment), pair.id(late)]
    pair.site.php(f"wp_delete_comment( {comment}, true );", user="admin")
    pair.join(address=DEAD)
    pair.site.php(f"wp_delete_comment( {late}, true );", user="admin")
    pair.join()
    pair.site.work()
    for id_ in ids:
        assert pair.service.ask("GET", f"/api/v1/comments/{id_}").json["status"] == "rejected"


def test_what_is_decided_in_wordpress_while_the_service_is_away_is_told_later(pair: Pair) -> None:
    comment = pair.write(pair.site.post("Meanwhile"), links=1)
    pair.join(address=DEAD)
    pair.site.php(f"wp_set_comment_status( {comment}, 'approve' );", user="admin")
    pair.join()
    assert pair.there(comment)["status"] == "pending"
    pair.site.work()
    assert (pair.there(comment)["status"], pair.status(comment)) == ("approved", "1")


def test_of_two_who_do_not_know_of_each_other_the_one_who_refuses_prevails(pair: Pair) -> None:
    post = pair.site.post("Both")
    first, second = pair.write(post, links=1), pair.write(post, links=1)
    pair.join(address=DEAD)
    pair.site.php(f"wp_set_comment_status( {first}, 'approve' );", user="admin")
    pair.site.php(f"wp_set_comment_status( {second}, 'trash' );", user="admin")
    pair.join()
    pair.decide(first, "reject")
    pair.decide(second, "approve")
    pair.settled(first, second)
    pair.site.work()
    for comment in (first, second):
        assert (pair.there(comment)["status"], pair.status(comment)) == ("rejected", "trash")


def test_a_text_that_is_changed_in_wordpress_while_it_waits_is_changed_at_the_service(pair: Pair) -> None:
    comment = pair.write(pair.site.post("Edited"), links=1)
    new = pair.text()
    pair.site.php(
        f"wp_update_comment( array( 'comment_ID' => {comment}, 'comment_content' => '{new}' ) );", user="admin"
    )
    there = pair.there(comment)
    assert there["body"] == new
    pair.settled(comment)
    assert pair.status(comment) == {"approved": "1", "pending": "0"}[there["status"]]


def test_a_text_that_is_changed_while_the_service_is_away_is_changed_there_later(pair: Pair) -> None:
    comment = pair.write(pair.site.post("Edited late"), links=1)
    new = pair.text(links=2)
    pair.join(address=DEAD)
    pair.site.php(
        f"wp_update_comment( array( 'comment_ID' => {comment}, 'comment_content' => '{new}' ) );", user="admin"
    )
    pair.join()
    pair.site.work()
    assert pair.there(comment)["body"] == new
    assert pair.status(comment) == "0"


def test_nobody_waits_behind_an_author_who_has_sent_too_much(pair: Pair) -> None:
    post = pair.site.post("Crowded")
    pair.join(address=DEAD)
    ids = [pair.write(post, name=name) for name in ("Many", "Many", "Bea")]
    for address, id_ in zip(("203.0.113.1", "203.0.113.1", "203.0.113.2"), ids, strict=True):
        pair.site.php(
            f"global $wpdb; $wpdb->update( $wpdb->comments, array( 'comment_author_IP' => '{address}' ),"
            f" array( 'comment_ID' => {id_} ) ); clean_comment_cache( {id_} );"
        )

    def busy(handler: BaseHTTPRequestHandler, request: Request) -> None:
        too_much = request.event["author"]["address"] == "203.0.113.1"
        answer = {"detail": "slow down"} if too_much else {"id": ID, "status": "approved"}
        status(429 if too_much else 201, json.dumps(answer))(handler, request)

    with receiving() as receiver:
        receiver.answer = busy
        pair.join(address=f"http://127.0.0.1:{receiver.port}")
        pair.site.work()
        assert [request.event["author"]["name"] for request in receiver.got] == ["Many", "Bea"]
    assert [pair.status(id_) for id_ in ids] == ["0", "0", "1"]
    pair.join()
    pair.site.work()
    assert [pair.status(id_) for id_ in ids] == ["1", "1", "1"]


def test_what_was_decided_about_a_trashed_posts_comments_holds_when_it_is_restored(pair: Pair) -> None:
    post = pair.site.post("In the bin")
    comment = pair.write(post)
    pair.site.php(f"wp_trash_post( {post} );", user="admin")
    assert pair.status(comment) == "post-trashed"
    pair.decide(comment, "reject")
    pair.settled(comment)
    pair.site.php(f"wp_untrash_post( {post} );", user="admin")
    assert pair.status(comment) == "trash"
