"""The plugin itself: its settings page, its texts, what it leaves behind, its files."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from scripts.wordpress_words import POT, template
from tests.e2e.service import SITE_KEY
from tests.wordpress.conftest import Pair
from tests.wordpress.site import PLUGIN, Page, Visitor

PAGE = "/wp-admin/options-general.php?page=reader-comment-moderation"


# --- the settings page ------------------------------------------------------------------------------------------------


def save(visitor: Visitor, **values: str) -> Page:
    """Fills in the page's form and sends it."""
    text = visitor.get(PAGE).text
    form = text.split('action="options.php"')[1].split("</form>")[0]
    hidden = dict(re.findall(r'type=["\']hidden["\'] (?:id="\w*" )?name=["\'](\w+)["\'] value=["\']([^"\']*)', form))
    fields = {f"reader_comment_moderation[{name}]": value for name, value in values.items()}
    return visitor.post("/wp-admin/options.php", hidden | {"action": "update"} | fields)


def press(visitor: Visitor, button: str) -> Page:
    text = visitor.get(PAGE).text
    nonce = text.split(f'value="{button}"')[1].split('name="_wpnonce" value="')[1].split('"')[0]
    return visitor.post("/wp-admin/admin-post.php", {"action": button, "_wpnonce": nonce})


def test_what_is_saved_is_kept_and_secrets_are_never_shown_again(pair: Pair) -> None:
    pair.site.set_up()
    visitor = pair.site.visitor().sign_in()
    save(
        visitor,
        address=pair.service.address + "/",
        mode="keep",
        secret_key=SITE_KEY,
        site_key=pair.publishable,
        webhook_secret=pair.secret,
    )
    page = visitor.get(PAGE)
    assert page.says(pair.service.address)
    assert not page.says(SITE_KEY)
    assert not page.says(pair.secret)
    kept = {"address": pair.service.address, "mode": "keep", "secret_key": SITE_KEY, "site_key": pair.publishable}
    assert pair.site.php("return get_option( 'reader_comment_moderation' );") == kept | {"webhook_secret": pair.secret}
    save(
        visitor,
        address=pair.service.address,
        mode="section",
        secret_key="",
        site_key=pair.publishable,
        webhook_secret="",
    )
    after = kept | {"webhook_secret": pair.secret, "mode": "section"}
    assert pair.site.php("return get_option( 'reader_comment_moderation' );") == after
    assert press(visitor, "rcm_test").says("The service answers, and both keys fit.")


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("address", "comments", "The address must look like https://comments.example."),
        ("address", "javascript:alert(1)", "The address must look like https://comments.example."),
        ("secret_key", "pk_1", "This is no secret key, but another one."),
        ("site_key", "sk_1", "The publishable key begins with pk_."),
        ("webhook_secret", "secret", "The webhook secret begins with whsec_."),
    ],
)
def test_a_setting_that_is_wrong_is_named_and_left_as_it_was(pair: Pair, name: str, value: str, words: str) -> None:
    before = pair.site.php("return get_option( 'reader_comment_moderation' );")
    page = save(pair.site.visitor().sign_in(), **{name: value})
    assert page.says(words), page.text
    assert pair.site.php("return get_option( 'reader_comment_moderation' );") == before


def test_the_page_and_its_buttons_are_for_administrators(pair: Pair) -> None:
    pair.site.php(
        "wp_insert_user( array( 'user_login' => 'ed', 'role' => 'editor', 'user_pass' => 'a password of the editor' )"
        " );"
    )
    editor = Visitor(pair.site.address)
    editor.post("/wp-login.php", {"log": "ed", "pwd": "a password of the editor"})
    assert editor.get("/wp-admin/").status == 200
    assert editor.get(PAGE).status == 403
    for button in ("rcm_test", "rcm_send_all"):
        assert editor.post("/wp-admin/admin-post.php", {"action": button}).status == 403


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"address": "http://127.0.0.1:9"}, "No service was reached at http://127.0.0.1:9"),
        ({"secret_key": "sk_unknown"}, "The service doesn't know this secret key"),
        ({"secret_key": ""}, "Save the address and the secret key first."),
        ({"site_key": "pk_unknown"}, "The service doesn't know this publishable key"),
        ({"mode": "section", "site_key": ""}, "The section needs a publishable key"),
        ({"webhook_secret": ""}, "There is no webhook secret"),
    ],
)
def test_the_test_of_the_connection_says_what_is_wrong(pair: Pair, changes: dict[str, str], words: str) -> None:
    pair.join(**changes)
    visitor = pair.site.visitor().sign_in()
    assert press(visitor, "rcm_test").says(words)
    assert not visitor.get(PAGE).says(words) or "address" in changes  # said once; the last trouble stays


def test_a_key_that_may_not_moderate_is_named(pair: Pair) -> None:
    made = pair.service.command("sites", "secret-key", "demo").stdout.strip()
    pair.join(secret_key=made)
    assert press(pair.site.visitor().sign_in(), "rcm_test").says("lacks the right to moderate")


