"""While a guest stays: longer (续住), overnight, in another room (换房), with other wishes (requirements 4)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import select

from callcenter.rooms.models import Room, RoomType
from callcenter.stays import folio
from callcenter.stays.checking_in import ceiling_of
from callcenter.stays.holding import hold, must_be_vacant, needs_cleaning, release, room_of
from callcenter.stays.kinds import DepartureRefused, LineKind, NotHourly, RoomOccupied, StayEnded, StayState, StayType
from callcenter.stays.models import FolioLine, Stay
from callcenter.stays.pricing import agreed
from callcenter.stays.scope import Scope, reason_of
from callcenter.telephony import PhoneClass


@dataclass(frozen=True, slots=True)
class Wishes:
    """What can be changed in a stay by itself; None leaves it as it is."""

    phone_class: PhoneClass | None = None
    confidential: bool | None = None
    alias: str | None = None
    allowed_callers: tuple[str, ...] | None = None
    breakfasts: int | None = None
    extra_beds: int | None = None
    note: str | None = None
    price: int | None = None
    reason: str = ""


def must_be_here(stay: Stay) -> None:
    """Make sure that the guest has not left.

    Raises:
        StayEnded: the guest has.
    """
    if stay.state != StayState.IN_HOUSE:
        raise StayEnded(number=stay.number)


async def extend(scope: Scope, stay: Stay, until: date | None = None) -> None:
    """Let the guest stay until `until`, by default a day longer; an earlier day gives the nights after it back.

    Raises:
        StayEnded: the guest has checked out.
        DepartureRefused: that day has passed, or the stay is an hourly one.
        SoldOut, RoomTaken: the room is promised to another in one of the nights.
    """
    must_be_here(stay)
    departure = until or max(stay.departure, scope.day) + timedelta(days=1)
    if departure < scope.day or departure <= stay.arrival or stay.stay_type == StayType.HOURLY:
        raise DepartureRefused(departure=departure.isoformat())
    room = await scope.session.get_one(Room, stay.room_id)
    if departure > stay.departure:
        await hold(scope.session, stay, room, max(stay.departure, scope.day), departure)
    else:
        await release(scope.session, stay, room, departure)
    before = {"departure": stay.departure.isoformat()}
    stay.departure, stay.leaves_at = departure, scope.rules.leaving(departure)
    scope.note(stay, "extended", before, {"departure": departure.isoformat()})


async def overnight(scope: Scope, stay: Stay, price: int, until: date | None, why: str) -> None:
    """Turn an hourly stay into one overnight: the hours are taken back, and the final price is that of a night.

    Raises:
        NotHourly: it is none.
        StayEnded, DepartureRefused, DiscountTooHigh, ReasonMissing, SoldOut, RoomTaken: as at check-in.
    """
    must_be_here(stay)
    if stay.stay_type != StayType.HOURLY:
        raise NotHourly(number=stay.number)
    departure = until or scope.day + timedelta(days=1)
    if departure <= scope.day:
        raise DepartureRefused(departure=departure.isoformat())
    reason = reason_of(why, "overnight")
    final = agreed(stay.list_price, price, await ceiling_of(scope), reason, StayType.NORMAL)
    room = await scope.session.get_one(Room, stay.room_id)
    await hold(scope.session, stay, room, scope.day, departure)
    hours = await scope.session.scalar(select(FolioLine).where(FolioLine.reference == f"room:{stay.id}:hourly"))
    if hours is not None and not await _is_taken_back(scope, hours):
        await folio.take_back(scope, stay, hours, reason)
    before = {"stay_type": str(stay.stay_type), "price": stay.price}
    stay.stay_type, stay.price, stay.discount = StayType.NORMAL, final.price, final.discount
    stay.departure, stay.leaves_at = departure, scope.rules.leaving(departure)
    scope.note(stay, "made_overnight", before, {"stay_type": StayType.NORMAL.value, "price": final.price}, reason)


async def move(scope: Scope, stay: Stay, to: str, bed: int, price: int | None, why: str) -> None:
    """Move the guest to another room (换房), or bed of the same one (换床), at the same price or at another one.

    Messages and wake-up times go along.

    Raises:
        ReasonMissing: no reason is given; or a lower price than the new room's has none.
        NotFound, RoomOccupied, SoldOut, RoomTaken: the other room cannot be had.
        StayEnded, DiscountTooHigh: as at check-in.
    """
    must_be_here(stay)
    reason = reason_of(why, "move")
    old = await scope.session.get_one(Room, stay.room_id)
    room = await room_of(scope.session, to)
    if (room.id, bed) == (old.id, stay.bed) or bed > room.beds or (bed == 0) is (stay.stay_type == StayType.SHARED):
        raise RoomOccupied(room=to)
    await must_be_vacant(scope.session, room, bed)
    before = {"room": _named(old, stay.bed), "price": stay.price}
    if price is not None and price != stay.price:
        kind = await scope.session.get_one(RoomType, room.type_id)
        new = agreed(kind.price, price, await ceiling_of(scope), reason, StayType(stay.stay_type))
        stay.list_price, stay.price, stay.discount = new.list_price, new.price, new.discount
    await release(scope.session, stay, old, scope.day)
    stay.room_id, stay.bed = room.id, bed
    await hold(scope.session, stay, room, scope.day, stay.departure)
    if room.id != old.id:
        needs_cleaning(old)
    scope.note(stay, "moved", before, {"room": _named(room, bed), "price": stay.price}, reason)


async def change(scope: Scope, stay: Stay, wishes: Wishes) -> None:
    """Change what the guest wishes; nothing is written where nothing differs.

    Raises:
        StayEnded, DiscountTooHigh, ReasonMissing: as at check-in.
    """
    must_be_here(stay)
    names = ("phone_class", "confidential", "alias", "breakfasts", "extra_beds", "note")
    wanted = {name: getattr(wishes, name) for name in names if getattr(wishes, name) is not None}
    if wishes.allowed_callers is not None:
        wanted["allowed_callers"] = scope.rules.callers(wishes.allowed_callers)
    if wishes.price is not None:
        new = agreed(stay.list_price, wishes.price, await ceiling_of(scope), wishes.reason, StayType(stay.stay_type))
        wanted |= {"price": new.price, "discount": new.discount}
    changed = {name: value for name, value in wanted.items() if getattr(stay, name) != value}
    if not changed:
        return
    before = {name: getattr(stay, name) for name in changed}
    for name, value in changed.items():
        setattr(stay, name, value)
    scope.note(stay, "changed", before, changed, wishes.reason)


async def set_commission(scope: Scope, stay: Stay, amount: int, since: date, why: str) -> None:
    """Begin, change or end a commission from a night on; what was posted otherwise since is taken back (红冲).

    Raises:
        ReasonMissing: no reason is given.
        StayEnded: the guest has checked out.
    """
    must_be_here(stay)
    reason = reason_of(why, "commission")
    statement = select(FolioLine).where(
        FolioLine.stay_id == stay.id,
        FolioLine.kind == LineKind.ROOM,
        FolioLine.reverses_id.is_(None),
        FolioLine.day >= since,
    )
    nights = {line.day for line in await scope.session.scalars(statement)}
    posted = select(FolioLine).where(
        FolioLine.stay_id == stay.id, FolioLine.kind == LineKind.COMMISSION, FolioLine.reverses_id.is_(None)
    )
    for line in (await scope.session.scalars(posted)).all():
        if line.day >= since and not await _is_taken_back(scope, line):
            await folio.take_back(scope, stay, line, reason)
    if amount:
        for night in sorted(nights):
            await folio.post(scope, stay, folio.Posting(LineKind.COMMISSION, amount, text=reason, day=night))
    before, stay.commission = {"commission": stay.commission}, amount
    scope.note(stay, "commission_set", before, {"commission": amount, "since": since.isoformat()}, reason)


def _named(room: Room, bed: int) -> str:
    """Name a room, or a bed of it, as the house writes it: 0301, 0301[2]."""
    return f"{room.number}[{bed}]" if bed else room.number


async def _is_taken_back(scope: Scope, line: FolioLine) -> bool:
    back = select(FolioLine.id).where(FolioLine.reverses_id == line.id)
    return await scope.session.scalar(back) is not None
