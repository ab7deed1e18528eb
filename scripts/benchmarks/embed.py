"""The comment section: how fast its list is answered, whatever shape the discussion has, and what it costs a page."""

from __future__ import annotations

from scripts.benchmarks.common import arguments, report
from scripts.benchmarks.embed_parts.lists import MANY, list_rows
from scripts.benchmarks.embed_parts.page import page_rows


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("--comments", type=int, default=MANY, help="under the large article (default %(default)s)")
    options = parser.parse_args()
    rows, notes = list_rows(comments=options.comments)
    report("embed", [*rows, *page_rows()], json_file=options.json, notes=notes)


if __name__ == "__main__":
    main()
