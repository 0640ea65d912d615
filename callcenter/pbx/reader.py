"""Reading what exists now on the exchange: done after each login, since AMI does not tell again what was missed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta

import structlog

from callcenter.clock import Clock
from callcenter.errors import PbxUnavailable
from callcenter.pbx.bridge import AmiBridge
from callcenter.pbx.state import LiveChannel, PbxState

log = structlog.get_logger(__name__)

NOBODY = "<unknown>"

# CoreStatus tells the start to the second, in whole seconds cut off; two readings of one start differ by less.
SAME_START = timedelta(seconds=2)
QUARTER_HOUR = 15 * 60

_DURATION = re.compile(r"(\d+):(\d\d):(\d\d)")


async def read_state(bridge: AmiBridge, clock: Clock) -> PbxState:
    """Ask the exchange for everything that exists now; a channel of which it tells nonsense is left out.

    Raises:
        PbxUnavailable: the link is down, or an answer cannot be understood.
        PbxRefused: the AMI user may not ask (needs write=reporting).
    """
    status = await bridge.action("CoreStatus")
    channels = await bridge.list_action("CoreShowChannels")
    read_at = clock.now()
    try:
        started_at = _started_at(status, bridge.started_about or read_at)
    except (KeyError, ValueError) as error:
        raise PbxUnavailable(reason=f"the exchange's state cannot be understood: {error!r}") from error
    return PbxState(read_at, started_at, tuple(_understood(channels)))


def restarted(known_start: datetime, state: PbxState) -> bool:
    """Whether this is another Asterisk process than the one that began at `known_start`.

    Its calls are gone, and its channels' ids begin anew.
    """
    return abs(state.started_at - known_start) >= SAME_START


def _started_at(status: Mapping[str, str], about: datetime) -> datetime:
    """Combine CoreStatus's exact start with the rough one of the login.

    CoreStatus gives local time in Asterisk's own zone, which need not be ours; the rough instant tells which.
    """
    local = datetime.fromisoformat(f"{status['CoreStartupDate']}T{status['CoreStartupTime']}").replace(tzinfo=UTC)
    quarters = round((local - about).total_seconds() / QUARTER_HOUR)
    return local - timedelta(seconds=quarters * QUARTER_HOUR)


def _understood(channels: Iterable[Mapping[str, str]]) -> Iterator[LiveChannel]:
    for fields in channels:
        try:
            yield _channel(fields)
        except (KeyError, ValueError) as error:
            log.warning(
                "channel_not_understood",
                channel=fields.get("Channel"),
                call_id=fields.get("Linkedid"),
                reason=repr(error),
            )


def _channel(fields: Mapping[str, str]) -> LiveChannel:
    number = fields["CallerIDNum"]
    return LiveChannel(
        uniqueid=fields["Uniqueid"],
        linkedid=fields["Linkedid"],
        name=fields["Channel"],
        state=int(fields["ChannelState"]),
        caller_number="" if number == NOBODY else number,
        context=fields["Context"],
        exten=fields["Exten"],
        application=fields["Application"],
        bridge_id=fields["BridgeId"],
        seconds=_seconds(fields["Duration"]),
    )


def _seconds(duration: str) -> int:
    matched = _DURATION.fullmatch(duration)
    if matched is None:
        raise ValueError(f"not a duration: {duration!r}")
    hours, minutes, seconds = map(int, matched.groups())
    return hours * 3600 + minutes * 60 + seconds
