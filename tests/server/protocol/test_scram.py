"""SCRAM-SHA-256 against the RFC's own exchange, against libpq's verifiers, and against what an attacker would send."""

from __future__ import annotations

import base64
import hashlib
import hmac
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.protocol.errors import ProtocolError
from server.protocol.saslprep import saslprep
from server.protocol.scram import (
    MECHANISM,
    MECHANISM_PLUS,
    AuthenticationFailed,
    ScramExchange,
    make_verifier,
    mock_verifier,
    parse_verifier,
)

if TYPE_CHECKING:
    from collections.abc import Callable

BINDING = b"\x01\x02hash of the certificate"


class Client:
    """The client's side, as RFC 5802 has it."""

    def __init__(self, password: str, gs2_header: str = "n,,", binding: bytes = b"", nonce: str = "abc") -> None:
        self.password = password
        self.binding = base64.b64encode(gs2_header.encode() + binding).decode()
        self.bare = f"n=,r={nonce}"
        self.first = (gs2_header + self.bare).encode()

    def final(self, server_first: bytes) -> bytes:
        """The second message; keeps what the server must prove."""
        fields = dict(part.split("=", 1) for part in server_first.decode().split(","))
        salted = hashlib.pbkdf2_hmac("sha256", self.password.encode(), base64.b64decode(fields["s"]), int(fields["i"]))
        client_key = hmac.digest(salted, b"Client Key", "sha256")
        without_proof = f"c={self.binding},r={fields['r']}"
        message = f"{self.bare},{server_first.decode()},{without_proof}".encode()
        signature = hmac.digest(hashlib.sha256(client_key).digest(), message, "sha256")
        proof = bytes(a ^ b for a, b in zip(client_key, signature, strict=True))
        self.expected = b"v=" + base64.b64encode(
            hmac.digest(hmac.digest(salted, b"Server Key", "sha256"), message, "sha256")
        )
        return f"{without_proof},p={base64.b64encode(proof).decode()}".encode()


def test_the_exchange_of_rfc_7677() -> None:
    """Section 3: user "user", password "pencil", every byte as printed there."""
    salt = base64.b64decode("W22ZaJ0SNY7soEsUEjb6gQ==")
    verifier = parse_verifier(make_verifier("pencil", salt=salt))
    exchange = ScramExchange(verifier, nonce="%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0")
    challenge = exchange.challenge(MECHANISM, b"n,,n=user,r=rOprNGfwEbeRWgbNEkqO")
    assert challenge == (b"r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096")
    proof = exchange.prove(
        b"c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="
    )
    assert proof == b"v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="


@pytest.mark.parametrize(
    ("password", "verifier"),
    [
        (
            "secret",
            (
                "SCRAM-SHA-256$4096:ICvXR4Z0fPBAuMqU6GtaMw==$f8j5PRX1IOF2/dsgghW47rZocobg+9WWsa73hlOSt94=:"
                "RRbjMqQQwvQ6Z5C5CyC9WfJVFDRiuJClTuL9/lWDgnE="
            ),
        ),
        (
            "\u00e4\u00aa\u2168",
            (
                "SCRAM-SHA-256$4096:UBk/JhrS67POPPS+c9gTVg==$AfS/9/9lQ0JV9BO/KzWufTZKxnnIxfHpSALDSU3UU+I=:"
                "+jpvBjosSrJp7uf2LIgQlc7p+yYwEgrnFThcjSOfsW4="
            ),
        ),
    ],
)
def test_a_verifier_is_what_postgresql_makes(password: str, verifier: str) -> None:
    """These were made by CREATE ROLE of PostgreSQL 15: verifiers can be carried over, either way."""
    assert make_verifier(password, salt=parse_verifier(verifier).salt) == verifier


@pytest.mark.parametrize(
    "text",
    ["", "secret", "md5abc", "SCRAM-SHA-256$x:AA==$AA==:AA==", "SCRAM-SHA-256$4096:AA==$AA==:AA==", "A$1:AA==$B:C"],
)
def test_what_is_no_verifier_is_refused(text: str) -> None:
    """A damaged one must not be taken for a password that nobody has."""
    with pytest.raises(ValueError):  # noqa: PT011 - whatever Python says of it.
        parse_verifier(text)


@given(st.text(min_size=1).filter(lambda text: saslprep(text) == text))
def test_the_right_password_and_only_it_is_proved(password: str) -> None:
    """Client and server prove to each other that they know the password."""
    verifier = parse_verifier(make_verifier(password, iterations=2))
    right = Client(password)
    exchange = ScramExchange(verifier)
    final = right.final(exchange.challenge(MECHANISM, right.first))
    assert exchange.prove(final) == right.expected
    wrong = Client(password + "x")
    exchange = ScramExchange(verifier)
    with pytest.raises(AuthenticationFailed):
        exchange.prove(wrong.final(exchange.challenge(MECHANISM, wrong.first)))


