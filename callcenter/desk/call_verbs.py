"""What an operator may do with a call, as it comes over HTTP, and how a call is told to the desk's page."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from callcenter.console import Console, DeskCall
from callcenter.web.inputs import Input


class Verb(StrEnum):
    """Something that is done with a call."""

    HOLD = "hold"
    RESUME = "resume"
    CONSULT = "consult"
    SWAP = "swap"
    COMPLETE = "complete"
    CONFERENCE = "conference"
    TRANSFER = "transfer"
    PARK = "park"
    DIGITS = "digits"
    HANG_UP = "hang_up"
    DIAL = "dial"


WITH_TARGET = frozenset({Verb.CONSULT, Verb.TRANSFER, Verb.DIAL})


class VerbIn(Input):
    """What is to be done; `target`: an extension, a room or a line of the house. `digits`: keys for the other end."""

    verb: Verb
    target: Annotated[str, Field(pattern=r"^[0-9]{3,6}$")] | None = None
    digits: Annotated[str, Field(pattern=r"^[0-9*#]{1,32}$")] | None = None

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if (self.verb in WITH_TARGET) is not (self.target is not None):
            raise PydanticCustomError("missing", "a target goes with consult, transfer and dial, and with these only")
        if (self.verb is Verb.DIGITS) is not (self.digits is not None):
            raise PydanticCustomError("missing", "digits go with the verb of that name, and with it only")
        return self


async def carry_out(console: Console, extension: str, wanted: VerbIn) -> None:
    """Do it.

    Raises:
        NoSuchCall, WrongMoment, PbxUnavailable, PbxRefused: as `console.Console`.
    """
    plain = {
        Verb.HOLD: console.hold,
        Verb.RESUME: console.resume,
        Verb.SWAP: console.swap,
        Verb.COMPLETE: console.complete,
        Verb.CONFERENCE: console.conference,
        Verb.PARK: console.park,
        Verb.HANG_UP: console.hang_up,
    }
    with_target = {Verb.CONSULT: console.consult, Verb.TRANSFER: console.transfer, Verb.DIAL: console.dial}
    if wanted.verb in plain:
        await plain[wanted.verb](extension)
    elif wanted.target is not None:
        await with_target[wanted.verb](extension, wanted.target)
    elif wanted.digits is not None:
        await console.send_digits(extension, wanted.digits)


def call_json(call: DeskCall | None) -> dict[str, Any] | None:
    """Describe the call that a phone is in the middle of; `key` is the one of the live messages."""
    if call is None:
        return None
    return {
        "key": f"{call.key.node}/{call.key.linkedid}",
        "state": call.state,
        "parties": [
            {"kind": party.kind, "number": party.number, "is_up": party.is_up, "is_held": party.is_held}
            for party in call.parties
        ],
    }
