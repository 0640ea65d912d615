"""Messages that callers left."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from callcenter.db import BigId, UtcDateTime

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

MESSAGES = sa.text("channels = 1")


def upgrade() -> None:
    op.create_index("ix_recordings_messages", "recordings", ["id"], sqlite_where=MESSAGES, postgresql_where=MESSAGES)
    op.create_table(
        "voicemails",
        sa.Column("id", BigId, nullable=False),
        sa.Column("recording_id", BigId, nullable=False),
        sa.Column("due_call_id", BigId, nullable=True),
        sa.Column("number", sa.String(128), nullable=False),
        sa.Column("line", sa.String(128), nullable=False),
        sa.Column("language", sa.String(8), nullable=False),
        sa.Column("left_at", UtcDateTime, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("heard_by", sa.String(64), nullable=True),
        sa.Column("heard_at", UtcDateTime, nullable=True),
        sa.Column("done_by", sa.String(64), nullable=True),
        sa.Column("done_at", UtcDateTime, nullable=True),
        sa.Column("note", sa.String(1000), nullable=False),
        sa.Column("text", sa.Text, nullable=True),
        sa.Column("text_state", sa.String(16), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_voicemails"),
        sa.UniqueConstraint("recording_id", name="uq_voicemails_recording_id"),
        sa.ForeignKeyConstraint(
            ["recording_id"], ["recordings.id"], name="fk_voicemails_recording_id_recordings", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["due_call_id"], ["due_calls.id"], name="fk_voicemails_due_call_id_due_calls", ondelete="SET NULL"
        ),
    )
    op.create_index("ix_voicemails_due_call_id", "voicemails", ["due_call_id"])
    op.create_index("ix_voicemails_left_at_voicemails_id", "voicemails", ["left_at", "id"])
    op.create_index("ix_voicemails_state_voicemails_left_at", "voicemails", ["state", "left_at"])
    op.create_index("ix_voicemails_text_state_voicemails_id", "voicemails", ["text_state", "id"])
