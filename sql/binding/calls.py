"""Calls: which function is meant, its arguments' types, aggregates with their clauses, windows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec import Struct
from msgspec.structs import replace

from sql.binding import operators
from sql.binding.arguments import (
    CallArguments,
    coerced_arguments,
    fill_signature,
    fill_template,
    function_name,
    no_function,
    read_arguments,
)
from sql.binding.coercion import can_coerce, coerce, condition, settled
from sql.binding.delimiters import with_delimiters
from sql.binding.digits import DIVISION_SCALE, as_one, is_numeric, result_digits
from sql.binding.directions import direction
from sql.binding.float_arithmetic import float_total, summand
from sql.binding.frames import Frames, takes_offset, wide_enough
from sql.binding.gathering import gathered, is_gathered
from sql.binding.jsonb_equality import equality_key, order_key
from sql.binding.ordered_sets import OrderedArguments, ordered_set
from sql.binding.orders import require_equality, require_order
from sql.binding.record_functions import RECORD_FUNCTIONS, record_call, record_value
from sql.binding.set_calls import PAIRS, set_call
from sql.binding.set_places import no_sets_in_aggregate
from sql.binding.signatures import choose, resolve, signatures
from sql.binding.tree import fold, only, position_at
from sql.binding.values import Bound
from sql.binding.window_keys import window_key
from sql.duckdb_types import duckdb_type
from sql.errors import (
    AmbiguousFunction,
    FeatureNotSupported,
    GroupingError,
    UndefinedFunction,
    WindowingError,
    WrongObjectType,
)
from sql.type_names import SIMPLE
from sql.words import words
from storage import types as t
from storage.types import SqlType, element_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sqlglot import exp

    from sql.binding.context import Binding
    from sql.binding.scope import Scope
    from sql.binding.signature import Signature
    from sql.functions import Function

_RENAMED_CASTS: Final = {**SIMPLE, "timestamptz": t.TIMESTAMPTZ, "timestamp": t.TIMESTAMP, "time": t.TIME}
"""Types whose name, called as a function, is a cast."""


class Clauses(Struct, frozen=True):
    """What stands around a call."""

    filter: exp.Expr | None = None
    within: exp.Expr | None = None
    window: exp.Expr | None = None


def apply(binding: Binding, name: str, given: Sequence[Bound], position: int | None) -> Bound:
    """A plain call of a function by its name."""
    catalog = binding.context.functions.get(name)
    if catalog is not None and not name.startswith("silt_"):
        return _catalog_call(binding, catalog, given, position)
    listed = [s for s in signatures().get(name, ()) if s.kind == "scalar"]
    chosen = choose(listed, [value.type for value in given])
    if chosen is None:
        cast_to = _RENAMED_CASTS.get(name)
        if cast_to is not None and len(given) == 1 and can_coerce(given[0].type, cast_to, "explicit"):
            return coerce(binding, given[0], cast_to, "explicit").called(name)
        raise no_function(name, given, position)
    return replace(render(binding, chosen, given), name=name, names_strongly=True, position=position)


def render(binding: Binding, signature: Signature, given: Sequence[Bound], suffix: str = "") -> Bound:
    """A call by a signature as DuckDB's text, cast to the result's type. `suffix` goes behind the template's call."""
    resolved = resolve(signature, [value.type for value in given])
    arguments = _aligned(coerced_arguments(binding, given, resolved.arguments), given)
    sql = fill_signature(signature, [argument.sql for argument in arguments], resolved.returns)
    digits = result_digits(signature.name, signature.gives, resolved.returns, arguments)
    return Bound(_as_result(sql + suffix, resolved.returns, signature.gives), resolved.returns, scale=digits)


def _aligned(arguments: Sequence[Bound], given: Sequence[Bound]) -> list[Bound]:
    """The arguments with all numerics, also in arrays, as one type."""
    places = [place for place, argument in enumerate(arguments) if is_numeric(argument.type)]
    aligned = list(arguments)
    if len(places) > 1:
        values = as_one([arguments[place] for place in places], [given[place] for place in places])
        for place, value in zip(places, values, strict=True):
            aligned[place] = value
    return aligned


def _as_result(sql: str, returns: SqlType, gives: str) -> str:
    if gives:
        return f"CAST({sql} AS {gives})"
    if (element_of(returns) or returns).oid in (t.NUMERIC.oid, t.RECORD.oid):
        return sql
    return f"CAST({sql} AS {duckdb_type(returns)})"


_AVERAGE: Final = "sum({d}{0}){s}\ncount({d}{0}){s}"
"""Both halves of an average of numerics, which are divided exactly."""


