"""The languages of the house; everything that a caller hears exists in each of them."""

from __future__ import annotations

from enum import StrEnum


class Language(StrEnum):
    """A language of the house."""

    ZH = "zh"
    EN = "en"

    @property
    def other(self) -> Language:
        """The language that a caller changes to."""
        return Language.EN if self is Language.ZH else Language.ZH
