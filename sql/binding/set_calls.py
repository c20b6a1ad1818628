"""Calls of functions that return sets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec import Struct

from sql.binding.arguments import (
    coerced_arguments,
    fill_template,
    no_function,
)
from sql.binding.digits import common_digits, is_numeric
from sql.binding.signatures import choose, resolve, signatures
from sql.binding.values import Bound
from sql.duckdb_types import duckdb_type
from storage import types as t
from storage.types import SqlType, element_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sql.binding.context import Binding


_OF_SESSION: Final = {"pg_listening_channels": "listening_channels"}
"""Functions whose rows are a value of the session."""


PAIRS: Final = {"json_each": t.JSON, "jsonb_each": t.JSONB, "json_each_text": t.TEXT, "jsonb_each_text": t.TEXT}
"""Functions whose rows have a key and a value, by the type of the value."""


class SetCall(Struct, frozen=True):
    """A call of a set-returning function: its arguments as the function takes them, and the type of a row."""

    template: str
    arguments: tuple[Bound, ...]
    returns: SqlType

    @property
    def rows(self) -> str:
        """The rows as a list."""
        sql = fill_template(self.template, [argument.sql for argument in self.arguments])
        digits = self.digits
        return f"CAST({sql} AS {duckdb_type(self.returns) if digits is None else f'DECIMAL(38,{digits})'}[])"

    @property
    def digits(self) -> int | None:
        """Of rows that are numerics: the digits after the point."""
        if self.returns.oid != t.NUMERIC.oid:
            return None
        digits = common_digits([argument for argument in self.arguments if is_numeric(argument.type)])
        return t.NUMERIC.precision_and_scale[1] if digits is None else digits

    def lists(self) -> tuple[str, str]:
        """Of a function whose rows are pairs: the lists of the first and the second of each."""
        first, _, second = self.template.partition("), ")
        arguments = [argument.sql for argument in self.arguments]
        return fill_template(f"{first})", arguments), fill_template(second, arguments)

    def pairs(self, name: str, position: int | None) -> Bound:
        """The same as rows that are values."""
        keys, values = self.lists()
        row = "struct_pack(f1 := pair[1], f2 := pair[2])"
        rows = f"unnest(list_transform(list_zip({keys}, {values}), lambda pair: {row}))"
        fields = (
            ("key", Bound(f"unnest({keys})", t.TEXT, "key", names_strongly=True)),
            ("value", Bound(f"unnest({values})", PAIRS[name], "value", names_strongly=True)),
        )
        return Bound(rows, t.RECORD, name, names_strongly=True, position=position, fields=fields)


def set_call(binding: Binding, name: str, given: Sequence[Bound], position: int | None) -> SetCall:
    """Choose among the set-returning functions of a name. Raises `UndefinedFunction`."""
    chosen = choose([s for s in signatures().get(name, ()) if s.kind == "set"], [value.type for value in given])
    if chosen is None:
        raise no_function(name, given, position)
    if name in _OF_SESSION:
        return SetCall(binding.session_value(_OF_SESSION[name]), (), chosen.returns)
    resolved = resolve(chosen, [value.type for value in given])
    arguments = tuple(coerced_arguments(binding, given, resolved.arguments))
    returns = resolved.returns
    if name == "unnest":
        returns = element_of(arguments[0].type) or returns
    return SetCall(chosen.template, arguments, returns)
