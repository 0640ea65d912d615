"""Check-in (散客登记): the room is held, its telephone opened, the folio begun (requirements 4)."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.guests import attention, documents, orders
from callcenter.guests.attention import Named
from callcenter.guests.companies import ordered_under
from callcenter.guests.kinds import DocumentType
from callcenter.reservations import prices
from callcenter.rooms.models import Room, RoomType
from callcenter.stays import folio, recognising, wake_ups
from callcenter.stays.holding import hold, must_be_vacant, room_of
from callcenter.stays.kinds import DepartureRefused, GuestType, LineKind, RoomOccupied, Source, StayState, StayType
from callcenter.stays.models import Stay, StayGuest
from callcenter.stays.numbering import next_number
from callcenter.stays.persons import Person
from callcenter.stays.pricing import Price, agreed
from callcenter.stays.scope import Scope
from callcenter.telephony import PhoneClass


@dataclass(frozen=True, slots=True)
class Registration:
    """What the check-in form says. Prices are fen a night; None leaves them to the room's type.

    `discount`: percent off the list price, where no price is agreed (折扣率). `bed`: 0 for the whole room.
    `departure` counts in days, except for an hourly stay, which lasts `hours`.
    """

    room: str
    departure: date | None
    persons: tuple[Person, ...]
    bed: int = 0
    stay_type: StayType = StayType.NORMAL
    guest_type: GuestType = GuestType.INDIVIDUAL
    price: int | None = None
    discount: int = 0
    extra_beds: int = 0
    extra_bed_price: int | None = None
    breakfasts: int = 0
    commission: int = 0
    confidential: bool = False
    alias: str = ""
    allowed_callers: tuple[str, ...] = ()
    phone_class: PhoneClass | None = None
    language: str = "zh"
    company: str = ""
    salesperson: str = ""
    source: str = ""
    reason: str = ""
    note: str = ""
    wake_up: time | None = None
    attention: str = ""
    """Who it turned out to be, where a name is on the special-attention list."""

    group_id: int | None = None
    reservation_id: int | None = None
    list_price: int | None = field(default=None)
    """What the booking was priced from; None for the price of the room's type."""


async def check_in(
    scope: Scope, wanted: Registration, *, agreed_before: bool = False, fee_agreed_before: bool = False
) -> Stay:
    """Register a guest: the room is held, its telephone opened, the folio begun.

    `agreed_before`: the price comes from a booking, whose discount was looked at when it was made;
    `fee_agreed_before`: so does the fee of the extra beds.

    Raises:
        NotFound: there is no such room.
        RoomOccupied: somebody is registered there, or the room has no such bed.
        SoldOut, RoomTaken: the room is promised to another in one of the nights.
        DiscountTooHigh, ReasonMissing: the price is below what the operator may give, or has no reason.
        DepartureRefused: the guest would leave before the first night is over.
        WakeUpPast: the wake-up time lies after the departure.
        NumberNotValid, AreaCodeMissing: a caller to be put through has no number that could ring.
        IdCardNotValid, DocumentNotValid: a document's number cannot be right (身份证号码有误); `person` says whose.
        AttentionListed: somebody is on the special-attention list and the form does not say who it is.
        OtherCustomersCode: the company is a contract customer, and the guest's card names another.
    """
    filled = [await recognising.filled_in(scope.session, one) for one in wanted.persons]
    persons = tuple(checked(place, one, scope) for place, one in enumerate(filled))
    named = [Named(one.name, one.guest_id) for one in persons]
    confirmed = await attention.confirmed(scope.session, named, wanted.attention)
    company = await ordered_under(scope.session, wanted.company, persons[0].guest_id if persons else None)
    room = await room_of(scope.session, wanted.room)
    kind = await scope.session.get_one(RoomType, room.type_id)
    if wanted.bed > room.beds or (wanted.bed == 0) is (wanted.stay_type is StayType.SHARED):
        raise RoomOccupied(room=room.number)
    await must_be_vacant(scope.session, room, wanted.bed)
    departure, leaves_at = _leaving(scope, wanted)
    price, extra = await _prices(scope, wanted, kind, agreed_before=agreed_before, fee_agreed=fee_agreed_before)
    stay = Stay(
        number=await next_number(scope.session),
        reservation_id=wanted.reservation_id,
        group_id=wanted.group_id,
        room_id=room.id,
        bed=wanted.bed,
        state=StayState.IN_HOUSE,
        stay_type=wanted.stay_type,
        guest_type=wanted.guest_type,
        arrival=scope.day,
        departure=departure,
        arrived_at=scope.now,
        leaves_at=leaves_at,
        list_price=price.list_price,
        price=price.price,
        discount=price.discount,
        extra_beds=wanted.extra_beds,
        extra_bed_price=extra,
        breakfasts=wanted.breakfasts,
        commission=wanted.commission,
        confidential=wanted.confidential,
        alias=wanted.alias,
        allowed_callers=scope.rules.callers(wanted.allowed_callers),
        phone_class=wanted.phone_class or scope.rules.phone_class,
        language=wanted.language,
        company=company,
        salesperson=wanted.salesperson,
        source=wanted.source,
        reason=wanted.reason,
        note=wanted.note,
        registered_by=scope.by.username,
        registered_at=scope.now,
        left_by="",
    )
    scope.session.add(stay)
    try:
        await scope.session.flush()
    except IntegrityError as error:  # two desks at the same moment
        raise RoomOccupied(room=room.number) from error
    await hold(scope.session, stay, room, scope.day, departure)
    _register(scope.session, stay, persons)
    scope.note(stay, "checked_in", None, {**_shown(stay, room), **confirmed}, wanted.reason)
    for guest_id in sorted({one.guest_id for one in persons if one.guest_id is not None}):
        await orders.note(scope.session, guest_id, scope.now, scope.by, scope.audit)
    if wanted.stay_type is StayType.HOURLY:
        await _charge_hours(scope, stay)
    if wanted.wake_up is not None:
        due = wake_ups.next_time(wanted.wake_up, scope.now, scope.rules.zone)
        await wake_ups.add(scope, stay, due, Source.DESK)
    return stay


