"""How many rooms of a booking's line were handed over to stays."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("reservation_lines", sa.Column("arrived", sa.Integer, nullable=False, server_default="0"))
