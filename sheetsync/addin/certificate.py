"""The certificate of the add-in's server: an authority of this computer, and a leaf for 90 days.

Excel shows a pane from an https address only, so the server on this computer needs a certificate
that the system trusts. The authority that signs it is made at install, on this computer and for
it alone. What trusting it could cost is kept small: by its name constraints (RFC 5280, 4.2.1.10)
it can speak for ``localhost`` and 127.0.0.1 only, it can sign servers only, and no further
authority. Its key stays in the state folder (0600), so that renewing the leaf asks nobody anything.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from sheetsync.addin.failures import SetupMissing
from sheetsync.backends.google.private import write_private
from sheetsync.model.errors import WriteFailed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey

HOST, ADDRESS = "localhost", "127.0.0.1"
NAME = "sheetsync add-in on this computer"
"""The authority's name, by which people find it in their system's list."""
LEAF_DAYS, AUTHORITY_DAYS = 90, 1825
RENEW = timedelta(days=14)
"""A leaf with less than this left is made anew."""
RENEW_AUTHORITY = timedelta(days=LEAF_DAYS) + RENEW
"""An authority with less than this left is made anew at the next install."""
_BACK = timedelta(hours=1)
"""How far before now a certificate begins, for clocks that are a little behind."""


class CertificateLost(SetupMissing):
    """A file of the certificate cannot be read, or does not belong to the others."""


@dataclass(frozen=True, slots=True)
class Certificate:
    """The files of the certificate in ``folder``; times are UTC with their zone.

    ``authority`` is what the system is to trust; ``chain`` (the leaf, then the authority) and
    ``key`` are what the server shows and signs with.
    """

    folder: Path

    @property
    def authority(self) -> Path:
        """The authority's certificate."""
        return self.folder / "authority.pem"

    @property
    def authority_key(self) -> Path:
        """The authority's key."""
        return self.folder / "authority.key"

    @property
    def chain(self) -> Path:
        """The leaf and the authority, in this order."""
        return self.folder / "localhost.pem"

    @property
    def key(self) -> Path:
        """The leaf's key."""
        return self.folder / "localhost.key"

    @property
    def files(self) -> tuple[Path, ...]:
        """All four files."""
        return self.authority, self.authority_key, self.chain, self.key

    def ensure(self, now: datetime) -> str:
        """Make what is missing or ends soon; return "made", "renewed" (the leaf) or "kept".

        A new authority has to be trusted anew. Raises WriteFailed.
        """
        try:
            if self._authority()[0].not_valid_after_utc - now >= RENEW_AUTHORITY:
                return self.renew(now)
        except SetupMissing:
            pass
        self._make(now)
        return "made"

    def renew(self, now: datetime) -> str:
        """Make the leaf anew when it ends soon or is damaged; return "renewed" or "kept".

        Raises SetupMissing without an authority, CertificateLost when it is damaged or has ended,
        WriteFailed.
        """
        authority, key = self._authority()
        if authority.not_valid_after_utc <= now:
            raise self._lost(self.authority)
        try:
            starts, ends = self.leaf()
        except CertificateLost:
            starts = ends = now
        if starts <= now and ends - now >= min(RENEW, authority.not_valid_after_utc - now):
            return "kept"
        self._sign(authority, key, now)
        return "renewed"

    def authority_ends(self) -> datetime:
        """When the authority ends. Raises SetupMissing, CertificateLost."""
        return self._authority()[0].not_valid_after_utc

    def leaf(self) -> tuple[datetime, datetime]:
        """From when to when the leaf holds.

        Raises SetupMissing without any of the files, CertificateLost when one of them is missing,
        damaged or not of the same make.
        """
        from cryptography.exceptions import InvalidSignature

        authority, _ = self._authority()
        leaf, own = self._read(self.chain), self._load(self.key)
        try:
            leaf.verify_directly_issued_by(authority)
        except (ValueError, TypeError, InvalidSignature):
            raise self._lost(self.chain) from None
        if leaf.public_key() != own.public_key():
            raise self._lost(self.key)
        return leaf.not_valid_before_utc, leaf.not_valid_after_utc

    def fingerprint(self) -> str:
        """The authority's SHA-1 in capitals, the name that Windows and macOS have for it."""
        from cryptography.hazmat.primitives.hashes import SHA1

        return self._read(self.authority).fingerprint(SHA1()).hex().upper()  # noqa: S303

    def remove(self) -> bool:
        """Delete the files; return whether there was one. Raises WriteFailed."""
        found = [path for path in self.files if path.exists()]
        with _written(self.folder):
            for path in found:
                path.unlink(missing_ok=True)
        return bool(found)

    def _make(self, now: datetime) -> None:
        authority, key = _authority_of(now)
        with _written(self.folder):
            write_private(self.authority_key, _pem_key(key))
            write_private(self.authority, _pem([authority]))
        self._sign(authority, key, now)

    def _sign(
        self, authority: x509.Certificate, key: EllipticCurvePrivateKey, now: datetime
    ) -> None:
        leaf, own = _leaf_of(authority, key, now)
        with _written(self.folder):
            write_private(self.key, _pem_key(own))
            write_private(self.chain, _pem([leaf, authority]))

    def _authority(self) -> tuple[x509.Certificate, EllipticCurvePrivateKey]:
        found, key = self._read(self.authority), self._load(self.authority_key)
        if found.public_key() != key.public_key():
            raise self._lost(self.authority_key)
        return found, key

    def _load(self, path: Path) -> EllipticCurvePrivateKey:
        from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
        from cryptography.hazmat.primitives.serialization import load_pem_private_key

        try:
            key = load_pem_private_key(self._bytes(path), None)
        except (ValueError, TypeError):
            raise self._lost(path) from None
        if not isinstance(key, EllipticCurvePrivateKey):
            raise self._lost(path)
        return key

    def _read(self, path: Path) -> x509.Certificate:
        from cryptography import x509

        try:
            return x509.load_pem_x509_certificate(self._bytes(path))
        except ValueError:
            raise self._lost(path) from None

    def _bytes(self, path: Path) -> bytes:
        try:
            return path.read_bytes()
        except FileNotFoundError:
            if any(other.exists() for other in self.files):
                raise self._lost(path) from None
            raise SetupMissing(
                "The add-in has no certificate on this computer: run sheetsync addin install."
            ) from None
        except OSError:
            raise self._lost(path) from None

    def _lost(self, path: Path) -> CertificateLost:
        return CertificateLost(
            f"The add-in's certificate is damaged ({path.name} in {self.folder}): run sheetsync "
            "addin install, which makes a new one."
        )


