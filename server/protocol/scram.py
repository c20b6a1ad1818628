"""The server's side of SCRAM-SHA-256 (RFC 5802, RFC 7677) and its verifiers, in PostgreSQL's form.

See PostgreSQL manual, "SASL Authentication": the user's name inside the exchange is ignored, because the start-up
message has it. A user that does not exist goes through the same exchange, with a verifier made up from a secret of the
server, so that neither messages nor timing tell.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets
from dataclasses import dataclass
from typing import Final

from server.protocol.errors import ProtocolError
from server.protocol.saslprep import saslprep

MECHANISM: Final = "SCRAM-SHA-256"
MECHANISM_PLUS: Final = "SCRAM-SHA-256-PLUS"
DEFAULT_ITERATIONS: Final = 4096
_SALT_BYTES: Final = 16
_NONCE_BYTES: Final = 18
_KEY_BYTES: Final = 32


class AuthenticationFailed(Exception):
    """The client did not prove that it knows the password."""


@dataclass(frozen=True, slots=True)
class Verifier:
    """What the server keeps of a password: enough to check a proof, not enough to make one."""

    iterations: int
    salt: bytes
    stored_key: bytes
    server_key: bytes

    def __str__(self) -> str:
        """PostgreSQL's form: `SCRAM-SHA-256$iterations:salt$StoredKey:ServerKey`."""
        salt, stored_key, server_key = map(_encode, (self.salt, self.stored_key, self.server_key))
        return f"{MECHANISM}${self.iterations}:{salt}${stored_key}:{server_key}"


def make_verifier(password: str, *, salt: bytes | None = None, iterations: int = DEFAULT_ITERATIONS) -> str:
    """Make what is kept of a password, in PostgreSQL's form. Takes some milliseconds: that is its purpose."""
    salt = secrets.token_bytes(_SALT_BYTES) if salt is None else salt
    salted = hashlib.pbkdf2_hmac("sha256", saslprep(password).encode(), salt, iterations)
    client_key = _hmac(salted, b"Client Key")
    return str(Verifier(iterations, salt, hashlib.sha256(client_key).digest(), _hmac(salted, b"Server Key")))


def parse_verifier(text: str) -> Verifier:
    """Read PostgreSQL's form of a verifier. Raises `ValueError`."""
    mechanism, middle, keys = text.split("$")
    iterations, salt = middle.split(":")
    stored_key, server_key = keys.split(":")
    verifier = Verifier(int(iterations), _decode(salt), _decode(stored_key), _decode(server_key))
    if (
        mechanism != MECHANISM
        or verifier.iterations < 1
        or not len(verifier.stored_key) == _KEY_BYTES == len(verifier.server_key)
    ):
        raise ValueError("not a SCRAM-SHA-256 verifier")
    return verifier


def mock_verifier(user: str, server_secret: bytes) -> Verifier:
    """Make the verifier of a user that does not exist: always the same for a name, and no password fits it."""
    salt = _hmac(server_secret, b"salt:" + user.encode())[:_SALT_BYTES]
    stored_key = _hmac(server_secret, b"stored key:" + user.encode())
    server_key = _hmac(server_secret, b"server key:" + user.encode())
    return Verifier(DEFAULT_ITERATIONS, salt, stored_key, server_key)


