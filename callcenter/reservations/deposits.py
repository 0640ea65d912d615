"""Deposits: received in parts and by several methods, given back, or kept; every one is a row that stays.

The first deposit confirms a booking (requirements 3). What the house still holds is the sum of the rows, so a deposit
cannot vanish with an audit, a cancellation or a no-show: it stays until a person refunds or forfeits it.
"""

from __future__ import annotations

from enum import StrEnum
from http import HTTPStatus

from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.errors import HouseError
from callcenter.reservations import acts, journal, store
from callcenter.reservations.models import Payment, Reservation
from callcenter.reservations.rules import Booker, Desk, Note
from callcenter.reservations.states import COMING, State, TransitionRefused


class Method(StrEnum):
    """How money changes hands."""

    CASH = "cash"
    CHEQUE = "cheque"
    CARD = "card"
    MEMBER_CARD = "member_card"
    COMPANY_ACCOUNT = "company_account"
    POINTS = "points"
    TRANSFER = "transfer"


class PaymentKind(StrEnum):
    """What a payment is: received, given back, kept by the house, or moved to the guest's folio."""

    RECEIPT = "receipt"
    REFUND = "refund"
    FORFEIT = "forfeit"
    FOLIO = "folio"


class BeyondDeposit(HouseError):
    """More is to be given back or kept than the house holds; params: `balance`, `amount`, in fen."""

    code = "beyond_deposit"
    status = HTTPStatus.CONFLICT


async def receive(
    session: AsyncSession,
    desk: Desk,
    booking: Reservation,
    amount: int,
    method: Method,
    reference: str,
    by: Booker,
    note: Note,
) -> Payment:
    """Take a deposit (预定收款); an unconfirmed booking is confirmed by it, unless a manager has to agree first.

    Raises:
        TransitionRefused: the guest is not expected any more.
    """
    if State(booking.state) not in {*COMING, State.CHECKED_IN}:
        raise TransitionRefused(number=booking.number, state=booking.state, action="receive")
    paid = await _enter(session, desk, booking, PaymentKind.RECEIPT, amount, method, reference, by, note)
    if booking.state == State.UNCONFIRMED and booking.approval != "wanted":
        await acts.confirm(session, desk, booking, by, note)
    return paid


async def pay_out(
    session: AsyncSession,
    desk: Desk,
    booking: Reservation,
    kind: PaymentKind,
    amount: int,
    method: Method,
    reference: str,
    by: Booker,
    note: Note,
) -> Payment:
    """Give a deposit back (预定退款), keep it, or move it to the folio, whole or in part.

    Raises:
        BeyondDeposit: the house holds less.
        ReasonNeeded: none was given.
    """
    acts.want_reason(note)
    balance = await store.balance_of(session, booking)
    if amount > balance:
        raise BeyondDeposit(balance=balance, amount=amount)
    return await _enter(session, desk, booking, kind, amount, method, reference, by, note)


async def _enter(
    session: AsyncSession,
    desk: Desk,
    booking: Reservation,
    kind: PaymentKind,
    amount: int,
    method: Method,
    reference: str,
    by: Booker,
    note: Note,
) -> Payment:
    now = desk.clock.now()
    number = await store.next_number(session, "payment", now.astimezone(desk.rules.zone), prefix="P")
    payment = Payment(
        number=number,
        reservation_id=booking.id,
        kind=kind.value,
        method=method.value,
        amount=amount,
        reference=reference,
        reason=note.why[:200],
        at=now,
        by=by.username,
    )
    session.add(payment)
    await session.flush()
    after = {"payment": number, "kind": kind.value, "amount": amount, "method": method.value}
    journal.record(session, desk, booking, "payment", by, note, state_before=booking.state, after=after)
    return payment
