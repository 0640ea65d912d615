"""Creating logins: only those missing, never with a default password; hashes are argon2id."""

import asyncio

from sqlalchemy import select

from callcenter.clock import SettableClock
from callcenter.db import Database
from callcenter.settings import load
from callcenter.staff.models import User
from callcenter.staff.passwords import Passwords
from callcenter.staff.roles import Role
from callcenter.staff.service import NewUser, Origin, demo_users, ensure_users
from tests.application import NOON, Application

WANTED = [NewUser("op1", "One", Role.OPERATOR), NewUser("admin", "Admin", Role.ADMIN)]


async def test_given_no_users_when_ensured_then_all_are_created_with_one_random_password(
    application: Application,
) -> None:
    async with application.database.begin() as session:
        created, password = await ensure_users(session, WANTED, application.passwords, application.clock)
    async with application.database.begin() as session:
        again, _ = await ensure_users(session, WANTED, application.passwords, application.clock)

    assert [user.username for user in created] == ["op1"]
    assert again == []
    assert len(password) >= 16
    await application.logins.sign_in("op1", password, Origin("127.0.0.1"))


async def test_given_two_installations_when_users_are_made_then_their_passwords_differ(database: Database) -> None:
    async with database.begin() as session:
        _, first = await ensure_users(session, [], Passwords(), SettableClock(NOON))
        _, second = await ensure_users(session, [], Passwords(), SettableClock(NOON))

    assert first != second


async def test_given_a_password_when_stored_then_it_is_argon2id(database: Database) -> None:
    async with database.begin() as session:
        _, password = await ensure_users(session, WANTED[:1], Passwords(), SettableClock(NOON))

    async with database.read() as session:
        stored = (await session.scalars(select(User.password_hash))).one()
    assert stored.startswith("$argon2id$")
    assert password not in stored


async def test_given_passwords_when_checked_then_the_loop_goes_on_meanwhile() -> None:
    passwords = Passwords()
    ticks = 0

    async def tick() -> None:
        nonlocal ticks
        while True:
            await asyncio.sleep(0.001)
            ticks += 1

    ticking = asyncio.create_task(tick())
    stored = await passwords.hash("correct horse battery")
    ticking.cancel()

    assert ticks > 0
    assert await passwords.fits("correct horse battery", stored)
    assert not await passwords.fits("wrong", stored)
    assert not await passwords.fits("correct horse battery", None)
    assert not await passwords.fits("x", "not a hash")


def test_given_the_sample_hotel_when_demo_users_are_named_then_each_phone_has_one_and_there_is_an_admin() -> None:
    users = {user.username: user.role for user in demo_users(load(environment={}))}

    assert len(users) == 40 + 9 + 1
    assert (users["op1"], users["op40"], users["sup9"], users["admin"]) == (
        Role.OPERATOR,
        Role.OPERATOR,
        Role.SUPERVISOR,
        Role.ADMIN,
    )
