"""Making a booking, changing it, copying it for further rooms (requirements 3)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, time, timedelta
from http import HTTPStatus

from sqlalchemy import delete, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.errors import HouseError
from callcenter.guests import attention, orders
from callcenter.guests.attention import Named
from callcenter.guests.companies import ordered_under
from callcenter.reservations import journal, prices, store
from callcenter.reservations.models import Reservation, ReservationLine
from callcenter.reservations.rules import NO_NOTE, Booker, Desk, Note
from callcenter.reservations.states import COMING, Kind, State, TransitionRefused
from callcenter.rooms import nights
from callcenter.rooms.models import Holder, RoomType

OVERBOOK = "reservations.overbook"
BELOW_FORMER = "reservations.below_former_price"


class DatesImpossible(HouseError):
    """Arrival and departure do not make a stay; params: `reason`: past, order, too_long; `limit` (date or nights)."""

    code = "dates_impossible"
    status = HTTPStatus.UNPROCESSABLE_ENTITY


class OverbookingNotPermitted(HouseError):
    """Above the available stock a booking is saved only by those who have the right; params: `type`, `night`."""

    code = "overbooking_not_permitted"
    status = HTTPStatus.CONFLICT


@dataclass(frozen=True, slots=True)
class WantedLine:
    """So many rooms of a type, or so many `beds` of it (then `rooms` is 0); `price`: a night, where it is agreed."""

    type: str
    rooms: int = 1
    beds: int = 0
    price: int | None = None


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be true of a booking. `arrival_time`: None where the guest did not say one.

    `discount`: percent off the list price, where no line has an agreed price of its own. `extra_bed_price`: of one
    extra bed a night where it is agreed (加床费), None for the fee of the type.
    """

    kind: Kind
    lines: tuple[WantedLine, ...]
    arrival: date
    departure: date
    arrival_time: time | None = None
    booker: str = ""
    phone: str = ""
    guest_id: int | None = None
    language: str = "zh"
    persons: int = 1
    plan: str = ""
    extra_beds: int = 0
    extra_bed_price: int | None = None
    discount: int = 0
    discount_reason: str = ""
    company: str = ""
    salesperson: str = ""
    source: str = "phone"
    note: str = ""
    guarantee: str = "none"
    call_id: int | None = None
    group_name: str = ""
    group_type: str = ""
    group_id: int | None = None


@dataclass(frozen=True, slots=True)
class PricedLine:
    """A line with its prices: listed and agreed, averaged over the nights, and each night's own."""

    type: RoomType
    rooms: int
    beds: int
    price: int
    list_price: int
    nightly: tuple[int, ...]

    @property
    def units(self) -> int:
        """What the price is paid for: rooms, or beds."""
        return self.beds or self.rooms


@dataclass(frozen=True, slots=True)
class Offer:
    """A booking with its prices: what it costs altogether, the greatest discount in it, the extra beds' price.

    `extra_bed_discount`: percent taken off the fee of the extra beds, which is no discount on the rooms.
    """

    lines: tuple[PricedLine, ...]
    total: int
    discount: int
    extra_bed_price: int
    extra_bed_discount: int = 0


def default_dates(arrival: date | None, today: date) -> tuple[date, date]:
    """Return the dates that stand where none is said: arrive tomorrow, leave the day after (requirements 3)."""
    begin = arrival or today + timedelta(days=1)
    return begin, begin + timedelta(days=1)


def check_dates(arrival: date, departure: date, earliest: date, longest_stay: int) -> None:
    """Refuse dates that make no stay.

    Raises:
        DatesImpossible: in the past, departure not after arrival, or longer than `longest_stay` nights.
    """
    if arrival < earliest:
        raise DatesImpossible(reason="past", limit=earliest.isoformat())
    if departure <= arrival:
        raise DatesImpossible(reason="order", limit=arrival.isoformat())
    if (departure - arrival).days > longest_stay:
        raise DatesImpossible(reason="too_long", limit=longest_stay)


