"""Companies and agencies with a contract: each has a code, and is filed soon after signing (requirements 5)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date
from http import HTTPStatus
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.clock import Clock
from callcenter.errors import HouseError, NotFound
from callcenter.guests.card import difference
from callcenter.guests.models import Company, Guest
from callcenter.guests.rules import GuestRules
from callcenter.guests.service import By
from callcenter.staff.audit import AuditLog


class CompanyCodeTaken(HouseError):
    """Another company has, or had, this code; params: `code`."""

    code = "company_code_taken"
    status = HTTPStatus.CONFLICT


class ContractDatesReversed(HouseError):
    """A contract cannot end before it was signed."""

    code = "contract_dates_reversed"
    status = HTTPStatus.UNPROCESSABLE_ENTITY


class OtherCustomersCode(HouseError):
    """Nobody orders under the code of another contract customer; params: `company`, `own` (the guest's)."""

    code = "other_customers_code"
    status = HTTPStatus.CONFLICT


@dataclass(frozen=True, slots=True)
class CompanyDraft:
    """A company as it is entered."""

    code: str
    name: str
    contract_signed_on: date | None = None
    contract_until: date | None = None
    note: str = ""
    active: bool = True


def filed_late(company: Company, rules: GuestRules) -> bool:
    """Tell whether a company was filed later than `rules.filing` after its contract was signed (3 days)."""
    if company.contract_signed_on is None:
        return False
    filed_on = company.created_at.astimezone(rules.zone).date()
    return filed_on - company.contract_signed_on > rules.filing


async def ordered_under(session: AsyncSession, written: str, guest_id: int | None) -> str:
    """Return the name of the company under which a guest orders, of a contract customer as it is filed.

    `written`: its code or its name; what is neither stays as it is. A guest whose card names no company may order
    under any (requirements 11: never book under another customer's code).

    Raises:
        OtherCustomersCode: it is a contract customer, and the guest's card names another one.
    """
    text = written.strip()
    if not text:
        return ""
    named = or_(func.lower(Company.code) == text.lower(), Company.name == text)
    company = await session.scalar(select(Company).where(named).order_by(Company.active.desc(), Company.id).limit(1))
    if company is None:
        return text
    guest = None if guest_id is None else await session.get(Guest, guest_id)
    if guest is not None and guest.merged_into_id is not None:
        guest = await session.get(Guest, guest.merged_into_id)
    if guest is not None and guest.company_id not in (None, company.id):
        own = await session.get_one(Company, guest.company_id)
        raise OtherCustomersCode(company=company.name, own=own.name)
    return company.name


class Companies:
    """Makes, changes and lists companies, in the caller's transaction."""

    def __init__(self, clock: Clock, audit: AuditLog) -> None:
        self._clock = clock
        self._audit = audit

    async def page(self, session: AsyncSession, text: str = "", limit: int = 200) -> Sequence[Company]:
        """Return companies whose code or name holds `text`, the active first, by name."""
        statement = select(Company).order_by(Company.active.desc(), Company.name, Company.id).limit(limit)
        if text:
            fits = (column.contains(text, autoescape=True) for column in (Company.name, Company.code))
            statement = statement.where(or_(*fits))
        return (await session.scalars(statement)).all()

    async def create(self, session: AsyncSession, draft: CompanyDraft, by: By) -> Company:
        """File a company.

        Raises:
            CompanyCodeTaken: the code is another's.
            ContractDatesReversed: the contract ends before it begins.
        """
        _check(draft)
        company = Company(**asdict(draft), created_at=self._clock.now(), created_by=by.actor.username)
        session.add(company)
        await _flush(session, draft)
        self._audit(
            session, by.actor, "company.created", ("company", company.id), after=_facts(draft), address=by.address
        )
        return company

    async def change(self, session: AsyncSession, number: int, draft: CompanyDraft, by: By) -> Company:
        """Let the company be as `draft` says.

        Raises:
            NotFound: there is no such company.
            CompanyCodeTaken: the code is another's.
            ContractDatesReversed: the contract ends before it begins.
        """
        _check(draft)
        company = await session.get(Company, number, with_for_update=True)
        if company is None:
            raise NotFound(kind="company", id=number)
        before = CompanyDraft(**{name: getattr(company, name) for name in CompanyDraft.__dataclass_fields__})
        old, new = difference(_facts(before), _facts(draft))
        for name, value in asdict(draft).items():
            setattr(company, name, value)
        await _flush(session, draft)
        if new:
            subject = ("company", company.id)
            self._audit(session, by.actor, "company.changed", subject, before=old, after=new, address=by.address)
        return company


def _check(draft: CompanyDraft) -> None:
    if draft.contract_signed_on and draft.contract_until and draft.contract_until < draft.contract_signed_on:
        raise ContractDatesReversed


async def _flush(session: AsyncSession, draft: CompanyDraft) -> None:
    try:
        await session.flush()
    except IntegrityError as error:
        raise CompanyCodeTaken(code=draft.code) from error


def _facts(draft: CompanyDraft) -> dict[str, Any]:
    return {key: value.isoformat() if isinstance(value, date) else value for key, value in asdict(draft).items()}
