"""What the groups of the settings file are made of."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,30}$")]


class Section(BaseModel):
    """A part of the settings file: unknown keys are mistakes, values do not change after start."""

    model_config = ConfigDict(extra="forbid", frozen=True)
