"""Call records: storing what the exchange tells of calls, and reading it back."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Text, and_, cast, func, or_, select, tuple_
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.calls import links
from callcenter.calls.models import Call, ExchangeState
from callcenter.calls.records import precedence, to_row, to_snapshot
from callcenter.calls.three_rings import Cadences
from callcenter.db import Order, beyond, in_order
from callcenter.errors import NotFound
from callcenter.telephony import Answerer, CallKey, CallSnapshot, Direction, Outcome

KEYS_AT_ONCE = 500

_IDENTITY = frozenset({"node", "linkedid"})
_KEPT = frozenset({"sip_call_id", "recording"})
"""Names that stay once they are known, also where a later source cannot tell them."""


@dataclass(frozen=True, slots=True)
class CallQuery:
    """Which calls: all given conditions together; from `begin` to before `end`; `caller` is part of a number."""

    begin: datetime | None = None
    end: datetime | None = None
    line: str | None = None
    direction: Direction | None = None
    outcome: Outcome | None = None
    answered_by: Answerer | None = None
    operator: str | None = None
    caller: str | None = None
    late: bool | None = None


async def store(session: AsyncSession, calls: Iterable[CallSnapshot], cadences: Cadences) -> dict[CallKey, int]:
    """Insert or update the records of `calls`; the same again changes nothing.

    A snapshot never overwrites a later one (see `records.precedence`), whatever the order of arrival. A call that
    turned out to be a leg of another one (a consultation before a transfer) has no record of its own.

    Returns:
        The ids of the records that were written.
    """
    latest: dict[CallKey, CallSnapshot] = {}
    for call in calls:
        known = latest.get(call.key)
        if known is None or precedence(call) >= precedence(known):
            latest[call.key] = call
    if not latest:
        return {}
    # In the order of their keys, so that two writers lock rows in the same order and never each other.
    ordered = [latest[key] for key in sorted(latest, key=lambda key: (key.node, key.linkedid))]
    rows = [to_row(call, cadences) for call in ordered if call.merged_into is None]
    ids: dict[CallKey, int] = {}
    if rows:
        written = await session.execute(_upsert(session.get_bind().dialect.name), rows)
        ids = {CallKey(node, linkedid): number for number, node, linkedid in written}
    merged = {call.key: call.merged_into for call in ordered if call.merged_into is not None}
    if merged:
        await links.drop_merged(session, merged, ids)
    return ids


async def id_of(session: AsyncSession, key: CallKey) -> int | None:
    """Return the id of a call's record, None as long as it is not written."""
    return await session.scalar(select(Call.id).where(Call.node == key.node, Call.linkedid == key.linkedid))


async def open_snapshots(session: AsyncSession, node: str) -> list[CallSnapshot]:
    """Return the calls of an exchange that have not ended, as they were last stored, oldest first."""
    statement = select(Call).where(Call.node == node, Call.ended_at.is_(None)).order_by(Call.started_at)
    return [to_snapshot(row) for row in await session.scalars(statement)]


async def ended_keys(session: AsyncSession, keys: Collection[CallKey]) -> set[CallKey]:
    """Return those of `keys` whose record is complete: the end was seen, nothing needs to be caught up."""
    complete: set[CallKey] = set()
    wanted = sorted((key.node, key.linkedid) for key in keys)
    for start in range(0, len(wanted), KEYS_AT_ONCE):
        statement = select(Call.node, Call.linkedid).where(
            tuple_(Call.node, Call.linkedid).in_(wanted[start : start + KEYS_AT_ONCE]),
            Call.ended_at.is_not(None),
            Call.swept.is_(False),
        )
        complete.update(CallKey(node, linkedid) for node, linkedid in await session.execute(statement))
    return complete


async def page(
    session: AsyncSession,
    query: CallQuery,
    *,
    limit: int,
    after: tuple[datetime, int] | None = None,
    order: Order = Order.NEWEST,
) -> Sequence[Call]:
    """Read at most `limit` calls in `order`, beyond the position (`started_at`, `id`) of `after`."""
    places = in_order(Call.started_at, Call.id, order)
    statement = select(Call).where(*_conditions(query)).order_by(*places).limit(limit)
    if after is not None:
        statement = statement.where(beyond(Call.started_at, Call.id, after, order))
    return (await session.scalars(statement)).all()


async def one(session: AsyncSession, number: int) -> Call:
    """Read one call.

    Raises:
        NotFound: there is none with this id.
    """
    call = await session.get(Call, number)
    if call is None:
        raise NotFound(kind="call", id=number)
    return call


async def last_answered(session: AsyncSession, limit: int) -> list[CallSnapshot]:
    """Return the last `limit` calls in which a caller talked with a person, the oldest first."""
    statement = (
        select(Call)
        .where(Call.outcome == Outcome.ANSWERED, Call.direction != Direction.OUTBOUND, Call.ended_at.is_not(None))
        .order_by(Call.started_at.desc(), Call.id.desc())
        .limit(limit)
    )
    return [to_snapshot(row) for row in reversed((await session.scalars(statement)).all())]


async def remember(session: AsyncSession, node: str, key: str, value: str) -> None:
    """Keep `value` under `key` for the exchange `node`, for instance how far its event log was read."""
    await session.merge(ExchangeState(node=node, key=key, value=value))


async def recall(session: AsyncSession, node: str, key: str) -> str | None:
    """Return what was last remembered under `key` for the exchange `node`, None when nothing was."""
    state = await session.get(ExchangeState, (node, key))
    return None if state is None else state.value


def _conditions(query: CallQuery) -> list[ColumnElement[bool]]:
    equal = {
        Call.line: query.line,
        Call.direction: query.direction,
        Call.outcome: query.outcome,
        Call.answered_by: query.answered_by,
        Call.late: query.late,
    }
    conditions: list[ColumnElement[bool]] = [column == value for column, value in equal.items() if value is not None]
    if query.begin is not None:
        conditions.append(Call.started_at >= query.begin)
    if query.end is not None:
        conditions.append(Call.started_at < query.end)
    if query.caller is not None:
        conditions.append(Call.caller.contains(query.caller, autoescape=True))
    if query.operator is not None:
        conditions.append(cast(Call.operators, Text).contains(f'"{query.operator}"', autoescape=True))
    return conditions


@cache
def _upsert(dialect: str) -> Any:
    """Built once: every change of every call comes by here, and building it costs more than running it."""
    table = Call.__table__
    insert = sqlite.insert(table) if dialect == "sqlite" else postgresql.insert(table)  # type: ignore[arg-type]
    new = insert.excluded
    changed = [column.name for column in table.columns if column.name not in _IDENTITY and not column.primary_key]
    later = or_(new.rank > table.c.rank, and_(new.rank == table.c.rank, new.known_until >= table.c.known_until))
    return insert.on_conflict_do_update(
        index_elements=[table.c.node, table.c.linkedid],
        set_={name: func.coalesce(new[name], table.c[name]) if name in _KEPT else new[name] for name in changed},
        where=later,
    ).returning(table.c.id, table.c.node, table.c.linkedid)
