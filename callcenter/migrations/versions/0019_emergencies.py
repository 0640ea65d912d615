"""Emergencies and their record."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from callcenter.db import BigId, UtcDateTime

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

_OPEN = sa.text("closed_at IS NULL")


def upgrade() -> None:
    op.create_table(
        "emergencies",
        sa.Column("id", BigId, nullable=False),
        sa.Column("place", sa.String(64), nullable=False),
        sa.Column("conference", sa.String(16), nullable=False),
        sa.Column("service", sa.String(16), nullable=False),
        sa.Column("kind", sa.String(16), nullable=True),
        sa.Column("raised_at", UtcDateTime(), nullable=False),
        sa.Column("raised_by", sa.String(64), nullable=False),
        sa.Column("closed_at", UtcDateTime(), nullable=True),
        sa.Column("closed_by", sa.String(64), nullable=False),
        sa.Column("outcome", sa.String(1000), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_emergencies"),
    )
    op.create_index("ix_emergencies_raised_at_emergencies_id", "emergencies", ["raised_at", "id"])
    op.create_index(
        "uq_emergencies_open", "emergencies", ["place"], unique=True, postgresql_where=_OPEN, sqlite_where=_OPEN
    )
    op.create_table(
        "emergency_entries",
        sa.Column("id", BigId, nullable=False),
        sa.Column("emergency_id", BigId, nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("by", sa.String(64), nullable=False),
        sa.Column("action", sa.String(16), nullable=False),
        sa.Column("step", sa.String(16), nullable=False),
        sa.Column("text", sa.String(1000), nullable=False),
        sa.Column("node", sa.String(32), nullable=True),
        sa.Column("linkedid", sa.String(64), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_emergency_entries"),
        sa.ForeignKeyConstraint(
            ["emergency_id"], ["emergencies.id"], name="fk_emergency_entries_emergency_id_emergencies"
        ),
        sa.UniqueConstraint("node", "linkedid", name="uq_emergency_entries_node_linkedid"),
    )
    op.create_index(
        "ix_emergency_entries_emergency_id_emergency_entries_id", "emergency_entries", ["emergency_id", "id"]
    )
