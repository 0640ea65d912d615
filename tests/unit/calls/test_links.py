"""What a call was about is linked to it by hand with a reason, or by the caller's number; nothing is forgotten."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.calls import links
from callcenter.calls.linker import CallLinker
from callcenter.calls.links import BY_NUMBER, Subject
from callcenter.calls.models import CallLink
from callcenter.calls.service import store
from callcenter.calls.three_rings import Cadences
from callcenter.clock import SettableClock
from callcenter.db import Database
from callcenter.settings import load
from callcenter.telephony import CallKey, CallSnapshot, Direction
from tests.unit.calls.builders import at, call

CADENCES = Cadences.of(load(environment={}))


class KnownNumbers:
    """Who has which number."""

    def __init__(self, owners: Mapping[str, Sequence[Subject]]) -> None:
        self._owners = owners

    async def subjects_of(self, session: AsyncSession, numbers: Collection[str]) -> Mapping[str, Sequence[Subject]]:
        return {number: self._owners[number] for number in numbers if number in self._owners}


async def _stored(database: Database, *calls: CallSnapshot) -> dict[CallKey, int]:
    async with database.begin() as session:
        return await store(session, calls, CADENCES)


async def _links(database: Database, call_id: int) -> list[tuple[str, int, str]]:
    async with database.read() as session:
        return [(one.subject_type, one.subject_id, one.linked_by) for one in await links.of_call(session, call_id)]


def _linker(database: Database, owners: Mapping[str, Sequence[Subject]]) -> CallLinker:
    return CallLinker(database, KnownNumbers(owners), SettableClock(at(60)))


async def test_given_a_call_of_a_known_number_when_stored_then_linked_to_its_only_owner(database: Database) -> None:
    linker = _linker(database, {"13812345678": [("guest", 7)]})
    await linker.start()
    ids = await _stored(database, call(), call("1763688600.2", caller="13900000000"))
    linker.note(ids)
    linker.note(ids)
    await linker.settled()
    await linker.close()

    known, unknown = ids.values()
    assert await _links(database, known) == [("guest", 7, BY_NUMBER)]
    assert await _links(database, unknown) == []


async def test_given_a_number_of_a_family_when_it_calls_then_nobody_is_guessed(database: Database) -> None:
    linker = _linker(database, {"13812345678": [("guest", 7), ("guest", 8)]})
    await linker.start()
    ids = await _stored(database, call())
    linker.note(ids)
    await linker.settled()
    await linker.close()

    assert await _links(database, next(iter(ids.values()))) == []


async def test_given_a_call_to_a_guest_when_stored_then_linked_by_the_number_that_was_dialled(
    database: Database,
) -> None:
    linker = _linker(database, {"13812345678": [("guest", 7)], "8001": [("guest", 9)]})
    await linker.start()
    out = call(direction=Direction.OUTBOUND, caller="8001", line="13812345678")
    house = call("1763688600.2", direction=Direction.INTERNAL, caller="8001", line="0301")
    ids = await _stored(database, out, house)
    linker.note(ids)
    await linker.settled()
    await linker.close()

    assert [await _links(database, ids[one.key]) for one in (out, house)] == [[("guest", 7, BY_NUMBER)], []]


async def test_given_a_call_stored_just_before_the_end_when_the_application_returns_then_linked(
    database: Database,
) -> None:
    ids = await _stored(database, call())
    linker = _linker(database, {"13812345678": [("guest", 7)]})
    await linker.start()
    await linker.settled()
    await linker.close()

    assert await _links(database, next(iter(ids.values()))) == [("guest", 7, BY_NUMBER)]


async def test_given_a_link_that_was_taken_back_when_the_application_returns_then_it_stays_taken_back(
    database: Database,
) -> None:
    owners = {"13812345678": [("guest", 7)]}
    (number,) = (await _stored(database, call())).values()
    async with database.begin() as session:
        made = await links.link(session, number, ("guest", 7), by="op1", at=at(1))
        assert made is not None
        await links.unlink(session, made.id, by="op1", at=at(2), reason="Her husband called")

    linker = _linker(database, owners)
    await linker.start()
    linker.note({CallKey("pbx1", "x"): number})
    await linker.settled()
    await linker.close()

    async with database.read() as session:
        (only,) = (await session.scalars(select(CallLink))).all()
    assert (only.unlinked_by, only.unlink_reason, only.unlinked_at) == ("op1", "Her husband called", at(2))


async def test_given_a_link_when_made_again_then_it_stands_once_and_can_be_made_anew_after_removal(
    database: Database,
) -> None:
    (number,) = (await _stored(database, call())).values()
    async with database.begin() as session:
        first = await links.link(session, number, ("booking", 3), by="op1", at=at(1))
        again = await links.link(session, number, ("booking", 3), by="op2", at=at(2))
        assert first is not None
        await links.unlink(session, first.id, by="op1", at=at(3), reason="Wrong booking")
        anew = await links.link(session, number, ("booking", 3), by="op2", at=at(4))

    assert again is None
    assert anew is not None
    async with database.read() as session:
        about = await links.calls_of(session, "booking", [3], until=None, limit=10)
    assert [one.id for one in about] == [number]


async def test_given_a_linked_consultation_when_it_turns_out_to_be_a_leg_then_its_links_go_over(
    database: Database,
) -> None:
    whole, leg = call("1763688600.1"), call("1763688600.2", start=10)
    ids = await _stored(database, whole, leg)
    async with database.begin() as session:
        await links.link(session, ids[leg.key], ("guest", 7), by="op1", at=at(11))
        await links.link(session, ids[leg.key], ("guest", 8), by="op1", at=at(11))
        await links.link(session, ids[whole.key], ("guest", 8), by="op1", at=at(5))

    await _stored(database, whole, call("1763688600.2", start=10, end=20, merged_into=whole.key))

    assert sorted(await _links(database, ids[whole.key])) == [("guest", 7, "op1"), ("guest", 8, "op1")]
    assert await _links(database, ids[leg.key]) == []
