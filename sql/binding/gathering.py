"""Aggregates that gather values into an array in a way of their own: of rows, and with DISTINCT."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sql.binding.json_values import value_as_json
from sql.binding.jsonb_equality import order_key
from sql.binding.orders import require_equality
from sql.binding.record_fields import is_record
from sql.binding.records import complete
from sql.binding.row_arrays import array_of_rows
from sql.binding.values import Bound
from storage import types as t
from storage.types import array_of, element_of

if TYPE_CHECKING:
    from sql.binding.context import Binding

_JSONS: Final = {"json_agg": t.JSON, "jsonb_agg": t.JSONB}


def is_gathered(name: str, value: Bound, *, distinct: bool) -> bool:
    """Whether a call of an aggregate is one that `gathered` makes."""
    if is_record(value):
        return name == "array_agg"
    if not distinct or value.is_unknown or value.type.oid == t.RECORD_ARRAY.oid:
        return False
    return name in _JSONS or (name == "array_agg" and value.type.oid == t.JSONB.oid)


def gathered(binding: Binding, name: str, value: Bound, order: str, behind: str, *, distinct: bool) -> Bound:
    """The call; `order` and `behind` are the texts of its ORDER BY, and of FILTER and OVER."""
    if is_record(value):
        return array_of_rows(complete(binding, value), "DISTINCT " if distinct else "", order, behind)
    require_equality([value])
    # PostgreSQL finds duplicates by sorting, and applications have come to expect the order.
    order = order or f" ORDER BY {order_key(value.sql, value.type)}"
    if value.type.oid == t.JSONB.oid:
        rows = f"silt_distinct_jsonb(array_agg({value.sql}{order}){behind})"
    else:
        rows = f"array_agg(DISTINCT {value.sql}{order}){behind}"
    if name == "array_agg":
        return Bound(rows, array_of(t.JSONB), name, names_strongly=True)
    between = "', '" if element_of(value.type) is None else "', ' || chr(10) || ' '"
    items = f"list_transform({rows}, lambda item: coalesce({value_as_json(binding, 'item', value.type)}, 'null'))"
    text = f"('[' || array_to_string({items}, {between}) || ']')"
    return Bound(text if name == "json_agg" else f"silt_jsonb_input({text})", _JSONS[name], name, names_strongly=True)