def test_the_certificate_is_bound() -> None:
    """Under TLS a proof made for another certificate, so for somebody in between, does not hold."""
    verifier = parse_verifier(make_verifier("secret", iterations=2))
    header = "p=tls-server-end-point,,"
    exchange = ScramExchange(verifier, BINDING)
    assert exchange.mechanisms == (MECHANISM_PLUS, MECHANISM)
    client = Client("secret", header, BINDING)
    assert exchange.prove(client.final(exchange.challenge(MECHANISM_PLUS, client.first))) == client.expected
    other = Client("secret", header, b"another certificate")
    exchange = ScramExchange(verifier, BINDING)
    final = other.final(exchange.challenge(MECHANISM_PLUS, other.first))
    with pytest.raises(ProtocolError, match="channel binding check failed"):
        exchange.prove(final)


def test_nobody_can_take_the_offer_of_binding_away() -> None:
    """A client that could bind and believes the server cannot is told that it was lied to."""
    exchange = ScramExchange(parse_verifier(make_verifier("secret", iterations=2)), BINDING)
    with pytest.raises(ProtocolError, match="negotiation"):
        exchange.challenge(MECHANISM, b"y,,n=,r=abc")


def test_without_tls_a_client_that_could_bind_goes_on_without() -> None:
    """It says so with "y", and that is part of what it proves."""
    client = Client("secret", "y,,")
    exchange = ScramExchange(parse_verifier(make_verifier("secret", iterations=2)))
    assert exchange.mechanisms == (MECHANISM,)
    assert exchange.prove(client.final(exchange.challenge(MECHANISM, client.first))) == client.expected


@pytest.mark.parametrize(
    ("mechanism", "first"),
    [
        ("MD5", b"n,,n=,r=abc"),
        (MECHANISM_PLUS, b"n,,n=,r=abc"),
        (MECHANISM, b""),
        (MECHANISM, b"n,,"),
        (MECHANISM, b"n,,n="),
        (MECHANISM, b"n,,n=,x=abc"),
        (MECHANISM, b"n,,n=,r="),
        (MECHANISM, b"n,,n=,r=a b"),
        (MECHANISM, b"n,,m=1,n=,r=abc"),
        (MECHANISM, b"n,a=other,n=,r=abc"),
        (MECHANISM, b"p=tls-unique,,n=,r=abc"),
        (MECHANISM, b"\xff"),
    ],
)
def test_a_malformed_first_message_is_refused(mechanism: str, first: bytes) -> None:
    """Whatever is not a client-first-message that the server can answer."""
    with pytest.raises(ProtocolError):
        ScramExchange(parse_verifier(make_verifier("secret", iterations=2))).challenge(mechanism, first)


@pytest.mark.parametrize(
    "change",
    [
        lambda final: b"",
        lambda final: b"\xff" + final,
        lambda final: final.replace(b",p=", b",q="),
        lambda final: final[:-1] + b"!",
        lambda final: final.split(b",p=")[0] + b",p=AAAA",
        lambda final: final.replace(b"r=abc", b"r=abd"),
        lambda final: final.replace(b"c=biws", b"c=eSws"),
    ],
)
def test_a_malformed_or_altered_second_message_is_refused(change: Callable[[bytes], bytes]) -> None:
    """Nobody gets in by altering what a client that knows the password has sent."""
    client = Client("secret")
    exchange = ScramExchange(parse_verifier(make_verifier("secret", iterations=2)))
    final = client.final(exchange.challenge(MECHANISM, client.first))
    with pytest.raises(ProtocolError):
        exchange.prove(change(final))


@given(st.binary(max_size=60), st.binary(max_size=60))
def test_no_bytes_raise_anything_else(first: bytes, final: bytes) -> None:
    """Garbage in either message is a ProtocolError or a failed authentication."""
    exchange = ScramExchange(mock_verifier("nobody", b"secret"))
    with pytest.raises((ProtocolError, AuthenticationFailed)):
        exchange.challenge(MECHANISM, first)
    exchange.challenge(MECHANISM, b"n,,n=,r=abc")
    with pytest.raises((ProtocolError, AuthenticationFailed)):
        exchange.prove(final)


def test_a_user_that_does_not_exist_looks_like_one_that_does() -> None:
    """The same challenge every time, different from another user's, of the usual form, and no password fits."""
    challenges = {
        user: [ScramExchange(mock_verifier(user, b"k"), nonce="n").challenge(MECHANISM, b"n,,n=,r=abc") for _ in "12"]
        for user in ("ada", "bob")
    }
    assert challenges["ada"][0] == challenges["ada"][1] != challenges["bob"][0]
    real = ScramExchange(parse_verifier(make_verifier("x")), nonce="n").challenge(MECHANISM, b"n,,n=,r=abc")
    assert len(real) == len(challenges["ada"][0])
    assert mock_verifier("ada", b"other") != mock_verifier("ada", b"k")


@pytest.mark.parametrize(
    ("password", "prepared"),
    [
        ("I\u00adX", "IX"),
        ("user", "user"),
        ("\u00aa", "a"),
        ("\u2168", "IX"),
        ("a\u00a0b", "a b"),
        ("\u0007", "\u0007"),
        ("\u06271", "\u06271"),
        ("", ""),
    ],
)
def test_saslprep(password: str, prepared: str) -> None:
    """The examples of RFC 4013, section 3; what the profile forbids stays as it is, as in PostgreSQL."""
    assert saslprep(password) == prepared
