"""People, sessions, audit log, calls, exchange state, recordings."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from callcenter.db import BigId, JsonValue, UtcDateTime

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    _staff()
    _calls()
    _recordings()


def _staff() -> None:
    op.create_table(
        "users",
        sa.Column("id", BigId, primary_key=True),
        sa.Column("username", sa.String(64), nullable=False),
        sa.Column("name", sa.String(128), nullable=False),
        sa.Column("role", sa.String(32), nullable=False),
        sa.Column("password_hash", sa.String(256), nullable=False),
        sa.Column("active", sa.Boolean, nullable=False),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.Column("password_changed_at", UtcDateTime, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_users"),
        sa.UniqueConstraint("username", name="uq_users_username"),
    )
    op.create_table(
        "sessions",
        sa.Column("token_hash", sa.String(64), nullable=False),
        sa.Column("user_id", BigId, nullable=False),
        sa.Column("csrf", sa.String(64), nullable=False),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.Column("used_at", UtcDateTime, nullable=False),
        sa.Column("address", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("token_hash", name="pk_sessions"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_sessions_user_id_users", ondelete="CASCADE"),
    )
    op.create_index("ix_sessions_user_id", "sessions", ["user_id"])
    op.create_index("ix_sessions_used_at", "sessions", ["used_at"])
    op.create_table(
        "audit_log",
        sa.Column("id", BigId, primary_key=True),
        sa.Column("at", UtcDateTime, nullable=False),
        sa.Column("user_id", BigId, nullable=True),
        sa.Column("username", sa.String(64), nullable=False),
        sa.Column("action", sa.String(64), nullable=False),
        sa.Column("subject_type", sa.String(32), nullable=False),
        sa.Column("subject_id", sa.String(128), nullable=False),
        sa.Column("before", JsonValue, nullable=True),
        sa.Column("after", JsonValue, nullable=True),
        sa.Column("note", sa.String(1000), nullable=False),
        sa.Column("address", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_audit_log"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_audit_log_user_id_users"),
    )
    for columns in (["at", "id"], ["username", "at"], ["action", "at"], ["subject_type", "subject_id"]):
        op.create_index(f"ix_audit_log_{'_audit_log_'.join(columns)}", "audit_log", columns)


def _calls() -> None:
    op.create_table(
        "calls",
        sa.Column("id", BigId, primary_key=True),
        sa.Column("node", sa.String(32), nullable=False),
        sa.Column("linkedid", sa.String(64), nullable=False),
        sa.Column("sip_call_id", sa.Text, nullable=True),
        sa.Column("direction", sa.String(16), nullable=False),
        sa.Column("caller", sa.String(128), nullable=False),
        sa.Column("line", sa.String(128), nullable=False),
        sa.Column("started_at", UtcDateTime, nullable=False),
        sa.Column("quarter", sa.Integer, nullable=False),
        sa.Column("first_ring_at", UtcDateTime, nullable=True),
        sa.Column("answered_at", UtcDateTime, nullable=True),
        sa.Column("answered_by", sa.String(16), nullable=False),
        sa.Column("operator_answered_at", UtcDateTime, nullable=True),
        sa.Column("ended_at", UtcDateTime, nullable=True),
        sa.Column("outcome", sa.String(32), nullable=False),
        sa.Column("hangup_cause", sa.SmallInteger, nullable=True),
        sa.Column("operators", JsonValue, nullable=False),
        sa.Column("rings", JsonValue, nullable=False),
        sa.Column("transfers", JsonValue, nullable=False),
        sa.Column("holds", JsonValue, nullable=False),
        sa.Column("queue_waits", JsonValue, nullable=False),
        sa.Column("talk_seconds", sa.Double, nullable=False),
        sa.Column("recording", sa.String(128), nullable=True),
        sa.Column("swept", sa.Boolean, nullable=False),
        sa.Column("cadence", sa.Double, nullable=True),
        sa.Column("seconds_to_answer", sa.Double, nullable=True),
        sa.Column("rings_to_answer", sa.Integer, nullable=True),
        sa.Column("seconds_to_operator", sa.Double, nullable=True),
        sa.Column("rings_to_operator", sa.Integer, nullable=True),
        sa.Column("late", sa.Boolean, nullable=False),
        sa.Column("rank", sa.SmallInteger, nullable=False),
        sa.Column("known_until", UtcDateTime, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_calls"),
        sa.UniqueConstraint("node", "linkedid", name="uq_calls_node_linkedid"),
    )
    indexes = (
        ["started_at", "id"],
        ["line", "started_at"],
        ["caller", "started_at"],
        ["node", "recording"],
    )
    for columns in indexes:
        op.create_index(f"ix_calls_{'_calls_'.join(columns)}", "calls", columns)
    is_open = sa.text("ended_at IS NULL")
    op.create_index("ix_calls_open", "calls", ["node"], postgresql_where=is_open, sqlite_where=is_open)
    op.create_table(
        "exchange_state",
        sa.Column("node", sa.String(32), nullable=False),
        sa.Column("key", sa.String(64), nullable=False),
        sa.Column("value", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("node", "key", name="pk_exchange_state"),
    )


def _recordings() -> None:
    op.create_table(
        "recordings",
        sa.Column("id", BigId, primary_key=True),
        sa.Column("call_id", BigId, nullable=True),
        sa.Column("node", sa.String(32), nullable=False),
        sa.Column("name", sa.String(128), nullable=False),
        sa.Column("path", sa.String(512), nullable=False),
        sa.Column("seconds", sa.Double, nullable=False),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.Column("channels", sa.SmallInteger, nullable=False),
        sa.Column("checked_at", UtcDateTime, nullable=False),
        sa.Column("problem", sa.String(200), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_recordings"),
        sa.UniqueConstraint("node", "name", name="uq_recordings_node_name"),
        sa.ForeignKeyConstraint(["call_id"], ["calls.id"], name="fk_recordings_call_id_calls", ondelete="SET NULL"),
    )
    op.create_index("ix_recordings_call_id", "recordings", ["call_id"])
