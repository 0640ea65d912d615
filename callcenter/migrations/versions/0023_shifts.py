"""The roster, the chore roster, swaps of shifts, and handovers."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from callcenter.db import BigId, JsonValue, UtcDateTime

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "roster_entries",
        sa.Column("id", BigId, nullable=False),
        sa.Column("user_id", BigId, nullable=False),
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("shift", sa.String(32), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_roster_entries"),
        sa.UniqueConstraint("user_id", "day", name="uq_roster_entries_user_id_day"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_roster_entries_user_id_users"),
    )
    op.create_index("ix_roster_entries_day", "roster_entries", ["day"])
    op.create_table(
        "chore_entries",
        sa.Column("id", BigId, nullable=False),
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("chore", sa.String(32), nullable=False),
        sa.Column("user_id", BigId, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_chore_entries"),
        sa.UniqueConstraint("day", "chore", name="uq_chore_entries_day_chore"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_chore_entries_user_id_users"),
    )
    op.create_table(
        "shift_swaps",
        sa.Column("id", BigId, nullable=False),
        sa.Column("user_id", BigId, nullable=False),
        sa.Column("other_id", BigId, nullable=False),
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("other_day", sa.Date, nullable=True),
        sa.Column("note", sa.String(500), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("asked_at", UtcDateTime, nullable=False),
        sa.Column("closed_at", UtcDateTime, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_shift_swaps"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_shift_swaps_user_id_users"),
        sa.ForeignKeyConstraint(["other_id"], ["users.id"], name="fk_shift_swaps_other_id_users"),
    )
    op.create_index("ix_shift_swaps_state", "shift_swaps", ["state"])
    op.create_table(
        "handovers",
        sa.Column("id", BigId, nullable=False),
        sa.Column("shift", sa.String(32), nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("promises", JsonValue, nullable=False),
        sa.Column("lost", JsonValue, nullable=False),
        sa.Column("written_by_id", BigId, nullable=False),
        sa.Column("written_by", sa.String(128), nullable=False),
        sa.Column("written_at", UtcDateTime, nullable=False),
        sa.Column("signed_by_id", BigId, nullable=True),
        sa.Column("signed_by", sa.String(128), nullable=True),
        sa.Column("signed_at", UtcDateTime, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_handovers"),
        sa.ForeignKeyConstraint(["written_by_id"], ["users.id"], name="fk_handovers_written_by_id_users"),
        sa.ForeignKeyConstraint(["signed_by_id"], ["users.id"], name="fk_handovers_signed_by_id_users"),
    )
    op.create_index("ix_handovers_written_at", "handovers", ["written_at"])
