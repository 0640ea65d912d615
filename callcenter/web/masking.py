"""Telephone numbers as they are shown to those who need not know them."""

from __future__ import annotations

import re

EXTENSION_DIGITS = 6
"""Numbers up to this length are the house's own and no secret."""

LONG_NUMBER = 10

_OUTSIDE_NUMBER = re.compile(rf"\+?[0-9]{{{EXTENSION_DIGITS + 1},}}")


def mask(text: str) -> str:
    """Hide the middle of every outside number in `text`: 13812341234 becomes 138****1234, 86612345 ****45."""
    return _OUTSIDE_NUMBER.sub(_hide, text)


def _hide(match: re.Match[str]) -> str:
    number = match.group()
    if len(number) < LONG_NUMBER:
        return f"****{number[-2:]}"
    return f"{number[:3]}****{number[-4:]}"
