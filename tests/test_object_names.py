"""Values of regclass and its like over the wire: names in text, numbers in binary."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg
import pytest
from psycopg import pq

if TYPE_CHECKING:
    from tests.server_process import ServerProcess

REGCLASS_OID = 2205


def test_a_name_in_text_is_a_number_in_binary(server: ServerProcess) -> None:
    """The same column is the name for who reads text, and the oid for who reads binary."""
    with server.connect() as connection:
        execute = connection.pgconn.exec_params
        as_text = execute(b"SELECT 'pg_class'::regclass", None, result_format=0)
        as_binary = execute(b"SELECT 'pg_class'::regclass", None, result_format=1)
    assert as_text.get_value(0, 0) == b"pg_class"
    assert as_binary.get_value(0, 0) == (1259).to_bytes(4, "big")


def test_a_parameter_takes_a_name_or_a_number(server: ServerProcess) -> None:
    """In text format a parameter of type regclass is what its input function reads."""
    with server.connect() as connection:
        execute = connection.pgconn.exec_params
        for text in (b"pg_class", b"pg_catalog.pg_class", b'"pg_class"', b"1259"):
            result = execute(b"SELECT $1, $1::oid", [text], param_types=[REGCLASS_OID])
            assert (result.get_value(0, 0), result.get_value(0, 1)) == (b"pg_class", b"1259"), text
        missing = execute(b"SELECT $1", [b"no_such"], param_types=[REGCLASS_OID])
    assert missing.status == pq.ExecStatus.FATAL_ERROR
    assert missing.error_field(pq.DiagnosticField.SQLSTATE) == b"42P01"


def test_a_name_is_what_the_object_is_called_now(server: ServerProcess) -> None:
    """A table renamed in the transaction has its new name there, also in a statement that was prepared before."""
    with server.connect() as connection:
        connection.execute("CREATE TABLE first_name (a regclass PRIMARY KEY)")
        connection.execute("INSERT INTO first_name VALUES ('first_name')")
        query = "SELECT a FROM first_name"
        assert connection.execute(query, prepare=True).fetchone() == ("first_name",)
        with connection.transaction(force_rollback=True):
            connection.execute("ALTER TABLE first_name RENAME TO second_name")
            assert connection.execute("SELECT a FROM second_name").fetchone() == ("second_name",)
            connection.execute("DECLARE c CURSOR FOR SELECT a FROM second_name")
            assert connection.execute("FETCH c").fetchone() == ("second_name",)
        assert connection.execute(query, prepare=True).fetchone() == ("first_name",)
        key = "SELECT a FROM first_name WHERE a = %s::regclass"
        assert connection.execute(key, ["first_name"], prepare=True).fetchone() == ("first_name",)


def test_copy_writes_and_reads_names(server: ServerProcess) -> None:
    """COPY writes the names of what a column refers to, and reads them."""
    with server.connect() as connection:
        connection.execute("CREATE TABLE references_of (a regclass, b regtype)")
        with connection.cursor().copy("COPY references_of FROM STDIN") as copy:
            copy.write(b"pg_class\tint4\n0\t\\N\n")
        with connection.cursor().copy("COPY references_of TO STDOUT") as copy:
            assert b"".join(copy) == b"pg_class\tinteger\n-\t\\N\n"
        with (
            pytest.raises(psycopg.errors.UndefinedTable),
            connection.cursor().copy("COPY references_of FROM STDIN") as c,
        ):
            c.write(b"no_such\tint4\n")
