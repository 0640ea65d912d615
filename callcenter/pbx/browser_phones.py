"""Phones that browsers are for a while: their accounts are written into the configuration and read again.

AMI may not do that (write=config opens every file), so it goes over the exchange's own control socket.
"""

from __future__ import annotations

import asyncio
import secrets
import subprocess
from collections.abc import Mapping

import structlog

from callcenter.console import PhoneAccount
from callcenter.errors import PbxUnavailable
from callcenter.pbx.accounts import FILE, BrowserAccount, read_accounts, written
from callcenter.pbx.provisioning import ProvisioningError, write_private
from callcenter.pbx.server import PbxStartError, PrivatePbx
from callcenter.settings import Settings

log = structlog.get_logger(__name__)


class PrivateBrowserPhones:
    """Fulfils `console.BrowserPhones` for the private Asterisk."""

    def __init__(self, settings: Settings) -> None:
        self._pbx = PrivatePbx(settings)
        self._accounts = read_accounts(self._pbx.folder)
        self._lock = asyncio.Lock()

    def owners(self) -> Mapping[str, str]:
        """Return whose browser is which phone."""
        return {extension: account.owner for extension, account in self._accounts.items()}

    async def admit(self, extension: str, owner: str) -> PhoneAccount:
        """Let a browser be this phone; a new owner gets a new password.

        Raises:
            PbxUnavailable: the exchange could not be told.
        """
        async with self._lock:
            account = self._accounts.get(extension)
            if account is None or account.owner != owner:
                account = BrowserAccount(owner, secrets.token_urlsafe(24))
                await self._change({**self._accounts, extension: account})
        return PhoneAccount(f"sip:op{extension}@hotel.invalid", f"op{extension}", account.password)

    async def dismiss(self, extension: str) -> None:
        """Let the telephone with this extension be the phone again.

        Raises:
            PbxUnavailable: the exchange could not be told.
        """
        async with self._lock:
            if extension in self._accounts:
                await self._change({key: one for key, one in self._accounts.items() if key != extension})

    async def _change(self, accounts: dict[str, BrowserAccount]) -> None:
        before = self._accounts
        try:
            await asyncio.to_thread(self._write, accounts)
        except (ProvisioningError, PbxStartError, subprocess.TimeoutExpired, OSError) as error:
            self._accounts = before
            raise PbxUnavailable(reason="the exchange could not be told of a phone's account") from error
        self._accounts = accounts

    def _write(self, accounts: dict[str, BrowserAccount]) -> None:
        write_private(self._pbx.folder / FILE, written(accounts))
        self._pbx.renew_phones()
