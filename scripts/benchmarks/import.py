"""Bringing an archive in: comments a second without scoring, and what the memory grows by with the archive.

An archive of Disqus's kind is made by this script: threads of a few hundred posts, answers up to eight deep, texts put
together from the seeds. It goes through the same use case as ``moderation import``, each time in a process of its own,
whose resident memory is read at its highest. A million on one database must end within the ten minutes of a benchmark.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from html import escape
from pathlib import Path

from scripts.benchmarks.common import Row, arguments, report, say

ROOT = Path(__file__).resolve().parents[2]
SMALL, LARGE = 10_000, 1_000_000
A_THREAD = 250
ONE = "--one"
"""Names the process that imports: its database and its archive follow."""


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("--speed", type=int, default=100_000, help="comments for the speed (default %(default)s)")
    parser.add_argument("--large", type=int, default=LARGE, help="comments of the large archive (default %(default)s)")
    parser.add_argument(ONE, nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        import_one(*options.one)
        return
    with tempfile.TemporaryDirectory() as folder:
        where = Path(folder)
        speed = make(where / "speed.xml", options.speed)
        small = make(where / "small.xml", SMALL)
        say(f"{options.speed:,} comments into SQLite ...")
        sqlite = run(f"sqlite:///{where / 'speed.sqlite3'}", speed)
        say(f"{options.speed:,} comments into PostgreSQL ...")
        postgres = into_postgres(speed)
        speed.unlink()
        say(f"{SMALL:,} comments for their memory ...")
        little = run(f"sqlite:///{where / 'small.sqlite3'}", small)
        say(f"{options.large:,} comments for theirs ...")
        large = make(where / "large.xml", options.large)
        much = run(f"sqlite:///{where / 'large.sqlite3'}", large)
    rows = [
        Row(measure="comments_per_s_sqlite", ours=sqlite["per_s"], unit="comments/s", beside={"goal": 2000}),
        Row(measure="comments_per_s_postgres", ours=postgres["per_s"], unit="comments/s", beside={"goal": 2000}),
        Row(
            measure="resident_growth_mb",
            ours=round(much["resident_mb"] - little["resident_mb"], 1),
            unit="MB",
            beside={"goal": 50},
        ),
        Row(measure="large_per_s_sqlite", ours=much["per_s"], unit="comments/s"),
    ]
    notes = [
        f"{one['comments']:,.0f} comments: {one['resident_mb']:.0f} MB at the highest, {one['seconds']:.0f} s"
        for one in (little, much)
    ]
    report("import", rows, json_file=options.json, notes=notes)


def run(url: str, archive: Path) -> dict[str, float]:
    """What one import took, in a process of its own: comments a second, seconds, megabytes of memory at its highest."""
    command = [sys.executable, "-m", "scripts.benchmarks.import", ONE, url, str(archive)]
    done = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True)
    figures: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return figures


def into_postgres(archive: Path) -> dict[str, float]:
    """The same into a database of PostgreSQL that is made for it."""
    from scripts.benchmarks.service_parts.postgres import own_database  # noqa: PLC0415 - only who asks for it pays

    with own_database("import") as url:
        return run(url, archive)


def import_one(url: str, archive: str) -> None:
    """Brings the archive into a fresh database and prints what it took."""
    import resource  # noqa: PLC0415
    from typing import Any, cast  # noqa: PLC0415

    from moderation.accounts.sites import add_site  # noqa: PLC0415
    from moderation.config.settings import read_environment  # noqa: PLC0415
    from moderation.imports.archive import Archive, import_archive  # noqa: PLC0415
    from moderation.services import Services  # noqa: PLC0415
    from moderation.storage.database import Database  # noqa: PLC0415
    from moderation.storage.schema import upgrade  # noqa: PLC0415

    with tempfile.TemporaryDirectory() as var:
        os.environ |= {"MODERATION_DATABASE_URL": url, "MODERATION_VAR": var}
        database = Database(url, patient=True)
        upgrade(database)
        nothing = cast("Any", None)
        services = Services(settings=read_environment(), configuration=nothing, database=database, scorer=nothing)
        add_site(services, "bench", "daily", "The Daily")
        begun = time.monotonic()
        result = import_archive(services, Archive(format="disqus", file=Path(archive), site_id="daily"))
        seconds = time.monotonic() - begun
        database.close()
    resident = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    comments = result.statuses.total()
    figures = {"per_s": round(comments / seconds, 1), "seconds": seconds, "resident_mb": resident, "comments": comments}
    print(json.dumps(figures))


def make(file: Path, comments: int) -> Path:
    """Writes an archive with so many comments; the same every time."""
    bodies = [seed["body"] for seed in json.loads((ROOT / "seeds" / "comments.json").read_text())]
    chance = random.Random(7)  # noqa: S311 - an archive, no secret
    begin = datetime(2020, 1, 1, tzinfo=UTC)
    with file.open("w", encoding="utf-8") as lines:
        lines.write('<?xml version="1.0" encoding="utf-8"?>\n<disqus xmlns="http://disqus.com" ')
        lines.write('xmlns:dsq="http://disqus.com/disqus-internals">\n')
        for thread in range(-(-comments // A_THREAD)):
            at = begin + timedelta(minutes=7 * thread)
            lines.write(
                f'<thread dsq:id="t{thread}"><id>a-{thread}</id><link>https://news.example/{thread}</link>'
                f"<title>Article {thread}</title><createdAt>{at:%Y-%m-%dT%H:%M:%SZ}</createdAt></thread>\n"
            )
        for number in range(comments):
            thread, place = divmod(number, A_THREAD)
            at = begin + timedelta(minutes=7 * thread + place, seconds=chance.randrange(60))
            parent = ""
            if place and chance.random() < 0.5:
                above = number - chance.randrange(1, min(place, 20) + 1)
                parent = f'<parent dsq:id="{above}"/>'
            body = escape(f"{chance.choice(bodies)} {chance.choice(bodies)} ({number})")
            reader = chance.randrange(max(comments // 20, 10))
            spam = "true" if chance.random() < 0.05 else "false"
            lines.write(
                f'<post dsq:id="{number}"><message><![CDATA[<p>{body}</p>]]></message>'
                f"<createdAt>{at:%Y-%m-%dT%H:%M:%SZ}</createdAt><isDeleted>false</isDeleted><isSpam>{spam}</isSpam>"
                f"<author><name>Reader {reader}</name><username>r{reader}</username></author>"
                f'<thread dsq:id="t{thread}"/>{parent}</post>\n'
            )
        lines.write("</disqus>\n")
    return file


if __name__ == "__main__":
    main()
