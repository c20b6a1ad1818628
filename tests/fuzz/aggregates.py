"""Random calls of aggregates and window functions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tests.fuzz.node import NOTHING, Node, clause, listed, node

if TYPE_CHECKING:
    from random import Random

    from tests.fuzz.relations import Relations, Scope

_ORDERED: Final = ("string_agg", "array_agg", "json_agg", "jsonb_agg", "json_object_agg", "jsonb_object_agg")
"""Aggregates for which the order of the rows matters."""

_SKIPPED: Final = ("regr_intercept", "regr_slope", "regr_r2", "corr")
"""Those whose results over a few awkward rows are mostly rounding errors."""

FRAMES: Final = (
    "", "rows between unbounded preceding and current row", "rows between 1 preceding and 1 following",
    "rows 2 preceding",
    "rows between current row and unbounded following", "groups between 1 preceding and current row",
    "groups between current row and 1 following", "range between unbounded preceding and unbounded following",
    "range between current row and unbounded following", "rows between 1 following and 2 following",
    "rows between 2 preceding and 1 preceding", "range between 1 preceding and 1 following",
    "range unbounded preceding",
)  # fmt: skip
EXCLUSIONS: Final = ("", "", " exclude current row", " exclude group", " exclude ties", " exclude no others")


def aggregate(relations: Relations, scope: Scope, random: Random, *, over: bool = False) -> Node:
    """A call of an aggregate over columns in scope."""
    make = relations.expressions(scope.columns)
    if random.random() < 0.15:
        return node("bigint", "count(*)¤", _filter(relations, scope, random))
    type_ = random.choice([each for each in _RESULTS if each in relations.catalog.aggregates])
    by_name = relations.catalog.aggregates[type_]
    if not over and random.random() < 0.1:
        return _ordered_set(relations, scope, random)
    name = random.choice([each for each in by_name if each not in _SKIPPED])
    parts = make.arguments(random.choice(by_name[name]), type_, 2)
    if parts is None:
        return Node("bigint", "count(*)")
    order = ""
    distinct = ""
    if name in _ORDERED and not over:
        order = f" order by {', '.join(f'{key}{random.choice(_DIRECTIONS)}' for key in scope.keys)}"
    elif not over and random.random() < 0.25 and not any(part.type in ("json", "jsonb") for part in parts):
        distinct = "distinct "
    if distinct and name in _ORDERED:
        distinct = ""
    text = f"{name}({distinct}{', '.join('¤' * len(parts))}{order})¤"
    return node(type_, text, *parts, _filter(relations, scope, random))


_DIRECTIONS: Final = ("", " desc", " nulls first", " desc nulls last")
_RESULTS: Final = (
    "bigint", "integer", "numeric", "double precision", "text", "boolean", "date", "integer[]", "text[]", "jsonb",
    "json",
    "timestamp without time zone", "interval", "real", "timestamp with time zone", "character", "smallint",
)  # fmt: skip


def _filter(relations: Relations, scope: Scope, random: Random) -> Node:
    if random.random() < 0.7:
        return NOTHING
    return clause(" filter (where ¤)", relations.expressions(scope.columns).condition(1))


def _ordered_set(relations: Relations, scope: Scope, random: Random) -> Node:
    column = relations.expressions(scope.columns).column("integer", "double precision", "text", "date")
    if column is None:
        return Node("bigint", "count(*)")
    direction = random.choice(_DIRECTIONS)
    if column.type in ("integer", "double precision") and random.random() < 0.5:
        fraction = random.choice(("0", "0.5", "0.25", "1", "null"))
        return node("double precision", f"percentile_cont({fraction}) within group (order by ¤{direction})", column)
    fraction = random.choice(("0", "0.5", "0.3", "1"))
    call = random.choice((f"percentile_disc({fraction})", "mode()"))
    return node(column.type, f"{call} within group (order by ¤{direction})", column)


def window_call(relations: Relations, scope: Scope, random: Random) -> Node:
    """A window function, or an aggregate over a window whose rows are in a settled order."""
    make = relations.expressions(scope.columns)
    partition = make.column("integer", "text", "boolean", "date")
    keys = [f"{key}{random.choice(_DIRECTIONS)}" for key in scope.keys]
    first = make.column("integer", "text", "date", "double precision", "numeric")
    frame = random.choice(FRAMES)
    if "range between 1" in frame:
        number = make.column("integer", "double precision", "numeric")
        keys, first = [], number or Node("integer", scope.keys[0])
    elif "range" in frame or "groups" in frame:
        keys = keys if random.random() < 0.5 else []
    order = listed([Node("item", f"{first.text}{random.choice(_DIRECTIONS)}"), *(Node("item", key) for key in keys)])
    before = clause("partition by ¤ ", partition) if partition is not None and random.random() < 0.7 else NOTHING
    excluded = random.choice(EXCLUSIONS) if frame else ""
    is_settled = len(keys) == len(scope.keys)
    call = (
        aggregate(relations, scope, random, over=True)
        if not is_settled or random.random() < 0.5
        else _call(relations, scope, random)
    )
    if not is_settled and call.text.split("(")[0] in _ORDERED:
        call = Node("bigint", "count(*)")
    return node("item", f"¤ over (¤order by ¤{' ' + frame if frame else ''}{excluded})", call, before, order)


def _call(relations: Relations, scope: Scope, random: Random) -> Node:
    make = relations.expressions(scope.columns)
    name = random.choice((
        "row_number()", "rank()", "dense_rank()", "percent_rank()", "cume_dist()", "ntile(3)", "lag(¤)", "lead(¤, 2)",
        "lag(¤, 1, ¤)", "first_value(¤)", "last_value(¤)", "nth_value(¤, 2)", "lead(¤, 0)", "lag(¤, -1)",
    ))  # fmt: skip
    if "¤" not in name:
        return Node("bigint", name)
    type_ = make.any_type()
    return node(type_, name, *(make.make(type_, 1) for _ in range(name.count("¤"))))
