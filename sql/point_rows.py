"""What compiled statements have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sql.result import Rows

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sql.plan import Returning

NO_ROW: Final[tuple[object, ...]] = ()
"""For expressions that are about no row."""


def plain_rows(returning: Returning, rows: Sequence[tuple[object, ...]], tag: str) -> Rows:
    """The result of a RETURNING of plain columns."""
    positions = returning.positions
    assert positions is not None, "the planner gives point statements only plain columns to return"
    return Rows(returning.columns, [tuple([row[position] for position in positions]) for row in rows], tag)
