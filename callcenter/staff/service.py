"""People who sign in: creating them, signing in and out, changing a password."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from http import HTTPStatus

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.clock import Clock
from callcenter.db import Database
from callcenter.errors import HouseError
from callcenter.settings import Settings
from callcenter.staff.audit import Actor, AuditLog
from callcenter.staff.models import Session, User
from callcenter.staff.passwords import Passwords, random_password
from callcenter.staff.roles import Role, permissions_of
from callcenter.staff.second_factor import WrongCode, accept
from callcenter.staff.sessions import public_id
from callcenter.staff.throttle import LoginThrottle
from callcenter.web.identity import SignedIn

USE_NOTED_EVERY = timedelta(minutes=1)
"""Noting every single use of a session would make every look at a page a write."""


class WrongCredentials(HouseError):
    """No such user, not active, or another password: which of them is not told."""

    code = "wrong_credentials"
    status = HTTPStatus.UNAUTHORIZED


class WrongPassword(HouseError):
    """The present password, asked for again before a change, is another one."""

    code = "wrong_password"
    status = HTTPStatus.FORBIDDEN


class SecondFactorRequired(HouseError):
    """User and password fit; the code of the second factor is wanted too."""

    code = "second_factor_required"
    status = HTTPStatus.UNAUTHORIZED


class PasswordUnchanged(HouseError):
    """The new password is the present one."""

    code = "password_unchanged"
    status = HTTPStatus.CONFLICT


@dataclass(frozen=True, slots=True)
class Person(SignedIn):
    """A signed-in user, and the session, by its public id, that proves it."""

    second_factor: bool = field(kw_only=True)
    session_id: str = field(kw_only=True)


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a sign-in comes from: the address, and what the browser says of itself."""

    address: str
    browser: str = ""


@dataclass(frozen=True, slots=True)
class _Nobody:
    username: str
    user_id: int | None = None


@dataclass(frozen=True, slots=True)
class NewUser:
    """Someone to be given a login."""

    username: str
    name: str
    role: Role


