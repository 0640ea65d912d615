"""Indexes from which alone the hotel calendar counts arrivals and departures."""

from __future__ import annotations

from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_index("ix_reservations_state_reservations_arrival", "reservations")
    op.create_index("ix_reservations_arrivals", "reservations", ["state", "arrival", "kind", "id"])
    op.create_index("ix_reservations_departures", "reservations", ["state", "departure", "kind", "id"])
    op.drop_index("ix_reservation_lines_reservation_id", "reservation_lines")
    op.create_index("ix_reservation_lines_rooms", "reservation_lines", ["reservation_id", "rooms"])
