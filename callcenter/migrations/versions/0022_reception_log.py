"""The reception log reads contacts by time."""

from __future__ import annotations

from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_guest_contacts_at_guest_contacts_id", "guest_contacts", ["at", "id"])
