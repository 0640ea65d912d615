"""Signing in and out, sessions, CSRF, throttling."""

from datetime import timedelta
from typing import Any

import pytest
from aiohttp.test_utils import TestClient
from sqlalchemy import select, update

from callcenter.staff.models import AuditEntry, Session, User
from callcenter.staff.roles import permissions_of
from tests.application import PASSWORD, Application

SESSION = "/api/v1/session"


async def test_given_a_user_when_signing_in_then_the_session_names_rights_and_house(application: Application) -> None:
    answer = await application.client.post(SESSION, json={"username": "operator", "password": PASSWORD})

    session = await answer.json()
    assert answer.status == 200
    assert session["user"]["role"] == "operator"
    assert session["user"]["permissions"] == sorted(permissions_of("operator"))
    assert [line["number"] for line in session["lines"]] == ["4001", "4002", "4003"]
    assert {line["ring_cadence"] for line in session["lines"]} == {5.0}
    assert session["hotel"]["timezone"] == "Asia/Shanghai"
    assert session["ring_cadence"] == 5.0
    cookie = answer.cookies["callcenter_session"]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Strict"


@pytest.mark.parametrize(("username", "password"), [("operator", "wrong password"), ("nobody", PASSWORD)])
async def test_given_wrong_user_or_password_when_signing_in_then_it_is_not_told_which(
    application: Application, username: str, password: str
) -> None:
    answer = await application.client.post(SESSION, json={"username": username, "password": password})

    assert answer.status == 401
    assert (await answer.json())["code"] == "wrong_credentials"


async def test_given_a_deactivated_user_when_signing_in_or_still_signed_in_then_refused(
    application: Application,
) -> None:
    await application.sign_in("operator")
    async with application.database.begin() as session:
        await session.execute(update(User).where(User.username == "operator").values(active=False))

    assert (await application.client.get(SESSION)).status == 401
    again = await application.client.post(SESSION, json={"username": "operator", "password": PASSWORD})
    assert again.status == 401


async def test_given_a_session_when_signed_out_then_its_cookie_opens_nothing(application: Application) -> None:
    csrf = await application.sign_in("operator")
    token = application.client.session.cookie_jar.filter_cookies(application.client.make_url("/"))["callcenter_session"]

    assert (await application.client.delete(SESSION, headers=csrf)).status == 204

    answer = await application.client.get(SESSION, headers={"Cookie": f"callcenter_session={token.value}"})
    assert answer.status == 401


async def test_given_a_database_that_leaks_when_its_session_rows_are_read_then_no_token_is_in_them(
    application: Application,
) -> None:
    await application.sign_in("operator")
    token = application.client.session.cookie_jar.filter_cookies(application.client.make_url("/"))["callcenter_session"]

    async with application.database.read() as session:
        row = (await session.scalars(select(Session))).one()
    assert token.value not in (row.token_hash, row.csrf)


async def test_given_twelve_idle_hours_when_asking_then_the_session_has_ended(application: Application) -> None:
    await application.sign_in("operator")
    application.clock.advance(timedelta(hours=12))

    assert (await application.client.get(SESSION)).status == 401


async def test_given_use_within_twelve_hours_when_asking_later_then_the_session_goes_on(
    application: Application,
) -> None:
    await application.sign_in("operator")
    for _ in range(3):
        application.clock.advance(timedelta(hours=11))
        assert (await application.client.get(SESSION)).status == 200


@pytest.mark.parametrize("token", [None, "", "guessed", "中文"])
async def test_given_no_or_a_wrong_csrf_token_when_changing_then_refused(
    application: Application, token: str | None
) -> None:
    await application.sign_in("operator")

    answer = await application.client.delete(SESSION, headers={} if token is None else {"X-CSRF-Token": token})

    assert answer.status == 403
    assert (await answer.json())["code"] == "csrf_refused"
    assert (await application.client.get(SESSION)).status == 200


async def test_given_a_form_of_another_site_when_it_posts_a_sign_in_then_refused(application: Application) -> None:
    text = f'{{"username":"operator","password":"{PASSWORD}"}}'

    answer = await application.client.post(SESSION, data=text, headers={"Content-Type": "text/plain"})

    assert answer.status == 422
    assert "Set-Cookie" not in answer.headers


async def test_given_five_failures_when_trying_again_at_once_then_even_the_right_password_waits(
    application: Application,
) -> None:
    await _fail(application.client, times=5)

    answer = await application.client.post(SESSION, json={"username": "operator", "password": PASSWORD})

    assert answer.status == 429
    assert answer.headers["Retry-After"] == "2"
    application.clock.advance(timedelta(seconds=2))
    await application.sign_in("operator")


async def test_given_more_failures_when_trying_again_then_each_doubles_the_wait(application: Application) -> None:
    await _fail(application.client, times=5)
    application.clock.advance(timedelta(seconds=2))
    await _fail(application.client, times=1)

    answer = await application.client.post(SESSION, json={"username": "operator", "password": PASSWORD})

    assert answer.headers["Retry-After"] == "4"


async def test_given_one_user_throttled_when_another_signs_in_from_there_then_welcome(
    application: Application,
) -> None:
    await _fail(application.client, times=5)

    await application.sign_in("supervisor")


async def test_given_a_new_password_when_changed_then_other_sessions_end_and_the_old_one_fits_no_more(
    application: Application,
) -> None:
    await application.sign_in("operator")
    other = application.client.session.cookie_jar.filter_cookies(application.client.make_url("/"))["callcenter_session"]
    csrf = await application.sign_in("operator")

    changed = await application.client.put(
        f"{SESSION}/password", json={"current": PASSWORD, "new": "ten chars!"}, headers=csrf
    )

    assert changed.status == 204
    assert (await application.client.get(SESSION)).status == 200
    assert await application.logins.find(other.value, extend=False) is None
    old = await application.client.post(SESSION, json={"username": "operator", "password": PASSWORD})
    assert old.status == 401


@pytest.mark.parametrize(
    ("current", "new", "status", "code"),
    [("not the password", "long enough", 403, "wrong_password"), (PASSWORD, "nine char", 422, "invalid_input")],
)
async def test_given_a_wrong_or_too_short_password_when_changing_then_refused(
    application: Application, current: str, new: str, status: int, code: str
) -> None:
    csrf = await application.sign_in("operator")

    answer = await application.client.put(f"{SESSION}/password", json={"current": current, "new": new}, headers=csrf)

    assert (answer.status, (await answer.json())["code"]) == (status, code)


async def test_given_sign_ins_good_and_bad_when_reading_the_audit_log_then_both_stand_there(
    application: Application,
) -> None:
    await _fail(application.client, times=1)
    await application.sign_in("operator")

    async with application.database.read() as session:
        entries = (await session.scalars(select(AuditEntry).order_by(AuditEntry.id))).all()
    assert [(entry.action, entry.username, entry.address) for entry in entries] == [
        ("session.refused", "operator", "127.0.0.1"),
        ("session.begun", "operator", "127.0.0.1"),
    ]


async def _fail(client: TestClient[Any, Any], times: int) -> None:
    for _ in range(times):
        answer = await client.post(SESSION, json={"username": "operator", "password": "guess"})
        assert answer.status == 401
