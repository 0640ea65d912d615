"""What the groups of the settings file are made of."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,30}$")]
Port = Annotated[int, Field(ge=1, le=65535)]
Extension = Annotated[str, Field(pattern=r"^[0-9]{3,6}$")]
HostName = Annotated[str, Field(pattern=r"^[A-Za-z0-9._:-]{1,253}$")]


class Section(BaseModel):
    """A part of the settings file: unknown keys are mistakes, values do not change after start."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Words(Section):
    """The same text in both languages of the house."""

    zh: str = Field(min_length=1)
    en: str = Field(min_length=1)


def _split(value: object) -> object:
    return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value


Listed = BeforeValidator(_split)
