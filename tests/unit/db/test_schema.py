"""The migrations make exactly the tables that the code declares."""

import asyncio
from collections.abc import Callable
from pathlib import Path

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import Connection, select, text

import callcenter.attempts
import callcenter.db
import callcenter.emergencies.models
import callcenter.guests.models
import callcenter.guests.work_models
import callcenter.outbound.models
import callcenter.reservations.models
import callcenter.rooms.models
import callcenter.schedule
import callcenter.stays.models
import recordings.models
import recordings.voicemail.models  # noqa: F401
from callcenter.db import Base, Database, upgrade
from callcenter.staff.models import User

FIRST_USER = """
INSERT INTO users (username, name, role, password_hash, active, created_at, password_changed_at)
VALUES ('op1', 'One', 'operator', 'hash', true, '2026-11-01 00:00:00', '2026-11-01 00:00:00')
"""


async def test_given_an_empty_database_when_upgraded_then_it_has_exactly_the_declared_tables(
    empty_database_url: str,
) -> None:
    await upgrade(empty_database_url)

    database = Database(empty_database_url)
    async with database.begin() as session:
        connection = await session.connection()
        differences = await connection.run_sync(_differences)
    await database.close()
    assert differences == []


async def test_given_a_database_of_the_newest_schema_when_upgraded_again_then_its_rows_stay(database_url: str) -> None:
    database = Database(database_url)
    async with database.begin() as session:
        await session.execute(text("INSERT INTO exchange_state VALUES ('pbx1', 'offset', '42')"))

    await upgrade(database_url)

    async with database.read() as session:
        assert await session.scalar(text("SELECT value FROM exchange_state")) == "42"
    await database.close()


async def test_given_users_of_the_first_version_when_upgraded_then_they_sign_in_as_before(
    empty_database_url: str,
) -> None:
    database = Database(empty_database_url)
    async with database.begin() as session:
        connection = await session.connection()
        await connection.run_sync(_migrate, "0001")
        await session.execute(text(FIRST_USER))

    await upgrade(empty_database_url)

    async with database.read() as session:
        user = (await session.scalars(select(User))).one()
    await database.close()
    assert (user.username, user.must_change_password, user.totp_confirmed, user.totp_step) == ("op1", False, False, 0)


async def test_given_two_nodes_when_they_upgrade_one_database_at_once_then_both_succeed(
    new_database: Callable[[], str],
) -> None:
    url = new_database()

    await asyncio.gather(upgrade(url), upgrade(url))

    database = Database(url)
    async with database.read() as session:
        assert await session.scalar(text("SELECT count(*) FROM alembic_version")) == 1
    await database.close()


def _migrate(connection: Connection, revision: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(callcenter.db.__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    command.upgrade(config, revision)


def _differences(connection: Connection) -> list[object]:
    return compare_metadata(MigrationContext.configure(connection, opts={"compare_type": True}), Base.metadata)
