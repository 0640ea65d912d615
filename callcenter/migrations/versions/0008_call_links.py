"""What calls were about: links to guests, bookings, stays."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from callcenter.db import BigId, UtcDateTime

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "call_links",
        sa.Column("id", BigId, nullable=False),
        sa.Column("call_id", BigId, nullable=False),
        sa.Column("subject_type", sa.String(32), nullable=False),
        sa.Column("subject_id", sa.BigInteger, nullable=False),
        sa.Column("how", sa.String(16), nullable=False),
        sa.Column("linked_at", UtcDateTime, nullable=False),
        sa.Column("linked_by", sa.String(64), nullable=False),
        sa.Column("reason", sa.String(500), nullable=False),
        sa.Column("unlinked_at", UtcDateTime, nullable=True),
        sa.Column("unlinked_by", sa.String(64), nullable=False),
        sa.Column("unlink_reason", sa.String(500), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_call_links"),
        sa.ForeignKeyConstraint(["call_id"], ["calls.id"], name="fk_call_links_call_id_calls", ondelete="CASCADE"),
    )
    standing = sa.text("unlinked_at IS NULL")
    op.create_index(
        "uq_call_links_standing",
        "call_links",
        ["call_id", "subject_type", "subject_id"],
        unique=True,
        postgresql_where=standing,
        sqlite_where=standing,
    )
    op.create_index("ix_call_links_call_id", "call_links", ["call_id"])
    op.create_index("ix_call_links_subject_type_call_links_subject_id", "call_links", ["subject_type", "subject_id"])