async def ceiling_of(scope: Scope) -> int:
    """Return how many percent this operator may take off (折扣权限)."""
    return await prices.ceiling_of(scope.session, scope.by, scope.rules.discount_ceilings)


async def _prices(
    scope: Scope, wanted: Registration, kind: RoomType, *, agreed_before: bool, fee_agreed: bool
) -> tuple[Price, int]:
    """Return the price of the room and the fee of an extra bed, each within what this operator may take off."""
    ceiling = await ceiling_of(scope)
    listed = kind.price if wanted.list_price is None else wanted.list_price
    rate = wanted.discount if wanted.price is None and wanted.discount else None
    asked = wanted.price if rate is None else prices.discounted(listed, rate)
    price = agreed(listed, asked, 100 if agreed_before else ceiling, wanted.reason, wanted.stay_type, rate)
    usual = kind.extra_bed_price
    fee = usual if wanted.extra_bed_price is None else wanted.extra_bed_price
    if wanted.extra_beds and not fee_agreed and wanted.stay_type is not StayType.FREE:
        agreed(usual, fee, ceiling, wanted.reason, StayType.NORMAL)
    return price, fee


def checked(place: int, one: Person, scope: Scope) -> Person:
    """Check a document, and fill in what an ID card tells and nobody has said (requirements 3)."""
    kind = one.document_type or (DocumentType.PASSPORT if one.foreign else DocumentType.ID_CARD)
    today = scope.now.astimezone(scope.rules.zone).date()
    return replace(one, **documents.identity_of(place, one, kind, one.document_number, today))


def _leaving(scope: Scope, wanted: Registration) -> tuple[date, datetime]:
    if wanted.stay_type is StayType.HOURLY:
        return scope.day, scope.now + timedelta(hours=scope.rules.hours)
    if wanted.departure is None or wanted.departure <= scope.day:
        raise DepartureRefused(departure=wanted.departure.isoformat() if wanted.departure else "")
    return wanted.departure, scope.rules.leaving(wanted.departure)


def _register(session: AsyncSession, stay: Stay, persons: tuple[Person, ...]) -> None:
    for person in persons:
        session.add(
            StayGuest(
                stay_id=stay.id,
                guest_id=person.guest_id,
                name=person.name,
                phone=person.phone,
                foreign=person.foreign,
                document_type=person.document_type,
                document_number=person.document_number,
                nationality=person.nationality,
                origin=person.origin,
                sex=person.sex,
                birthday=person.birthday,
                address=person.address,
            )
        )


async def _charge_hours(scope: Scope, stay: Stay) -> None:
    reference = f"room:{stay.id}:hourly"
    await folio.post(scope, stay, folio.Posting(LineKind.ROOM, stay.price, reference=reference))


def _shown(stay: Stay, room: Room) -> dict[str, object]:
    return {
        "number": stay.number,
        "room": room.number,
        "stay_type": str(stay.stay_type),
        "departure": stay.departure.isoformat(),
        "price": stay.price,
        "phone_class": str(stay.phone_class),
        "confidential": stay.confidential,
    }
