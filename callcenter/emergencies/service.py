"""What is done in an emergency; each step is a line of the record, with its time and who did it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from http import HTTPStatus

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.emergencies.dialled import Dialled
from callcenter.emergencies.models import Emergency, EmergencyEntry
from callcenter.errors import HouseError, NotFound
from callcenter.rooms.models import Room
from callcenter.settings.emergency import EmergencyKind, Plan
from callcenter.staff.audit import SYSTEM, Actor, AuditLog
from callcenter.stays.kinds import StayState
from callcenter.stays.models import Stay, StayGuest
from callcenter.telephony import CallKey

MOST_SHOWN = 100


class Action(StrEnum):
    """What a line of the record tells."""

    DIALLED = "dialled"
    RAISED = "raised"
    KIND = "kind"
    TICKED = "ticked"
    UNTICKED = "unticked"
    NOTED = "noted"
    CALLED = "called"
    CLOSED = "closed"


class EmergencyClosed(HouseError):
    """It is over; params: `by`."""

    code = "emergency_closed"
    status = HTTPStatus.CONFLICT


class KindMissing(HouseError):
    """Nobody has said yet what kind of emergency it is, so there is neither checklist nor responder."""

    code = "emergency_kind_missing"
    status = HTTPStatus.CONFLICT


class OutcomeMissing(HouseError):
    """An emergency is not closed without a word on how it ended."""

    code = "emergency_outcome_missing"
    status = HTTPStatus.UNPROCESSABLE_ENTITY


@dataclass(frozen=True, slots=True)
class Occupants:
    """Who is to be looked for in a room: so many persons, who speak these languages; no names."""

    persons: int
    languages: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Doing:
    """One piece of work: transaction, who, when, from where, and the audit log."""

    session: AsyncSession
    by: Actor
    now: datetime
    audit: AuditLog
    address: str = ""

    def write(self, emergency: Emergency, action: Action, text: str = "", step: str = "") -> None:
        """Add a line to the record and to the audit log."""
        entry = EmergencyEntry(
            emergency_id=emergency.id, at=self.now, by=self.by.username, action=action, step=step, text=text
        )
        self.session.add(entry)
        after = {"text": text} | ({"step": step} if step else {})
        self.audit(
            self.session,
            self.by,
            f"emergency.{action}",
            ("emergency", emergency.id),
            after=after,
            address=self.address,
        )


async def note_dialled(doing: Doing, found: Dialled, call: CallKey, at: datetime) -> Emergency | None:
    """Raise what was dialled `at`, or add it to what is open at that place; None where this call is known already."""
    known = select(EmergencyEntry.id).where(EmergencyEntry.node == call.node, EmergencyEntry.linkedid == call.linkedid)
    if await doing.session.scalar(known) is not None:
        return None
    emergency = await _open_at(doing.session, found.place)
    if emergency is None:
        emergency = _new(found.place, found.place, at, service=found.service)
        doing.session.add(emergency)
        await doing.session.flush()
    elif found.service and not emergency.service:
        emergency.service = found.service
    entry = EmergencyEntry(
        emergency_id=emergency.id,
        at=at,
        by=SYSTEM.username,
        action=Action.DIALLED,
        step="",
        text=found.service,
        node=call.node,
        linkedid=call.linkedid,
    )
    doing.session.add(entry)
    doing.audit(
        doing.session,
        SYSTEM,
        "emergency.dialled",
        ("emergency", emergency.id),
        after={"place": found.place, "service": found.service},
    )
    return emergency


async def raise_here(doing: Doing, place: str, conference: str) -> Emergency:
    """Raise an emergency at a place, or write down that it was raised once more where one is open."""
    emergency = await _open_at(doing.session, place)
    if emergency is None:
        emergency = _new(place, conference, doing.now, raised_by=doing.by.username)
        doing.session.add(emergency)
        await doing.session.flush()
    doing.write(emergency, Action.RAISED, place)
    return emergency


async def choose_kind(doing: Doing, number: int, kind: EmergencyKind) -> Emergency:
    """Say what kind it is, which brings the checklist; a mistake is put right by choosing again."""
    emergency = await _still_open(doing.session, number)
    if emergency.kind != kind:
        emergency.kind = kind
        doing.write(emergency, Action.KIND, kind)
    return emergency


async def tick(doing: Doing, number: int, step: int, plans: dict[EmergencyKind, Plan], *, done: bool) -> Emergency:
    """Tick a step of the checklist, counted from 1, or take the tick back; twice the same changes nothing.

    Raises:
        KindMissing: there is no checklist yet.
        NotFound: the checklist has no such step.
    """
    emergency = await _still_open(doing.session, number)
    plan = plan_of(emergency, plans)
    if not 1 <= step <= len(plan.steps):
        raise NotFound(kind="emergency_step", id=step)
    key = f"{emergency.kind}.{step}"
    ticked = {entry.step for entry in standing_ticks(await entries(doing.session, emergency.id))}
    if (key in ticked) is not done:
        words = plan.steps[step - 1]
        doing.write(emergency, Action.TICKED if done else Action.UNTICKED, f"{words.zh} / {words.en}", key)
    return emergency


async def note(doing: Doing, number: int, text: str) -> Emergency:
    """Write something into the record."""
    emergency = await _still_open(doing.session, number)
    doing.write(emergency, Action.NOTED, text)
    return emergency


async def note_called(doing: Doing, number: int, called: Sequence[str]) -> Emergency:
    """Write down who is being called into the conference."""
    emergency = await _still_open(doing.session, number)
    for one in called:
        doing.write(emergency, Action.CALLED, one)
    return emergency


async def close(doing: Doing, number: int, outcome: str) -> Emergency:
    """End an emergency, with how it ended.

    Raises:
        OutcomeMissing: not a word is said of it.
    """
    emergency = await _still_open(doing.session, number)
    told = outcome.strip()
    if not told:
        raise OutcomeMissing
    emergency.closed_at, emergency.closed_by, emergency.outcome = doing.now, doing.by.username, told
    doing.write(emergency, Action.CLOSED, told)
    return emergency


def plan_of(emergency: Emergency, plans: dict[EmergencyKind, Plan]) -> Plan:
    """Return the plan of its kind.

    Raises:
        KindMissing: nobody has said yet what kind it is, or the settings know that kind no more.
    """
    plan = next((plan for kind, plan in plans.items() if kind == emergency.kind), None)
    if plan is None:
        raise KindMissing
    return plan


def standing_ticks(record: Sequence[EmergencyEntry]) -> list[EmergencyEntry]:
    """Return the ticks that were not taken back, in their order."""
    last: dict[str, EmergencyEntry] = {}
    for entry in record:
        if entry.action in (Action.TICKED, Action.UNTICKED):
            last.pop(entry.step, None)
            last[entry.step] = entry
    return [entry for entry in last.values() if entry.action == Action.TICKED]


async def entries(session: AsyncSession, number: int) -> Sequence[EmergencyEntry]:
    """Read the record of an emergency, in order."""
    statement = select(EmergencyEntry).where(EmergencyEntry.emergency_id == number).order_by(EmergencyEntry.id)
    return (await session.scalars(statement)).all()


async def one(session: AsyncSession, number: int) -> Emergency:
    """Find an emergency.

    Raises:
        NotFound: there is none.
    """
    emergency = await session.get(Emergency, number)
    if emergency is None:
        raise NotFound(kind="emergency", id=number)
    return emergency


async def latest(session: AsyncSession) -> Sequence[Emergency]:
    """Return the open emergencies, then the closed ones, each the latest first; not more than a page of them."""
    statement = select(Emergency).order_by(
        Emergency.closed_at.is_not(None), Emergency.raised_at.desc(), Emergency.id.desc()
    )
    return (await session.scalars(statement.limit(MOST_SHOWN))).all()


async def occupants(session: AsyncSession, place: str) -> Occupants | None:
    """Count who is registered in a room, confidential guests too: whoever must be found counts; None for no room."""
    room = await session.scalar(select(Room.id).where(Room.number == place))
    if room is None:
        return None
    here = (Stay.room_id == room, Stay.state == StayState.IN_HOUSE)
    persons = await session.scalar(
        select(func.count(StayGuest.id)).join(Stay, Stay.id == StayGuest.stay_id).where(*here)
    )
    languages = await session.scalars(select(Stay.language).where(*here).distinct().order_by(Stay.language))
    return Occupants(persons or 0, tuple(language for language in languages if language))


def _new(place: str, conference: str, at: datetime, *, service: str = "", raised_by: str = "") -> Emergency:
    return Emergency(
        place=place,
        conference=conference,
        service=service,
        kind=None,
        raised_at=at,
        raised_by=raised_by,
        closed_at=None,
        closed_by="",
        outcome="",
    )


async def _open_at(session: AsyncSession, place: str) -> Emergency | None:
    statement = select(Emergency).where(Emergency.place == place, Emergency.closed_at.is_(None)).with_for_update()
    return await session.scalar(statement)


async def _still_open(session: AsyncSession, number: int) -> Emergency:
    emergency = await session.get(Emergency, number, with_for_update=True)
    if emergency is None:
        raise NotFound(kind="emergency", id=number)
    if emergency.closed_at is not None:
        raise EmergencyClosed(by=emergency.closed_by)
    return emergency
