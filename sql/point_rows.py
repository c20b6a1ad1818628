"""What compiled statements have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sql.result import Rows
from sql.scalar import Constant, Converted, Operation, Parameter, compile_scalar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from sql.plan import Returning
    from sql.scalar import Environment, Evaluate, Scalar
    from sql.types import Codecs

    MakeRow = Callable[[Sequence[object], Environment], tuple[object, ...]]

NO_ROW: Final[tuple[object, ...]] = ()
"""For expressions that are about no row."""


def compile_row(scalars: Sequence[Scalar], codecs: Codecs) -> MakeRow:
    """The closure that makes a row of parameters; most are no more than parameters and constants."""
    constants = [scalar.value if isinstance(scalar, Constant) else None for scalar in scalars]
    given = [(place, scalar.index) for place, scalar in enumerate(scalars) if isinstance(scalar, Parameter)]
    computed = [
        (place, compile_scalar(scalar, codecs))
        for place, scalar in enumerate(scalars)
        if not isinstance(scalar, Constant | Parameter)
    ]

    def make(params: Sequence[object], env: Environment) -> tuple[object, ...]:
        row = constants.copy()
        for place, index in given:
            row[place] = params[index]
        for place, evaluate in computed:
            row[place] = evaluate(params, NO_ROW, env)
        return tuple(row)

    return make


def compile_fixed(scalars: Iterable[Scalar], codecs: Codecs) -> list[Evaluate]:
    """Those that may be wrong whatever row they are for. PostgreSQL finds that out also where there is no row."""
    may_fail = [scalar for scalar in scalars if isinstance(scalar, Converted | Operation)]
    return [compile_scalar(scalar, codecs) for scalar in may_fail if _is_fixed(scalar)]


def _is_fixed(scalar: Scalar) -> bool:
    match scalar:
        case Constant() | Parameter():
            return True
        case Converted(_, operand):
            return _is_fixed(operand)
        case Operation(_, _, left, right):
            return _is_fixed(left) and _is_fixed(right)
        case _:
            return False


def plain_rows(returning: Returning, rows: Sequence[tuple[object, ...]], tag: str) -> Rows:
    """The result of a RETURNING of plain columns."""
    positions = returning.positions
    assert positions is not None, "the planner gives point statements only plain columns to return"
    return Rows(returning.columns, [tuple([row[position] for position in positions]) for row in rows], tag)
