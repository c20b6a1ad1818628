"""The fields of a record that is a value by now: a column of a subquery, a row of a function."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sql.binding.values import Bound
from storage import types as t

if TYPE_CHECKING:
    from collections.abc import Sequence

_CONSTRUCTED: Final = "struct_pack("
"""What the text of a record begins with that cannot be NULL."""


def is_record(value: Bound) -> bool:
    """Whether it is a row with known fields."""
    return value.type.oid == t.RECORD.oid and bool(value.fields)


def may_be_null(record: Bound) -> bool:
    """Whether the record as a whole may be NULL, which differs from one of nothing but NULLs."""
    return bool(record.sql) and not record.sql.startswith(_CONSTRUCTED)


def fields_behind(value: str, bound: Bound) -> tuple[tuple[str, Bound], ...]:
    """The fields of a value that the text gives, where it is what the expression was; of an array its elements'."""
    return fields_of(value, bound.fields) if bound.type.oid == t.RECORD.oid else bound.fields


def fields_of(record: str, fields: Sequence[tuple[str, Bound]]) -> tuple[tuple[str, Bound], ...]:
    """The fields of a record that the text gives, where these are those of the record before."""
    return tuple(
        (name, _field(f"struct_extract({record}, 'f{number}')", name, bound))
        for number, (name, bound) in enumerate(fields, start=1)
    )


def _field(sql: str, name: str, bound: Bound) -> Bound:
    inner = fields_behind(sql, bound)
    field_type = t.TEXT if bound.is_unknown else bound.type
    return Bound(sql, field_type, name, names_strongly=True, scale=bound.scale, fields=inner)
