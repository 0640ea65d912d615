"""Failed attempts of any purpose, not of signing in alone."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from callcenter.db import UtcDateTime

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "failed_attempts",
        sa.Column("purpose", sa.String(32), nullable=False),
        sa.Column("subject", sa.String(64), nullable=False),
        sa.Column("source", sa.String(64), nullable=False),
        sa.Column("failures", sa.Integer, nullable=False),
        sa.Column("last_at", UtcDateTime, nullable=False),
        sa.PrimaryKeyConstraint("purpose", "subject", "source", name="pk_failed_attempts"),
    )
    op.create_index("ix_failed_attempts_last_at", "failed_attempts", ["last_at"])
    op.execute(
        "INSERT INTO failed_attempts (purpose, subject, source, failures, last_at) "
        "SELECT 'sign_in', username, address, failures, last_at FROM login_failures"
    )
    op.drop_table("login_failures")
