"""A caller asks to be connected with a guest: full name, hidden room; confidential guests are not there."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select

from callcenter.calls import service as calls
from callcenter.errors import NotFound
from callcenter.staff.models import AuditEntry
from callcenter.stays import connecting
from callcenter.stays.checking_in import Person
from callcenter.stays.connecting import Found, FullNameNeeded
from tests.application import Application
from tests.unit.calls.builders import call
from tests.unit.stays.reception import Reception

STRANGER, FRIEND = "13800000009", "13800000001"
ANNA = Person("Anna  Smith")


async def asked(reception: Reception, name: str, caller: str = STRANGER) -> list[Found]:
    async with reception.database.read() as session:
        return await connecting.find(session, name, caller)


@pytest.mark.parametrize("name", ["0301", "李", "  ", "room 301", "王 1"])
async def test_given_a_room_number_or_a_surname_alone_when_asked_then_the_full_name_is_needed(
    reception: Reception, name: str
) -> None:
    with pytest.raises(FullNameNeeded):
        await asked(reception, name)


async def test_given_a_guest_when_asked_by_full_name_then_found_and_by_a_part_of_it_not(reception: Reception) -> None:
    stay = await reception.check_in(persons=(ANNA,))
    assert await asked(reception, " anna smith ") == [Found(stay.id, "Anna  Smith")]
    for part in ("Anna", "Anna S", "Anna%", "Smith", "A_na Smith"):
        assert await asked(reception, part) == []


async def test_given_a_confidential_guest_when_a_stranger_asks_then_the_answer_is_that_for_nobody(
    reception: Reception,
) -> None:
    stay = await reception.check_in(persons=(ANNA,), confidential=True, alias="Berta Brown", allowed_callers=(FRIEND,))
    for name in ("Anna Smith", "Berta Brown", "Nobody Here"):
        assert await asked(reception, name) == []
        async with reception.with_stay(stay) as (scope, _):
            with pytest.raises(NotFound) as hidden:
                await connecting.room_to_connect(scope, stay.id, STRANGER)
            with pytest.raises(NotFound) as absent:
                await connecting.room_to_connect(scope, stay.id + 1, STRANGER)
        assert hidden.value.params == absent.value.params | {"id": stay.id}


async def test_given_a_confidential_guest_when_an_expected_caller_asks_then_connected_under_name_or_alias(
    reception: Reception,
) -> None:
    stay = await reception.check_in(persons=(ANNA,), confidential=True, alias="Berta Brown", allowed_callers=(FRIEND,))
    assert await asked(reception, "Berta Brown", FRIEND) == [Found(stay.id, "Berta Brown")]
    assert await asked(reception, "Anna Smith", f"+86{FRIEND}") == [Found(stay.id, "Anna  Smith")]
    async with reception.with_stay(stay) as (scope, _):
        assert (await connecting.room_to_connect(scope, stay.id, FRIEND))[1] == "0301"


async def send(application: Application, csrf: dict[str, str], path: str, content: dict[str, Any]) -> tuple[int, Any]:
    answer = await application.client.post(f"/api/v1{path}", json=content, headers=csrf)
    return answer.status, await answer.json(content_type=None)


async def test_given_a_call_when_the_guest_is_connected_then_the_room_stays_hidden_and_showing_it_is_on_record(
    application: Application,
) -> None:
    await application.add_rooms()
    desk = await application.sign_in("front_desk")
    form = {"room": "0301", "departure": "2026-11-23", "guests": [{"name": "Anna Smith"}]}
    status, stay = await send(application, desk, "/stays", form)
    assert status == 201, stay
    talking = replace(call("1.1", operator=5), ended_at=None)
    async with application.database.begin() as session:
        number = (await calls.store(session, [talking], application.cadences))[talking.key]
    csrf = await application.sign_in("operator")

    _, found = await send(application, csrf, f"/calls/{number}/guest-search", {"name": "Anna Smith"})
    assert found == {"items": [{"stay": stay["id"], "name": "Anna Smith"}]}
    assert (await send(application, csrf, f"/calls/{number}/guest-search", {"name": "0301"}))[0] == 422
    chosen = {"stay": stay["id"]}
    assert (await send(application, csrf, f"/calls/{number}/guest-connection", chosen))[0] == 204
    assert ("put_through", ("1.1", "0301")) in application.telephony.asked
    assert (await send(application, csrf, f"/calls/{number}/guest-room", chosen)) == (200, {"room": "0301"})
    async with application.database.read() as session:
        statement = select(AuditEntry.action).where(AuditEntry.action.startswith("guest_call."))
        actions = list(await session.scalars(statement.order_by(AuditEntry.id)))
    assert actions == ["guest_call.asked", "guest_call.connected", "guest_call.revealed"]
