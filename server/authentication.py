"""How a client must show who it is, by where it comes from."""

from __future__ import annotations

import ipaddress
from typing import Literal

from msgspec import Struct

Method = Literal["trust", "scram-sha-256"]
"""A way to authenticate. Cleartext and MD5 passwords are not among them."""


class Peer(Struct, frozen=True):
    """The other end of a connection. No address: a Unix socket."""

    address: str | None = None
    port: int = 0

    @property
    def is_local(self) -> bool:
        """Whether it is on this machine."""
        return self.address is None or ipaddress.ip_address(self.address.partition("%")[0]).is_loopback

    def __str__(self) -> str:
        if self.address is None:
            return "[local]"
        return f"[{self.address}]:{self.port}" if ":" in self.address else f"{self.address}:{self.port}"


class AuthenticationRules(Struct, frozen=True):
    """The method for each peer. Raises `ValueError` for rules that would trust other machines."""

    local: Method = "trust"
    remote: Method = "scram-sha-256"

    def __post_init__(self) -> None:
        if self.remote == "trust":
            raise ValueError("trust authentication is for loopback and the Unix socket only")

    def method_for(self, peer: Peer) -> Method:
        """How this peer must authenticate."""
        return self.local if peer.is_local else self.remote
