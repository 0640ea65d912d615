"""Reading the settings: the file, the variables that override it, and every mistake in either at once.

`config/hotel.yaml` (or the file named by `CALLCENTER_CONFIG`); `CALLCENTER_…` variables override it: the short names
of `SHORT_NAMES`, or any key with `__` between its parts (`CALLCENTER_PBX__MAX_CALLS`).
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from operator import attrgetter
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from callcenter.settings.mistakes import Mistake, SettingsError, yaml_reason
from callcenter.settings.whole import ROOT, Settings

PREFIX = "CALLCENTER_"

SHORT_NAMES = {
    "CALLCENTER_DATABASE_URL": ("database", "url"),
    "CALLCENTER_HTTP_HOST": ("http", "host"),
    "CALLCENTER_HTTP_PORT": ("http", "port"),
    "CALLCENTER_SIP_PORT": ("pbx", "sip_port"),
    "CALLCENTER_WS_PORT": ("pbx", "http_port"),
    "CALLCENTER_AMI_PORT": ("pbx", "ami_port"),
    "CALLCENTER_AGI_PORT": ("pbx", "agi_port"),
    "CALLCENTER_VAR": ("var",),
    "CALLCENTER_LOG": ("log",),
}
NOT_SETTINGS = {"CALLCENTER_CONFIG"}
FOLDERS = {("var",), ("recording", "folder"), ("ivr", "prompts")}


def load(path: Path | None = None, environment: Mapping[str, str] | None = None) -> Settings:
    """Read the settings file and the environment.

    Raises:
        SettingsError: with every mistake found in either.
    """
    variables = os.environ if environment is None else environment
    file = path or settings_file(variables)
    values = _read(file)
    origins, mistakes = _override(values, variables)
    try:
        settings = Settings.model_validate(values)
    except ValidationError as error:
        raise SettingsError(mistakes + _mistakes_of(error, file, origins)) from error
    if mistakes:
        raise SettingsError(mistakes)
    return settings


def settings_file(variables: Mapping[str, str]) -> Path:
    """Return the settings file in use."""
    return Path(variables.get("CALLCENTER_CONFIG") or ROOT / "config" / "hotel.yaml")


def _read(file: Path) -> dict[str, Any]:
    try:
        values = yaml.safe_load(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingsError([Mistake(str(file), "", "", f"cannot be read: {error.strerror}")]) from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise SettingsError([Mistake(str(file), "", "", f"is not YAML: {yaml_reason(error)}")]) from error
    if not isinstance(values, dict):
        raise SettingsError([Mistake(str(file), "", values, "must hold keys and values")])
    return values


def _override(values: dict[str, Any], variables: Mapping[str, str]) -> tuple[dict[tuple[str, ...], str], list[Mistake]]:
    """Write the variables into `values`; return which key came from which variable, and the mistakes."""
    origins: dict[tuple[str, ...], str] = {}
    mistakes = []
    for name in sorted(variables):
        if not name.startswith(PREFIX) or name in NOT_SETTINGS:
            continue
        path = SHORT_NAMES.get(name) or tuple(name.removeprefix(PREFIX).lower().split("__"))
        if path[0] not in Settings.model_fields:
            mistakes.append(Mistake(name, ".".join(path), variables[name], "no such setting"))
        elif not _put(values, path, variables[name]):
            mistakes.append(Mistake(name, ".".join(path), variables[name], "is not a group of keys in the file"))
        else:
            origins[path] = name
            if path in FOLDERS and variables[name]:  # relative to where it was typed
                _put(values, path, str(Path(variables[name]).absolute()))
    return origins, mistakes


def _put(values: dict[str, Any], path: tuple[str, ...], value: str) -> bool:
    for key in path[:-1]:
        values = values.setdefault(key, {})
        if not isinstance(values, dict):
            return False
    values[path[-1]] = value
    return True


def _mistakes_of(error: ValidationError, file: Path, origins: Mapping[tuple[str, ...], str]) -> list[Mistake]:
    mistakes = []
    for detail in error.errors(include_url=False):
        location = tuple(str(part) for part in detail["loc"])
        source = origins.get(location, str(file))
        value = "…" if isinstance(detail["input"], dict | list) else detail["input"]
        mistakes.append(Mistake(source, ".".join(location), value, detail["msg"].removeprefix("Value error, ")))
    return mistakes


def main(keys: Sequence[str]) -> int:
    """Print the values of `keys` (`var_folder`, `pbx.asterisk`), one a line; 2 if the settings are wrong."""
    try:
        settings = load()
    except SettingsError as error:
        sys.stderr.write(f"the settings cannot be used:\n{error}\n")
        return 2
    sys.stdout.writelines(f"{attrgetter(key)(settings)}\n" for key in keys)
    return 0
