"""Texts that the house shows in both of its languages."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class Words(BaseModel):
    """The same text in both languages of the house."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    zh: str = Field(min_length=1)
    en: str = Field(min_length=1)
