"""Conversations with a real server, message by message: what libraries hide is visible here."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

import pytest

from tests.server.wire_client import (
    FLUSH,
    GSSENC_REQUEST,
    SSL_REQUEST,
    SYNC,
    TERMINATE,
    WireClient,
    bind,
    errors,
    execute,
    fields,
    kinds,
    message,
    parse,
    query,
    rows,
    startup,
    tags,
    untyped,
)

if TYPE_CHECKING:
    from tests.server_process import ServerProcess

SERIES = "SELECT g FROM generate_series(1, {}) AS g"
NUMBERS = "generate_series(1, 1000000)"
ENDLESS = f"SELECT count(*) FROM {NUMBERS} AS a, {NUMBERS} AS b WHERE a + b < 0"


# Start-up


def test_a_client_is_told_what_it_needs(unknown: WireClient) -> None:
    """AuthenticationOk, the settings that libraries look at, the cancel key, ReadyForQuery: in this order."""
    replies = unknown.log_in(application_name="test")
    assert kinds(replies).replace("S", "") == "RKZ"
    told = dict(body[:-1].decode().split("\0") for kind, body in replies if kind == "S")
    assert told["server_encoding"] == told["client_encoding"] == "UTF8"
    assert told["server_version"].startswith("15.0")
    assert (told["integer_datetimes"], told["is_superuser"], told["application_name"]) == ("on", "on", "test")
    assert replies[-1] == ("Z", b"I")
    assert len(unknown.secret) == 4


def test_encryption_that_is_not_there_is_refused_with_one_byte(unknown: WireClient) -> None:
    """The client then goes on in the clear."""
    unknown.send(GSSENC_REQUEST)
    assert unknown.read_bytes(1) == b"N"
    unknown.send(SSL_REQUEST)
    assert unknown.read_bytes(1) == b"N"
    assert unknown.log_in()[-1] == ("Z", b"I")


def test_a_newer_protocol_is_negotiated_down(unknown: WireClient) -> None:
    """A client of 3.2, or with options unknown here, learns that first and may then go on with 3.0."""
    unknown.send(untyped(3 << 16 | 2, b"user\0admin\0_pq_.new\0on\0\0"))
    replies = unknown.read_until("Z")
    assert replies[0] == ("v", struct.pack("!ii", 3 << 16, 1) + b"_pq_.new\0")
    assert kinds(replies)[1] == "R"


@pytest.mark.parametrize(
    ("first", "sqlstate"),
    [
        (startup(database="siltdb"), "28000"),
        (startup(user="nobody"), "28000"),
        (startup(user="admin", database="other"), "3D000"),
        (startup(user="admin", replication="database"), "0A000"),
        (startup(user="admin", options="-x"), "42601"),
        (startup(user="admin", options="-c no_such_setting=1"), "42704"),
        (startup(2 << 16, user="admin"), "0A000"),
        (untyped(3 << 16, b"user\0admin"), "08P01"),
        (b"GET / HTTP/1.1\r\n\r\n", "08P01"),
    ],
    ids=["no user", "no role", "no database", "replication", "switch", "setting", "version 2", "no end", "http"],
)
def test_who_cannot_be_served_is_told_why(unknown: WireClient, first: bytes, sqlstate: str) -> None:
    """One FATAL error, then the connection is closed."""
    unknown.send(first)
    assert errors(unknown.read_until_closed()) == [("FATAL", sqlstate)]


def test_settings_come_with_the_start(unknown: WireClient) -> None:
    """As switches in `options`, or as parameters of their own."""
    unknown.log_in(options="-c application_name=from\\ options --statement-timeout=5s", TimeZone="Europe/Paris")
    for name, value in (
        ("application_name", b"from options"),
        ("statement_timeout", b"5s"),
        ("TimeZone", b"Europe/Paris"),
    ):
        assert rows(unknown.ask(query(f"SHOW {name}"))) == [(value,)]


# Simple query


def test_statements_of_one_text_are_answered_one_by_one(client: WireClient) -> None:
    """Each has its own result; one ReadyForQuery ends them all."""
    replies = client.ask(query("SELECT 1 AS a; SELECT 'x' AS b, NULL AS c;"))
    assert kinds(replies) == "TDCTDCZ"
    assert rows(replies) == [(b"1",), (b"x", None)]
    assert tags(replies) == ["SELECT 1", "SELECT 1"]


@pytest.mark.parametrize("text", ["", ";", " ; -- nothing\n"])
def test_an_empty_text_has_an_answer_of_its_own(client: WireClient, text: str) -> None:
    """EmptyQueryResponse instead of CommandComplete."""
    assert kinds(client.ask(query(text))) == "IZ"


def test_an_error_ends_a_script_and_undoes_it(client: WireClient, table: str) -> None:
    """Statements of one text are one transaction: what came before the error is gone, what comes after never runs."""
    replies = client.ask(query(f"INSERT INTO {table} VALUES (1); SELECT 1/0; INSERT INTO {table} VALUES (2)"))
    assert errors(replies) == [("ERROR", "22012")]
    assert replies[-1] == ("Z", b"I")
    assert rows(client.ask(query(f"SELECT count(*) FROM {table}"))) == [(b"0",)]


def test_the_last_statement_is_complete_only_once_it_is_committed(client: WireClient, table: str) -> None:
    """A client that saw CommandComplete may believe it: so says another connection."""
    assert tags(client.ask(query(f"INSERT INTO {table} VALUES (1)"))) == ["INSERT 0 1"]
    assert rows(client.ask(query(f"SELECT count(*) FROM {table}"))) == [(b"1",)]


def test_the_state_of_the_transaction_is_told(client: WireClient) -> None:
    """Idle, in a block, in a failed block, idle again."""
    states = [client.ask(query(text))[-1][1] for text in ("SELECT 1", "BEGIN", "SELECT 1/0", "SELECT 1", "ROLLBACK")]
    assert states == [b"I", b"T", b"E", b"E", b"I"]


def test_a_setting_that_changes_is_reported(client: WireClient) -> None:
    """ParameterStatus comes before ReadyForQuery."""
    replies = client.ask(query("SET application_name = 'changed'"))
    assert kinds(replies) == "CSZ"
    assert replies[1] == ("S", b"application_name\0changed\0")


def test_the_fast_path_call_is_refused(client: WireClient) -> None:
    """And needs no Sync, as it is no extended message."""
    assert errors(client.ask(message("F", struct.pack("!IHHH", 1, 0, 0, 0)))) == [("ERROR", "0A000")]
    assert tags(client.ask(query("SELECT 1"))) == ["SELECT 1"]


# COPY


def test_copy_in(client: WireClient, table: str) -> None:
    """The server asks, the client sends in pieces of any size, the statement counts."""
    client.send(query(f"COPY {table} FROM STDIN"))
    assert client.read() == ("G", b"\0\0\1\0\0")
    replies = client.ask(message("d", b"1\n2\n"), message("d", b"3"), message("d", b"\n"), message("c"))
    assert tags(replies) == ["COPY 3"]


@pytest.mark.parametrize(
    ("data", "sqlstate"),
    [(message("d", b"1\nx\n") + message("c"), "22P02"), (message("d", b"1\n") + message("f", b"enough\0"), "57014")],
    ids=["bad row", "given up"],
)
@pytest.mark.parametrize("extended", [False, True])
def test_a_copy_that_fails_keeps_nothing_and_stays_in_step(
    client: WireClient, table: str, data: bytes, sqlstate: str, *, extended: bool
) -> None:
    """A bad row or CopyFail: one error, an untouched table, and the next statement is answered."""
    text = f"COPY {table} FROM STDIN"
    client.send(parse(text) + bind() + execute() + SYNC if extended else query(text))
    client.read_until("G")
    # In the extended protocol the Sync that went before the data counts for nothing.
    replies = client.ask(data, SYNC if extended else b"")
    assert errors(replies) == [("ERROR", sqlstate)]
    assert rows(client.ask(query(f"SELECT count(*) FROM {table}"))) == [(b"0",)]


def test_copy_in_through_the_extended_protocol(client: WireClient, table: str) -> None:
    """CommandComplete after CopyDone, ReadyForQuery after a Sync of its own."""
    client.send(parse(f"COPY {table} FROM STDIN"), bind(), execute(), FLUSH)
    client.read_until("G")
    replies = client.ask(message("d", b"1\n"), message("c"), SYNC)
    assert kinds(replies) == "CZ"
    assert tags(replies) == ["COPY 1"]


def test_copy_out_sends_a_row_a_message(client: WireClient, table: str) -> None:
    """CopyOutResponse, CopyData for each line, CopyDone, the tag: psycopg's `copy.rows()` needs them apart."""
    client.ask(query(f"INSERT INTO {table} VALUES (1), (2), (3)"))
    replies = client.ask(query(f"COPY {table} TO STDOUT"))
    assert kinds(replies) == "HdddcCZ"
    assert sorted(body for kind, body in replies if kind == "d") == [b"1\n", b"2\n", b"3\n"]
    assert tags(replies) == ["COPY 3"]


