"""The persons of a booking: documents checked, people on the special-attention list confirmed (requirements 3, 4)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date

from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.guests import attention, documents
from callcenter.guests.attention import Named
from callcenter.reservations import journal, store
from callcenter.reservations.models import Reservation, ReservationGuest
from callcenter.reservations.rules import Booker, Desk, Note


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody of a booking; foreign guests have surname, given name, passport and nationality."""

    name: str = ""
    guest_id: int | None = None
    surname: str = ""
    given_name: str = ""
    is_foreign: bool = False
    document_type: str = ""
    document_number: str = ""
    nationality: str = ""
    origin: str = ""
    sex: str = ""
    birthday: date | None = None
    address: str = ""

    @property
    def shown(self) -> str:
        """The whole name."""
        return self.name or f"{self.surname} {self.given_name}".strip()


async def put(
    session: AsyncSession, desk: Desk, booking: Reservation, wanted: Sequence[Person], by: Booker, note: Note
) -> None:
    """Let `wanted` be the persons of a booking; a document number that comes back masked stays what it was.

    Raises:
        IdCardNotValid: 身份证号码有误; `person` says whose.
        DocumentNotValid: another document's number cannot be right.
        AttentionListed: somebody new is on the special-attention list and `note` does not say who it is.
        NotFound: a card was chosen that does not exist.
    """
    present = await store.guests_of(session, booking)
    masked = {(one.name, one.surname, hidden(one.document_number)): one.document_number for one in present}
    today = desk.rules.today(desk.clock.now())
    persons = [_checked(place, one, masked, today) for place, one in enumerate(wanted)]
    known = {(_shown(one), one.guest_id) for one in present} | {(booking.booker, booking.guest_id)}
    fresh = [Named(one.shown, one.guest_id) for one in persons if (one.shown, one.guest_id) not in known]
    confirmed = await attention.confirmed(session, fresh, note.attention)
    await session.execute(delete(ReservationGuest).where(ReservationGuest.reservation_id == booking.id))
    session.add_all(ReservationGuest(reservation_id=booking.id, **asdict(one)) for one in persons)
    before = {"guests": [_shown(one) for one in present]}
    after = {"guests": [one.shown for one in persons], **confirmed}
    journal.record(
        session, desk, booking, "guests_set", by, note, state_before=booking.state, before=before, after=after
    )


def hidden(document: str) -> str:
    """Hide a document number from those who need it not."""
    return f"{document[:3]}****{document[-2:]}" if len(document) > 6 else "*" * len(document)


def _checked(place: int, one: Person, masked: dict[tuple[str, str, str], str], today: date) -> Person:
    """Check a document, and fill in what an ID card tells and nobody has said (requirements 3)."""
    written = masked.get((one.name, one.surname, one.document_number), one.document_number)
    return replace(one, **documents.identity_of(place, one, one.document_type, written, today))


def _shown(one: ReservationGuest) -> str:
    return one.name or f"{one.surname} {one.given_name}".strip()
