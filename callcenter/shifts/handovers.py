"""Handing over: the leaving shift writes what is open, the next one reads and signs (requirements 9)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.errors import HouseError, NotFound
from callcenter.outbound import service as due_calls
from callcenter.outbound.lost_callers import lost_callers
from callcenter.shifts.models import Handover
from callcenter.staff.audit import AuditLog
from callcenter.web.identity import SignedIn
from callcenter.web.output import isoformat

SHOWN = 50


class OwnHandover(HouseError):
    """Whoever wrote a handover cannot sign it: the next shift reads it."""

    code = "own_handover"
    status = HTTPStatus.CONFLICT


class HandoverSigned(HouseError):
    """It has been signed already; params: `by`."""

    code = "handover_signed"
    status = HTTPStatus.CONFLICT


async def left_open(session: AsyncSession, now: datetime, lost_for: timedelta) -> tuple[list[Any], list[Any]]:
    """Return the promises that are open and the lost callers whom nobody has called back, as a handover keeps them."""
    promises = [
        {
            "id": due.id,
            "kind": due.kind,
            "number": due.number,
            "due_at": isoformat(due.due_at),
            "taken_by": due.taken_by,
            "note": due.note or due.reason,
        }
        for due in await due_calls.undone(session)
    ]
    lost = [
        {"number": one.number, "tries": one.tries, "last_at": isoformat(one.last_at), "waited": one.waited_seconds}
        for one in await lost_callers(session, now - lost_for)
        if one.due_call is None
    ]
    return promises, lost


async def write(
    session: AsyncSession,
    shift: str,
    text: str,
    by: SignedIn,
    now: datetime,
    lost_for: timedelta,
    audit: AuditLog,
    address: str,
) -> Handover:
    """Write the handover of a shift; what is open is filled in as it stands now."""
    promises, lost = await left_open(session, now, lost_for)
    handover = Handover(
        shift=shift,
        text=text,
        promises=promises,
        lost=lost,
        written_by_id=by.user_id,
        written_by=by.name,
        written_at=now,
    )
    session.add(handover)
    await session.flush()
    after = {"shift": shift, "promises": len(promises), "lost": len(lost)}
    audit(session, by, "handover.written", ("handover", handover.id), after=after, address=address)
    return handover


async def sign(
    session: AsyncSession, number: int, by: SignedIn, now: datetime, audit: AuditLog, address: str
) -> Handover:
    """Sign that a handover was read.

    Raises:
        NotFound: there is none with this id.
        OwnHandover: `by` has written it.
        HandoverSigned: somebody has signed it before.
    """
    handover = await session.get(Handover, number, with_for_update=True)
    if handover is None:
        raise NotFound(kind="handover", id=number)
    if handover.signed_at is not None:
        raise HandoverSigned(by=handover.signed_by)
    if handover.written_by_id == by.user_id:
        raise OwnHandover
    handover.signed_by_id, handover.signed_by, handover.signed_at = by.user_id, by.name, now
    audit(session, by, "handover.signed", ("handover", number), after={"signed": True}, address=address)
    return handover


async def latest(session: AsyncSession) -> Sequence[Handover]:
    """Return the last handovers, the newest first."""
    statement = select(Handover).order_by(Handover.written_at.desc(), Handover.id.desc()).limit(SHOWN)
    return (await session.scalars(statement)).all()
