"""What a listener needs to serve TLS."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING

from msgspec import Struct

from server.protocol.channel_binding import certificate_hash

if TYPE_CHECKING:
    from pathlib import Path

_END_OF_CERTIFICATE = "-----END CERTIFICATE-----"


class TlsSettings(Struct, frozen=True):
    """An SSL context, and the hash of its certificate for channel binding (`None`: none can be offered)."""

    context: ssl.SSLContext
    certificate_hash: bytes | None

    @classmethod
    def load(cls, certificate: Path, key: Path) -> TlsSettings:
        """Read the PEM files of a certificate (chain, its own first) and its key. Raises `OSError` and `ValueError`."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.load_cert_chain(certificate, key)
        text = certificate.read_text(encoding="ascii")
        start = text.index("-----BEGIN CERTIFICATE-----")
        own = text[start : text.index(_END_OF_CERTIFICATE, start) + len(_END_OF_CERTIFICATE)]
        return cls(context, certificate_hash(ssl.PEM_cert_to_DER_cert(own)))
