"""The certificate: who it may speak for, how long, who may read its keys, when it is renewed."""

from __future__ import annotations

import datetime as dt
import ipaddress
import os
import re
import shutil
import socket
import ssl
import stat
import subprocess
import threading

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from cryptography.x509.verification import PolicyBuilder, Store, VerificationError

from sheetsync.addin.certificate import AUTHORITY_DAYS, LEAF_DAYS, Certificate, CertificateLost
from sheetsync.addin.failures import SetupMissing
from sheetsync.model.errors import WriteFailed

NOW = dt.datetime(2026, 6, 30, 12, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)
TODAY = dt.datetime.now(dt.UTC)
"""TLS libraries ask the clock themselves."""


@pytest.fixture
def made(tmp_path):
    certificate = Certificate(tmp_path / "addin")
    assert certificate.ensure(NOW) == "made"
    return certificate


@pytest.fixture(scope="module")
def current(tmp_path_factory):
    certificate = Certificate(tmp_path_factory.mktemp("current"))
    certificate.ensure(TODAY)
    return certificate


def certificates(path):
    return x509.load_pem_x509_certificates(path.read_bytes())


def verified(leaf, authority, name, when=NOW):
    """What Rust's web PKI rules (cryptography.x509.verification) say."""
    store = Store([authority])
    found = PolicyBuilder().store(store).time(when).build_server_verifier(name).verify(leaf, [])
    return [one.subject for one in found]


NAMES = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]


@pytest.mark.parametrize("name", NAMES, ids=["localhost", "127.0.0.1"])
def test_it_holds_for_this_computer(made, name):
    leaf, authority = certificates(made.chain)
    assert authority == certificates(made.authority)[0]
    assert verified(leaf, authority, name) == [leaf.subject, authority.subject]


@pytest.mark.parametrize("days", [-1, LEAF_DAYS])
def test_it_holds_for_ninety_days_only(made, days):
    leaf, authority = certificates(made.chain)
    with pytest.raises(VerificationError):
        verified(leaf, authority, NAMES[0], NOW + days * DAY)
    assert leaf.not_valid_after_utc - leaf.not_valid_before_utc == LEAF_DAYS * DAY


def signed(
    made,
    *names,
    authority=False,
    use=ExtendedKeyUsageOID.SERVER_AUTH,
    now=NOW,
):
    """A leaf that a thief of the authority's key would make."""
    (signer,) = certificates(made.authority)
    key = load_pem_private_key(made.authority_key.read_bytes(), None)
    own = ec.generate_private_key(ec.SECP256R1())
    builder = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "thief")]))
        .issuer_name(signer.subject)
        .public_key(own.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - DAY)
        .not_valid_after(now + DAY)
        .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.ExtendedKeyUsage([use]), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key()), critical=False
        )
    )
    return builder.sign(key, SHA256()), own


def ip(text):
    return x509.IPAddress(ipaddress.ip_address(text))


FOREIGN = {
    "a bank": x509.DNSName("bank.example"),
    "like localhost": x509.DNSName("localhost.example"),
    "ends like it": x509.DNSName("notlocalhost"),
    "a neighbour": ip("192.168.1.1"),
    "another loopback": ip("127.0.0.2"),
    "a v6 address": ip("2001:db8::1"),
}


@pytest.mark.parametrize("name", FOREIGN.values(), ids=FOREIGN)
def test_the_authority_cannot_speak_for_others(made, name):
    (authority,) = certificates(made.authority)
    leaf, _ = signed(made, name)
    with pytest.raises(VerificationError):
        verified(leaf, authority, name)


def test_a_leaf_of_the_thief_for_this_computer_would_hold(made):
    """The test above fails for the name, not for the way in which the leaf was made."""
    (authority,) = certificates(made.authority)
    assert verified(signed(made, *NAMES)[0], authority, NAMES[0])


