"""Statements that are sent as texts again and again get the answers that they get when they are planned each time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.server.wire_client import WireClient, errors, query, rows, tags

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.server_process import ServerProcess

COLUMNS = (
    "id bigint PRIMARY KEY, n integer, s smallint, v varchar(4), c char(3), x numeric(6,2), d double precision, "
    "day date, at timestamp, flag boolean, note text, list integer[]"
)

TEXTS = (
    "SELECT n, v, c, x, d, day, at, flag, note, list FROM texts WHERE id = {i}",
    "SELECT * FROM texts WHERE id = '{i}'",
    "select n as number from public.texts t where t.id = {i};",
    "INSERT INTO texts (id, n) VALUES (1{i}, -{i})",
    "INSERT INTO texts (id, n) VALUES (1{i}, - {i})",
    "INSERT INTO texts (id, n) VALUES (1{i}, {i}::text::integer)",
    "INSERT INTO texts (id, n) VALUES (1{i}, -{i}::smallint)",
    "INSERT INTO texts (id, n) VALUES (1{i}, '{i}')",
    "INSERT INTO texts (id, n) VALUES (1{i}, 'a{i}')",
    "INSERT INTO texts (id, n) VALUES (1{i}, 300000000{i})",
    "INSERT INTO texts (id, n) VALUES (1{i}, 2.{i})",
    "INSERT INTO texts (id, s) VALUES (1{i}, 4000{i})",
    "INSERT INTO texts (id, v) VALUES (1{i}, 'a{i}')",
    "INSERT INTO texts (id, v) VALUES (1{i}, 'a{i}    ')",
    "INSERT INTO texts (id, v) VALUES (1{i}, 'abcd{i}')",
    "INSERT INTO texts (id, v) VALUES (1{i}, 'abcd{i}'::varchar(3))",
    "INSERT INTO texts (id, v) VALUES (1{i}, {i})",
    "INSERT INTO texts (id, c) VALUES (1{i}, '{i}')",
    "INSERT INTO texts (id, c) VALUES (1{i}, 'abc{i}')",
    "INSERT INTO texts (id, x) VALUES (1{i}, 1.00{i})",
    "INSERT INTO texts (id, x) VALUES (1{i}, 1{i}e1)",
    "INSERT INTO texts (id, x) VALUES (1{i}, 99999.{i})",
    "INSERT INTO texts (id, d) VALUES (1{i}, .{i})",
    "INSERT INTO texts (id, d) VALUES (1{i}, {i})",
    "INSERT INTO texts (id, day) VALUES (1{i}, '2024-01-0{i}')",
    "INSERT INTO texts (id, day) VALUES (1{i}, DATE '2024-01-0{i}')",
    "INSERT INTO texts (id, day) VALUES (1{i}, '2024-02-3{i}')",
    "INSERT INTO texts (id, at) VALUES (1{i}, timestamp '2024-01-0{i} 10:00:00')",
    "INSERT INTO texts (id, at) VALUES (1{i}, '2024-01-0{i} 10:00:00.123456')",
    "INSERT INTO texts (id, at) VALUES (1{i}, timestamp(1) '2024-01-0{i} 10:00:00.123456')",
    "INSERT INTO texts (id, flag) VALUES (1{i}, 't')",
    "INSERT INTO texts (id, flag) VALUES (1{i}, {i})",
    "INSERT INTO texts (id, note) VALUES (1{i}, 'it''s {i}')",
    "INSERT INTO texts (id, note) VALUES (1{i}, 'a' || '{i}')",
    "INSERT INTO texts (id, note) VALUES (1{i}, 'a'\n'{i}')",
    "INSERT INTO texts (id, note) VALUES (1{i}, 'a' '{i}')",
    "INSERT INTO texts (id, note) VALUES (1{i}, {i}.5)",
    "INSERT INTO texts (id, note) VALUES (1{i}, interval '{i} day')",
    "INSERT INTO texts (id, note) VALUES (1{i}, E'a\\n{i}')",
    "INSERT INTO texts (id, list) VALUES (1{i}, '{{{i},2}}')",
    "INSERT INTO texts (id, list) VALUES (1{i}, ARRAY[{i}, 2])",
    "INSERT INTO texts (id, n) VALUES (1{i}, {i}), (2{i}, 7) RETURNING n, id",
    "INSERT INTO texts (id, n) VALUES (1{i}, {i}), (1{i}, 7)",
    "INSERT INTO texts (id, n) VALUES ({i}, {i})",
    "INSERT INTO texts (id, n) VALUES ({i}, {i}) ON CONFLICT (id) DO UPDATE SET n = texts.n + {i} RETURNING n",
    "UPDATE texts SET n = n + {i} WHERE id = {i}",
    "UPDATE texts SET n = n - -{i}, note = 'b{i}' WHERE id = {i} RETURNING note",
    "UPDATE texts SET n = {i} * n, s = NULL WHERE id = {i}",
    "UPDATE texts SET n = n + 2147483{i}00 WHERE id = {i}",
    "UPDATE texts SET id = {i} + 5 WHERE id = {i}",
    "UPDATE texts SET v = 'x' WHERE id = {i}.0",
    "UPDATE texts SET v = 'x' WHERE note = 'note {i}'",
    "UPDATE gone SET v = 'x' WHERE id = {i}",
    "DELETE FROM texts WHERE id = {i}",
    "DELETE FROM texts WHERE {i} = id RETURNING *",
    "DELETE FROM texts WHERE id = {i}; SELECT {i}",
    "SELECT {i}a, note FROM texts WHERE id = {i}",
    "SELECT note FROM texts WHERE id = {i} LIMIT {i}",
    "SELECT count(*) FROM texts WHERE id < {i}",
)


@pytest.fixture
def texts(server: ServerProcess, client: WireClient) -> Iterator[WireClient]:
    """A client, and a table of a few rows."""
    server.execute(f"CREATE TABLE texts ({COLUMNS})")
    yield client
    client.ask(query("ROLLBACK"))
    server.execute("DROP TABLE texts")


def _run(client: WireClient, text: str, *, inside: bool) -> tuple[object, object]:
    """What a statement answers, and the table afterwards. The table is the same before each."""
    client.ask(query("DELETE FROM texts"))
    client.ask(
        query(
            "INSERT INTO texts SELECT g, g, g, 'v' || g, 'c' || g, g, g, '2024-01-01', '2024-01-01', true, "
            "'note ' || g FROM generate_series(1, 4) g"
        )
    )
    if inside:
        assert tags(client.ask(query("BEGIN"))) == ["BEGIN"]
    answer = client.ask(query(text))
    if inside:
        client.ask(query("COMMIT"))
    return answer, rows(client.ask(query("SELECT * FROM texts ORDER BY id")))


@pytest.mark.parametrize("text", TEXTS)
def test_constants_mean_what_they_mean_in_the_text(texts: WireClient, text: str) -> None:
    """Sent three times with other constants, the answers and the rows are those of a text that no short cut takes."""
    for number in (1, 2, 3):
        sent = text.format(i=number)
        inside = number == 3
        quick = _run(texts, sent, inside=inside)
        # A comment behind it keeps a text from being taken apart, and its places where they are.
        assert quick == _run(texts, f"{sent} /* */", inside=inside)


def test_a_constant_that_moves_with_time_is_about_the_transaction(texts: WireClient) -> None:
    """As a constant 'now' is the beginning of the transaction, whenever the statement comes."""
    texts.ask(query("BEGIN"))
    for number in (1, 2, 3):
        assert not errors(texts.ask(query(f"INSERT INTO texts (id, at) VALUES ({number}, 'now')")))
    assert rows(texts.ask(query("SELECT count(DISTINCT at) FROM texts"))) == [(b"1",)]


def test_a_text_follows_its_table(texts: WireClient, server: ServerProcess) -> None:
    """What a text means is looked up anew when the catalog or the search path has changed."""
    select = "SELECT n FROM texts WHERE id = 1"
    server.execute("INSERT INTO texts (id, n) VALUES (1, 1)")
    assert [rows(texts.ask(query(select))) for _ in range(3)] == [[(b"1",)]] * 3
    server.execute("ALTER TABLE texts ALTER n TYPE text; ALTER TABLE texts RENAME n TO m")
    assert [sqlstate for _, sqlstate in errors(texts.ask(query(select)))] == ["42703"]
    server.execute("ALTER TABLE texts RENAME m TO n; UPDATE texts SET n = 'one'")
    assert [rows(texts.ask(query(select))) for _ in range(3)] == [[(b"one",)]] * 3
    texts.ask(query("CREATE SCHEMA other; CREATE TABLE other.texts (id integer PRIMARY KEY, n integer)"))
    texts.ask(query("SET search_path = other"))
    assert rows(texts.ask(query(select))) == []
    texts.ask(query("RESET search_path; DROP TABLE other.texts; DROP SCHEMA other"))


def test_blocks_of_texts_commit_and_fail_as_such(texts: WireClient) -> None:
    """BEGIN, statements and COMMIT tell the client's transaction status; a failed block is over at its COMMIT."""
    for number in (1, 2, 3):
        status = [
            texts.ask(query(text))[-1]
            for text in ("BEGIN", f"INSERT INTO texts (id) VALUES ({number})", "COMMIT", "COMMIT")
        ]
        assert status == [("Z", b"T"), ("Z", b"T"), ("Z", b"I"), ("Z", b"I")]
    texts.ask(query("BEGIN"))
    assert texts.ask(query("INSERT INTO texts (id) VALUES (1)"))[-1] == ("Z", b"E")
    assert [sqlstate for _, sqlstate in errors(texts.ask(query("INSERT INTO texts (id) VALUES (7)")))] == ["25P02"]
    assert tags(texts.ask(query("COMMIT"))) == ["ROLLBACK"]
    assert rows(texts.ask(query("SELECT count(*) FROM texts"))) == [(b"3",)]


