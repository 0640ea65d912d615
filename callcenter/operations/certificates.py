"""What the doctor looks at in the certificate of the pages: there, whole, in time, for our names, with its own key."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import serialization

from callcenter.operations.findings import Finding, Subject, fine, note, wrong
from callcenter.settings import Http, Tls
from callcenter.web.tls import ANY_ADDRESS

EXPIRES_SOON = timedelta(days=14)
DAY = "%Y-%m-%d"


@dataclass(frozen=True, slots=True)
class Files:
    """Where the certificate (with its chain) and its key are, both PEM."""

    certificate: Path
    key: Path


def check_certificate(http: Http, folder: Path, now: datetime) -> list[Finding]:
    """Look at the certificate that the pages are served with; `folder` is where one of our own is kept."""
    subject = Subject.CERTIFICATES
    if http.tls is Tls.OFF:
        return [fine(subject, "certificate_unused")]
    is_own = http.tls is Tls.AUTO
    files = Files(folder / "certificate.pem", folder / "key.pem")
    if not is_own:
        files = Files(Path(http.certificate), Path(http.key))
    elif not files.certificate.exists():
        return [note(subject, "certificate_unmade", file=files.certificate)]
    try:
        certificate = x509.load_pem_x509_certificate(files.certificate.read_bytes())
    except (OSError, ValueError) as error:
        return [wrong(subject, "certificate_unreadable", file=files.certificate, reason=_reason(error))]
    problems = [*_key(files, certificate), *_time(certificate, files, now), *_names(certificate, files, http)]
    until = certificate.not_valid_after_utc.strftime(DAY)
    return problems or [fine(subject, "certificate_fine", file=files.certificate, until=until)]


def _key(files: Files, certificate: x509.Certificate) -> list[Finding]:
    try:
        key = serialization.load_pem_private_key(files.key.read_bytes(), password=None)
    except (OSError, ValueError, TypeError) as error:  # TypeError: it is protected by a password
        return [wrong(Subject.CERTIFICATES, "certificate_key_unreadable", file=files.key, reason=_reason(error))]
    if _public(key.public_key()) == _public(certificate.public_key()):
        return []
    return [wrong(Subject.CERTIFICATES, "certificate_key_foreign", file=files.key, certificate=files.certificate)]


def _time(certificate: x509.Certificate, files: Files, now: datetime) -> list[Finding]:
    since, until = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    shown = {"file": files.certificate, "since": since.strftime(DAY), "until": until.strftime(DAY)}
    if now < since:
        return [wrong(Subject.CERTIFICATES, "certificate_early", **shown)]
    if now > until:
        return [wrong(Subject.CERTIFICATES, "certificate_expired", **shown)]
    if until - now <= EXPIRES_SOON:
        return [wrong(Subject.CERTIFICATES, "certificate_expiring", **shown, days=(until - now).days)]
    return []


def _names(certificate: x509.Certificate, files: Files, http: Http) -> list[Finding]:
    """Compare with the names under which desks reach the pages; none are known where all addresses are bound."""
    wanted = [*([] if http.host in ANY_ADDRESS or _is_loopback(http.host) else [http.host]), *http.names]
    known = _alternatives(certificate)
    missing = [name for name in wanted if not any(_is_for(pattern, name) for pattern in known)]
    if not missing:
        return []
    shown = {"names": ", ".join(missing), "known": ", ".join(known) or "-", "file": files.certificate}
    return [wrong(Subject.CERTIFICATES, "certificate_foreign", **shown)]


def _alternatives(certificate: x509.Certificate) -> Sequence[str]:
    """What browsers look at; the common name has not counted for long."""
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return []
    addresses = [str(address) for address in names.get_values_for_type(x509.IPAddress)]
    return [*names.get_values_for_type(x509.DNSName), *addresses]


def _is_for(pattern: str, name: str) -> bool:
    """Tell whether a certificate's name, perhaps with a star for one label (RFC 6125), covers `name`."""
    pattern, name = pattern.lower(), name.lower()
    return pattern == name or (pattern.startswith("*.") and name.partition(".")[2] == pattern[2:])


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _public(key: object) -> bytes:
    assert hasattr(key, "public_bytes")
    encoded: bytes = key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return encoded


def _reason(error: Exception) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or str(error) or type(error).__name__
