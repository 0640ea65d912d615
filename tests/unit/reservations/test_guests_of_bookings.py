"""The persons of a booking: whoever sees a document masked cannot lose it by saving."""

from __future__ import annotations

from typing import Any

from tests.application import Application

DOCUMENT = "11010519491231002X"


async def test_given_a_masked_document_when_the_guests_are_saved_again_then_the_number_stays(
    application: Application,
) -> None:
    await application.add_rooms()
    csrf = await application.sign_in("operator")
    made = await _json(application, "POST", "/reservations", csrf, {"type": "suite", "booker": "林示例"})
    address = f"/reservations/{made['number']}/guests"
    person = {"name": "林示例", "document_number": DOCUMENT}
    shown = await _json(application, "PUT", address, csrf, {"guests": [person]})
    assert "*" in shown["guests"][0]["document_number"]

    changed = [{**shown["guests"][0], "address": "昆明路 1 号"}, {"name": "示例二"}]
    await _json(application, "PUT", address, csrf, {"guests": changed})

    csrf = await application.sign_in("supervisor")
    seen = await _json(application, "GET", f"/reservations/{made['number']}", csrf, None)
    assert [one["document_number"] for one in seen["guests"]] == [DOCUMENT, ""]
    assert seen["guests"][0]["address"] == "昆明路 1 号"


async def _json(application: Application, method: str, path: str, csrf: dict[str, str], body: object) -> Any:
    answer = await application.client.request(method, f"/api/v1{path}", json=body, headers=csrf)
    assert answer.status < 300, await answer.text()
    return await answer.json()
