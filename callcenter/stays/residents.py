"""Who is in the house, for the room chart and the room picker of bookings."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.reservations.chart import Counted, Resident
from callcenter.stays.kinds import StayState
from callcenter.stays.models import AuditedNight, Stay, StayChange, StayGuest
from callcenter.stays.overstays import OVERSTAYED


class StayResidents:
    """Reads stays (fulfils `reservations.chart.Residents`)."""

    async def of(self, session: AsyncSession, ids: Collection[int], *, confidential: bool) -> Mapping[int, Resident]:
        """Return stays by id; the names of confidential guests only where `confidential` says so."""
        wanted = sorted(ids)
        names: dict[int, list[str]] = {}
        guests = select(StayGuest.stay_id, StayGuest.name).where(StayGuest.stay_id.in_(wanted)).order_by(StayGuest.id)
        for stay_id, name in await session.execute(guests):
            names.setdefault(stay_id, []).append(name)
        return {
            stay.id: Resident(
                stay.id,
                stay.number,
                "" if stay.confidential and not confidential else "、".join(names.get(stay.id, [])),
                stay.state == StayState.IN_HOUSE,
                stay.arrival,
                stay.departure,
                stay.link_id,
            )
            for stay in await session.scalars(select(Stay).where(Stay.id.in_(wanted)))
        }

    async def occupied_rooms(self, session: AsyncSession) -> set[int]:
        """Return the ids of the rooms in which a guest is registered now."""
        return set(await session.scalars(select(Stay.room_id).where(Stay.state == StayState.IN_HOUSE)))

    async def nights_closed(self, session: AsyncSession, begin: datetime, end: datetime) -> list[Counted]:
        """Return which nights the night audit closed from `begin` to before `end`, and how many stays it charged."""
        closed = select(AuditedNight).where(AuditedNight.at >= begin, AuditedNight.at < end)
        return [Counted(night.at, night.posted) for night in await session.scalars(closed.order_by(AuditedNight.night))]

    async def overstays(self, session: AsyncSession, begin: datetime, end: datetime) -> list[datetime]:
        """Return when guests were found, from `begin` to before `end`, who should have left and had not."""
        found = select(StayChange.at).where(
            StayChange.action == OVERSTAYED, StayChange.at >= begin, StayChange.at < end
        )
        return list(await session.scalars(found))
