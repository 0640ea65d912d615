"""Nobody orders under another customer's code (requirements 11): bookings and check-ins alike."""

from __future__ import annotations

from typing import Any

import pytest
import pytest_asyncio

from tests.application import Application

STAY = {"room": "0301", "departure": "2026-11-22", "guests": [{"name": "林示例"}]}


class Desk:
    """The front desk at the pages, with two contract customers."""

    def __init__(self, application: Application, csrf: dict[str, str]) -> None:
        self._client = application.client
        self._csrf = csrf
        self.companies: dict[str, int] = {}

    async def send(self, method: str, path: str, body: dict[str, Any], status: int = 201) -> Any:
        answer = await self._client.request(method, f"/api/v1{path}", json=body, headers=self._csrf)
        assert answer.status == status, await answer.text()
        return await answer.json()

    async def guest_of(self, company: str | None) -> int:
        """A card that names a company, or none."""
        named = {} if company is None else {"company_id": self.companies[company]}
        card = {"name": "林示例", "numbers": [{"number": "13800000077"}], **named}
        return int((await self.send("POST", "/guests", card))["id"])


@pytest_asyncio.fixture
async def desk(application: Application) -> Desk:
    await application.add_rooms()
    manager = Desk(application, await application.sign_in("manager"))
    for code, name in (("K001", "云溪示例贸易"), ("K002", "远山示例旅行")):
        made = await manager.send("POST", "/companies", {"code": code, "name": name})
        manager.companies[code] = made["id"]
    return manager


@pytest.mark.parametrize("written", ["K002", "k002", "远山示例旅行"])
async def test_given_a_guest_of_one_contract_customer_when_booked_or_checked_in_under_another_then_refused(
    desk: Desk, written: str
) -> None:
    guest = await desk.guest_of("K001")
    booking = {"type": "suite", "booker": "林示例", "guest_id": guest, "company": written}
    refused = await desk.send("POST", "/reservations", booking, 409)
    assert (refused["code"], refused["params"]) == (
        "other_customers_code",
        {"company": "远山示例旅行", "own": "云溪示例贸易"},
    )
    stay = {**STAY, "guests": [{"name": "林示例", "guest_id": guest}], "company": written}
    assert (await desk.send("POST", "/stays", stay, 409))["code"] == "other_customers_code"


async def test_given_a_booking_when_its_company_is_changed_to_another_customers_then_refused(desk: Desk) -> None:
    guest = await desk.guest_of("K001")
    booking = {"type": "suite", "booker": "林示例", "guest_id": guest, "company": "K001"}
    made = await desk.send("POST", "/reservations", booking)
    change = {**booking, "company": "K002", "version": made["version"]}
    assert (await desk.send("PUT", f"/reservations/{made['number']}", change, 409))["code"] == "other_customers_code"


@pytest.mark.parametrize("company", ["K001", None])
async def test_given_the_own_code_or_a_card_without_company_when_booked_then_the_company_stands_as_it_is_filed(
    desk: Desk, company: str | None
) -> None:
    guest = await desk.guest_of(company)
    booking = {"type": "suite", "booker": "林示例", "guest_id": guest, "company": "k001"}
    assert (await desk.send("POST", "/reservations", booking))["company"] == "云溪示例贸易"


async def test_given_a_company_without_contract_when_booked_then_it_stands_as_it_was_written(desk: Desk) -> None:
    booking = {"type": "suite", "booker": "林示例", "company": "路人示例公司"}
    assert (await desk.send("POST", "/reservations", booking))["company"] == "路人示例公司"
