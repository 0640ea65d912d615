"""Whether what menus let callers say, and what messages are written down by, has a speech model."""

from __future__ import annotations

from pathlib import Path

from callcenter.operations.findings import Finding, Subject, fine, note, wrong
from callcenter.settings import Settings
from ivr.checking import spoken
from ivr.languages import Language
from ivr.menus import Menu, MenuInvalid, load_menu


def check_speech(settings: Settings) -> list[Finding]:
    """Look whether each model that is named is there, and whether each language that a menu listens to has one.

    A menu file that cannot be read is told by `callcenter ivr check`; here it asks for nothing.
    """
    subject = Subject.SPEECH
    named = {Language.ZH: settings.speech.models.zh, Language.EN: settings.speech.models.en}
    models = {language: Path(folder) for language, folder in named.items() if folder}
    menus = _menus(settings)
    found = []
    for language in Language:
        places = [f"{name}: {node}" for name, menu in menus.items() for node in spoken(menu, language)]
        folder = models.get(language)
        if folder is not None and not folder.is_dir():
            found.append(wrong(subject, "speech_model_missing", language=language.value, folder=folder))
        elif folder is None and places:
            found.append(note(subject, "speech_unset", language=language.value, nodes=", ".join(places)))
    if found:
        return found
    if not models:
        return [fine(subject, "speech_unused")]
    return [fine(subject, "speech_fine", languages=", ".join(sorted(models)))]


def _menus(settings: Settings) -> dict[str, Menu]:
    menus = {}
    for file in sorted(settings.menus_folder.glob("*.yaml")):
        try:
            menus[file.stem] = load_menu(file)
        except MenuInvalid:
            continue
    return menus