def openssl(made, tmp_path, leaf, *words):
    (tmp_path / "leaf.pem").write_bytes(leaf.public_bytes(Encoding.PEM))
    when = str(int(NOW.timestamp()))
    command = ["openssl", "verify", "-attime", when, "-purpose", "sslserver"]
    command += [] if "-untrusted" in words else ["-x509_strict"]
    command += ["-CAfile", str(made.authority), *words, str(tmp_path / "leaf.pem")]
    return subprocess.run(command, capture_output=True, text=True, check=False)


needs_openssl = pytest.mark.skipif(not shutil.which("openssl"), reason="needs openssl")


@needs_openssl
@pytest.mark.parametrize(
    "words", [("-verify_hostname", "localhost"), ("-verify_ip", "127.0.0.1")], ids=str
)
def test_openssl_takes_it(made, tmp_path, words):
    told = openssl(made, tmp_path, certificates(made.chain)[0], *words)
    assert told.returncode == 0, told.stdout + told.stderr


@needs_openssl
@pytest.mark.parametrize("name", FOREIGN.values(), ids=FOREIGN)
def test_openssl_refuses_foreign_names(made, tmp_path, name):
    told = openssl(made, tmp_path, signed(made, name)[0])
    assert told.returncode != 0
    assert "permitted subtree violation" in told.stdout + told.stderr


@needs_openssl
def test_openssl_refuses_a_further_authority(made, tmp_path):
    below, own = signed(made, NAMES[0], authority=True)
    chain = tmp_path / "below.pem"
    chain.write_bytes(below.public_bytes(Encoding.PEM))
    leaf = (
        x509.CertificateBuilder()
        .subject_name(below.issuer)
        .issuer_name(below.subject)
        .public_key(own.public_key())
        .serial_number(1)
        .not_valid_before(NOW - DAY)
        .not_valid_after(NOW + DAY)
        .sign(own, SHA256())
    )
    told = openssl(made, tmp_path, leaf, "-untrusted", str(chain))
    assert "path length constraint exceeded" in told.stdout + told.stderr


@needs_openssl
@pytest.mark.parametrize(
    ("purpose", "use"),
    [("sslclient", "CLIENT_AUTH"), ("smimesign", "EMAIL_PROTECTION")],
)
def test_openssl_refuses_the_authority_for_other_uses(made, tmp_path, purpose, use):
    leaf, _ = signed(made, NAMES[0], use=getattr(ExtendedKeyUsageOID, use))
    told = openssl(made, tmp_path, leaf, "-purpose", purpose)
    assert re.search(r"error 79.*depth 1|error \d+ at 1 depth", told.stdout + told.stderr)


def handshake(chain, key, authority, name):
    """Shake hands on loopback as the server of that chain; return the version of TLS."""
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(chain, key)
    client = ssl.create_default_context(cafile=authority)
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve():
            accepted, _ = listening.accept()
            with accepted:
                try:
                    with server.wrap_socket(accepted, server_side=True) as wrapped:
                        wrapped.recv(1)
                except OSError:
                    return

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            with (
                socket.create_connection(listening.getsockname(), timeout=10) as raw,
                client.wrap_socket(raw, server_hostname=name) as wrapped,
            ):
                return wrapped.version()
        finally:
            thread.join(10)


@pytest.mark.parametrize("name", ["localhost", "127.0.0.1"])
def test_a_client_that_trusts_the_authority_shakes_hands(current, name):
    assert handshake(current.chain, current.key, current.authority, name) == "TLSv1.3"


def test_a_client_of_another_authority_does_not(current, tmp_path):
    other = Certificate(tmp_path)
    other.ensure(TODAY)
    with pytest.raises(ssl.SSLCertVerificationError):
        handshake(current.chain, current.key, other.authority, "localhost")


def test_a_client_refuses_the_authoritys_word_for_a_bank(current, tmp_path):
    leaf, key = signed(current, x509.DNSName("bank.example"), now=TODAY)
    chain, own = tmp_path / "chain.pem", tmp_path / "own.key"
    chain.write_bytes(leaf.public_bytes(Encoding.PEM) + current.authority.read_bytes())
    own.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    with pytest.raises(ssl.SSLCertVerificationError, match="permitted subtree violation"):
        handshake(chain, own, current.authority, "bank.example")


