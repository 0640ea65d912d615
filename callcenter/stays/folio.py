"""A stay's folio: postings, corrections of the day, reversals after the night audit, transfers (requirements 4)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.errors import NotFound, NotPermitted
from callcenter.stays.kinds import RECEIVED, LineAudited, LineKind, LineReversed, StayEnded, StayState
from callcenter.stays.models import AuditedNight, FolioLine, Stay
from callcenter.stays.scope import Scope, reason_of

REVERSE = "folio.reverse"


@dataclass(frozen=True, slots=True)
class Posting:
    """Something to write on a folio. `amount` in fen, above zero; `reference` makes it one that is posted once."""

    kind: LineKind
    amount: int
    text: str = ""
    method: str = ""
    reference: str | None = None
    day: date | None = None


async def post(scope: Scope, stay: Stay, posting: Posting) -> FolioLine:
    """Write on the folio; money received counts against the charges.

    Raises:
        StayEnded: the guest has checked out.
    """
    if stay.state != StayState.IN_HOUSE:
        raise StayEnded(number=stay.number)
    return await enter(scope, stay, posting)


async def enter(scope: Scope, stay: Stay, posting: Posting) -> FolioLine:
    """Write on the folio, also on that of a guest who has left: a call that had not been charged yet."""
    line = FolioLine(
        stay_id=stay.id,
        day=posting.day or scope.day,
        kind=posting.kind,
        amount=-posting.amount if posting.kind in RECEIVED else posting.amount,
        method=posting.method,
        text=posting.text,
        reference=posting.reference,
        at=scope.now,
        by=scope.by.username,
    )
    scope.session.add(line)
    await scope.session.flush()
    _note(scope, stay, "posted", line)
    return line


async def line_of(session: AsyncSession, number: int) -> FolioLine:
    """Find a line.

    Raises:
        NotFound: there is none.
    """
    line = await session.get(FolioLine, number)
    if line is None:
        raise NotFound(kind="folio_line", id=number)
    return line


async def edit(scope: Scope, stay: Stay, line: FolioLine, amount: int, text: str, why: str) -> None:
    """Correct a line of a day that the night audit has not closed.

    Raises:
        LineAudited: its day is closed.
        LineReversed: it was taken back, or takes another back.
        ReasonMissing: no reason is given.
    """
    reason = reason_of(why, "folio")
    await _must_stand(scope.session, line)
    if await is_audited(scope.session, line.day):
        raise LineAudited(line=line.id)
    before = _shown(line)
    line.amount = -amount if line.kind in RECEIVED else amount
    line.text = text
    scope.note(stay, "folio_edited", before, _shown(line), reason)


async def reverse(scope: Scope, stay: Stay, line: FolioLine, why: str) -> FolioLine:
    """Take a line back by one of the opposite amount (红冲), on today's day of the hotel.

    Raises:
        NotPermitted: its day is closed, and the right to reverse after the audit is missing.
        LineReversed: it was taken back already, or takes another back.
        ReasonMissing: no reason is given.
    """
    reason = reason_of(why, "folio")
    await _must_stand(scope.session, line)
    if await is_audited(scope.session, line.day) and not scope.by.may(REVERSE):
        raise NotPermitted(permission=REVERSE)
    return await take_back(scope, stay, line, reason)


async def take_back(scope: Scope, stay: Stay, line: FolioLine, why: str) -> FolioLine:
    """Post the opposite of a line that stands; whoever calls knows that it may be."""
    opposite = FolioLine(
        stay_id=stay.id,
        day=scope.day,
        kind=line.kind,
        amount=-line.amount,
        method=line.method,
        text=why,
        reverses_id=line.id,
        at=scope.now,
        by=scope.by.username,
    )
    scope.session.add(opposite)
    await scope.session.flush()
    scope.note(stay, "folio_reversed", _shown(line), _shown(opposite), why)
    return opposite


async def transfer(scope: Scope, stay: Stay, line: FolioLine, to: Stay, why: str) -> FolioLine:
    """Move a line to another guest's folio (转账): taken back here, posted there.

    Raises:
        StayEnded: the other guest has checked out.
        LineReversed: the line was taken back already, or takes another back.
        NotPermitted, ReasonMissing: as for a reversal.
    """
    if to.state != StayState.IN_HOUSE:
        raise StayEnded(number=to.number)
    here = await reverse(scope, stay, line, why)
    there = FolioLine(
        stay_id=to.id,
        day=scope.day,
        kind=line.kind,
        amount=line.amount,
        method=line.method,
        text=line.text,
        transfer_id=here.id,
        at=scope.now,
        by=scope.by.username,
    )
    scope.session.add(there)
    await scope.session.flush()
    here.transfer_id = there.id
    scope.note(to, "folio_received", None, _shown(there), why.strip())
    return there


async def lines_of(session: AsyncSession, stay_id: int) -> Sequence[FolioLine]:
    """Return a folio, oldest line first."""
    return (await session.scalars(select(FolioLine).where(FolioLine.stay_id == stay_id).order_by(FolioLine.id))).all()


async def balances(session: AsyncSession, stays: Sequence[int]) -> dict[int, int]:
    """Return what each guest owes, in fen; below zero the house owes the guest. Commission is not the guest's."""
    statement = (
        select(FolioLine.stay_id, func.sum(FolioLine.amount))
        .where(FolioLine.stay_id.in_(stays), FolioLine.kind != LineKind.COMMISSION)
        .group_by(FolioLine.stay_id)
    )
    found = {stay: int(total) for stay, total in await session.execute(statement)}
    return {stay: found.get(stay, 0) for stay in stays}


async def is_posted(session: AsyncSession, reference: str) -> bool:
    """Tell whether something was posted under this reference already."""
    return await session.scalar(select(FolioLine.id).where(FolioLine.reference == reference)) is not None


async def is_audited(session: AsyncSession, day: date) -> bool:
    """Tell whether the night audit has closed a day."""
    last = await audited_until(session)
    return last is not None and day <= last


async def audited_until(session: AsyncSession) -> date | None:
    """Return the last day that the night audit has closed."""
    last: date | None = await session.scalar(select(func.max(AuditedNight.night)))
    return last


async def _must_stand(session: AsyncSession, line: FolioLine) -> None:
    back = await session.scalar(select(FolioLine.id).where(FolioLine.reverses_id == line.id))
    if back is not None or line.reverses_id is not None:
        raise LineReversed(line=line.id)


def _note(scope: Scope, stay: Stay, action: str, line: FolioLine) -> None:
    scope.note(stay, f"folio_{action}", None, _shown(line))


def _shown(line: FolioLine) -> dict[str, object]:
    return {"line": line.id, "kind": str(line.kind), "amount": line.amount, "text": line.text}
