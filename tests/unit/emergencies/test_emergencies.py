"""Emergencies: which calls raise one, the checklist and its times, who is called in (telephone-room, calls)."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from callcenter.emergencies.dialled import Dialled, EmergencyNumbers, dialled
from callcenter.emergencies.parts import EmergencyWatch
from callcenter.errors import PbxUnavailable
from callcenter.events import CallChanged, EventBus
from callcenter.telephony import CallKey, CallSnapshot, Direction
from tests.application import NOON, Application
from tests.sample import sample_settings

NUMBERS = EmergencyNumbers.of(sample_settings())


def call(caller: str, line: str, linkedid: str = "pbx-1.1") -> CallSnapshot:
    return CallSnapshot(CallKey("pbx1", linkedid), Direction.INTERNAL, caller, line, NOON)


async def send(
    application: Application, csrf: dict[str, str], path: str, content: dict[str, Any], method: str = "post"
) -> tuple[int, Any]:
    answer = await application.client.request(method, f"/api/v1{path}", json=content, headers=csrf)
    return answer.status, await answer.json()


@pytest.mark.parametrize(
    ("caller", "line", "raised"),
    [
        ("0301", "119", Dialled("0301", "119")),
        ("0301", "9110", Dialled("0301", "110")),
        ("0301", "999", Dialled("0301", "")),
        ("8001", "999", Dialled("8001", "")),
        ("8001", "119", None),
        ("0301", "0302", None),
        ("13800000119", "999", None),
    ],
)
def test_given_a_call_when_an_emergency_number_is_dialled_from_a_room_then_it_raises_one(
    caller: str, line: str, raised: Dialled | None
) -> None:
    assert dialled(call(caller, line), NUMBERS) == raised


async def test_given_a_room_that_dials_119_and_again_then_one_emergency_is_on_record_with_both_calls(
    application: Application,
) -> None:
    bus = EventBus()
    told: list[str] = []
    written = asyncio.Event()

    def tell(subject: str) -> None:
        told.append(subject)
        if len(told) == 3:
            written.set()

    object.__setattr__(application.emergencies, "tell", tell)
    watch = EmergencyWatch(bus, application.emergencies)
    watch.start()
    for linkedid in ("pbx-1.1", "pbx-1.1", "pbx-1.2"):
        bus.publish(CallChanged(call("0301", "119", linkedid)))
    bus.publish(CallChanged(call("0302", "120", "pbx-1.3")))
    await asyncio.wait_for(written.wait(), 5)
    await watch.close()
    await application.sign_in("operator")
    answer = await application.client.get("/api/v1/emergencies")
    shown = (await answer.json())["items"]
    assert {(one["place"], one["service"]) for one in shown} == {("0301", "119"), ("0302", "120")}
    number = next(one["id"] for one in shown if one["place"] == "0301")
    detail = await (await application.client.get(f"/api/v1/emergencies/{number}")).json()
    assert [(entry["action"], entry["text"]) for entry in detail["record"]] == [("dialled", "119")] * 2


async def test_given_an_emergency_when_raised_ticked_and_closed_then_every_step_has_its_time_and_name(
    application: Application,
) -> None:
    csrf = await application.sign_in("operator")
    status, raised = await send(application, csrf, "/emergencies", {"place": "0301"})
    assert (status, raised["raised_by"]) == (201, "operator")
    assert ("raise_emergency", "0301") in application.telephony.asked
    path = f"/emergencies/{raised['id']}"
    assert (await send(application, csrf, f"{path}/ticks", {"step": 1}))[0] == 409
    await send(application, csrf, f"{path}/kind", {"kind": "fire"}, "put")
    application.clock.set(NOON + timedelta(seconds=40))
    _, ticked = await send(application, csrf, f"{path}/ticks", {"step": 2})
    assert [(step["step"], step["ticked_by"]) for step in ticked["steps"] if step["ticked_at"]] == [(2, "operator")]
    assert ticked["steps"][1]["ticked_at"] == "2026-11-21T04:00:40Z"
    await send(application, csrf, f"{path}/ticks", {"step": 2})
    _, taken_back = await send(application, csrf, f"{path}/ticks", {"step": 2, "done": False})
    assert [step for step in taken_back["steps"] if step["ticked_at"]] == []
    assert (await send(application, csrf, f"{path}/ticks", {"step": 20}))[0] == 404
    assert (await send(application, csrf, f"{path}/close", {"outcome": " "}))[0] == 422
    _, closed = await send(application, csrf, f"{path}/close", {"outcome": "误报"})
    actions = [entry["action"] for entry in closed["record"]]
    assert actions == ["raised", "kind", "ticked", "unticked", "closed"]
    assert (await send(application, csrf, f"{path}/notes", {"text": "late"}))[0] == 409


async def test_given_a_plan_when_one_key_is_pressed_then_its_responders_are_called_into_the_conference(
    application: Application,
) -> None:
    csrf = await application.sign_in("operator")
    _, raised = await send(application, csrf, "/emergencies", {"place": "大堂"})
    path = f"/emergencies/{raised['id']}"
    await send(application, csrf, f"{path}/kind", {"kind": "medical"}, "put")
    await send(application, csrf, f"{path}/responders", {})
    _, shown = await send(application, csrf, f"{path}/responders", {"numbers": ["8101"]})
    calls = [subject for action, subject in application.telephony.asked if action == "call_into_emergency"]
    assert calls == [("000", "120"), ("000", "8101")]
    assert [entry["text"] for entry in shown["record"] if entry["action"] == "called"] == ["120", "8101"]


async def test_given_an_exchange_that_does_not_answer_when_raised_then_it_is_on_record_and_the_desk_is_told(
    application: Application,
) -> None:
    csrf = await application.sign_in("operator")
    application.telephony.failure = PbxUnavailable(reason="cut")
    assert (await send(application, csrf, "/emergencies", {"place": "0301"}))[0] == 503
    answer = await application.client.get("/api/v1/emergencies")
    assert [one["place"] for one in (await answer.json())["items"]] == ["0301"]
