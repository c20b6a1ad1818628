"""Statements that mean the same as in PostgreSQL: NAME.sql has one a line, NAME.out what PostgreSQL says to it.

Of a result that is the columns' types by oid and the rows as text; of an error its SQLSTATE.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Final

from psycopg import pq

if TYPE_CHECKING:
    import psycopg

FOLDER: Final = Path(__file__).parent
LISTS: Final = sorted(path.stem for path in FOLDER.glob("*.sql"))


def statements(name: str) -> list[str]:
    """The statements of a list, without its comments."""
    return [line for line in (FOLDER / f"{name}.sql").read_text().splitlines() if line and not line.startswith("--")]


def answers(connection: psycopg.Connection[object], name: str) -> list[str]:
    """What a server says to each statement of a list."""
    return [f"{statement}\n    {_answer(connection, statement)}" for statement in statements(name)]


def recorded(name: str) -> list[str]:
    """What PostgreSQL said to each."""
    text = (FOLDER / f"{name}.out").read_text()
    return [entry.removesuffix("\n") for entry in text.split("\n\n")]


def record(name: str, said: list[str]) -> None:
    """Write it down."""
    (FOLDER / f"{name}.out").write_text("\n\n".join(said) + "\n")


def _answer(connection: psycopg.Connection[object], statement: str) -> str:
    result = connection.pgconn.exec_(statement.encode())
    if result.status == pq.ExecStatus.COMMAND_OK:
        return "done"
    if result.status != pq.ExecStatus.TUPLES_OK:
        return f"error {(result.error_field(pq.DiagnosticField.SQLSTATE) or b'').decode()}"
    columns = range(result.nfields)
    types = ",".join(str(result.ftype(column)) for column in columns)
    rows = [
        [None if (value := result.get_value(row, column)) is None else value.decode() for column in columns]
        for row in range(result.ntuples)
    ]
    return f"{types} {json.dumps(rows, ensure_ascii=False)}"
