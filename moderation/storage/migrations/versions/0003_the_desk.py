"""The desk: a docket to sort and count by, a search index, what moderators do and leave, and the rules they set"""

from typing import Any

import sqlalchemy as sa
from alembic import op

from moderation.core.text.likeness import buckets as bands

LABELS = ("toxicity", "severe_toxicity", "obscene", "threat", "insult", "identity_attack", "sexual_explicit")

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    _work()
    _rules()
    _accounts()
    _docket()
    op.drop_index("ix_comments_queue", "comments")  # the docket lists what waits
    _search()
    _enter_comments()


def _waiting() -> dict[str, Any]:
    return _only("waiting IS TRUE")


def _only(condition: str) -> dict[str, Any]:
    return {"sqlite_where": sa.text(condition), "postgresql_where": sa.text(condition)}


_DESCENDING: dict[str, list[str | sa.TextClause]] = {
    "ix_docket_flagged": ["site_id", sa.text("flags DESC"), "received_at", "number"],
    "ix_docket_newest_article": ["site_id", sa.text("article_at DESC"), "article_id", "received_at", "number"],
    "ix_docket_article": ["article_id", sa.text("flags DESC"), "received_at", "number"],
}


def _work() -> None:
    op.create_table(
        "acts",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("site_id", sa.String(), nullable=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("words", sa.String(), nullable=False),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("passed", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("leased_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("undoes", sa.String(), nullable=True),
        sa.Column("undone_by", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_acts_account_id")),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name=op.f("fk_acts_site_id")),
        sa.ForeignKeyConstraint(["undoes"], ["acts.id"], name=op.f("fk_acts_undoes")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_acts")),
    )
    op.create_index("ix_acts_mine", "acts", ["account_id", "id"], unique=False)
    op.create_index("ix_acts_unfinished", "acts", ["finished_at", "id"], unique=False)
    op.create_table(
        "act_items",
        sa.Column("act_id", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("before", sa.JSON(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["act_id"], ["acts.id"], name=op.f("fk_act_items_act_id")),
        sa.PrimaryKeyConstraint("act_id", "position", name=op.f("pk_act_items")),
    )
    op.create_index("ix_act_items_subject", "act_items", ["subject"], unique=False)
    op.create_table(
        "claims",
        sa.Column("comment_id", sa.String(), nullable=False),
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_claims_account_id")),
        sa.ForeignKeyConstraint(["comment_id"], ["comments.id"], name=op.f("fk_claims_comment_id")),
        sa.PrimaryKeyConstraint("comment_id", name=op.f("pk_claims")),
    )
    op.create_table(
        "marks",
        sa.Column("comment_id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("note", sa.String(), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_marks_account_id")),
        sa.ForeignKeyConstraint(["comment_id"], ["comments.id"], name=op.f("fk_marks_comment_id")),
        sa.PrimaryKeyConstraint("comment_id", "kind", name=op.f("pk_marks")),
    )
    op.create_table(
        "notes",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("site_id", sa.String(), nullable=False),
        sa.Column("about", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("pinned", sa.Boolean(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_notes_account_id")),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name=op.f("fk_notes_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notes")),
    )
    op.create_index("ix_notes_subject", "notes", ["about", "subject", "id"], unique=False)
    op.create_table(
        "saved_views",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("query", sa.String(), nullable=False),
        sa.Column("shared", sa.Boolean(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_saved_views_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_views")),
    )
    op.create_index(op.f("ix_saved_views_account_id"), "saved_views", ["account_id"], unique=False)
    op.create_table(
        "preferences",
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("values", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_preferences_account_id")),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_preferences")),
    )


def _rules() -> None:
    op.add_column("sites", sa.Column("house_revision", sa.Integer(), nullable=False, server_default="0"))
    op.create_table(
        "mode_settings",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("site_id", sa.String(), nullable=False),
        sa.Column("section", sa.String(), nullable=False),
        sa.Column("article_id", sa.String(), nullable=False),
        sa.Column("mode", sa.String(), nullable=True),
        sa.Column("sentence", sa.String(), nullable=True),
        sa.Column("hours", sa.JSON(), nullable=True),
        sa.Column("close_after_days", sa.Integer(), nullable=True),
        sa.Column("cause", sa.String(), nullable=False),
        sa.Column("why", sa.String(), nullable=True),
        sa.Column("account_id", sa.String(), nullable=True),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_mode_settings_account_id")),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name=op.f("fk_mode_settings_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mode_settings")),
        sa.UniqueConstraint(
            "site_id",
            "section",
            "article_id",
            "cause",
            name=op.f("uq_mode_settings_site_id_section_article_id_cause"),
        ),
    )
    op.create_table(
        "author_decisions",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("site_id", sa.String(), nullable=False),
        sa.Column("author_id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason_id", sa.String(), nullable=True),
        sa.Column("sentence", sa.String(), nullable=True),
        sa.Column("note", sa.String(), nullable=True),
        sa.Column("statement", sa.JSON(), nullable=True),
        sa.Column("account_id", sa.String(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_author_decisions_account_id")),
        sa.ForeignKeyConstraint(["author_id"], ["authors.id"], name=op.f("fk_author_decisions_author_id")),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name=op.f("fk_author_decisions_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_author_decisions")),
    )
    op.create_index("ix_author_decisions_author", "author_decisions", ["author_id", "id"], unique=False)
    op.create_table(
        "terms",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("site_id", sa.String(), nullable=False),
        sa.Column("article_id", sa.String(), nullable=True),
        sa.Column("term", sa.String(), nullable=False),
        sa.Column("why", sa.String(), nullable=False),
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_terms_account_id")),
        sa.ForeignKeyConstraint(["article_id"], ["articles.id"], name=op.f("fk_terms_article_id")),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name=op.f("fk_terms_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_terms")),
    )
    op.create_index("ix_terms_place", "terms", ["site_id", "article_id"], unique=False)
    op.create_table(
        "legal_matters",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("site_id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("comment_id", sa.String(), nullable=True),
        sa.Column("article_id", sa.String(), nullable=True),
        sa.Column("sender", sa.String(), nullable=True),
        sa.Column("contact", sa.String(), nullable=True),
        sa.Column("explanation", sa.String(), nullable=False),
        sa.Column("link", sa.String(), nullable=True),
        sa.Column("entered_by", sa.String(), nullable=True),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("outcome", sa.String(), nullable=True),
        sa.Column("decision", sa.String(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["article_id"], ["articles.id"], name=op.f("fk_legal_matters_article_id")),
        sa.ForeignKeyConstraint(["comment_id"], ["comments.id"], name=op.f("fk_legal_matters_comment_id")),
        sa.ForeignKeyConstraint(["decided_by"], ["accounts.id"], name=op.f("fk_legal_matters_decided_by")),
        sa.ForeignKeyConstraint(["entered_by"], ["accounts.id"], name=op.f("fk_legal_matters_entered_by")),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name=op.f("fk_legal_matters_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_legal_matters")),
    )
    op.create_index("ix_legal_matters_due", "legal_matters", ["site_id", "decided_at", "due_at"], unique=False)


def _accounts() -> None:
    op.add_column("accounts", sa.Column("invitation", sa.String(), nullable=True))
    op.add_column("accounts", sa.Column("invitation_ends_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("accounts", sa.Column("totp_secret", sa.String(), nullable=True))
    op.add_column("accounts", sa.Column("totp_last", sa.Integer(), nullable=True))
    op.add_column("accounts", sa.Column("recovery", sa.JSON(), nullable=True))
    op.create_index(op.f("ix_accounts_invitation"), "accounts", ["invitation"], unique=True)

    op.add_column("grants", sa.Column("sections", sa.JSON(), nullable=True))
    op.add_column("grants", sa.Column("extra", sa.JSON(), nullable=False, server_default="[]"))

    op.add_column("web_sessions", sa.Column("agent", sa.String(), nullable=True))


def _docket() -> None:
    op.create_table(
        "docket",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("comment_id", sa.String(), nullable=False),
        sa.Column("site_id", sa.String(), nullable=False),
        sa.Column("article_id", sa.String(), nullable=False),
        sa.Column("section", sa.String(), nullable=True),
        sa.Column("author_id", sa.String(), nullable=False),
        sa.Column("is_reply", sa.Boolean(), nullable=False),
        sa.Column("article_mode", sa.String(), nullable=True),
        sa.Column("article_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("waiting", sa.Boolean(), nullable=False),
        sa.Column("flags", sa.Integer(), nullable=False),
        sa.Column("escalated", sa.Boolean(), nullable=False),
        sa.Column("by_policy", sa.String(), nullable=True),
        sa.Column("by_person", sa.String(), nullable=True),
        sa.Column("toxicity", sa.Double(), nullable=True),
        sa.Column("severe_toxicity", sa.Double(), nullable=True),
        sa.Column("obscene", sa.Double(), nullable=True),
        sa.Column("threat", sa.Double(), nullable=True),
        sa.Column("insult", sa.Double(), nullable=True),
        sa.Column("identity_attack", sa.Double(), nullable=True),
        sa.Column("sexual_explicit", sa.Double(), nullable=True),
        sa.Column("relevance", sa.Double(), nullable=True),
        sa.Column("links", sa.Integer(), nullable=False),
        sa.Column("reports", sa.Integer(), nullable=False),
        sa.Column("author_approved", sa.Integer(), nullable=False),
        sa.Column("trusted", sa.Boolean(), nullable=False),
        sa.Column("terms", sa.Integer(), nullable=False),
        sa.Column("scored", sa.Boolean(), nullable=False),
        sa.Column("readable", sa.Boolean(), nullable=False),
        sa.Column("language", sa.String(), nullable=True),
        sa.Column("holds", sa.Integer(), nullable=False),
        sa.Column("band_0", sa.Integer(), nullable=True),
        sa.Column("band_1", sa.Integer(), nullable=True),
        sa.Column("band_2", sa.Integer(), nullable=True),
        sa.Column("band_3", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["article_id"], ["articles.id"], name=op.f("fk_docket_article_id")),
        sa.ForeignKeyConstraint(["author_id"], ["authors.id"], name=op.f("fk_docket_author_id")),
        sa.ForeignKeyConstraint(["comment_id"], ["comments.id"], name=op.f("fk_docket_comment_id")),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name=op.f("fk_docket_site_id")),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_docket")),
        sa.UniqueConstraint("comment_id", name=op.f("uq_docket_comment_id")),
    )
    op.create_index("ix_docket_band_0", "docket", ["band_0"], unique=False, **_waiting())
    op.create_index("ix_docket_band_1", "docket", ["band_1"], unique=False, **_waiting())
    op.create_index("ix_docket_band_2", "docket", ["band_2"], unique=False, **_waiting())
    op.create_index("ix_docket_band_3", "docket", ["band_3"], unique=False, **_waiting())
    op.create_index(
        "ix_docket_map",
        "docket",
        [
            "site_id",
            "article_id",
            "section",
            "escalated",
            "toxicity",
            "severe_toxicity",
            "obscene",
            "threat",
            "insult",
            "identity_attack",
            "sexual_explicit",
            "relevance",
            "number",
            "waiting",
        ],
        unique=False,
        **_waiting(),
    )
    op.create_index("ix_docket_oldest", "docket", ["site_id", "received_at", "number"], unique=False, **_waiting())
    for name, columns in _DESCENDING.items():
        op.create_index(name, "docket", columns, **_waiting())
    op.create_index(
        "ix_docket_status",
        "docket",
        ["site_id", "status", sa.text("decided_at DESC"), "number", "by_person", "section"],
    )
    op.create_index("ix_docket_arrived", "docket", ["site_id", "received_at", "section"])
    op.create_index("ix_docket_first", "docket", ["site_id", "number"], **_only("waiting IS TRUE"))
    op.create_index("ix_docket_escalated", "docket", ["site_id", "waiting", "number"], **_only("escalated IS TRUE"))
    by_person = _only("by_person IS NOT NULL")
    op.create_index("ix_docket_by_person", "docket", ["site_id", sa.text("number DESC")], **by_person)


# The search index of SQLite keeps no text of its own (content=''), so what leaves it has to be named again.
_SQLITE = (
    """CREATE VIRTUAL TABLE comment_search USING fts5(
        body, author_name, content='', tokenize='unicode61 remove_diacritics 2')""",
    """CREATE TRIGGER docket_search_insert AFTER INSERT ON docket BEGIN
        INSERT INTO comment_search(rowid, body, author_name)
        SELECT NEW.number, body, author_name FROM comments WHERE id = NEW.comment_id;
    END""",
    """CREATE TRIGGER comments_search_update AFTER UPDATE OF body, author_name ON comments BEGIN
        INSERT INTO comment_search(comment_search, rowid, body, author_name)
        SELECT 'delete', number, OLD.body, OLD.author_name FROM docket WHERE comment_id = OLD.id;
        INSERT INTO comment_search(rowid, body, author_name)
        SELECT number, NEW.body, NEW.author_name FROM docket WHERE comment_id = NEW.id;
    END""",
)
_POSTGRESQL = (
    """ALTER TABLE comments ADD COLUMN search tsvector
        GENERATED ALWAYS AS (to_tsvector('simple', author_name || ' ' || body)) STORED""",
    "CREATE INDEX ix_comments_search ON comments USING gin (search)",
)


def _search() -> None:
    statements = _SQLITE if op.get_bind().dialect.name == "sqlite" else _POSTGRESQL
    for statement in statements:
        op.execute(statement)


_COMMENTS = sa.text(
    f"""SELECT c.id AS comment_id, c.site_id, c.article_id, a.section, c.author_id, c.parent_id IS NOT NULL AS is_reply,
        a.mode AS article_mode, COALESCE(a.published_at, a.created_at) AS article_at, c.received_at, c.decided_at,
        c.status, c.flags, c.body, c.scored, s.language, s.language_supported,
        {", ".join(f"s.{name}" for name in (*LABELS, "relevance"))}
    FROM comments c JOIN articles a ON a.id = c.article_id LEFT JOIN scores s ON s.comment_id = c.id
    WHERE c.id > :after ORDER BY c.id LIMIT 500"""  # noqa: S608
)
_DECISIONS = sa.text(
    """SELECT comment_id, automated, status, basis FROM decisions WHERE comment_id BETWEEN :first AND :last
    ORDER BY comment_id, revision, id"""
).columns(basis=sa.JSON())


def _enter_comments() -> None:
    """Every comment that is there already, oldest first."""
    connection = op.get_bind()
    docket = sa.Table("docket", sa.MetaData(), autoload_with=connection)
    after = ""
    while rows := connection.execute(_COMMENTS, {"after": after}).mappings().all():
        after = rows[-1]["comment_id"]
        decisions: dict[str, list[Any]] = {}
        for decision in connection.execute(_DECISIONS, {"first": rows[0]["comment_id"], "last": after}):
            decisions.setdefault(decision.comment_id, []).append(decision)
        entered = [_entry(dict(row), decisions.get(row["comment_id"], [])) for row in rows]
        names = ", ".join(entered[0])
        values = ", ".join(f":{name}" for name in entered[0])
        connection.execute(sa.text(f"INSERT INTO {docket.name} ({names}) VALUES ({values})"), entered)  # noqa: S608


def _entry(row: dict[str, Any], decisions: list[Any]) -> dict[str, Any]:
    by_policy = next((d for d in reversed(decisions) if d.automated), None)
    by_person = next((d for d in reversed(decisions) if not d.automated), None)
    basis = by_policy.basis if by_policy else {}
    signals = basis.get("signals", {})
    readable = row.pop("language_supported")
    found = bands(row.pop("body")) or (None,) * 4
    return {
        **row,
        "waiting": row["status"] in ("received", "pending"),
        "escalated": False,
        "by_policy": by_policy.status if by_policy else None,
        "by_person": by_person.status if by_person else None,
        **{name: int(signals.get(name, 0)) for name in ("links", "reports", "author_approved", "terms")},
        "trusted": bool(signals.get("trusted", 0)),
        "readable": True if readable is None else bool(readable),
        "is_reply": bool(row["is_reply"]),
        "scored": bool(row["scored"]),
        "holds": len(basis.get("holds", ())),
        **{f"band_{number}": value for number, value in enumerate(found)},
    }
