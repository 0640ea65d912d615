"""Guessing passwords gets slow, for users and for addresses, also over a restart."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from callcenter.attempts import FailedAttempts, TooManyAttempts
from callcenter.clock import SettableClock
from callcenter.db import Database
from callcenter.staff.throttle import OF_ADDRESS, OF_USER, OF_USER_AT_ADDRESS, LoginThrottle
from tests.application import NOON

HERE, THERE = "192.0.2.1", "192.0.2.2"


@pytest.fixture
def clock() -> SettableClock:
    return SettableClock(NOON)


@pytest.fixture
def throttle(database: Database, clock: SettableClock) -> LoginThrottle:
    return LoginThrottle(database, clock)


async def test_given_failures_when_the_application_restarts_then_they_still_count(
    throttle: LoginThrottle, database: Database, clock: SettableClock
) -> None:
    for _ in range(OF_USER_AT_ADDRESS.free):
        await throttle.begin("op1", HERE)

    assert await _wait(LoginThrottle(database, clock), "op1", HERE) == 2


async def test_given_endless_guessing_when_throttled_then_the_wait_never_exceeds_a_quarter_of_an_hour(
    throttle: LoginThrottle, clock: SettableClock
) -> None:
    for _ in range(15):
        await throttle.begin("op1", HERE)
        clock.advance(OF_USER_AT_ADDRESS.longest)
    await throttle.begin("op1", HERE)

    assert await _wait(throttle, "op1", HERE) == 900


async def test_given_a_refused_attempt_when_the_wait_is_over_then_it_did_not_make_the_wait_longer(
    throttle: LoginThrottle, clock: SettableClock
) -> None:
    for _ in range(OF_USER_AT_ADDRESS.free):
        await throttle.begin("op1", HERE)
    for _ in range(3):
        assert await _wait(throttle, "op1", HERE) == 2
    clock.advance(timedelta(seconds=2))

    await throttle.begin("op1", HERE)


async def test_given_many_attempts_at_once_when_none_has_been_checked_yet_then_only_the_free_ones_go_through(
    throttle: LoginThrottle,
) -> None:
    outcomes = await asyncio.gather(*(throttle.begin("op1", HERE) for _ in range(30)), return_exceptions=True)

    assert [type(outcome) for outcome in outcomes if outcome is not None] == [TooManyAttempts] * 25


async def test_given_many_names_tried_from_one_address_when_the_limit_is_reached_then_the_address_waits_seconds(
    throttle: LoginThrottle, clock: SettableClock
) -> None:
    for number in range(OF_ADDRESS.free + 5):
        clock.advance(OF_ADDRESS.longest)
        await throttle.begin(f"user{number}", HERE)

    await throttle.begin("someone", THERE)
    assert await _wait(throttle, "someone", HERE) == 8


async def test_given_one_user_tried_from_many_addresses_when_the_limit_is_reached_then_the_user_waits(
    throttle: LoginThrottle, clock: SettableClock
) -> None:
    for number in range(OF_USER.free + 10):
        clock.advance(OF_USER.longest)
        await throttle.begin("op1", f"198.51.100.{number}")

    assert await _wait(throttle, "op1", HERE) == 60
    await throttle.begin("op2", HERE)


async def test_given_good_sign_ins_from_one_address_when_there_are_many_then_nobody_waits(
    throttle: LoginThrottle,
) -> None:
    for _ in range(OF_ADDRESS.free + 5):
        await throttle.begin("op1", HERE)
        await throttle.succeeded("op1", HERE)


async def test_given_guesses_from_elsewhere_when_the_user_signs_in_then_the_guesser_still_waits(
    throttle: LoginThrottle,
) -> None:
    for _ in range(OF_USER_AT_ADDRESS.free):
        await throttle.begin("op1", THERE)
    await throttle.begin("op1", HERE)
    await throttle.succeeded("op1", HERE)

    assert await _wait(throttle, "op1", THERE) == 2


async def test_given_an_hour_without_attempts_when_trying_again_then_the_failures_are_forgotten(
    throttle: LoginThrottle, clock: SettableClock
) -> None:
    for _ in range(OF_USER_AT_ADDRESS.free):
        await throttle.begin("op1", HERE)
    clock.advance(timedelta(hours=1, seconds=1))

    for _ in range(OF_USER_AT_ADDRESS.free):
        await throttle.begin("op1", HERE)


async def test_given_old_failures_when_anybody_signs_in_then_their_rows_are_dropped(
    throttle: LoginThrottle, database: Database, clock: SettableClock
) -> None:
    for number in range(3):
        await throttle.begin(f"user{number}", THERE)
    clock.advance(timedelta(hours=1, seconds=1))
    await throttle.begin("op1", HERE)
    await throttle.succeeded("op1", HERE)

    async with database.read() as session:
        assert await session.scalar(select(func.count()).select_from(FailedAttempts)) == 2


async def _wait(throttle: LoginThrottle, username: str, address: str) -> object:
    with pytest.raises(TooManyAttempts) as refusal:
        await throttle.begin(username, address)
    return refusal.value.params["retry_after"]
