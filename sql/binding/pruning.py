"""What WHERE says of the rows that are read: predicates that prune a table's segments, conditions for a relation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sqlglot import exp

from sql.binding.conjuncts import comparisons, conjuncts, own_column
from sql.binding.pushdown import push_down
from sql.errors import SqlError
from sql.query_scans import ParameterPredicate
from sql.type_names import type_of
from storage import types as t
from storage.snapshot import Predicate

if TYPE_CHECKING:
    from sql.binding.conjuncts import Comparison
    from sql.binding.context import Binding
    from sql.binding.scope import Scope
    from sql.binding.values import Bound
    from storage.types import SqlType

_INTEGERS: Final = (t.SMALLINT.oid, t.INTEGER.oid, t.BIGINT.oid)
_ANY_TEXT: Final = (t.TEXT.oid, t.VARCHAR.oid)
_READ: Final = frozenset(
    {*_ANY_TEXT, t.DATE.oid, t.TIMESTAMP.oid, t.TIMESTAMPTZ.oid, t.UUID.oid, *_INTEGERS, t.NUMERIC.oid}
)
"""Types whose constants are compared with a segment's statistics. A char(n) is not: its padding does not count."""


def prune(binding: Binding, scope: Scope, condition: exp.Expr) -> bool:
    """Tell the scans what the condition says of their columns. It has been bound already, without an error.

    True where system relations have been told all that it says.
    """
    is_all_told = True
    for node in conjuncts(condition):
        found = list(comparisons(node))
        told = [_tell(binding, scope, comparison) for comparison in found]
        is_all_told = is_all_told and bool(told) and all(told)
    return is_all_told


def _tell(binding: Binding, scope: Scope, comparison: Comparison) -> bool:
    column = own_column(scope, comparison.column)
    if column is not None and column.relation:
        return push_down(binding, scope, column, comparison)
    is_single = len(comparison.values) == 1 and not comparison.is_array
    if column is not None and column.type.oid in _READ and is_single:
        _prune(binding, column, comparison.op, comparison.values[0])
    return False


def _prune(binding: Binding, column: Bound, op: str, value: exp.Expr) -> None:
    if isinstance(value, exp.Parameter) and isinstance(value.this, exp.Literal):
        number = int(str(value.this.this))
        known = binding.parameter(number, None)
        if known is not None and known.oid == column.type.oid:
            binding.prune(column.scan, ParameterPredicate(column.column_number, op, number))
        return
    stored = _stored(binding, value, column.type)
    if stored is not None:
        binding.prune(column.scan, Predicate(column.column_number, op, stored))  # type: ignore[arg-type]  # one of five


def _stored(binding: Binding, value: exp.Expr, target: SqlType) -> Any:  # noqa: ANN401 - whatever the type stores
    """The value of a constant as the column stores it; `None` where it is none, or compares in another way."""
    sign = ""
    if isinstance(value, exp.Neg):
        sign, value = "-", value.this
    if isinstance(value, exp.Cast) and isinstance(value.this, exp.Literal) and not sign:
        if type_of(value) != target or not value.this.args.get("is_string"):
            return None
        value = value.this
    if not isinstance(value, exp.Literal):
        return None
    text = str(value.this)
    is_string = bool(value.args.get("is_string"))
    if not is_string and (target.oid not in (*_INTEGERS, t.NUMERIC.oid) or not text.isdecimal()):
        return None
    if target.oid in _ANY_TEXT:
        return text
    try:
        return binding.context.codecs.of(target).parse(sign + text)
    except SqlError:
        return None  # Out of the type's range: DuckDB compares in a wider one.
