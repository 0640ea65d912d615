"""Callers who are put through to a confidential guest all the same."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from callcenter.db import JsonValue

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("stays", sa.Column("allowed_callers", JsonValue, nullable=False, server_default="[]"))
