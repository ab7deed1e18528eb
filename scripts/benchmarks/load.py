"""How much the whole service takes: comments a second and how long they wait, inline and with a worker, on SQLite and
PostgreSQL; and what the audit chain costs.

The service and the worker run as they ship, each in a process of its own, fed by clients over loopback, with real
scoring; beside them the same pack scores the same comments in this process, one by one or in batches, on the same
cores. The database of PostgreSQL is made for this and dropped. Where MODERATION_BROKER_URL is set, the worker is woken
by that broker. ``--soak`` does something else: a steady load of everything, for so many minutes.
"""

from __future__ import annotations

from moderation.comments.rescoring import BATCH
from scripts.benchmarks.common import arguments, report
from scripts.benchmarks.load_parts import audit, inline, soak, workers
from scripts.benchmarks.service_parts.posting import ALLOWED, WARM, Pack, first_article, seeds_texts


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("--comments", type=int, default=900, help="comments in each part (default %(default)s)")
    parser.add_argument("--soak", type=float, metavar="MINUTES", help="a steady load for so long, and nothing else")
    parser.add_argument("--per-second", type=float, default=8.0, help="of the soak: comments (default %(default)s)")
    parser.add_argument("--postgres", action="store_true", help="the soak runs on PostgreSQL")
    options = parser.parse_args()
    if options.soak is not None:
        soaked = soak.measure(options.soak, options.per_second, on_postgres=options.postgres)
        report("load --soak", soak.rows(soaked), json_file=options.json, notes=soak.notes(soaked))
        return

    article, texts = first_article(), seeds_texts(options.comments)
    pack = Pack(article)
    pack.score_all(texts[:WARM])
    rows = []
    for name in ("sqlite", "postgres"):
        rows += inline.rows(name, inline.measure(name, pack, article, texts))
    rows += workers.rows(workers.measure(pack, article, texts))
    rows += audit.rows(audit.measure(options.comments))
    report("load", rows, json_file=options.json, notes=notes(len(texts), sum(map(len, texts)) // len(texts)))


def notes(comments: int, characters: int) -> list[str]:
    return [
        f"{comments} comments of {characters} characters in each part, {inline.CLIENTS} clients on the same cores",
        f"bound: all cores busy with scoring and {ALLOWED * 1000:.0f} ms beside it; pack in batches: {BATCH}",
        "p50, p95, p99: at half of what was taken, answers counted from when each was due; decided: from arrival",
        "audit_share: the chain's part of one writer's transaction by the clock, the larger of the two",
        "audit_share_N_writers: how many comments a second fewer than with no chain at all",
    ]


if __name__ == "__main__":
    main()
