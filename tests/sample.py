"""The sample hotel's settings, read once: they cannot be changed, and reading them takes longer than most tests."""

from functools import cache

from callcenter.settings import Settings, load


@cache
def sample_settings() -> Settings:
    """The settings of `config/hotel.yaml`, whatever variables this machine has."""
    return load(environment={})
