"""The reception log reads contacts by time."""

from __future__ import annotations

from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_guest_contacts_at_guest_contacts_id", "guest_contacts", ["at", "id"])
