"""Requests that come in one piece get the answers that they get message by message."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

import pytest

from tests.server.wire_client import (
    SYNC,
    WireClient,
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

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.server_process import ServerProcess


@pytest.fixture
def points(server: ServerProcess, client: WireClient) -> Iterator[WireClient]:
    """A client with prepared point statements on a table of two rows."""
    server.execute("CREATE TABLE point (id integer PRIMARY KEY, v text NOT NULL, n smallint)")
    server.execute("INSERT INTO point VALUES (1, 'one', 1), (2, 'two', NULL)")
    for name, text in (
        ("get", "SELECT v, n FROM point WHERE id = $1"),
        ("put", "INSERT INTO point VALUES ($1, $2, $3)"),
        ("set", "UPDATE point SET v = $2 WHERE id = $1 RETURNING n, v"),
        ("del", "DELETE FROM point WHERE id = $1"),
        ("sum", "SELECT count(*) FROM point WHERE id > $1"),
    ):
        assert not errors(client.ask(parse(text, name) + SYNC))
    yield client
    client.ask(query("ROLLBACK"))
    server.execute("DROP TABLE point")


def bind(
    portal: str,
    statement: str,
    values: list[bytes | None],
    formats: tuple[int, ...] = (),
    results: tuple[int, ...] = (),
) -> bytes:
    """A Bind message, with formats."""
    body = (
        portal.encode() + b"\0" + statement.encode() + b"\0" + struct.pack(f"!H{len(formats)}H", len(formats), *formats)
    )
    body += struct.pack("!H", len(values))
    for value in values:
        body += struct.pack("!i", -1) if value is None else struct.pack("!i", len(value)) + value
    return message("B", body + struct.pack(f"!H{len(results)}H", len(results), *results))


def number(value: int) -> bytes:
    """An integer in binary."""
    return struct.pack("!i", value)


CASES = {
    "found, text": bind("", "get", [b"1"]),
    "found, binary": bind("", "get", [number(1)], (1,), (1,)),
    "formats one by one": bind("", "get", [number(1)], (1,), (1, 0)),
    "null in the row": bind("", "get", [b"2"]),
    "not found": bind("", "get", [b"3"]),
    "null key": bind("", "get", [None]),
    "bad text": bind("", "get", [b"x"]),
    "bad binary": bind("", "get", [b"12345"], (1,)),
    "too few parameters": bind("", "get", []),
    "too many formats": bind("", "get", [b"1"], (0, 0)),
    "too many result formats": bind("", "get", [b"1"], (), (0, 0, 0)),
    "no such statement": bind("", "gone", [b"1"]),
    "insert": bind("", "put", [b"7", b"seven", None]),
    "duplicate key": bind("", "put", [b"1", b"again", None]),
    "null where none may be": bind("", "put", [b"8", None, None]),
    "out of range": bind("", "put", [b"8", b"x", b"40000"]),
    "update": bind("", "set", [b"2", b"zwei"]),
    "update of nothing": bind("", "set", [b"9", b"x"]),
    "delete": bind("", "del", [b"1"]),
    "not a point statement": bind("", "sum", [b"0"]),
    "a named portal": bind("p", "get", [b"1"]),
}


@pytest.mark.parametrize("describes", [False, True])
@pytest.mark.parametrize("case", CASES)
def test_one_piece_is_answered_as_message_by_message(points: WireClient, case: str, describes: bool) -> None:
    """The bytes that come back are the same, and so is what is in the table then."""
    portal = "p" if case == "a named portal" else ""
    steps = [CASES[case], *([describe("P", portal)] if describes else []), execute(portal), SYNC]
    whole = points.ask(b"".join(steps))
    after = rows(points.ask(query("SELECT * FROM point ORDER BY id")))
    points.ask(query("DELETE FROM point; INSERT INTO point VALUES (1, 'one', 1), (2, 'two', NULL)"))
    # A second statement in the same piece is one that no short cut takes.
    apart = points.ask(b"".join([bind("", "sum", [b"0"]), *steps]))
    assert whole == apart[1:]
    assert after == rows(points.ask(query("SELECT * FROM point ORDER BY id")))


def test_a_block_is_left_to_its_own_rules(points: WireClient) -> None:
    """Inside a transaction block nothing is committed by a request that comes whole; a failed block refuses it."""
    points.ask(query("BEGIN"))
    assert tags(points.ask(bind("", "put", [b"5", b"five", None]) + execute() + SYNC)) == ["INSERT 0 1"]
    assert points.ask(bind("", "get", [b"5"]) + execute() + SYNC)[-1] == ("Z", b"T")
    points.ask(query("ROLLBACK"))
    assert rows(points.ask(bind("", "get", [b"5"]) + execute() + SYNC)) == []
    points.ask(query("BEGIN; SELECT 1/0"))
    assert [sqlstate for _, sqlstate in errors(points.ask(bind("", "get", [b"1"]) + execute() + SYNC))] == ["25P02"]


def test_a_lock_is_waited_for(points: WireClient, server: ServerProcess) -> None:
    """A write that meets another transaction's lock waits for it, as message by message."""
    with server.connect(autocommit=False) as other:
        other.execute("UPDATE point SET v = 'held' WHERE id = 1")
        points.send(bind("", "set", [b"1", b"mine"]) + execute() + SYNC)
        other.commit()
        replies = points.read_until("Z")
    assert rows(replies) == [(b"1", b"mine")]
    assert kinds(replies)[-1] == "Z"


