"""row_to_json() and array_to_json() with line feeds at the first level, and the keys of json_build_object()."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sql.binding.arguments import no_function
from sql.binding.calls import apply
from sql.binding.coercion import can_coerce, coerce, settled
from sql.binding.json_values import as_json, as_key
from sql.binding.record_fields import is_record
from sql.binding.values import Bound
from storage import types as t
from storage.types import element_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sql.binding.context import Binding


def pretty_json(name: str) -> Callable[[Binding, Sequence[Bound], int | None], Bound]:
    """`name(value, pretty)`; without `pretty` it is the plain function."""

    def handle(binding: Binding, given: Sequence[Bound], position: int | None) -> Bound:
        if len(given) != 2:
            return apply(binding, name, given, position)
        value, pretty = given
        takes = is_record(value) if name == "row_to_json" else element_of(value.type) is not None
        if not takes or not can_coerce(pretty.type, t.BOOLEAN):
            raise no_function(name, given, position)
        one, other = (as_json(binding, value, separator).sql for separator in (",\n ", ","))
        test = coerce(binding, pretty, t.BOOLEAN).sql
        # NULL for `pretty` is NULL for all: the functions are strict.
        sql = f"(CASE WHEN {test} THEN {one} WHEN NOT {test} THEN {other} END)"
        return Bound(sql, t.JSON, name, names_strongly=True, position=position)

    return handle


def built_object(name: str) -> Callable[[Binding, Sequence[Bound], int | None], Bound]:
    """json_build_object() and its like: every other argument is a key."""

    def handle(binding: Binding, given: Sequence[Bound], position: int | None) -> Bound:
        pairs = [value if index % 2 else as_key(binding, settled(binding, value)) for index, value in enumerate(given)]
        return apply(binding, name, pairs, position)

    return handle
