"""Who is in the house, for the room chart and the room picker of bookings."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.reservations.chart import Resident
from callcenter.stays.kinds import StayState
from callcenter.stays.models import Stay, StayGuest


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
