"""PostgreSQL 15 is the oracle: what it reads, writes and refuses, in text and in binary, so must the codecs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg.pq import ExecStatus

from server.errors import sqlstate_of
from sql.errors import SqlError
from sql.types import Codec, Codecs
from storage import types
from tests.sql.types.strategies import STORED
from tests.sql.types.texts import TEXTS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from storage.types import SqlType

ZONE = "Europe/Paris"


class Oracle:
    """Asks PostgreSQL what it makes of a value, as a column would: with the modifier of the type applied."""

    def __init__(self, connection: psycopg.Connection) -> None:
        self._pg = connection.pgconn
        self._tables: set[SqlType] = set()

    def _table(self, sql_type: SqlType) -> str:
        name = f"of_{sql_type.oid}_{sql_type.modifier if sql_type.modifier >= 0 else 'none'}"
        if sql_type not in self._tables:
            result = self._pg.exec_(f"CREATE TEMP TABLE {name} (v {_declared(sql_type)})".encode())
            assert result.status == ExecStatus.COMMAND_OK, result.error_message
            self._tables.add(sql_type)
        return name

    def store(self, sql_type: SqlType, data: bytes, *, binary: bool) -> tuple[bytes, bytes] | tuple[str, str]:
        """What it then holds, in text and binary; or the SQLSTATE and message of its refusal."""
        insert = f"INSERT INTO {self._table(sql_type)} VALUES ($1) RETURNING v".encode()
        written = []
        for result_format in (0, 1):
            result = self._pg.exec_params(
                insert, [data], param_types=[sql_type.oid], param_formats=[int(binary)], result_format=result_format
            )
            if result.status != ExecStatus.TUPLES_OK:
                code, message = (result.error_field(field) for field in (ord("C"), ord("M")))
                assert code is not None
                assert message is not None
                return code.decode(), message.decode()
            value = result.get_value(0, 0)
            assert value is not None
            written.append(value)
        return written[0], written[1]


def _declared(sql_type: SqlType) -> str:
    if sql_type.oid in (types.TIMESTAMP.oid, types.TIMESTAMPTZ.oid, types.TIME.oid) and sql_type.modifier >= 0:
        word, _, rest = str(sql_type).partition(" ")
        return f"{word}({sql_type.modifier}) {rest}"
    return str(sql_type)


@pytest.fixture(scope="module")
def oracle(postgres: str) -> Iterator[Oracle]:
    """One connection, in the time zone of `CODECS`."""
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute(f"SET timezone = '{ZONE}'")
        yield Oracle(connection)


CODECS = Codecs(time_zone=ZONE)


def _outcome(codec: Codec, text: str) -> tuple[bytes, bytes] | tuple[str | None, str]:
    try:
        value = codec.parse(text)
    except SqlError as error:
        return sqlstate_of(error), error.message
    return codec.format(value), codec.send(value)


@pytest.mark.parametrize(("sql_type", "text"), [(t, text) for t, texts in TEXTS.items() for text in texts])
def test_text_is_read_and_written_as_postgres_does(oracle: Oracle, sql_type: SqlType, text: str):
    """The same value stored, the same text and binary out of it, or the same error."""
    expected = oracle.store(sql_type, text.encode(), binary=False)
    codec = CODECS.of(sql_type)
    assert _outcome(codec, text) == expected


@pytest.mark.parametrize("name", STORED)
def test_binary_is_read_and_written_as_postgres_does(oracle: Oracle, name: str):
    """PostgreSQL takes what `send` writes, and writes the same text and binary for it."""
    sql_type, stored = STORED[name]
    codec = CODECS.of(sql_type)

    @settings(max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
    @given(stored)
    def check(value: object):
        sent = codec.send(value)
        assert oracle.store(sql_type, sent, binary=True) == (codec.format(value), sent)

    check()


BAD_BINARY = [(t, b"\0" * length) for t in TEXTS for length in (0, 3, 5, 17) if t.oid not in (17, 25, 19, 1042, 1043)]


@pytest.mark.parametrize(("sql_type", "data"), BAD_BINARY)
def test_bad_binary_is_refused_as_postgres_does(oracle: Oracle, sql_type: SqlType, data: bytes):
    """Data of a wrong length is an error, of the same class as PostgreSQL's, wherever it is one there."""
    expected = oracle.store(sql_type, data, binary=True)
    if isinstance(expected[0], bytes):
        assert CODECS.of(sql_type).send(CODECS.of(sql_type).receive(data)) == expected[1]
        return
    with pytest.raises(SqlError) as refused:
        CODECS.of(sql_type).receive(data)
    # PostgreSQL finds some of it only at the end of the message, as a wrong element type, or as an internal error.
    assert sqlstate_of(refused.value) == expected[0] or expected[0] in ("08P01", "42804", "XX000")


@pytest.mark.parametrize("digits", [-15, -3, 0, 1, 3])
def test_extra_float_digits_count(postgres: str, digits: int):
    """Below 1 floats are rounded, as PostgreSQL rounds them."""
    with psycopg.connect(postgres) as connection:
        connection.execute(f"SET extra_float_digits = {digits}")
        codecs = Codecs(extra_float_digits=digits)
        for text in ("0.1", "0.30000000000000004", "123456789.123456789", "1e20", "1e15", "1e-7", "0", "100000"):
            for sql_type in (types.REAL, types.DOUBLE):
                codec = codecs.of(sql_type)
                (expected,) = connection.execute(f"SELECT '{text}'::{sql_type}::text").fetchone() or ("",)
                assert codec.format(codec.parse(text)).decode() == expected


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(
    st.integers(-4_000_000_000, 20_000_000_000), st.sampled_from(["Europe/Paris", "America/Sao_Paulo", "Asia/Tehran"])
)
def test_local_times_mean_the_same_moment(postgres_zones: psycopg.Connection, seconds: int, zone: str):
    """A local time, skipped or doubled by clocks or not, is the moment that PostgreSQL takes it for."""
    text = CODECS.of(types.TIMESTAMP).format(seconds * 1_000_000).decode()
    postgres_zones.execute("SELECT set_config('TimeZone', %s, false)", [zone])
    row = postgres_zones.execute("SELECT %s::timestamptz::text", [text]).fetchone()
    codec = Codecs(time_zone=zone).of(types.TIMESTAMPTZ)
    assert row == (codec.format(codec.parse(text)).decode(),)


@pytest.fixture(scope="module")
def postgres_zones(postgres: str) -> Iterator[psycopg.Connection]:
    """A connection whose time zone tests change."""
    with psycopg.connect(postgres, autocommit=True) as connection:
        yield connection
