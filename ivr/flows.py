"""The conversations that a menu can lead to, by name, and what each says: menus are checked before they are heard."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping

from ivr import my_reservation_words
from ivr.agi import AgiSession
from ivr.engine import FlowEnded
from ivr.languages import Language

MY_RESERVATION = "my-reservation"

PROMPTS: Mapping[str, Collection[str]] = {MY_RESERVATION: my_reservation_words.PROMPTS}
"""The flows that there are, and the sentences of each."""

Flow = Callable[[AgiSession, Language], Awaitable[FlowEnded]]
"""Talks a caller through a conversation; sets `TIMEOUT(absolute)` before each step, as the menu does."""


def linkedid_of(agi: AgiSession) -> str:
    """Return the call's Linkedid, which the dialplan gives the menu's script as its second argument."""
    return agi.arguments[1] if len(agi.arguments) > 1 and agi.arguments[1] else agi.uniqueid