@pytest.mark.skipif(os.name != "posix", reason="modes are posix")
def test_only_the_owner_reads_the_files(made):
    assert stat.S_IMODE(made.folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in made.files} == {0o600}


def content(made):
    return {path.name: path.read_bytes() for path in made.files}


@pytest.mark.parametrize("days", [0, 1, LEAF_DAYS - 15])
def test_it_is_kept_while_it_holds_long_enough(made, days):
    before = content(made)
    assert made.ensure(NOW + days * DAY) == "kept"
    assert made.renew(NOW + days * DAY) == "kept"
    assert content(made) == before


@pytest.mark.parametrize("days", [LEAF_DAYS - 14, LEAF_DAYS, 400, -2])
def test_the_leaf_is_renewed_and_the_authority_stays(made, days):
    before, when = content(made), NOW + days * DAY
    assert made.renew(when) == "renewed"
    assert made.authority.read_bytes() == before["authority.pem"]
    assert made.chain.read_bytes() != before["localhost.pem"]
    assert made.leaf()[0] < when < made.leaf()[1] - 80 * DAY
    assert made.renew(when) == "kept"


def test_an_authority_near_its_end_is_made_anew_at_install(made):
    near = NOW + (AUTHORITY_DAYS - LEAF_DAYS - 13) * DAY
    before = made.fingerprint()
    assert made.ensure(near) == "made"
    assert made.fingerprint() != before
    assert made.authority_ends() == near + AUTHORITY_DAYS * DAY


def test_until_then_leaves_never_outlast_it(made):
    last = NOW + (AUTHORITY_DAYS - 3) * DAY
    assert made.renew(last) == "renewed"
    assert made.leaf()[1] == made.authority_ends()
    assert made.renew(last + DAY) == "kept"
    with pytest.raises(CertificateLost, match="sheetsync addin install"):
        made.renew(NOW + AUTHORITY_DAYS * DAY)


@pytest.mark.parametrize("name", ["localhost.pem", "localhost.key"])
@pytest.mark.parametrize("damage", ["missing", "empty", "garbage", "another's"])
def test_a_damaged_leaf_is_noticed_and_made_anew(made, tmp_path, name, damage):
    ruin(made, tmp_path, name, damage)
    with pytest.raises(CertificateLost, match=r"install, which makes a new one\.$"):
        made.leaf()
    before = made.fingerprint()
    assert made.ensure(NOW) == "renewed"
    assert made.fingerprint() == before
    assert made.leaf()


@pytest.mark.parametrize("name", ["authority.pem", "authority.key"])
@pytest.mark.parametrize("damage", ["missing", "empty", "garbage", "another's"])
def test_a_damaged_authority_is_noticed_and_made_anew(made, tmp_path, name, damage):
    ruin(made, tmp_path, name, damage)
    with pytest.raises(CertificateLost):
        made.renew(NOW)
    assert made.ensure(NOW) == "made"
    assert made.renew(NOW) == "kept"


def ruin(made, tmp_path, name, damage):
    path = made.folder / name
    if damage == "missing":
        path.unlink()
    elif damage == "another's":
        other = Certificate(tmp_path / "other")
        other.ensure(NOW)
        path.write_bytes((other.folder / name).read_bytes())
    else:
        path.write_bytes({"empty": b"", "garbage": b"\xff not a certificate"}[damage])


def test_without_any_file_the_way_out_is_told(tmp_path):
    with pytest.raises(SetupMissing, match="run sheetsync addin install"):
        Certificate(tmp_path).leaf()


def test_removing_is_repeatable(made):
    assert made.remove()
    assert not any(path.exists() for path in made.files)
    assert not made.remove()


@pytest.mark.skipif(os.name != "posix", reason="modes are posix")
def test_a_folder_that_cannot_be_written_is_told(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(WriteFailed, match="SHEETSYNC_STATE"):
        Certificate(tmp_path / "file" / "addin").ensure(NOW)


def test_no_key_is_told_in_a_message(made):
    made.key.write_bytes(made.authority_key.read_bytes())
    with pytest.raises(CertificateLost) as told:
        made.leaf()
    assert "PRIVATE" not in str(told.value)