class ScramExchange:
    """One authentication: `challenge` answers the client's first message, `prove` its second.

    `channel_binding` is the tls-server-end-point hash of the server's certificate (RFC 5929), `None` where there is no
    TLS. Both methods raise `ProtocolError` for what is no SCRAM message and `AuthenticationFailed` for a wrong proof.
    """

    def __init__(self, verifier: Verifier, channel_binding: bytes | None = None, nonce: str | None = None) -> None:
        self._verifier = verifier
        self._channel_binding = channel_binding
        self._nonce = secrets.token_urlsafe(_NONCE_BYTES) if nonce is None else nonce
        self._gs2_header = ""
        self._first_messages = ""

    @property
    def mechanisms(self) -> tuple[str, ...]:
        """What to offer the client, best first."""
        return (MECHANISM,) if self._channel_binding is None else (MECHANISM_PLUS, MECHANISM)

    def challenge(self, mechanism: str, client_first: bytes) -> bytes:
        """Answer `client-first-message` with `server-first-message`."""
        if mechanism not in self.mechanisms:
            raise ProtocolError("client selected an invalid SASL authentication mechanism", fatal=True)
        text = _text(client_first)
        flag, authorization_identity, bare = _split(text, ",", 3)
        self._check_binding_flag(flag, with_binding=mechanism == MECHANISM_PLUS)
        if authorization_identity:
            raise ProtocolError("client uses authorization identity, but it is not supported", sqlstate="0A000")
        self._gs2_header = f"{flag},,"
        attributes = _split(bare, ",", 2)
        if attributes[0].startswith("m="):
            raise ProtocolError("client requires an unsupported SCRAM extension", sqlstate="0A000")
        _value(attributes[0], "n")
        client_nonce = _value(attributes[1].partition(",")[0], "r")
        if not client_nonce or not all("!" <= character <= "~" for character in client_nonce):
            raise _malformed("Non-printable characters in SCRAM nonce.")
        self._nonce = client_nonce + self._nonce
        server_first = f"r={self._nonce},s={_encode(self._verifier.salt)},i={self._verifier.iterations}"
        self._first_messages = f"{bare},{server_first}"
        return server_first.encode()

    def prove(self, client_final: bytes) -> bytes:
        """Check `client-final-message` and answer it with `server-final-message`."""
        without_proof, separator, proof_text = _text(client_final).rpartition(",p=")
        if not separator:
            raise _malformed("The message lacks a proof.")
        binding, nonce = _split(without_proof, ",", 2)
        if not hmac.compare_digest(_value(binding, "c"), _encode(self._expected_binding())):
            raise ProtocolError("SCRAM channel binding check failed", sqlstate="28000", fatal=True)
        if not hmac.compare_digest(_value(nonce.partition(",")[0], "r"), self._nonce):
            raise _malformed("Nonce does not match.")
        message = f"{self._first_messages},{without_proof}".encode()
        proof = _decode_attribute(proof_text)
        if len(proof) != _KEY_BYTES:
            raise _malformed("Malformed proof in client-final-message.")
        signature = _hmac(self._verifier.stored_key, message)
        client_key = bytes(a ^ b for a, b in zip(proof, signature, strict=True))
        if not hmac.compare_digest(hashlib.sha256(client_key).digest(), self._verifier.stored_key):
            raise AuthenticationFailed
        return b"v=" + _encode(_hmac(self._verifier.server_key, message)).encode()

    def _check_binding_flag(self, flag: str, *, with_binding: bool) -> None:
        if with_binding:
            if flag != "p=tls-server-end-point":
                raise _malformed("The client selected SCRAM-SHA-256-PLUS without tls-server-end-point channel binding.")
        elif flag == "y":
            if self._channel_binding is not None:
                # The client believes that the server cannot bind: somebody between them took the offer away.
                raise ProtocolError("SCRAM channel binding negotiation error", sqlstate="28000", fatal=True)
        elif flag != "n":
            raise _malformed("The client selected SCRAM-SHA-256 with an unexpected channel binding flag.")

    def _expected_binding(self) -> bytes:
        header = self._gs2_header.encode()
        return header + (self._channel_binding or b"") if header.startswith(b"p") else header


def _hmac(key: bytes, message: bytes) -> bytes:
    return hmac.digest(key, message, "sha256")


def _encode(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _decode(text: str) -> bytes:
    return base64.b64decode(text, validate=True)


def _decode_attribute(text: str) -> bytes:
    try:
        return _decode(text)
    except (binascii.Error, ValueError) as error:
        raise _malformed("Malformed proof in client-final-message.") from error


def _text(message: bytes) -> str:
    try:
        return message.decode()
    except UnicodeDecodeError as error:
        raise _malformed("The message is not UTF-8.") from error


def _split(text: str, separator: str, count: int) -> list[str]:
    parts = text.split(separator, count - 1)
    if len(parts) < count:
        raise _malformed("Attribute expected, but found the end of the message.")
    return parts


def _value(attribute: str, name: str) -> str:
    if not attribute.startswith(f"{name}="):
        raise _malformed(f'Expected attribute "{name}".')
    return attribute[2:]


def _malformed(why: str) -> ProtocolError:
    return ProtocolError(f"malformed SCRAM message: {why}", fatal=True)
