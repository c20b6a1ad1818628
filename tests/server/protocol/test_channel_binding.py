"""tls-server-end-point against certificates made by OpenSSL."""

from __future__ import annotations

import hashlib
import shutil
import ssl
import subprocess
from typing import TYPE_CHECKING

import pytest

from server.protocol.channel_binding import certificate_hash

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")
@pytest.mark.parametrize(
    ("options", "hash_name"),
    [
        (("-newkey", "rsa:2048", "-sha256"), "sha256"),
        (("-newkey", "rsa:2048", "-sha1"), "sha256"),
        (("-newkey", "rsa:2048", "-sha512"), "sha512"),
        (("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-sha384"), "sha384"),
        (("-newkey", "ed25519"), None),
    ],
)
def test_a_certificate_is_hashed_as_it_was_signed(
    tmp_path: Path, options: tuple[str, ...], hash_name: str | None
) -> None:
    """By the hash of its signature, SHA-256 for a weaker one, and not at all where the signature names none."""
    pem = tmp_path / "server.crt"
    command = ["openssl", "req", "-x509", "-nodes", "-subj", "/CN=localhost", "-keyout", str(tmp_path / "key")]
    subprocess.run([*command, "-out", str(pem), *options], check=True, capture_output=True)
    certificate = ssl.PEM_cert_to_DER_cert(pem.read_text())
    expected = None if hash_name is None else hashlib.new(hash_name, certificate).digest()
    assert certificate_hash(certificate) == expected


@pytest.mark.parametrize("data", [b"", b"\x30", b"\x30\x03\x02\x01\x01", b"not a certificate at all"])
def test_what_is_no_certificate_is_refused(data: bytes) -> None:
    """A file that holds something else is told of at start-up."""
    with pytest.raises(ValueError, match="not a DER certificate"):
        certificate_hash(data)
