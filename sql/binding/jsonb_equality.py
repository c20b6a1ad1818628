"""Equality of jsonb values: they are texts here, and equal ones may differ in how a number is written.

The text of a value of which numbers are without trailing zeros is its key: what groups, joins or tells rows apart goes
by keys, and shows the values.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from storage import types as t
from storage.types import element_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from storage.types import SqlType

    Render = Callable[[Sequence[SqlType]], str]


def has_jsonb(types: Sequence[SqlType]) -> bool:
    """Whether values of one of the types have keys of their own."""
    return any((element_of(each) or each).oid == t.JSONB.oid for each in types)


def equality_key(sql: str, sql_type: SqlType) -> str:
    """What is equal of equal values: of most types the value itself."""
    if sql_type.oid == t.JSONB.oid:
        return f"silt_jsonb_equal({sql})"
    element = element_of(sql_type)
    if element is not None and element.oid == t.JSONB.oid:
        return f"list_transform({sql}, lambda item: silt_jsonb_equal(item))"
    return sql


def order_key(sql: str, sql_type: SqlType) -> str:
    """What is in the order of the values, and equal of equal ones."""
    return f"silt_jsonb_key({sql})" if sql_type.oid == t.JSONB.oid else sql


def shown_of_group(sql: str, sql_type: SqlType, *, in_sets: bool) -> str:
    """What a grouped query shows of an expression that it is grouped by."""
    key = equality_key(sql, sql_type)
    if key == sql:
        return sql
    one = f"any_value({sql})"
    return f"(CASE WHEN grouping({key}) = 0 THEN {one} END)" if in_sets else one


def distinct_rows(render: Render, called: str, behind: str) -> Render:
    """DISTINCT of a query; `behind` is what orders and limits its rows, by their columns."""

    def rendered(types: Sequence[SqlType]) -> str:
        return f"SELECT DISTINCT ON ({_keys(called, types)}) * FROM ({render(types)}) AS {called}{behind}"

    return rendered


def set_operation(word: str, one: str, other: str, types: Sequence[SqlType], *, is_all: bool) -> str:
    """UNION, INTERSECT or EXCEPT of two queries whose columns are of these types."""
    if word == "UNION":
        rows = f"({one}) UNION ALL ({other})"
        return rows if is_all else f"SELECT DISTINCT ON ({_keys('u', types)}) * FROM ({rows}) AS u"
    test = " AND ".join(
        f"{equality_key(f'u.c{number}', each)} IS NOT DISTINCT FROM {equality_key(f'v.c{number}', each)}"
        for number, each in enumerate(types, start=1)
    )
    distinct = f"DISTINCT ON ({_keys('u', types)}) "
    if is_all:
        # The first row of several goes with the first one, the second with the second.
        one, other = (_numbered(query, types) for query in (one, other))
        test, distinct = f"{test} AND u.place = v.place", ""
    columns = ", ".join(f"u.c{number}" for number, _ in enumerate(types, start=1))
    found = f"EXISTS (SELECT 1 FROM ({other}) AS v WHERE {test})"
    return f"SELECT {distinct}{columns} FROM ({one}) AS u WHERE {found if word == 'INTERSECT' else f'NOT {found}'}"


def _numbered(query: str, types: Sequence[SqlType]) -> str:
    return f"SELECT *, row_number() OVER (PARTITION BY {_keys('w', types)}) AS place FROM ({query}) AS w"


def keyed(query: str, types: Sequence[SqlType], called: str, *, is_equality: bool = True) -> str:
    """A query whose columns are the keys of another one's, by which they are compared."""
    if not has_jsonb(types):
        return query
    key = equality_key if is_equality else order_key
    keys = (key(f"{called}.c{number}", each) for number, each in enumerate(types, start=1))
    listed = ", ".join(f"{key} AS c{number}" for number, key in enumerate(keys, start=1))
    return f"SELECT {listed} FROM ({query}) AS {called}"


def _keys(called: str, types: Sequence[SqlType]) -> str:
    return ", ".join(equality_key(f"{called}.c{number}", each) for number, each in enumerate(types, start=1))
