"""Prices of single nights, discount ceilings of roles, addresses of calendars."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from callcenter.db import BigId, UtcDateTime

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "role_discount_ceilings",
        sa.Column("role", sa.String(32), nullable=False),
        sa.Column("percent", sa.SmallInteger, nullable=False),
        sa.PrimaryKeyConstraint("role", name="pk_role_discount_ceilings"),
    )
    op.create_table(
        "day_prices",
        sa.Column("type_id", BigId, nullable=False),
        sa.Column("night", sa.Date, nullable=False),
        sa.Column("plan", sa.String(32), nullable=False),
        sa.Column("price", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("type_id", "night", "plan", name="pk_day_prices"),
        sa.ForeignKeyConstraint(["type_id"], ["room_types.id"], name="fk_day_prices_type_id_room_types"),
    )
    op.create_index("ix_day_prices_plan_day_prices_night", "day_prices", ["plan", "night"])
    op.create_table(
        "calendar_feeds",
        sa.Column("id", BigId, nullable=False),
        sa.Column("subscriber", sa.String(64), nullable=False),
        sa.Column("type_id", BigId, nullable=True),
        sa.Column("secret_hash", sa.String(64), nullable=False),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.Column("created_by", sa.String(64), nullable=False),
        sa.Column("revoked_at", UtcDateTime, nullable=True),
        sa.Column("revoked_by", sa.String(64), nullable=False),
        sa.Column("read_at", UtcDateTime, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_calendar_feeds"),
        sa.UniqueConstraint("secret_hash", name="uq_calendar_feeds_secret_hash"),
        sa.ForeignKeyConstraint(["type_id"], ["room_types.id"], name="fk_calendar_feeds_type_id_room_types"),
    )
