"""An article's id in an address."""

from __future__ import annotations

from werkzeug.routing import PathConverter


class ArticleId(PathConverter):
    """Anything, slashes too, at its beginning and its end as well: ``/news/trams/``."""

    regex = "(?s:.+?)"
    part_isolating = False
