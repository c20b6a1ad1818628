"""The extended protocol with a real server, message by message."""

from __future__ import annotations

import struct

import pytest

from tests.server.wire_client import (
    FLUSH,
    SYNC,
    WireClient,
    bind,
    close,
    describe,
    errors,
    execute,
    kinds,
    message,
    parse,
    query,
    rows,
    tags,
)

SERIES = "SELECT g FROM generate_series(1, {}) AS g"
NUMBERS = "generate_series(1, 1000000)"
ENDLESS = f"SELECT count(*) FROM {NUMBERS} AS a, {NUMBERS} AS b WHERE a + b < 0"


def test_an_extended_query_in_steps(client: WireClient) -> None:
    """Each message has its answer, in order; the parameter's type is inferred from the cast."""
    replies = client.ask(
        parse("SELECT $1::integer + 1 AS n", "s"), describe("S", "s"), bind(b"41", statement="s", portal="p"),
        describe("P", "p"), execute("p"), close("P", "p"), close("S", "s"), SYNC,
    )  # fmt: skip
    assert kinds(replies) == "1tT2TDC33Z"
    assert replies[1] == ("t", struct.pack("!HI", 1, 23))
    assert rows(replies) == [(b"42",)]


def test_what_gives_no_rows_has_no_description(client: WireClient, table: str) -> None:
    """NoData in the place of RowDescription."""
    replies = client.ask(
        parse(f"INSERT INTO {table} VALUES ($1)"), describe("S"), bind(b"1"), describe("P"), execute(), SYNC
    )
    assert kinds(replies) == "1tn2nCZ"
    assert replies[1] == ("t", struct.pack("!HI", 1, 23))
    assert tags(replies) == ["INSERT 0 1"]


def test_flush_sends_without_ending(client: WireClient) -> None:
    """What asyncpg waits for between Parse and Bind."""
    client.send(parse("SELECT 1"), describe("S"), FLUSH)
    assert kinds(client.read_until("T")) == "1tT"
    assert kinds(client.ask(bind(), execute(), SYNC)) == "2DCZ"


def test_after_an_error_everything_up_to_sync_is_passed_over(client: WireClient) -> None:
    """One error for the lot, then all is well; each Sync of a pipeline starts afresh."""
    failing = (parse("SELECT 1/0"), bind(), execute(), parse("SELECT 2"), bind(), execute(), SYNC)
    good = (parse("SELECT 3"), bind(), execute(), SYNC)
    client.send(*failing, *good)
    first, second = client.read_until("Z"), client.read_until("Z")
    assert errors(first) == [("ERROR", "22012")]
    assert rows(first) == []
    assert rows(second) == [(b"3",)]


@pytest.mark.parametrize(
    ("wrong", "sqlstate"),
    [
        (bind(statement="none"), "26000"),
        (execute("none"), "34000"),
        (describe("S", "none"), "26000"),
        (describe("P", "none"), "34000"),
        (parse("SELEC 1"), "42601"),
        (parse("SELECT 1; SELECT 2"), "42601"),
        (parse("SELECT $1::integer") + bind(), "08P01"),
        (parse("SELECT $1::integer") + bind(b"x"), "22P02"),
        (parse("SELECT 1", "twice") + parse("SELECT 1", "twice"), "42P05"),
        (message("B", b"no end"), "08P01"),
        (message("P", b"\0SELECT '\xff'\0\0\0"), "22021"),
    ],
    ids=[
        *("bind nothing", "execute nothing", "describe nothing", "describe no portal", "syntax", "two statements"),
        *("too few values", "bad value", "name taken", "malformed", "not UTF-8"),
    ],
)
def test_errors_of_the_extended_protocol(client: WireClient, wrong: bytes, sqlstate: str) -> None:
    """PostgreSQL's codes, and the conversation goes on behind Sync."""
    assert errors(client.ask(wrong, SYNC)) == [("ERROR", sqlstate)]
    assert rows(client.ask(query("SELECT 1"))) == [(b"1",)]


