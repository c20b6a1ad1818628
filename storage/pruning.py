"""Which segments can have rows that a reader wants, by what is known of them without opening their files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from storage.layout import missing_value
from storage.segment import ColumnStatistics, may_match

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from storage.formats import TableFormats
    from storage.segment import Predicate, Segment


def prune(segments: Iterable[Segment], predicates: Sequence[Predicate], formats: TableFormats) -> list[Segment]:
    """The segments that can have a row that satisfies all predicates, which are about the current definition.

    The bounds of a column that was widened since compare with values of its new type as they are.
    """
    layout = formats.table.layout
    if not predicates:
        return list(segments)
    asked: dict[int, list[Predicate] | None] = {layout: list(predicates)}
    """What is to be asked of the segments of a layout; `None` where none of them can match."""
    kept = []
    for segment in segments:
        if segment.layout not in asked:
            asked[segment.layout] = _left_to_ask(predicates, segment.layout, formats)
        left = asked[segment.layout]
        if left is not None and segment.may_match(left):
            kept.append(segment)
    return kept


def _left_to_ask(predicates: Sequence[Predicate], layout: int, formats: TableFormats) -> list[Predicate] | None:
    """The predicates on columns that a layout has; `None` if its rows cannot satisfy those on others."""
    there = {column.number for column in formats.layout_columns(layout)}
    missing = {column.number: missing_value(column) for column in formats.table.columns if column.number not in there}
    for predicate in predicates:
        if predicate.column_number in missing:
            value = missing[predicate.column_number]
            if not may_match(predicate, ColumnStatistics(value, value, int(value is None)), rows=1):
                return None
    return [predicate for predicate in predicates if predicate.column_number in there]
