"""Who is registered is recognised, filled in from the card, and has one afterwards (requirements 4 and 5)."""

from __future__ import annotations

from typing import Any

import pytest_asyncio

from tests.application import Application

DEPARTURE = "2026-11-23"
VALID = "110101199001011237"
CARD = {
    "name": "钱示例",
    "numbers": [{"number": "13800000081"}],
    "address": "示例路 8 号",
    "documents": [{"type": "id_card", "number": VALID}],
}


@pytest_asyncio.fixture
async def desk(application: Application) -> Application:
    await application.add_rooms()
    return application


async def _json(desk: Application, method: str, path: str, csrf: dict[str, str], body: Any = None) -> Any:
    answer = await desk.client.request(method, f"/api/v1{path}", headers=csrf, json=body)
    assert answer.status < 300, await answer.text()
    return await answer.json() if answer.status != 204 else None


async def _check_in(desk: Application, csrf: dict[str, str], person: dict[str, Any], **form: Any) -> Any:
    body = {"room": "0301", "departure": DEPARTURE, "guests": [person], **form}
    return await _json(desk, "POST", "/stays", csrf, body)


async def _known(desk: Application, csrf: dict[str, str], text: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await _json(desk, "GET", f"/known-persons?q={text}", csrf))["items"]
    return found


async def test_given_a_guest_with_a_card_when_the_operator_says_it_is_him_then_the_form_fills_itself_in(
    desk: Application,
) -> None:
    csrf = await desk.sign_in("front_desk")
    card = await _json(desk, "POST", "/guests", csrf, CARD)

    (known,) = await _known(desk, csrf, "qsl")
    assert (known["guest_id"], known["document"]) == (card["id"], "110***********1237")
    stay = await _check_in(desk, csrf, {"name": "钱示例", "guest_id": known["guest_id"]})

    (person,) = stay["persons"]
    assert (person["document_number"], person["phone"]) == (VALID, card["numbers"][0]["number"])
    assert (person["address"], person["birthday"], person["sex"]) == ("示例路 8 号", "1990-01-01", "male")


async def test_given_data_typed_by_hand_when_the_card_says_otherwise_then_what_was_typed_stands(
    desk: Application,
) -> None:
    csrf = await desk.sign_in("front_desk")
    card = await _json(desk, "POST", "/guests", csrf, CARD)
    typed = {"name": "钱示例", "guest_id": card["id"], "phone": "13800000089", "address": "新街 1 号"}
    typed |= {"birthday": "1990-01-01", "sex": "male", "origin": "北京市东城区"}
    stay = await _check_in(desk, csrf, typed)
    (person,) = stay["persons"]
    assert (person["phone"], person["address"]) == ("13800000089", "新街 1 号")


async def test_given_a_guest_in_house_or_of_former_times_when_the_name_is_typed_then_it_is_said(
    desk: Application,
) -> None:
    csrf = await desk.sign_in("admin")
    stay = await _check_in(desk, csrf, {"name": "钱示例", "phone": "13800000081"}, stay_type="free", reason="试住")
    assert [(one["room"], one["stays"]) for one in await _known(desk, csrf, "钱示例")] == [("0301", 0)]

    await _json(desk, "POST", f"/stays/{stay['id']}/check-out", csrf)
    (known,) = await _known(desk, csrf, "钱示例")
    assert (known["room"], known["stays"], known["last_departure"]) == ("", 1, DEPARTURE)


async def test_given_a_walk_in_without_a_card_when_registered_then_a_card_is_made_and_found_by_document_next_time(
    desk: Application,
) -> None:
    csrf = await desk.sign_in("front_desk")
    first = await _check_in(desk, csrf, {"name": "孔示例", "document_number": VALID, "phone": "13800000082"})
    again = await _check_in(desk, csrf, {"name": "孔示例", "document_number": VALID}, room="0302")

    (person,) = first["persons"]
    card = await _json(desk, "GET", f"/guests/{person['guest_id']}", csrf)
    assert (card["name"], card["stage"], card["birthday"]) == ("孔示例", "guest", "1990-01-01")
    assert [paper["number"] for paper in card["documents"]] == ["110***********1237"]
    assert again["persons"][0]["guest_id"] == card["id"]


async def test_given_a_walk_in_of_whom_only_the_name_is_known_when_registered_then_no_double_is_made(
    desk: Application,
) -> None:
    csrf = await desk.sign_in("front_desk")
    stay = await _check_in(desk, csrf, {"name": "孔示例"})
    assert stay["persons"][0]["guest_id"] is None


async def test_given_a_confidential_guest_without_a_card_when_registered_then_none_is_made(desk: Application) -> None:
    csrf = await desk.sign_in("front_desk")
    stay = await _check_in(desk, csrf, {"name": "孔示例", "document_number": VALID}, confidential=True)
    assert stay["persons"][0]["guest_id"] is None
    assert (await _json(desk, "GET", "/guests/search?q=孔示例", csrf))["items"] == []
