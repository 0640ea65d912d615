"""The people who may sign in, kept by those who may manage them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Any

from sqlalchemy import and_, func, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.clock import Clock
from callcenter.db import Database
from callcenter.errors import HouseError, NotFound
from callcenter.staff import second_factor, sessions, throttle
from callcenter.staff.audit import Actor, AuditLog
from callcenter.staff.models import Session, User
from callcenter.staff.passwords import Passwords, random_password
from callcenter.staff.roles import PERMISSIONS, Role
from callcenter.staff.service import NewUser

MANAGE = "staff.manage"
_MANAGING = [role for role, permissions in PERMISSIONS.items() if MANAGE in permissions]


class UsernameTaken(HouseError):
    """Another user, perhaps a deactivated one, has this name; params: `username`."""

    code = "username_taken"
    status = HTTPStatus.CONFLICT


class LastManager(HouseError):
    """After this change nobody could manage users any more."""

    code = "last_manager"
    status = HTTPStatus.CONFLICT


@dataclass(frozen=True, slots=True)
class Member:
    """A user as those see him who manage users; `seen_at`: last use of a session that is still kept."""

    id: int
    username: str
    name: str
    role: str
    active: bool
    must_change_password: bool
    second_factor: bool
    created_at: datetime
    seen_at: datetime | None


class Users:
    """Creates, changes and deactivates users; nobody is ever deleted."""

    def __init__(self, database: Database, clock: Clock, passwords: Passwords, audit: AuditLog) -> None:
        self._database = database
        self._clock = clock
        self._passwords = passwords
        self._audit = audit

    async def all(self) -> Sequence[Member]:
        """Return every user, the active first, by name."""
        seen = select(func.max(Session.used_at)).where(Session.user_id == User.id).scalar_subquery()
        statement = select(User, seen).order_by(User.active.desc(), User.username)
        async with self._database.read() as session:
            return [_member(user, seen_at) for user, seen_at in await session.execute(statement)]

    async def create(self, wanted: NewUser, by: Actor, address: str) -> tuple[Member, str]:
        """Add a user; return it with the password, which is told only now and must be changed at the first sign-in.

        Raises:
            UsernameTaken: there is or was one of this name.
        """
        password = random_password()
        hashed = await self._passwords.hash(password)
        now = self._clock.now()
        user = User(
            username=wanted.username,
            name=wanted.name,
            role=wanted.role,
            password_hash=hashed,
            active=True,
            created_at=now,
            password_changed_at=now,
            must_change_password=True,
        )
        async with self._database.begin() as session:
            session.add(user)
            try:
                await session.flush()
            except IntegrityError as error:
                raise UsernameTaken(username=wanted.username) from error
            self._audit(session, by, "user.created", _subject(user), after=_facts(user), address=address)
        return _member(user, None), password

    async def change(self, number: int, name: str, role: Role, active: bool, by: Actor, address: str) -> Member:
        """Set name, role and whether this user may sign in; another role or none ends the user's sessions.

        Raises:
            NotFound: there is no such user.
            LastManager: nobody would be left to manage users.
        """
        async with self._database.begin() as session:
            managers = await _locked_managers(session, number)
            user = await _locked(session, number)
            before = _facts(user)
            user.name, user.role, user.active = name, role, active
            after = _facts(user)
            if (user.role, user.active) != (before["role"], before["active"]):
                if not any(one.active and one.role in _MANAGING for one in managers):
                    raise LastManager
                await sessions.end_all(session, user.id)
            changed = {key for key in after if after[key] != before[key]}
            if changed:
                old, new = ({key: facts[key] for key in sorted(changed)} for facts in (before, after))
                self._audit(session, by, "user.changed", _subject(user), before=old, after=new, address=address)
            seen_at = await session.scalar(select(func.max(Session.used_at)).where(Session.user_id == number))
            return _member(user, seen_at)

    async def reset_password(self, number: int, by: Actor, address: str) -> str:
        """Give a new random password, told only now, to be changed at the next sign-in; end lock-out and sessions.

        Raises:
            NotFound: there is no such user.
        """
        password = random_password()
        hashed = await self._passwords.hash(password)
        async with self._database.begin() as session:
            user = await _locked(session, number)
            user.password_hash, user.must_change_password = hashed, True
            user.password_changed_at = self._clock.now()
            await sessions.end_all(session, user.id)
            await throttle.forget(session, user.username)
            self._audit(session, by, "password.reset", _subject(user), address=address)
        return password

    async def remove_second_factor(self, number: int, by: Actor, address: str) -> None:
        """Take the second factor from one who lost it.

        Raises:
            NotFound: there is no such user.
        """
        async with self._database.begin() as session:
            user = await _locked(session, number)
            await second_factor.clear(session, user)
            self._audit(session, by, "second_factor.removed", _subject(user), address=address)


async def _locked(session: AsyncSession, number: int) -> User:
    user = await session.get(User, number, with_for_update=True)
    if user is None:
        raise NotFound(kind="user", id=number)
    return user


async def _locked_managers(session: AsyncSession, number: int) -> Sequence[User]:
    """Read those who manage users, and user `number`, in one order: of two who deactivate each other one fails."""
    managing = and_(User.active, User.role.in_(_MANAGING))
    statement = select(User).where(or_(managing, User.id == number)).order_by(User.id).with_for_update()
    return (await session.scalars(statement)).all()


def _subject(user: User) -> tuple[str, str]:
    return "user", user.username


def _facts(user: User) -> dict[str, Any]:
    return {"username": user.username, "name": user.name, "role": str(user.role), "active": user.active}


def _member(user: User, seen_at: datetime | None) -> Member:
    return Member(
        user.id,
        user.username,
        user.name,
        user.role,
        user.active,
        user.must_change_password,
        user.totp_confirmed,
        user.created_at,
        seen_at,
    )
