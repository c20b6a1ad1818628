"""Frames of windows: ROWS, RANGE and GROUPS, with their offsets as PostgreSQL takes them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlglot import exp

from sql.binding.coercion import INTEGERS, can_coerce, coerce
from sql.binding.tree import only, position_at, refuse
from sql.errors import DatatypeMismatch, FeatureNotSupported, InvalidColumnReference, WindowingError
from storage import types as t

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sql.binding.context import Binding
    from sql.binding.values import Bound
    from storage.types import SqlType

_EXCLUSIONS: Final = ("", "CURRENT ROW", "GROUP", "TIES", "NO OTHERS")

_OFFSETS: Final[dict[int, SqlType]] = {
    **dict.fromkeys(INTEGERS, t.BIGINT),
    t.NUMERIC.oid: t.NUMERIC,
    **dict.fromkeys((t.REAL.oid, t.DOUBLE.oid), t.DOUBLE),
    **dict.fromkeys((t.DATE.oid, t.TIMESTAMP.oid, t.TIMESTAMPTZ.oid, t.TIME.oid, t.INTERVAL.oid), t.INTERVAL),
}
"""What RANGE takes as an offset for a column of a type."""

_WIDER: Final = {
    t.SMALLINT.oid: "CAST({} AS BIGINT)",
    t.INTEGER.oid: "CAST({} AS BIGINT)",
    t.BIGINT.oid: "CAST({} AS HUGEINT)",
    t.TIME.oid: "to_microseconds(epoch_us({}))",
}
"""Columns as something from which offsets can be taken without leaving the type."""


class Frames:
    """Writes the frames of one scope's windows; `bind` binds the expressions inside."""

    def __init__(self, binding: Binding, bind: Callable[[exp.Expr], Bound]) -> None:
        self._binding = binding
        self._bind = bind

    def frame(self, spec: exp.Expr, ordered: Sequence[Bound]) -> str:
        """The text of a frame of a window that is ordered by these. Raises `SqlError`."""
        only(spec, "kind", "start", "start_side", "end", "end_side", "exclude")
        kind = str(spec.args["kind"]).upper()
        start, end = spec.args.get("start"), spec.args.get("end")
        exclude = spec.args.get("exclude")
        excluded = str(exclude.name if isinstance(exclude, exp.Expr) else exclude).upper() if exclude else ""
        if kind not in ("ROWS", "RANGE", "GROUPS") or excluded not in _EXCLUSIONS:
            raise refuse("this window frame", spec)
        if kind == "GROUPS" and not ordered:
            raise WindowingError("GROUPS mode requires an ORDER BY clause", position=_position(start, end))
        if takes_offset(spec) and len(ordered) != 1:
            words = "RANGE with offset PRECEDING/FOLLOWING requires exactly one ORDER BY column"
            raise WindowingError(words, position=_position(start, end))
        first = self._edge(kind, start, spec.args.get("start_side"), ordered)
        last = self._edge(kind, end, spec.args.get("end_side"), ordered)
        frame = f"{kind} BETWEEN {first} AND {last or 'CURRENT ROW'}"
        return f"{frame} EXCLUDE {excluded}" if excluded else frame

    def _edge(self, kind: str, value: exp.Expr | str | None, side: str | None, ordered: Sequence[Bound]) -> str:
        if value is None:
            return ""
        if isinstance(value, str):
            word = value.upper()
            return word if word == "CURRENT ROW" else f"UNBOUNDED {str(side).upper()}"
        column = next(value.find_all(exp.Column), None)
        if column is not None:
            raise InvalidColumnReference(f"argument of {kind} must not contain variables", position=position_at(column))
        offset = self._bind(value)
        amount = self._distance(offset, ordered[0]) if kind == "RANGE" else self._count(kind, offset)
        return f"{amount.sql} {str(side).upper()}"

    def _count(self, kind: str, offset: Bound) -> Bound:
        if not can_coerce(offset.type, t.BIGINT, "assignment"):
            words = f"argument of {kind} must be type bigint, not type {offset.type.unmodified}"
            raise DatatypeMismatch(words, position=offset.position)
        return coerce(self._binding, offset, t.BIGINT, "assignment")

    def _distance(self, offset: Bound, column: Bound) -> Bound:
        wanted = _OFFSETS.get(column.type.oid)
        words = f"RANGE with offset PRECEDING/FOLLOWING is not supported for column type {column.type.unmodified}"
        if wanted is None:
            raise FeatureNotSupported(words, position=offset.position)
        if not offset.is_unknown and not can_coerce(offset.type, wanted):
            raise FeatureNotSupported(
                f"{words} and offset type {offset.type.unmodified}",
                hint="Cast the offset value to an appropriate type.",
                position=offset.position,
            )
        return coerce(self._binding, offset, wanted)


def takes_offset(spec: exp.Expr | None) -> bool:
    """Whether it is a RANGE frame with an offset."""
    if spec is None or str(spec.args["kind"]).upper() != "RANGE":
        return False
    return any(isinstance(spec.args.get(edge), exp.Expr) for edge in ("start", "end"))


def wide_enough(column: Bound) -> str:
    """The text of what a RANGE frame with an offset is ordered by."""
    return _WIDER.get(column.type.oid, "{}").format(column.sql)


def _position(*edges: exp.Expr | str | None) -> int | None:
    return next((position_at(edge) for edge in edges if isinstance(edge, exp.Expr)), None)
