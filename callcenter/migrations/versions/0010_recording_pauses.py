"""When the recording of a call held silence."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from callcenter.db import JsonValue

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("calls", sa.Column("recording_pauses", JsonValue, nullable=False, server_default="[]"))
