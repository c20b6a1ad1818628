"""Statements sent by the extended protocol, many at a time, and what a server answers, as text to compare."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from psycopg.pq import ExecStatus

if TYPE_CHECKING:
    from collections.abc import Iterable

    from psycopg.pq.abc import PGconn, PGresult

AT_ONCE = 64
"""Statements under way at a time: what waits in sockets must not keep client and server waiting for each other."""


@dataclass(frozen=True, slots=True)
class Ask:
    """A statement with its parameters. `binary` is the format of its result, `formats` that of each parameter."""

    sql: str
    parameters: tuple[bytes | None, ...] = ()
    formats: tuple[int, ...] = ()
    types: tuple[int, ...] = ()
    binary: bool = False


def quoted(text: str) -> str:
    """A text as a string constant."""
    return "'" + text.replace("'", "''") + "'"


def answers(connection: PGconn, asks: Iterable[Ask]) -> list[str]:
    """What the server says to each, in order; each is a transaction of its own unless it says BEGIN."""
    waiting = list(asks)
    found: list[str] = []
    connection.enter_pipeline_mode()
    try:
        for start in range(0, len(waiting), AT_ONCE):
            some = waiting[start : start + AT_ONCE]
            for ask in some:
                _send(connection, ask)
            found += [_answer(connection) for _ in some]
    finally:
        connection.exit_pipeline_mode()
    return found


def _send(connection: PGconn, ask: Ask) -> None:
    formats = ask.formats or (0,) * len(ask.parameters)
    types = ask.types or (0,) * len(ask.parameters)
    connection.send_query_params(
        ask.sql.encode(), ask.parameters, param_types=types, param_formats=formats, result_format=int(ask.binary)
    )
    connection.pipeline_sync()


def _answer(connection: PGconn) -> str:
    said = []
    while True:
        result = connection.get_result()
        if result is None:
            continue
        if result.status == ExecStatus.PIPELINE_SYNC:
            return " / ".join(said)
        said.append(as_text(result))


def as_text(result: PGresult) -> str:
    """An answer: the types of the columns and the rows, or the error."""
    if result.status == ExecStatus.TUPLES_OK:
        columns = range(result.nfields)
        types = ",".join(f"{result.ftype(c)}:{result.fmod(c)}:{result.fsize(c)}" for c in columns)
        rows = (
            " | ".join(_value(result.get_value(row, c), result.fformat(c)) for c in columns)
            for row in range(result.ntuples)
        )
        return f"[{types}] {' ; '.join(rows)}"
    if result.status == ExecStatus.COMMAND_OK:
        return (result.command_status or b"").decode()
    return _error(result)


def _value(value: bytes | None, binary: int) -> str:
    if value is None:
        return "NULL"
    return value.hex() if binary else _printable(value.decode())


def _printable(text: str) -> str:
    return text.replace("\\", "\\\\").replace("\n", "\\n").replace("\t", "\\t")


def _error(result: PGresult) -> str:
    fields = [result.error_field(ord(code)) for code in "CMD"]
    return "!" + " ".join(_printable(field.decode()) for field in fields if field is not None)


def copied(connection: PGconn, table: str, lines: Iterable[bytes]) -> list[str]:
    """What the server says to a COPY of each of these lines by itself, in text format."""
    said = []
    for line in lines:
        result = connection.exec_(f"COPY {table} FROM STDIN".encode())
        assert result.status == ExecStatus.COPY_IN, result.error_message
        connection.put_copy_data(line)
        connection.put_copy_end()
        answered = []
        while (result_of_end := connection.get_result()) is not None:
            answered.append(as_text(result_of_end))
        said.append(" / ".join(answered))
    return said
