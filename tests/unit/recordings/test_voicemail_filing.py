"""A message that a caller left: taken in as a recording, filed once, and a due call for the house."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from callcenter.outbound.models import DueCall
from callcenter.staff.audit import SYSTEM, AuditLog
from callcenter.staff.models import AuditEntry
from recordings import wav
from recordings.intake import Taken
from recordings.lookup import Lookup
from recordings.voicemail.filing import PATIENCE, Filing
from recordings.voicemail.models import State, TextState, Voicemail
from tests.unit.recordings.house import NODE, NOW, House, sound, speech

ENGLISH = {"path": ["main", "message"], "language": "en", "informed": True}


class Mailbox:
    def __init__(self, house: House) -> None:
        self.house = house
        self.changes = 0
        self.filing = Filing(
            house.database, NODE, house.clock, AuditLog(house.clock), first_language="zh", changed=self._changed
        )

    def _changed(self) -> None:
        self.changes += 1

    async def file(self) -> int:
        """Take in what lies in the spool, tie it to its call, and file it."""
        await self.house.ingest().run_once()
        return await self.filing.file_once()

    async def messages(self) -> list[Voicemail]:
        async with self.house.database.read() as session:
            return list(await session.scalars(select(Voicemail).order_by(Voicemail.id)))

    async def due_calls(self) -> list[DueCall]:
        async with self.house.database.read() as session:
            return list(await session.scalars(select(DueCall).order_by(DueCall.id)))


@pytest.fixture
def mailbox(house: House) -> Mailbox:
    return Mailbox(house)


async def test_given_a_message_when_taken_in_then_it_is_kept_as_one_channel_and_as_it_was_said(house: House) -> None:
    said = speech(3)
    assert await house.intake.take(house.write_message("100.1", said)) is Taken.KEPT
    (row,) = await house.rows()
    assert (row.name, row.channels, row.seconds) == ("100.1-message", 1, 3.0)
    assert house.store.open(row.path).read() == wav.header(3 * wav.RATE, wav.MESSAGE) + said
    assert house.raw_names() == []


@pytest.mark.parametrize("said", [b"", speech(0.05), speech(4, peak=20), bytes(64_000)])
async def test_given_a_message_that_says_nothing_when_taken_in_then_it_is_deleted(house: House, said: bytes) -> None:
    assert await house.intake.take(house.write_message("100.1", said)) is Taken.EMPTY
    assert await house.rows() == []
    assert house.raw_names() == []


async def test_given_a_call_that_goes_on_then_its_message_is_left_alone_because_it_may_be_recorded_again(
    house: House,
) -> None:
    house.live = [house.snapshot("100.1", "100.1")]
    house.write_message("100.1", speech(3))
    await house.ingest().run_once()
    assert house.raw_names() == ["100.1-message"]


async def test_given_a_call_with_recording_and_message_then_the_calls_own_recording_is_shown(house: House) -> None:
    call_id = await house.add_call("100.1", "100.1")
    await house.intake.take(house.write_raw("100.1", sound(2)))
    await house.intake.take(house.write_message("100.1", speech(3)))
    recording, message = await house.rows()
    assert recording.call_id == message.call_id == call_id
    async with house.database.read() as session:
        found = await Lookup().for_calls(session, await house.calls())
    assert [info.id for info in found.values()] == [recording.id]


async def test_given_a_message_of_a_known_caller_when_filed_then_it_is_new_and_a_call_back_is_due(
    mailbox: Mailbox, house: House
) -> None:
    await house.add_call("100.1", "100.1", menu=ENGLISH)
    house.write_message("100.1", speech(3))
    assert await mailbox.file() == 1
    (message,) = await mailbox.messages()
    (due,) = await mailbox.due_calls()
    assert (message.number, message.line, message.language, message.left_at) == ("13800000001", "4001", "en", NOW)
    assert (message.state, message.text_state, message.due_call_id) == (State.NEW, TextState.PENDING, due.id)
    assert (due.kind, due.number, due.language, due.line) == ("voicemail", "13800000001", "en", "4001")
    assert (due.node, due.linkedid, due.place_at) == (NODE, "100.1", NOW - timedelta(seconds=60))
    assert mailbox.changes == 1


async def test_given_a_due_call_from_a_message_then_the_audit_log_tells_that_nobody_signed_in_asked_for_it(
    mailbox: Mailbox, house: House
) -> None:
    await house.add_call("100.1", "100.1")
    house.write_message("100.1", speech(3))
    await mailbox.file()
    async with house.database.read() as session:
        (entry,) = await session.scalars(select(AuditEntry))
    assert (entry.action, entry.user_id, entry.username) == ("due_call.requested", None, SYSTEM.username)


async def test_given_a_filed_message_when_looked_for_again_then_nothing_is_filed_twice(
    mailbox: Mailbox, house: House
) -> None:
    await house.add_call("100.1", "100.1")
    house.write_message("100.1", speech(3))
    assert [await mailbox.file(), await mailbox.file()] == [1, 0]
    assert len(await mailbox.due_calls()) == len(await mailbox.messages()) == mailbox.changes == 1


@pytest.mark.parametrize("number", ["", "anonymous", "12", "sip:nobody"])
async def test_given_a_caller_without_a_number_then_the_message_is_filed_and_no_call_back_is_due(
    mailbox: Mailbox, house: House, number: str
) -> None:
    await house.add_call("100.1", "100.1", caller=number)
    house.write_message("100.1", speech(3))
    await mailbox.file()
    (message,) = await mailbox.messages()
    assert (message.number, message.due_call_id) == ("", None)
    assert await mailbox.due_calls() == []


async def test_given_a_call_that_has_not_ended_then_its_message_waits(mailbox: Mailbox, house: House) -> None:
    await house.add_call("100.1", "100.1", ended=False)
    await house.intake.take(house.write_message("100.1", speech(3)))
    assert await mailbox.filing.file_once() == 0


async def test_given_a_message_of_an_unknown_call_then_it_waits_and_is_filed_without_a_number_at_last(
    mailbox: Mailbox, house: House
) -> None:
    house.write_message("100.1", speech(3))
    assert await mailbox.file() == 0
    house.clock.advance(PATIENCE)
    assert await mailbox.file() == 1
    (message,) = await mailbox.messages()
    assert (message.number, message.line, message.language, message.due_call_id) == ("", "", "zh", None)


async def test_given_a_message_kept_before_a_crash_took_its_row_then_it_is_found_again_and_filed(
    mailbox: Mailbox, house: House
) -> None:
    await house.add_call("100.1", "100.1")
    with house.write_message("100.1", speech(2)).path.open("rb") as raw:
        house.store.keep(raw, 2 * wav.RATE, f"{NODE}/2026/11/21/100.1-message.wav", wav.MESSAGE)
    (house.spool.folder / "2026/11/21/100.1-message.sln").unlink()
    assert await house.ingest().recover() == 1
    assert await mailbox.file() == 1
    (row,) = await house.rows()
    assert (row.channels, row.seconds) == (1, 2.0)