def test_closing_what_is_not_there_is_no_error(client: WireClient) -> None:
    """As the manual says."""
    assert kinds(client.ask(close("S", "none"), close("P", "none"), SYNC)) == "33Z"


def test_a_row_limit_suspends_a_portal(client: WireClient) -> None:
    """Two at a time: the last part says how many it had; a portal at its end gives no more rows."""
    client.ask(query("BEGIN"))
    client.send(parse(SERIES.format(5)), bind(portal="p"), execute("p", 2), FLUSH)
    assert kinds(client.read_until("s")) == "12DDs"
    client.send(execute("p", 2), FLUSH)
    assert kinds(client.read_until("s")) == "DDs"
    replies = client.ask(execute("p", 2), execute("p", 2), SYNC)
    assert kinds(replies) == "DCCZ"
    assert tags(replies) == ["SELECT 1", "SELECT 0"]
    client.ask(query("ROLLBACK"))


def test_a_row_limit_on_rows_that_a_write_returns(client: WireClient, table: str) -> None:
    """All is written at the first Execute; as in PostgreSQL, the tag counts the rows of the last part."""
    text = f"INSERT INTO {table} VALUES (1), (2), (3) RETURNING id"
    replies = client.ask(parse(text), bind(), execute("", 2), execute("", 2), SYNC)
    assert kinds(replies) == "12DDsDCZ"
    assert tags(replies) == ["INSERT 0 1"]
    assert rows(client.ask(query(f"SELECT count(*) FROM {table}"))) == [(b"3",)]


def test_a_row_limit_that_fits_exactly_suspends_too(client: WireClient) -> None:
    """The end is known only once a row is missing, as in PostgreSQL."""
    replies = client.ask(parse(SERIES.format(3)), bind(), execute("", 3), execute("", 3), SYNC)
    assert kinds(replies) == "12DDDsCZ"
    assert tags(replies) == ["SELECT 0"]


def test_portals_end_with_their_transaction(client: WireClient) -> None:
    """Outside a block that is at Sync; inside they live on."""
    client.ask(parse(SERIES.format(10), "s"), bind(statement="s", portal="p"), execute("p", 1), SYNC)
    assert errors(client.ask(execute("p", 1), SYNC)) == [("ERROR", "34000")]
    client.ask(query("BEGIN"))
    client.ask(bind(statement="s", portal="p"), execute("p", 1), SYNC)
    assert rows(client.ask(execute("p", 1), SYNC)) == [(b"2",)]
    client.ask(query("COMMIT"))
    assert errors(client.ask(execute("p", 1), SYNC)) == [("ERROR", "34000")]


def test_a_command_cannot_be_executed_twice(client: WireClient, table: str) -> None:
    """Its portal is done; PostgreSQL says 55000."""
    replies = client.ask(parse(f"INSERT INTO {table} VALUES (1)"), bind(), execute(), execute(), SYNC)
    assert errors(replies) == [("ERROR", "55000")]
    assert rows(client.ask(query(f"SELECT count(*) FROM {table}"))) == [(b"0",)]


def test_a_long_pipeline_is_answered_in_order(client: WireClient) -> None:
    """A thousand requests sent at once give a thousand answers, each to its own."""
    client.ask(parse("SELECT $1::integer", "s"), SYNC)
    client.send(*(bind(str(n).encode(), statement="s") + execute() + SYNC for n in range(1000)))
    answers = [rows(client.read_until("Z")) for _ in range(1000)]
    assert answers == [[(str(n).encode(),)] for n in range(1000)]


def test_messages_may_come_byte_by_byte(client: WireClient) -> None:
    """A network may cut anywhere."""
    for byte in parse("SELECT 7") + bind() + execute() + SYNC:
        client.send(bytes([byte]))
    assert rows(client.read_until("Z")) == [(b"7",)]
