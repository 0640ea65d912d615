"""Calls that the house owes somebody."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from callcenter.db import BigId, UtcDateTime

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

ONE_EACH = sa.text("state IN ('open', 'taken') AND kind IN ('call_back', 'lost_caller')")


def upgrade() -> None:
    op.create_table(
        "due_calls",
        sa.Column("id", BigId, nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("source", sa.String(128), nullable=False),
        sa.Column("number", sa.String(32), nullable=False),
        sa.Column("language", sa.String(8), nullable=False),
        sa.Column("line", sa.String(128), nullable=False),
        sa.Column("reason", sa.String(500), nullable=False),
        sa.Column("due_at", UtcDateTime, nullable=False),
        sa.Column("place_at", UtcDateTime, nullable=False),
        sa.Column("node", sa.String(32), nullable=True),
        sa.Column("linkedid", sa.String(64), nullable=True),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.Column("created_by", sa.String(64), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("taken_by_id", BigId, nullable=True),
        sa.Column("taken_by", sa.String(64), nullable=True),
        sa.Column("taken_at", UtcDateTime, nullable=True),
        sa.Column("closed_by", sa.String(64), nullable=True),
        sa.Column("closed_at", UtcDateTime, nullable=True),
        sa.Column("outcome", sa.String(32), nullable=True),
        sa.Column("note", sa.String(1000), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_due_calls"),
        sa.UniqueConstraint("source", name="uq_due_calls_source"),
        sa.ForeignKeyConstraint(["taken_by_id"], ["users.id"], name="fk_due_calls_taken_by_id_users"),
    )
    op.create_index(
        "uq_due_calls_number",
        "due_calls",
        ["number"],
        unique=True,
        postgresql_where=ONE_EACH,
        sqlite_where=ONE_EACH,
    )
    op.create_index("ix_due_calls_state_due_calls_place_at_due_calls_id", "due_calls", ["state", "place_at", "id"])
    op.create_index("ix_due_calls_number", "due_calls", ["number"])
    op.create_index("ix_due_calls_node_due_calls_linkedid", "due_calls", ["node", "linkedid"])
