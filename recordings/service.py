"""What is known of recordings: finding them, entering them, tying them to their calls."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from http import HTTPStatus

from sqlalchemy import Select, case, exists, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.calls.models import Call
from callcenter.errors import HouseError, NotFound
from recordings.models import Recording
from recordings.store import Kept

PART_SIGN = "+"
"""Stands in no name that the exchange gives."""
MESSAGE_SIGN = "-message"
"""Ends the name of what a caller left as a message; before it stands the name of the call's own recording."""
TIED_AT_ONCE = 500


class RecordingGone(HouseError):
    """The recording is in the books but its file is not in the store; params: `id`."""

    code = "recording_gone"
    status = HTTPStatus.GONE


async def get(session: AsyncSession, recording_id: int) -> Recording:
    """Return a recording.

    Raises:
        NotFound: there is none with this id.
    """
    recording = await session.get(Recording, recording_id)
    if recording is None:
        raise NotFound(kind="recording", id=recording_id)
    return recording


async def find(session: AsyncSession, node: str, name: str) -> Recording | None:
    """Return the recording that the exchange `node` calls `name`."""
    found = await session.scalars(select(Recording).where(Recording.node == node, Recording.name == name))
    return found.one_or_none()


async def entered(session: AsyncSession, node: str, names: Collection[str]) -> set[str]:
    """Return those of `names` that are in the books."""
    known = await session.scalars(select(Recording.name).where(Recording.node == node, Recording.name.in_(names)))
    return set(known)


async def enter(
    session: AsyncSession, node: str, name: str, kept: Kept, at: datetime, problem: str | None
) -> Recording:
    """Enter a kept file, tied to its call if that is known already.

    Raises:
        IntegrityError: it is in the books already.
    """
    recording = Recording(
        call_id=await session.scalar(_call_of(node, call_name(name))),
        node=node,
        name=name,
        path=kept.path,
        seconds=kept.seconds,
        size=kept.size,
        sha256=kept.sha256,
        created_at=at,
        channels=kept.form.channels,
        checked_at=at,
        problem=problem,
    )
    session.add(recording)
    await session.flush()
    return recording


async def linkedids_of(session: AsyncSession, node: str, names: Collection[str]) -> dict[str, str]:
    """Return {name: linkedid of its call} for those of the recordings `names` whose call is known."""
    asked = {name: call_name(name) for name in names}
    recorded = select(Call.recording, Call.linkedid).where(Call.node == node, Call.recording.in_(asked.values()))
    calls = {recording: linkedid for recording, linkedid in await session.execute(recorded)}
    rest = {name for name in asked.values() if name not in calls}
    if rest:
        known = await session.scalars(select(Call.linkedid).where(Call.node == node, Call.linkedid.in_(rest)))
        calls |= {linkedid: linkedid for linkedid in known}
    return {name: calls[own] for name, own in asked.items() if own in calls}


async def untied(session: AsyncSession, node: str, merged: Mapping[str, str]) -> dict[int, int]:
    """Return {recording id: call id} for the latest recordings whose call became known after them.

    `merged`: {name: linkedid} of recordings whose call became part of another one, the one with that linkedid.
    """
    loose = await session.execute(
        select(Recording.id, Recording.name)
        .where(Recording.node == node, Recording.call_id.is_(None))
        .order_by(Recording.id.desc())
        .limit(TIED_AT_ONCE)
    )
    names = {recording_id: call_name(name) for recording_id, name in loose}
    linkedids = {*names.values(), *(merged[name] for name in names.values() if name in merged)}
    calls = await session.execute(
        select(Call.id, Call.recording, Call.linkedid).where(
            Call.node == node, or_(Call.recording.in_(names.values()), Call.linkedid.in_(linkedids))
        )
    )
    by_recording, by_linkedid = {}, {}
    for call_id, recording, linkedid in calls:
        by_recording[recording] = call_id
        by_linkedid[linkedid] = call_id
    found = {
        key: by_recording.get(name) or by_linkedid.get(name) or by_linkedid.get(merged.get(name, ""))
        for key, name in names.items()
    }
    return {recording_id: call_id for recording_id, call_id in found.items() if call_id is not None}


async def tie(session: AsyncSession, calls: Mapping[int, int]) -> None:
    """Tie recordings to their calls, given {recording id: call id}."""
    for recording_id, call_id in calls.items():
        await session.execute(update(Recording).where(Recording.id == recording_id).values(call_id=call_id))


async def missing(session: AsyncSession, node: str, since: datetime, until: datetime, shortest: timedelta) -> set[str]:
    """Return the recordings that should be in the books and are not.

    Those are the recordings that the exchange began for answered calls which ended from `since` to `until`, and went
    on for at least `shortest` after the answer.
    """
    is_entered = exists().where(Recording.node == Call.node, Recording.name == Call.recording)
    calls = await session.execute(
        select(Call.recording, Call.answered_at, Call.ended_at).where(
            Call.node == node,
            Call.ended_at.between(since, until),
            Call.recording.is_not(None),
            Call.answered_at.is_not(None),
            ~is_entered,
        )
    )
    return {
        name
        for name, answered_at, ended_at in calls
        if name and answered_at and ended_at and ended_at - answered_at >= shortest
    }


def part_name(name: str, number: int) -> str:
    """Return the name of a recording's part, counted from 1; the first has the recording's own name."""
    return name if number == 1 else f"{name}{PART_SIGN}{number}"


def call_name(name: str) -> str:
    """Return under which name the call of a recording, of its part or of a message knows its recording."""
    return name.partition(PART_SIGN)[0].removesuffix(MESSAGE_SIGN)


def _call_of(node: str, name: str) -> Select[int]:
    """A call names its recording; one whose recording was never told is known by its own id, the same for incoming."""
    return (
        select(Call.id)
        .where(Call.node == node, or_(Call.recording == name, Call.linkedid == name))
        .order_by(case((Call.recording == name, 0), else_=1))
        .limit(1)
    )
