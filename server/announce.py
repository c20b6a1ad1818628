"""What the server prints on stdout once it is ready: for who started it, and for scripts that wait for it."""

from __future__ import annotations

import sys
from typing import Final

_EVERY_ADDRESS: Final = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}  # noqa: S104 - recognised, not bound.


def reachable_host(host: str) -> str:
    """Where a client on this machine connects to when the server listens on `host`."""
    return _EVERY_ADDRESS.get(host, host)


def announce(host: str, port: int, unix_socket_dir: str = "") -> None:
    """Print that the server listens, on one line that holds `listening on HOST:PORT`, and how to connect with psql."""
    shown = f"[{host}]" if ":" in host else host
    lines = [
        f"siltdb listening on {shown}:{port}",
        f"connect with: psql -h {reachable_host(host)} -p {port} -U admin siltdb",
    ]
    if unix_socket_dir:
        lines.append(f"          or: psql -h {unix_socket_dir} -p {port} -U admin siltdb")
    sys.stdout.write("\n".join(lines) + "\n")
    sys.stdout.flush()
