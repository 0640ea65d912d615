"""What is done about guests, as it goes in and out over HTTP."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from pydantic import ConfigDict, Field

from callcenter.guests.kinds import Channel, FollowUpState, Reason, Side
from callcenter.guests.schemas import GuestRow
from callcenter.web.inputs import Id, Input, Instant, Paragraph, Text
from callcenter.web.output import Output

Note = Annotated[Paragraph, Field(max_length=1000)]
Remark = Annotated[Text, Field(max_length=500)]
GivenReason = Annotated[Text, Field(min_length=1, max_length=500)]


class Row(Output):
    """Base of what is read from a row of the database."""

    model_config = ConfigDict(from_attributes=True)


class ContactIn(Input):
    """A contact that was made."""

    channel: Channel
    side: Side = Side.SERVICE
    note: Note = ""


class DoneIn(Input):
    """How a contact that was owed was made."""

    channel: Channel
    note: Note = ""


class DropIn(Input):
    """Why a contact that was owed is not made."""

    reason: GivenReason


class FollowUpFilter(Input):
    """Which follow-ups, and which page of them."""

    state: FollowUpState = FollowUpState.OPEN
    kind: Reason | None = None
    owner_id: Id | None = None
    due_by: Instant | None = None
    limit: int = Field(default=50, ge=1, le=200)
    after: Annotated[str, Field(max_length=200)] | None = None


class FollowUpOut(Output):
    """A contact that is owed."""

    id: int
    guest: GuestRow
    kind: str
    side: str
    owner: str | None
    owner_id: int | None
    due_at: datetime
    created_at: datetime
    state: str
    closed_at: datetime | None
    closed_by: str
    note: str


class FollowUpPage(Output):
    """A page of follow-ups, the earliest due first."""

    items: list[FollowUpOut]
    next: str | None


class CheckIn(Input):
    """A supervisor's check; with a remark the card goes back to be completed."""

    remark: Remark = ""


class ClaimIn(Input):
    """Whose customer somebody says a guest is: one's own, on this side."""

    side: Side
    note: Remark = ""


class ClaimOut(Output):
    """A claim; the first record stands first."""

    id: int
    guest_id: int
    guest: str
    side: str
    user_id: int
    user: str
    claimed_at: datetime
    note: str
    state: str
    decided_at: datetime | None
    decided_by: str


class ClaimList(Output):
    """Claims."""

    items: list[ClaimOut]


class AssignIn(Input):
    """Whose customer a guest is to be; null: nobody's."""

    side: Side
    owner_id: Id | None
    reason: GivenReason


class OwnerOut(Output):
    """Somebody who can own customers, with how many there are and the ability on each side."""

    id: int
    name: str
    role: str
    service_customers: int
    sales_customers: int
    service_ability: int
    sales_ability: int


class OwnerList(Output):
    """Everybody who works here."""

    items: list[OwnerOut]


class AbilityIn(Input):
    """The share of new customers that somebody gets on a side; 0: none."""

    side: Side
    ability: int = Field(ge=0, le=100)


class MergeFilter(Input):
    """Which card would become part of this one."""

    gone_id: Id


class MergeIn(Input):
    """Which card becomes part of this one, and why."""

    gone_id: Id
    reason: GivenReason


class ConflictOut(Output):
    """What the two cards say differently: the kept card's word stays."""

    field: str
    kept: Any
    gone: Any


class MergePlanOut(Output):
    """What merging would do."""

    kept: GuestRow
    gone: GuestRow
    changes: dict[str, Any]
    conflicts: list[ConflictOut]
    numbers: int
    documents: int


class MergeOut(Row):
    """A merge that stands and can be undone."""

    id: int
    kept_id: int
    gone_id: int
    merged_at: datetime
    merged_by: str
    reason: str
    undone_at: datetime | None


class MergeList(Output):
    """The merges into a card, the newest first."""

    items: list[MergeOut]


class ImportName(Input):
    """What the file is called."""

    name: Annotated[Text, Field(min_length=1, max_length=128)]


class ImportOut(Row):
    """A file of guests on its way in. `known`: lines of guests who have a card; `errors`: lines that stay out."""

    id: int
    name: str
    state: str
    total: int
    done: int
    created: int
    known: int
    errors: int
    created_at: datetime
    created_by: str
    finished_at: datetime | None


class ImportList(Output):
    """The last files, the newest first."""

    items: list[ImportOut]


class MembershipIn(Input):
    """An application. `in_person`: the applicant stands here and brings the ID card later. `signed`: the form is."""

    address: Annotated[Text, Field(max_length=256)]
    in_person: bool = False
    signed: bool = False


class DecisionIn(Input):
    """Whether a card is issued, with a remark."""

    issue: bool
    remark: Remark = ""


class MembershipOut(Output):
    """A membership."""

    id: int
    guest_id: int
    guest: str
    state: str
    address: str
    in_person: bool
    id_missing: bool
    card_number: str | None
    applied_at: datetime
    applied_by: str
    decided_at: datetime | None
    decided_by: str
    remark: str


class MembershipList(Output):
    """Memberships."""

    items: list[MembershipOut]


class SaleIn(Input):
    """Money paid onto a stored-value card. `amount`: fen."""

    amount: int = Field(ge=1, le=100_000_000)
    method: Annotated[str, Field(pattern=r"^(cash|card|transfer|wechat|alipay)$")]


class SaleOut(Row):
    """A sale of stored value; `amount`: fen."""

    id: int
    membership_id: int
    amount: int
    method: str
    sold_at: datetime
    sold_by: str
    reconciled_at: datetime | None
    reconciled_by: str


class OpenSaleOut(SaleOut):
    """A sale that finance has not confirmed, with the member's card."""

    guest_id: int
    guest: str
    card_number: str | None


class SaleList(Output):
    """Sales that finance has not confirmed, the oldest first, and their sum in fen."""

    items: list[OpenSaleOut]
    total: int


class ReconcileIn(Input):
    """The sales whose money finance has."""

    sales: tuple[Id, ...] = Field(min_length=1, max_length=500)


class ReconciledOut(Output):
    """How many sales were open and are reconciled now."""

    reconciled: int
