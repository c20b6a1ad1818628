"""Random statements about single rows: in one piece, by the short way, they do what they do message by message."""

from __future__ import annotations

import struct
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.server.wire_client import FLUSH, SYNC, WireClient, bind, execute, parse, query, rows

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.server.wire_client import Reply
    from tests.server_process import ServerProcess

    Step = tuple[str, int, int, str]

STATEMENTS = (
    "INSERT INTO t (k, n, s) VALUES ({k}, {n}, '{s}') RETURNING *",
    "INSERT INTO t VALUES ({k}, {n}, {n}, '{s}')",
    "INSERT INTO t (n) VALUES ({n}) RETURNING id, n",
    "INSERT INTO t (k) VALUES ({k}), ({n})",
    "INSERT INTO t (k, n) VALUES ({k}, {n}) ON CONFLICT (k) DO UPDATE SET n = t.n + 1, s = '{s}' RETURNING *",
    "INSERT INTO t (k) VALUES ({k}) ON CONFLICT DO NOTHING",
    "UPDATE t SET n = n + {n} WHERE id = {k} RETURNING n, s",
    "UPDATE t SET k = {n} WHERE id = {k}",
    "UPDATE t SET id = {n}, s = '{s}' WHERE k = {k} RETURNING *",
    "UPDATE t SET n = NULL WHERE k = {k}",
    "DELETE FROM t WHERE id = {k} RETURNING *",
    "DELETE FROM t WHERE k = {k}",
    "SELECT * FROM t WHERE id = {k}",
    "SELECT n, s FROM t WHERE k = {k}",
)
OTHERS = (
    "SELECT lastval(), currval('t_id_seq')",
    "SELECT id, k, n, s FROM t ORDER BY id",
    "BEGIN",
    "BEGIN",
    "BEGIN ISOLATION LEVEL REPEATABLE READ",
    "BEGIN READ ONLY",
    "COMMIT",
    "COMMIT",
    "ROLLBACK",
    "SAVEPOINT here",
    "ROLLBACK TO here",
    "SET synchronous_commit = off",
    "SET default_transaction_read_only = on",
    "SET LOCAL default_transaction_isolation = serializable",
    "RESET ALL",
)
VALUES = (st.integers(1, 5), st.integers(1, 6), st.text("xy", max_size=4))
STEPS = st.lists(
    st.one_of(
        st.tuples(st.sampled_from(STATEMENTS), *VALUES),
        st.tuples(st.sampled_from(STATEMENTS), *VALUES),
        st.tuples(st.sampled_from(OTHERS), *VALUES),
    ),
    min_size=1,
    max_size=14,
)


class Pair:
    """Two clients, each with the table `t` in a schema of its own. What one sends whole the other sends in pieces."""

    def __init__(self, whole: WireClient, pieces: WireClient, *, prepares: bool) -> None:
        self._whole, self._pieces, self._prepares = whole, pieces, prepares
        self._oids = (b"?", b"?")
        for client, schema in ((whole, "aa"), (pieces, "bb")):
            client.log_in(search_path=schema)
            if prepares:
                for number, statement in enumerate(STATEMENTS):
                    client.ask(parse(_numbered(statement), str(number)), SYNC)
        ((own,),), ((others,),) = (rows(each.ask(query("SELECT 't'::regclass::oid"))) for each in (whole, pieces))
        assert own is not None
        assert others is not None
        self._oids = struct.pack("!I", int(others)), struct.pack("!I", int(own))
        for statement in STATEMENTS * 3:
            self.run((statement, 1, 1, "x"))

    def clean(self) -> None:
        """No row, no transaction, no setting, and the sequence begins anew."""
        for text in (
            "ROLLBACK",
            "RESET ALL",
            "DISCARD SEQUENCES",
            "DELETE FROM t",
            "SELECT setval('t_id_seq', 1, false)",
        ):
            self._both(query(text), query(text))

    def run(self, step: Step) -> tuple[list[Reply], list[Reply]]:
        """What the two are answered."""
        statement, k, n, s = step
        if self._prepares and statement in STATEMENTS:
            number = str(STATEMENTS.index(statement))
            values = [str(value).encode() for name, value in (("{k}", k), ("{n}", n), ("{s}", s)) if name in statement]
            asked = bind(*values, statement=number) + execute()
            # A Flush between them is something that no short way knows.
            return self._both(asked + SYNC, asked + FLUSH + SYNC)
        text = statement.format(k=k, n=n, s=s)
        # A comment keeps a text from being taken apart, and behind it moves no position.
        return self._both(query(text), query(f"{text} /* */"))

    def _both(self, whole: bytes, pieces: bytes) -> tuple[list[Reply], list[Reply]]:
        one = self._whole.ask(whole)
        other = self._pieces.ask(pieces)
        return one, [(kind, body.replace(b"bb", b"aa").replace(*self._oids)) for kind, body in other]

    def rows(self) -> list[list[tuple[bytes | None, ...]]]:
        """What is in the two tables, and the next numbers of their sequences."""
        asked = "SELECT t, nextval('t_id_seq') FROM (SELECT array_agg(t::text ORDER BY id) FROM t) AS t"
        return [rows(client.ask(query(asked))) for client in (self._whole, self._pieces)]


def _numbered(statement: str) -> str:
    """The statement with parameters, typed as they are used, in the place of its constants."""
    names = [name for name in ("{k}", "{n}", "'{s}'") if name in statement]
    for number, name in enumerate(names, 1):
        statement = statement.replace(name, f"${number}")
    return statement


@pytest.fixture(params=[False, True], ids=["texts", "prepared"])
def pair(server: ServerProcess, request: pytest.FixtureRequest) -> Iterator[Pair]:
    """A pair of clients."""
    for schema in ("aa", "bb"):
        server.execute(f"CREATE SCHEMA {schema}")
        server.execute(
            f"CREATE TABLE {schema}.t (id serial PRIMARY KEY, k integer UNIQUE, "
            "n smallint NOT NULL DEFAULT 3 CHECK (n < 6), s varchar(3))"
        )
    with ExitStack() as stack:
        whole, pieces = (stack.enter_context(WireClient(server.host, server.port)) for _ in range(2))
        yield Pair(whole, pieces, prepares=request.param)
    server.execute("DROP SCHEMA aa CASCADE; DROP SCHEMA bb CASCADE")


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(steps=STEPS)
def test_one_piece_does_what_pieces_do(pair: Pair, steps: list[Step]) -> None:
    """The same answers, errors with all their fields included, the same rows, the same numbers taken."""
    pair.clean()
    for step in steps:
        one, other = pair.run(step)
        assert one == other
    pair.run(("ROLLBACK", 0, 0, ""))
    one_rows, other_rows = pair.rows()
    assert one_rows == other_rows
