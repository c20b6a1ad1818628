"""CHECK constraints tested row by row, without a query, where their expressions are small enough."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from sql.conditions import build_condition, compile_condition
from sql.constraints import shown_row
from sql.dialect import parse_expression
from sql.errors import CheckViolation
from sql.scalar import ScalarContext

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from sqlglot import exp

    from sql.conditions import Holds
    from sql.scalar import Environment
    from sql.types import Codecs
    from storage.catalog_entries import Check, Table

    RowChecks = Callable[[Iterable[tuple[object, ...]], Environment], None]


@lru_cache(maxsize=1024)
def check_tree(text: str) -> exp.Expr:
    """The tree of a check's text. It is shared: copy before changing it."""
    return parse_expression(text)


def in_order(table: Table) -> tuple[Check, ...]:
    """The checks in the order in which they are tested, which is that of their names."""
    return tuple(sorted(table.checks, key=lambda check: check.name))


def compile_checks(table: Table, codecs: Codecs) -> RowChecks:
    """What raises `CheckViolation` for the first of rows that breaks a check: if `can_compile_checks`."""
    compiled = _compiled(table, codecs)
    assert compiled is not None, "where a check takes a query, so does the statement"

    def test(rows: Iterable[tuple[object, ...]], env: Environment) -> None:
        for row in rows:
            for check, holds in compiled:
                if holds(row, env) is False:
                    raise violation(table, check, row, codecs)

    return test


def _compiled(table: Table, codecs: Codecs) -> list[tuple[Check, Holds]] | None:
    columns = {column.name: (position, column.type) for position, column in enumerate(table.columns)}
    compiled = []
    for check in in_order(table):
        context = ScalarContext(columns, codecs, [], frozenset((table.name,)))
        condition = build_condition(check_tree(check.expression), context)
        if condition is None:
            return None
        compiled.append((check, compile_condition(condition, codecs)))
    return compiled


def can_compile_checks(table: Table, codecs: Codecs) -> bool:
    """Whether new rows can be computed and tested without a query, as point plans have to."""
    if any(column.generated is not None for column in table.columns):
        return False
    return not table.checks or _compiled(table, codecs) is not None


def violation(table: Table, check: Check, row: tuple[object, ...], codecs: Codecs) -> CheckViolation:
    """What is raised for a row that breaks a check."""
    return CheckViolation(
        f'new row for relation "{table.name}" violates check constraint "{check.name}"',
        detail=f"Failing row contains ({shown_row(table, row, codecs)}).",
        schema=table.namespace,
        table=table.name,
        constraint=check.name,
    )
