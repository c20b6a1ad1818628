"""Aggregates with WITHIN GROUP (ORDER BY …): percentiles, the mode, and the ranks of rows that are not there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec import Struct
from sqlglot import exp

from sql.binding import operators
from sql.binding.arguments import no_function
from sql.binding.coercion import can_coerce, coerce, settled
from sql.binding.directions import direction
from sql.binding.elements import array_type
from sql.binding.orders import require_order
from sql.binding.values import Bound
from sql.duckdb_types import duckdb_type
from sql.errors import UndefinedFunction
from storage import types as t
from storage.types import SqlType, array_of, element_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sql.binding.context import Binding

HYPOTHETICAL: Final = frozenset({"rank", "dense_rank", "percent_rank", "cume_dist"})
"""Window functions that with WITHIN GROUP are aggregates."""


class OrderedArguments(Struct, frozen=True):
    """What stands in such a call."""

    direct: Sequence[Bound]
    trees: Sequence[exp.Expr]
    """Its direct arguments as they are written."""
    ordered: Sequence[tuple[Bound, exp.Expr]]
    """The items of its ORDER BY."""
    test: str
    """The condition of FILTER, or empty."""

    @property
    def all(self) -> list[Bound]:
        """All arguments, as messages name them."""
        return [*self.direct, *(bound for bound, _ in self.ordered)]

    @property
    def filter(self) -> str:
        """FILTER as text."""
        return f" FILTER (WHERE {self.test})" if self.test else ""


def ordered_set(binding: Binding, name: str, arguments: OrderedArguments, position: int | None) -> Bound:
    """A call with WITHIN GROUP. Raises `UndefinedFunction`."""
    if name in HYPOTHETICAL:
        return _hypothetical(binding, name, arguments, position)
    taken = {"mode": 0, "percentile_cont": 1, "percentile_disc": 1}.get(name)
    if taken != len(arguments.direct) or len(arguments.ordered) != 1:
        raise no_function(name, arguments.all, position)
    if taken:
        return _percentile(binding, name, arguments, position)
    value, item = settled(binding, arguments.ordered[0][0]), arguments.ordered[0][1]
    require_order([value])
    sql = f"mode() WITHIN GROUP (ORDER BY {value.sql}{direction(item)}){arguments.filter}"
    return _result(name, sql, SqlType(value.type.oid), value, position)


def _result(name: str, sql: str, returns: SqlType, value: Bound, position: int | None) -> Bound:
    if (element_of(returns) or returns).oid == t.NUMERIC.oid:
        return Bound(sql, returns, name, names_strongly=True, scale=value.digits, position=position)
    return Bound(f"CAST({sql} AS {duckdb_type(returns)})", returns, name, names_strongly=True, position=position)


# Percentiles


def _percentile(binding: Binding, name: str, arguments: OrderedArguments, position: int | None) -> Bound:
    fraction, (value, item) = arguments.direct[0], arguments.ordered[0]
    value = settled(binding, value)
    require_order([value])
    is_list = element_of(fraction.type) is not None
    wanted = array_of(t.DOUBLE) if is_list else t.DOUBLE
    is_interval = value.type.oid == t.INTERVAL.oid
    is_between = name == "percentile_cont"
    if (is_between and not is_interval and not can_coerce(value.type, t.DOUBLE)) or not can_coerce(
        fraction.type, wanted
    ):
        raise no_function(name, arguments.all, position)
    if is_between and not is_interval:
        value = coerce(binding, value, t.DOUBLE)
    fractions = coerce(binding, fraction, wanted).sql
    returns = array_type(value.type) if is_list else SqlType(value.type.oid)
    if _is_plain(arguments.trees[0]) and not is_interval:
        # DuckDB's own keeps no sorted list; it takes constants only, and none that is wrong.
        sql = f"{name}({fractions}) WITHIN GROUP (ORDER BY {value.sql}{direction(item)}){arguments.filter}"
        return _result(name, sql, returns, value, position)
    kind = "disc" if not is_between else "interval" if is_interval else "cont"
    known = f"{value.sql} IS NOT NULL" + (f" AND {arguments.test}" if arguments.test else "")
    rows = f"list({value.sql} ORDER BY {value.sql}{direction(item)}) FILTER (WHERE {known})"
    macro = "silt_percentiles" if is_list else "silt_percentile"
    return _result(name, f"{macro}_{kind}({rows}, {fractions})", returns, value, position)


def _is_plain(tree: exp.Expr) -> bool:
    """Whether it is a number from 0 to 1, or an array of such."""
    if isinstance(tree, exp.Array):
        return bool(tree.expressions) and all(_is_plain(item) for item in tree.expressions)
    return isinstance(tree, exp.Literal) and not tree.is_string and 0 <= float(str(tree.this)) <= 1


# Ranks of rows that are not there


def _hypothetical(binding: Binding, name: str, arguments: OrderedArguments, position: int | None) -> Bound:
    given, ordered, test = arguments.direct, arguments.ordered, arguments.test
    if len(given) != len(ordered):
        types = ", ".join(str(each.type.unmodified) for each in arguments.all)
        raise UndefinedFunction(
            f"function {name}({types}) does not exist",
            hint=f"To use the hypothetical-set aggregate {name}, the number of hypothetical direct arguments "
            f"(here {len(given)}) must match the number of ordering columns (here {len(ordered)}).",
            position=position,
        )
    pairs = [operators.comparable(binding, "=", each, value) for each, (value, _) in zip(given, ordered, strict=True)]
    before = same = ""
    for (argument, value), (_, item) in reversed(list(zip(pairs, ordered, strict=True))):
        first, equal = _precedes(value.sql, argument.sql, item), f"({value.sql} IS NOT DISTINCT FROM {argument.sql})"
        before = f"({first} OR ({equal} AND {before}))" if before else first
        same = f"({equal} AND {same})" if same else equal
    rows = f"count(*){arguments.filter}"
    also = f"{test} AND " if test else ""
    rank = f"(1 + count(*) FILTER (WHERE {also}{before}))"
    match name:
        case "rank":
            sql, returns = rank, t.BIGINT
        case "dense_rank":
            row = ", ".join(f"f{number} := {value.sql}" for number, (_, value) in enumerate(pairs, start=1))
            sql = f"(1 + count(DISTINCT struct_pack({row})) FILTER (WHERE {also}{before}))"
            returns = t.BIGINT
        case "percent_rank":
            sql, returns = f"(CASE WHEN {rows} = 0 THEN 0 ELSE CAST({rank} - 1 AS DOUBLE) / {rows} END)", t.DOUBLE
        case _:
            up_to = f"(1 + count(*) FILTER (WHERE {also}({before} OR {same})))"
            sql, returns = f"(CAST({up_to} AS DOUBLE) / ({rows} + 1))", t.DOUBLE
    return Bound(f"CAST({sql} AS {duckdb_type(returns)})", returns, name, names_strongly=True, position=position)


def _precedes(value: str, argument: str, item: exp.Expr) -> str:
    """Whether a value comes before the argument in the order of the item."""
    symbol = ">" if item.args.get("desc") else "<"
    nulls = (value, argument) if item.args.get("nulls_first") else (argument, value)
    return f"coalesce({value} {symbol} {argument}, {nulls[0]} IS NULL AND {nulls[1]} IS NOT NULL)"
