"""Messages over HTTP: listed, listened to, done, opened again, each by whom and when."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from pytest_aiohttp.plugin import AiohttpClient
from sqlalchemy import select

from callcenter.outbound.models import DueCall
from callcenter.staff.models import AuditEntry
from recordings.listening import LISTENED, Listenings
from recordings.voicemail import routes
from recordings.voicemail.filing import Filing
from recordings.voicemail.models import Voicemail
from tests.application import Application
from tests.unit.recordings.house import NODE, House, speech


@dataclass
class Desk:
    """The application with two messages, and an operator signed in."""

    application: Application
    house: House
    changes: list[str]
    token: dict[str, str]

    async def get(self, path: str = "") -> Any:
        answer = await self.application.client.get(f"/api/v1/voicemail{path}")
        assert answer.status == 200, await answer.text()
        return await answer.json()

    async def heard(self, number: int) -> Any:
        """The message once it counts as heard, which is noted a moment after its last byte was sent."""
        async with asyncio.timeout(10):
            while (shown := await self.get(f"/{number}"))["state"] != "heard":
                await asyncio.sleep(0.01)
        return shown

    async def post(self, path: str, **given: object) -> tuple[int, Any]:
        answer = await self.application.client.post(f"/api/v1/voicemail{path}", json=given, headers=self.token)
        return answer.status, None if answer.status == 204 else await answer.json(content_type=None)

    async def actions(self) -> list[tuple[str, str, str]]:
        async with self.house.database.read() as session:
            entries = await session.scalars(
                select(AuditEntry)
                .where(AuditEntry.subject_type.in_(["voicemail", "recording"]))
                .order_by(AuditEntry.id)
            )
            return [(entry.action, entry.username, entry.subject_id) for entry in entries]


@pytest.fixture
async def desk(house: House, tmp_path: Path, aiohttp_client: AiohttpClient) -> Desk:
    application = Application(house.database, tmp_path / "pages")
    house.clock = application.clock
    changes: list[str] = []
    listenings = Listenings(house.database, application.clock, application.audit)
    parts = routes.VoicemailParts(
        house.store, listenings, application.clock, application.audit, lambda: changes.append("changed")
    )
    routes.setup(application.web, parts)
    await application.add_users()
    application.client = await aiohttp_client(application.web)
    token = await application.sign_in("operator")
    await house.add_call("100.1", "100.1")
    await house.add_call("100.2", "100.2", caller="")
    for name in ("100.1", "100.2"):
        await house.intake.take(house.write_message(name, speech(3)))
    await house.ingest().run_once()
    await Filing(
        house.database, NODE, application.clock, application.audit, first_language="zh", changed=lambda: None
    ).file_once()
    return Desk(application, house, changes, token)


async def test_given_messages_then_the_list_shows_them_newest_first_with_their_due_call(desk: Desk) -> None:
    shown = await desk.get()
    assert shown["counts"] == {"new": 2, "heard": 0, "done": 0}
    assert [item["number"] for item in shown["items"]] == ["", "13800000001"]
    (known,) = (item for item in shown["items"] if item["number"])
    assert (known["state"], known["seconds"], known["text_state"], known["due_state"]) == (
        "new",
        3.0,
        "pending",
        "open",
    )
    assert shown["items"][0]["due_call_id"] is None


async def test_given_more_messages_than_a_page_holds_then_the_next_page_goes_on(desk: Desk) -> None:
    first = await desk.get("?limit=1")
    second = await desk.get(f"?limit=1&after={first['next']}")
    assert (len(first["items"]), len(second["items"]), second["next"]) == (1, 1, None)
    assert first["items"] != second["items"]


async def test_given_a_call_then_only_its_messages_are_shown(desk: Desk) -> None:
    call = (await desk.house.calls())[0]
    assert [item["call_id"] for item in (await desk.get(f"?call={call.id}"))["items"]] == [call.id]


async def test_given_a_new_message_when_it_is_played_then_it_counts_as_heard_and_the_listening_is_noted(
    desk: Desk,
) -> None:
    number = (await desk.get())["items"][0]["id"]
    audio = f"/api/v1/voicemail/{number}/audio"
    answer = await desk.application.client.get(audio, headers={"Range": "bytes=0-43"})
    assert (answer.status, answer.headers["Content-Range"]) == (206, "bytes 0-43/48044")
    assert (await answer.read())[:4] == b"RIFF"
    assert (await desk.get(f"/{number}"))["state"] == "new"  # the player has only looked at its head
    answer = await desk.application.client.get(audio, headers={"Range": "bytes=44-"})
    assert len(await answer.read()) == 48000
    shown = await desk.heard(number)
    assert shown["heard_by"] == "operator"
    assert [action for action, user, _ in await desk.actions() if user == "operator"] == [LISTENED, "voicemail.heard"]
    assert desk.changes == ["changed"]


async def test_given_a_player_that_breaks_off_then_the_message_stays_new_and_the_listening_is_noted(desk: Desk) -> None:
    await desk.house.add_call("100.3", "100.3")
    more_than_sockets_hold = 400
    await desk.house.intake.take(desk.house.write_message("100.3", speech(3) * more_than_sockets_hold))
    await desk.house.ingest().run_once()
    application = desk.application
    await Filing(
        desk.house.database, NODE, application.clock, application.audit, first_language="zh", changed=lambda: None
    ).file_once()
    (long,) = (item for item in (await desk.get())["items"] if item["seconds"] > 60)
    answer = await application.client.get(f"/api/v1/voicemail/{long['id']}/audio")
    assert (await answer.content.readexactly(4)) == b"RIFF"
    answer.close()
    await application.client.server.close()  # which waits for what it was doing
    async with desk.house.database.read() as session:
        assert (await session.get_one(Voicemail, long["id"])).state == "new"
    assert [action for action, user, _ in await desk.actions() if user == "operator"] == [LISTENED]


async def test_given_a_message_whose_file_is_gone_when_it_is_played_then_it_stays_new(desk: Desk) -> None:
    for file in desk.house.kept_files():
        file.unlink()
    number = (await desk.get())["items"][0]["id"]
    answer = await desk.application.client.get(f"/api/v1/voicemail/{number}/audio")
    assert answer.status == 410
    assert (await desk.get(f"/{number}"))["state"] == "new"


async def test_given_a_caller_who_hid_the_number_when_it_is_entered_then_the_message_is_a_due_call_in_its_place(
    desk: Desk,
) -> None:
    (hidden,) = (item for item in (await desk.get())["items"] if not item["number"])
    for wrong in ("12", "number", "1" * 21, ""):
        assert (await desk.post(f"/{hidden['id']}/call-back", number=wrong))[0] == 422
    assert await desk.post(f"/{hidden['id']}/call-back", number="13912345678") == (204, None)
    shown = await desk.get(f"/{hidden['id']}")
    assert (shown["number"], shown["due_state"], shown["state"]) == ("13912345678", "open", "new")
    call = (await desk.house.calls())[1]
    async with desk.house.database.read() as session:
        due = await session.get_one(DueCall, shown["due_call_id"])
    assert (due.kind, due.number, due.created_by, due.linkedid) == ("voicemail", "13912345678", "operator", "100.2")
    assert due.place_at == call.started_at
    assert desk.changes == ["changed"]
    status, problem = await desk.post(f"/{hidden['id']}/call-back", number="13912345679")
    assert (status, problem["code"]) == (409, "voicemail_has_call_back")
    assert [action for action, user, _ in await desk.actions() if user == "operator"] == ["voicemail.number_given"]


async def test_given_a_message_that_is_done_when_a_number_is_entered_then_it_is_refused(desk: Desk) -> None:
    (hidden,) = (item for item in (await desk.get())["items"] if not item["number"])
    await desk.post(f"/{hidden['id']}/done")
    status, problem = await desk.post(f"/{hidden['id']}/call-back", number="13912345678")
    assert (status, problem["code"]) == (409, "voicemail_done")


async def test_given_a_message_when_done_then_it_says_by_whom_and_can_be_opened_again(desk: Desk) -> None:
    number = (await desk.get())["items"][0]["id"]
    assert await desk.post(f"/{number}/done", note="已回电") == (204, None)
    shown = await desk.get(f"/{number}")
    assert (shown["state"], shown["done_by"], shown["note"]) == ("done", "operator", "已回电")
    status, problem = await desk.post(f"/{number}/done")
    assert (status, problem["code"]) == (409, "voicemail_done")
    assert await desk.post(f"/{number}/reopen") == (204, None)
    assert (await desk.get(f"/{number}"))["state"] == "new"
    status, problem = await desk.post(f"/{number}/reopen")
    assert (status, problem["code"]) == (409, "voicemail_not_done")
    assert [action for action, *_ in await desk.actions()] == ["voicemail.done", "voicemail.reopened"]


async def test_given_a_message_that_was_heard_when_opened_again_then_it_is_heard_not_new(desk: Desk) -> None:
    number = (await desk.get())["items"][0]["id"]
    await desk.application.client.get(f"/api/v1/voicemail/{number}/audio")
    await desk.heard(number)
    await desk.post(f"/{number}/done")
    await desk.post(f"/{number}/reopen")
    assert (await desk.get(f"/{number}"))["state"] == "heard"


@pytest.mark.parametrize("path", ["/999", "/999/audio"])
async def test_given_no_such_message_then_it_is_not_found(desk: Desk, path: str) -> None:
    assert (await desk.application.client.get(f"/api/v1/voicemail{path}")).status == 404


@pytest.mark.parametrize("role", ["front_desk", "department"])
async def test_given_a_role_that_does_not_call_back_then_messages_are_not_for_it(desk: Desk, role: str) -> None:
    await desk.application.sign_in(role)
    assert (await desk.application.client.get("/api/v1/voicemail")).status == 403