def rooms_for(beds: int, beds_of_room: int) -> int:
    """Return how many rooms of the stock a number of beds needs."""
    return -(-beds // beds_of_room)


async def offer(session: AsyncSession, wanted: Wanted) -> Offer:
    """Price a booking without making it.

    Raises:
        UnknownType: a type is not let.
        UnknownPlan: the plan is not sold.
    """
    known = await store.types(session, {line.type for line in wanted.lines})
    tariff = await prices.tariff_of(session, wanted.plan, wanted.arrival, wanted.departure)
    days = nights.nights_between(wanted.arrival, wanted.departure)
    lines = tuple(_priced(line, known[line.type], tariff, days, wanted.discount) for line in wanted.lines)
    usual_fee = max((line.type.extra_bed_price for line in lines), default=0)
    extra_bed_price = usual_fee if wanted.extra_bed_price is None else wanted.extra_bed_price
    total = sum(line.units * sum(line.nightly) for line in lines) + wanted.extra_beds * extra_bed_price * len(days)
    agreed = [line for line, asked in zip(lines, wanted.lines, strict=True) if asked.price is not None]
    greatest = max((prices.percent_off(line.list_price, line.price) for line in agreed), default=0)
    is_taken_off = len(agreed) < len(lines)
    discount = max(greatest, wanted.discount if is_taken_off else 0)
    off_the_fee = prices.percent_off(usual_fee, extra_bed_price) if wanted.extra_beds else 0
    return Offer(lines, total, discount, extra_bed_price, off_the_fee)


async def create(
    session: AsyncSession, desk: Desk, wanted: Wanted, by: Booker, note: Note = NO_NOTE, *, overbook: bool = False
) -> Reservation:
    """Make an unconfirmed booking that holds its rooms.

    Raises:
        DatesImpossible: see `check_dates`.
        SoldOut: too few rooms are free.
        OverbookingNotPermitted: `overbook` is wanted by one who may not.
        DiscountAboveCeiling: the discount is more than this operator may give.
        DiscountNeedsReason: it has no reason.
        UnknownType: a type is not let.
        UnknownPlan: the plan is not sold.
        AttentionListed: the booker is on the special-attention list and `note` does not say who it is.
        NotFound: the card that was chosen does not exist.
        OtherCustomersCode: the company is a contract customer, and the booker's card names another.
    """
    now, rules = desk.clock.now(), desk.rules
    check_dates(wanted.arrival, wanted.departure, rules.earliest_arrival(now), rules.longest_stay)
    confirmed = await attention.confirmed(session, [Named(wanted.booker, wanted.guest_id)], note.attention)
    wanted = replace(wanted, company=await ordered_under(session, wanted.company, wanted.guest_id))
    offered = await _checked_offer(session, desk, wanted, by)
    approval = await _approval(session, wanted, offered, by, None)
    span = (wanted.arrival, wanted.departure)
    await hold(session, [(line.type.id, line.rooms) for line in offered.lines], span, by, overbook=overbook)
    number = await store.next_number(session, "booking", now.astimezone(rules.zone))
    booking = Reservation(
        number=number,
        account=f"A{number}",
        kind=wanted.kind.value,
        state=State.UNCONFIRMED.value,
        approval=approval,
        contacts=0,
        version=0,
        end_reason="",
        entered_by_id=by.user_id,
        entered_by=by.username,
        entered_at=now,
    )
    _apply(booking, wanted, offered, desk)
    session.add(booking)
    await session.flush()
    _add_lines(session, booking, offered)
    after = {**journal.facts(booking), **confirmed}
    journal.record(session, desk, booking, "created", by, note, state_before="", after=after)
    if booking.guest_id is not None:
        await orders.note(session, booking.guest_id, now, by, desk.audit)
    return booking


async def change(
    session: AsyncSession,
    desk: Desk,
    booking: Reservation,
    wanted: Wanted,
    by: Booker,
    note: Note,
    *,
    overbook: bool = False,
) -> Reservation:
    """Let `wanted` be true of a booking whose guest is still expected; rooms move along with its dates.

    Where types or quantities change, the rooms chosen so far are given back.

    Raises:
        TransitionRefused: the guest is not expected any more.
        RoomTaken: the room is not free in the new nights.
        SoldOut, OverbookingNotPermitted, DiscountAboveCeiling, DiscountNeedsReason, DatesImpossible: as `create`.
        AttentionListed: another booker is entered who is on the special-attention list.
        OtherCustomersCode: as `create`.
    """
    if State(booking.state) not in COMING or booking.kind == Kind.MEETING:
        raise TransitionRefused(number=booking.number, state=booking.state, action="change")
    now, rules = desk.clock.now(), desk.rules
    if wanted.arrival != booking.arrival or wanted.departure <= wanted.arrival:
        check_dates(wanted.arrival, wanted.departure, rules.earliest_arrival(now), rules.longest_stay)
    old = (await store.lines_of(session, [booking.id]))[booking.id]
    before = {**journal.facts(booking), "lines": await _line_facts(session, old)}
    is_other = (wanted.booker, wanted.guest_id) != (booking.booker, booking.guest_id)
    named = [Named(wanted.booker, wanted.guest_id)] if is_other else []
    confirmed = await attention.confirmed(session, named, note.attention)
    wanted = replace(wanted, company=await ordered_under(session, wanted.company, wanted.guest_id))
    offered = await _checked_offer(session, desk, wanted, by)
    approval = await _approval(session, wanted, offered, by, booking)
    await _rearrange(session, booking, old, wanted, offered, by, overbook=overbook)
    _apply(booking, wanted, offered, desk)
    booking.approval = approval
    after = {**journal.facts(booking), "lines": _offer_facts(offered)}
    changed_before, changed_after = journal.differences(before, after)
    if changed_after:
        journal.record(
            session,
            desk,
            booking,
            "changed",
            by,
            note,
            state_before=booking.state,
            before=changed_before,
            after={**changed_after, **confirmed},
        )
    if is_other and booking.guest_id is not None:
        await orders.note(session, booking.guest_id, now, by, desk.audit)
    return booking


async def copies(
    session: AsyncSession, desk: Desk, booking: Reservation, count: int, by: Booker, note: Note, *, overbook: bool
) -> list[Reservation]:
    """Book `count` further rooms for the same booker, each with an order and account number of its own.

    Raises:
        TransitionRefused: only individual bookings whose guest is still expected are copied.
        SoldOut, OverbookingNotPermitted, DiscountAboveCeiling: as `create`.
    """
    if State(booking.state) not in COMING or booking.kind != Kind.INDIVIDUAL:
        raise TransitionRefused(number=booking.number, state=booking.state, action="copy")
    wanted = await as_wanted(session, booking, desk)
    same_person = replace(note, attention=note.attention or booking.number)  # whom the first booking was made for
    made = []
    for _ in range(count):
        copy = await create(session, desk, wanted, by, same_person, overbook=overbook)
        copy.copied_from = booking.number
        made.append(copy)
    return made


async def as_wanted(session: AsyncSession, booking: Reservation, desk: Desk) -> Wanted:
    """Describe a booking as one would want it again."""
    lines = (await store.lines_of(session, [booking.id]))[booking.id]
    codes = await _codes(session, lines)
    local = booking.arrives_at.astimezone(desk.rules.zone).timetz().replace(tzinfo=None)
    same = {
        name: getattr(booking, name)
        for name in Wanted.__dataclass_fields__
        if name not in ("kind", "lines", "arrival_time")
    }
    wanted_lines = tuple(
        WantedLine(codes[line.type_id], 0 if line.beds else line.rooms, line.beds, line.price) for line in lines
    )
    return Wanted(
        kind=Kind(booking.kind), lines=wanted_lines, arrival_time=local if booking.arrival_stated else None, **same
    )


async def hold(
    session: AsyncSession, wanted: Sequence[tuple[int, int]], span: tuple[date, date], by: Booker, *, overbook: bool
) -> None:
    """Take rooms of the stock, types in one order, from the first night of `span` to the morning of its second date.

    Raises:
        SoldOut: too few are free.
        OverbookingNotPermitted: `overbook` is wanted by one who may not.
    """
    totals = Counter[int]()
    for type_id, rooms in wanted:
        totals[type_id] += rooms
    for type_id in sorted(totals):
        may = overbook and by.may(OVERBOOK)
        try:
            await nights.hold_type(session, type_id, *span, totals[type_id], overbook=may)
        except nights.SoldOut as refused:
            if overbook and not may:
                params = refused.params
                raise OverbookingNotPermitted(type=params["type"], night=params["night"]) from refused
            raise


async def _rearrange(
    session: AsyncSession,
    booking: Reservation,
    old: Sequence[ReservationLine],
    wanted: Wanted,
    offered: Offer,
    by: Booker,
    *,
    overbook: bool,
) -> None:
    """Give back what the booking holds and take what it is to hold, all rows locked in one order before."""
    is_same_stock = _quantities(old) == Counter(
        {(line.type.id, line.beds): line.rooms for line in offered.lines}
    ) and len(old) == len(offered.lines)
    is_same_span = (wanted.arrival, wanted.departure) == (booking.arrival, booking.departure)
    if not (is_same_stock and is_same_span):
        first = min(wanted.arrival, booking.arrival)
        until = max(wanted.departure, booking.departure)
        for type_id in sorted({line.type_id for line in old} | {line.type.id for line in offered.lines}):
            await nights.lock_type(session, type_id, first, until)
        for line in old:
            await nights.release_type(session, line.type_id, booking.arrival, booking.departure, line.rooms)
        span = (wanted.arrival, wanted.departure)
        await hold(session, [(line.type.id, line.rooms) for line in offered.lines], span, by, overbook=overbook)
        holder = (Holder.RESERVATION, booking.id)
        rooms = await nights.held_rooms(session, holder)
        await nights.give_back(session, holder)
        if is_same_stock:
            for room, beds in rooms:
                await nights.take_room(session, room, beds, wanted.arrival, wanted.departure, holder)
    await session.execute(delete(ReservationLine).where(ReservationLine.reservation_id == booking.id))
    _add_lines(session, booking, offered)


def _quantities(lines: Sequence[ReservationLine]) -> Counter[tuple[int, int]]:
    found = Counter[tuple[int, int]]()
    for line in lines:
        found[line.type_id, line.beds] += line.rooms
    return found


async def _checked_offer(session: AsyncSession, desk: Desk, wanted: Wanted, by: Booker) -> Offer:
    offered = await offer(session, wanted)
    greatest = max(offered.discount, offered.extra_bed_discount)
    if greatest > 0:
        ceiling = await prices.ceiling_of(session, by, desk.rules.ceilings)
        prices.check_discount(greatest, wanted.discount_reason, ceiling)
    return offered


async def _approval(
    session: AsyncSession, wanted: Wanted, offered: Offer, by: Booker, present: Reservation | None
) -> str:
    """Say whether a manager must agree to the price, or did: empty, wanted, given."""
    if present is not None and present.approval and present.total == offered.total:
        return present.approval
    if wanted.kind is not Kind.INDIVIDUAL or not offered.discount:
        return ""
    line = offered.lines[0]
    former = await former_price(session, wanted, line.type.id, None if present is None else present.id)
    if not prices.needs_approval(line.price, line.list_price, former):
        return ""
    return "given" if by.may(BELOW_FORMER) else "wanted"


async def former_price(session: AsyncSession, wanted: Wanted, type_id: int, besides: int | None) -> int | None:
    """Return what this customer, by card or number, paid a night for the type the last time, in fen."""
    known = [Reservation.guest_id == wanted.guest_id] if wanted.guest_id is not None else []
    known += [Reservation.phone == wanted.phone] if wanted.phone else []
    if not known:
        return None
    paid = (State.CONFIRMED.value, State.CHECKED_IN.value, State.CHECKED_OUT.value)
    statement = (
        select(ReservationLine.price)
        .join(Reservation, Reservation.id == ReservationLine.reservation_id)
        .where(or_(*known), Reservation.state.in_(paid), Reservation.kind == Kind.INDIVIDUAL.value)
        .where(ReservationLine.type_id == type_id)
        .order_by(Reservation.arrival.desc(), Reservation.id.desc())
        .limit(1)
    )
    if besides is not None:
        statement = statement.where(Reservation.id != besides)
    return await session.scalar(statement)


def _priced(line: WantedLine, kind: RoomType, tariff: prices.Tariff, days: Sequence[date], discount: int) -> PricedLine:
    listed = list(prices.nightly(tariff, kind.id, kind.price, days).values())
    if line.beds:  # a bed costs its part of the room
        listed = [round(price / kind.beds) for price in listed]
    agreed = [prices.discounted(price, discount) if line.price is None else line.price for price in listed]
    average, list_average = (round(sum(each) / max(1, len(days))) for each in (agreed, listed))
    rooms = rooms_for(line.beds, kind.beds) if line.beds else line.rooms
    return PricedLine(kind, rooms, line.beds, average, list_average, tuple(agreed))


def _apply(booking: Reservation, wanted: Wanted, offered: Offer, desk: Desk) -> None:
    for name in Wanted.__dataclass_fields__:
        if name not in ("kind", "lines", "arrival_time"):
            setattr(booking, name, getattr(wanted, name))
    booking.arrives_at = desk.rules.at(wanted.arrival, wanted.arrival_time or desk.rules.arrival)
    booking.arrival_stated = wanted.arrival_time is not None
    booking.total = offered.total
    booking.discount = offered.discount
    booking.extra_bed_price = offered.extra_bed_price


def _add_lines(session: AsyncSession, booking: Reservation, offered: Offer) -> None:
    session.add_all(
        ReservationLine(
            reservation_id=booking.id,
            type_id=line.type.id,
            rooms=line.rooms,
            beds=line.beds,
            price=line.price,
            list_price=line.list_price,
            nightly=list(line.nightly),
        )
        for line in offered.lines
    )


async def _codes(session: AsyncSession, lines: Sequence[ReservationLine]) -> dict[int, str]:
    statement = select(RoomType.id, RoomType.code).where(RoomType.id.in_({line.type_id for line in lines}))
    return {number: code for number, code in await session.execute(statement)}


async def _line_facts(session: AsyncSession, lines: Sequence[ReservationLine]) -> list[dict[str, object]]:
    codes = await _codes(session, lines)
    return [
        {"type": codes[line.type_id], "rooms": line.rooms, "beds": line.beds, "price": line.price} for line in lines
    ]


def _offer_facts(offered: Offer) -> list[dict[str, object]]:
    return [
        {"type": line.type.code, "rooms": line.rooms, "beds": line.beds, "price": line.price} for line in offered.lines
    ]
