"""COPY statements with given options."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sql.copy.options import OptionValue


def statement_of(table: str, options: dict[str, OptionValue], *, to_client: bool) -> str:
    """COPY of the table to or from the client, for PostgreSQL."""

    def value(option: OptionValue) -> str:
        if option is None or option == "*":
            return option or ""
        if isinstance(option, tuple):
            return f"({', '.join(option)})"
        escaped = str(option).replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n").replace("\t", "\\t")
        return f"E'{escaped}'"

    listed = ", ".join(f"{name} {value(option)}" for name, option in options.items())
    return f"COPY {table} {'TO STDOUT' if to_client else 'FROM STDIN'} ({listed})"
