"""What the desk's phones send and take over HTTP."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from callcenter.console import PhoneKind
from callcenter.web.inputs import Input
from callcenter.web.output import Output

Tab = Annotated[str, Field(pattern=r"^[0-9a-f]{16}$")]
"""A tab of a browser, by a name that it invents for itself."""


class PhoneIn(Input):
    """Which phone is wanted, as what, and by which tab; `take_over`: another tab of the same person gives it up."""

    extension: Annotated[str, Field(pattern=r"^[0-9]{3,6}$")]
    kind: PhoneKind
    tab: Tab
    take_over: bool = False


class AccountOut(Output):
    """What a browser registers with at the exchange; for this session only."""

    address: str
    username: str
    password: str


class PhoneOut(Output):
    """The phone that one has now; `account` is the browser's. `remind_seconds`: of a held caller, after so long."""

    extension: str
    kind: PhoneKind
    account: AccountOut | None
    remind_seconds: int


class PhoneRow(Output):
    """One phone of the staff, and who has it; `busy`: it rings or talks."""

    extension: str
    taken_by: str | None
    mine: bool
    busy: bool


class PhoneList(Output):
    """The phones that can be had."""

    items: list[PhoneRow]


class TabIn(Input):
    """Which tab opens its line."""

    tab: Tab
