"""Guest cards on a test database, made by an operator at noon."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import pytest
import pytest_asyncio

from callcenter.clock import SettableClock
from callcenter.db import Database
from callcenter.guests.card import Card, Draft, Number
from callcenter.guests.numbers import NumberPlan
from callcenter.guests.rules import GuestRules
from callcenter.guests.service import By, Guests
from callcenter.settings import load
from callcenter.staff.audit import AuditLog
from callcenter.staff.models import User
from tests.application import NOON

SETTINGS = load(environment={})
PLAN = NumberPlan.of(SETTINGS)


@dataclass(frozen=True)
class Operator:
    """Somebody who acts."""

    user_id: int | None = None
    username: str = "op1"


BY = By(Operator(), "127.0.0.1")


@pytest.fixture
def clock() -> SettableClock:
    return SettableClock(NOON)


@pytest.fixture
def rules() -> GuestRules:
    return GuestRules.of(SETTINGS)


@pytest.fixture
def guests(clock: SettableClock, rules: GuestRules) -> Guests:
    return Guests(clock, PLAN, rules, AuditLog(clock))


@pytest_asyncio.fixture
async def staff(database: Database) -> dict[str, int]:
    """Enter three people and return their ids by name."""
    async with database.begin() as session:
        people = [
            User(
                username=name,
                name=name.title(),
                role="operator",
                password_hash="x",
                active=True,
                created_at=NOON,
                password_changed_at=NOON,
            )
            for name in ("anna", "bert", "cora")
        ]
        session.add_all(people)
        await session.flush()
        return {person.username: person.id for person in people}


async def made(database: Database, guests: Guests, name: str, *numbers: str, **more: object) -> Card:
    """Make a card."""
    draft = Draft(name=name, numbers=tuple(Number(number) for number in numbers), **more)  # type: ignore[arg-type]
    async with database.begin() as session:
        return await guests.create(session, draft, BY, attention_seen=True)


def days(count: float) -> timedelta:
    return timedelta(days=count)
