"""Settings of what callers say: messages for the house, and the engine that understands speech."""

from __future__ import annotations

from pydantic import Field

from callcenter.settings.sections import Section


class Voicemail(Section):
    """Messages that callers leave.

    `max_seconds`: the longest message. `silence_seconds`: so much silence ends it. `when_wait_ends`: who has waited
    for `max_wait_seconds` of the queue in vain may leave one instead of being bidden goodbye.
    """

    max_seconds: int = Field(default=180, ge=10, le=1800)
    silence_seconds: int = Field(default=5, ge=2, le=30)
    when_wait_ends: bool = True


class SpeechModels(Section):
    """The folder of the Vosk model of each language; empty: that language is not understood."""

    zh: str = ""
    en: str = ""


class Speech(Section):
    """The speech engine (Vosk). It is never downloaded: a language without a model goes without.

    `memory_mb`: what one language's recogniser may take. `menu_seconds`: how long a caller in a menu may wait to be
    understood.
    """

    models: SpeechModels = SpeechModels()
    memory_mb: int = Field(default=3000, ge=300)
    menu_seconds: float = Field(default=3.0, ge=0.5, le=10)
