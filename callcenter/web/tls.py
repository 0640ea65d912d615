"""HTTPS: certificates by path, or one of our own that is made at the first start.

Browsers warn of a certificate of our own until it, or its fingerprint, has been accepted at each desk.
"""

from __future__ import annotations

import os
import socket
import ssl
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import structlog
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from callcenter.clock import Clock
from callcenter.settings import Http, Tls

log = structlog.get_logger(__name__)

VALID_FOR = timedelta(days=825)
RENEWED_BEFORE = timedelta(days=30)
CLOCKS_OFF = timedelta(days=1)
ANY_ADDRESS = frozenset({"0.0.0.0", "::"})
NAME_LENGTH = 64
"""What a certificate's common name can hold; the names that browsers look at may be longer."""


class CertificateUnusable(Exception):
    """The pages cannot be served over HTTPS; the message names the files and says why."""


@dataclass(frozen=True, slots=True)
class _Files:
    certificate: Path
    key: Path


def server_context(http: Http, folder: Path, clock: Clock) -> ssl.SSLContext | None:
    """Return what the server needs for HTTPS, None where it is off; `folder` keeps a certificate of our own.

    Raises:
        CertificateUnusable: the files are missing, unreadable or do not belong together.
    """
    if http.tls is Tls.OFF:
        return None
    if http.tls is Tls.AUTO:
        files = _Files(folder / "certificate.pem", folder / "key.pem")
    else:
        files = _Files(Path(http.certificate), Path(http.key))
    try:
        if http.tls is Tls.AUTO:
            _keep_own(files, _names(http), clock.now())
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.load_cert_chain(files.certificate, files.key)
    except OSError as error:  # ssl.SSLError is one
        raise CertificateUnusable(f"{files.certificate} with the key {files.key} cannot be used: {error}") from error
    return context


def _names(http: Http) -> list[str]:
    """Every name and address under which desks may reach the pages."""
    bound = [] if http.host in ANY_ADDRESS else [http.host]
    return sorted({"localhost", "127.0.0.1", "::1", socket.gethostname(), *bound, *http.names})


def _keep_own(files: _Files, names: list[str], now: datetime) -> None:
    """Make a certificate where there is none, or where it runs out or is for other names."""
    if files.key.is_file() and files.certificate.is_file() and _is_fit(files.certificate, names, now):
        return
    files.certificate.parent.mkdir(parents=True, exist_ok=True)
    key = ec.generate_private_key(ec.SECP256R1())
    certificate = _own_certificate(key, names, now)
    _write_secret(
        files.key,
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()),
    )
    files.certificate.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    fingerprint = certificate.fingerprint(hashes.SHA256()).hex(":")
    log.warning("certificate_made", file=str(files.certificate), names=names, sha256=fingerprint)


def _is_fit(file: Path, names: list[str], now: datetime) -> bool:
    try:
        certificate = x509.load_pem_x509_certificate(file.read_bytes())
        written = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (ValueError, x509.ExtensionNotFound):
        return False
    return certificate.not_valid_after_utc - now > RENEWED_BEFORE and set(written) == set(_alternatives(names))


def _own_certificate(key: ec.EllipticCurvePrivateKey, names: list[str], now: datetime) -> x509.Certificate:
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, socket.gethostname()[:NAME_LENGTH])])
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - CLOCKS_OFF)
        .not_valid_after(now + VALID_FOR)
        .add_extension(x509.SubjectAlternativeName(_alternatives(names)), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .sign(key, hashes.SHA256())
    )


def _alternatives(names: list[str]) -> list[x509.GeneralName]:
    return [_alternative(name) for name in names]


def _alternative(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _write_secret(file: Path, content: bytes) -> None:
    """Write a file that only we can read, from its first byte on."""
    file.unlink(missing_ok=True)
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as stream:
        stream.write(content)
