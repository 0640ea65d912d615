from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientResponse
from pytest_aiohttp.plugin import AiohttpClient
from sqlalchemy import select

from callcenter.db import DatabaseUnavailable
from callcenter.staff.models import AuditEntry
from recordings import routes, service
from recordings.listening import LISTENED, Listenings
from recordings.lookup import Lookup
from recordings.models import Recording
from tests.application import Application
from tests.unit.recordings.house import NODE, House, sound

SOUND = bytes(index % 251 for index in range(3 * 32_000))


@dataclass
class Desk:
    """The application with one recording, and somebody signed in."""

    application: Application
    house: House
    recording: Recording

    @property
    def address(self) -> str:
        return f"/api/v1/recordings/{self.recording.id}"

    @property
    def file(self) -> Path:
        return self.house.store.folder / self.recording.path

    async def ask(self, headers: Mapping[str, str] | None = None, method: str = "GET") -> tuple[ClientResponse, bytes]:
        answer = await self.application.client.request(method, f"{self.address}/audio", headers=headers)
        return answer, await answer.read()

    async def listenings(self) -> list[tuple[str, str, str]]:
        async with self.house.database.read() as session:
            entries = await session.scalars(
                select(AuditEntry).where(AuditEntry.action == LISTENED).order_by(AuditEntry.id)
            )
            return [(entry.username, entry.subject_id, entry.note) for entry in entries]


@pytest.fixture
async def desk(house: House, tmp_path: Path, aiohttp_client: AiohttpClient) -> Desk:
    application = Application(house.database, tmp_path / "pages")
    house.clock = application.clock
    parts = routes.RecordingParts(house.store, Listenings(house.database, application.clock, application.audit))
    routes.setup(application.web, parts)
    await application.add_users()
    application.client = await aiohttp_client(application.web)
    await application.sign_in("supervisor")
    await house.intake.take(house.write_raw("100.1", SOUND))
    (recording,) = await house.rows()
    return Desk(application, house, recording)


async def test_given_a_recording_when_asked_about_then_it_is_described(desk: Desk) -> None:
    answer = await desk.application.client.get(desk.address)
    assert answer.status == 200
    assert await answer.json() == {
        "id": desk.recording.id,
        "call_id": None,
        "name": "100.1",
        "seconds": 3.0,
        "size": 96_044,
        "sha256": desk.recording.sha256,
        "created_at": "2026-11-21T09:00:00Z",
    }
    assert await desk.listenings() == []


async def test_given_a_recording_when_played_then_the_whole_file_comes_with_its_digest_as_tag(desk: Desk) -> None:
    answer, body = await desk.ask()
    assert answer.status == 200
    assert body == desk.file.read_bytes()
    assert answer.headers["Content-Type"] == "audio/wav"
    assert answer.headers["Content-Length"] == "96044"
    assert answer.headers["Accept-Ranges"] == "bytes"
    assert answer.headers["ETag"] == f'"{desk.recording.sha256}"'
    assert answer.headers["Cache-Control"] == "private, no-cache"


@pytest.mark.parametrize(
    ("wanted", "first", "last"),
    [
        ("bytes=0-", 0, 96_043),
        ("bytes=44-99", 44, 99),
        ("bytes=-100", 95_944, 96_043),
        ("bytes=96043-", 96_043, 96_043),
    ],
)
async def test_given_a_range_when_played_then_exactly_these_bytes_come(
    desk: Desk, wanted: str, first: int, last: int
) -> None:
    answer, body = await desk.ask({"Range": wanted})
    assert answer.status == 206
    assert answer.headers["Content-Range"] == f"bytes {first}-{last}/96044"
    assert body == desk.file.read_bytes()[first : last + 1]


async def test_given_a_range_beyond_the_end_when_played_then_416_tells_the_size(desk: Desk) -> None:
    answer, body = await desk.ask({"Range": "bytes=96044-"})
    assert (answer.status, answer.headers["Content-Range"], body) == (416, "bytes */96044", b"")


async def test_given_a_range_of_an_older_file_when_played_then_the_whole_file_comes(desk: Desk) -> None:
    answer, body = await desk.ask({"Range": "bytes=0-9", "If-Range": '"another"'})
    assert (answer.status, len(body)) == (200, 96_044)
    answer, body = await desk.ask({"Range": "bytes=0-9", "If-Range": f'"{desk.recording.sha256}"'})
    assert (answer.status, len(body)) == (206, 10)


async def test_given_a_copy_that_is_still_good_when_played_then_nothing_is_sent_and_the_listening_is_noted(
    desk: Desk,
) -> None:
    answer, body = await desk.ask({"If-None-Match": f'"x", "{desk.recording.sha256}"'})
    assert (answer.status, body) == (304, b"")
    assert len(await desk.listenings()) == 1


async def test_given_only_the_head_is_asked_for_then_no_sound_is_sent_and_nobody_has_listened(desk: Desk) -> None:
    answer, body = await desk.ask(method="HEAD")
    assert (answer.status, answer.headers["Content-Length"], body) == (200, "96044", b"")
    assert await desk.listenings() == []


