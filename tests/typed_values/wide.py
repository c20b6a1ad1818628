"""A table with a column of each type, and the ways into it and out of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from psycopg.pq import ExecStatus

from tests.typed_values.asking import Ask, answers, quoted
from tests.typed_values.values import KINDS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from psycopg.pq.abc import PGconn

Cell = tuple[str, bytes] | None
"""A value as a text that its type reads, and as PostgreSQL sends it in binary; `None` for NULL."""

_COLUMNS: Final = ", ".join(f"{kind.name} {kind.declared}" for kind in KINDS)
_MANY: Final = 1000
"""VALUES of as many rows are read in another way than few."""


def rows_of(recorded: Path) -> list[list[Cell]]:
    """The values that PostgreSQL lets in, the first of each type in the first row, and so on."""
    sent, inserted = (iter((recorded / f"{path}.txt").read_text().split("\n")) for path in ("parameter", "insert"))
    taken: list[list[Cell]] = []
    for kind in KINDS:
        answered = [(text, next(sent), next(inserted)) for text in kind.texts]
        taken.append([(text, bytes.fromhex(said.partition("] ")[2])) for text, said, got in answered if got[0] != "!"])
    height = max(map(len, taken))
    return [[values[row] if row < len(values) else None for values in taken] for row in range(height)]


def create(connection: PGconn, table: str) -> None:
    """The table, empty."""
    _run(connection, [Ask(f"CREATE TABLE {table} (id integer PRIMARY KEY, {_COLUMNS})")])


def _run(connection: PGconn, asks: Sequence[Ask]) -> None:
    refused = [answer for answer in answers(connection, asks) if answer.startswith("!")]
    assert refused == []


def _by_text_parameters(connection: PGconn, table: str, rows: Sequence[Sequence[Cell]]) -> None:
    _insert_each(connection, table, rows, binary=False)


def _by_binary_parameters(connection: PGconn, table: str, rows: Sequence[Sequence[Cell]]) -> None:
    _insert_each(connection, table, rows, binary=True)


def _insert_each(connection: PGconn, table: str, rows: Sequence[Sequence[Cell]], *, binary: bool) -> None:
    places = ", ".join(f"${number}" for number in range(1, len(KINDS) + 2))
    sql = f"INSERT INTO {table} VALUES ({places})"
    asks = []
    for number, row in enumerate(rows):
        values = [None if cell is None else cell[1] if binary else cell[0].encode() for cell in row]
        formats = (0, *[int(binary)] * len(row))
        asks.append(Ask(sql, (str(number).encode(), *values), formats))
    _run(connection, asks)


def _by_values(connection: PGconn, table: str, rows: Sequence[Sequence[Cell]]) -> None:
    _run(connection, [Ask(f"INSERT INTO {table} VALUES {_literals(rows, range(len(rows)))}")])


def _by_many_values(connection: PGconn, table: str, rows: Sequence[Sequence[Cell]]) -> None:
    """The same values again and again, of which the first are kept."""
    many = [rows[number % len(rows)] for number in range(_MANY + len(rows))]
    _run(
        connection,
        [
            Ask(f"INSERT INTO {table} VALUES {_literals(many, range(len(many)))}"),
            Ask(f"DELETE FROM {table} WHERE id >= {len(rows)}"),
        ],
    )


def _literals(rows: Sequence[Sequence[Cell]], keys: Sequence[int]) -> str:
    return ", ".join(f"({key}, {', '.join(map(_literal, row))})" for key, row in zip(keys, rows, strict=True))


def _literal(cell: Cell) -> str:
    return "NULL" if cell is None else quoted(cell[0])


def _by_select(connection: PGconn, table: str, _rows: Sequence[Sequence[Cell]]) -> None:
    _run(connection, [Ask(f"INSERT INTO {table} SELECT * FROM wide_text_parameters")])


def _by_copy(options: str, of_output: str = "") -> Callable[[PGconn, str, Sequence[Sequence[Cell]]], None]:
    def copy(connection: PGconn, table: str, _rows: Sequence[Sequence[Cell]]) -> None:
        data = copied_out(connection, "wide_text_parameters", options + of_output)
        copied_in(connection, table, options, data)

    return copy


WAYS: Final[Mapping[str, Callable[[PGconn, str, Sequence[Sequence[Cell]]], None]]] = {
    "text_parameters": _by_text_parameters,
    "binary_parameters": _by_binary_parameters,
    "values": _by_values,
    "many_values": _by_many_values,
    "select": _by_select,
    "copy_text": _by_copy("FORMAT text"),
    "copy_csv": _by_copy("FORMAT csv", ", FORCE_QUOTE *"),
    "copy_binary": _by_copy("FORMAT binary"),
}
"""How rows come into a table; the first table is `wide_text_parameters`, and others are filled from it."""

FORMATS: Final = ("FORMAT text", "FORMAT csv", "FORMAT binary")


def copied_out(connection: PGconn, table: str, options: str) -> bytes:
    """What COPY sends of the rows, in order."""
    result = connection.exec_(f"COPY (SELECT * FROM {table} ORDER BY id) TO STDOUT ({options})".encode())
    assert result.status == ExecStatus.COPY_OUT, result.error_message
    parts = []
    while True:
        size, data = connection.get_copy_data(0)
        if size < 0:
            break
        parts.append(bytes(data))
    _end(connection)
    return b"".join(parts)


def copied_in(connection: PGconn, table: str, options: str, data: bytes) -> None:
    """COPY from what was copied out."""
    result = connection.exec_(f"COPY {table} FROM STDIN ({options})".encode())
    assert result.status == ExecStatus.COPY_IN, result.error_message
    connection.put_copy_data(data)
    connection.put_copy_end()
    _end(connection)


def _end(connection: PGconn) -> None:
    while (result := connection.get_result()) is not None:
        assert result.status == ExecStatus.COMMAND_OK, result.error_message


def seen(connection: PGconn, table: str) -> list[str]:
    """The rows in text and in binary, scanned, from a cursor, and looked up one by one."""
    ids = [b"%d" % number for number in (0, 3, 17)]
    return answers(
        connection,
        [
            Ask(f"SELECT * FROM {table} ORDER BY id"),
            Ask(f"SELECT * FROM {table} ORDER BY id", binary=True),
            *(Ask(f"SELECT * FROM {table} WHERE id = $1", (key,), binary=bool(n)) for n, key in enumerate(ids)),
        ],
    )