def test_a_key_of_pages_elsewhere_is_named(pair: Pair) -> None:
    made = pair.service.command("sites", "publishable-key", "demo", "--origin", "https://other.example").stdout.strip()
    pair.join(site_key=made)
    page = press(pair.site.visitor().sign_in(), "rcm_test")
    assert page.says(f"This publishable key does not work on pages of {pair.site.address}.")


def test_something_else_at_the_address_is_not_taken_for_the_service(pair: Pair) -> None:
    pair.join(address=pair.site.address)
    assert press(pair.site.visitor().sign_in(), "rcm_test").says("No service was reached at")


# --- texts ------------------------------------------------------------------------------------------------------------


SEEN = {
    "One.\r\n\r\nTwo <em>three</em>.": "One.\n\nTwo three.",
    "Less &lt;3 &amp; more": "Less <3 & more",
    "I <3 you, and <script>alert(1)</script> this": "I <3 you, and alert(1) this",
    "<p>one</p><p>two": "one\n\ntwo",
    '<a href="https://a.example/?x=1&amp;y=2" rel="nofollow ugc">here</a>!': "here (https://a.example/?x=1&y=2)!",
    '<a href="https://a.example">https://a.example</a>': "https://a.example",
    '<a href="https://a.example">open': "open (https://a.example)",
    "<a href=https://a.example>bare</a>": "bare (https://a.example)",
    "a<br>b<br />c": "a\nb\nc",
    "<blockquote>said</blockquote>and answered": "said\nand answered",
    "caf\u00e9 \U0001f68b na\u00efve": "caf\u00e9 \U0001f68b na\u00efve",
    "": "",
}


def test_a_comment_is_sent_as_a_reader_sees_it(pair: Pair) -> None:
    (pair.site.folder / "html").write_text(json.dumps(list(SEEN)))
    read = f"json_decode( file_get_contents( '{pair.site.folder}/html' ) )"
    got = pair.site.php(f"return array_map( 'ReaderCommentModeration\\text_of_comment', {read} );")
    assert dict(zip(SEEN, got, strict=True)) == SEEN


# --- files ------------------------------------------------------------------------------------------------------------


def test_nothing_of_it_stays_when_it_is_deleted(pair: Pair) -> None:
    post = pair.site.post("Deleted")
    comment = pair.write(post)
    pair.join(address="http://127.0.0.1:9")
    pair.write(post)
    pair.settled()  # an event that comes meanwhile would be noted once more
    tables = (
        ("options", "option_name"),
        ("commentmeta", "meta_key"),
        ("postmeta", "meta_key"),
        ("usermeta", "meta_key"),
    )
    found = "global $wpdb; $found = array(); "
    for table, column in tables:
        where = f"{column} LIKE '%rcm%' OR {column} LIKE 'reader_comment%'"
        found += f'$found[] = (int) $wpdb->get_var( "SELECT COUNT(*) FROM $wpdb->{table} WHERE {where}" ); '
    found += "$found[] = substr_count( serialize( _get_cron_array() ), 'rcm_' ); return $found;"
    assert all(number > 0 for number in pair.site.php(found)[:3])
    file = f"{pair.site.files}/wp-content/plugins/reader-comment-moderation/uninstall.php"
    pair.site.php(
        "deactivate_plugins( 'reader-comment-moderation/reader-comment-moderation.php' );"
        f"define( 'WP_UNINSTALL_PLUGIN', 1 ); require '{file}';"
    )
    try:
        assert pair.site.php(found) == [0, 0, 0, 0, 0]
        assert pair.status(comment) == "1"
    finally:
        pair.site.php("activate_plugin( 'reader-comment-moderation/reader-comment-moderation.php' );")


FILES = sorted(PLUGIN.rglob("*.php"))


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(PLUGIN)))
def test_every_file_is_php_that_does_nothing_by_itself(file: Path) -> None:
    if shutil.which("php") is None:
        pytest.skip("no php here: apt install php-cli")
    read = subprocess.run(["php", "-l", str(file)], capture_output=True, text=True, check=False)
    assert read.returncode == 0, read.stdout
    alone = subprocess.run(["php", str(file)], capture_output=True, text=True, check=False)
    assert (alone.returncode, alone.stdout) == (0, "")


def test_its_words_are_ready_to_be_translated() -> None:
    assert POT.read_text() == template(), "run: python -m scripts.wordpress_words"


def test_the_version_is_the_same_everywhere() -> None:
    header = (PLUGIN / "reader-comment-moderation.php").read_text()
    readme = (PLUGIN / "readme.txt").read_text()
    version = re.search(r"Version: +(\S+)", header)
    assert version is not None
    assert f"Stable tag: {version[1]}\n" in readme
    for name in ("Requires at least", "Requires PHP"):
        told = re.search(rf"{name}: +(\S+)", header)
        assert told is not None
        assert f"{name}: {told[1]}\n" in readme
