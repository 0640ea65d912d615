"""HTTPS with a certificate of one's own or one made at the first start; the session's cookie and WebSockets with it."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import aiohttp
import pytest
import pytest_asyncio
from aiohttp import web
from cryptography import x509

from callcenter.clock import SettableClock, SystemClock
from callcenter.db import Database
from callcenter.settings import Http, Tls
from callcenter.web.tls import CertificateUnusable, server_context
from tests.application import PASSWORD, Application

AUTO = Http(tls=Tls.AUTO, names=("switchboard.hotel.example", "192.0.2.10"))


@pytest.fixture
def clock() -> SettableClock:
    return SettableClock(SystemClock().now())


def test_given_tls_off_when_starting_then_nothing_is_made(tmp_path: Path, clock: SettableClock) -> None:
    assert server_context(Http(), tmp_path / "tls", clock) is None
    assert list(tmp_path.iterdir()) == []


def test_given_the_first_start_when_a_certificate_is_made_then_it_is_for_every_name_and_its_key_is_secret(
    tmp_path: Path, clock: SettableClock
) -> None:
    server_context(AUTO, tmp_path / "tls", clock)

    certificate = _certificate(tmp_path)
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert {"localhost", "switchboard.hotel.example"} <= set(names.get_values_for_type(x509.DNSName))
    assert {"127.0.0.1", "::1", "192.0.2.10"} <= {str(ip) for ip in names.get_values_for_type(x509.IPAddress)}
    assert (tmp_path / "tls" / "key.pem").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("days", "names", "is_kept"),
    [(0, AUTO.names, True), (790, AUTO.names, True), (800, AUTO.names, False), (0, ("other.example",), False)],
)
def test_given_a_made_certificate_when_started_again_then_it_is_kept_until_it_runs_out_or_names_change(
    tmp_path: Path, clock: SettableClock, days: int, names: tuple[str, ...], is_kept: bool
) -> None:
    server_context(AUTO, tmp_path / "tls", clock)
    first = _certificate(tmp_path)
    clock.advance(timedelta(days=days))

    server_context(AUTO.model_copy(update={"names": names}), tmp_path / "tls", clock)

    assert (_certificate(tmp_path) == first) is is_kept


@pytest.mark.parametrize("spoiled", ["certificate.pem", "key.pem"])
def test_given_a_made_certificate_when_one_of_its_files_is_lost_then_both_are_made_anew(
    tmp_path: Path, clock: SettableClock, spoiled: str
) -> None:
    server_context(AUTO, tmp_path / "tls", clock)
    (tmp_path / "tls" / spoiled).unlink()

    assert server_context(AUTO, tmp_path / "tls", clock) is not None


def test_given_a_certificate_cut_short_when_started_then_it_is_made_anew(tmp_path: Path, clock: SettableClock) -> None:
    server_context(AUTO, tmp_path / "tls", clock)
    file = tmp_path / "tls" / "certificate.pem"
    file.write_bytes(file.read_bytes()[:100])

    assert server_context(AUTO, tmp_path / "tls", clock) is not None


@pytest.mark.parametrize("wrong", ["missing", "of another certificate", "no key"])
def test_given_files_that_do_not_fit_when_starting_then_both_are_named(
    tmp_path: Path, clock: SettableClock, wrong: str
) -> None:
    server_context(AUTO, tmp_path / "one", clock)
    server_context(AUTO, tmp_path / "two", clock)
    (tmp_path / "empty").touch()
    key = {"missing": "nowhere", "of another certificate": "two/key.pem", "no key": "empty"}[wrong]
    http = Http(tls=Tls.FILES, certificate=str(tmp_path / "one/certificate.pem"), key=str(tmp_path / key))

    with pytest.raises(CertificateUnusable) as refusal:
        server_context(http, tmp_path / "tls", clock)

    assert str(tmp_path / "one/certificate.pem") in str(refusal.value)
    assert str(tmp_path / key) in str(refusal.value)


@pytest_asyncio.fixture
async def secure(database: Database, tmp_path: Path) -> AsyncIterator[tuple[Application, str, ssl.SSLContext]]:
    """Serve the application over HTTPS; give it with its address and what trusts its certificate."""
    application = Application(database, tmp_path / "dist")
    await application.add_users()
    runner = web.AppRunner(application.web, shutdown_timeout=2)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=server_context(AUTO, tmp_path / "tls", SystemClock()))
    await site.start()
    trusting = ssl.create_default_context(cafile=str(tmp_path / "tls" / "certificate.pem"))
    yield application, f"https://127.0.0.1:{runner.addresses[0][1]}", trusting
    await runner.cleanup()


@pytest.fixture
def database_kind() -> str:
    """What is encrypted on the way does not know the database."""
    return "sqlite"


async def test_given_https_when_signing_in_then_the_cookie_is_secure_and_live_updates_come_over_wss(
    secure: tuple[Application, str, ssl.SSLContext],
) -> None:
    _, address, trusting = secure
    jar = aiohttp.CookieJar(unsafe=True)
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=trusting), cookie_jar=jar) as client:
        answer = await client.post(f"{address}/api/v1/session", json={"username": "operator", "password": PASSWORD})
        assert answer.cookies["callcenter_session"]["secure"]
        async with client.ws_connect(f"{address}/api/v1/live", headers={"Origin": address}) as socket:
            assert (await socket.receive_json(timeout=5))["type"] == "snapshot"


async def test_given_https_when_somebody_speaks_plain_http_then_nothing_is_told(
    secure: tuple[Application, str, ssl.SSLContext],
) -> None:
    _, address, _ = secure
    async with aiohttp.ClientSession() as client:
        with pytest.raises(aiohttp.ClientError):
            await client.get(f"{address.replace('https', 'http')}/health")


def _certificate(folder: Path) -> x509.Certificate:
    return x509.load_pem_x509_certificate((folder / "tls" / "certificate.pem").read_bytes())
