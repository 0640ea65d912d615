"""Stays are numbered in sequence, without a gap (requirements 11)."""

from __future__ import annotations

from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.reservations.models import Sequence

SERIES = "stay"


async def next_number(session: AsyncSession) -> str:
    """Return the next number; it is used in this transaction or not at all."""
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    counted = dialect.insert(Sequence).values(name=SERIES, last=1)
    counted = counted.on_conflict_do_update(index_elements=[Sequence.name], set_={"last": Sequence.last + 1})
    last = await session.scalar(counted.returning(Sequence.last))
    return f"S{last:07d}"