async def test_given_many_pieces_of_one_recording_when_played_then_it_is_one_listening(desk: Desk) -> None:
    pieces = [{"Range": f"bytes={first}-"} for first in (0, 50_000, 0, 90_000, 10_000)]
    answers = await asyncio.gather(*(desk.ask(piece) for piece in pieces))
    assert {answer.status for answer, _ in answers} == {206}
    assert await desk.listenings() == [("supervisor", str(desk.recording.id), "100.1")]


async def test_given_ten_minutes_later_or_another_user_when_played_then_it_is_another_listening(desk: Desk) -> None:
    await desk.ask()
    desk.application.clock.advance(timedelta(minutes=9, seconds=59))
    await desk.ask()
    assert len(await desk.listenings()) == 1
    desk.application.clock.advance(timedelta(seconds=1))
    await desk.ask({"Range": "bytes=500-"})
    await desk.application.sign_in("manager")
    await desk.ask()
    assert [user for user, _, _ in await desk.listenings()] == ["supervisor", "supervisor", "manager"]


async def test_given_another_recording_when_played_then_it_is_another_listening(desk: Desk) -> None:
    await desk.ask()
    await desk.house.intake.take(desk.house.write_raw("100.2", sound(1)))
    second = (await desk.house.rows())[1]
    answer = await desk.application.client.get(f"/api/v1/recordings/{second.id}/audio")
    assert answer.status == 200
    assert [subject for _, subject, _ in await desk.listenings()] == [str(desk.recording.id), str(second.id)]


async def test_given_the_listening_cannot_be_noted_when_played_then_nothing_is_heard(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*args: object) -> None:
        raise DatabaseUnavailable(reason="away")

    monkeypatch.setattr(Listenings, "note", away)
    answer, body = await desk.ask()
    assert answer.status == 503
    assert b"RIFF" not in body


@pytest.mark.parametrize("role", ["operator", "front_desk", "department"])
@pytest.mark.parametrize("part", ["", "/audio"])
async def test_given_a_role_without_permission_when_asking_then_it_is_refused_and_nobody_has_listened(
    desk: Desk, role: str, part: str
) -> None:
    await desk.application.sign_in(role)
    answer = await desk.application.client.get(f"{desk.address}{part}")
    assert answer.status == 403
    assert (await answer.json())["params"] == {"permission": "recordings.listen"}
    assert await desk.listenings() == []


async def test_given_nobody_signed_in_when_asking_then_it_is_refused(desk: Desk) -> None:
    desk.application.client.session.cookie_jar.clear()
    answer, _ = await desk.ask()
    assert answer.status == 401


@pytest.mark.parametrize("number", ["999999", "0", "-1", "abc", "99999999999999999999"])
async def test_given_no_such_recording_when_asking_then_it_is_not_found(desk: Desk, number: str) -> None:
    for part in ("", "/audio"):
        answer = await desk.application.client.get(f"/api/v1/recordings/{number}{part}")
        assert (answer.status, (await answer.json())["code"]) == (404, "not_found")


@pytest.mark.parametrize("damage", ["gone", "cut", "unreadable"])
async def test_given_a_file_that_is_gone_or_damaged_when_played_then_it_is_said_and_nobody_has_listened(
    desk: Desk, damage: str
) -> None:
    if damage == "cut":
        desk.file.write_bytes(desk.file.read_bytes()[:1000])
    else:
        desk.file.unlink()
        if damage == "unreadable":
            desk.file.symlink_to(desk.file)
    answer, _ = await desk.ask()
    assert (answer.status, (await answer.json())["code"]) == (410, "recording_gone")
    assert await desk.listenings() == []


async def test_given_a_player_that_moves_on_when_it_drops_the_request_then_the_next_one_is_served(desk: Desk) -> None:
    long = bytes(4) * 8000 * 300
    await desk.house.intake.take(desk.house.write_raw("100.2", long))
    second = (await desk.house.rows())[1]
    address = f"/api/v1/recordings/{second.id}/audio"
    dropped = await desk.application.client.get(address)
    await dropped.content.readexactly(1000)
    dropped.close()
    answer = await desk.application.client.get(address, headers={"Range": "bytes=9000000-9000009"})
    assert (answer.status, len(await answer.read())) == (206, 10)


async def test_given_calls_when_looked_up_then_each_has_its_longest_recording(house: House) -> None:
    await house.add_call("100.1", "100.1")
    await house.add_call("100.2", "100.2")
    await house.add_call("100.3", None)
    for name, seconds in (("100.1", 2.0), ("100.2", 1.0)):
        await house.intake.take(house.write_raw(name, sound(seconds)))
    calls: list[Any] = await house.calls()
    async with house.database.begin() as session:
        for row in (await session.scalars(select(Recording))).all():
            row.call_id = calls[0].id
    async with house.database.read() as session:
        found = await Lookup().for_calls(session, calls)
        longest = await service.find(session, NODE, "100.1")
        nothing = await Lookup().for_calls(session, [])
    assert longest is not None
    assert {call_id: (info.id, info.seconds) for call_id, info in found.items()} == {calls[0].id: (longest.id, 2.0)}
    assert nothing == {}
