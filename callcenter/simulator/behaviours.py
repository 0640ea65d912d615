"""What phones do with calls that reach them: the scripts used again and again."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from callcenter.simulator.dialog import Dialog
from callcenter.simulator.facts import DialogState
from callcenter.simulator.phone import Behaviour


def answers(*, after: float = 0.0, hangs_up_after: float | None = None) -> Behaviour:
    """Ring, pick up `after` seconds, and hang up a given time later (None: leave that to the other side)."""

    async def behave(dialog: Dialog) -> None:
        dialog.ring()
        await passing(dialog, after)
        dialog.answer()
        if hangs_up_after is not None:
            await passing(dialog, hangs_up_after)
            await dialog.bye()

    return behave


def rejects(status: int = 486, *, after: float = 0.0) -> Behaviour:
    """Ring, then refuse `after` seconds with a SIP status; 0 refuses without ringing."""

    async def behave(dialog: Dialog) -> None:
        if after > 0:
            dialog.ring()
            await passing(dialog, after)
        dialog.reject(status)

    return behave


def rings_unanswered() -> Behaviour:
    """Ring for ever: nobody is there."""

    async def behave(dialog: Dialog) -> None:
        dialog.ring()

    return behave


def in_turn(behaviours: Sequence[Behaviour]) -> Behaviour:
    """Act by the first behaviour on the first call, and so on; the last one serves all further calls."""
    waiting = list(behaviours)

    async def behave(dialog: Dialog) -> None:
        await (waiting.pop(0) if len(waiting) > 1 else waiting[0])(dialog)

    return behave


async def passing(dialog: Dialog, seconds: float) -> None:
    """Let time pass on a call; a call that ends meanwhile raises `CallEnded` at once."""
    loop = asyncio.get_running_loop()
    over = loop.time() + seconds
    timer = loop.call_at(over, dialog.changed)
    try:
        await dialog.until(lambda: loop.time() >= over and dialog.state is not DialogState.ENDED, seconds + 1.0)
    finally:
        timer.cancel()
