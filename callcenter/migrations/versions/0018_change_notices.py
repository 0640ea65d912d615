"""Change notes: agreed with the customer, and read by the role that was told."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from callcenter.db import UtcDateTime

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

_UNREAD = sa.text("told <> '' AND seen_at IS NULL")


def upgrade() -> None:
    op.add_column("reservation_changes", sa.Column("agreed", sa.Boolean, nullable=False, server_default=sa.false()))
    op.add_column("reservation_changes", sa.Column("seen_at", UtcDateTime, nullable=True))
    op.add_column("reservation_changes", sa.Column("seen_by", sa.String(length=64), nullable=False, server_default=""))
    op.create_index(
        "ix_reservation_changes_unread",
        "reservation_changes",
        ["told", "id"],
        postgresql_where=_UNREAD,
        sqlite_where=_UNREAD,
    )