class Logins:
    """Sign-in, sessions and passwords. A session ends `idle` after its last use."""

    def __init__(
        self, database: Database, clock: Clock, passwords: Passwords, audit: AuditLog, idle: timedelta
    ) -> None:
        self._database = database
        self._clock = clock
        self._passwords = passwords
        self._audit = audit
        self._idle = idle
        self._throttle = LoginThrottle(database, clock)

    async def sign_in(self, username: str, password: str, origin: Origin, code: str = "") -> tuple[str, Person]:
        """Begin a session; return the token for the cookie and the person. `code` is the second factor's, if any.

        Raises:
            WrongCredentials: user and password do not belong together.
            SecondFactorRequired: they do, and this person has a second factor.
            WrongCode: the code is not the second factor's.
            TooManyAttempts: this user failed too often.
        """
        await self._throttle.begin(username, origin.address)
        async with self._database.read() as session:
            user = await session.scalar(select(User).where(User.username == username, User.active))
        if not await self._passwords.fits(password, user.password_hash if user else None) or user is None:
            await self._note_refusal(username, origin, "")
            raise WrongCredentials
        if user.totp_confirmed and not code:
            raise SecondFactorRequired  # still counts as failed: codes cannot be guessed by starting over
        token = secrets.token_urlsafe(32)
        try:
            person = await self._open(token, user, code, origin)
        except WrongCode:
            await self._note_refusal(username, origin, "second factor")
            raise
        await self._throttle.succeeded(username, origin.address)
        return token, person

    async def find(self, token: str, *, extend: bool) -> Person | None:
        """Return whose session `token` proves, None when there is none or it ended; `extend` counts as use."""
        now = self._clock.now()
        statement = (
            select(User, Session)
            .join(Session, Session.user_id == User.id)
            .where(Session.token_hash == _hash(token), Session.used_at > now - self._idle, User.active)
        )
        async with self._database.read() as session:
            found = (await session.execute(statement)).one_or_none()
        if found is None:
            return None
        user, row = found
        if extend and now - row.used_at >= USE_NOTED_EVERY:
            await self._note_use(row.token_hash, now)
        return _person(user, row)

    async def sign_out(self, token: str, person: Person, address: str) -> None:
        """End a session."""
        async with self._database.begin() as session:
            await session.execute(delete(Session).where(Session.token_hash == _hash(token)))
            self._audit(session, person, "session.ended", ("user", person.username), address=address)

    async def prove(self, person: Actor, password: str, address: str) -> None:
        """Check the password of one who is signed in, before a change that matters.

        Raises:
            WrongPassword: it does not fit.
            TooManyAttempts: it was wrong too often.
        """
        await self._throttle.begin(person.username, address)
        async with self._database.read() as session:
            stored = await session.scalar(select(User.password_hash).where(User.id == person.user_id))
        if not await self._passwords.fits(password, stored):
            raise WrongPassword
        await self._throttle.succeeded(person.username, address)

    async def change_password(self, token: str, person: Person, current: str, new: str, address: str) -> None:
        """Set the own password and end every other session of this person.

        Raises:
            WrongPassword: `current` is not the present password.
            PasswordUnchanged: `new` is.
            TooManyAttempts: it was wrong too often.
        """
        await self.prove(person, current, address)
        if new == current:
            raise PasswordUnchanged
        hashed = await self._passwords.hash(new)
        others = delete(Session).where(Session.user_id == person.user_id, Session.token_hash != _hash(token))
        async with self._database.begin() as session:
            await session.execute(
                update(User)
                .where(User.id == person.user_id)
                .values(password_hash=hashed, password_changed_at=self._clock.now(), must_change_password=False)
            )
            await session.execute(others)
            self._audit(session, person, "password.changed", ("user", person.username), address=address)

    async def _open(self, token: str, known: User, code: str, origin: Origin) -> Person:
        """Begin a session of one whose password fits, if that is still so and the second factor agrees."""
        now = self._clock.now()
        row = Session(
            token_hash=_hash(token),
            user_id=known.id,
            csrf=secrets.token_urlsafe(24),
            created_at=now,
            used_at=now,
            address=origin.address,
            browser=origin.browser,
        )
        async with self._database.begin() as session:
            user = await session.get(User, known.id, with_for_update=True)
            if user is None or not user.active or user.password_hash != known.password_hash:
                raise WrongCredentials
            if user.totp_confirmed and not await accept(session, user, code, now):
                raise WrongCode
            await session.execute(delete(Session).where(Session.used_at <= now - self._idle))
            session.add(row)
            person = _person(user, row)
            self._audit(session, person, "session.begun", ("user", user.username), address=origin.address)
        return person

    async def _note_refusal(self, username: str, origin: Origin, note: str) -> None:
        async with self._database.begin() as session:
            subject = ("user", username)
            self._audit(session, _Nobody(username), "session.refused", subject, note=note, address=origin.address)

    async def _note_use(self, token_hash: str, now: datetime) -> None:
        async with self._database.begin() as session:
            await session.execute(update(Session).where(Session.token_hash == token_hash).values(used_at=now))


async def ensure_users(
    session: AsyncSession, wanted: Iterable[NewUser], passwords: Passwords, clock: Clock, password: str | None = None
) -> tuple[list[NewUser], str]:
    """Create those of `wanted` who do not exist yet, all with `password` or else a random one.

    Returns:
        Who was created (nobody, when all exist) and the password they got.
    """
    present = set((await session.scalars(select(User.username))).all())
    missing = [user for user in wanted if user.username not in present]
    chosen = password or random_password()
    if not missing:
        return [], chosen
    hashed = await passwords.hash(chosen)
    now = clock.now()
    session.add_all(
        User(
            username=user.username,
            name=user.name,
            role=user.role,
            password_hash=hashed,
            active=True,
            created_at=now,
            password_changed_at=now,
        )
        for user in missing
    )
    await session.flush()
    return missing, chosen


def demo_users(settings: Settings) -> list[NewUser]:
    """Name the logins of the demo: op1… and sup1… for the phones of the settings, and admin."""
    users = []
    for role, prefix in ((Role.OPERATOR, "op"), (Role.SUPERVISOR, "sup")):
        blocks = [block for block in settings.phones if block.role == role]
        named = [(block.name, extension) for block in blocks for extension in block.extensions]
        for number, (name, extension) in enumerate(named, start=1):
            users.append(NewUser(f"{prefix}{number}", f"{name.zh} {extension}", role))
    users.append(NewUser("admin", "管理员 Admin", Role.ADMIN))
    return users


def _person(user: User, row: Session) -> Person:
    return Person(
        user.id,
        user.username,
        user.name,
        user.role,
        permissions_of(user.role),
        row.csrf,
        user.must_change_password,
        second_factor=user.totp_confirmed,
        session_id=public_id(row.token_hash),
    )


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
