"""Operators of json and jsonb."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sql.binding.coercion import (
    INTEGERS,
    JSONS,
    coerce,
    no_operator,
)
from sql.binding.values import Bound
from storage import types as t
from storage.types import SqlType, array_of, element_of

if TYPE_CHECKING:
    from sql.binding.context import Binding


def json_get(binding: Binding, symbol: str, left: Bound, right: Bound) -> Bound:
    """`->` and `->>`, by key or position."""
    value = _json_operand(binding, symbol, left, right)
    text = symbol == "->>"
    suffix, result = ("_text", t.TEXT) if text else ("", SqlType(value.type.oid))
    if right.type.oid in INTEGERS:
        kind = "jsonb" if value.type.oid == t.JSONB.oid else "json"
        sql = f"silt_{kind}_item{suffix}({value.sql}, CAST({right.sql} AS BIGINT))"
    else:
        sql = f"silt_json_field{suffix}({value.sql}, {coerce(binding, right, t.TEXT).sql})"
    return Bound(sql, result)


def _json_operand(binding: Binding, symbol: str, left: Bound, right: Bound) -> Bound:
    if left.is_unknown:
        left = coerce(binding, left, t.JSONB)
    if left.type.oid not in JSONS:
        raise no_operator(symbol, (left, right))
    return left


def json_at_path(binding: Binding, symbol: str, left: Bound, right: Bound) -> Bound:
    """`#>` and `#>>`."""
    value = _json_operand(binding, symbol, left, right)
    path = coerce(binding, right, array_of(t.TEXT))
    if symbol == "#>>":
        return Bound(f"silt_json_path_text({value.sql}, {path.sql})", t.TEXT)
    return Bound(f"silt_json_path({value.sql}, {path.sql})", SqlType(value.type.oid))


def json_has(binding: Binding, symbol: str, left: Bound, right: Bound) -> Bound:
    """`?`, `?|` and `?&`."""
    value = _json_operand(binding, symbol, left, right)
    if value.type.oid == t.JSON.oid:
        raise no_operator(symbol, (left, right))
    if symbol == "?":
        return Bound(f"silt_jsonb_has({value.sql}, {coerce(binding, right, t.TEXT).sql})", t.BOOLEAN)
    keys = coerce(binding, right, array_of(t.TEXT))
    every = "false" if symbol == "?|" else "true"
    return Bound(f"silt_jsonb_has_any({value.sql}, {keys.sql}, {every})", t.BOOLEAN)


def json_without(binding: Binding, left: Bound, right: Bound) -> Bound:
    """`-` a key, several keys, or a position."""
    if right.type.oid in INTEGERS:
        return Bound(f"silt_jsonb_delete_index({left.sql}, {coerce(binding, right, t.INTEGER).sql})", t.JSONB)
    if element_of(right.type) is not None:
        return Bound(f"silt_jsonb_delete_keys({left.sql}, {coerce(binding, right, array_of(t.TEXT)).sql})", t.JSONB)
    return Bound(f"silt_jsonb_delete_key({left.sql}, {coerce(binding, right, t.TEXT).sql})", t.JSONB)


def json_without_path(binding: Binding, symbol: str, left: Bound, right: Bound) -> Bound:
    """`#-`."""
    value = _json_operand(binding, symbol, left, right)
    return Bound(f"silt_jsonb_delete_path({value.sql}, {coerce(binding, right, array_of(t.TEXT)).sql})", t.JSONB)


def json_path_test(binding: Binding, symbol: str, left: Bound, right: Bound) -> Bound:
    """`@?` and `@@`."""
    for value, wanted in ((left, t.JSONB), (right, t.JSONPATH)):
        if not value.is_unknown and value.type.oid != wanted.oid:
            raise no_operator(symbol, (left, right))
    function = "silt_jsonb_path_finds" if symbol == "@?" else "silt_jsonb_path_matches"
    return Bound(
        f"{function}({coerce(binding, left, t.JSONB).sql}, {coerce(binding, right, t.JSONPATH).sql})", t.BOOLEAN
    )
