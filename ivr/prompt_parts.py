"""The prompts of one house, built together: texts, the house's own recordings, the list."""

from __future__ import annotations

from pathlib import Path

from callcenter.health import Alarms
from callcenter.settings import Settings
from ivr import rendering
from ivr.book import MenuBook
from ivr.languages import Language
from ivr.library import Library
from ivr.own import OwnPrompts, Play
from ivr.prompt_routes import PromptParts
from ivr.texts import load_prompts

WORKSHOP = "prompts-made"


def house_names(settings: Settings) -> dict[Language, str]:
    """The name of the house in each language, as prompts say it."""
    return {Language.ZH: settings.hotel.name.zh, Language.EN: settings.hotel.name.en}


def build(settings: Settings, shipped: Path, menus: MenuBook, play: Play, alarms: Alarms) -> PromptParts:
    """Build what the pages need of prompts; `play` hands a recording to the exchange.

    Raises:
        PromptTextsInvalid: the texts that came with the program contradict each other.
    """
    prompts = load_prompts(shipped, house_names(settings))
    own = OwnPrompts(settings.own_prompts_folder, shipped, settings.var_folder / WORKSHOP, play, alarms)
    library = Library(prompts, shipped, rendering.stale(prompts, shipped), own)
    return PromptParts(library, own, menus.in_force)
