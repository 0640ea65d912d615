"""Which phones browsers are at present, and with which passwords: a file beside the exchange's own."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

import structlog

log = structlog.get_logger(__name__)

FILE = "browser-phones.json"


@dataclass(frozen=True, slots=True)
class BrowserAccount:
    """One browser's account; `owner` says whose it is, in words of whoever asked for it."""

    owner: str
    password: str


def read_accounts(folder: Path) -> dict[str, BrowserAccount]:
    """Read the accounts by extension; without a file, or with one that makes no sense, every phone is a telephone."""
    file = folder / FILE
    try:
        stored = json.loads(file.read_text(encoding="utf-8"))
        return {
            str(extension): BrowserAccount(str(one["owner"]), str(one["password"])) for extension, one in stored.items()
        }
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        log.warning("browser_phones_unreadable", file=str(file), reason=str(error))
        return {}


def written(accounts: dict[str, BrowserAccount]) -> str:
    """Write accounts as `read_accounts` reads them."""
    return json.dumps({extension: asdict(account) for extension, account in accounts.items()}, indent=1)
