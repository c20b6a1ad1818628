"""Constant intervals of a statement, each kept apart from others that compare equal.

1 day and 24 hours are one constant to DuckDB, and what differs in nothing else it computes once. So of intervals that
compare equal only the first is a plain constant: the others are what DuckDB learns for each row anew.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from sql.duckdb_constants import stored_constant
from sql.duckdb_types import duckdb_type
from sql.types.calendar import DAY
from storage import types as t
from storage.types import element_of

if TYPE_CHECKING:
    from storage.types import SqlType

Parts = tuple[int, int, int]
"""Months, days and microseconds."""

_PLAIN: Final = r"\(to_months\((-?\d+)\) \+ to_days\((-?\d+)\) \+ to_microseconds\((-?\d+)\)\)"
_INTERVAL: Final = re.compile(rf"(?:{_PLAIN}|\(CASE WHEN random\(\) < \d+ THEN {_PLAIN} END\))")


class Intervals:
    """The constant intervals of one statement, by how long they are. One binding owns it."""

    def __init__(self) -> None:
        self._known: dict[int, list[Parts]] = {}

    def constant(self, value: Any, sql_type: SqlType) -> str:  # noqa: ANN401 - whatever the type stores
        """The text of a stored interval, or of an array of them."""
        element = element_of(sql_type)
        if value is None:
            return stored_constant(value, sql_type)
        if element is not None:
            return f"CAST([{', '.join(self.constant(item, element) for item in value)}] AS {duckdb_type(sql_type)})"
        months, days, micros = value
        equal = self._known.setdefault((months * 30 + days) * DAY + micros, [])
        if value not in equal:
            equal.append(value)
        place = equal.index(value)
        plain = stored_constant(value, sql_type)
        return f"(CASE WHEN random() < {place} THEN {plain} END)" if place else plain


def holds_intervals(sql_type: SqlType) -> bool:
    """Whether values of the type are intervals, or arrays of them."""
    return (element_of(sql_type) or sql_type).oid == t.INTERVAL.oid


def interval_parts(text: str) -> Parts | None:
    """The months, days and microseconds of a text that `Intervals.constant` has made of an interval."""
    found = _INTERVAL.fullmatch(text)
    if found is None:
        return None
    months, days, micros = (int(group) for group in found.groups() if group is not None)
    return months, days, micros


def plain_interval(text: str) -> str:
    """The same text as a constant that is the same for all rows, if it is one of an interval."""
    parts = interval_parts(text)
    return text if parts is None else stored_constant(parts, t.INTERVAL)
