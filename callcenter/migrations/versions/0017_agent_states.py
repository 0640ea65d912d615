"""States of operators, and the time in each."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from callcenter.db import BigId, UtcDateTime

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "agent_spans",
        sa.Column("id", BigId, nullable=False),
        sa.Column("user_id", BigId, nullable=False),
        sa.Column("extension", sa.String(8), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("reason", sa.String(32), nullable=False),
        sa.Column("began_at", UtcDateTime, nullable=False),
        sa.Column("ended_at", UtcDateTime),
        sa.Column("ends_at", UtcDateTime),
        sa.Column("extended", sa.SmallInteger(), nullable=False),
        sa.Column("then", sa.String(16)),
        sa.Column("then_reason", sa.String(32), nullable=False),
        sa.Column("node", sa.String(32)),
        sa.Column("linkedid", sa.String(64)),
        sa.Column("set_by", sa.String(64), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_agent_spans_user_id_users"),
        sa.PrimaryKeyConstraint("id", name="pk_agent_spans"),
    )
    op.create_index("ix_agent_spans_began_at", "agent_spans", ["began_at"])
    op.create_index("ix_agent_spans_user_id_agent_spans_began_at", "agent_spans", ["user_id", "began_at"])
    for name, column, where in (
        ("uq_agent_spans_open", "user_id", "ended_at IS NULL"),
        ("uq_agent_spans_phone", "extension", "ended_at IS NULL AND state <> 'away'"),
    ):
        op.create_index(
            name, "agent_spans", [column], unique=True, postgresql_where=sa.text(where), sqlite_where=sa.text(where)
        )