# Cancel, end


def cancel(server: ServerProcess, pid: int, secret: bytes) -> bytes:
    """Send a CancelRequest; what comes back until the server closes."""
    with WireClient(server.host, server.port) as canceller:
        canceller.send(untyped(80_877_102, struct.pack("!i", pid) + secret))
        return b"".join(body for _, body in canceller.read_until_closed())


@pytest.mark.parametrize("extended", [False, True])
def test_a_cancel_request_interrupts_the_statement(
    server: ServerProcess, client: WireClient, *, extended: bool
) -> None:
    """57014, and the connection goes on; the canceller is told nothing."""
    client.ask(query("BEGIN"))
    client.send(parse(ENDLESS) + bind() + execute() + SYNC if extended else query(ENDLESS))
    assert cancel(server, client.pid, client.secret) == b""
    replies = client.read_until("Z")
    assert errors(replies) == [("ERROR", "57014")]
    assert replies[-1] == ("Z", b"E")
    assert client.ask(query("ROLLBACK"))[-1] == ("Z", b"I")


def test_a_cancel_request_needs_the_secret(server: ServerProcess, client: WireClient) -> None:
    """A wrong one, or a process that does not exist, changes nothing and is not told apart."""
    client.send(query(SERIES.format(200_000)))
    assert cancel(server, client.pid, b"\0\0\0\0") == b""
    assert cancel(server, client.pid + 1_000_000, client.secret) == b""
    assert tags(client.read_until("Z")) == ["SELECT 200000"]


