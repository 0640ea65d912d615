"""The optional second factor: a code from the person's own phone (RFC 6238), and codes for when it is lost."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import struct
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Any, cast
from urllib.parse import quote, urlencode

import segno
from sqlalchemy import CursorResult, delete
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.clock import Clock
from callcenter.db import Database
from callcenter.errors import HouseError, NotFound
from callcenter.staff.audit import Actor, AuditLog
from callcenter.staff.models import RecoveryCode, User

STEP_SECONDS = 30
DIGITS = 6
STEPS_OFF = 1
"""Phones' clocks go wrong: the code before and the one after are taken too."""

SECRET_BYTES = 20
RECOVERY_CODES = 10
RECOVERY_BYTES = 10


class WrongCode(HouseError):
    """The code of the second factor does not fit, or was used already."""

    code = "wrong_code"
    status = HTTPStatus.FORBIDDEN


class SecondFactorPresent(HouseError):
    """There is a second factor already; it must be removed before another is set up."""

    code = "second_factor_present"
    status = HTTPStatus.CONFLICT


@dataclass(frozen=True, slots=True)
class Enrolment:
    """What the person's phone must learn: the secret in base32, the same as an address, and that as a picture."""

    secret: str
    uri: str
    qr: str


Proof = Callable[[Actor, str, str], Awaitable[None]]
"""Checks the password of a person who asks from an address; raises where it does not fit."""


def code_at(secret: str, step: int) -> str:
    """Return the code of a time step (RFC 6238 with SHA-1, 6 digits: what every phone's application speaks)."""
    digest = hmac.digest(base64.b32decode(secret), struct.pack(">Q", step), "sha1")
    offset = digest[-1] & 0x0F
    number = struct.unpack(">I", digest[offset : offset + 4])[0] & 0x7FFFFFFF
    return f"{number % 10**DIGITS:0{DIGITS}d}"


def step_at(instant: datetime) -> int:
    """Return the number of the time step in which `instant` lies."""
    return int(instant.timestamp()) // STEP_SECONDS


async def accept(session: AsyncSession, user: User, code: str, now: datetime) -> bool:
    """Tell whether `code` proves that it is `user`, and use it up; `user` is locked in the caller's transaction."""
    given = code.replace(" ", "").replace("-", "")
    return _accept_time_code(user, given, now) or await _accept_recovery_code(session, user, given)


class SecondFactors:
    """Setting the own second factor up and removing it; `issuer` is how phones name the house."""

    def __init__(self, database: Database, clock: Clock, audit: AuditLog, prove: Proof, issuer: str) -> None:
        self._database = database
        self._clock = clock
        self._audit = audit
        self._prove = prove
        self._issuer = issuer

    async def begin(self, person: Actor, password: str, address: str) -> Enrolment:
        """Invent a secret; it counts only after `confirm`.

        Raises:
            WrongPassword, TooManyAttempts: the password does not fit.
            SecondFactorPresent: there is one already.
        """
        await self._prove(person, password, address)
        secret = base64.b32encode(secrets.token_bytes(SECRET_BYTES)).decode()
        async with self._database.begin() as session:
            user = await _locked(session, person)
            if user.totp_confirmed:
                raise SecondFactorPresent
            user.totp_secret = secret
        label = quote(f"{self._issuer}:{person.username}")
        uri = f"otpauth://totp/{label}?{urlencode({'secret': secret, 'issuer': self._issuer}, quote_via=quote)}"
        return Enrolment(secret, uri, segno.make(uri, error="m").svg_data_uri(scale=4))

    async def confirm(self, person: Actor, code: str, address: str) -> list[str]:
        """Take the phone's first code: from now on signing in needs one. Return the recovery codes, told only now.

        Raises:
            WrongCode: the code does not fit, or nothing was begun.
            SecondFactorPresent: there is one already.
        """
        codes = [secrets.token_hex(RECOVERY_BYTES) for _ in range(RECOVERY_CODES)]
        async with self._database.begin() as session:
            user = await _locked(session, person)
            if user.totp_confirmed:
                raise SecondFactorPresent
            if not _accept_time_code(user, code.replace(" ", ""), self._clock.now()):
                raise WrongCode
            user.totp_confirmed = True
            await session.execute(delete(RecoveryCode).where(RecoveryCode.user_id == user.id))
            session.add_all(RecoveryCode(user_id=user.id, code_hash=_hash(one)) for one in codes)
            self._audit(session, person, "second_factor.added", ("user", person.username), address=address)
        return ["-".join(one[at : at + 5] for at in range(0, len(one), 5)) for one in codes]

    async def remove(self, person: Actor, password: str, address: str) -> None:
        """Remove the own second factor.

        Raises:
            WrongPassword, TooManyAttempts: the password does not fit.
        """
        await self._prove(person, password, address)
        async with self._database.begin() as session:
            user = await _locked(session, person)
            await clear(session, user)
            self._audit(session, person, "second_factor.removed", ("user", person.username), address=address)


async def clear(session: AsyncSession, user: User) -> None:
    """Take the second factor and its recovery codes from `user`."""
    user.totp_secret, user.totp_confirmed = None, False
    await session.execute(delete(RecoveryCode).where(RecoveryCode.user_id == user.id))


async def _locked(session: AsyncSession, person: Actor) -> User:
    user = await session.get(User, person.user_id, with_for_update=True)
    if user is None:
        raise NotFound(kind="user", id=person.user_id)
    return user


def _accept_time_code(user: User, code: str, now: datetime) -> bool:
    if user.totp_secret is None or not (code.isascii() and code.isdigit() and len(code) == DIGITS):
        return False
    for step in range(step_at(now) - STEPS_OFF, step_at(now) + STEPS_OFF + 1):
        if hmac.compare_digest(code, code_at(user.totp_secret, step)):
            used, user.totp_step = step <= user.totp_step, max(step, user.totp_step)
            return not used
    return False


async def _accept_recovery_code(session: AsyncSession, user: User, code: str) -> bool:
    statement = delete(RecoveryCode).where(RecoveryCode.user_id == user.id, RecoveryCode.code_hash == _hash(code))
    return cast(CursorResult[Any], await session.execute(statement)).rowcount == 1


def _hash(code: str) -> str:
    """Codes have 80 random bits: a plain hash is enough, guessing is hopeless."""
    return hashlib.sha256(code.lower().encode()).hexdigest()