_FLOAT_TOTALS: Final = words(
    "sum avg stddev stddev_samp stddev_pop variance var_samp var_pop covar_samp covar_pop regr_avgx regr_avgy"
)
"""Aggregates of double precision that can overflow."""


_ORDERED: Final = words("array_agg string_agg json_agg jsonb_agg json_object_agg jsonb_object_agg")
"""Aggregates of which the order of the rows shows."""


def _catalog_call(binding: Binding, function: Function, given: Sequence[Bound], position: int | None) -> Bound:
    arguments = []
    for index, value in enumerate(given):
        wanted = function.arguments[index] if index < len(function.arguments) else None
        if wanted is None:
            arguments.append(settled(binding, value))
        elif can_coerce(value.type, wanted):
            arguments.append(coerce(binding, value, wanted))
        else:
            raise no_function(function.name, given, position)
    rule = function.returns
    returns = rule if isinstance(rule, SqlType) else rule([argument.type for argument in arguments])
    for namespace, relation in function.relations:
        binding.scan_for_macro(namespace, relation)
    if function.session_value is not None:
        sql = binding.session_value(function.session_value)
    else:
        sql = f"{function.duckdb or function.name}({', '.join(argument.sql for argument in arguments)})"
    typed = f"CAST({sql} AS {duckdb_type(returns)})"
    return Bound(typed, returns, function.name, names_strongly=True, position=position)


