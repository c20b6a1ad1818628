"""Calls with VARIADIC: the elements of an array in the place of the last arguments."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlglot import exp

from sql.binding.arguments import fill_template, no_function
from sql.binding.coercion import coerce
from sql.binding.json_values import value_as_json
from sql.binding.text_casts import text_of
from sql.binding.tree import position_at
from sql.binding.values import Bound
from sql.duckdb_types import duckdb_type
from sql.errors import DatatypeMismatch, SqlSyntaxError
from sql.token_rewrites import call_of
from storage import types as t
from storage.types import array_of, element_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sql.binding.context import Binding
    from sql.binding.scope import Scope
    from storage.types import SqlType

_TEXTS: Final = array_of(t.TEXT)

_OF_TEXTS: Final[dict[str, tuple[tuple[SqlType, ...], SqlType, str]]] = {
    "concat": ((), t.TEXT, "CASE WHEN {0} IS NOT NULL THEN coalesce(array_to_string({0}, ''), '') END"),
    "concat_ws": (
        (t.TEXT,),
        t.TEXT,
        "CASE WHEN {0} IS NOT NULL AND {1} IS NOT NULL THEN coalesce(array_to_string({1}, {0}), '') END",
    ),
    "format": ((t.TEXT,), t.TEXT, "silt_format({0}, coalesce({1}, CAST([] AS VARCHAR[])))"),
    "num_nulls": ((), t.INTEGER, "len(list_filter({0}, lambda item: item IS NULL))"),
    "num_nonnulls": ((), t.INTEGER, "len(list_filter({0}, lambda item: item IS NOT NULL))"),
}
"""Functions of anything as text: what stands before the array, the result, and the template."""

_OF_JSONS: Final[dict[str, tuple[SqlType, str]]] = {
    "json_build_array": (t.JSON, "silt_json_items({0})"),
    "jsonb_build_array": (t.JSONB, "silt_jsonb_input(silt_json_items({0}))"),
    "json_build_object": (t.JSON, "silt_json_pairs({0})"),
    "jsonb_build_object": (t.JSONB, "silt_jsonb_input(silt_json_pairs({0}))"),
}
"""Functions of anything as JSON."""

_OF_PATHS: Final[dict[str, tuple[SqlType, SqlType, str]]] = {
    "json_extract_path": (t.JSON, t.JSON, "silt_json_path({0}, {1})"),
    "jsonb_extract_path": (t.JSONB, t.JSONB, "silt_json_path({0}, {1})"),
    "json_extract_path_text": (t.JSON, t.TEXT, "silt_json_path_text({0}, {1})"),
    "jsonb_extract_path_text": (t.JSONB, t.TEXT, "silt_json_path_text({0}, {1})"),
}
"""Functions of a value and the names of a path."""


def is_variadic(node: exp.Anonymous) -> bool:
    """Whether a call has VARIADIC."""
    return any(isinstance(item, exp.Variadic) for item in node.expressions)


def variadic_call(binding: Binding, scope: Scope, node: exp.Anonymous) -> Bound:
    """A call whose last argument is `VARIADIC array`. Raises `UndefinedFunction`, and `DatatypeMismatch`."""
    *first, last = node.expressions
    if not isinstance(last, exp.Variadic) or any(isinstance(item, exp.Variadic) for item in first):
        raise SqlSyntaxError("VARIADIC must stand before the last argument", position=position_at(node))
    name, position = call_of(node)[1], position_at(node)
    given = [binding.bind(scope, item) for item in first]
    array = binding.bind(scope, last.this)
    made = _path_call(binding, name, given, array) or _call(binding, name, given, array)
    if made is None:
        raise no_function(name, [*given, array], position)
    sql, returns = made
    return Bound(f"CAST({sql} AS {duckdb_type(returns)})", returns, name, names_strongly=True, position=position)


def _path_call(binding: Binding, name: str, given: Sequence[Bound], array: Bound) -> tuple[str, SqlType] | None:
    if name not in _OF_PATHS or len(given) != 1:
        return None
    takes, returns, template = _OF_PATHS[name]
    arguments = [coerce(binding, given[0], takes).sql, coerce(binding, array, _TEXTS).sql]
    return fill_template(template, arguments), returns


def _call(binding: Binding, name: str, given: Sequence[Bound], array: Bound) -> tuple[str, SqlType] | None:
    """A call of a function that takes anything."""
    of_texts, of_jsons = _OF_TEXTS.get(name), _OF_JSONS.get(name)
    if (of_texts is None or len(of_texts[0]) != len(given)) and (of_jsons is None or given):
        return None
    element = element_of(array.type)
    if element is None:
        raise DatatypeMismatch("VARIADIC argument must be an array", position=array.position)
    if of_jsons is not None:
        items = f"list_transform({array.sql}, lambda item: {value_as_json(binding, 'item', element)})"
        return fill_template(of_jsons[1], [f"CAST({items} AS VARCHAR[])"]), of_jsons[0]
    assert of_texts is not None
    before = [coerce(binding, value, wanted).sql for value, wanted in zip(given, of_texts[0], strict=True)]
    return fill_template(of_texts[2], [*before, _texts(binding, array.sql, element)]), of_texts[1]


def _texts(binding: Binding, array: str, element: SqlType) -> str:
    """The elements as their type writes them."""
    written = (
        "CASE WHEN item THEN 't' ELSE 'f' END" if element.oid == t.BOOLEAN.oid else text_of(binding, "item", element)
    )
    return f"CAST(list_transform({array}, lambda item: CASE WHEN item IS NOT NULL THEN {written} END) AS VARCHAR[])"
