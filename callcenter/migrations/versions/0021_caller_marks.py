"""What was said of callers: nuisance, wrong number, silence; and who is blocked."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from callcenter.db import BigId, UtcDateTime

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "caller_marks",
        sa.Column("id", BigId, nullable=False),
        sa.Column("number", sa.String(16), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("call_id", BigId, nullable=False),
        sa.Column("note", sa.String(500), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("by", sa.String(64), nullable=False),
        sa.Column("blocked_at", UtcDateTime(), nullable=True),
        sa.Column("unblocked_at", UtcDateTime(), nullable=True),
        sa.Column("unblocked_by", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_caller_marks"),
        sa.ForeignKeyConstraint(["call_id"], ["calls.id"], name="fk_caller_marks_call_id_calls"),
    )
    op.create_index("ix_caller_marks_number_caller_marks_id", "caller_marks", ["number", "id"])
    op.create_index("ix_caller_marks_call_id", "caller_marks", ["call_id"])
