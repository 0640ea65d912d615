"""What a house can set about guest cards (requirements 5)."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from callcenter.settings.sections import Words

LevelName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,30}$")]


class GuestLevel(BaseModel):
    """A level of guests; the first of the list is the ordinary one.

    `service_days`, `sales_days`: how often the service owner and the sales owner contact a customer of this level
    at least; 0: only when something calls for it.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: LevelName
    name: Words
    service_days: int = Field(default=0, ge=0, le=365)
    sales_days: int = Field(default=0, ge=0, le=365)


LEVELS = (
    GuestLevel(id="ordinary", name=Words(zh="普通", en="Ordinary")),
    GuestLevel(id="silver", name=Words(zh="银卡", en="Silver")),
    GuestLevel(id="gold", name=Words(zh="金卡", en="Gold")),
    GuestLevel(id="vip", name=Words(zh="贵宾", en="VIP")),
)


class Inactivity(BaseModel):
    """What is owed to customers who have ordered nothing for a while (requirements 5).

    After `week_days` one call within the next `call_within_days`; after `month_days` at least `contacts_a_month` in
    every 30 days; after `two_months_days` without a contact by sales the service desk follows by itself.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    week_days: int = Field(default=7, ge=1, le=365)
    call_within_days: int = Field(default=7, ge=1, le=365)
    month_days: int = Field(default=30, ge=1, le=365)
    contacts_a_month: int = Field(default=2, ge=0, le=30)
    two_months_days: int = Field(default=60, ge=1, le=730)


class Purchasing(BaseModel):
    """What purchasing is abnormal (requirements 5), so that sales visits: no order for `cycles_missed` usual intervals.

    Or `fall_percent` less than before, comparing the last `period_days` with the same time before them.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    cycles_missed: float = Field(default=2.0, ge=1, le=20)
    period_days: int = Field(default=90, ge=7, le=730)
    fall_percent: int = Field(default=50, ge=1, le=100)
    visit_within_days: int = Field(default=7, ge=1, le=365)


class GuestSettings(BaseModel):
    """Guest cards. `region`: whose telephone numbers are meant without a country code (ISO 3166).

    `area_code`: with its leading zero, put before local numbers; empty: local numbers are refused.
    `first_contact_days`: how many days after a card was made its owner must have made contact.
    `contract_filing_days`: how many days after signing a contract customer is filed at the latest.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    region: str = Field(default="CN", pattern=r"^[A-Z]{2}$")
    area_code: str = Field(default="", pattern=r"^(0[0-9]{2,4})?$")
    levels: tuple[GuestLevel, ...] = Field(default=LEVELS, min_length=1)
    first_contact_days: int = Field(default=7, ge=1, le=365)
    contract_filing_days: int = Field(default=3, ge=0, le=365)
    inactivity: Inactivity = Inactivity()
    purchasing: Purchasing = Purchasing()
