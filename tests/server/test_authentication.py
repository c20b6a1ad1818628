"""Who is trusted, and who must show who it is."""

from __future__ import annotations

import pytest

from server.authentication import AuthenticationRules, Method, Peer


@pytest.mark.parametrize(
    ("peer", "method", "expected"),
    [
        (Peer(), "trust", "trust"),
        (Peer("127.0.0.1", 1), "trust", "trust"),
        (Peer("127.8.9.1", 1), "trust", "trust"),
        (Peer("::1", 1), "trust", "trust"),
        (Peer("10.0.0.1", 1), "trust", "scram-sha-256"),
        (Peer("fe80::1%eth0", 1), "trust", "scram-sha-256"),
        (Peer(), "scram-sha-256", "scram-sha-256"),
        (Peer("127.0.0.1", 1), "scram-sha-256", "scram-sha-256"),
    ],
)
def test_only_this_machine_can_be_trusted(peer: Peer, method: Method, expected: Method) -> None:
    """Whatever is configured, another machine needs a password."""
    assert AuthenticationRules(method).method_for(peer) == expected


def test_rules_that_trust_other_machines_cannot_be_made() -> None:
    """The server must not start with them."""
    with pytest.raises(ValueError, match="loopback"):
        AuthenticationRules("trust", "trust")
