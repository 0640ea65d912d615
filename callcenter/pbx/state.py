"""What the exchange says of itself when it is asked: read after every connect, to reconcile with."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class LiveChannel:
    """One channel that exists now. `state`: Asterisk's ChannelState (0 down, 4 ring, 5 ringing, 6 up)."""

    uniqueid: str
    linkedid: str
    name: str
    state: int
    caller_number: str
    context: str
    exten: str
    application: str
    bridge_id: str
    seconds: int


@dataclass(frozen=True, slots=True)
class PbxState:
    """Everything that exists now. `started_at`: when this Asterisk process started (CoreStatus)."""

    read_at: datetime
    started_at: datetime
    channels: tuple[LiveChannel, ...]
