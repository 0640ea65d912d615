"""How a caller went through the spoken menu."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from callcenter.db import JsonValue

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("calls", sa.Column("menu", JsonValue, nullable=True))
