"""Functions of the catalogs that a query may call, beside those of `sql.function_tables`.

What is listed in neither does not exist: that keeps DuckDB's own functions out.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from msgspec import Struct

from storage.types import SqlType

ReturnRule = Callable[[Sequence[SqlType]], SqlType]
"""From the types of the arguments to the type of the result."""


class Function(Struct, frozen=True):
    """A function by the name PostgreSQL knows it by."""

    name: str
    returns: SqlType | ReturnRule
    duckdb: str = ""
    """What DuckDB calls it: a function of its own, or a macro that the engine installs. Empty: the same name."""
    arguments: tuple[SqlType, ...] = ()
    """Types of the arguments, for inferring parameters; empty where anything goes."""
    aggregate: bool = False
    table: bool = False
    """Returns a set: may stand in FROM."""
    relations: tuple[tuple[str, str], ...] = ()
    """System relations (namespace, name) that its macro reads: registered with the query under their own names."""
    session_value: str | None = None
    """The call stands for this value of the session (see `QueryPlan.session_values`) and never reaches DuckDB."""