def test_a_table_that_changed_is_planned_anew(points: WireClient, server: ServerProcess) -> None:
    """A prepared point statement follows its table's name, and says so when its result would have other types."""
    assert rows(points.ask(bind("", "get", [b"1"]) + execute() + SYNC)) == [(b"one", b"1")]
    server.execute("DROP TABLE point")
    assert [sqlstate for _, sqlstate in errors(points.ask(bind("", "get", [b"1"]) + execute() + SYNC))] == ["42P01"]
    server.execute("CREATE TABLE point (id integer PRIMARY KEY, v text, n smallint)")
    server.execute("INSERT INTO point VALUES (1, 'new', 3)")
    assert rows(points.ask(bind("", "get", [b"1"]) + execute() + SYNC)) == [(b"new", b"3")]
    server.execute("DROP TABLE point")
    server.execute("CREATE TABLE point (id integer PRIMARY KEY, v integer, n smallint)")
    replies = points.ask(bind("", "get", [b"1"]) + execute() + SYNC)
    assert [sqlstate for _, sqlstate in errors(replies)] == ["0A000"]


@pytest.mark.parametrize("before", [parse("SELECT 1", "other"), describe("S", "get"), close("S", "other")])
def test_what_was_answered_before_is_sent_before(points: WireClient, server: ServerProcess, before: bytes) -> None:
    """An answer that nobody has asked to be flushed goes ahead of that to a request that comes whole, later."""
    whole = [bind("", "get", [b"1"]), execute(), SYNC]
    together = points.ask(before, *whole)
    points.ask(close("S", "other") + SYNC)
    points.send(before)
    # Once the server has answered another client it has read what this one sent before.
    server.execute("SELECT 1")
    assert points.ask(*whole) == together


def test_a_block_that_is_over_tells_what_came_meanwhile(points: WireClient, server: ServerProcess) -> None:
    """Notifications that arrive in a block are sent at its end, also where nothing was changed in it."""
    points.ask(query("LISTEN news"))
    for _ in range(3):
        points.ask(query("BEGIN"))
        points.ask(query("COMMIT"))
    points.ask(query("BEGIN"))
    server.execute("NOTIFY news, 'arrived'")
    replies = points.ask(query("COMMIT"))
    assert kinds(replies) == "CAZ"
