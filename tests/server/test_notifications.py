"""NotificationResponse on the wire: when it is sent, and to whom not."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from tests.server.wire_client import SYNC, WireClient, bind, errors, execute, kinds, parse, query

if TYPE_CHECKING:
    from tests.server_process import ServerProcess


def notification(pid: int, channel: str, payload: str) -> tuple[str, bytes]:
    """A NotificationResponse."""
    return "A", struct.pack("!i", pid) + f"{channel}\0{payload}\0".encode()


def other_client(server: ServerProcess) -> WireClient:
    """A second client that is in."""
    client = WireClient(server.host, server.port)
    client.log_in()
    return client


def test_ones_own_notification_comes_before_ready_for_query(client: WireClient) -> None:
    """After CommandComplete, as in PostgreSQL, and not in the middle of a transaction."""
    assert kinds(client.ask(query("LISTEN a"))) == "CZ"
    replies = client.ask(query("NOTIFY a, 'x'"))
    assert kinds(replies) == "CAZ"
    assert replies[1] == notification(client.pid, "a", "x")
    assert kinds(client.ask(query("BEGIN; NOTIFY a"))) == "CCZ"
    assert kinds(client.ask(query("COMMIT"))) == "CAZ"


def test_extended_query_delivers_at_sync(client: WireClient) -> None:
    """The implicit transaction ends there."""
    replies = client.ask(parse("LISTEN a"), bind(), execute(), parse("NOTIFY a, 'y'"), bind(), execute(), SYNC)
    assert kinds(replies) == "12C12CAZ"
    assert replies[-2] == notification(client.pid, "a", "y")


def test_an_idle_client_need_not_ask(client: WireClient, server: ServerProcess) -> None:
    """The message comes by itself, and a client in a transaction gets it with its end."""
    client.ask(query("LISTEN a"))
    with other_client(server) as other:
        other.ask(query("NOTIFY a, '1'"))
        assert client.read() == notification(other.pid, "a", "1")
        client.ask(query("BEGIN"))
        other.ask(query("NOTIFY a, '2'"))
        assert kinds(client.ask(query("SELECT 1"))) == "TDCZ"
        assert kinds(client.ask(query("ROLLBACK"))) == "CAZ"


def test_a_client_after_a_pipeline_without_sync_gets_it_at_sync(client: WireClient, server: ServerProcess) -> None:
    """Between Parse and Sync a client is not idle."""
    client.ask(query("LISTEN a"))
    client.send(parse("SELECT 1"), bind(), execute(), b"H\0\0\0\x04")
    assert kinds(client.read_until("C")) == "12DC"
    with other_client(server) as other:
        other.ask(query("NOTIFY a, '1'"))
    assert kinds(client.ask(SYNC)) == "AZ"


def test_a_client_that_does_not_read_is_disconnected(client: WireClient, server: ServerProcess) -> None:
    """It cannot fill the server's memory: at 10,000 waiting notifications it is told why and cut off."""
    client.ask(query("LISTEN a"))
    client.ask(query("BEGIN"))
    with other_client(server) as other:
        for start in range(0, 12_000, 1_000):
            other.ask(query("; ".join(f"NOTIFY a, '{number}'" for number in range(start, start + 1_000))))
    replies = client.read_until_closed()
    assert errors(replies) == [("FATAL", "54000")]
    assert b"too many notifications" in replies[-1][1]


def test_a_client_that_has_left_is_forgotten(client: WireClient, server: ServerProcess) -> None:
    """To notify where nobody listens any more is no error."""
    with other_client(server) as other:
        other.ask(query("LISTEN a"))
    assert kinds(client.ask(query("NOTIFY a"))) == "CZ"
