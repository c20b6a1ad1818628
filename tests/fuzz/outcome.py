"""What a server says to a statement, and in what two servers differ."""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from psycopg import pq

if TYPE_CHECKING:
    import psycopg

_FLOATS: Final = {700: 1e-5, 701: 1e-12, 1021: 1e-5, 1022: 1e-12}
_NUMERIC: Final = 1700
EXACT_DIGITS: Final = 14
"""Digits after the point to which numerics must agree where one of them has that many."""

Row = tuple[str | None, ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """A result, or an error."""

    tag: str = ""
    names: tuple[str, ...] = ()
    types: tuple[int, ...] = ()
    rows: tuple[Row, ...] = ()
    sqlstate: str = ""
    message: str = ""

    def __str__(self) -> str:
        if self.sqlstate:
            return f"{self.sqlstate} {self.message}"
        return f"{self.tag} {self.names} {self.types} {list(self.rows)}"


def ask(connection: psycopg.Connection[object], statement: str, values: list[str] | None = None) -> Outcome:
    """Run a statement, with the extended protocol if there are `values` of its parameters, which may be none."""
    if values is None:
        result = connection.pgconn.exec_(statement.encode())
    else:
        result = connection.pgconn.exec_params(statement.encode(), [value.encode() for value in values])
    if result.status not in (pq.ExecStatus.COMMAND_OK, pq.ExecStatus.TUPLES_OK):
        return Outcome(
            sqlstate=(result.error_field(pq.DiagnosticField.SQLSTATE) or b"lost!").decode(errors="replace"),
            message=(result.error_field(pq.DiagnosticField.MESSAGE_PRIMARY) or b"").decode(errors="replace"),
        )
    columns = range(result.nfields)
    return Outcome(
        (result.command_status or b"").decode(errors="replace"),
        tuple((result.fname(column) or b"").decode() for column in columns),
        tuple(result.ftype(column) for column in columns),
        tuple(tuple(_text(result.get_value(row, column)) for column in columns) for row in range(result.ntuples)),
    )


def _text(value: bytes | None) -> str | None:
    return None if value is None else value.decode(errors="replace")


def difference(ours: Outcome, theirs: Outcome, *, ordered: bool) -> str:
    """What differs between two outcomes, in a word or two; nothing where they are the same."""
    if ours.sqlstate or theirs.sqlstate:
        return "" if ours.sqlstate == theirs.sqlstate else f"{ours.sqlstate or 'rows'} for {theirs.sqlstate or 'rows'}"
    if ours.types != theirs.types:
        return f"types {ours.types} for {theirs.types}"
    if not _same_rows(ours, theirs, ordered=ordered):
        return "rows"
    if ours.names != theirs.names:
        return "names"
    return "" if ours.tag == theirs.tag else f"tag {ours.tag} for {theirs.tag}"


def _same_rows(ours: Outcome, theirs: Outcome, *, ordered: bool) -> bool:
    if len(ours.rows) != len(theirs.rows):
        return False
    left, right = list(ours.rows), list(theirs.rows)
    if not ordered:
        left, right = (sorted(rows, key=lambda row: _sort_key(row, ours.types)) for rows in (left, right))
    return all(
        _same(one, other, type_)
        for mine, other_row in zip(left, right, strict=True)
        for one, other, type_ in zip(mine, other_row, ours.types, strict=True)
    )


def _sort_key(row: Row, types: tuple[int, ...]) -> tuple[tuple[bool, str], ...]:
    return tuple((value is None, _normal(value or "", type_)) for value, type_ in zip(row, types, strict=True))


def _normal(value: str, type_: int) -> str:
    if type_ == _NUMERIC and value and value[-1].isdigit():
        return f"{Decimal(value):.8f}"
    return f"{float(value) + 0:.6g}" if type_ in (700, 701) and value else value


def _same(one: str | None, other: str | None, type_: int) -> bool:
    if one == other or one is None or other is None:
        return one == other
    if type_ == _NUMERIC and one[-1].isdigit() and other[-1].isdigit():
        return _same_numeric(Decimal(one), Decimal(other))
    if type_ in (700, 701):
        return _same_float(float(one), float(other), _FLOATS[type_])
    if type_ in _FLOATS or type_ == 1231:
        left, right = one.strip("{}").split(","), other.strip("{}").split(",")
        return len(left) == len(right) and all(_same_item(a, b) for a, b in zip(left, right, strict=True))
    return False


def _same_item(one: str, other: str) -> bool:
    if one == other:
        return True
    return "NULL" not in (one, other) and math.isclose(float(one), float(other), rel_tol=1e-12)


def _same_numeric(one: Decimal, other: Decimal) -> bool:
    if one == other:
        return True
    shown = sorted(-int(each.as_tuple().exponent) for each in (one, other))
    return shown[1] >= EXACT_DIGITS and abs(one - other) <= Decimal(10) ** -min(shown[0], EXACT_DIGITS)


def _same_float(one: float, other: float, tolerance: float) -> bool:
    return math.isclose(one, other, rel_tol=tolerance) or (math.isnan(one) and math.isnan(other))
