"""The doctor finds each fault of a certificate that is put before it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from callcenter.clock import SettableClock
from callcenter.operations.certificates import check_certificate
from callcenter.operations.findings import Finding, Verdict, report
from callcenter.settings import Http, Tls
from callcenter.web.tls import server_context
from ivr.languages import Language

NOW = datetime(2026, 11, 21, 4, 0, tzinfo=UTC)
NAMES = ("switchboard.hotel.example", "*.desks.hotel.example", "192.0.2.10")


@dataclass
class Place:
    """A certificate and its key in files, as a house gets them from its authority."""

    folder: Path

    @property
    def certificate(self) -> Path:
        return self.folder / "certificate.pem"

    @property
    def key(self) -> Path:
        return self.folder / "key.pem"

    def make(self, *, since: timedelta = timedelta(days=-10), until: timedelta = timedelta(days=90)) -> None:
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "elsewhere.example")])
        made = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(subject)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(NOW + since)
            .not_valid_after(NOW + until)
            .add_extension(x509.SubjectAlternativeName([_alternative(name) for name in NAMES]), critical=False)
            .sign(key, hashes.SHA256())
        )
        self.certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))
        self.write_key(key, serialization.NoEncryption())

    def write_key(self, key: ec.EllipticCurvePrivateKey, protection: serialization.KeySerializationEncryption) -> None:
        pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, protection)
        self.key.write_bytes(pem)

    def look(self, *names: str, host: str = "127.0.0.1") -> list[Finding]:
        http = Http(host=host, tls=Tls.FILES, certificate=str(self.certificate), key=str(self.key), names=names)
        return check_certificate(http, self.folder / "own", NOW)


def _alternative(name: str) -> x509.GeneralName:
    return x509.IPAddress(ip_address(name)) if name[0].isdigit() else x509.DNSName(name)


def codes(findings: list[Finding]) -> list[str]:
    """The codes of findings, all of which can be told in both languages."""
    for language in Language:
        assert report(findings, language)
    return [finding.code for finding in findings]


@pytest.fixture
def place(tmp_path: Path) -> Place:
    place = Place(tmp_path)
    place.make()
    return place


def test_given_a_whole_certificate_for_our_names_then_it_is_fine(place: Place) -> None:
    findings = place.look("switchboard.hotel.example", "one.desks.hotel.example", host="192.0.2.10")
    assert codes(findings) == ["certificate_fine"]


@pytest.mark.parametrize(
    ("since", "until", "code"),
    [
        (-100, -1, "certificate_expired"),
        (-100, 13, "certificate_expiring"),
        (1, 90, "certificate_early"),
        (-100, 15, "certificate_fine"),
    ],
)
def test_given_a_certificate_out_of_its_time_or_14_days_before_its_end_then_that_is_told(
    place: Place, since: int, until: int, code: str
) -> None:
    place.make(since=timedelta(days=since), until=timedelta(days=until))
    assert codes(place.look()) == [code]


@pytest.mark.parametrize("name", ["other.example", "desks.hotel.example", "a.b.desks.hotel.example", "192.0.2.11"])
def test_given_a_certificate_for_other_names_then_those_that_it_lacks_are_told(place: Place, name: str) -> None:
    (finding,) = place.look("switchboard.hotel.example", name)
    assert (codes([finding]), finding.params["names"]) == (["certificate_foreign"], name)


def test_given_an_address_of_its_own_that_the_certificate_is_not_for_then_that_is_told(place: Place) -> None:
    assert codes(place.look(host="192.0.2.99")) == ["certificate_foreign"]


def _lose(place: Place) -> None:
    place.certificate.unlink()


def _garble(place: Place) -> None:
    place.certificate.write_text("-----BEGIN CERTIFICATE-----\nno\n-----END CERTIFICATE-----\n", encoding="ascii")


def _lose_key(place: Place) -> None:
    place.key.unlink()


def _lock_key(place: Place) -> None:
    place.write_key(ec.generate_private_key(ec.SECP256R1()), serialization.BestAvailableEncryption(b"secret"))


def _change_key(place: Place) -> None:
    place.write_key(ec.generate_private_key(ec.SECP256R1()), serialization.NoEncryption())


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (_lose, "certificate_unreadable"),
        (_garble, "certificate_unreadable"),
        (_lose_key, "certificate_key_unreadable"),
        (_lock_key, "certificate_key_unreadable"),
        (_change_key, "certificate_key_foreign"),
    ],
)
def test_given_a_broken_certificate_or_key_then_that_is_told(
    place: Place, fault: Callable[[Place], None], code: str
) -> None:
    fault(place)
    assert codes(place.look()) == [code]


def test_given_several_faults_then_each_is_told(place: Place) -> None:
    place.make(until=timedelta(days=-1))
    _change_key(place)
    found = codes(place.look("other.example"))
    assert found == ["certificate_key_foreign", "certificate_expired", "certificate_foreign"]


def test_given_a_certificate_of_our_own_then_it_is_noted_before_and_fine_after_the_first_start(tmp_path: Path) -> None:
    http = Http(tls=Tls.AUTO, names=("switchboard.hotel.example",))
    (before,) = check_certificate(http, tmp_path, NOW)
    assert (codes([before]), before.verdict) == (["certificate_unmade"], Verdict.NOTE)
    server_context(http, tmp_path, SettableClock(NOW))
    assert codes(check_certificate(http, tmp_path, NOW)) == ["certificate_fine"]


def test_given_pages_without_https_then_no_certificate_is_missed(tmp_path: Path) -> None:
    assert codes(check_certificate(Http(), tmp_path, NOW)) == ["certificate_unused"]
