"""Fixtures of conversations with a real server."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.server.wire_client import WireClient

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.server_process import ServerProcess


@pytest.fixture
def unknown(server: ServerProcess) -> Iterator[WireClient]:
    """A client that has said nothing yet."""
    with WireClient(server.host, server.port) as client:
        yield client


@pytest.fixture
def client(unknown: WireClient) -> WireClient:
    """A client that is in."""
    unknown.log_in()
    return unknown


@pytest.fixture
def table(server: ServerProcess) -> Iterator[str]:
    """A table of one integer key, empty."""
    server.execute("CREATE TABLE wire (id integer PRIMARY KEY)")
    yield "wire"
    server.execute("DROP TABLE wire")