class CallBinder:
    """Binds calls in one scope; `bind` binds the expressions inside."""

    def __init__(self, binding: Binding, scope: Scope, bind: Callable[[exp.Expr], Bound]) -> None:
        self._binding = binding
        self._scope = scope
        self._bind = bind

    def call(self, node: exp.Anonymous, clauses: Clauses) -> Bound:
        """A call with what stands around it."""
        try:
            return self._call(node, clauses)
        except AmbiguousFunction as error:
            if error.position is None:
                error.position = position_at(node)
            raise

    def _call(self, node: exp.Anonymous, clauses: Clauses) -> Bound:
        only(node, "this", "expressions")
        name = function_name(self._binding, node)
        arguments = read_arguments(node)
        position = position_at(node)
        kinds = {signature.kind for signature in signatures().get(name, ())}
        if name == "grouping":
            return self._grouping(arguments, position)
        if clauses.within is not None or "ordered set" in kinds:
            return self._ordered_set(name, arguments, clauses, position)
        if "aggregate" in kinds:
            return self._aggregate(name, arguments, clauses, position)
        if "window" in kinds:
            return self._window(name, arguments, clauses, position)
        if clauses.filter is not None or clauses.window is not None or arguments.distinct or arguments.order:
            raise UndefinedFunction(f"{name} is not an aggregate or window function", position=position)
        if arguments.star:
            raise UndefinedFunction(f"{name}(*) specified, but {name} is not an aggregate function", position=position)
        given = [self._bind(tree) for tree in arguments.trees]
        if name in RECORD_FUNCTIONS:
            call = record_call(self._binding, name, given, position)
            if call.function.gives_set:
                self._meet_set(position)
            return record_value(self._binding, call, position)
        if "set" in kinds and "scalar" not in kinds:
            return self._set(name, given, position)
        return apply(self._binding, name, given, position)

    def _meet_set(self, position: int | None) -> None:
        if not self._scope.aggregates_allowed:
            raise FeatureNotSupported(
                f"set-returning functions are not allowed in {self._scope.clause}", position=position
            )
        self._scope.sets.append(position)

    def _set(self, name: str, given: Sequence[Bound], position: int | None) -> Bound:
        self._meet_set(position)
        call = set_call(self._binding, name, given, position)
        if name in PAIRS:
            return call.pairs(name, position)
        sql = f"unnest({call.rows})"
        return Bound(sql, call.returns, name, names_strongly=True, scale=call.digits, position=position)

    def _aggregate(self, name: str, arguments: CallArguments, clauses: Clauses, position: int | None) -> Bound:
        if clauses.window is not None and arguments.distinct:
            raise FeatureNotSupported("DISTINCT is not implemented for window functions", position=position)
        given = self._inside(arguments.trees, clauses, name, position)
        if len(given) == 1 and is_gathered(name, given[0], distinct=arguments.distinct):
            order = f" ORDER BY {self._order(arguments.order)}" if arguments.order else ""
            behind = self._filter(clauses) + self._over(clauses, position)
            return gathered(self._binding, name, given[0], order, behind, distinct=arguments.distinct)
        if name == "count" and arguments.star:
            listed = [s for s in signatures()["count"] if not s.arguments]
        else:
            listed = [s for s in signatures()[name] if s.kind == "aggregate" and (s.arguments or name != "count")]
        chosen = choose(listed, [value.type for value in given])
        if chosen is None:
            raise no_function(name, given, position)
        chosen = with_delimiters(chosen, arguments.trees)
        resolved = resolve(chosen, [value.type for value in given])
        values = coerced_arguments(self._binding, given, resolved.arguments)
        order = f" ORDER BY {self._order(arguments.order)}" if arguments.order else ""
        if arguments.distinct:
            require_equality(given)
        if arguments.distinct and not order and name in _ORDERED and not given[0].is_unknown:
            # PostgreSQL finds duplicates by sorting, and applications have come to expect the order.
            order = f" ORDER BY {values[0].sql}"
        if arguments.distinct and "{d}" not in chosen.template and chosen.template != "silt_average":
            raise FeatureNotSupported(f"{name}() with DISTINCT is not supported for this type", position=position)
        parts = {
            "{d}": "DISTINCT " if arguments.distinct else "",
            "{o}": order,
            "{s}": self._filter(clauses) + self._over(clauses, position),
        }
        template = _AVERAGE if chosen.template == "silt_average" else chosen.template
        totals = values and values[0].type.oid == t.DOUBLE.oid and name in _FLOAT_TOTALS
        texts = [summand(value) if totals else value.sql for value in values]
        if arguments.distinct and name == "count":
            texts = [equality_key(value.sql, value.type) for value in values]
        sql = fill_template(template, texts, parts)
        if totals:
            sql = float_total(sql, values[0], self._flag(clauses, position))
        if template is _AVERAGE:
            total, _, count = sql.partition("\n")
            sql = operators.quotient(total, count, values[0].digits, 0)
        scale = result_digits(name, chosen.gives, resolved.returns, values)
        scale = DIVISION_SCALE if template is _AVERAGE else scale
        typed = _as_result(sql, resolved.returns, chosen.gives)
        return Bound(typed, resolved.returns, name, names_strongly=True, scale=scale, position=position)

    def _inside(self, trees: Sequence[exp.Expr], clauses: Clauses, name: str, position: int | None) -> list[Bound]:
        """Bind the arguments of an aggregate: within them columns need not be grouped."""
        grouping = self._scope.grouping
        if clauses.window is not None:
            return [self._bind(tree) for tree in trees]
        if not self._scope.aggregates_allowed:
            raise GroupingError(f"aggregate functions are not allowed in {self._scope.clause}", position=position)
        if grouping is None:
            raise GroupingError(f"aggregate function {name} is not allowed here", position=position)
        if grouping.depth:
            raise GroupingError("aggregate function calls cannot be nested", position=position)
        grouping.depth += 1
        try:
            with no_sets_in_aggregate(self._scope):
                return [self._bind(tree) for tree in trees]
        finally:
            grouping.depth -= 1

    def _order(self, ordered: Sequence[exp.Expr]) -> str:
        return ", ".join(self._ordered(item) for item in ordered)

    def _ordered(self, item: exp.Expr) -> str:
        grouping = self._scope.grouping
        if grouping is not None:
            grouping.depth += 1
        try:
            bound = settled(self._binding, self._bind(item.this))
        finally:
            if grouping is not None:
                grouping.depth -= 1
        require_order([bound])
        return order_key(bound.sql, bound.type) + direction(item)

    def _filter(self, clauses: Clauses) -> str:
        test = self._filter_condition(clauses)
        return f" FILTER (WHERE {test})" if test else ""

    def _flag(self, clauses: Clauses, position: int | None) -> str:
        """An aggregate over the rows of a call, not NULL if one meets the condition that goes into its `{}`.

        Of a window it looks at the whole partition, which takes less time than at each frame.
        """
        test = self._filter_condition(clauses)
        over = self._over(clauses, position, is_whole=True)
        return f"any_value(true) FILTER (WHERE {f'{test} AND ' if test else ''}{{}}){over}"

    def _filter_condition(self, clauses: Clauses) -> str:
        if clauses.filter is None:
            return ""
        grouping = self._scope.grouping
        if grouping is not None:
            grouping.depth += 1
        try:
            bound = condition(self._binding, self._bind(clauses.filter), "FILTER")
        finally:
            if grouping is not None:
                grouping.depth -= 1
        return bound.sql

    def _ordered_set(self, name: str, arguments: CallArguments, clauses: Clauses, position: int | None) -> Bound:
        if clauses.within is None:
            raise no_function(name, [self._bind(tree) for tree in arguments.trees], position)
        if clauses.window is not None:
            raise FeatureNotSupported(f"OVER is not supported for ordered-set aggregate {name}", position=position)
        given = self._inside(arguments.trees, Clauses(), name, position)
        items = clauses.within.expressions
        bound = self._inside([item.this for item in items], Clauses(), name, position)
        test = self._filter(clauses).removeprefix(" FILTER (WHERE ").removesuffix(")")
        ordered = list(zip(bound, items, strict=True))
        return ordered_set(self._binding, name, OrderedArguments(given, arguments.trees, ordered, test), position)

    def _window(self, name: str, arguments: CallArguments, clauses: Clauses, position: int | None) -> Bound:
        if clauses.window is None:
            raise WrongObjectType(f"window function {name} requires an OVER clause", position=position)
        if clauses.filter is not None:
            raise FeatureNotSupported("FILTER is not implemented for non-aggregate window functions", position=position)
        given = [self._bind(tree) for tree in arguments.trees]
        chosen = choose(signatures()[name], [value.type for value in given])
        if chosen is None:
            raise no_function(name, given, position)
        call = render(self._binding, chosen, given, self._over(clauses, position))
        return replace(call, name=name, names_strongly=True, position=position)

    def _over(self, clauses: Clauses, position: int | None, *, is_whole: bool = False) -> str:
        if clauses.window is None:
            return ""
        if not self._scope.aggregates_allowed:
            raise WindowingError(f"window functions are not allowed in {self._scope.clause}", position=position)
        return f" OVER ({self._window_body(clauses.window, is_whole=is_whole)})"

    def _window_body(self, window: exp.Expr, *, is_whole: bool = False) -> str:
        """What stands in the parentheses of OVER; but for the partition nothing if that is meant as a whole."""
        only(window, "this", "partition_by", "order", "spec", "alias", "over")
        alias = window.args.get("alias")
        divided = [settled(self._binding, self._bind(tree)) for tree in window.args.get("partition_by") or ()]
        require_equality(divided)
        partition = [window_key(self._scope, equality_key(bound.sql, bound.type)) for bound in divided]
        order = window.args.get("order")
        items = order.expressions if order is not None else ()
        spec = window.args.get("spec")
        columns = [settled(self._binding, self._bind(item.this)) for item in items]
        require_order(columns)
        keys = (order_key(column.sql, column.type) for column in columns)
        texts = map(wide_enough, columns) if takes_offset(spec) else keys
        ordered = [window_key(self._scope, text) + direction(item) for text, item in zip(texts, items, strict=True)]
        if alias is not None:
            self._require_not_overridden(alias, window)
        parts = [self._named_window(alias, is_whole=is_whole)] if alias is not None else []
        if partition:
            parts.append(f"PARTITION BY {', '.join(partition)}")
        if ordered and not is_whole:
            parts.append(f"ORDER BY {', '.join(ordered)}")
        if spec is not None and not is_whole:
            parts.append(Frames(self._binding, self._bind).frame(spec, columns))
        return " ".join(part for part in parts if part)

    def _require_not_overridden(self, alias: exp.Expr, window: exp.Expr) -> None:
        """Raise `WindowingError` for OVER (w …) that says again how the rows of w are divided or ordered."""
        definition = self._scope.windows.get(fold(alias))
        if definition is None:
            return
        overridden = "PARTITION BY" if window.args.get("partition_by") else ""
        if window.args.get("order") is not None and definition.args.get("order") is not None:
            overridden = overridden or "ORDER BY"
        if overridden:
            raise WindowingError(
                f'cannot override {overridden} clause of window "{fold(alias)}"', position=position_at(alias)
            )

    def _named_window(self, alias: exp.Expr, *, is_whole: bool) -> str:
        name = str(alias.this).lower() if not alias.args.get("quoted") else str(alias.this)
        definition = self._scope.windows.get(name)
        if definition is None:
            raise UndefinedFunction(f'window "{name}" does not exist', position=position_at(alias))
        return self._window_body(definition, is_whole=is_whole)

    def _grouping(self, arguments: CallArguments, position: int | None) -> Bound:
        bound = self._inside(arguments.trees, Clauses(), "grouping", position)
        texts = ", ".join(equality_key(each.sql, each.type) for each in bound)
        sql = f"CAST(grouping({texts}) AS INTEGER)"
        return Bound(sql, t.INTEGER, "grouping", names_strongly=True, position=position)
