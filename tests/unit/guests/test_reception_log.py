"""The reception log (requirements 5): every contact with a customer, whoever had it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import pytest_asyncio

from tests.application import Application


@pytest_asyncio.fixture
async def desk(application: Application) -> Application:
    """Three contacts with two customers."""
    csrf = await application.sign_in("operator")
    cards = []
    for place, name in enumerate(("林示例", "王示例")):
        card = {"name": name, "numbers": [{"number": f"1380000007{place}"}]}
        made = await application.client.post("/api/v1/guests", json=card, headers=csrf)
        cards.append((await made.json())["id"])
    for role, card, channel, side in (
        ("operator", cards[0], "phone", "service"),
        ("supervisor", cards[1], "visit", "sales"),
        ("supervisor", cards[0], "wechat", "service"),
    ):
        csrf = await application.sign_in(role)
        contact = {"channel": channel, "side": side, "note": f"by {channel}"}
        answer = await application.client.post(f"/api/v1/guests/{card}/contacts", json=contact, headers=csrf)
        assert answer.status == 201, await answer.text()
        application.clock.advance(timedelta(hours=1))
    return application


async def log_of(desk: Application, **query: str) -> list[dict[str, Any]]:
    """Every line of the log, read two at a time."""
    found: list[dict[str, Any]] = []
    after: dict[str, str] = {}
    while True:
        answer = await desk.client.get("/api/v1/reception-log", params={**query, **after, "limit": "2"})
        assert answer.status == 200, await answer.text()
        page = await answer.json()
        found += page["items"]
        if page["next"] is None:
            return found
        after = {"after": page["next"]}


async def test_given_contacts_when_read_then_each_says_who_met_whom_how_newest_first(desk: Application) -> None:
    lines = [(one["by"], one["guest"], one["channel"], one["note"]) for one in await log_of(desk)]
    assert lines == [
        ("supervisor", "林示例", "wechat", "by wechat"),
        ("supervisor", "王示例", "visit", "by visit"),
        ("operator", "林示例", "phone", "by phone"),
    ]


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ({"by": "operator"}, 1),
        ({"channel": "visit"}, 1),
        ({"side": "service"}, 2),
        ({"from": "2026-11-21T05:00:00Z"}, 2),
        ({"to": "2026-11-21T05:00:00Z"}, 1),
    ],
)
async def test_given_conditions_when_read_then_only_what_fits_is_shown(
    desk: Application, query: dict[str, str], wanted: int
) -> None:
    assert len(await log_of(desk, **query)) == wanted
