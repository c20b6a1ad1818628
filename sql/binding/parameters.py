"""The parameters of a statement: what their types turn out to be while it is bound."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sql.duckdb_types import parameter_expression
from sql.errors import AmbiguousParameter, IndeterminateDatatype, UndefinedParameter

if TYPE_CHECKING:
    from collections.abc import Iterable

    from storage.types import SqlType


class Parameters:
    """The parameters of one statement, of which it may have several texts. They count from 1."""

    def __init__(self) -> None:
        self._types: dict[int, SqlType] = {}
        self._mentioned: set[int] = set()

    def declare(self, declared: Iterable[SqlType | None]) -> None:
        """These types are known from elsewhere: from the first parameter on, `None` for one that is open."""
        for number, known in enumerate(declared, start=1):
            self._mentioned.add(number)
            if known is not None:
                self._types.setdefault(number, known)

    def mention(self, number: int, position: int | None) -> SqlType | None:
        """The type of a parameter as far as it is known. Raises `UndefinedParameter`."""
        if not 1 <= number <= 65535:
            raise UndefinedParameter(f"there is no parameter ${number}", position=position)
        self._mentioned.add(number)
        return self._types.get(number)

    def settle(self, number: int, sql_type: SqlType, position: int | None) -> str:
        """Give a parameter its type; returns its text. Raises `AmbiguousParameter` when it has another already."""
        known = self._types.setdefault(number, sql_type)
        if known.oid != sql_type.oid:
            raise AmbiguousParameter(
                f"inconsistent types deduced for parameter ${number}",
                detail=f"{known} versus {sql_type}",
                position=position,
            )
        return self.text(number)

    def text(self, number: int) -> str:
        """The text of a parameter whose type is known."""
        return parameter_expression(f"$p{number}", self._types[number])

    def known(self) -> tuple[SqlType | None, ...]:
        """The types of all that were mentioned, as far as they are known."""
        return tuple(self._types.get(number) for number in range(1, max(self._mentioned, default=0) + 1))

    def types(self) -> tuple[SqlType, ...]:
        """The types of all. Raises `IndeterminateDatatype` for one that was never used."""
        found: list[SqlType] = []
        for number, known in enumerate(self.known(), start=1):
            if known is None:
                raise IndeterminateDatatype(f"could not determine data type of parameter ${number}")
            found.append(known)
        return tuple(found)
