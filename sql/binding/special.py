"""Functions that are syntax, or whose meaning is settled while binding."""

from __future__ import annotations

from functools import reduce
from typing import TYPE_CHECKING, Final

from sql.binding.arguments import coerced_arguments, no_function
from sql.binding.calls import apply
from sql.binding.coercion import INTEGERS, TEXTUAL, coerce, coerce_all, common_type, settled
from sql.binding.digits import as_one, common_digits
from sql.binding.elements import array_element
from sql.binding.json_calls import built_object, pretty_json
from sql.binding.operators import comparable
from sql.binding.orders import require_comparison
from sql.binding.rounding import to_digits
from sql.binding.signatures import ANYTEXT
from sql.binding.text_casts import text_of
from sql.binding.time_parts import date_part, date_trunc, make_interval, timezone
from sql.binding.values import Bound
from sql.duckdb_types import duckdb_type
from storage import types as t
from storage.types import array_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sql.binding.context import Binding


def _of_common_type(name: str) -> Callable[[Binding, Sequence[Bound], int | None], Bound]:
    def handle(binding: Binding, given: Sequence[Bound], position: int | None) -> Bound:
        if not given:
            raise no_function(name, given, position)
        target = common_type(given, name.upper())
        values = as_one(coerce_all(binding, given, target), given)
        if name in _EXTREMES:
            require_comparison(values)
        if name in _EXTREMES and target.oid in (t.INTERVAL.oid, t.JSONB.oid):
            # DuckDB's own compare months, then days, then the time of day; and texts.
            sql = reduce(lambda one, other: f"silt_{name}_{target.name}({one}, {other})", [v.sql for v in values])
            return Bound(sql, target, name, names_strongly=True, position=position)
        texts = ", ".join(value.sql for value in values)
        digits = common_digits(values)
        return Bound(f"{name}({texts})", target, name, names_strongly=True, scale=digits, position=position)

    return handle


_EXTREMES: Final = ("greatest", "least")
_INEXACT: Final = (t.NUMERIC.oid, t.REAL.oid, t.DOUBLE.oid)


def _nullif(binding: Binding, given: Sequence[Bound], position: int | None) -> Bound:
    if len(given) != 2:
        raise no_function("nullif", given, position)
    one, other = comparable(binding, "=", given[0], given[1])
    value = settled(binding, coerce(binding, given[0], one.type) if given[0].is_unknown else given[0])
    if value.type.oid in INTEGERS and given[1].type.oid in _INEXACT:
        # There is no such operator: the integer is converted before it is compared.
        value = coerce(binding, value, t.NUMERIC if given[1].type.oid == t.NUMERIC.oid else t.DOUBLE)
    sql = f"(CASE WHEN {one.sql} = {other.sql} THEN NULL ELSE {value.sql} END)"
    digits = value.digits
    # There is one "=" for text and varchar.
    returns = t.TEXT if value.type.oid == t.VARCHAR.oid else value.type
    return Bound(sql, returns, "nullif", names_strongly=True, scale=digits, position=position)


def _moment(name: str, value: str) -> Callable[[Binding, Sequence[Bound], int | None], Bound]:
    """A moment that the session knows."""

    def handle(binding: Binding, given: Sequence[Bound], position: int | None) -> Bound:
        if given:
            raise no_function(name, given, position)
        sql = f"make_timestamptz(CAST({binding.session_value(value)} AS BIGINT))"
        return Bound(sql, t.TIMESTAMPTZ, name, names_strongly=True, position=position)

    return handle


def _typeof(binding: Binding, given: Sequence[Bound], position: int | None) -> Bound:
    if len(given) != 1:
        raise no_function("pg_typeof", given, position)
    oid = f"CAST({given[0].type.oid} AS {duckdb_type(t.REGTYPE)})"
    # What it stands in is grouped by an aggregate in its argument, and has the rows of a set.
    known = (
        oid
        if not given[0].sql or given[0].is_unknown
        else f"(CASE WHEN {given[0].sql} IS NULL THEN {oid} ELSE {oid} END)"
    )
    return Bound(known, t.REGTYPE, "pg_typeof", names_strongly=True)


def _format(binding: Binding, given: Sequence[Bound], position: int | None) -> Bound:
    if not given:
        raise no_function("format", given, position)
    texts = ", ".join(value.sql for value in coerced_arguments(binding, given[1:], [ANYTEXT] * (len(given) - 1)))
    sql = f"silt_format({coerce(binding, given[0], t.TEXT).sql}, CAST([{texts}] AS VARCHAR[]))"
    return Bound(sql, t.TEXT, "format", names_strongly=True, position=position)


def _quoted(name: str) -> Callable[[Binding, Sequence[Bound], int | None], Bound]:
    """quote_literal() and its like take what a cast to text gives: a boolean in full, a char(n) without its padding."""

    def handle(binding: Binding, given: Sequence[Bound], position: int | None) -> Bound:
        written = (t.BOOLEAN.oid, t.CHAR.oid)
        texts = [coerce(binding, v, t.TEXT, "explicit") if v.type.oid in written else v for v in given]
        return apply(binding, name, texts, position)

    return handle


def _array_to_string(binding: Binding, given: Sequence[Bound], position: int | None) -> Bound:
    """Elements are written as their type writes them."""
    element = array_element(given[0].type) if given else None
    if element is None or element.oid in TEXTUAL:
        return apply(binding, "array_to_string", given, position)
    written = "(CASE WHEN item THEN 't' ELSE 'f' END)" if element.oid == t.BOOLEAN.oid else ""
    written = written or text_of(binding, "item", element)
    sql = f"list_transform({given[0].sql}, lambda item: CASE WHEN item IS NOT NULL THEN {written} END)"
    texts = Bound(sql, array_of(t.TEXT), position=given[0].position)
    return apply(binding, "array_to_string", [texts, *given[1:]], position)


SPECIAL: Final[dict[str, Callable[[Binding, Sequence[Bound], int | None], Bound]]] = {
    "coalesce": _of_common_type("coalesce"),
    "greatest": _of_common_type("greatest"),
    "least": _of_common_type("least"),
    "nullif": _nullif,
    "transaction_timestamp": _moment("transaction_timestamp", "now"),
    "statement_timestamp": _moment("statement_timestamp", "statement_timestamp"),
    "pg_postmaster_start_time": _moment("pg_postmaster_start_time", "server_start"),
    # The configuration is read when the server starts.
    "pg_conf_load_time": _moment("pg_conf_load_time", "server_start"),
    "pg_typeof": _typeof,
    "format": _format,
    "array_to_string": _array_to_string,
    "quote_literal": _quoted("quote_literal"),
    "quote_nullable": _quoted("quote_nullable"),
    "json_build_object": built_object("json_build_object"),
    "jsonb_build_object": built_object("jsonb_build_object"),
    "array_to_json": pretty_json("array_to_json"),
    "row_to_json": pretty_json("row_to_json"),
    "round": to_digits("round"),
    "trunc": to_digits("trunc"),
    "date_part": date_part,
    "date_trunc": date_trunc,
    "make_interval": make_interval,
    "timezone": timezone,
}
"""By name; called only without FILTER and OVER."""