def test_a_commit_that_fails_says_so(texts: WireClient, server: ServerProcess) -> None:
    """A COMMIT that is refused raises, and the block is over."""
    for _ in range(2):
        texts.ask(query("BEGIN"))
        texts.ask(query("COMMIT"))
    texts.ask(query("BEGIN ISOLATION LEVEL SERIALIZABLE"))
    texts.ask(query("SELECT count(*) FROM texts"))
    server.execute("INSERT INTO texts (id) VALUES (1)")
    texts.ask(query("INSERT INTO texts (id) VALUES (2)"))
    answer = texts.ask(query("COMMIT"))
    assert [sqlstate for _, sqlstate in errors(answer)] == ["40001"]
    assert answer[-1] == ("Z", b"I")
    assert rows(texts.ask(query("SELECT id FROM texts"))) == [(b"1",)]


def test_the_time_of_a_transaction_is_stored_as_the_clock_of_the_zone_shows_it(texts: WireClient) -> None:
    """CURRENT_TIMESTAMP in a column without a time zone: also in summer, and rounded to the column's precision."""
    texts.ask(query("CREATE TABLE moments (id integer PRIMARY KEY, at timestamp, short timestamp(0))"))
    texts.ask(query("SET TimeZone = 'Europe/Paris'"))
    for number in (1, 2, 3):
        texts.ask(query("BEGIN"))
        insert = f"INSERT INTO moments VALUES ({number}, CURRENT_TIMESTAMP, CURRENT_TIMESTAMP)"
        assert tags(texts.ask(query(insert))) == ["INSERT 0 1"]
        same = "SELECT at = now()::timestamp AND short = now()::timestamp(0) FROM moments"
        assert rows(texts.ask(query(f"{same} WHERE id = {number} /* */"))) == [(b"t",)]
        texts.ask(query("COMMIT"))
    texts.ask(query("CREATE TABLE given (id integer PRIMARY KEY, moment timestamptz, at timestamp)"))
    texts.ask(query("INSERT INTO given VALUES (1, '2024-07-01 12:00:00+00'), (2, 'infinity'), (3, '-infinity')"))
    for number in (1, 2, 3):
        assert tags(texts.ask(query(f"UPDATE given SET at = moment WHERE id = {number}"))) == ["UPDATE 1"]
    shown = rows(texts.ask(query("SELECT at FROM given ORDER BY id")))
    assert shown == [(b"2024-07-01 14:00:00",), (b"infinity",), (b"-infinity",)]
    texts.ask(query("RESET TimeZone; DROP TABLE moments, given"))
