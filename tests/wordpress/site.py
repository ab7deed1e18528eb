"""A WordPress of the tests' own, with the plugin: Debian's files, PHP's own web server, and a MariaDB of its own."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from html import unescape
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any

import pytest

from tests.waiting import until

ROOT = Path(__file__).parents[2]
PLUGIN = ROOT / "config" / "integrations" / "wordpress"
SLUG = "reader-comment-moderation"
FILES = Path(os.environ.get("MODERATION_TEST_WORDPRESS", "/usr/share/wordpress"))
SEARCHED = f"{os.environ.get('PATH', '')}:/usr/sbin"  # where Debian puts servers
PASSWORD = "a password of the administrator"

_CONFIG = """<?php
define( 'DB_NAME', 'wordpress' );
define( 'DB_USER', 'root' );
define( 'DB_PASSWORD', '' );
define( 'DB_HOST', 'localhost:%(socket)s' );
define( 'DB_CHARSET', 'utf8mb4' );
define( 'DB_COLLATE', '' );
foreach ( array( 'AUTH_KEY', 'SECURE_AUTH_KEY', 'LOGGED_IN_KEY', 'NONCE_KEY' ) as $name ) {
	define( $name, 'the key of the tests ' . $name );
	define( str_replace( 'KEY', 'SALT', $name ), 'the salt of the tests ' . $name );
}
define( 'WP_HOME', '%(address)s' );
define( 'WP_SITEURL', '%(address)s' );
define( 'DISABLE_WP_CRON', true ); // The tests say when.
define( 'AUTOMATIC_UPDATER_DISABLED', true );
define( 'WP_HTTP_BLOCK_EXTERNAL', true );
define( 'WP_ACCESSIBLE_HOSTS', '127.0.0.1' );
define( 'WP_DEBUG', true );
define( 'WP_DEBUG_DISPLAY', false );
define( 'WP_DEBUG_LOG', '%(log)s' );
$table_prefix = 'wp_';
defined( 'ABSPATH' ) || define( 'ABSPATH', __DIR__ . '/' );
require_once ABSPATH . 'wp-settings.php';
"""
_WITHOUT = """<?php
// No mail is sent, and whoever tests may write fast.
function wp_mail() { return true; }
add_filter( 'wp_is_comment_flood', '__return_false', 99 );
"""
_CLASSIC = {
    "style.css": "/* Theme Name: Plain */",
    "index.php": """<?php while ( have_posts() ) { the_post(); the_title(); echo '<p>';
        comments_number( 'no comments', 'one comment', '% comments' ); echo '</p>';
        if ( comments_open() || get_comments_number() ) { comments_template(); } }""",
    "comments.php": "<?php wp_list_comments(); comment_form();",
}
_BLOCKS = {
    "style.css": "/* Theme Name: Of blocks */",
    "templates/index.html": "<!-- wp:post-title /--><!-- wp:comments --><div class='wp-block-comments'>"
    "<!-- wp:post-comments-form /--></div><!-- /wp:comments -->",
}


_RUNNER = """<?php
// Runs what it is sent, which knows of no request: as a program of its own would, but for its start.
$_SERVER = array( 'HTTP_HOST' => '127.0.0.1:%(port)d', 'REMOTE_ADDR' => '127.0.0.1', 'PHP_SELF' => '' );
set_time_limit( 0 );
eval( file_get_contents( 'php://input' ) );
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A page as it came."""

    status: int
    text: str

    def says(self, words: str) -> bool:
        return words in unescape(self.text)


@dataclass(slots=True)
class Visitor:
    """Somebody with a browser that keeps its cookies."""

    address: str
    opener: urllib.request.OpenerDirector = field(init=False)

    def __post_init__(self) -> None:
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))

    def get(self, path: str) -> Page:
        return self._page(urllib.request.Request(self.address + path))

    def post(self, path: str, fields: Mapping[str, str]) -> Page:
        return self._page(urllib.request.Request(self.address + path, data=urllib.parse.urlencode(fields).encode()))

    def send(self, path: str, text: str) -> Page:
        headers = {"Content-Type": "text/plain"}
        return self._page(urllib.request.Request(self.address + path, data=text.encode(), headers=headers))

    def _page(self, request: urllib.request.Request) -> Page:
        try:
            with self.opener.open(request, timeout=120) as answer:
                return Page(status=answer.status, text=answer.read().decode())
        except urllib.error.HTTPError as error:
            with error:
                return Page(status=error.code, text=error.read().decode())

    def sign_in(self) -> Visitor:
        self.get("/wp-login.php")
        page = self.post("/wp-login.php", {"log": "admin", "pwd": PASSWORD, "testcookie": "1", "wp-submit": "Log In"})
        assert page.says("Dashboard"), page.text
        return self

    def comment(self, post: int, text: str, *, name: str = "Ada", parent: int = 0, url: str = "") -> Page:
        email = f"{re.sub('[^a-z]', '', name.lower())}@reader.example"
        fields = {"author": name, "email": email, "url": url, "comment": text}
        return self.post(
            "/wp-comments-post.php", fields | {"comment_post_ID": str(post), "comment_parent": str(parent)}
        )


@dataclass(slots=True)
class WordPress:
    """The site. ``php`` runs code inside it."""

    folder: Path = field(default_factory=lambda: Path(tempfile.mkdtemp(prefix="wp")))
    port: int = 0
    runner_port: int = 0
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def files(self) -> Path:
        return self.folder / "site"

    @property
    def quick(self) -> list[str]:
        """PHP compiles WordPress once, not each time."""
        cache = self.folder / "compiled"
        cache.mkdir(exist_ok=True)
        settings = ("enable_cli=1", f"file_cache={cache}", "revalidate_freq=0")
        return [part for setting in settings for part in ("-d", f"opcache.{setting}")]

    def start(self) -> WordPress:
        for command in ("php", "mariadbd"):
            if shutil.which(command, path=SEARCHED) is None:
                pytest.skip(f"no {command} here: apt install php-cli php-mysql mariadb-server-core")
        if not (FILES / "wp-load.php").exists():
            pytest.skip(
                f"no WordPress in {FILES}: apt install wordpress, or name its files in MODERATION_TEST_WORDPRESS"
            )
        self._start_database()
        self._lay_out()
        self._serve(self.port, self.folder / "router.php", workers=3)
        self._serve(self.runner_port, self.folder / "runner.php", workers=1)
        installed = "require ABSPATH . 'wp-admin/includes/upgrade.php';"
        installed += f"wp_install( 'News', 'admin', 'admin@news.example', true, '', {json.dumps(PASSWORD)} );"
        self.php(
            f"{installed} switch_theme( 'plain' ); update_option( 'permalink_structure', '/%postname%/' );"
            f"activate_plugin( '{SLUG}/{SLUG}.php' ); flush_rewrite_rules();",
            before="define('WP_INSTALLING',true);",
        )
        return self

    def stop(self) -> None:
        for process in reversed(self.processes):
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGTERM)
        for process in self.processes:
            process.wait(60)
        shutil.rmtree(self.folder, ignore_errors=True)

    def _start_database(self) -> None:
        data = self.folder / "data"
        data.mkdir()
        with (self.folder / "database.log").open("wb") as log:
            # Without tables of rights there is nothing to install first; nobody else reaches its socket.
            server = str(shutil.which("mariadbd", path=SEARCHED))
            command = [server, "--no-defaults", f"--datadir={data}", f"--socket={self.folder}/db", "--user=root"]
            command += ["--skip-networking", "--skip-grant-tables", "--innodb-flush-log-at-trx-commit=0"]
            command += ["--innodb-log-file-size=8M", f"--pid-file={self.folder}/pid"]
            self.processes.append(subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True))
        made = "$db = new mysqli('localhost', 'root', '', '', 0, $argv[1]); $db->query('CREATE DATABASE wordpress');"

        def is_made() -> bool:
            asked = subprocess.run(["php", "-r", made, f"{self.folder}/db"], capture_output=True, check=False)
            return asked.returncode == 0

        until(is_made)

    def _lay_out(self) -> None:
        unwanted = shutil.ignore_patterns("wp-content", "wp-config.php")
        shutil.copytree(FILES, self.files, symlinks=True, ignore=unwanted)
        content = self.files / "wp-content"
        shutil.copytree(PLUGIN, content / "plugins" / SLUG)
        written: dict[str, str] = {"mu-plugins/tests.php": _WITHOUT}
        written |= {f"themes/plain/{name}": text for name, text in _CLASSIC.items()}
        written |= {f"themes/blocks/{name}": text for name, text in _BLOCKS.items()}
        for name, text in written.items():
            (content / name).parent.mkdir(parents=True, exist_ok=True)
            (content / name).write_text(text)
        self.port, self.runner_port = _free_port(), _free_port()
        values = {"socket": f"{self.folder}/db", "address": self.address, "log": f"{self.folder}/php.log"}
        (self.files / "wp-config.php").write_text(_CONFIG % values)
        (self.folder / "runner.php").write_text(_RUNNER % {"port": self.port})
        (self.folder / "router.php").write_text(
            "<?php $file = $_SERVER['DOCUMENT_ROOT'] . parse_url( $_SERVER['REQUEST_URI'], PHP_URL_PATH );"
            "if ( is_file( $file ) || '/' !== $_SERVER['REQUEST_URI'] && is_file( $file . '/index.php' ) )"
            "{ return false; }"
            "$_SERVER['SCRIPT_NAME'] = '/index.php'; require $_SERVER['DOCUMENT_ROOT'] . '/index.php';"
        )

    def _serve(self, port: int, router: Path, *, workers: int) -> None:
        command = ["php", *self.quick, "-S", f"127.0.0.1:{port}", "-t", str(self.files), str(router)]
        environment = dict(os.environ)
        if workers > 1:
            environment["PHP_CLI_SERVER_WORKERS"] = str(workers)
        with (self.folder / f"{router.stem}.log").open("wb") as log:
            # A group of its own: the workers outlive the process that has started them.
            served = subprocess.Popen(command, stdout=log, stderr=log, env=environment, start_new_session=True)
        self.processes.append(served)

        def answers() -> bool:
            with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
                return True
            return False

        until(answers)

    # --- what is done there ---------------------------------------------------------------------------------------

    def php(self, code: str, *, before: str = "", user: str = "") -> Any:
        """Runs code inside WordPress. What it returns comes back by way of JSON; ``user`` is signed in."""
        signed = f"wp_set_current_user( get_user_by( 'login', '{user}' )->ID );" if user else ""
        whole = (
            f"{before} require '{self.files}/wp-load.php'; require_once ABSPATH . 'wp-admin/includes/plugin.php';"
            f"{signed} $got = ( function () {{ {code} }} )(); echo \"\\n<<<\" . json_encode( $got ) . '>>>';"
        )
        ran = Visitor(f"http://127.0.0.1:{self.runner_port}").send("/", whole)
        found = re.search(r"<<<(.*)>>>", ran.text, re.DOTALL)
        assert ran.status == 200, ran.text
        assert found is not None, ran.text
        return json.loads(found[1])

    def set_up(self, **settings: str) -> None:
        """Stores settings as if the page had, and forgets what was before."""
        self.php(
            f"update_option( 'reader_comment_moderation', json_decode( {_php(json.dumps(settings))}, true ) );"
            "delete_transient( 'rcm_silent' ); delete_option( 'rcm_last_problem' ); wp_unschedule_hook( 'rcm_work' );"
        )

    def post(
        self, title: str, text: str = "<p>The city lays new rails.</p><p>Trams will run from May.</p>", **more: str
    ) -> int:
        values = {"post_title": title, "post_content": text, "post_status": "publish", "post_author": "1", **more}
        return int(self.php(f"return wp_insert_post( json_decode( {_php(json.dumps(values))}, true ) );"))

    def comments(self, post: int) -> list[dict[str, str]]:
        """The comments under a post, oldest first, whatever their status."""
        found = self.php(
            f"return get_comments( array( 'post_id' => {post}, 'status' => 'any',"
            " 'order' => 'ASC', 'orderby' => 'comment_ID' ) );"
        )
        return list(found)

    def status(self, post: int) -> list[str]:
        return [comment["comment_approved"] for comment in self.comments(post)]

    def work(self) -> None:
        """What WP-Cron does at one turn."""
        self.php("do_action( 'rcm_work' );")

    def visitor(self) -> Visitor:
        return Visitor(self.address)

    def forget_complaints(self) -> None:
        (self.folder / "php.log").unlink(missing_ok=True)

    @property
    def complaints(self) -> str:
        """What PHP has complained about in the plugin, or died of; of WordPress 6.1 itself much is deprecated."""
        log = self.folder / "php.log"
        lines = log.read_text().splitlines() if log.exists() else []
        return "\n".join(line for line in lines if SLUG in line or "Fatal" in line)


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def _php(text: str) -> str:
    """A text as PHP writes it."""
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
