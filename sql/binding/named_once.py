"""Operands that stand in an expression more than once, and are long: DuckDB gets each of them once, with a name.

A test of an operand's value names it again, and DuckDB writes macros out: formulas in each other would double at every
step. A list of one element is transformed instead, whose lambda names the operand as often as it likes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

LENGTH_MAX: Final = 1_000
"""Characters of what is written as often as it is named. A name takes 50 ns a row, and a macro that runs twice more."""


def is_long(operand: str) -> bool:
    """Whether an operand is better written once: it calls a macro, which may name its own operand several times."""
    return "silt_" in operand or len(operand) > LENGTH_MAX


def named_once(operands: Sequence[str], write: Callable[[Sequence[str]], str]) -> str:
    """What `write` makes of operands; of names for them, where one of them is long."""
    if not any(map(is_long, operands)):
        return write(operands)
    fields = ", ".join(f"p{number} := {operand}" for number, operand in enumerate(operands))
    names = [f"named.p{number}" for number in range(len(operands))]
    return f"list_transform([struct_pack({fields})], lambda named: {write(names)})[1]"
