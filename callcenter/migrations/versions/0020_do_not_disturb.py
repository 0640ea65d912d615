"""Until when a guest is not to be disturbed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from callcenter.db import UtcDateTime

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("stays", sa.Column("quiet_until", UtcDateTime(), nullable=True))
