"""Guest cards of the sample hotel, so that the pages show who calls; the people are invented, as is all that is said.

Their numbers are those from which the simulated guests call first (`caller_number`).
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import func, select

from callcenter.clock import Clock
from callcenter.db import Database
from callcenter.guests.card import Document, Draft, Number, Origin
from callcenter.guests.companies import Companies, CompanyDraft
from callcenter.guests.documents import check_digit
from callcenter.guests.kinds import Channel, Colour, DocumentType, Source, Stage
from callcenter.guests.models import Guest
from callcenter.guests.numbers import NumberPlan
from callcenter.guests.rules import GuestRules
from callcenter.guests.service import By, Guests
from callcenter.settings import Settings
from callcenter.staff.audit import AuditLog


@dataclass(frozen=True, slots=True)
class TheDemo:
    """Who entered the samples."""

    user_id: int | None = None
    username: str = "demo"


@dataclass(frozen=True, slots=True)
class Sample:
    """A card; `born`: the eight digits of a birthday, for those with an ID card; `company`: of the sample company."""

    name: str
    latin: tuple[str, str] = ("", "")
    born: str = ""
    passport: str = ""
    country: str = ""
    level: str = ""
    language: str = "zh"
    company: bool = False
    colour: Colour | None = None
    reason: str = ""
    wish: str = ""
    question: str = ""
    do_not_call: bool = False
    channels: tuple[Channel, ...] = ()


SAMPLES = (
    Sample(
        "示例 王女士", born="19880412", level="gold", wish="需要安静的房间", channels=(Channel.PHONE, Channel.WECHAT)
    ),
    Sample("示例 李先生", born="19790623"),
    Sample("Sample Mr Baker", ("Baker", "Sample"), passport="X00000001", country="GB", language="en"),
    Sample("示例 陈小姐", born="19950308", level="silver", channels=(Channel.SMS,)),
    Sample("示例 赵先生", do_not_call=True, wish="只收短信", channels=(Channel.SMS,)),
    Sample("Sample Ms Carter", ("Carter", "Sample"), passport="X00000002", country="US", level="gold", language="en"),
    Sample("示例 周导", company=True),
    Sample("示例 孙经理", born="19721130", level="vip", company=True, wish="到店时请通知值班经理"),
    Sample("示例 吴女士", born="19900517"),
    Sample("示例 郑导", company=True),
    Sample("示例 钱先生", colour=Colour.AMBER, reason="上次离店有未付清的账目，请先与前台主管核对"),
    Sample("示例 冯女士", question="问温泉是否可以带两岁的孩子"),
)

COMPANY = CompanyDraft(code="DEMO-001", name="示例旅行社")


def caller_number(place: int) -> str:
    """Return the number of the simulated guest with this place, from 0; no such numbers are given out."""
    return f"1990000{place % 10_000:04d}"


async def furnish(database: Database, settings: Settings, clock: Clock) -> int:
    """Enter the samples if the house has no card yet; return how many were entered."""
    audit = AuditLog(clock)
    guests, by = Guests(clock, NumberPlan.of(settings), GuestRules.of(settings), audit), By(TheDemo())
    async with database.begin() as session:
        if await session.scalar(select(func.count()).select_from(Guest)):
            return 0
        company = await Companies(clock, audit).create(session, COMPANY, by)
        for place, sample in enumerate(SAMPLES):
            draft = _draft(sample, place, company.id, guests.rules)
            stage = Stage.POTENTIAL if sample.question else Stage.GUEST
            origin = Origin(Source.CALL if sample.question else Source.DESK, stage)
            await guests.create(session, draft, by, papers=_papers(sample, place), origin=origin)
    return len(SAMPLES)


def _draft(sample: Sample, place: int, company_id: int, rules: GuestRules) -> Draft:
    surname, given = sample.latin
    return Draft(
        name=sample.name,
        latin_surname=surname,
        latin_given=given,
        nationality=sample.country,
        language=sample.language,
        level=sample.level if sample.level in rules.levels else "",
        company_id=company_id if sample.company else None,
        attention_colour=sample.colour,
        attention_reason=sample.reason,
        do_not_call=sample.do_not_call,
        contact_channels=sample.channels,
        contact_wish=sample.wish,
        question=sample.question,
        numbers=(Number(f"+86{caller_number(place)}"),),
    )


def _papers(sample: Sample, place: int) -> list[Document]:
    """Invent a document that passes the checks."""
    if sample.passport:
        return [Document(DocumentType.PASSPORT, sample.passport, sample.country)]
    if not sample.born:
        return []
    body = f"530102{sample.born}{900 + place:03d}"
    return [Document(DocumentType.ID_CARD, body + check_digit(body))]
