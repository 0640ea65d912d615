"""Call-backs go by themselves when the caller is talked with."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from callcenter.clock import SettableClock
from callcenter.db import Database
from callcenter.events import CallChanged, EventBus
from callcenter.outbound import service
from callcenter.outbound.call_backs import CallBackDesk
from callcenter.outbound.parts import OutboundParts
from callcenter.outbound.reached import Reached, ReachedWatch, reached
from callcenter.staff.audit import AuditLog
from callcenter.telephony import Answerer, CallSnapshot, Direction
from tests.unit.calls.builders import at, call

NUMBER = "13812345678"
OUTWARD = call(caller="8001", line=NUMBER, direction=Direction.OUTBOUND)


@pytest.mark.parametrize(
    ("made", "who"),
    [
        (call(operator=5), Reached(NUMBER, at(5))),
        (call(system=5), None),
        (call(), None),
        (call(operator=5, caller=""), None),
        (OUTWARD, None),
        (replace(OUTWARD, answered_at=at(9), answered_by=Answerer.OPERATOR), Reached(NUMBER, at(9))),
    ],
    ids=["answered", "by the system", "ringing", "hidden", "our call rings", "our call answered"],
)
def test_given_a_call_when_asked_who_is_talked_with_then_only_a_person_counts(
    made: CallSnapshot, who: Reached | None
) -> None:
    assert reached(made) == who


async def test_given_a_wish_in_the_queue_when_stored_and_served_later_then_it_is_withdrawn_once(
    database: Database,
) -> None:
    clock, bus, told = SettableClock(at(60)), EventBus(), asyncio.Event()
    subjects: list[str] = []

    def tell(subject: str) -> None:
        subjects.append(subject)
        if len(subjects) > 1:
            told.set()

    parts = OutboundParts(database, clock, AuditLog(clock), tell, timedelta(days=3))
    waiting = call("1.1", system=5)
    desk = CallBackDesk(parts, lambda: [waiting])
    await desk(waiting.key, NUMBER, "en")
    await desk(waiting.key, NUMBER, "en")
    async with database.read() as session:
        (due,) = await service.undone(session)
    assert (due.place_at, due.line, due.language, due.linkedid) == (waiting.started_at, "4001", "en", "1.1")
    assert subjects == ["due_calls"]

    watch = ReachedWatch(bus, parts)
    watch.start()
    served = call("1.2", start=100, operator=5)
    bus.publish(CallChanged(served))
    bus.publish(CallChanged(replace(served, ended_at=at(200))))
    async with asyncio.timeout(5):
        await told.wait()
    await watch.close()

    async with database.read() as session:
        assert await service.undone(session) == []
        (gone,) = await service.closed(session, at(0), 10)
    assert (gone.state, gone.closed_by) == ("withdrawn", "(system)")
