"""Tables, columns and what they say carry the field's terms: everything is renamed in place, nothing is copied

SQLite can't rename an index, so that those of renamed tables are made anew there.
"""

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"

_TABLES = {
    "docket": "queue_index",
    "acts": "moderator_actions",
    "act_items": "action_items",
    "claims": "comment_locks",
    "marks": "comment_flags",
    "legal_matters": "legal_cases",
    "idempotent_answers": "idempotency_keys",
}
_COLUMNS = {
    "sites": {"house_revision": "rules_revision"},
    "queue_index": {f"band_{number}": f"bucket_{number}" for number in range(4)},
    "moderator_actions": {"passed": "skipped"},
    "action_items": {"act_id": "action_id"},
}
_KINDS = {"mark": "flag", "unmark": "unflag"}
_AT_ONCE = 500

_ACTIONS = sa.table("moderator_actions", *(sa.column(name, sa.String()) for name in ("id", "kind", "undoes")))
_ITEMS = sa.table(
    "action_items",
    sa.column("action_id", sa.String()),
    sa.column("position", sa.BigInteger()),
    sa.column("state", sa.String()),
    sa.column("before", sa.JSON()),
)
_PREFERENCES = sa.table("preferences", sa.column("account_id", sa.String()), sa.column("values", sa.JSON()))


def upgrade() -> None:
    connection = op.get_bind()
    for old, new in _TABLES.items():
        op.rename_table(old, new)
    for table, columns in _COLUMNS.items():
        for old, new in columns.items():
            op.execute(f"ALTER TABLE {table} RENAME COLUMN {old} TO {new}")
    if connection.dialect.name == "sqlite":
        _rename_on_sqlite(connection)
    else:
        _rename_on_postgresql(connection)
    _rewrite(connection)


def _renamed(name: str) -> str:
    """The name of an index, a constraint or a sequence after its table and columns are renamed."""
    kind, _, rest = name.partition("_") if name[:3] in ("ix_", "fk_", "pk_", "uq_") else ("", "", name)
    for old, new in _TABLES.items():
        if rest.startswith(f"{old}_") or rest == old:
            rest = new + rest[len(old) :]
    rest = rest.replace("_band_", "_bucket_").replace("_act_id", "_action_id")
    return f"{kind}_{rest}" if kind else rest


def _rename_on_sqlite(connection: sa.Connection) -> None:
    indexes = sa.text("SELECT name, sql FROM sqlite_master WHERE type = 'index' AND tbl_name = :of AND sql IS NOT NULL")
    for table in _TABLES.values():
        for name, sql in connection.execute(indexes, {"of": table}).all():
            op.execute(f"DROP INDEX {name}")
            connection.exec_driver_sql(sql.replace(name, _renamed(name), 1))
    op.execute("DROP TRIGGER docket_search_delete")
    op.execute("""CREATE TRIGGER queue_index_search_delete AFTER DELETE ON queue_index BEGIN
        DELETE FROM comment_search WHERE rowid = OLD.number;
    END""")


def _rename_on_postgresql(connection: sa.Connection) -> None:
    # A constraint takes its index along; the indexes are listed when only their own names are left.
    constraints = "SELECT conname FROM pg_constraint WHERE conrelid = CAST(:of AS regclass)"
    indexes = "SELECT indexname FROM pg_indexes WHERE schemaname = current_schema() AND tablename = :of"

    def each(found: str, statement: Callable[[str, str, str], str]) -> None:
        for table in _TABLES.values():
            for name in connection.scalars(sa.text(found), {"of": table}).all():
                if _renamed(name) != name:
                    op.execute(statement(table, name, _renamed(name)))

    each(constraints, "ALTER TABLE {} RENAME CONSTRAINT {} TO {}".format)
    each(indexes, lambda _, old, new: f"ALTER INDEX {old} RENAME TO {new}")
    op.execute("ALTER SEQUENCE docket_number_seq RENAME TO queue_index_number_seq")


def _rewrite(connection: sa.Connection) -> None:
    """What rows say of themselves. Bodies of audit events stay as they are: they are hashed."""
    connection.execute(sa.update(_ITEMS).where(_ITEMS.c.state == "passed").values(state="skipped"))
    flags = sa.select(_ACTIONS.c.id).where(_ACTIONS.c.kind.in_(_KINDS))
    of_flags = sa.select(_ACTIONS.c.id).where(_ACTIONS.c.id.in_(flags) | _ACTIONS.c.undoes.in_(flags))
    items = sa.select(_ITEMS.c.action_id, _ITEMS.c.position, _ITEMS.c.before)
    this = (_ITEMS.c.action_id == sa.bindparam("of"), _ITEMS.c.position == sa.bindparam("at"))
    put = sa.update(_ITEMS).where(*this).values(before=sa.bindparam("new"))
    changed: list[dict[str, Any]] = [
        {"of": row.action_id, "at": row.position, "new": _key_renamed(row.before, "mark", "flag")}
        for row in connection.execute(items.where(_ITEMS.c.action_id.in_(of_flags)))
        if "mark" in row.before
    ]
    for start in range(0, len(changed), _AT_ONCE):
        connection.execute(put, changed[start : start + _AT_ONCE])
    for old, new in _KINDS.items():
        connection.execute(sa.update(_ACTIONS).where(_ACTIONS.c.kind == old).values(kind=new))
    op.execute("UPDATE saved_views SET query = replace(query, 'marked=', 'flag=')")
    for account_id, values in connection.execute(sa.select(_PREFERENCES)).all():
        if "veil" in values:
            of = sa.update(_PREFERENCES).where(_PREFERENCES.c.account_id == account_id)
            connection.execute(of.values(values=_key_renamed(values, "veil", "blur")))


def _key_renamed(found: dict[str, Any], old: str, new: str) -> dict[str, Any]:
    return {(new if key == old else key): value for key, value in found.items()}
