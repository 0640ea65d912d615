"""The script `wait`: tells the dialplan, before each stay in a queue, what to say there of the expected wait.

It answers at once from memory and says nothing itself; whoever does not get an answer waits without these words.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from callcenter.telephony import CallKey, CallSnapshot
from ivr.agi import AgiRefused, AgiSession
from ivr.waiting import Talks, expected_seconds, place, words

SCRIPT = "wait"
_MOST = 10_000


class WaitFlow:
    """Arguments: the call's Linkedid, the queue, how many operators serve it, the announcement's number, languages."""

    def __init__(self, node: str, open_calls: Callable[[], Sequence[CallSnapshot]], talks: Talks) -> None:
        self._node = node
        self._open_calls = open_calls
        self._talks = talks

    async def serve(self, agi: AgiSession) -> None:
        """Answer for one caller."""
        if len(agi.arguments) != 5:
            raise AgiRefused(f"{SCRIPT} with {len(agi.arguments)} arguments")
        linkedid, queue, *numbers = agi.arguments
        operators, announcement, languages = (_number(text) for text in numbers)
        where = place(self._open_calls(), CallKey(self._node, linkedid), queue)
        expected = expected_seconds(where, operators, self._talks.usual_seconds(queue))
        said = words(expected, max(announcement, 1), languages=max(languages, 1))
        await agi.set_variables({"WAIT_STYLE": said.style})


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text) <= _MOST):
        raise AgiRefused(f"{text[:20]!r} is no number")
    return int(text)
