"""Monthly cancellation and no-show report, salespeople compared, credit records, over HTTP. Money is in fen."""

from __future__ import annotations

from datetime import date

from aiohttp import web
from pydantic import ConfigDict

from callcenter.reservations import figures
from callcenter.reservations.planning_schemas import SpanFilter
from callcenter.web.app import DATABASE
from callcenter.web.identity import requires
from callcenter.web.inputs import Id, Input, query
from callcenter.web.openapi import Contract, documented
from callcenter.web.output import Output, answer

routes = web.RouteTableDef()


class TallyOut(Output):
    """Bookings by what became of them; `lost_share`: cancelled and no-shows of those that audits did not remove."""

    model_config = ConfigDict(from_attributes=True)

    bookings: int
    rooms: int
    kept: int
    cancelled: int
    no_shows: int
    lapsed: int
    value: int
    lost_share: float


class NamedTally(Output):
    """The figures of a salesperson, a source."""

    name: str
    tally: TallyOut


class DayTally(Output):
    """The figures of one day of arrival."""

    day: date
    tally: TallyOut


class CreditOut(Output):
    """A customer's record over all time."""

    booker: str
    phone: str
    guest_id: int | None
    tally: TallyOut


class MonthOut(Output):
    """The figures of a span of arrivals, usually a month, and the customers who did not keep a booking in it."""

    total: TallyOut
    salespeople: list[NamedTally]
    sources: list[NamedTally]
    days: list[DayTally]
    credits: list[CreditOut]


class CustomerFilter(Input):
    """Whose credit record: a guest card's."""

    guest_id: Id


@routes.get("/api/v1/reservation-figures")
@documented(Contract(query=SpanFilter, answer=MonthOut))
@requires("reservations.report")
async def show_reservation_figures(request: web.Request) -> web.Response:
    """Compare salespeople's bookings with cancellations and no-shows, and show customers' credit records."""
    wanted = query(request, SpanFilter)
    async with request.app[DATABASE].read() as session:
        month = await figures.month(session, wanted.first, wanted.until)
        records = await figures.credit_records(session, wanted.first, wanted.until)
    return answer(
        MonthOut(
            total=_tally(month.total),
            salespeople=[NamedTally(name=name, tally=_tally(one)) for name, one in month.salespeople.items()],
            sources=[NamedTally(name=name, tally=_tally(one)) for name, one in month.sources.items()],
            days=[DayTally(day=day, tally=_tally(one)) for day, one in month.days.items()],
            credits=[_credit(one) for one in records],
        )
    )


@routes.get("/api/v1/customer-credit")
@documented(Contract(query=CustomerFilter, answer=CreditOut))
@requires("reservations.read")
async def show_customer_credit(request: web.Request) -> web.Response:
    """Show how reliably a customer kept bookings."""
    wanted = query(request, CustomerFilter)
    async with request.app[DATABASE].read() as session:
        found = await figures.credit_of(session, "", wanted.guest_id)
    return answer(_credit(found))


def _tally(tally: figures.Tally) -> TallyOut:
    return TallyOut.model_validate(tally)


def _credit(one: figures.Credit) -> CreditOut:
    return CreditOut(booker=one.booker, phone=one.phone, guest_id=one.guest_id, tally=_tally(one.tally))
