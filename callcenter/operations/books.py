"""What the doctor asks the database: is it there, does it answer, does its schema fit this program."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import func, select
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from callcenter import migrations
from callcenter.calls.models import Call
from callcenter.db import Database, DatabaseUnavailable
from callcenter.operations.findings import Finding, Subject, fine, wrong

EMPTY = "(none)"
CLOCK_TOLERANCE = timedelta(minutes=1)


def sqlite_file(url: str) -> Path | None:
    """Return the file of an SQLite database, None for a database of another kind."""
    parsed = make_url(url)
    return Path(parsed.database or "") if parsed.get_backend_name() == "sqlite" else None


async def check_database(url: str) -> Finding:
    """Look whether the database answers and has the schema of this program."""
    file = sqlite_file(url)
    if file is not None and not file.is_file():
        return wrong(Subject.DATABASE, "database_missing", file=file)
    try:
        found = await schema_revision(url)
    except DatabaseUnavailable as error:
        return wrong(Subject.DATABASE, "database_unreachable", reason=error.params["reason"])
    except SQLAlchemyError as error:
        reason = str(getattr(error, "orig", None) or error).splitlines()[0]
        return wrong(Subject.DATABASE, "database_unreachable", reason=reason)
    return judge_revision(found)


def judge_revision(found: str | None) -> Finding:
    """Compare the revision of a schema, None for an empty database, with what this program needs."""
    wanted = newest_revision()
    if found == wanted:
        return fine(Subject.DATABASE, "database_fine", revision=found)
    code = "database_behind" if found is None or is_known_revision(found) else "database_ahead"
    return wrong(Subject.DATABASE, code, found=found or EMPTY, wanted=wanted)


async def schema_revision(url: str) -> str | None:
    """Return the revision of the database's schema, None for an empty database.

    Raises:
        DatabaseUnavailable: it cannot be reached.
        SQLAlchemyError: it is reached, and is no database.
    """

    def read(session: Session) -> str | None:
        return MigrationContext.configure(session.connection()).get_current_revision()

    database = Database(url)
    try:
        async with database.read() as session:
            return await session.run_sync(read)
    finally:
        await database.close()


async def newest_call(url: str) -> datetime | None:
    """Return when the newest call began, None when there is none yet.

    Raises:
        DatabaseUnavailable: the database cannot be reached.
    """
    database = Database(url)
    try:
        async with database.read() as session:
            newest: datetime | None = await session.scalar(select(func.max(Call.started_at)))
            return newest
    finally:
        await database.close()


def judge_clock(now: datetime, newest: datetime | None, zone: ZoneInfo) -> Finding:
    """Judge our own clock: time does not go back behind the newest call in the books."""
    shown = f"{now.astimezone(zone):%Y-%m-%d %H:%M:%S}"
    if newest is not None and now < newest - CLOCK_TOLERANCE:
        return wrong(Subject.CLOCK, "clock_behind", now=shown, newest=f"{newest.astimezone(zone):%Y-%m-%d %H:%M:%S}")
    return fine(Subject.CLOCK, "clock_fine", now=shown, zone=zone.key)


def newest_revision() -> str | None:
    """Return the revision of the schema that this program needs."""
    return _scripts().get_current_head()


def is_known_revision(revision: str) -> bool:
    """Tell whether this program can upgrade a schema of that revision."""
    try:
        return _scripts().get_revision(revision) is not None
    except CommandError:
        return False


def _scripts() -> ScriptDirectory:
    return ScriptDirectory(str(Path(migrations.__file__).parent))
