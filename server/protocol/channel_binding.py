"""tls-server-end-point (RFC 5929): the hash of the server's certificate, by the hash that signed it."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

_SEQUENCE: Final = 0x30
_OBJECT_IDENTIFIER: Final = 0x06

# DER of the algorithm identifiers → the hash to use. MD5 and SHA-1 are replaced by SHA-256, as the RFC says.
_RSA: Final = bytes.fromhex("2a864886f70d0101")
_ECDSA: Final = bytes.fromhex("2a8648ce3d04")
_HASHES: Final[Mapping[bytes, str]] = {
    _RSA + b"\x04": "sha256",
    _RSA + b"\x05": "sha256",
    _RSA + b"\x0b": "sha256",
    _RSA + b"\x0c": "sha384",
    _RSA + b"\x0d": "sha512",
    _RSA + b"\x0e": "sha224",
    _ECDSA + b"\x01": "sha256",
    _ECDSA + b"\x03\x01": "sha224",
    _ECDSA + b"\x03\x02": "sha256",
    _ECDSA + b"\x03\x03": "sha384",
    _ECDSA + b"\x03\x04": "sha512",
}


def certificate_hash(certificate: bytes) -> bytes | None:
    """Hash a DER certificate for channel binding; `None` where its signature names no hash (Ed25519, RSA-PSS).

    Raises `ValueError` when it is no certificate.
    """
    try:
        _, outer, _ = _element(certificate, 0)
        _, _, after_body = _element(certificate, outer)
        kind, algorithm, _ = _element(certificate, after_body)
        identifier_kind, start, end = _element(certificate, algorithm)
    except IndexError as error:
        raise ValueError("not a DER certificate") from error
    if kind != _SEQUENCE or identifier_kind != _OBJECT_IDENTIFIER:
        raise ValueError("not a DER certificate")
    name = _HASHES.get(certificate[start:end])
    return None if name is None else hashlib.new(name, certificate).digest()


def _element(data: bytes, position: int) -> tuple[int, int, int]:
    """Read the tag at a position, and where its content starts and ends."""
    tag, length = data[position], data[position + 1]
    start = position + 2
    if length >= 0x80:
        size_bytes = length - 0x80
        length = int.from_bytes(data[start : start + size_bytes], "big")
        start += size_bytes
    return tag, start, start + length
