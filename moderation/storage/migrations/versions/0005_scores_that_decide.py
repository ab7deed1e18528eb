"""The score map's index holds what its scores may decide about; what they may not is found by an index of its own"""

from typing import Any

import sqlalchemy as sa
from alembic import op

LABELS = ("toxicity", "severe_toxicity", "obscene", "threat", "insult", "identity_attack", "sexual_explicit")

revision = "0005"
down_revision = "0004"

_PLACE = ["site_id", "article_id", "section", "escalated"]


def upgrade() -> None:
    op.drop_index("ix_docket_map", "docket")
    op.create_index(
        "ix_docket_map",
        "docket",
        [*_PLACE, *LABELS, "relevance", "number", "waiting", "scored", "readable"],
        **_only("waiting IS TRUE AND scored IS TRUE AND readable IS TRUE"),
    )
    op.create_index(
        "ix_docket_undecidable",
        "docket",
        ["site_id", "scored", "language", "article_id", "section", "escalated", "number", "waiting", "readable"],
        **_only("waiting IS TRUE AND (scored IS FALSE OR readable IS FALSE)"),
    )


def _only(condition: str) -> dict[str, Any]:
    return {"sqlite_where": sa.text(condition), "postgresql_where": sa.text(condition)}
