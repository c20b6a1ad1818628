"""round() and trunc() of a numeric to so many digits, which may differ from row to row."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from sql.binding.calls import apply
from sql.binding.coercion import can_coerce, coerce
from sql.binding.values import Bound
from storage import types as t

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sql.binding.context import Binding

_CONSTANT: Final = re.compile(r"([0-9]+)::INTEGER|\(- ([0-9]+)::INTEGER\)")
_MOST: Final = 16
"""Digits after the point where they are not known."""


def to_digits(name: str) -> Callable[[Binding, Sequence[Bound], int | None], Bound]:
    """`name(value, digits)`; with other arguments it is the function of the tables."""

    def handle(binding: Binding, given: Sequence[Bound], position: int | None) -> Bound:
        if len(given) != 2 or not all(map(can_coerce, (each.type for each in given), (t.NUMERIC, t.INTEGER))):
            return apply(binding, name, given, position)
        constant = _CONSTANT.fullmatch(given[1].sql)
        value, digits = coerce(binding, given[0], t.NUMERIC), coerce(binding, given[1], t.INTEGER)
        shown = _MOST if constant is None else min(int(constant[1] or 0), _MOST)
        sql = f"silt_{name}(CAST({value.sql} AS VARCHAR), {digits.sql})"
        if constant is not None and name == "round":
            sql = f"round({value.sql}, {digits.sql})"
        sql = f"CAST({sql} AS DECIMAL(38,{shown}))"
        return Bound(sql, t.NUMERIC, name, names_strongly=True, scale=shown, position=position)

    return handle