def test_a_cancel_request_that_comes_too_late_does_nothing(server: ServerProcess, client: WireClient) -> None:
    """The statement after it is not the one that was meant."""
    client.ask(query("SELECT 1"))
    assert cancel(server, client.pid, client.secret) == b""
    assert rows(client.ask(query("SELECT 2"))) == [(b"2",)]


def test_a_copy_that_waits_for_data_can_be_cancelled(server: ServerProcess, client: WireClient, table: str) -> None:
    """The client learns it at once; what it still sends is passed over."""
    client.send(query(f"COPY {table} FROM STDIN"))
    client.read_until("G")
    cancel(server, client.pid, client.secret)
    replies = client.ask(message("d", b"1\n"), message("c"))
    assert errors(replies) == [("ERROR", "57014")]
    assert rows(client.ask(query(f"SELECT count(*) FROM {table}"))) == [(b"0",)]


def test_terminate_ends_the_connection(client: WireClient) -> None:
    """Without a word."""
    client.send(TERMINATE)
    assert client.read_until_closed() == []


def test_a_message_that_means_nothing_here_ends_the_connection(client: WireClient) -> None:
    """The client and the server are no longer in step."""
    client.send(message("z"), query("SELECT 1"))
    assert errors(client.read_until_closed()) == [("FATAL", "08P01")]


def test_a_message_that_is_too_long_ends_the_connection(client: WireClient) -> None:
    """On its header alone."""
    client.send(b"Q" + struct.pack("!i", (1 << 30)))
    assert errors(client.read_until_closed()) == [("FATAL", "08P01")]


def test_a_client_that_leaves_takes_its_statement_along(server: ServerProcess) -> None:
    """Its transaction is rolled back: what it had locked is free."""
    server.execute("CREATE TABLE left_behind (id integer PRIMARY KEY)")
    with WireClient(server.host, server.port) as leaving:
        leaving.log_in()
        leaving.ask(query("BEGIN; INSERT INTO left_behind VALUES (1)"))
        leaving.send(query(ENDLESS))
    server.execute("SET lock_timeout = '60s'; INSERT INTO left_behind VALUES (1)")
    assert server.execute("SELECT id FROM left_behind") == [(1,)]
    server.execute("DROP TABLE left_behind")


def test_an_error_tells_where(client: WireClient) -> None:
    """Severity twice, code, message, position."""
    (reply,) = [reply for reply in client.ask(query("SELECT nothing_of_that_name")) if reply[0] == "E"]
    told = fields(reply)
    assert (told["S"], told["V"], told["C"], told["P"]) == ("ERROR", "ERROR", "42703", "8")
    assert "nothing_of_that_name" in told["M"]
