"""The second factor: RFC 6238, set up with a first code, asked for at sign-in, replaced once by a recovery code."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from callcenter.staff.models import AuditEntry
from callcenter.staff.second_factor import code_at, step_at
from tests.application import NOON, PASSWORD, Application

SESSION = "/api/v1/session"
FACTOR = "/api/v1/account/second-factor"
RFC_SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"


@pytest.mark.parametrize(
    ("seconds", "code"),
    [(59, "287082"), (1111111109, "081804"), (1111111111, "050471"), (1234567890, "005924"), (20000000000, "353130")],
)
def test_given_the_examples_of_rfc_6238_when_computed_then_the_codes_are_theirs(seconds: int, code: str) -> None:
    assert code_at(RFC_SECRET, step_at(datetime.fromtimestamp(seconds, UTC))) == code


async def test_given_a_second_factor_when_signing_in_then_password_and_code_are_wanted(
    application: Application,
) -> None:
    secret, _ = await _enrol(application)
    application.clock.advance(timedelta(seconds=30))

    without = await _sign_in(application)
    wrong = await _sign_in(application, "000000" if code_at(secret, step_at(application.clock.now())) else "")
    right = await _sign_in(application, code_at(secret, step_at(application.clock.now())))

    assert (without.status, (await without.json())["code"]) == (401, "second_factor_required")
    assert (wrong.status, (await wrong.json())["code"]) == (403, "wrong_code")
    assert right.status == 200
    assert (await right.json())["user"]["second_factor"] is True


@pytest.mark.parametrize(("steps_off", "status"), [(-2, 403), (-1, 200), (0, 200), (1, 200), (2, 403)])
async def test_given_a_phone_whose_clock_is_off_when_signing_in_then_one_step_is_forgiven(
    application: Application, steps_off: int, status: int
) -> None:
    secret, _ = await _enrol(application)
    application.clock.advance(timedelta(minutes=5))

    answer = await _sign_in(application, code_at(secret, step_at(application.clock.now()) + steps_off))

    assert answer.status == status


async def test_given_a_code_that_was_used_when_it_is_overheard_then_it_opens_nothing(application: Application) -> None:
    secret, _ = await _enrol(application)
    application.clock.advance(timedelta(minutes=5))
    code = code_at(secret, step_at(application.clock.now()))
    assert (await _sign_in(application, code)).status == 200

    assert (await _sign_in(application, code)).status == 403


async def test_given_a_lost_phone_when_a_recovery_code_is_used_then_it_works_once(application: Application) -> None:
    _, codes = await _enrol(application)

    assert len(set(codes)) == 10
    assert (await _sign_in(application, codes[0].upper())).status == 200
    assert (await _sign_in(application, codes[0])).status == 403
    assert (await _sign_in(application, codes[1].replace("-", " "))).status == 200


async def test_given_the_right_password_when_codes_are_guessed_then_the_guesser_waits(
    application: Application,
) -> None:
    await _enrol(application)

    statuses = [(await _sign_in(application, guess)).status for guess in ("1", "", "2", "", "3", "4")]

    assert statuses == [403, 401, 403, 401, 403, 429]


async def test_given_no_confirmed_code_when_signing_in_then_the_password_is_enough(application: Application) -> None:
    csrf = await application.sign_in("operator")
    begun = await application.client.post(FACTOR, json={"password": PASSWORD}, headers=csrf)
    assert begun.status == 200

    refused = await application.client.put(FACTOR, json={"code": "abcdef"}, headers=csrf)

    assert (refused.status, (await refused.json())["code"]) == (403, "wrong_code")
    assert (await _sign_in(application)).status == 200


async def test_given_an_enrolment_when_shown_then_secret_address_and_picture_are_one(application: Application) -> None:
    csrf = await application.sign_in("operator")

    shown = await (await application.client.post(FACTOR, json={"password": PASSWORD}, headers=csrf)).json()

    assert shown["uri"] == (
        f"otpauth://totp/Cloud%20Creek%20Hot%20Spring%20Resort%3Aoperator?secret={shown['secret']}"
        "&issuer=Cloud%20Creek%20Hot%20Spring%20Resort"
    )
    assert shown["qr"].startswith("data:image/svg+xml")


async def test_given_a_second_factor_when_another_is_wanted_then_the_first_must_go(application: Application) -> None:
    await _enrol(application)
    csrf = await _csrf_of(application)

    begun = await application.client.post(FACTOR, json={"password": PASSWORD}, headers=csrf)
    confirmed = await application.client.put(FACTOR, json={"code": "123456"}, headers=csrf)

    assert [(answer.status, (await answer.json())["code"]) for answer in (begun, confirmed)] == [
        (409, "second_factor_present")
    ] * 2


@pytest.mark.parametrize(("password", "status"), [("not the password", 403), (PASSWORD, 204)])
async def test_given_a_second_factor_when_it_is_removed_then_the_password_is_asked_for(
    application: Application, password: str, status: int
) -> None:
    await _enrol(application)

    removed = await application.client.post(
        f"{FACTOR}/removal", json={"password": password}, headers=await _csrf_of(application)
    )

    assert removed.status == status
    assert (await _sign_in(application)).status == (200 if status == 204 else 401)


async def test_given_a_second_factor_when_added_and_removed_then_the_audit_log_has_it_without_secrets(
    application: Application,
) -> None:
    secret, codes = await _enrol(application)
    csrf = await _csrf_of(application)
    await application.client.post(f"{FACTOR}/removal", json={"password": PASSWORD}, headers=csrf)

    async with application.database.read() as session:
        entries = (await session.scalars(select(AuditEntry).order_by(AuditEntry.id))).all()
    assert [entry.action for entry in entries] == ["session.begun", "second_factor.added", "second_factor.removed"]
    told = "".join(f"{entry.before}{entry.after}{entry.note}" for entry in entries)
    assert secret not in told
    assert codes[0] not in told


async def _enrol(application: Application) -> tuple[str, list[str]]:
    csrf = await application.sign_in("operator")
    begun = await application.client.post(FACTOR, json={"password": PASSWORD}, headers=csrf)
    secret = (await begun.json())["secret"]
    confirmed = await application.client.put(FACTOR, json={"code": code_at(secret, step_at(NOON))}, headers=csrf)
    assert confirmed.status == 200, await confirmed.text()
    return secret, (await confirmed.json())["recovery_codes"]


async def _csrf_of(application: Application) -> dict[str, str]:
    return {"X-CSRF-Token": (await (await application.client.get(SESSION)).json())["csrf"]}


async def _sign_in(application: Application, code: str = "") -> Any:
    return await application.client.post(SESSION, json={"username": "operator", "password": PASSWORD, "code": code})
