"""Who works on stays, when, in which transaction, under which rules; and the change log that goes with all of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.guests.numbers import NumberPlan
from callcenter.settings import Settings
from callcenter.settings.stays import PhoneRates
from callcenter.staff.audit import AuditLog
from callcenter.stays.kinds import ReasonMissing
from callcenter.stays.models import Stay, StayChange
from callcenter.telephony import PhoneClass


class Clerk(Protocol):
    """Whoever works on stays: a user at a page, or the house itself."""

    @property
    def user_id(self) -> int | None:
        """The user's id, None for the house."""
        ...

    @property
    def username(self) -> str:
        """The name that stands in the books."""
        ...

    @property
    def role(self) -> str:
        """The user's role, empty for the house."""
        ...

    def may(self, permission: str) -> bool:
        """Tell whether a permission is given."""
        ...


@dataclass(frozen=True, slots=True)
class House:
    """The house itself, when something happens by the clock or by a guest's telephone; it gives no discount."""

    username: str
    user_id: int | None = None
    role: str = ""

    def may(self, permission: str) -> bool:
        """The house corrects nobody's work."""
        return False


@dataclass(frozen=True, slots=True)
class StayRules:
    """What the house has set: times are wall-clock times in `zone`, ceilings percent by role."""

    zone: ZoneInfo
    night_audit: time
    departure: time
    discount_ceilings: dict[str, int]
    phone_class: PhoneClass
    hours: int
    message_popups: bool
    phone_rates: PhoneRates
    plan: NumberPlan

    @classmethod
    def of(cls, settings: Settings) -> StayRules:
        """Take them from the settings."""
        return cls(
            zone=settings.hotel.zone,
            night_audit=settings.reservations.night_audit,
            departure=settings.reservations.departure,
            discount_ceilings=dict(settings.reservations.discount_ceilings),
            phone_class=PhoneClass(settings.stays.phone_class),
            hours=settings.stays.hours,
            message_popups=settings.stays.message_popups,
            phone_rates=settings.stays.phone_rates,
            plan=NumberPlan.of(settings),
        )

    def day_of(self, instant: datetime) -> date:
        """The hotel's day: it lasts until the night audit of the next date."""
        local = instant.astimezone(self.zone)
        return local.date() if local.time() >= self.night_audit else local.date() - timedelta(days=1)

    def callers(self, typed: Iterable[str]) -> list[str]:
        """Return callers' numbers in their one form, each once.

        Raises:
            NumberNotValid, AreaCodeMissing: nobody could call from there.
        """
        return list(dict.fromkeys(self.plan.read(number) for number in typed))

    def leaving(self, day: date) -> datetime:
        """When a guest who departs on `day` is expected to have left."""
        return datetime.combine(day, self.departure, self.zone).astimezone(UTC)


@dataclass(frozen=True, slots=True)
class Scope:
    """One piece of work: everything in it is one transaction, one moment and one person's doing."""

    session: AsyncSession
    by: Clerk
    now: datetime
    rules: StayRules
    audit: AuditLog
    address: str = ""

    @property
    def day(self) -> date:
        """The hotel's day."""
        return self.rules.day_of(self.now)

    def note(
        self,
        stay: Stay,
        action: str,
        before: dict[str, Any] | None = None,
        after: dict[str, Any] | None = None,
        why: str = "",
    ) -> None:
        """Write a change into the stay's own log and into the audit log."""
        self.session.add(
            StayChange(
                stay_id=stay.id, at=self.now, by=self.by.username, action=action, before=before, after=after, why=why
            )
        )
        self.audit(
            self.session,
            self.by,
            f"stay.{action}",
            ("stay", stay.id),
            before=before,
            after=after,
            note=why,
            address=self.address,
        )


def reason_of(text: str, what: str) -> str:
    """Return a reason without the blanks around it.

    Raises:
        ReasonMissing: nothing is left.
    """
    reason = text.strip()
    if not reason:
        raise ReasonMissing(what=what)
    return reason
