"""A booking over HTTP from the form to the no-show, as the pages do it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest_asyncio

from tests.application import NOON, Application


@pytest_asyncio.fixture
async def desk(application: Application) -> Application:
    await application.add_rooms()
    return application


async def test_given_nothing_but_a_name_and_a_type_when_booked_then_arrival_is_tomorrow_and_departure_the_day_after(
    desk: Application,
) -> None:
    csrf = await desk.sign_in("operator")

    made = await _json(desk, "POST", "/reservations", csrf, {"type": "suite", "booker": "林示例"}, 201)

    assert (made["arrival"], made["departure"], made["state"]) == ("2026-11-22", "2026-11-23", "unconfirmed")
    assert (made["total"], made["lines"][0]["price"], made["rooms"]) == (168800, 168800, [])
    assert made["account"] == f"A{made['number']}"
    assert set(made["may"]) == {"confirm", "cancel", "delete", "change", "allocate", "contact"}


async def test_given_a_booking_on_the_phone_when_room_and_confirmation_are_wanted_then_one_request_does_it(
    desk: Application,
) -> None:
    csrf = await desk.sign_in("operator")
    wanted = {"type": "suite", "booker": "林示例", "room": "0502", "confirm": True, "call_id": 7, "asked": "quiet"}

    made = await _json(desk, "POST", "/reservations", csrf, wanted, 201)
    changes = await _json(desk, "GET", f"/reservations/{made['number']}/changes", csrf)

    assert (made["state"], made["rooms"], made["call_id"]) == ("confirmed", ["0502"], 7)
    assert [(one["action"], one["by"], one["asked"]) for one in changes["items"]] == [
        ("created", "operator", "quiet"),
        ("allocated", "operator", "quiet"),
        ("confirmed", "operator", "quiet"),
    ]


async def test_given_a_booking_somebody_else_changed_when_saved_with_the_old_version_then_refused(
    desk: Application,
) -> None:
    csrf = await desk.sign_in("operator")
    made = await _json(desk, "POST", "/reservations", csrf, {"type": "suite", "booker": "林示例"}, 201)
    change = {"type": "suite", "booker": "林示例", "persons": 3, "version": made["version"]}
    changed = await _json(desk, "PUT", f"/reservations/{made['number']}", csrf, change)

    refused = await _json(desk, "PUT", f"/reservations/{made['number']}", csrf, {**change, "persons": 4}, 409)

    assert (changed["persons"], changed["arrival"]) == (3, made["arrival"])
    assert refused["code"] == "booking_changed"


async def test_given_every_act_on_a_booking_when_done_then_live_pages_are_told_its_number(desk: Application) -> None:
    csrf = await desk.sign_in("operator")
    socket = await desk.client.ws_connect("/api/v1/live")
    await socket.receive_json(timeout=5)

    made = await _json(desk, "POST", "/reservations", csrf, {"type": "suite", "booker": "林示例"}, 201)
    told = await socket.receive_json(timeout=5)

    assert (told["type"], told["subject"], told["key"]) == ("changed", "reservations", made["number"])
    await socket.close()


async def test_given_bookings_when_calendar_chart_and_plan_are_asked_for_then_they_agree(desk: Application) -> None:
    csrf = await desk.sign_in("operator")
    wanted = {"type": "suite", "booker": "林示例", "arrival": "2026-11-21", "departure": "2026-11-23", "room": "0501"}
    number = (await _json(desk, "POST", "/reservations", csrf, wanted, 201))["number"]

    calendar = await _json(desk, "GET", "/hotel-calendar?from=2026-11-21&to=2026-11-24", csrf)
    chart = await _json(desk, "GET", "/room-chart", csrf)
    plan = await _json(desk, "GET", "/room-plan?from=2026-11-20&to=2026-11-24", csrf)
    free = await _json(desk, "GET", "/availability?from=2026-11-22&to=2026-11-23&type=suite", csrf)

    assert [(day["arrivals"], day["departures"], day["staying"], day["free"]) for day in calendar["days"]] == [
        (1, 0, 1, 35),
        (0, 0, 1, 35),
        (0, 1, 0, 36),
    ]
    states = {room["number"]: room["state"] for room in chart["rooms"]}
    assert (states["0501"], states["0502"], len(states)) == ("due_in", "vacant", 36)
    held = next(room for room in plan["rooms"] if room["number"] == "0501")["occupants"]
    assert [(one["number"], one["first"], one["until"]) for one in held] == [(number, "2026-11-21", "2026-11-23")]
    assert [(one["type"], one["free"], one["total"]) for one in free["types"]] == [("suite", 3, 168800)]


async def test_given_a_room_out_of_order_when_the_stock_is_asked_for_then_it_is_less_by_one_until_it_is_back(
    desk: Application,
) -> None:
    csrf = await desk.sign_in("supervisor")
    wanted = {"rooms": ["0501"], "first": "2026-11-21", "until": "2026-11-25", "reason": "burst pipe"}
    (outage,) = (await _json(desk, "POST", "/room-outages", csrf, wanted, 201))["items"]
    address = "/availability?from=2026-11-21&to=2026-11-22&type=suite"
    during = await _json(desk, "GET", address, csrf)
    chart = await _json(desk, "GET", "/room-chart", csrf)

    await _json(desk, "DELETE", f"/room-outages/{outage['id']}", csrf)
    after = await _json(desk, "GET", address, csrf)

    assert (during["types"][0]["free"], after["types"][0]["free"]) == (3, 4)
    assert {room["number"]: room["state"] for room in chart["rooms"]}["0501"] == "out_of_order"


async def test_given_a_deposit_in_two_parts_when_refunded_beyond_it_then_refused_and_the_balance_stands(
    desk: Application,
) -> None:
    csrf = await desk.sign_in("front_desk")
    made = await _json(desk, "POST", "/reservations", csrf, {"type": "suite", "booker": "林示例"}, 201)
    address = f"/reservations/{made['number']}"
    await _json(desk, "POST", f"{address}/deposits", csrf, {"amount": 20000, "method": "cheque"}, 201)
    paid = await _json(desk, "POST", f"{address}/deposits", csrf, {"amount": 10000, "method": "cash"}, 201)
    back = {"amount": 30001, "method": "cash", "why": "plans changed"}

    refused = await _json(desk, "POST", f"{address}/refunds", csrf, back, 409)

    assert (paid["state"], paid["balance"], refused["code"]) == ("confirmed", 30000, "beyond_deposit")
    assert [(one["method"], one["amount"]) for one in paid["payments"]] == [("cheque", 20000), ("cash", 10000)]


async def test_given_a_guest_who_did_not_come_when_released_and_reinstated_then_the_same_room_is_held_again(
    desk: Application,
) -> None:
    csrf = await desk.sign_in("front_desk")
    wanted = {
        "type": "suite",
        "booker": "林示例",
        "arrival": "2026-11-21",
        "departure": "2026-11-23",
        "arrival_time": "14:00",
        "room": "0503",
        "confirm": True,
    }
    number = (await _json(desk, "POST", "/reservations", csrf, wanted, 201))["number"]
    early = await _json(desk, "POST", f"/reservations/{number}/no-show", csrf, {}, 409)
    desk.clock.set(NOON + timedelta(hours=4))
    gone = await _json(desk, "POST", f"/reservations/{number}/no-show", csrf, {}, 200)

    back = await _json(desk, "POST", f"/reservations/{number}/reinstate", csrf, {"why": "arrived at 21:00"})

    assert (early["code"], gone["state"], gone["rooms"]) == ("still_held", "no_show", [])
    assert (back["state"], back["rooms"]) == ("confirmed", ["0503"])


async def test_given_a_season_and_a_plan_when_set_then_availability_and_offer_have_its_prices(
    desk: Application,
) -> None:
    csrf = await desk.sign_in("manager")
    festival = {"name_zh": "春节", "name_en": "Spring Festival", "first": "2026-12-05", "last": "2026-12-05", "rank": 9}
    season = (await _json(desk, "POST", "/seasons", csrf, festival, 201))["id"]
    prices = [
        {"type": "suite", "price": 150000},
        {"type": "suite", "season": season, "price": 260000},
    ]
    plan = {"name_zh": "含早", "name_en": "With breakfast", "breakfasts": 2, "prices": prices}
    set_plan = await desk.client.put("/api/v1/rate-plans/breakfast", json=plan, headers=csrf)
    assert set_plan.status == 204, await set_plan.text()

    listed = await _json(desk, "GET", "/rate-plans", csrf)
    address = "/availability?from=2026-12-04&to=2026-12-06&plan=breakfast&type=suite"
    found = await _json(desk, "GET", address, csrf)
    wanted = {"type": "suite", "arrival": "2026-12-04", "departure": "2026-12-06", "plan": "breakfast", "discount": 10}
    offer = await _json(desk, "POST", "/reservation-offers", csrf, wanted)

    assert [one["price"] for one in listed["items"][0]["prices"]] == [150000, 260000]
    assert [night["price"] for night in found["types"][0]["nights"]] == [150000, 260000]
    assert (offer["total"], offer["free"], offer["ceiling"]) == (135000 + 234000, 4, 50)


async def test_given_a_ceiling_for_one_user_when_set_then_the_form_shows_it_and_null_takes_it_back(
    desk: Application,
) -> None:
    csrf = await desk.sign_in("admin")
    users = await _json(desk, "GET", "/users", csrf)
    number = next(user["id"] for user in users["items"] if user["username"] == "operator")
    ceilings = []
    for percent in (33, None):
        csrf = await desk.sign_in("admin")
        answer = await desk.client.put(f"/api/v1/discount-ceilings/{number}", json={"percent": percent}, headers=csrf)
        assert answer.status == 204
        ceilings.append([one["percent"] for one in (await _json(desk, "GET", "/discount-ceilings", csrf))["items"]])
        await desk.sign_in("operator")
        ceilings.append((await _json(desk, "GET", "/reservation-form", {}))["discount_ceiling"])

    assert ceilings == [[33], 33, [], 10]


async def test_given_a_month_when_its_figures_are_asked_for_then_salespeople_and_unreliable_customers_are_compared(
    desk: Application,
) -> None:
    csrf = await desk.sign_in("supervisor")
    for salesperson, phone, cancelled in (("王", "13800000001", True), ("王", "13800000001", False), ("李", "", False)):
        wanted = {"type": "suite", "booker": "林示例", "phone": phone, "salesperson": salesperson}
        number = (await _json(desk, "POST", "/reservations", csrf, wanted, 201))["number"]
        if cancelled:
            await _json(desk, "POST", f"/reservations/{number}/cancel", csrf, {"why": "plans changed"})

    found = await _json(desk, "GET", "/reservation-figures?from=2026-11-01&to=2026-12-01", csrf)

    shown = [(one["name"], one["tally"]["bookings"], one["tally"]["cancelled"]) for one in found["salespeople"]]
    assert shown == [("王", 2, 1), ("李", 1, 0)]
    assert (found["total"]["kept"], found["total"]["value"]) == (2, 2 * 168800)
    assert [(one["phone"], one["tally"]["lost_share"]) for one in found["credits"]] == [("13800000001", 0.5)]


async def test_given_a_meeting_room_when_booked_by_the_half_hour_then_nobody_else_has_it_until_it_is_cancelled(
    desk: Application,
) -> None:
    csrf = await desk.sign_in("operator")
    wanted = {"room": "M1", "begins": "2026-11-23T01:00:00Z", "ends": "2026-11-23T03:30:00Z", "booker": "林示例"}
    made = await _json(desk, "POST", "/meetings", csrf, {**wanted, "confirm": True}, 201)
    overlapping = {**wanted, "begins": "2026-11-23T03:00:00Z", "ends": "2026-11-23T04:00:00Z"}

    refused = await _json(desk, "POST", "/meetings", csrf, overlapping, 409)
    uneven = await _json(desk, "POST", "/meetings", csrf, {**wanted, "begins": "2026-11-23T01:10:00Z"}, 422)
    plan = await _json(desk, "GET", "/meetings?date=2026-11-23", csrf)
    await _json(desk, "POST", f"/reservations/{made['number']}/cancel", csrf, {"why": "moved to spring"})
    again = await _json(desk, "POST", "/meetings", csrf, overlapping, 201)

    assert (made["rooms"], made["total"], made["state"]) == (["M1"], 150000, "confirmed")
    assert (refused["code"], refused["params"]["from"]) == ("meeting_room_taken", "2026-11-23T03:00:00+00:00")
    assert uneven["code"] == "meeting_times_impossible"
    assert [(room["number"], len(room["meetings"])) for room in plan["rooms"]] == [("M1", 1), ("M2", 0)]
    assert again["number"] != made["number"]


async def test_given_a_meeting_when_moved_then_its_old_half_hours_are_free_and_price_and_notes_follow(
    desk: Application,
) -> None:
    csrf = await desk.sign_in("operator")
    wanted = {"room": "M1", "begins": "2026-11-23T02:00:00Z", "ends": "2026-11-23T04:00:00Z", "booker": "林示例"}
    made = await _json(desk, "POST", "/meetings", csrf, wanted, 201)
    later = {"room": "M2", "begins": "2026-11-25T02:00:00Z", "ends": "2026-11-25T05:30:00Z", "why": "客人改期"}

    moved = await _json(desk, "PUT", f"/meetings/{made['number']}", csrf, {**later, "version": made["version"]})
    week = await _json(desk, "GET", "/meetings?date=2026-11-23&days=7", csrf)
    changes = await _json(desk, "GET", f"/reservations/{made['number']}/changes", csrf)
    stale = await _json(desk, "PUT", f"/meetings/{made['number']}", csrf, {**later, "version": made["version"]}, 409)
    await _json(desk, "POST", "/meetings", csrf, wanted, 201)

    assert (moved["rooms"], moved["arrival"], moved["total"]) == (["M2"], "2026-11-25", 60000 * 7 // 2)
    assert [(room["number"], len(room["meetings"])) for room in week["rooms"]] == [("M1", 0), ("M2", 1)]
    assert stale["code"] == "booking_changed"
    assert (changes["items"][-1]["action"], changes["items"][-1]["why"]) == ("moved", "客人改期")
    assert (changes["items"][-1]["before"]["room"], changes["items"][-1]["after"]["room"]) == ("M1", "M2")


async def test_given_a_meeting_when_moved_onto_another_or_after_it_was_cancelled_then_refused_and_it_stays(
    desk: Application,
) -> None:
    csrf = await desk.sign_in("operator")
    wanted = {"room": "M1", "begins": "2026-11-23T02:00:00Z", "ends": "2026-11-23T04:00:00Z", "booker": "林示例"}
    made = await _json(desk, "POST", "/meetings", csrf, wanted, 201)
    await _json(desk, "POST", "/meetings", csrf, {**wanted, "room": "M2"}, 201)
    to = {"room": "M2", "begins": "2026-11-23T03:30:00Z", "ends": "2026-11-23T05:00:00Z"}

    taken = await _json(desk, "PUT", f"/meetings/{made['number']}", csrf, to, 409)
    longer = await _json(desk, "PUT", f"/meetings/{made['number']}", csrf, {**to, "room": "M1"})
    await _json(desk, "POST", f"/reservations/{made['number']}/cancel", csrf, {"why": "plans changed"})
    gone = await _json(desk, "PUT", f"/meetings/{made['number']}", csrf, to, 409)

    assert (taken["code"], longer["rooms"], gone["code"]) == ("meeting_room_taken", ["M1"], "transition_refused")


async def test_given_several_rooms_when_taken_out_of_order_then_all_are_or_none_is(desk: Application) -> None:
    csrf = await desk.sign_in("supervisor")
    wanted = {"rooms": ["0501", "0502"], "first": "2026-11-21", "until": "2026-11-25", "reason": "粉刷"}

    closed = await _json(desk, "POST", "/room-outages", csrf, wanted, 201)
    again = {**wanted, "rooms": ["0503", "0502"]}
    refused = await _json(desk, "POST", "/room-outages", csrf, again, 409)
    unknown = await _json(desk, "POST", "/room-outages", csrf, {**wanted, "rooms": ["0503", "9999"]}, 404)
    listed = await _json(desk, "GET", "/room-outages", csrf)
    free = await _json(desk, "GET", "/availability?from=2026-11-21&to=2026-11-22&type=suite", csrf)

    assert [one["room"] for one in closed["items"]] == ["0501", "0502"]
    assert (refused["code"], refused["params"]["room"], unknown["code"]) == ("room_taken", "0502", "not_found")
    assert [one["room"] for one in listed["items"]] == ["0501", "0502"]
    assert free["types"][0]["free"] == 2


async def _json(
    desk: Application, method: str, path: str, csrf: dict[str, str], content: Any = None, status: int = 200
) -> Any:
    answer = await desk.client.request(method, f"/api/v1{path}", json=content, headers=csrf)
    assert answer.status == status, await answer.text()
    return await answer.json()


async def test_given_rooms_of_a_type_when_one_is_booked_for_some_nights_then_it_is_offered_for_others_only(
    desk: Application,
) -> None:
    csrf = await desk.sign_in("operator")
    body = {"type": "suite", "booker": "林示例", "arrival": "2026-11-25", "departure": "2026-11-27", "room": "0501"}
    assert (await desk.client.post("/api/v1/reservations", headers=csrf, json=body)).status == 201

    async def offered(first: str, until: str) -> list[str]:
        path = f"/api/v1/free-rooms?type=suite&from={first}&to={until}"
        return [room["number"] for room in (await (await desk.client.get(path)).json())["items"]]

    assert await offered("2026-11-26", "2026-11-28") == ["0502", "0503", "0504"]
    assert await offered("2026-11-27", "2026-11-28") == ["0501", "0502", "0503", "0504"]