@contextmanager
def _written(folder: Path) -> Iterator[None]:
    """Turn a refusing disk into WriteFailed."""
    try:
        yield
    except OSError as error:
        raise WriteFailed(
            f"The add-in's files cannot be written in {folder} ({error.strerror}): free space "
            "there or set SHEETSYNC_STATE to another folder."
        ) from None


def _authority_of(now: datetime) -> tuple[x509.Certificate, EllipticCurvePrivateKey]:
    """A new authority for this computer alone."""
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.hashes import SHA256

    key = ec.generate_private_key(ec.SECP256R1())
    limits = x509.NameConstraints(
        [x509.DNSName(HOST), x509.IPAddress(ipaddress.ip_network(f"{ADDRESS}/32"))], None
    )
    made = (
        _begun(NAME, _name(NAME), key, now, now + timedelta(days=AUTHORITY_DAYS))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True)
        .add_extension(_servers_only(), critical=False)
        .add_extension(limits, critical=True)
    )
    return made.sign(key, SHA256()), key


def _leaf_of(
    authority: x509.Certificate, key: EllipticCurvePrivateKey, now: datetime
) -> tuple[x509.Certificate, EllipticCurvePrivateKey]:
    """A new leaf for ``localhost`` and 127.0.0.1, signed by the authority."""
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.hashes import SHA256

    own = ec.generate_private_key(ec.SECP256R1())
    names = [x509.DNSName(HOST), x509.IPAddress(ipaddress.ip_address(ADDRESS))]
    signer = x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key())
    ends = min(now - _BACK + timedelta(days=LEAF_DAYS), authority.not_valid_after_utc)
    made = (
        _begun(HOST, authority.subject, own, now, ends)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs_certificates=False), critical=True)
        .add_extension(_servers_only(), critical=False)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(signer, critical=False)
    )
    return made.sign(key, SHA256()), own


def _begun(
    name: str, issuer: x509.Name, key: EllipticCurvePrivateKey, now: datetime, ends: datetime
) -> x509.CertificateBuilder:
    from cryptography import x509

    return (
        x509.CertificateBuilder()
        .subject_name(_name(name))
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _BACK)
        .not_valid_after(ends)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _name(text: str) -> x509.Name:
    from cryptography import x509
    from cryptography.x509.oid import NameOID

    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    from cryptography import x509

    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=False,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _servers_only() -> x509.ExtendedKeyUsage:
    from cryptography import x509
    from cryptography.x509.oid import ExtendedKeyUsageOID

    return x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH])


def _pem(certificates: Iterable[x509.Certificate]) -> str:
    from cryptography.hazmat.primitives.serialization import Encoding

    return "".join(one.public_bytes(Encoding.PEM).decode() for one in certificates)


def _pem_key(key: EllipticCurvePrivateKey) -> str:
    from cryptography.hazmat.primitives.serialization import (
        Encoding,
        NoEncryption,
        PrivateFormat,
    )

    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
